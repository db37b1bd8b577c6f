"""Calls that hold the event loop, in all that an endpoint runs on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from halfopen.connections.endpoint_code import EndpointCode
from halfopen.connections.facts import Evidence
from halfopen.connections.receiving.facts import Blocking
from halfopen.connections.receiving.kinds import blocking_kind, work_kind
from halfopen.connections.receiving.running import Ran, ran
from halfopen.connections.shipped import is_shipped
from halfopen.connections.strings import texts_of
from halfopen.semantics import tree
from halfopen.semantics.names import last_name, name_behind_calls
from halfopen.semantics.program import At, Program
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.scopes import index_of

_MOST_SHOWN = 50
_LIMITED = frozenset({"request", "process", "model", "wait", "cloud"})
_OPENING = (
    "create_engine",
    "create_async_engine",
    "connect",
    "create_client",
    "MongoClient",
    "Redis",
    "from_url",
)
"""What opens a database, by its last name."""
_CACHES = frozenset({"cache", "lru_cache", "cached"})
_SET_UP = ("CREATE ", "ALTER ", "PRAGMA ")


def blocking(code: EndpointCode) -> tuple[Blocking, ...]:
    """Each such call once; one that repeats before one that runs once."""
    found: dict[tree.Node, Blocking] = {}
    for each in _running(code):
        held = _held(each)
        if held is not None and held.kind == "database" and _is_in_memory(code.program):
            continue
        if held is not None and (held.repeats or each.call.node not in found):
            found[each.call.node] = held
    return tuple(found.values())


def _running(code: EndpointCode) -> Iterator[Ran]:
    """All that an endpoint runs; what an event of the client calls repeats with each."""
    if code.events is None:
        yield from ran(code, [root.to(root.node.body) for root in code.roots])
        return
    for is_of_message in (True, False):
        handlers = [each.function for each in code.events.handlers if each.is_of_message is is_of_message]
        yield from ran(code, [each.to(each.node.body) for each in handlers], is_of_message)


def _is_in_memory(program: Program) -> bool:
    """Whether every database that the workspace opens is SQLite's in the memory of the process: it waits for nothing."""
    return program.queries.search(("databases in memory", "python"), lambda: _all_in_memory(program))


def _all_in_memory(program: Program) -> bool:
    opened = [
        At(module.path, unit, call)
        for word in _OPENING
        for module, unit in program.units_calling(word, "python")
        if is_shipped(module.path)
        for call in index_of(unit).calls
        if last_name(call.callee) == word and call.arguments and _opens(program, At(module.path, unit, call))
    ]
    return bool(opened) and all(
        any(
            ":memory:" in str(part)
            for text in texts_of(program, each.to(each.node.arguments[0].value)).texts
            for part in text
        )
        for each in opened
    )


def _opens(program: Program, call: At[tree.Call]) -> bool:
    return any(work_kind(each) == "database" for each in qualified(program, call.to(call.node.callee)))


def _held(each: Ran) -> Blocking | None:
    call = each.call
    if each.is_known or _is_awaited(call) or _is_of_awaited(call) or _is_fallback(call):
        return None
    for name in sorted(each.names):
        kind = blocking_kind(name)
        if kind is None:
            continue
        seconds = _seconds(call) if kind in ("sleep", "measure") else None
        if (
            (kind == "measure" and not seconds)
            or _returns_at_once(call)
            or (kind == "load" and _is_kept(call))
        ):
            return None
        evidence = [Evidence(call.span, "nothing else of the process runs while this does")]
        if each.depth:
            evidence.insert(0, Evidence(each.first.span, "the endpoint leads there"))
        return Blocking(
            cast("str", kind),  # type: ignore[arg-type]
            _shown(call),
            seconds,
            each.repeats,
            call.span,
            tuple(evidence),
            _limit(call) if kind in _LIMITED else None,
        )
    return None


def _returns_at_once(call: At[tree.Call]) -> bool:
    """`os.waitpid(pid, os.WNOHANG)`, and statements that set up a database once."""
    for argument in call.node.arguments:
        for node in tree.walk(argument.value):
            if isinstance(node, tree.Member) and node.name == "WNOHANG":
                return True
            if isinstance(node, tree.Literal) and isinstance(node.value, str):
                return node.value.lstrip().upper().startswith(_SET_UP)
    return False


def _is_kept(call: At[tree.Call]) -> bool:
    """Whether what is loaded is kept for all that come later: by an object, a module or a cache, or behind a test.

    Whether such an object is made for each client is not followed.
    """
    function = call.index.function_of(call.node)
    if function is None or any(name_behind_calls(each) in _CACHES for each in function.decorators):
        return True
    targets = list(_targets(call))
    if not targets:
        return any(isinstance(each, tree.Return) for each in call.index.ancestors(call.node))
    names = {each.id for each in targets if isinstance(each, tree.Name)}
    if len(names) < len(targets):
        return True
    return any(
        isinstance(node, tree.Assign | tree.Outer | tree.Return | tree.If) and _keeps(node, names)
        for node in tree.walk(function.body, tree.same_function)
    )


