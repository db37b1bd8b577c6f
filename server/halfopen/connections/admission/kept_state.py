"""Whether a variable of a module, or a field of a long-lived object, is state that the program keeps up to date."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.registries import FieldOf, ModuleName, container_of
from halfopen.semantics import tree
from halfopen.semantics.function_shape import is_receiver
from halfopen.semantics.program import At, Global, Program

_CHANGING = frozenset(
    {
        "append",
        "appendleft",
        "add",
        "extend",
        "insert",
        "update",
        "setdefault",
        "pop",
        "popleft",
        "clear",
        "remove",
    }
)


def is_kept_state(program: Program, at: At[tree.Expr]) -> bool:
    """Whether other code changes what an expression shows: `latest["pose"] = …`, `self.prices = …` of a method."""
    if _is_counted(at):
        return False
    container = container_of(program, at)
    match container:
        case ModuleName(path=path, name=name):
            return program.queries.search(
                ("kept state", path, name), lambda: _is_changed_variable(program, Global(path, name))
            )
        case FieldOf(klass=klass, name=name):
            program.queries.note(klass.unit)
            return any(_is_changed(each) for each in _uses_of_field(klass, name))
        case _:
            return False


def _is_counted(at: At[tree.Expr]) -> bool:
    """How many there are says nothing of what they are."""
    call = next((each for each in at.index.ancestors(at.node) if isinstance(each, tree.Expr)), None)
    return isinstance(call, tree.Call) and isinstance(call.callee, tree.Name) and call.callee.id == "len"


def _is_changed_variable(program: Program, variable: Global) -> bool:
    definitions = program.definitions_of(variable)
    assigned = [each for _, _, each in definitions if each.kind == "value"]
    if any(unit is not definitions[0][1] for _, unit, _ in definitions) and len(assigned) > 1:
        return True  # `global latest; latest = …`
    return any(_is_changed(each) for each in program.reads(variable))


def _uses_of_field(klass: At[tree.Class], name: str) -> Iterator[At[tree.Expr]]:
    """A field as the methods use it, what makes the object left out."""
    for node in tree.walk(klass.node.body):
        if (
            isinstance(node, tree.Member)
            and node.name == name
            and isinstance(node.object, tree.Name)
            and is_receiver(klass.to(node.object), node.object.id)
        ):
            method = klass.index.function_of(node)
            if method is None or method.name != "__init__":
                yield klass.to(node)


def _is_changed(at: At[tree.Expr]) -> bool:
    """Whether an expression is written here: assigned, an entry of it assigned, or a method called that changes it."""
    parent = at.parent
    match parent:
        case tree.Assign(targets=targets):
            return at.node in targets
        case tree.Index(object=inner) if inner is at.node:
            return _is_changed(at.to(parent))
        case tree.Member(object=inner, name=name) if inner is at.node:
            call = at.index.parents.get(parent)
            return name in _CHANGING and isinstance(call, tree.Call) and call.callee is parent
        case _:
            return False
