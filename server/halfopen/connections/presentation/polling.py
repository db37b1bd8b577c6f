"""Polls that stand aside for the socket by a setting, whether or not the socket is there."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.client_view import View, is_timer
from halfopen.connections.delivery.triggers import runs_of, socket_handlers
from halfopen.connections.facts import Evidence
from halfopen.connections.presentation.facts import SwitchedPoll
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers, functions
from halfopen.semantics.function_shape import argument_of
from halfopen.semantics.origin import Origin, ParameterOf
from halfopen.semantics.program import At, own_nodes
from halfopen.semantics.react import Effect, effects_in, react_owner
from halfopen.semantics.scopes import Binding
from halfopen.semantics.values import origins


def switched_polls(view: View) -> tuple[SwitchedPoll, ...]:
    """The polls that a setting turns off wherever it turns the socket on; none where another poll goes on."""
    found: list[SwitchedPoll] = []
    for effect in view.reach.effects:
        owner = react_owner(effect.call)
        if owner is None:
            continue
        settings = set(_required(view, effect))
        others = [each for each in effects_in(view.program, owner.function) if each.call != effect.call]
        polls = [poll for other in others for poll in _polls(view, other) if not _is_never_on(view, poll)]
        switched = [_switched(view, poll, settings) for poll in polls]
        if polls and all(each is not None for each in switched):
            found += [each for each in switched if each is not None]
    return tuple(found)


def _required(view: View, effect: Effect) -> Iterator[Binding]:
    """The settings without which an effect does not set up the socket."""
    for node in tree.walk(effect.callback.node.body, tree.same_function):
        if not isinstance(node, tree.Call):
            continue
        if node is not view.call.node and not view.reach.enters(view.program, effect.callback.to(node)):
            continue
        for ancestor in effect.callback.index.ancestors(node):
            if ancestor is effect.callback.node:
                break
            if isinstance(ancestor, tree.If) and ancestor.then.start <= node.start < ancestor.then.end:
                yield from _settings(effect.callback.to(ancestor.test))


def _settings(test: At[tree.Expr]) -> Iterator[Binding]:
    """The settings that must be on for a condition to hold."""
    match test.node:
        case tree.Operation(operator="and", operands=operands):
            for each in operands:
                yield from _settings(test.to(each))
        case tree.Name() as name:
            binding = test.index.bindings.get(name)
            if binding is not None and _is_setting(test, binding):
                yield binding
        case _:
            return


def _is_setting(test: At[tree.Expr], binding: Binding) -> bool:
    """Whether a name is what a component or hook was given, and so no state that follows the connection."""
    if len(binding.definitions) != 1:
        return False
    definition = binding.definitions[0]
    if definition.kind == "parameter":
        return True
    if definition.kind != "value" or not definition.steps or not isinstance(definition.value, tree.Name):
        return False
    source = test.index.bindings.get(definition.value)
    return source is not None and [each.kind for each in source.definitions] == ["parameter"]


def _polls(view: View, effect: Effect) -> Iterator[At[tree.Call]]:
    for node in tree.walk(effect.callback.node.body, tree.same_function):
        if isinstance(node, tree.Call):
            call = effect.callback.to(node)
            if is_timer(view.program, call, "setInterval"):
                yield call


def _is_never_on(view: View, poll: At[tree.Call]) -> bool:
    """Whether a condition of a poll is a setting that nobody turns on: `useLogs({ autoRefresh: false })`."""
    for ancestor in poll.index.ancestors(poll.node):
        if isinstance(ancestor, tree.Function):
            return False
        if isinstance(ancestor, tree.If) and ancestor.then.start <= poll.node.start < ancestor.then.end:
            test = ancestor.test
            operands = (
                test.operands if isinstance(test, tree.Operation) and test.operator == "and" else (test,)
            )
            if any(isinstance(each, tree.Name) and _is_always_off(view, poll.to(each)) for each in operands):
                return True
    return False


def _is_always_off(view: View, setting: At[tree.Name]) -> bool:
    """Whether each caller gives `false` for what a setting is taken from, or leaves it to a default of `false`."""
    found = origins(view.program, setting)
    given = [each for each in found if isinstance(each, ParameterOf)]
    defaults = [each for each in found if not isinstance(each, ParameterOf)]
    if not given or not all(_is_false(each) for each in defaults):
        return False
    for each in given:
        calls = callers(view.program, each.function)
        if not calls or not all(_gives_false(call, each, bool(defaults)) for call in calls):
            return False
    return True


def _gives_false(call: At[tree.Call], origin: ParameterOf, is_default: bool) -> bool:
    argument = argument_of(call.node, origin.function.node, origin.parameter)
    if argument is None:
        return is_default
    if not origin.steps:
        return _is_false(call.to(argument))
    if len(origin.steps) != 1 or not isinstance(argument, tree.Object):
        return False
    if any(entry.key is None for entry in argument.entries):
        return False
    values = [
        entry.value
        for entry in argument.entries
        if isinstance(entry.key, tree.Literal) and entry.key.value == origin.steps[0]
    ]
    return all(_is_false(call.to(each)) for each in values) if values else is_default


def _is_false(origin: Origin) -> bool:
    return (
        isinstance(origin, At)
        and isinstance(origin.node, tree.Literal)
        and origin.node.value in (False, None)
    )


def _is_pressed(view: View, poll: At[tree.Call]) -> bool:
    """Whether a person can have what a poll does done at once, by a button."""
    return any(
        each.trigger == "user"
        for function in functions(view.program, poll.to(poll.node.arguments[0].value))
        for asked in (function, *_called(view, function))
        for each in runs_of(view.program, asked, socket_handlers(view))
    )


def _called(view: View, function: At[tree.Function]) -> Iterator[At[tree.Function]]:
    for node in own_nodes(function):
        if isinstance(node, tree.Call):
            yield from functions(view.program, function.to(node.callee))


def _switched(view: View, poll: At[tree.Call], settings: set[Binding]) -> SwitchedPoll | None:
    for ancestor in poll.index.ancestors(poll.node):
        if isinstance(ancestor, tree.Function):
            break
        if isinstance(ancestor, tree.If) and ancestor.then.start <= poll.node.start < ancestor.then.end:
            test = poll.to(ancestor.test)
            for name in _denied(test):
                binding = poll.index.bindings.get(name)
                if binding is not None and binding in settings:
                    return SwitchedPoll(
                        binding.name,
                        test.span,
                        (Evidence(poll.span, f"polls only without {binding.name}"),),
                        _is_pressed(view, poll),
                    )
    return None


def _denied(test: At[tree.Expr]) -> Iterator[tree.Name]:
    """The names that a condition asks to be off."""
    match test.node:
        case tree.Operation(operator="and", operands=operands):
            for each in operands:
                yield from _denied(test.to(each))
        case tree.Operation(operator="not", operands=(tree.Name() as name,)):
            yield name
        case _:
            return


_INTERVALS = frozenset({"refetchInterval", "refreshInterval", "pollInterval", "pollingInterval"})
"""Options by which libraries that keep a server's state ask for it again: TanStack Query, SWR, Apollo, RTK Query."""


def asks_by_clock(at: At[tree.Node]) -> bool:
    """Whether a call is of a library that asks for its data at an interval: `useQuery({ queryKey, refetchInterval: 3000 })`."""
    if not isinstance(at.node, tree.Call):
        return False
    return any(
        isinstance(entry.key, tree.Literal)
        and entry.key.value in _INTERVALS
        and not (isinstance(entry.value, tree.Literal) and not entry.value.value)
        for argument in at.node.arguments
        if isinstance(argument.value, tree.Object)
        for entry in argument.value.entries
    )
