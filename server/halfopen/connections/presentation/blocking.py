"""Components that give up their content while there is no connection."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.client_view import View
from halfopen.connections.facts import Evidence
from halfopen.connections.presentation.display import written_values
from halfopen.connections.presentation.facts import Blocked
from halfopen.connections.presentation.running import handlers_of, running
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.flow import aliases
from halfopen.semantics.function_shape import name_of_function
from halfopen.semantics.program import At
from halfopen.semantics.react import kind_of_name

_NOT_OPEN = frozenset(
    {
        "connecting",
        "disconnected",
        "error",
        "closed",
        "reconnecting",
        "authenticating",
        "failed",
        "idle",
        "pending",
        "lost",
        "offline",
    }
)
_OPEN = frozenset({"open", "connected", "live", "online", "ready", "active"})
_CONTENT = 2
"""Components of the workspace in what is left out: fewer are a badge that says something else."""


def blocked(view: View) -> tuple[Blocked, ...]:
    """Where a component returns a spinner or an error in place of its content until the socket is open."""
    roots = [each for event in ("close", "error", "open") for each in handlers_of(view, event)]
    found: dict[tree.Node, Blocked] = {}
    for current in running(view, roots):
        for value in written_values(current.function):
            if isinstance(value.node, tree.Name | tree.Member | tree.Call):
                continue
            for use in aliases(view.program, value):
                for statement in _early_return(use):
                    if statement.node in found or not _holds_without(
                        statement.node.test, use.node, value.node
                    ):
                        continue
                    block = _block(view, statement)
                    if block is not None:
                        found[statement.node] = block
    return tuple(found.values())


def _early_return(use: At[tree.Expr]) -> Iterator[At[tree.If]]:
    """The `if` of a component that asks for a value and returns an element."""
    for node in use.index.ancestors(use.node):
        if isinstance(node, tree.If):
            within = node.test.start <= use.node.start and use.node.end <= node.test.end
            if within and any(
                isinstance(each, tree.Return) and _is_element(each.value) for each in node.then.statements
            ):
                yield use.to(node)
            return
        if isinstance(node, tree.Function):
            return


def _is_element(value: tree.Expr | None) -> bool:
    return isinstance(value, tree.Element)


def _holds_without(test: tree.Expr, use: tree.Expr, written: tree.Expr) -> bool:
    """Whether a condition holds while the socket is not open."""
    match test:
        case tree.Operation(operator="or", operands=operands):
            return any(_holds_without(each, use, written) for each in operands)
        case tree.Operation(operator="not", operands=(inner,)):
            return inner is use and isinstance(written, tree.Literal) and isinstance(written.value, bool)
        case tree.Operation(operator="==", operands=(left, right)):
            return use in (left, right) and _says(left, right, _NOT_OPEN)
        case tree.Operation(operator="!=", operands=(left, right)):
            return use in (left, right) and _says(left, right, _OPEN)
        case _:
            return test is use and not (
                isinstance(written, tree.Literal) and isinstance(written.value, bool | None)
            )


def _says(left: tree.Expr, right: tree.Expr, words: frozenset[str]) -> bool:
    return any(
        isinstance(each, tree.Literal) and isinstance(each.value, str) and each.value.lower() in words
        for each in (left, right)
    )


def _block(view: View, statement: At[tree.If]) -> Blocked | None:
    function = statement.index.function_of(statement.node)
    if function is None:
        return None
    name = name_of_function(statement.to(function))[0]
    if kind_of_name(name) != "component":
        return None
    content = {
        node.tag.id
        for later in function.body.statements
        if later.start > statement.node.start
        for node in tree.walk(later, tree.same_function)
        if isinstance(node, tree.Element)
        and isinstance(node.tag, tree.Name)
        and functions(view.program, statement.to(node.tag))
    }
    if len(content) < _CONTENT:
        return None
    test = statement.to(statement.node.test)
    return Blocked(
        name or "",
        " ".join(test.text.split()),
        test.span,
        (Evidence(test.span, f"{name} shows this in place of {', '.join(sorted(content)[:3])}"),),
    )
