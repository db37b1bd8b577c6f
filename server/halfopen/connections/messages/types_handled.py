"""The message types that one side knows: those that its handler looks for, and those that its schemas let pass."""

from __future__ import annotations

from halfopen.connections.facts import Evidence, Fact, Known, Unknown
from halfopen.connections.messages.accepted import accepted_by, passed_by
from halfopen.connections.messages.discriminator import DISCRIMINATORS
from halfopen.connections.messages.facts import MessageType
from halfopen.connections.messages.fields import reads_of
from halfopen.connections.messages.journey import Journey, follow
from halfopen.connections.messages.types_compared import Handles, handed_on, looked_for, under_a_test
from halfopen.semantics import tree
from halfopen.semantics.program import At, Program


def types_handled(program: Program, journey: Journey) -> Handles:
    """The types that the code which is given parsed messages looks for, or lets pass."""
    handles = looked_for(program, journey)
    told = frozenset(each.node for each in handles.tested)
    is_untold = not handles.types
    for validation in journey.validations.values():
        if isinstance(validation.node, tree.Call) and not under_a_test(validation, told):
            _let_pass(program, handles, validation.to(validation.node))
    if is_untold and handles.types:
        _used_as_it_came(program, handles, journey)
    return handles


def _used_as_it_came(program: Program, handles: Handles, journey: Journey) -> None:
    """Messages that are read or handed on beside their validation: so is one that it refuses."""
    for read in reads_of(program, journey):
        if read.key not in DISCRIMINATORS:
            handles.rest = handles.rest or Evidence(read.at.span, f"uses `{read.key}` as it came")
    for at in journey.parsed.values():
        handed_on(program, handles, at, frozenset())


def _let_pass(program: Program, handles: Handles, validation: At[tree.Call]) -> None:
    """A model or schema lets messages of its types pass, and refuses the rest; code behind it may tell them apart."""
    accepted = accepted_by(program, validation)
    behind = looked_for(program, follow(program, passed_by(program, validation)), of_models=True)
    if accepted is None or not accepted.is_closed:
        handles.types = {**behind.types, **handles.types}
        handles.complete = handles.complete and behind.complete and bool(behind.types)
        handles.rest = handles.rest or behind.rest
        return
    is_told_apart = bool(behind.types) and behind.complete and behind.rest is None
    for each in accepted.types:
        key = (each.discriminator, each.value)
        if not is_told_apart or key in behind.types:
            evidence = (Evidence(each.place.span, f"lets {each.discriminator} `{each.value}` pass"),)
            passing = MessageType(each.value, each.discriminator, each.place.span, evidence, is_let_pass=True)
            handles.types.setdefault(key, passing)


def completeness(is_complete: bool, settled_by: str) -> Fact[bool]:
    """Known where a list of types is all there is."""
    return Known(True) if is_complete else Unknown(settled_by)


def rest_of(handles: Handles) -> Fact[bool]:
    """What becomes of other types: something, or nothing; unknown where no type is looked for."""
    if handles.rest is not None:
        return Known(True, (handles.rest,))
    if not handles.types or not handles.complete:
        return Unknown("what the message handler does with other types")
    return Known(False)
