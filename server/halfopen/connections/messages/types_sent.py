"""The message types that one side sends, read back from each send to the literals that it is given."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from halfopen.connections.facts import Evidence
from halfopen.connections.messages.declared import type_when_made
from halfopen.connections.messages.discriminator import DISCRIMINATORS, MOST_CALLERS, literals_of
from halfopen.connections.messages.facts import MessageType
from halfopen.connections.queued import puts_behind, unwrapped
from halfopen.connections.updates.branches import types_asked
from halfopen.semantics import tree
from halfopen.semantics.call_graph import called
from halfopen.semantics.flow import calls_of
from halfopen.semantics.function_shape import argument_of, returned
from halfopen.semantics.names import last_name
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, External, Program, own_nodes
from halfopen.semantics.values import origins

_DEPTH = 5


@dataclass(slots=True)
class Sends:
    """The types found so far; `complete` is False once a send is given something that cannot be read."""

    types: dict[tuple[str, str], MessageType] = field(default_factory=dict[tuple[str, str], MessageType])
    complete: bool = True


def types_sent(program: Program, payloads: Iterable[At[tree.Expr]], peer: str) -> Sends:
    """The types of what sends are given. `peer` is the other side's language."""
    sends = Sends()
    for payload in payloads:
        _read(program, payload, sends, _DEPTH, set())
    for key, each in sends.types.items():
        if _is_written(program, each.value, peer):
            sends.types[key] = dataclasses.replace(each, is_named_elsewhere=True)
    return sends


def _is_written(program: Program, value: str, language: str) -> bool:
    """Whether any code of a language has a text as a literal."""
    words = re.findall(r"[A-Za-z_]\w*", value)
    if not words:
        return True
    key = ("written", value, language)
    return program.queries.search(key, lambda: _find_written(program, value, max(words, key=len), language))


def _find_written(program: Program, value: str, word: str, language: str) -> bool:
    encoded = value.encode()
    for _, unit in program.units_with(word, language):
        if encoded in unit.text:
            program.queries.note(unit)
            for statement in unit.body:
                if any(
                    isinstance(node, tree.Literal) and node.value == value for node in tree.walk(statement)
                ):
                    return True
    return False


def _read(program: Program, at: At[tree.Expr], sends: Sends, depth: int, seen: set[tree.Node]) -> None:
    if at.node in seen:
        return
    seen.add(at.node)
    if depth == 0:
        sends.complete = False
        return
    inner = unwrapped(program, at)
    if inner is not None:
        _read(program, inner, sends, depth, seen)
        return
    for origin in origins(program, at):
        if isinstance(origin, External):
            sends.complete = False
        elif isinstance(origin, ParameterOf):
            _from_callers(program, origin, sends, depth, seen)
        elif origin.node is not at.node and unwrapped(program, origin) is not None:
            _read(program, origin, sends, depth, seen)
        elif puts := puts_behind(program, origin):
            _from_queue(program, origin, puts, sends, depth, seen)
        else:
            _from_display(program, origin, sends, depth, seen)


def _from_queue(
    program: Program,
    taken: At[tree.Expr],
    puts: list[At[tree.Call]],
    sends: Sends,
    depth: int,
    seen: set[tree.Node],
) -> None:
    """What is put into a queue, but for the signs that whoever empties it looks for (`if message["type"] == "end"`)."""
    queued = Sends(complete=sends.complete)
    for put in puts:
        _read(program, put.to(put.node.arguments[0].value), queued, depth - 1, seen)
    signs = _compared_around(taken)
    sends.complete = queued.complete
    for key, each in queued.types.items():
        if each.value not in signs:
            sends.types.setdefault(key, each)


def _compared_around(at: At[tree.Expr]) -> frozenset[str]:
    """The texts that a function compares anything with."""
    function = at.index.function_of(at.node)
    return frozenset(
        literal.value
        for node in (own_nodes(at.to(function)) if function is not None else ())
        if isinstance(node, tree.Operation) and node.operator in ("==", "!=", "is", "in", "not in")
        for literal in tree.walk(node)
        if isinstance(literal, tree.Literal) and isinstance(literal.value, str)
    )


