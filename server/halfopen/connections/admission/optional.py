"""Checks that only run for clients who show something: whoever leaves the credential out is not asked."""

from __future__ import annotations

from collections.abc import Iterable

from halfopen.connections.admission.facts import Ignored
from halfopen.connections.admission.timeline import Event
from halfopen.connections.facts import Evidence
from halfopen.semantics import tree
from halfopen.semantics.leaving import JUMPS, may_leave
from halfopen.semantics.program import At, own_nodes


def optional_checks(root: At[tree.Function], events: Iterable[Event]) -> tuple[Ignored, ...]:
    """The condition around a handler's checks, where each check has one that a client decides."""
    found: list[Ignored] = []
    for event in events:
        if event.kind != "check":
            continue
        condition = _condition(root, event.outermost)
        if condition is None or _refused_elsewhere(root, event.outermost, condition):
            return ()
        test, name = condition
        at = root.to(test)
        said = Evidence(event.outermost.span, "is only asked of clients that show something")
        found.append(Ignored(name, at.span, (said,)))
    return tuple(found[:1])


def _condition(root: At[tree.Function], check: At[tree.Expr]) -> tuple[tree.Expr, str] | None:
    """`if token: ... verify(token)` without `else`, or `if token and not verify(token): refuse`."""
    if check.unit is not root.unit:
        return None
    given = _argument_names(check.node)
    inner: tree.Node = check.node
    for parent in check.index.ancestors(check.node):
        if parent is root.node:
            return None
        if isinstance(parent, tree.Operation) and parent.operator == "and":
            for operand in parent.operands:
                name = _is_there(operand)
                if name in given and operand.start < check.node.start:
                    return operand, name
        if isinstance(parent, tree.If) and inner is parent.then and parent.otherwise is None:
            name = _is_there(parent.test)
            if name in given:
                return parent.test, name
        inner = parent
    return None


def _argument_names(node: tree.Node) -> set[str]:
    arguments = node.arguments if isinstance(node, tree.Call) else ()
    return {
        each.id for argument in arguments for each in tree.walk(argument.value) if isinstance(each, tree.Name)
    }


def _is_there(test: tree.Expr) -> str:
    """The variable that a condition only asks to be there: `token`, `token is not None`."""
    match test:
        case tree.Name(id=name):
            return name
        case tree.Operation(
            operator="is not" | "!=", operands=(tree.Name(id=name), tree.Literal(value=None | ""))
        ):
            return name
        case _:
            return ""


def _refused_elsewhere(
    root: At[tree.Function], check: At[tree.Expr], condition: tuple[tree.Expr, str]
) -> bool:
    """Whether a test of the credential, or of what the check found, refuses those who showed nothing."""
    asked = {condition[1], *_result_names(root, check)}
    around = next((each for each in check.index.ancestors(condition[0]) if isinstance(each, tree.If)), None)
    for node in own_nodes(root):
        if not isinstance(node, tree.If) or node is around or node.test is condition[0]:
            continue
        inside = around is not None and around.start <= node.start and node.end <= around.end
        if inside or not any(
            isinstance(each, tree.Name) and each.id in asked for each in tree.walk(node.test)
        ):
            continue
        if may_leave(node, JUMPS):
            return True
    return False


def _result_names(root: At[tree.Function], check: At[tree.Expr]) -> set[str]:
    """The variables that hold what a check found."""
    for parent in check.index.ancestors(check.node):
        if isinstance(parent, tree.Assign):
            return {
                each.id
                for target in parent.targets
                for each in tree.walk(target)
                if isinstance(each, tree.Name)
            }
        if parent is root.node:
            break
    return set()