def _keeps(node: tree.Assign | tree.Outer | tree.Return | tree.If, names: set[str]) -> bool:
    """Whether a statement puts a variable where it outlives the function, or asks for it."""
    match node:
        case tree.Assign(targets=targets, value=value):
            lasts = any(isinstance(each, tree.Member | tree.Index) for each in targets)
            return lasts and isinstance(value, tree.Name) and value.id in names
        case tree.Outer(names=outer):
            return bool(names.intersection(outer))
        case tree.Return(value=value):
            return value is not None and _mentions(value, names)
        case tree.If(test=test):
            return _mentions(test, names)


def _mentions(node: tree.Node, names: set[str]) -> bool:
    return any(isinstance(each, tree.Name) and each.id in names for each in tree.walk(node))


def _targets(call: At[tree.Call]) -> Iterator[tree.Expr]:
    """What the value of a call, or a part of it, is assigned to."""
    for ancestor in call.index.ancestors(call.node):
        if isinstance(ancestor, tree.Function):
            return
        if isinstance(ancestor, tree.Assign):
            for target in ancestor.targets:
                yield from target.items if isinstance(target, tree.Sequence) else (target,)


def _is_awaited(call: At[tree.Call]) -> bool:
    """Whether what a call gives is awaited, or handed to something that will."""
    parent = call.parent
    if isinstance(parent, tree.Argument):
        outer = call.index.parents.get(parent)
        return isinstance(outer, tree.Call) and isinstance(call.index.parents.get(outer), tree.Await)
    if isinstance(parent, tree.Item):
        statement = call.index.parents.get(parent)
        return isinstance(statement, tree.With) and statement.is_async
    return isinstance(parent, tree.Await)


def _is_of_awaited(call: At[tree.Call]) -> bool:
    """Whether a call reads what an awaited query gave: `result = await db.execute(...)`, then `result.scalars().all()`."""
    node: tree.Node = call.node
    while isinstance(node, tree.Call | tree.Member):
        node = node.callee if isinstance(node, tree.Call) else node.object
    if not isinstance(node, tree.Name):
        return isinstance(node, tree.Await)
    binding = call.index.bindings.get(node)
    given = [each for each in binding.definitions if each.value is not None] if binding is not None else []
    return bool(given) and all(
        each.kind == "value" and isinstance(each.value, tree.Await) and _asks_database(each.value)
        for each in given
    )


def _asks_database(awaited: tree.Await) -> bool:
    asked = awaited.value
    return isinstance(asked, tree.Call) and last_name(asked.callee) in (
        "execute",
        "scalars",
        "stream",
        "exec",
    )


def _is_fallback(call: At[tree.Call]) -> bool:
    """Whether a call stands in only for an object that has no asynchronous interface: the `else` of `hasattr(client, "aio")`."""
    inner: tree.Node = call.node
    for ancestor in call.index.ancestors(call.node):
        if isinstance(ancestor, tree.Function):
            return False
        if isinstance(ancestor, tree.If) and inner is ancestor.otherwise:
            asks = isinstance(ancestor.test, tree.Call) and last_name(ancestor.test.callee) == "hasattr"
            if asks and any(
                isinstance(each, tree.Await) for each in tree.walk(ancestor.then, tree.same_function)
            ):
                return True
        inner = ancestor
    return False


def _seconds(call: At[tree.Call]) -> float | None:
    """The first argument, or `interval=`, where it is a number."""
    for argument in call.node.arguments:
        if argument.name in (None, "interval", "secs") and isinstance(argument.value, tree.Literal):
            value = argument.value.value
            if isinstance(value, int | float) and not isinstance(value, bool):
                return float(value)
    return None


def _limit(call: At[tree.Call]) -> float | None:
    """`timeout=5`, or the longest of `timeout=(3, 10)`."""
    for argument in call.node.arguments:
        if argument.name != "timeout":
            continue
        parts = argument.value.items if isinstance(argument.value, tree.Sequence) else (argument.value,)
        numbers = [
            float(each.value)
            for each in parts
            if isinstance(each, tree.Literal)
            and isinstance(each.value, int | float)
            and not isinstance(each.value, bool)
        ]
        return max(numbers) if numbers and len(numbers) == len(parts) else None
    return None


def _shown(call: At[tree.Call]) -> str:
    text = " ".join(call.text.split())
    return text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 1] + "…"
