"""What a class defines, as its own text says: methods, fields and their declared types."""

from __future__ import annotations

from halfopen.semantics import tree
from halfopen.semantics.function_shape import is_receiver
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At


def member_table(klass: At[tree.Class]) -> dict[str, list[tree.Expr]]:
    """Every member a class defines, with the values it is given."""
    return klass.unit.derived(("members", klass.node), lambda: _members_of(klass))


def _members_of(klass: At[tree.Class]) -> dict[str, list[tree.Expr]]:
    table: dict[str, list[tree.Expr]] = {}
    for statement in klass.node.body.statements:
        if isinstance(statement, tree.Assign) and statement.value is not None:
            for target in statement.targets:
                if isinstance(target, tree.Name):
                    if klass.unit.language == "python" and _takes_over(statement.value):
                        earlier = table.get(target.id, [])
                        table[target.id] = [each for each in earlier if not isinstance(each, tree.Function)]
                    table.setdefault(target.id, []).append(statement.value)
    for node in tree.walk(klass.node.body):
        if isinstance(node, tree.Assign | tree.AssignExpr) and node.value is not None:
            for target in node.targets if isinstance(node, tree.Assign) else (node.target,):
                if isinstance(target, tree.Member) and _is_instance(klass.to(target.object)):
                    table.setdefault(target.name, []).append(node.value)
    return table


def _takes_over(value: tree.Expr) -> bool:
    """Whether a second definition of a Python method stands in the place of the first, and is no part of it."""
    return isinstance(value, tree.Function) and not any(
        isinstance(each, tree.Member)
        or (isinstance(each, tree.Call) and isinstance(each.callee, tree.Member))
        for each in value.decorators
    )


def _is_instance(at: At[tree.Expr]) -> bool:
    """Whether an expression is `this`, or a method's receiver."""
    return isinstance(at.node, tree.Name) and (at.node.id == "this" or is_receiver(at, at.node.id))


def fields_of(klass: At[tree.Class]) -> dict[str, tree.Expr]:
    """The fields that a Python class body declares, with their types."""
    return klass.unit.derived(("declared", klass.node), lambda: _declared_fields(klass.node))


def _declared_fields(klass: tree.Class) -> dict[str, tree.Expr]:
    """As in a dataclass: `sender: Sender | None = None`."""
    return {
        target.id: statement.annotation
        for statement in klass.body.statements
        if isinstance(statement, tree.Assign) and statement.annotation is not None
        for target in statement.targets
        if isinstance(target, tree.Name) and not isinstance(statement.annotation, tree.TypeText)
    }


def is_property(function: tree.Function) -> bool:
    """Whether reading the member of that name runs a Python method."""
    return any(last_name(each) in ("property", "cached_property") for each in function.decorators)


def is_abstract(function: tree.Function) -> bool:
    """`@abstractmethod`, or a Python method whose body is `...`, `pass` or `raise NotImplementedError`."""
    if function.receiver in (None, "this"):
        return False
    for decorator in function.decorators:
        if last_name(decorator) in ("abstractmethod", "abstractproperty"):
            return True
    for statement in function.body.statements:
        match statement:
            case tree.Do(value=tree.Literal() | tree.Opaque(kind="ellipsis")):
                continue
            case tree.Raise(value=tree.Call(callee=callee)) if last_name(callee) == "NotImplementedError":
                continue
            case tree.Raise(value=tree.Name(id="NotImplementedError")):
                continue
            case _:
                return False
    return True
