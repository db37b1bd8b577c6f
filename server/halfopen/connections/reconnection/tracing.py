"""From the end of a connection to the next one: what the socket's handlers set off, and after which delay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from halfopen.connections.client_owner import references
from halfopen.connections.client_view import View, is_timer
from halfopen.connections.facts import Evidence, Fact, Known, Unknown
from halfopen.connections.listeners import listeners
from halfopen.connections.reconnection.conditions import (
    CODES,
    Condition,
    asks_clean,
    attempts_allowed,
    conditions_on,
    holds,
    tested_words,
)
from halfopen.connections.reconnection.facts import AT_ONCE, Delay, Trigger, TriggerKind
from halfopen.connections.reconnection.given import handlers_given
from halfopen.connections.reconnection.numbers import delay_of, names_in
from halfopen.connections.reconnection.states import states_behind, states_set_by
from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callbacks, functions
from halfopen.semantics.function_shape import argument_of
from halfopen.semantics.names import last_name
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.react import Effect
from halfopen.semantics.stores import initializers, store_around
from halfopen.semantics.unit import Span
from halfopen.semantics.values import origins

_DEPTH = 7
_MOST_WAYS = 8
"""So many calls of one function are told apart by their conditions."""
_UNSETTLED = "the expression of the delay"
_PAUSES = frozenset({"sleep", "delay", "wait", "pause", "timeout"})


@dataclass(frozen=True, slots=True)
class Step:
    """A function on the way from a handler to the next connection, with what was met before it."""

    function: At[tree.Function]
    conditions: tuple[Condition, ...]
    delay: At[tree.Expr] | None
    """The delay of the timer that runs it; None: it runs at once."""
    timer: At[tree.Call] | None
    depth: int = 0


@dataclass(slots=True)
class Tracing:
    """One walk from the handlers of an event."""

    view: View
    kind: TriggerKind
    seen: dict[tree.Node, set[tuple[Condition, ...]]] = field(
        default_factory=dict[tree.Node, set[tuple[Condition, ...]]]
    )
    """The functions that were entered, with what was met before each time."""
    unresolved: list[At[tree.Call]] = field(default_factory=list[At[tree.Call]])
    """Calls of functions that somebody hands in, whom the workspace does not show."""
    replaced_by: list[At[tree.Call]] = field(default_factory=list[At[tree.Call]])
    """Sockets of the browser that are made on the way, beside the one whose end is followed."""

    def run(self, handlers: list[At[tree.Function]]) -> list[Trigger]:
        """What the handlers set off, each place once: where several ways lead to it, all of them count."""
        found: dict[tuple[TriggerKind, Span], Trigger] = {}
        for each in self.walk(handlers):
            known = found.get((each.kind, each.place))
            found[each.kind, each.place] = each if known is None else _either(known, each)
        return list(found.values())

    def walk(self, handlers: list[At[tree.Function]]) -> Iterator[Trigger]:
        waiting = [Step(each, (), None, None) for each in handlers]
        while waiting:
            step = waiting.pop(0)
            ways = self.seen.setdefault(step.function.node, set())
            if step.conditions in ways or len(ways) >= _MOST_WAYS or step.depth > _DEPTH:
                continue
            ways.add(step.conditions)
            self.view.program.queries.note(step.function.unit)
            for node in own_nodes(step.function):
                if isinstance(node, tree.Call):
                    yield from self.call(step, step.function.to(node), waiting)

    def call(self, step: Step, call: At[tree.Call], waiting: list[Step]) -> Iterator[Trigger]:
        program, reach = self.view.program, self.view.reach
        met = (*step.conditions, *conditions_on(call))
        if call.node is self.view.call.node:
            yield self.trigger(step, call, met)
            return
        if call.node.is_new and "WebSocket" in qualified(program, call.to(call.node.callee)):
            self.replaced_by.append(call)
            return
        if is_timer(program, call) or is_timer(program, call, "setInterval"):
            delay = call.to(call.node.arguments[1].value) if len(call.node.arguments) > 1 else None
            for argument in call.node.arguments[:1]:
                for callback in callbacks(program, call.to(argument.value)):
                    if callback.node in reach.functions and self.is_creation(callback):
                        entry = Step(callback, met, delay, call, step.depth)
                        yield self.trigger(entry, call, (*met, *_entry(self.view, callback)))
                    else:
                        waiting.insert(0, Step(callback, met, delay, call, step.depth + 1))
            return
        if (pause := _pause_in(program, call)) is not None:
            yield from self.after_pause(step, call, met, pause)
        if (later := _chained_pause(self.view, call)) is not None:
            waiting += [
                Step(call.to(argument.value), met, later, call, step.depth + 1)
                for argument in call.node.arguments
                if isinstance(argument.value, tree.Function)
            ]
            return
        states = states_set_by(program, call)
        effects = self.effects_on(states)
        if effects:
            waits = [self.wait_in(each) for each in effects]
            delay = step.delay if step.delay is not None or None in waits else waits[0]
            yield self.trigger(replace(step, delay=delay), call, met, "state")
            return
        found = called(self.view, call) or callbacks(program, call.to(call.node.callee))
        found = found or handlers_given(program, call.to(call.node.callee))
        found = found or list(listeners(program, call.to(call.node.callee)))
        found += [
            call.to(argument.value)
            for argument in call.node.arguments
            if isinstance(argument.value, tree.Function) and not _is_kept_for_later(program, call, argument)
        ]
        found = [each for each in found if is_shipped(each.path)]
        for callee in found:
            if callee.node in reach.functions and self.is_creation(callee):
                entry = (*met, *_entry(self.view, callee))
                yield self.trigger(step, call, entry)
                return
        waiting += [Step(each, met, step.delay, step.timer, step.depth + 1) for each in found]
        if not found and _is_handed_in(program, call):
            self.unresolved.append(call)

    def is_creation(self, function: At[tree.Function]) -> bool:
        """Whether running a function makes the socket without a further timer or state in between."""
        return creates_now(self.view, function)

    def effects_on(self, states: frozenset[tree.Node]) -> list[Effect]:
        """The effects that connect and depend on a state."""
        program = self.view.program
        return [
            effect
            for effect in self.view.reach.effects
            if any(
                states & states_behind(program, effect.call.to(each)) for each in effect.dependencies or ()
            )
        ]

    def wait_in(self, effect: Effect) -> At[tree.Expr] | None:
        """The delay of the timer by which alone an effect connects; None where it does so at once."""
        if creates_now(self.view, effect.callback):
            return None
        for node in own_nodes(effect.callback):
            if isinstance(node, tree.Call) and len(node.arguments) > 1:
                timer = effect.callback.to(node)
                if is_timer(self.view.program, timer) and self.view.reach.enters(self.view.program, timer):
                    return timer.to(node.arguments[1].value)
        return None

    def after_pause(
        self, step: Step, pause: At[tree.Call], met: tuple[Condition, ...], delay: At[tree.Expr]
    ) -> Iterator[Trigger]:
        """What is set up again behind a pause of the same function."""
        for node in own_nodes(step.function):
            if isinstance(node, tree.Call) and node.start > pause.node.end:
                call = step.function.to(node)
                if node is self.view.call.node or any(
                    each.node in self.view.reach.functions and self.is_creation(each)
                    for each in called(self.view, call)
                ):
                    yield self.trigger(
                        Step(step.function, met, delay, pause), call, (*met, *conditions_on(call))
                    )
                    return

    def trigger(
        self, step: Step, place: At[tree.Call], met: tuple[Condition, ...], kind: TriggerKind | None = None
    ) -> Trigger:
        program = self.view.program
        conditions = tuple(dict.fromkeys(met))
        asked = [each for each in conditions if any(holds(program, each, code) is not None for code in CODES)]
        codes = tuple(
            code for code in CODES if all(holds(program, each, code) is not False for each in asked)
        )
        allowed = [each for condition in conditions for each in attempts_allowed(program, condition)]
        limit: Fact[int | None] = Known(min((each.attempts for each in allowed), default=None))
        return Trigger(
            kind or self.kind,
            (step.timer or place).span,
            delay_fact(program, step.delay),
            step.delay.span if step.delay is not None else None,
            codes if asked else None,
            any(asks_clean(each) for each in asked),
            limit,
            tested_words([each for each in conditions if each not in asked]),
            names_in(program, step.delay) if step.delay is not None else frozenset(),
            (Evidence(place.span, TEXTS[kind or self.kind]),),
            _written(program, [each.said_by for each in allowed]),
        )


def _written(program: Program, numbers: list[At[tree.Expr]]) -> tuple[Span, ...]:
    """Where numbers are written that code names; nothing where one of them may come from several places."""
    found: dict[Span, None] = {}
    for number in numbers:
        match [*origins(program, number)]:
            case [At(node=tree.Literal(value=int())) as literal]:
                found[literal.span] = None
            case _:
                return ()
    return tuple(found)


def _either(one: Trigger, two: Trigger) -> Trigger:
    """One way to the next connection that is reached on two sets of conditions."""
    limits = [each.limit.value for each in (one, two) if isinstance(each.limit, Known)]
    codes = None if one.codes is None or two.codes is None else {*one.codes, *two.codes}
    return replace(
        one,
        codes=None if codes is None else tuple(each for each in CODES if each in codes),
        asks_clean=one.asks_clean and two.asks_clean,
        limit=Known(None if None in limits else max(each for each in limits if each is not None))
        if limits
        else one.limit,
        stopped_by=tuple(each for each in one.stopped_by if each in two.stopped_by),
        limit_places=tuple(dict.fromkeys((*one.limit_places, *two.limit_places))),
    )


TEXTS: dict[TriggerKind, str] = {
    "close": "the close handler sets it up again",
    "error": "the error handler sets it up again",
    "state": "this changes state that the connecting effect depends on",
    "interval": "an interval sets it up again",
    "online": "it is set up again when the network is back",
    "visible": "it is set up again when the page is shown",
    "manual": "a person can set it up again",
    "library": "the library sets it up again",
    "loop": "the loop connects again",
}


def delay_fact(program: Program, at: At[tree.Expr] | None) -> Fact[Delay]:
    """The delay that an expression gives; none is a delay of 0."""
    if at is None:
        return Known(AT_ONCE)
    delay = delay_of(program, at)
    if delay is None:
        return Unknown(_UNSETTLED, (Evidence(at.span, "the delay"),))
    return Known(delay, (Evidence(at.span, f"the delay is {at.text}"),))


def creates_now(view: View, function: At[tree.Function], _seen: frozenset[tree.Node] = frozenset()) -> bool:
    """Whether running a function makes the socket, by direct calls, without waiting for a timer."""
    if function.node in _seen or len(_seen) > _DEPTH:
        return False
    pauses: list[At[tree.Call]] = []
    for node in own_nodes(function):
        if not isinstance(node, tree.Call):
            continue
        call = function.to(node)
        if any(_is_behind(call, each) for each in pauses):
            continue
        if node is view.call.node:
            return True
        if _pause_in(view.program, call) is not None:
            pauses.append(call)
            continue
        if is_timer(view.program, call) or is_timer(view.program, call, "setInterval"):
            continue
        if _chained_pause(view, call) is not None:
            continue
        entered = called(view, call)
        entered += [
            call.to(each.value)
            for each in node.arguments
            if isinstance(each.value, tree.Function) and not _is_kept_for_later(view.program, call, each)
        ]
        if any(
            each.node in view.reach.functions and creates_now(view, each, _seen | {function.node})
            for each in entered
        ):
            return True
    return False


def _pause_in(program: Program, call: At[tree.Call]) -> At[tree.Expr] | None:
    """The delay of an awaited pause: `await sleep(1000)`, `await new Promise(r => setTimeout(r, 1000))`."""
    if not isinstance(call.parent, tree.Await):
        return None
    for node in tree.walk(call.node):
        if isinstance(node, tree.Call) and len(node.arguments) > 1 and is_timer(program, call.to(node)):
            return call.to(node.arguments[1].value)
    name = last_name(call.node.callee)
    return call.to(call.node.arguments[0].value) if name in _PAUSES and call.node.arguments else None


def _is_behind(call: At[tree.Call], pause: At[tree.Call]) -> bool:
    """Whether a call comes after a pause on each way on which the pause is made."""
    if call.node.start < pause.node.end:
        return False
    around = set(call.index.ancestors(call.node))
    return all(
        each in around
        for each in pause.index.ancestors(pause.node)
        if isinstance(each, tree.If | tree.Conditional) and each.start >= _start_of_function(pause)
    )


def _start_of_function(at: At[tree.Call]) -> int:
    function = at.index.function_of(at.node)
    return function.start if function is not None else 0


def _is_kept_for_later(program: Program, call: At[tree.Call], argument: tree.Argument) -> bool:
    """Whether a callback goes to code of the workspace that only keeps it: for a dialog's button, for one."""
    receivers = functions(program, call.to(call.node.callee))
    return bool(receivers) and not any(_runs_given(call, each, argument) for each in receivers)


