"""Every place from which a client sends, with its guard and with what makes it happen.

A function that sends what it is given is followed to the calls that give it something: those are the
places where a message is lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from halfopen.connections.client_owner import references
from halfopen.connections.client_release import closure_of
from halfopen.connections.client_view import View
from halfopen.connections.delivery.committed import is_committed_by_request
from halfopen.connections.delivery.facts import Guard, Refusal, Send, Trigger
from halfopen.connections.delivery.guards import STRENGTH, Guarding, Guards, is_nothing
from halfopen.connections.delivery.purpose import carries_id, payload_of, purpose_of, type_of
from halfopen.connections.delivery.repair import repair_of
from halfopen.connections.delivery.triggers import Handlers, Run, climb, runs_of, socket_handlers
from halfopen.connections.facts import Evidence
from halfopen.connections.shipped import is_shipped
from halfopen.connections.updates.slots import react_slot
from halfopen.connections.updates.writes import writes_everywhere, writes_of
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers
from halfopen.semantics.function_shape import argument_of, name_of_function
from halfopen.semantics.names import last_name, method_call
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.values import origins

Passed: TypeAlias = tuple[tuple[At[tree.Call], Guarding], ...]
"""The calls on the way from the socket outward, each with what its function asks first."""

_DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Place:
    """A call by which a message goes out, with the guards passed on the way to the socket."""

    call: At[tree.Call]
    message: At[tree.Expr] | None
    passed: Passed
    runs: tuple[Run, ...]
    function: At[tree.Function] | None


def sends_of(view: View) -> list[Send]:
    """The sends of a client, the command of a user first."""
    program = view.program
    handlers = socket_handlers(view)
    guards = Guards(view)
    found: dict[tree.Node, Send] = {}
    for call in send_calls(view):
        for place in _places(program, guards, handlers, call, call.to(call.node.arguments[0].value), ()):
            found.setdefault(place.call.node, _send(view, guards, place))
    return sorted(found.values(), key=lambda each: (each.place.path, each.place.start))


def senders_of(view: View) -> list[At[tree.Function]]:
    """The functions on the way from the user to a send of a command."""
    program = view.program
    handlers = socket_handlers(view)
    guards = Guards(view)
    found: dict[At[tree.Function], None] = {}
    for call in send_calls(view):
        for place in _places(program, guards, handlers, call, call.to(call.node.arguments[0].value), ()):
            message = type_of(program, place.message) if place.message is not None else None
            if place.function is None or purpose_of(message) != "command":
                continue
            runs, passed = climb(program, place.function, handlers)
            if any(run.trigger == "user" for run in runs):
                found.update(dict.fromkeys(passed))
    return list(found)


def send_calls(view: View) -> list[At[tree.Call]]:
    """The calls of the socket's own `send`, or of the functions that a library's hook hands out for it."""
    words = view.socket.interface.send
    found: dict[tree.Node, At[tree.Call]] = {}
    for alias in view.held:
        called = method_call(alias)
        if called is not None and called[0] in words and called[1].node.arguments:
            found[called[1].node] = called[1]
        parent = alias.parent
        if isinstance(parent, tree.Assign) and parent.value is alias.node:
            for target in parent.targets:
                for read in _handed_out(view.program, alias.to(target), words):
                    call = read.parent
                    if isinstance(call, tree.Call) and call.callee is read.node and call.arguments:
                        found[call] = read.to(call)
    return list(found.values())


def _handed_out(program: Program, target: At[tree.Expr], words: tuple[str, ...]) -> Iterator[At[tree.Name]]:
    """`const { sendMessage } = useWebSocket(url)`: the reads of what is taken out."""
    if not isinstance(target.node, tree.Object):
        return
    for entry in target.node.entries:
        if (
            isinstance(entry.key, tree.Literal)
            and entry.key.value in words
            and isinstance(entry.value, tree.Name)
        ):
            yield from program.reads(program.variable(target.to(entry.value)))


def _places(
    program: Program,
    guards: Guards,
    handlers: Handlers,
    call: At[tree.Call],
    message: At[tree.Expr],
    passed: Passed,
) -> Iterator[Place]:
    """The call itself, or where its function sends what it is given, the calls of that function."""
    around = call.index.function_of(call.node)
    if around is None:
        yield Place(call, message, passed, (Run("code", call),), None)
        return
    function = call.to(around)
    payload = payload_of(program, message)
    names = frozenset(
        node.id for node in tree.walk(message.node) if isinstance(node, tree.Name) and node.id != "JSON"
    )
    here = (*passed, (call, guards.of(call, function, names)))
    given = _given_by(program, payload)
    if given is not None and len(passed) < _DEEPEST and not _in_handler(call, given, handlers):
        found = False
        for outer, argument in _calls_of(program, given):
            found = True
            yield from _places(program, guards, handlers, outer, argument, here)
        if found:
            return
    runs = tuple(runs_of(program, function, handlers))
    if all(guarding.guard in ("none", "present") for _, guarding in here):
        here = (*here, *_guarded_by_callers(program, guards, function))
    yield Place(call, payload, here, runs, function)


def _guarded_by_callers(program: Program, guards: Guards, function: At[tree.Function]) -> Passed:
    """The weakest guard of a function's callers, where each of them asks before it calls."""
    found: list[tuple[At[tree.Call], Guarding]] = []
    for call in callers(program, function):
        around = call.index.function_of(call.node)
        if around is None or around in guards.opening or not is_shipped(call.path):
            continue
        given = frozenset(
            node.id for each in call.node.arguments for node in tree.walk(each) if isinstance(node, tree.Name)
        )
        guarding = guards.of(call, call.to(around), given)
        if guarding.guard in ("none", "present"):
            return ()
        found.append((call, guarding))
    return tuple(sorted(found, key=lambda each: STRENGTH[each[1].guard])[:1])


