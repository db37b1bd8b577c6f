"""The message types that one side sends, read back from each send to the literals that it is given."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from halfopen.connections.facts import Evidence
from halfopen.connections.messages.facts import MessageType
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers
from halfopen.semantics.function_shape import argument_of
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, External, Program
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.values import origins

DISCRIMINATORS = (
    "type",
    "event",
    "action",
    "kind",
    "op",
    "msg_type",
    "message_type",
    "command",
    "cmd",
    "method",
)
"""The fields that tell messages apart, the likeliest first."""

_DEPTH = 5
_MOST_CALLERS = 60
_ENCODERS = (".dumps", "JSON.stringify", "jsonable_encoder", "str", "dict")
_UNWRAPPING = frozenset(
    {"model_dump", "model_dump_json", "dict", "json", "decode", "encode", "to_dict", "asdict"}
)


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
    inner = _unwrapped(program, at)
    if inner is not None:
        _read(program, inner, sends, depth, seen)
        return
    for origin in origins(program, at):
        if isinstance(origin, External):
            sends.complete = False
        elif isinstance(origin, ParameterOf):
            _from_callers(program, origin, sends, depth, seen)
        elif origin.node is not at.node and _unwrapped(program, origin) is not None:
            _read(program, origin, sends, depth, seen)
        else:
            _from_display(program, origin, sends, depth, seen)


def _unwrapped(program: Program, at: At[tree.Expr]) -> At[tree.Expr] | None:
    """What an encoding or copy is made of: `json.dumps(x)`, `x.model_dump()`, `await x`."""
    node = at.node
    if isinstance(node, tree.Await):
        return at.to(node.value)
    if not isinstance(node, tree.Call):
        return None
    if isinstance(node.callee, tree.Member) and node.callee.name in _UNWRAPPING:
        return at.to(node.callee.object)
    if node.arguments and any(name.endswith(_ENCODERS) for name in qualified(program, at.to(node.callee))):
        return at.to(node.arguments[0].value)
    return None


def _from_callers(
    program: Program, origin: ParameterOf, sends: Sends, depth: int, seen: set[tree.Node]
) -> None:
    """A parameter is whatever the callers give."""
    found = callers(program, origin.function) if not origin.steps else []
    if not found or len(found) > _MOST_CALLERS:
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
            if not _model_default(program, at.to(at.node), sends):
                sends.complete = False
        case _:
            sends.complete = False


def _model_default(program: Program, call: At[tree.Call], sends: Sends) -> bool:
    """`class Progress(BaseModel): type: Literal["progress"] = "progress"`."""
    for origin in origins(program, call.to(call.node.callee)):
        if not isinstance(origin, At) or not isinstance(origin.node, tree.Class):
            continue
        for statement in origin.node.body.statements:
            match statement:
                case tree.Assign(targets=(tree.Name(id=name), *_), value=tree.Literal(value=str() as value)):
                    if name in DISCRIMINATORS:
                        _add(sends, value, name, call)
                        return True
                case _:
                    pass
    return False


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
    evidence = (Evidence(message.span, f"sends {name} `{value}`"),)
    sends.types.setdefault((name, value), MessageType(value, name, message.span, evidence))


def literals_of(program: Program, at: At[tree.Expr], depth: int = _DEPTH) -> Iterator[str | None]:
    """The texts that an expression may be, through constants, enumerations and parameters; None for what is not known."""
    if depth == 0:
        yield None
        return
    node = at.node
    if isinstance(node, tree.Member) and node.name == "value":
        inner = list(literals_of(program, at.to(node.object), depth - 1))
        if inner and None not in inner:
            yield from inner
            return
    for origin in origins(program, at):
        if isinstance(origin, ParameterOf) and not origin.steps:
            found = callers(program, origin.function)
            if not found or len(found) > _MOST_CALLERS:
                yield None
            for call in found[:_MOST_CALLERS]:
                given = argument_of(call.node, origin.function.node, origin.parameter)
                value = given if given is not None else origin.parameter.default
                place = call if given is not None else origin.function
                yield from literals_of(program, place.to(value), depth - 1) if value is not None else (None,)
        elif isinstance(origin, At) and isinstance(origin.node, tree.Literal):
            yield origin.node.value if isinstance(origin.node.value, str) else None
        else:
            yield None