def _from_callers(
    program: Program, origin: ParameterOf, sends: Sends, depth: int, seen: set[tree.Node]
) -> None:
    """A parameter is whatever the callers give."""
    found = calls_of(program, origin.function) if not origin.steps else []
    if not found or len(found) > MOST_CALLERS:
        sends.complete = False
        return
    for call in found:
        given = argument_of(call.node, origin.function.node, origin.parameter)
        if given is not None:
            _read(program, call.to(given), sends, depth - 1, seen)
        elif origin.parameter.default is None:
            sends.complete = False


def _from_display(
    program: Program, at: At[tree.Expr], sends: Sends, depth: int, seen: set[tree.Node]
) -> None:
    match at.node:
        case tree.Object(entries=entries):
            given = {
                entry.key.value: entry.value
                for entry in entries
                if isinstance(entry.key, tree.Literal) and isinstance(entry.key.value, str)
            }
            for name in DISCRIMINATORS:
                if name in given:
                    _value(program, at.to(given[name]), name, at, sends, depth)
                    return
            spread = [entry for entry in entries if entry.key is None]
            if not spread:
                sends.complete = False
            for entry in spread:
                _read(program, at.to(entry.value), sends, depth - 1, seen)
        case tree.Call(arguments=arguments):
            for argument in arguments:
                if argument.name in DISCRIMINATORS:
                    _value(program, at.to(argument.value), argument.name, at, sends, depth)
                    return
            if not _made_as(program, at.to(at.node), sends) and not _given_by(
                program, at.to(at.node), sends, depth, seen
            ):
                sends.complete = False
        case _:
            sends.complete = False


def _made_as(program: Program, call: At[tree.Call], sends: Sends) -> bool:
    """`Progress(...)` of `class Progress(BaseModel): type: Literal["progress"] = "progress"`."""
    for origin in origins(program, call.to(call.node.callee)):
        if isinstance(origin, At) and isinstance(origin.node, tree.Class):
            made = type_when_made(program, origin.to(origin.node))
            if made is not None:
                _add(sends, made.value, made.discriminator, call)
                return True
    return False


def _given_by(program: Program, call: At[tree.Call], sends: Sends, depth: int, seen: set[tree.Node]) -> bool:
    """`self._answer(...)`, where the constructor was given what answers: what that returns."""
    found = called(program, call.to(call.node.callee))
    for function in found:
        for value in returned(function):
            _read(program, value, sends, depth - 1, seen)
    return bool(found)


def _value(
    program: Program, at: At[tree.Expr], name: str, message: At[tree.Expr], sends: Sends, depth: int
) -> None:
    values = list(literals_of(program, at, depth))
    if not values or None in values:
        sends.complete = False
    for value in values:
        if value is not None:
            _add(sends, value, name, message)


def _add(sends: Sends, value: str, name: str, message: At[tree.Expr]) -> None:
    answers, refuses = _answered(message), _refuses(message)
    evidence = (Evidence(message.span, f"sends {name} `{value}`"),)
    before = sends.types.get((name, value))
    if before is None:
        found = MessageType(value, name, message.span, evidence, answers=answers, refuses=refuses)
    else:
        found = dataclasses.replace(
            before,
            answers=(*before.answers, *answers) if before.answers and answers else (),
            refuses=before.refuses and refuses,
        )
    sends.types[name, value] = found


def _answered(message: At[tree.Expr]) -> tuple[str, ...]:
    """The types of received messages of which alone this is sent: the conditions around it ask for them."""
    function = message.index.function_of(message.node)
    return tuple(dict.fromkeys(types_asked(message, function))) if function is not None else ()


_UNREADABLE = frozenset({"JSONDecodeError", "ValidationError", "UnicodeDecodeError"})
"""What reading a message raises that is no message of this protocol."""


def _refuses(message: At[tree.Expr]) -> bool:
    """Whether this is sent only where a message could not be read."""
    for ancestor in message.index.ancestors(message.node):
        if isinstance(ancestor, tree.Function):
            return False
        if isinstance(ancestor, tree.Handler) and ancestor.types:
            return all(last_name(each) in _UNREADABLE for each in ancestor.types)
    return False