def _in_handler(call: At[tree.Call], given: ParameterOf, handlers: Handlers) -> bool:
    """Whether the socket's own handler sends what the function around it was given."""
    for ancestor in call.index.ancestors(call.node):
        if ancestor in handlers.of:
            return True
        if ancestor is given.function.node:
            return False
    return False


def _given_by(program: Program, payload: At[tree.Expr]) -> ParameterOf | None:
    """The parameter that is sent as it is."""
    if not isinstance(payload.node, tree.Name):
        return None
    found = [each for each in origins(program, payload) if isinstance(each, ParameterOf)]
    return found[0] if len(found) == 1 and not found[0].steps else None


def _calls_of(program: Program, given: ParameterOf) -> Iterator[tuple[At[tree.Call], At[tree.Expr]]]:
    """The calls of a sending function, under all names that it has, each with what it is given."""
    seen: set[tree.Node] = set()
    by_name = callers(program, given.function)
    by_value = [
        use.to(parent)
        for use in references(program, given.function)
        if isinstance(parent := use.parent, tree.Call) and parent.callee is use.node
    ]
    for call in [*by_name, *by_value]:
        if call.node in seen or not is_shipped(call.path):
            continue
        seen.add(call.node)
        argument = argument_of(call.node, given.function.node, given.parameter)
        if argument is not None:
            yield call, call.to(argument)


def _send(view: View, guards: Guards, place: Place) -> Send:
    program = view.program
    strongest, guarding = _strongest(place)
    message = type_of(program, place.message) if place.message is not None else None
    triggers: tuple[Trigger, ...] = tuple(dict.fromkeys(run.trigger for run in place.runs))
    refusal = _told(program, place, strongest, guarding)
    evidence: list[Evidence] = []
    if guarding.place is not None:
        evidence.append(Evidence(guarding.place.span, _GUARDS[guarding.guard]))
    evidence += [
        Evidence(run.at.span, "the user sets it off here") for run in place.runs if run.trigger == "user"
    ][:1]
    sent = place.passed[0][0] if place.passed else place.call
    around = sent.index.function_of(sent.node)
    return Send(
        place.call.span,
        sent.span,
        (_name_of(sent.to(around)) if around is not None else None) or "send",
        message or _written(place),
        purpose_of(message),
        guarding.guard,
        refusal,
        triggers,
        message is not None,
        _is_kept(view, place, guarding),
        place.message is not None and carries_id(place.message),
        _is_object(program, sent),
        tuple(evidence),
        repair_of(view, guards, sent) if _is_unguarded(place.passed[1:]) else None,
        tuple(run.at.span for run in place.runs if run.trigger == "user"),
        is_committed_by_request(guards, place.call, place.message, message),
        _is_held_once_open(view, guards, sent),
    )


def _name_of(function: At[tree.Function]) -> str | None:
    """The name of a function, or of the one around it where what it is given to has the name: `const off = on(() => ...)`."""
    parent = function.parent
    call = function.index.parents.get(parent) if isinstance(parent, tree.Argument) else None
    if isinstance(call, tree.Call) and last_name(call.callee) not in _KEEPING:
        outer = function.index.function_of(call)
        return _name_of(function.to(outer)) if outer is not None else None
    return name_of_function(function)[0]


_KEEPING = frozenset({"useCallback", "useMemo", "useRef", "useEffectEvent", "debounce", "throttle"})
"""Calls whose result is, or runs, the function that they are given."""


def _is_held_once_open(view: View, guards: Guards, sent: At[tree.Call]) -> bool:
    """Whether the state that `send` is called on is given the socket by the open handler alone."""
    callee = sent.node.callee
    holder = callee.object if isinstance(callee, tree.Member) else None
    slot = react_slot(view.program, sent.to(holder), 0) if isinstance(holder, tree.Name) else None
    if slot is None:
        return False
    given = [
        each
        for each in writes_everywhere(view.program, slot)
        if not (isinstance(each.value.node, tree.Literal) and each.value.node.value is None)
    ]
    return bool(given) and all(
        any(around in guards.opening for around in each.call.index.ancestors(each.call.node))
        for each in given
    )


