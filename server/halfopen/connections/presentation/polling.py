"""Polls that stand aside for the socket by a setting, whether or not the socket is there."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.client_view import View, is_timer
from halfopen.connections.facts import Evidence
from halfopen.connections.presentation.facts import SwitchedPoll
from halfopen.semantics import tree
from halfopen.semantics.program import At
from halfopen.semantics.react import Effect, effects_in, react_owner
from halfopen.semantics.scopes import Binding


def switched_polls(view: View) -> tuple[SwitchedPoll, ...]:
    """The polls that a setting turns off wherever it turns the socket on; none where another poll goes on."""
    found: list[SwitchedPoll] = []
    for effect in view.reach.effects:
        owner = react_owner(effect.call)
        if owner is None:
            continue
        settings = set(_required(view, effect))
        others = [each for each in effects_in(view.program, owner.function) if each.call != effect.call]
        polls = [poll for other in others for poll in _polls(view, other)]
        switched = [_switched(poll, settings) for poll in polls]
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


def _switched(poll: At[tree.Call], settings: set[Binding]) -> SwitchedPoll | None:
    for ancestor in poll.index.ancestors(poll.node):
        if isinstance(ancestor, tree.Function):
            break
        if isinstance(ancestor, tree.If) and ancestor.then.start <= poll.node.start < ancestor.then.end:
            test = poll.to(ancestor.test)
            for name in _denied(test):
                binding = poll.index.bindings.get(name)
                if binding is not None and binding in settings:
                    return SwitchedPoll(
                        binding.name, test.span, (Evidence(poll.span, f"polls only without {binding.name}"),)
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
