"""What expressions are called by: the last name of a path, the method called on a thing, a value's variables."""

from __future__ import annotations

from halfopen.semantics import tree
from halfopen.semantics.program import At, Program, Variable


def last_name(node: tree.Node | None) -> str:
    """The last name of a path: `f` of `f` and of `a.f`; nothing ("") of any other expression."""
    match node:
        case tree.Name(id=name) | tree.Member(name=name):
            return name
        case _:
            return ""


def name_behind_calls(node: tree.Node | None) -> str:
    """The last name of what is called or awaited in the end: `f` of `f`, `a.f(1)` and `await f()(2)`."""
    match node:
        case tree.Call(callee=inner) | tree.Await(value=inner):
            return name_behind_calls(inner)
        case _:
            return last_name(node)


def method_call(use: At[tree.Expr]) -> tuple[str, At[tree.Call]] | None:
    """The method that is called on a thing where it is used, and the call: `close`, `socket.close(…)` of `socket`."""
    member = use.parent
    if not isinstance(member, tree.Member) or member.object is not use.node:
        return None
    call = use.index.parents.get(member)
    return (member.name, use.to(call)) if isinstance(call, tree.Call) and call.callee is member else None


def bound_to(program: Program, at: At[tree.Expr]) -> list[Variable]:
    """The variables that an expression's value is directly given to (`const x = <expression>`)."""
    node: tree.Node = at.node
    parent = at.index.parents.get(node)
    while isinstance(parent, tree.Await | tree.Conditional) or (
        isinstance(parent, tree.Operation) and parent.operator in ("or", "??")
    ):
        node, parent = parent, at.index.parents.get(parent)
    targets: tuple[tree.Expr | None, ...] = ()
    match parent:
        case tree.Assign(value=value) if value is node:
            targets = parent.targets
        case tree.AssignExpr(value=value) if value is node:
            targets = (parent.target,)
        case tree.Item(context=context) if context is node:
            targets = (parent.target,)
        case _:
            pass
    return [program.variable(at.to(target)) for target in targets if isinstance(target, tree.Name)]