def _is_unguarded(passed: Passed) -> bool:
    return all(guarding.guard == "none" for _, guarding in passed)


def _is_object(program: Program, sent: At[tree.Call]) -> bool:
    """Whether what is sent is an object literal wherever it comes from, and no text made of one."""
    given = origins(program, sent.to(sent.node.arguments[0].value))
    return bool(given) and all(isinstance(each, At) and isinstance(each.node, tree.Object) for each in given)


_GUARDS: dict[Guard, str] = {
    "open": "sends only while the connection is open",
    "flag": "sends only while a flag says that it is connected",
    "present": "asks only whether there is a socket, not whether it is open",
    "awaited": "waits for the connection first",
    "none": "",
}


def _strongest(place: Place) -> tuple[int, Guarding]:
    best = 0, Guarding("none")
    for position, (_, guarding) in enumerate(place.passed):
        if STRENGTH[guarding.guard] > STRENGTH[best[1].guard]:
            best = position, guarding
    return best


def _told(program: Program, place: Place, position: int, guarding: Guarding) -> Refusal:
    """What becomes of a refused message, seen from the outermost call: a result that nobody looks at tells nobody."""
    if guarding.refusal != "returned":
        return guarding.refusal
    outer = [call for call, _ in place.passed[position + 1 :]]
    if not outer and place.function is not None:
        outer = callers(program, place.function)
    ignored = [call for call in outer if _is_ignored(call)]
    if not ignored:
        return "returned"
    return "queued" if all(_has_stored(call) for call in ignored) else "silent"


def _is_ignored(call: At[tree.Call]) -> bool:
    """Whether nobody looks at a call's result."""
    parent = call.parent
    if isinstance(parent, tree.Await):
        parent = call.index.parents.get(parent)
    return isinstance(parent, tree.Do)


def _has_stored(call: At[tree.Call]) -> bool:
    """Whether what a caller sends stands in a field of its own: `this.pending.set(id, message)`, or it comes from there."""
    around = call.index.function_of(call.node)
    if around is None:
        return False
    sent = frozenset(name for each in call.node.arguments for name in _names_in(each))
    for node in own_nodes(call.to(around)):
        match node:
            case tree.Call(callee=tree.Member(object=kept, name="set" | "add" | "push"), arguments=arguments):
                if _is_own_field(kept) and any(sent & _names_in(each) for each in arguments):
                    return True
            case tree.Loop(target=target, iterable=iterable) if target is not None and iterable is not None:
                if sent & _names_in(target) and any(_is_own_field(each) for each in tree.walk(iterable)):
                    return True
            case _:
                pass
    return False


def _names_in(node: tree.Node) -> frozenset[str]:
    return frozenset(each.id for each in tree.walk(node) if isinstance(each, tree.Name))


def _is_own_field(node: tree.Node) -> bool:
    return isinstance(node, tree.Member) and isinstance(node.object, tree.Name) and node.object.id == "this"


def _is_kept(view: View, place: Place, guarding: Guarding) -> bool:
    """Whether nothing on the way from the user to the refused send goes on as if it had been sent.

    A guard that asks only whether there is a socket refuses nothing after a close, unless the close takes the socket away.
    """
    if len(place.passed) != 1 or not guarding.is_kept or any(_has_happened(run) for run in place.runs):
        return False
    return guarding.guard != "present" or _is_taken_away(view, place.passed[0][0])


def _has_happened(run: Run) -> bool:
    """Whether a run tells of a change that an element has made by itself: the `onChange` of one that is given no value."""
    attribute = run.at.node
    if run.trigger != "user" or not isinstance(attribute, tree.Attribute) or attribute.name != "onChange":
        return False
    element = run.at.parent
    return isinstance(element, tree.Element) and not any(
        each.name in ("value", "checked", None) for each in element.attributes
    )


def _is_taken_away(view: View, sent: At[tree.Call]) -> bool:
    """Whether the close handler empties what the socket is sent on."""
    callee = sent.node.callee
    holder = sent.to(callee.object) if isinstance(callee, tree.Member) else None
    if holder is None:
        return True
    slot = react_slot(view.program, holder.to(holder.node), 0) if isinstance(holder.node, tree.Name) else None
    for function in closure_of(view.program, view.socket.handlers(view.program, view.held, "close")):
        for node in own_nodes(function):
            match node:
                case tree.Assign(targets=targets, value=value) if value is not None and is_nothing(value):
                    if any(function.to(each).text == holder.text for each in targets):
                        return True
                case tree.Call() if slot is not None:
                    if any(each.slot == slot for each in writes_of(view.program, function.to(node))):
                        return True
                case _:
                    pass
    return False


def _written(place: Place) -> str:
    if place.message is None:
        return "a message"
    node = place.message.node
    if isinstance(node, tree.Name):
        return f"`{node.id}`"
    return "a message"
