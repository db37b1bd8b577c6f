"""Flags for a close that is meant, which the next socket finds still set: its lost connection is taken for meant too."""

from __future__ import annotations

from halfopen.connections.client_release import cleanups_of, closure_of, tested_names
from halfopen.connections.client_view import View
from halfopen.connections.facts import Evidence
from halfopen.connections.presentation.facts import KeptIntent
from halfopen.connections.presentation.running import conditions_on, handlers_of, reconnects_at, running
from halfopen.semantics import tree
from halfopen.semantics.program import At, own_nodes
from halfopen.semantics.react import Effect, react_owner


def kept_intent(view: View, changing: tuple[tuple[Effect, tuple[tree.Expr, ...]], ...]) -> KeptIntent | None:
    """The flag that an effect's cleanup sets for good although the effect runs again and makes the next socket.

    `changing` are the effects that make the socket with those of their dependencies that may change.
    """
    asked = _asked_before_retry(view)
    if not asked or not changing:
        return None
    effect, dependencies = changing[0]
    by = ", ".join(effect.call.to(each).text for each in dependencies)
    for function in closure_of(view.program, cleanups_of(view.program, effect)):
        for node in own_nodes(function):
            if not isinstance(node, tree.Assign) or not isinstance(node.value, tree.Literal):
                continue
            for target in node.targets:
                flag = _flag_of(target)
                if flag in asked and not _taken_back(view, flag, node.value):
                    return KeptIntent(
                        function.to(target).text,
                        f"[{by}]",
                        function.to(node).span,
                        (
                            Evidence(effect.call.span, "this effect makes the next socket"),
                            Evidence(asked[flag].span, "asked before it connects again"),
                        ),
                    )
    return None


def _asked_before_retry(view: View) -> dict[str, At[tree.Expr]]:
    """The flags that outlive one socket and that the close handler asks before it sets the connection up again."""
    found: dict[str, At[tree.Expr]] = {}
    for current in running(view, handlers_of(view, "close")):
        for at in current.nodes():
            if not isinstance(at.node, tree.Call) or not reconnects_at(view, at.to(at.node)):
                continue
            for test in conditions_on(view, at, current.chain):
                for node in tree.walk(test.node):
                    flag = _flag_of(node) if isinstance(node, tree.Member) else ""
                    if flag and flag in tested_names(test.node):
                        found.setdefault(flag, test)
    return found


def _flag_of(target: tree.Expr) -> str:
    """The ref that holds a flag: `closing` of `closing.current`."""
    if isinstance(target, tree.Member) and target.name == "current" and isinstance(target.object, tree.Name):
        return target.object.id
    return ""


def _taken_back(view: View, flag: str, given: tree.Literal) -> bool:
    """Whether anything in the component sets the flag to another value, or gives it to somebody who may."""
    owner = react_owner(view.call)
    if owner is None:
        return True
    for node in tree.walk(owner.function.node):
        match node:
            case tree.Assign(targets=targets, value=value):
                same = isinstance(value, tree.Literal) and value.value == given.value
                if not same and any(_flag_of(target) == flag for target in targets):
                    return True
            case tree.AssignExpr(target=target) if _flag_of(target) == flag:
                return True
            case tree.Argument(value=tree.Name(id=name)) | tree.Entry(value=tree.Name(id=name)) if (
                name == flag
            ):
                return True
            case _:
                pass
    return False
