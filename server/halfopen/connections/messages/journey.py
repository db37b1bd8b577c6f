"""Where received data goes: from the frame through parsing and callbacks to every expression that holds it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal as OneOf
from typing import TypeAlias

from halfopen.connections.listeners import LOOPS, listeners
from halfopen.connections.messages.parsing import parsing_of
from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callbacks, functions
from halfopen.semantics.flow import aliases, aliases_of_target
from halfopen.semantics.names import last_name
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, Program
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.values import origins

Form: TypeAlias = OneOf["event", "raw", "parsed"]
"""An event or frame that holds the data, the text or bytes themselves, or what they were parsed to."""

_MOST_ROOTS = 60
_TEXT_METHODS = frozenset(
    {
        "strip", "lstrip", "rstrip", "decode", "split", "removeprefix", "removesuffix", "lower", "replace",
        "trim", "toString", "slice", "substring", "substr", "text", "partition", "toLowerCase",
    }
)  # fmt: skip
"""Methods of text and bytes (and of a Blob) that give the same data, or a part of it."""
_HELD_BY_EVENT = frozenset({"data", "text", "bytes"})
_WAITS = frozenset({"wait_for", "shield", "ensure_future", "create_task"})


@dataclass(frozen=True, slots=True)
class Root:
    """Where data of a form enters: an expression, or a parameter or variable that is given it."""

    at: At[tree.Expr]
    form: Form
    is_target: bool = False


@dataclass(slots=True)
class Journey:
    """Every expression that holds received data, by its form, and what parsed and validated it on the way."""

    events: dict[tree.Node, At[tree.Expr]] = field(default_factory=dict[tree.Node, At[tree.Expr]])
    raw: dict[tree.Node, At[tree.Expr]] = field(default_factory=dict[tree.Node, At[tree.Expr]])
    parsed: dict[tree.Node, At[tree.Expr]] = field(default_factory=dict[tree.Node, At[tree.Expr]])
    parses: dict[tree.Node, At[tree.Call]] = field(default_factory=dict[tree.Node, At[tree.Call]])
    validations: dict[tree.Node, At[tree.Expr]] = field(default_factory=dict[tree.Node, At[tree.Expr]])
    executions: dict[tree.Node, At[tree.Call]] = field(default_factory=dict[tree.Node, At[tree.Call]])
    """Calls that run what they are given as code, or revive objects from it."""
    targets: dict[tree.Node, At[tree.Expr]] = field(default_factory=dict[tree.Node, At[tree.Expr]])
    """Patterns (`{ type, payload }`) that take parsed data apart where a function is given it."""


Elsewhere: TypeAlias = Callable[[At[tree.Node]], bool]
"""Whether a place runs for another connection only, which has messages of its own."""


def follow(program: Program, roots: Iterable[Root], elsewhere: Elsewhere = lambda _: False) -> Journey:
    """The journey of data from where it enters."""
    journey = Journey()
    waiting = list(roots)
    seen: set[tuple[tree.Node, Form]] = set()
    while waiting and len(seen) < _MOST_ROOTS:
        root = waiting.pop(0)
        if (root.at.node, root.form) in seen:
            continue
        seen.add((root.at.node, root.form))
        waiting += _visit(program, journey, root, elsewhere)
    return journey


def _visit(program: Program, journey: Journey, root: Root, elsewhere: Elsewhere) -> Iterator[Root]:
    program.queries.note(root.at.unit)
    if root.is_target:
        yield from _pattern(journey, root)
        places = aliases_of_target(program, root.at)
    else:
        places = aliases(program, root.at)
    held = {"event": journey.events, "raw": journey.raw, "parsed": journey.parsed}[root.form]
    for place in places:
        if place.node in held or elsewhere(place):
            continue
        held[place.node] = place
        yield from _onward(program, journey, place, root.form)


def _pattern(journey: Journey, root: Root) -> Iterator[Root]:
    """A parameter that takes its argument apart: `({ data }) => …`."""
    if not isinstance(root.at.node, tree.Object):
        return
    if root.form == "parsed":
        journey.targets[root.at.node] = root.at
    for entry in root.at.node.entries:
        key = entry.key.value if isinstance(entry.key, tree.Literal) else None
        if root.form == "event" and key in _HELD_BY_EVENT:
            yield Root(root.at.to(entry.value), "raw", is_target=True)


def _onward(program: Program, journey: Journey, at: At[tree.Expr], form: Form) -> Iterator[Root]:
    """Where data goes from one place, beyond what aliasing follows."""
    node, parent = at.node, at.parent
    match parent:
        case tree.Argument():
            call = at.index.parents.get(parent)
            if isinstance(call, tree.Call):
                yield from _given(program, journey, at, parent, at.to(call), form)
        case tree.Member(object=inner, name=name) if inner is node:
            yield from _member(journey, at, at.to(parent), name, form)
        case tree.Index(object=inner, key=key) if inner is node:
            if (
                form == "event" and isinstance(key, tree.Literal) and key.value in _HELD_BY_EVENT
            ) or form == "raw":
                yield Root(at.to(parent), "raw")
        case tree.Assign(value=value, targets=(tree.Object() as target, *_)) if value is node:
            yield from _pattern(journey, Root(at.to(target), form, is_target=True))
        case tree.Entry(key=None, value=value) if value is node and form == "parsed":
            display = at.index.parents.get(parent)
            if isinstance(display, tree.Object):
                yield Root(at.to(display), "parsed")
        case tree.Loop(iterable=iterable, target=target) if iterable is node and target is not None:
            if form == "parsed":
                yield Root(at.to(target), "parsed", is_target=True)
        case _:
            return


def _member(
    journey: Journey, at: At[tree.Expr], member: At[tree.Member], name: str, form: Form
) -> Iterator[Root]:
    user = at.index.parents.get(member.node)
    called = at.to(user) if isinstance(user, tree.Call) and user.callee is member.node else None
    if form == "event":
        if called is not None and name == "json":
            journey.parses[called.node] = called
            yield Root(called, "parsed")
        elif called is not None and name == "get" and called.node.arguments:
            key = called.node.arguments[0].value
            if isinstance(key, tree.Literal) and key.value in _HELD_BY_EVENT:
                yield Root(called, "raw")
        elif name in _HELD_BY_EVENT:
            yield Root(member, "raw")
    elif form == "raw" and called is not None:
        if name == "json":
            journey.parses[called.node] = called
            yield Root(called, "parsed")
        elif name in _TEXT_METHODS:
            yield Root(called, "raw")
    elif form == "parsed" and called is not None and name in LOOPS and called.node.arguments:
        yield Root(called.to(called.node.arguments[0].value), "parsed")


def _given(
    program: Program,
    journey: Journey,
    at: At[tree.Expr],
    argument: tree.Argument,
    call: At[tree.Call],
    form: Form,
) -> Iterator[Root]:
    """Data that is an argument of a call."""
    meaning = parsing_of(program, call, at.node)
    if meaning == "parses" and form == "raw":
        journey.parses[call.node] = call
        yield Root(call, "parsed")
    elif meaning == "validates" and form == "raw" and _is_of_text(program, call):
        yield Root(call, "raw")
    elif meaning == "validates":
        journey.validations[call.node] = call
    elif meaning == "executes":
        journey.executions[call.node] = call
    elif last_name(call.node.callee) in _WAITS or (
        form == "raw" and qualified(program, call.to(call.node.callee)) & {"str", "bytes", "String"}
    ):
        yield Root(call, form)
    else:
        for function in called_back(program, call):
            for parameter in function.node.parameters:
                if _position(call.node, argument) == function.node.parameters.index(parameter):
                    yield Root(function.to(parameter.target), form, is_target=True)
        for function in functions(program, call.to(call.node.callee)):
            for parameter in function.node.parameters:
                if isinstance(parameter.target, tree.Object) and _position(
                    call.node, argument
                ) == function.node.parameters.index(parameter):
                    yield Root(function.to(parameter.target), form, is_target=True)


def _is_of_text(program: Program, call: At[tree.Call]) -> bool:
    """`z.string().parse(event.data)`: the frame is a text, which says nothing of the message in it."""
    callee = call.node.callee
    return isinstance(callee, tree.Member) and any(
        name.startswith("zod") and name.endswith(".string()")
        for name in qualified(program, call.to(callee.object))
    )


def _position(call: tree.Call, argument: tree.Argument) -> int:
    return call.arguments.index(argument)


def called_back(program: Program, call: At[tree.Call]) -> list[At[tree.Function]]:
    """The functions behind a callee that is a parameter, a callback's field, or one of several listeners."""
    callee = call.to(call.node.callee)
    found: list[At[tree.Function]] = []
    if any(isinstance(origin, ParameterOf) and not origin.steps for origin in origins(program, callee)):
        found += callbacks(program, callee)
    found += listeners(program, callee)
    known = functions(program, callee)
    return [each for each in dict.fromkeys(found) if each not in known and is_shipped(each.path)]
