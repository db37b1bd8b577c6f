"""Whether all that an endpoint sends is made up by the program itself (random numbers, the time, fixed texts), or had by
anyone where it comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal as OneOf

from halfopen.connections.admission.open_sources import open_source
from halfopen.connections.facts import Evidence
from halfopen.connections.handler_flow import RECEIVERS, SENDERS, socket_method
from halfopen.connections.handling import Handling
from halfopen.connections.registries import Registration
from halfopen.connections.sending.channels import reaches, subscribed
from halfopen.connections.sending.forwarding import published
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
    {
        "isoformat", "time", "timestamp", "strftime", "format", "encode", "decode", "join", "upper", "lower", "copy", "json",
        "items", "keys", "values", "get", "recv", "receive",
    }
)  # fmt: skip
_FILLING = frozenset({"append", "add", "extend", "insert", "update", "setdefault", "appendleft"})
_BROKERS = frozenset({"listen", "get_message"})
_DEPTH = 10


def invented(
    handling: Handling, registrations: list[Registration]
) -> tuple[OneOf["invented", "public"], Evidence] | None:
    """The first random number, or open source, among what a client is sent, where nothing but such goes to it.

    `registrations` are the registries that others send over; what the client said itself may be part of it.
    """
    made = _Making(handling)
    payloads = [*_own(handling), *_of_registries(handling, registrations)]
    if not payloads or not all(made.up(each, _DEPTH) for each in payloads):
        return None
    if made.public is not None:
        return "public", made.public
    return ("invented", made.random) if made.random is not None else None


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
    """One look at what expressions are made of; `random` is the first random number in them, `public` the first source that
    anyone may read."""

    def __init__(self, handling: Handling) -> None:
        self.handling = handling
        self.program = handling.program
        self.random: Evidence | None = None
        self.public: Evidence | None = None
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
        source = open_source(self.program, call)
        if source is not None:
            self.public = self.public or source
            return True
        if isinstance(callee, tree.Member) and callee.name in _BROKERS:
            return self._of_broker(call, depth)
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

    def _of_broker(self, call: At[tree.Call], depth: int) -> bool:
        """Whether all that the workspace publishes on the channels of a listener is made up."""
        function = call.index.function_of(call.node)
        channels = subscribed(self.program, call.to(function)) if function is not None else ()
        told = [each for each, _, _ in published(self.program) if reaches(self.program, each, channels)]
        return bool(channels and told) and all(
            self.up(each.to(each.node.arguments[-1].value), depth - 1) for each in told
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
            elif definition.value is not None and definition.kind in ("value", "element", "context"):
                values.append(At(path, unit, definition.value))
            else:
                return False
        for read in self.program.reads(self.program.variable(at)):
            values += _put_in(read)
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
        values: list[At[tree.Expr]] = []
        for node in tree.walk(klass.body) if klass is not None else ():
            if isinstance(node, tree.Assign) and node.value is not None:
                if any(isinstance(each, tree.Member) and each.name == name for each in node.targets):
                    values.append(at.to(node.value))
            elif isinstance(node, tree.Member) and node.name == name:
                values += _put_in(at.to(node))
        return bool(values) and all(self.up(each, depth - 1) for each in values)


def _put_in(held: At[tree.Expr]) -> Iterator[At[tree.Expr]]:
    """What is put into a container where it stands: `prices[symbol] = price`, `prices.append(price)`."""
    parent = held.parent
    outer = held.index.parents.get(parent) if parent is not None else None
    match parent, outer:
        case tree.Index(object=inner), tree.Assign(targets=targets, value=value):
            if inner is held.node and parent in targets and value is not None:
                yield held.to(value)
        case tree.Member(object=inner, name=name), tree.Call(arguments=arguments):
            if inner is held.node and name in _FILLING:
                yield from (held.to(each.value) for each in arguments)
        case _:
            pass
