"""Where a class, a store or a module would connect again: the function that makes the socket, and what closes it."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.client_release import closers, closure_of, guards_of, statements_of
from halfopen.connections.client_view import View
from halfopen.connections.reconnection.facts import ConnectRepair
from halfopen.semantics import tree
from halfopen.semantics.function_shape import name_of_function
from halfopen.semantics.program import At
from halfopen.semantics.unit import Span


def connect_repair(view: View) -> ConnectRepair | None:
    """The function that makes the socket in a statement of its own, and that can be called again as it was."""
    creating, made = view.reach.creating, view.call.parent
    if creating is None or not isinstance(made, tree.Assign) or creating.path != creating.span.path:
        return None
    if not any(each is made for each in creating.node.body.statements) or made.operator:
        return None
    target = made.targets[0]
    if not isinstance(target, tree.Name | tree.Member):
        return None
    arguments = _arguments(creating)
    called = _called(view, creating)
    if arguments is None or called is None or _refuses(view):
        return None
    closes = list(_own_closes(view))
    if any(each is None for each in closes):
        return None
    klass = creating.index.class_of(creating.node)
    home = creating.to(klass).span if klass is not None else view.owner.span
    return ConnectRepair(
        "class" if klass is not None else "page",
        home,
        view.call.to(made).span,
        view.call.to(target).text,
        f"{called}({', '.join(arguments)})",
        tuple(each for each in closes if each is not None),
    )


def _refuses(view: View) -> bool:
    """Whether the function leaves while a socket is kept, and the close handler does not let go of the one that ended."""
    if all(
        any(isinstance(node, tree.Member) and node.name == "readyState" for node in tree.walk(test))
        or not any(node in view.socket.nodes for node in tree.walk(test))
        for test in guards_of(view.program, view.call, 0)
    ):
        return False
    ended = closure_of(view.program, view.socket.handlers(view.program, view.held, "close"))
    return not any(
        isinstance(at.node, tree.Literal)
        and at.node.value is None
        and isinstance(at.parent, tree.Assign | tree.Entry)
        for at in statements_of(ended)
    )


def _arguments(function: At[tree.Function]) -> list[str] | None:
    """The names of the parameters, which the next call is given again; None where one is taken apart."""
    found: list[str] = []
    for parameter in function.node.parameters:
        if not isinstance(parameter.target, tree.Name) or parameter.kind != "normal":
            return None
        found.append(parameter.target.id)
    return found


def _called(view: View, creating: At[tree.Function]) -> str | None:
    """What the function is called as, from within the function itself."""
    klass = creating.index.class_of(creating.node)
    name = name_of_function(creating)[0]
    if name is None:
        return None
    if klass is not None:
        is_member = creating.node.receiver is not None or _stands_in(creating, klass)
        return f"this.{name}" if view.owner.kind == "class" and is_member else None
    if view.owner.kind == "store":
        entry = creating.parent
        is_action = isinstance(entry, tree.Entry) and view.owner.name.isidentifier()
        return f"{view.owner.name}.getState().{name}" if is_action else None
    is_declared = creating.index.function_of(creating.node) is None
    return name if view.owner.kind in ("module", "function") and is_declared else None


def _stands_in(function: At[tree.Function], klass: tree.Class) -> bool:
    """Whether a function is a field of a class: `connect = () => {...}`."""
    parent = function.parent
    return isinstance(parent, tree.Assign) and function.index.parents.get(parent) is klass.body


def _own_closes(view: View) -> Iterator[Span | None]:
    """The statements of the releases that hold the closing, each a statement of its function's own body; None where an
    arrow has no body of statements."""
    for root in view.roots:
        if root.unit is not view.call.unit and root.path != view.call.path:
            yield None
            continue
        closing = [each.node for each in closers(view.socket, [root])]
        if not closing:
            continue
        first = next(
            (
                statement
                for statement in root.node.body.statements
                if any(statement.start <= each.start and each.end <= statement.end for each in closing)
            ),
            None,
        )
        if first is None or root.node.body.start == first.start:
            yield None
            continue
        yield root.to(first).span