def _runs_given(call: At[tree.Call], function: At[tree.Function], argument: tree.Argument) -> bool:
    """Whether a function calls what it is given, or hands it on; unknown parameters count as run."""
    for parameter in function.node.parameters:
        if argument_of(call.node, function.node, parameter) is not argument.value:
            continue
        if not isinstance(parameter.target, tree.Name):
            return True
        name = parameter.target.id
        for node in own_nodes(function):
            if isinstance(node, tree.Call) and (
                (isinstance(node.callee, tree.Name) and node.callee.id == name)
                or any(
                    isinstance(inner, tree.Name) and inner.id == name
                    for each in node.arguments
                    for inner in tree.walk(each)
                )
            ):
                return True
        return False
    return True


def _chained_pause(view: View, call: At[tree.Call]) -> At[tree.Expr] | None:
    """The delay of a pause whose promise a function waits for: `this.pause().then(() => ...)`."""
    callee = call.node.callee
    if not isinstance(callee, tree.Member) or callee.name not in ("then", "finally"):
        return None
    receiver = callee.object
    while isinstance(receiver, tree.Call):
        for function in functions(view.program, call.to(receiver.callee)):
            for node in tree.walk(function.node.body):
                if isinstance(node, tree.Call) and len(node.arguments) > 1:
                    timer = function.to(node)
                    if is_timer(view.program, timer) and not view.reach.enters(view.program, timer):
                        return timer.to(node.arguments[1].value)
        receiver = receiver.callee.object if isinstance(receiver.callee, tree.Member) else receiver.callee
    return None


