"""How a socket is set up again by the code around it: the browser's own WebSocket, and sockets of libraries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal as OneOf

from halfopen.connections.client_release import closers, closure_of, guards_of
from halfopen.connections.client_view import View, is_timer
from halfopen.connections.facts import Confidence, Evidence, Fact, Known, Unknown
from halfopen.connections.reconnection.aside import resets_in, triggers_aside
from halfopen.connections.reconnection.facts import EffectRepair, Reconnection, Trigger
from halfopen.connections.reconnection.polling import polls_all_along
from halfopen.connections.reconnection.renewal import renewal_by_code
from halfopen.connections.reconnection.repairing import connect_repair
from halfopen.connections.reconnection.tracing import Tracing
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers
from halfopen.semantics.flow import state_hook
from halfopen.semantics.names import last_name
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, own_nodes
from halfopen.semantics.values import origins

Reset = OneOf["on_open", "on_message", "stable_uptime", "on_attempt", "never"]


def reconnection_by_code(view: View) -> Reconnection:
    """What the client's own code does after its connection ended."""
    program, held, socket = view.program, view.held, view.socket
    on_close = socket.handlers(program, held, "close")
    on_error = socket.handlers(program, held, "error")
    closing, failing = Tracing(view, "close"), Tracing(view, "error")
    triggers = list(closing.run(on_close))
    triggers += [each for each in failing.run(on_error) if all(each.place != one.place for one in triggers)]
    triggers += [each for each in triggers_aside(view) if all(each.place != one.place for one in triggers)]
    unresolved = [*closing.unresolved, *failing.unresolved]
    reset = _reset(view, triggers)
    return Reconnection(
        automatic=_automatic(view, triggers, unresolved, [*closing.replaced_by, *failing.replaced_by]),
        triggers=tuple(triggers),
        attempts=_attempts(triggers, reset),
        reset=reset,
        one_shot=_one_shot(view),
        falls_back=_falls_back(view, on_close),
        polls=polls_all_along(view),
        close_handler=on_close[0].span if on_close else None,
        repair=None if triggers else _effect_repair(view) or connect_repair(view),
        renewal=renewal_by_code(view),
    )


def _automatic(
    view: View, triggers: list[Trigger], unresolved: list[At[tree.Call]], others: list[At[tree.Call]]
) -> Fact[bool]:
    automatic = [each for each in triggers if each.is_automatic]
    if automatic:
        return Known(True, tuple(evidence for each in automatic for evidence in each.evidence))
    if unresolved:
        call = unresolved[0]
        text = "who hands this in may connect again"
        return Unknown(f"what is given for `{call.to(call.node.callee).text}`", (Evidence(call.span, text),))
    if others:
        evidence = (Evidence(others[0].span, "the end of the first socket makes this one"),)
        return Unknown("what the other socket that its close handler makes is used for", evidence)
    if _goes_out_of_sight(view):
        evidence = (Evidence(view.call.span, "the socket is handed out of the code that is seen"),)
        return Unknown("who uses the socket that is handed out", evidence)
    handlers = view.socket.handlers(view.program, view.held, "close")
    if handlers:
        evidence = tuple(Evidence(each.span, "nothing here connects again") for each in handlers[:2])
    else:
        evidence = (Evidence(view.call.span, "no handler is told of its end"),)
    return Known(False, evidence)


def _goes_out_of_sight(view: View) -> bool:
    """Whether the socket is returned to callers that the workspace does not have, or given to somebody's parameter."""
    if view.socket.handlers(view.program, view.held, "close"):
        return False
    for alias in view.held:
        if isinstance(alias.parent, tree.Return):
            function = alias.index.function_of(alias.node)
            if function is not None and not callers(view.program, alias.to(function)):
                return True
        if isinstance(alias.parent, tree.Argument):
            call = alias.index.parents.get(alias.parent)
            if isinstance(call, tree.Call) and any(
                isinstance(each, ParameterOf) for each in origins(view.program, alias.to(call.callee))
            ):
                return True
    return False


def _attempts(triggers: list[Trigger], reset: Fact[Reset]) -> Fact[int | None]:
    if isinstance(reset, Known) and reset.value == "on_attempt":
        return Known(None, reset.evidence)
    automatic = [each for each in triggers if each.is_automatic and each.kind not in ("interval",)]
    known = [each.limit for each in automatic if isinstance(each.limit, Known)]
    if not known:
        return Unknown("the conditions on the way to the retry")
    if any(each.value is None for each in known) or any(each.kind == "interval" for each in triggers):
        return Known(None)
    return max(known, key=lambda each: each.value or 0)


