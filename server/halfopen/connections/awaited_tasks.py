"""What an awaited task brings back: `await task` raises again what its coroutine failed with."""

from __future__ import annotations

from halfopen.semantics import tree
from halfopen.semantics.program import At, Program
from halfopen.semantics.qualified_names import qualified

_SPAWNERS = frozenset({"asyncio.create_task", "asyncio.ensure_future"})


def keeps_exceptions(call: tree.Call) -> bool:
    """`return_exceptions=True`: a failure becomes a result, and the rest is waited for."""
    return any(
        each.name == "return_exceptions" and isinstance(each.value, tree.Literal) and each.value.value is True
        for each in call.arguments
    )


def started_as(program: Program, name: At[tree.Name]) -> list[At[tree.Expr]]:
    """The coroutines whose tasks a name stands for: `task = create_task(pump())`, `for task in (reader, writer)`."""
    found: list[At[tree.Expr]] = []
    binding = name.index.bindings.get(name.node)
    for definition in binding.definitions if binding is not None else ():
        if definition.value is None or definition.steps:
            continue
        value = name.to(definition.value)
        if definition.kind == "value":
            found += _coroutine_of(program, value)
        elif definition.kind == "element":
            for each in _items(value):
                found += started_as(program, each.to(each.node)) if isinstance(each.node, tree.Name) else []
                found += _coroutine_of(program, each)
    return found


def _items(value: At[tree.Expr]) -> list[At[tree.Expr]]:
    """The items of a display, or of the one that a variable is."""
    binding = value.index.bindings.get(value.node) if isinstance(value.node, tree.Name) else None
    given = [each.value for each in binding.definitions] if binding is not None else [value.node]
    return [value.to(item) for each in given if isinstance(each, tree.Sequence) for item in each.items]


def _coroutine_of(program: Program, value: At[tree.Expr]) -> list[At[tree.Expr]]:
    """The coroutine of `asyncio.create_task(pump())`."""
    node = value.node
    if (
        isinstance(node, tree.Call)
        and node.arguments
        and qualified(program, value.to(node.callee)) & _SPAWNERS
    ):
        return [value.to(node.arguments[0].value)]
    return []


def asks_whether_done(name: At[tree.Name]) -> bool:
    """`if not task.done(): task.cancel(); await task`."""
    return any(
        isinstance(ancestor, tree.If)
        and any(
            isinstance(each, tree.Member)
            and each.name == "done"
            and isinstance(each.object, tree.Name)
            and each.object.id == name.node.id
            for each in tree.walk(ancestor.test)
        )
        for ancestor in name.index.ancestors(name.node)
    )