def _entry(view: View, function: At[tree.Function]) -> Iterator[Condition]:
    """The conditions between the start of a function and the creation of the socket in it."""
    waiting, seen = [function], set[tree.Node]()
    while waiting and len(seen) < _DEPTH:
        current = waiting.pop()
        if current.node in seen:
            continue
        seen.add(current.node)
        for node in own_nodes(current):
            if not isinstance(node, tree.Call):
                continue
            call = current.to(node)
            if node is view.call.node:
                yield from conditions_on(call)
                return
            inner = [
                each
                for each in called(view, call)
                if each.node in view.reach.functions and each.node not in seen
            ]
            if inner:
                yield from conditions_on(call)
                waiting += inner


def called(view: View, call: At[tree.Call]) -> list[At[tree.Function]]:
    """The workspace functions that a call runs; through a store (`get().connect()`) those that make the socket."""
    found = functions(view.program, call.to(call.node.callee))
    if found:
        return found
    known = _uses(view).get(call.node.callee)
    return [known] if known is not None else []


def _uses(view: View) -> dict[tree.Node, At[tree.Function]]:
    """The expressions that may be one of the functions that make the socket."""

    def compute() -> dict[tree.Node, At[tree.Function]]:
        return {
            reference.node: function
            for function in view.reach.functions.values()
            for reference in references(view.program, function)
        }

    return view.program.queries.get(("uses of the makers", view.call.node), compute)


def _is_handed_in(program: Program, call: At[tree.Call]) -> bool:
    """Whether a function that is called came from somewhere that the workspace does not show."""
    for origin in origins(program, call.to(call.node.callee)):
        if isinstance(origin, ParameterOf):
            store = store_around(program, call)
            if store is None or origin.function not in initializers(program, store):
                return True
    return False
