"""Whether all that an endpoint sends is made up by the program itself: random numbers, the time, fixed texts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from halfopen.connections.facts import Evidence
from halfopen.connections.handler_flow import RECEIVERS, SENDERS, socket_method
from halfopen.connections.handling import Handling
from halfopen.connections.registries import Registration
from halfopen.connections.sending.processes import sends_to
from halfopen.connections.sending.registered import Entered
from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers, functions
from halfopen.semantics.function_shape import argument_of, is_receiver
from halfopen.semantics.program import At, Global, own_nodes
from halfopen.semantics.qualified_names import qualified

_RANDOM = re.compile(r"^(random|numpy\.random|faker)\.")
_PLAIN = re.compile(
    r"^(str|int|float|round|len|abs|min|max|sum|range|list|dict|tuple|zip|enumerate|bool|format|repr|sorted|math\..*|json\..*"
    r"|orjson\..*|time\..*|datetime\..*|uuid\..*|asyncio\.get_(event|running)_loop.*)$"
)
_METHODS = frozenset(
    {"isoformat", "time", "timestamp", "strftime", "format", "encode", "decode", "join", "upper", "lower"}
)
_DEPTH = 6


def invented(handling: Handling, registrations: list[Registration]) -> Evidence | None:
    """The first random number among what a client is sent, where nothing but such goes to it.

    `registrations` are the registries that others send over; what the client said itself may be part of it.
    """
    made = _Making(handling)
    payloads = [*_own(handling), *_of_registries(handling, registrations)]
    if not payloads or not all(made.up(each, _DEPTH) for each in payloads):
        return None
    return made.random


def _own(handling: Handling) -> Iterator[At[tree.Expr]]:
    for function in handling.reachable:
        for node in own_nodes(function):
            if isinstance(node, tree.Call) and socket_method(handling.sockets, node) in SENDERS:
                yield from (function.to(each.value) for each in node.arguments)


def _of_registries(handling: Handling, registrations: list[Registration]) -> Iterator[At[tree.Expr]]:
    for each in registrations:
        held = "queues" if each.value.node in handling.queues() else "sockets"
        for _, send in sends_to(handling.program, Entered(each.container, handling, (each,), held)):
            yield from (send.to(argument.value) for argument in send.node.arguments)


class _Making:
    """One look at what expressions are made of; `random` is the first random number in them."""

    def __init__(self, handling: Handling) -> None:
        self.handling = handling
        self.program = handling.program
        self.random: Evidence | None = None
        self.seen: set[tree.Node] = set()

    def up(self, at: At[tree.Expr], depth: int) -> bool:
        """Whether an expression is made of numbers and texts of the program alone."""
        if depth == 0:
            return False
        if at.node in self.seen:
            return True  # `self.price = self.price + random.random()`: told by what it began with
        self.seen.add(at.node)
        match at.node:
            case tree.Literal():
                return True
            case tree.Name():
                return self._name(at.to(at.node), depth)
            case tree.Member(object=inner, name=name):
                if isinstance(inner, tree.Name) and is_receiver(at.to(inner), inner.id):
                    return self._field(at.to(at.node), name, depth)
                return False
            case tree.Call():
                return self._call(at.to(at.node), depth)
            case tree.Await(value=value):
                return self.up(at.to(value), depth)
            case tree.Function() | tree.Comprehension():
                return False
            case _:
                return all(self._part(at.to(each), depth) for each in tree.children(at.node))

    def _part(self, at: At[tree.Node], depth: int) -> bool:
        if isinstance(at.node, tree.Expr):
            return self.up(at.to(at.node), depth)
        return all(self._part(at.to(each), depth) for each in tree.children(at.node))

    def _call(self, call: At[tree.Call], depth: int) -> bool:
        node, callee = call.node, call.node.callee
        if socket_method(self.handling.sockets, node) in RECEIVERS:
            return True
        given = all(self.up(call.to(each.value), depth) for each in node.arguments)
        names = qualified(self.program, call.to(callee))
        if names and all(_RANDOM.match(each) for each in names):
            self.random = self.random or Evidence(call.span, "a random number is what is sent")
            return given
        if names and all(_PLAIN.match(each.replace("()", "")) for each in names):
            return given
        bodies = functions(self.program, call.to(callee))
        if bodies:
            results = [
                body.to(each.value)
                for body in bodies
                for each in own_nodes(body)
                if isinstance(each, tree.Return) and each.value is not None
            ]
            return bool(results) and all(self.up(each, depth - 1) for each in results)
        return (
            isinstance(callee, tree.Member)
            and callee.name in _METHODS
            and given
            and self.up(call.to(callee.object), depth)
        )

    def _name(self, at: At[tree.Name], depth: int) -> bool:
        found = self.program.definitions_of(self.program.variable(at))
        values: list[At[tree.Expr]] = []
        for path, unit, definition in found:
            if definition.kind == "parameter" and isinstance(definition.node, tree.Parameter):
                given = self._given(At(path, unit, definition.node))
                if given is None:
                    return False
                values += given
            elif definition.value is not None and definition.kind in ("value", "element"):
                values.append(At(path, unit, definition.value))
            else:
                return False
        is_changed = isinstance(self.program.variable(at), Global) and len(found) > 1
        return bool(values) and not is_changed and all(self.up(each, depth - 1) for each in values)

    def _given(self, parameter: At[tree.Parameter]) -> list[At[tree.Expr]] | None:
        """What the callers of a function give for a parameter; None where that is not told."""
        function = parameter.index.function_of(parameter.node)
        calls = callers(self.program, parameter.to(function)) if function is not None else []
        calls = [each for each in calls if is_shipped(each.path)]
        given = [
            (each, argument_of(each.node, function, parameter.node)) for each in calls if function is not None
        ]
        values = [each.to(value) for each, value in given if value is not None]
        return values if values and len(values) == len(given) else None

    def _field(self, at: At[tree.Member], name: str, depth: int) -> bool:
        """A field of the object itself: all that its class puts there."""
        klass = at.index.class_of(at.node)
        values = [
            at.to(node.value)
            for node in (tree.walk(klass.body) if klass is not None else ())
            if isinstance(node, tree.Assign)
            and node.value is not None
            and any(isinstance(each, tree.Member) and each.name == name for each in node.targets)
        ]
        return bool(values) and all(self.up(each, depth - 1) for each in values)