def _reset(view: View, triggers: list[Trigger]) -> Fact[Reset]:
    words = frozenset(
        word.removesuffix(".current").rpartition(".")[2]
        for each in triggers
        if each.is_automatic
        for word in (*each.stopped_by, *each.counted_by)
    )
    if not words:
        return Unknown("where the attempts are counted")
    place = _reset_by_attempt(view, triggers)
    if place is not None:
        return Known("on_attempt", (Evidence(place.span, "each attempt sets the count back itself"),))
    program, held, socket = view.program, view.held, view.socket
    opened = closure_of(program, socket.handlers(program, held, "open"))
    place = resets_in(view, opened, words)
    if place is not None:
        return Known("on_open", (Evidence(place.span, "the attempts count from zero again here"),))
    for function in opened:
        for node in tree.walk(function.node.body):
            if isinstance(node, tree.Call) and is_timer(program, function.to(node)) and node.arguments:
                callback = node.arguments[0].value
                if isinstance(callback, tree.Function):
                    place = resets_in(view, [function.to(callback)], words)
                    if place is not None:
                        text = "the attempts count from zero again once the connection stayed up"
                        return Known("stable_uptime", (Evidence(place.span, text),))
    told = closure_of(program, socket.handlers(program, held, "message"))
    place = resets_in(view, told, words)
    if place is not None:
        return Known("on_message", (Evidence(place.span, "the attempts count from zero again here"),))
    return Unknown("where the attempts are counted")


def _reset_by_attempt(view: View, triggers: list[Trigger]) -> At[tree.Node] | None:
    """Where the function that makes the socket, which a retry calls, sets the count back, whatever is the case."""
    creating = view.reach.creating
    counts = frozenset(
        word.removesuffix(".current").rpartition(".")[2]
        for each in triggers
        if each.is_automatic
        for word in each.counted_by
    )
    if creating is None or not counts:
        return None
    place = resets_in(view, [creating], counts)
    if place is None or place.index.function_of(place.node) is not creating.node:
        return None
    return None if any(guards_of(view.program, place)) else place


def _falls_back(view: View, handlers: list[At[tree.Function]]) -> Fact[bool]:
    """Whether what runs at the end of the connection starts an interval of its own."""
    updaters = [each for handler in closure_of(view.program, handlers) for each in _updaters(view, handler)]
    for function in closure_of(view.program, [*handlers, *updaters]):
        for node in own_nodes(function):
            if (
                isinstance(node, tree.Call)
                and is_timer(view.program, function.to(node), "setInterval")
                and not _only_ticks(view, function.to(node))
            ):
                return Known(True, (Evidence(function.to(node).span, "it polls from now on"),))
    return Known(False)


def _only_ticks(view: View, timer: At[tree.Call]) -> bool:
    """Whether each turn of an interval does no more than set state, as one that shows how long the outage lasts."""
    callback = timer.node.arguments[0].value if timer.node.arguments else None
    if not isinstance(callback, tree.Function):
        return False
    calls = [timer.to(node) for node in tree.walk(callback.body) if isinstance(node, tree.Call)]
    return bool(calls) and all(
        _is_setter(view, each) or last_name(each.node.callee) in _OF_TIME for each in calls
    )


_OF_TIME = frozenset({"now", "floor", "round", "max", "min", "Date", "getTime"})


def _is_setter(view: View, call: At[tree.Call]) -> bool:
    callee = call.node.callee
    hook = state_hook(view.program, call.to(callee)) if isinstance(callee, tree.Name) else None
    return hook is not None and hook[1] == 1


def _updaters(view: View, function: At[tree.Function]) -> Iterator[At[tree.Function]]:
    """The functions by which state is made of what it was: `setState((before) => ...)`."""
    for node in own_nodes(function):
        if not isinstance(node, tree.Call) or not _is_setter(view, function.to(node)):
            continue
        for argument in node.arguments:
            if isinstance(argument.value, tree.Function):
                yield function.to(argument.value)


def _effect_repair(view: View) -> EffectRepair | None:
    """The effect whose own body makes the socket and whose cleanup closes it."""
    if len(view.reach.effects) != 1 or not closers(view.socket, view.released):
        return None
    effect = view.reach.effects[0]
    callback, made = effect.callback, view.call.parent
    arguments = effect.call.node.arguments
    dependencies = arguments[1].value if len(arguments) > 1 else None
    if callback.unit is not view.call.unit or callback.node.is_async or not isinstance(made, tree.Assign):
        return None
    target = made.targets[0]
    at_top = any(each is made for each in callback.node.body.statements)
    if not at_top or not isinstance(target, tree.Name) or not isinstance(dependencies, tree.Sequence):
        return None
    to = effect.call.to
    return EffectRepair(effect.call.span, callback.span, to(dependencies).span, to(made).span, target.id)


def _one_shot(view: View) -> Fact[bool]:
    """A socket for one answer: its own handlers close it when that has come, and not to make the next one at once."""
    handlers = [
        each for event in ("open", "message") for each in view.socket.handlers(view.program, view.held, event)
    ]
    found = [
        each
        for each in closers(view.socket, closure_of(view.program, handlers))
        if each.index.function_of(each.node) not in view.reach.functions
    ]
    if not found:
        return Known(False)
    evidence = (Evidence(found[0].span, "it is closed when its answer has come"),)
    return Known(True, evidence, Confidence.MEDIUM)


__all__ = ["reconnection_by_code"]
