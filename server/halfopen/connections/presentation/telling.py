"""Whether a call by itself tells the user something, or may do so out of sight."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.facts import Evidence
from halfopen.connections.listeners import listeners
from halfopen.connections.presentation.display import HIDDEN, Found, Reach
from halfopen.connections.presentation.notices import is_notice
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers, functions
from halfopen.semantics.function_shape import argument_of
from halfopen.semantics.names import last_name
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, External, Program
from halfopen.semantics.stores import store_around
from halfopen.semantics.values import origins

_SILENT_OBJECTS = frozenset(
    {
        "console",
        "JSON",
        "Math",
        "Date",
        "localStorage",
        "sessionStorage",
        "performance",
        "Object",
        "Array",
        "Promise",
        "Number",
        "crypto",
        "queryClient",
        "posthog",
        "Sentry",
    }
)
_SILENT = frozenset(
    {
        "setTimeout",
        "clearTimeout",
        "setInterval",
        "clearInterval",
        "String",
        "Number",
        "Boolean",
        "parseInt",
        "parseFloat",
        "queueMicrotask",
        "requestAnimationFrame",
        "cancelAnimationFrame",
        "encodeURIComponent",
        "fetch",
        "Error",
        "Set",
        "Map",
        "Date",
        "Promise",
    }
)


def reach_of_call(program: Program, call: At[tree.Call]) -> Found:
    """Whether a call by itself tells the user something, or may do so out of sight."""
    callee = call.node.callee
    if is_notice(program, call):
        return Found(Reach.SHOWN, (Evidence(call.span, "tells the user"),))
    last = last_name(callee)
    first = _first(callee)
    written = call.to(callee).text
    if last in _SILENT or first in _SILENT_OBJECTS or "log" in written.lower():
        return HIDDEN
    if first == "document":
        return Found(Reach.SHOWN, (Evidence(call.span, "changes the page"),))
    if functions(program, call.to(callee)):
        return HIDDEN
    for origin in (*origins(program, call.to(callee)), *_part_given(program, call.to(callee))):
        if isinstance(origin, ParameterOf):
            if is_known(program, origin) or _settles_promise(origin) or _is_listener(program, call):
                continue
            return Found(
                Reach.UNTOLD, (Evidence(call.span, f"calls {written}, which is given from outside"),)
            )
        if isinstance(origin, External) and origin.module:
            return Found(Reach.UNTOLD, (Evidence(call.span, f"calls {written} of {origin.module}"),))
    if last in ("emit", "dispatch", "dispatchEvent", "publish", "trigger", "notify", "next"):
        return Found(Reach.UNTOLD, (Evidence(call.span, f"{written} tells whoever listens"),))
    return HIDDEN


def _settles_promise(origin: ParameterOf) -> bool:
    """Whether a function is what `new Promise((resolve, reject) => ...)` gives: it tells who waits for the connection once,
    and of no later loss."""
    argument = origin.function.parent
    made = origin.function.index.parents.get(argument) if isinstance(argument, tree.Argument) else None
    return isinstance(made, tree.Call) and made.is_new and last_name(made.callee) == "Promise"


def _is_listener(program: Program, call: At[tree.Call]) -> bool:
    """Whether what is called is one of the listeners that the workspace registers: what they do is looked at for itself."""
    return next(listeners(program, call.to(call.node.callee)), None) is not None


def _part_given(program: Program, callee: At[tree.Expr]) -> Iterator[ParameterOf]:
    """`this.options.onState`, where `options` is what the constructor was given."""
    if isinstance(callee.node, tree.Member):
        for origin in origins(program, callee.to(callee.node.object)):
            if isinstance(origin, ParameterOf):
                yield ParameterOf(origin.function, origin.parameter, (*origin.steps, callee.node.name))


def is_known(program: Program, origin: ParameterOf) -> bool:
    """Whether every caller shows what it gives for a function's parameter, or that it gives nothing.

    A store's `set` and `get` are known: what is set is followed as a value.
    """
    if store_around(program, origin.function) is not None:
        return True
    given = callers(program, origin.function)
    for call in given:
        argument = argument_of(call.node, origin.function.node, origin.parameter)
        if argument is None:
            if any(each.spread for each in call.node.arguments):
                return False
            continue
        if origin.steps:
            if not isinstance(argument, tree.Object) or any(entry.key is None for entry in argument.entries):
                return False
            continue
        if not functions(program, call.to(argument)):
            return False
    return bool(given)


def _first(callee: tree.Expr) -> str:
    node = callee
    while isinstance(node, tree.Member):
        node = node.object
    return node.id if isinstance(node, tree.Name) else ""
