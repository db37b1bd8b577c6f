"""What sets a connection up again without its handlers, and where the count of the attempts starts over."""

from __future__ import annotations

import re
from collections.abc import Iterator

from halfopen.connections.client_owner import references
from halfopen.connections.client_release import closure_of, statements_of
from halfopen.connections.client_view import View, is_timer
from halfopen.connections.facts import Evidence, Fact, Known
from halfopen.connections.reconnection.facts import AT_ONCE, Delay, Trigger, TriggerKind
from halfopen.connections.reconnection.tracing import TEXTS, delay_fact
from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers
from halfopen.semantics.function_shape import name_of_function
from halfopen.semantics.program import At
from halfopen.semantics.react import react_owner
from halfopen.semantics.scripts import file_of, is_page

_EVENTS: dict[str, TriggerKind] = {
    "online": "online",
    "visibilitychange": "visible",
    "pageshow": "visible",
    "focus": "visible",
    "resume": "visible",
}

AGAIN = re.compile(r"re-?connect|retry", re.IGNORECASE)
_AUTOMATIC = re.compile(r"schedule|attempt|auto|handle|^on", re.IGNORECASE)
"""What a method's name says that connects again without being asked."""


def triggers_aside(view: View) -> Iterator[Trigger]:
    """What sets the socket up again without its handlers: clocks, events of the page, clicks."""
    program = view.program
    told: set[tree.Node] = set()
    heartbeats = {each.node for each in closure_of(program, view.socket.handlers(program, view.held, "open"))}
    for function in list(view.reach.functions.values()):
        if _is_offered(view, function) or _is_of_markup(view, function):
            yield _aside("manual", function, Known(AT_ONCE))
        for reference in references(program, function):
            if not is_shipped(reference.path):
                continue
            index, parent = reference.index, reference.parent
            if isinstance(parent, tree.Attribute) and (parent.name or "").startswith("on"):
                if parent not in told:
                    told.add(parent)
                    yield _aside("manual", reference.to(parent), Known(AT_ONCE))
                continue
            call = index.parents.get(parent) if isinstance(parent, tree.Argument) else None
            if not isinstance(call, tree.Call) or call in told:
                continue
            at = reference.to(call)
            if is_timer(program, at, "setInterval") and call.arguments[0] is parent:
                told.add(call)
                if index.function_of(call) in heartbeats:
                    continue
                period = at.to(call.arguments[1].value) if len(call.arguments) > 1 else None
                yield _aside("interval", at, delay_fact(program, period))
            elif (
                isinstance(call.callee, tree.Name | tree.Member)
                and call.arguments[-1] is not call.arguments[0]
            ):
                name = call.arguments[0].value
                kind = _EVENTS.get(str(name.value)) if isinstance(name, tree.Literal) else None
                is_click = isinstance(name, tree.Literal) and name.value in ("click", "submit")
                if kind is not None or is_click:
                    told.add(call)
                    yield _aside(kind or "manual", at, Known(AT_ONCE))


def _is_offered(view: View, function: At[tree.Function]) -> bool:
    """Whether a method, or what a hook returns, is there to connect again by its name, and nothing that is read calls
    it: a template may, or whoever uses the hook."""
    name = name_of_function(function)[0] or ""
    owner = react_owner(function)
    return (
        (function.index.class_of(function.node) is not None or (owner is not None and owner.kind == "hook"))
        and not name.startswith(("_", "#"))
        and AGAIN.search(name) is not None
        and _AUTOMATIC.search(name) is None
        and not callers(view.program, function)
    )


def _is_of_markup(view: View, function: At[tree.Function]) -> bool:
    """Whether a function of a page's own script is called by none of its scripts: a button's `onclick` does."""
    in_page = is_page(function.path) or file_of(function.path) != function.path
    at_top = function.index.function_of(function.node) is None and name_of_function(function)[0] is not None
    return in_page and at_top and not references(view.program, function)


def _aside(
    kind: TriggerKind, at: At[tree.Call] | At[tree.Attribute] | At[tree.Function], delay: Fact[Delay]
) -> Trigger:
    return Trigger(kind, at.span, delay, evidence=(Evidence(at.span, TEXTS[kind]),), limit=Known(None))


def resets_in(view: View, functions_: list[At[tree.Function]], words: frozenset[str]) -> At[tree.Node] | None:
    """Where one of these functions puts a counter back to a constant."""
    for at in statements_of(functions_):
        match at.node:
            case tree.Assign(targets=targets, value=tree.Literal(), operator=""):
                if any(last_name(each) in words for each in targets):
                    return at
            case tree.Assign(targets=targets, value=tree.Name() | tree.Member(), operator=""):
                if any(last_name(each) in words for each in targets):
                    return at
            case tree.Entry(key=tree.Literal(value=str() as key), value=tree.Literal()) if key in words:
                return at
            case _:
                pass
    return None


def last_name(node: tree.Expr) -> str:
    """The last name of a path, a ref's own for its `current`."""
    match node:
        case tree.Name(id=name):
            return name
        case tree.Member(object=inner, name="current"):
            return last_name(inner)
        case tree.Member(name=name):
            return name
        case _:
            return ""
