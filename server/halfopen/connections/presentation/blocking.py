"""Components that give up their content while there is no connection."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.client_view import View
from halfopen.connections.facts import Evidence
from halfopen.connections.presentation.facts import Blocked
from halfopen.connections.presentation.running import handlers_of, running
from halfopen.connections.presentation.written_values import written_values
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.flow import aliases
from halfopen.semantics.function_shape import name_of_function
from halfopen.semantics.program import At
from halfopen.semantics.react import kind_of_name
from halfopen.semantics.unit import Span

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
    found: dict[tree.Node, Blocked] = {}
    for value, use in _status_uses(view):
        for statement in _early_return(use):
            if statement.node in found or not _holds_without(statement.node.test, use.node, value):
                continue
            block = _block(view, statement)
            if block is not None:
                found[statement.node] = block
    return tuple(found.values())


def withheld(view: View) -> tuple[Span, ...]:
    """`<button disabled={!connected || busy}>`, and the form that such a button sends off."""
    found: dict[tree.Node, Span] = {}
    for value, use in _status_uses(view):
        around = list(use.index.ancestors(use.node))
        attribute = next((each for each in around if isinstance(each, tree.Attribute)), None)
        if attribute is None or attribute.name != "disabled" or attribute.value is None:
            continue
        if not _holds_without(attribute.value, use.node, value):
            continue
        elements = [each for each in around if isinstance(each, tree.Element)]
        forms = [each for each in elements if isinstance(each.tag, tree.Literal) and each.tag.value == "form"]
        for element in (*elements[:1], *forms[:1]):
            found.setdefault(element, use.to(element).span)
    return tuple(found.values())


def _status_uses(view: View) -> Iterator[tuple[tree.Expr, At[tree.Expr]]]:
    """What the handlers of the connection's state write into it, each with the places where that is read."""
    roots = [each for event in ("close", "error", "open") for each in handlers_of(view, event)]
    for current in running(view, roots):
        for value in written_values(current.function):
            if not isinstance(value.node, tree.Name | tree.Member | tree.Call):
                for use in aliases(view.program, value):
                    yield value.node, use


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
