"""From a call of a client's code up to the timers that run it again and again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from halfopen.connections.client_owner import references
from halfopen.connections.client_release import closure_of
from halfopen.semantics import tree
from halfopen.semantics.function_shape import argument_of
from halfopen.semantics.names import last_name
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, Program
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.values import origins

_DEEPEST = 5
_MOST = 80
_TIMERS = frozenset({"setInterval", "setTimeout", "useInterval", "setDriftlessInterval", "useTimeout"})
_RUN_AT_ONCE = frozenset(
    {
        "then",
        "catch",
        "finally",
        "forEach",
        "map",
        "filter",
        "some",
        "useCallback",
        "useEffectEvent",
        "useEvent",
    }
)
_PAGE_EVENTS = frozenset({"visibilitychange", "online", "focus", "pageshow", "resume"})


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer of the page with the function that it runs."""

    call: At[tree.Call]
    callback: At[tree.Function]
    repeats: bool
    """An interval, or a timeout that its own callback sets anew."""

    @property
    def delay(self) -> At[tree.Expr] | None:
        arguments = self.call.node.arguments
        return self.call.to(arguments[1].value) if len(arguments) > 1 else None


@dataclass(frozen=True, slots=True)
class Climb:
    """A way from a call up to where a function of it is handed on.

    `payload` is what the call is given, in the words of the outermost caller that fixes it; `path` are
    the calls on the way, the innermost first.
    """

    end: At[tree.Expr]
    """The reference that is handed on, as an argument of another call."""
    function: At[tree.Function]
    payload: At[tree.Expr] | None
    path: tuple[At[tree.Node], ...] = field(default=())


def climbs(program: Program, start: At[tree.Call], payload: At[tree.Expr] | None) -> Iterator[Climb]:
    """The ways from a call to the places at which the functions around it are handed on as callbacks."""
    function = start.index.function_of(start.node)
    if function is None:
        return
    waiting: list[tuple[At[tree.Function], At[tree.Expr] | None, tuple[At[tree.Node], ...]]] = [
        (start.to(function), payload, (start,))
    ]
    seen: set[tuple[tree.Node, tree.Node | None]] = set()
    while waiting and len(seen) < _MOST:
        current, given, path = waiting.pop(0)
        key = (current.node, given.node if given is not None else None)
        if key in seen:
            continue
        seen.add(key)
        program.queries.note(current.unit)
        for reference in _uses(program, current):
            parent = reference.parent
            if isinstance(parent, tree.Call) and parent.callee is reference.node:
                user = reference.index.function_of(parent)
                if user is not None and len(path) <= _DEEPEST:
                    caller = reference.to(parent)
                    inner = _given_by(program, caller, current, given)
                    waiting.append((reference.to(user), inner, (*path, caller)))
            elif isinstance(parent, tree.Argument):
                yield Climb(reference, current, given, path)
                outer = reference.index.parents.get(parent)
                user = reference.index.function_of(outer) if outer is not None else None
                runs = isinstance(outer, tree.Call) and last_name(outer.callee) in _RUN_AT_ONCE
                if runs and user is not None and isinstance(outer, tree.Call) and len(path) <= _DEEPEST:
                    waiting.append((reference.to(user), given, (*path, reference.to(outer))))


def _uses(program: Program, function: At[tree.Function]) -> list[At[tree.Expr]]:
    """Where a function is used: where it stands inline as an argument or is called at once, and its names."""
    inline = isinstance(function.parent, tree.Argument) or (
        isinstance(function.parent, tree.Call) and function.parent.callee is function.node
    )
    found = references(program, function)
    return [function, *(each for each in found if each.node is not function.node)] if inline else found


def _given_by(
    program: Program, call: At[tree.Call], function: At[tree.Function], payload: At[tree.Expr] | None
) -> At[tree.Expr] | None:
    """What a call gives for a payload that is its function's parameter; an encoded one is left as it is."""
    if payload is None:
        return None
    for part in _parameters_in(payload.node):
        for origin in origins(program, payload.to(part)):
            if isinstance(origin, ParameterOf) and origin.function == function and not origin.steps:
                argument = argument_of(call.node, function.node, origin.parameter)
                if argument is not None:
                    return call.to(argument)
    return payload


def _parameters_in(node: tree.Expr) -> Iterator[tree.Name]:
    """The names whose value is the payload itself: bare, or handed to an encoder."""
    match node:
        case tree.Name():
            yield node
        case tree.Call(arguments=arguments) if arguments:
            yield from _parameters_in(arguments[0].value)
        case tree.Conditional(then=then, otherwise=otherwise):
            yield from _parameters_in(then)
            yield from _parameters_in(otherwise)
        case _:
            return


def timer_at(program: Program, climb: Climb, messages: frozenset[tree.Node]) -> Timer | None:
    """The timer that a function is handed to. `messages` are the functions that run on each message."""
    argument = climb.end.parent
    call = climb.end.index.parents.get(argument) if argument is not None else None
    if not isinstance(call, tree.Call) or not call.arguments or call.arguments[0] is not argument:
        return None
    return _timer(program, climb.end.to(call), climb.function, messages)


def _timer(
    program: Program, call: At[tree.Call], callback: At[tree.Function], messages: frozenset[tree.Node]
) -> Timer | None:
    name = timer_name(program, call)
    if name is None:
        return None
    repeats = "Interval" in name
    if not repeats:
        home = call.index.function_of(call.node)
        around = {each.node for each in closure_of(program, [callback])}
        repeats = home is not None and (home in around or home in messages)
    return Timer(call, callback, repeats)


def timer_name(program: Program, call: At[tree.Call]) -> str | None:
    """ "setInterval", "setTimeout", or a library's word for the same, where a call sets a timer."""
    written = last_name(call.node.callee)
    if written not in _TIMERS:
        return None
    found = {name.rpartition(".")[2] for name in qualified(program, call.to(call.node.callee))}
    return written if found & _TIMERS or written.startswith("use") else None


def page_event(climb: Climb) -> str | None:
    """The event of the page or window that a function is handed to as a listener: "visibilitychange", "online"."""
    argument = climb.end.parent
    call = climb.end.index.parents.get(argument) if argument is not None else None
    if (
        isinstance(call, tree.Call)
        and last_name(call.callee) == "addEventListener"
        and len(call.arguments) > 1
        and call.arguments[1] is argument
    ):
        event = call.arguments[0].value
        if isinstance(event, tree.Literal) and event.value in _PAGE_EVENTS:
            return str(event.value)
    return None
