"""Whether a value, alone or as part of a text or message, reaches the peer or a log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from halfopen.connections.handler_flow import SENDERS, Sockets, socket_method
from halfopen.connections.messages.parsing import is_log
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers, functions
from halfopen.semantics.flow import aliases_of_target
from halfopen.semantics.function_shape import argument_of
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program
from halfopen.semantics.qualified_names import qualified

_DEPTH = 6
_SENDS_BY_NAME = frozenset({"send_json", "send_text", "write_message", "send_personal_message"})
_SENDS_OF_CONSUMER = frozenset({"send", "send_json", "close", "write_message"})
_TEXTS = frozenset(
    {"str", "repr", "dict", "format", "json.dumps", "orjson.dumps", "ujson.dumps", "String", "JSON.stringify"}
)
_PASSING = frozenset(
    {
        "format",
        "join",
        "strip",
        "decode",
        "encode",
        "model_dump",
        "model_dump_json",
        "dict",
        "json",
        "format_map",
        "toString",
    }
)
_HELD = (
    tree.Template, tree.Operation, tree.Entry, tree.Object, tree.Sequence, tree.Conditional, tree.Await, tree.Spread,
    tree.Opaque,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sent:
    """A call that sends a value to the peer, and how."""

    call: At[tree.Call]
    is_close: bool


@dataclass(frozen=True, slots=True)
class Reaching:
    """What counts as sending for one endpoint."""

    program: Program
    sockets: Sockets
    receivers: frozenset[tree.Node] = frozenset()
    """Functions whose own `self` is the socket: the methods of a class of handlers."""
    also: frozenset[tree.Node] = frozenset()
    """Further calls that send: to the clients of a registry, or to a channel of a broker."""

    def sends(self, at: At[tree.Expr]) -> Iterator[Sent]:
        """The calls that send a value on, however it is wrapped up."""
        yield from self._outward(at, _DEPTH, set())

    def _outward(
        self, at: At[tree.Expr], depth: int, seen: set[tree.Node], field: str | None = None
    ) -> Iterator[Sent]:
        """`field`: the expression is an object that has the value in this field."""
        current: tree.Node = at.node
        while depth > 0 and current not in seen:
            seen.add(current)
            parent = at.index.parents.get(current)
            match parent:
                case tree.Operation(operator=operator) if operator not in ("+", "%", "or", "??", "and"):
                    return
                case tree.Conditional(test=test) if test is current:
                    return
                case tree.Argument():
                    call = at.index.parents.get(parent)
                    if not isinstance(call, tree.Call):
                        return
                    given = at.to(call)
                    sent = self._sending(given)
                    if sent is not None:
                        yield sent
                        return
                    if _makes_text(self.program, given):
                        current = call
                        continue
                    yield from self._into(given, parent, depth, seen, field)
                    return
                case tree.Assign(targets=targets, value=value) if value is current:
                    for target in targets:
                        yield from self._held(at.to(target), depth, seen, field)
                    return
                case tree.Member(name=name, object=inner) if inner is current and name == field:
                    current, field = parent, None
                case tree.Index(object=inner, key=tree.Opaque(kind="slice")) if inner is current:
                    current = parent
                case tree.Member(name=name, object=inner) if inner is current and name in _PASSING:
                    call = at.index.parents.get(parent)
                    if not isinstance(call, tree.Call):
                        return
                    current = call
                case tree.Return():
                    function = at.index.function_of(parent)
                    if function is not None:
                        for call in callers(self.program, at.to(function))[:6]:
                            yield from self._outward(call, depth - 1, seen, field)
                    return
                case _ if isinstance(parent, _HELD):
                    current = parent
                case _:
                    return

    def _held(
        self, target: At[tree.Expr], depth: int, seen: set[tree.Node], field: str | None
    ) -> Iterator[Sent]:
        """A variable, or a dict that the value is put into."""
        holder = target.node.object if isinstance(target.node, tree.Index) else target.node
        if not isinstance(holder, tree.Name):
            return
        for read in self.program.reads(self.program.variable(target.to(holder))):
            yield from self._outward(read, depth - 1, seen, field)

    def _into(
        self,
        call: At[tree.Call],
        argument: tree.Argument,
        depth: int,
        seen: set[tree.Node],
        field: str | None,
    ) -> Iterator[Sent]:
        """A function of the workspace that is given the value, or a class made with it."""
        called = functions(self.program, call.to(call.node.callee))
        for function in called:
            for parameter in function.node.parameters:
                if argument_of(call.node, function.node, parameter) is argument.value:
                    for read in aliases_of_target(self.program, function.to(parameter.target)):
                        yield from self._outward(read, depth - 1, seen, field)
        if not called and _is_class_name(call.node.callee):
            yield from self._outward(call, depth - 1, seen, argument.name)

    def _sending(self, call: At[tree.Call]) -> Sent | None:
        method = socket_method(self.sockets, call.node)
        if method in SENDERS or call.node in self.also:
            return Sent(call, False)
        if method == "close":
            return Sent(call, True)
        callee = call.node.callee
        if not isinstance(callee, tree.Member):
            return None
        if callee.name in _SENDS_BY_NAME and not functions(self.program, call.to(callee)):
            return Sent(call, False)
        function = call.index.function_of(call.node)
        while function is not None:
            own = isinstance(callee.object, tree.Name) and callee.object.id == function.receiver
            if own and function in self.receivers and callee.name in _SENDS_OF_CONSUMER:
                return Sent(call, callee.name == "close")
            function = call.index.function_of(function)
        return None


def logging_call(program: Program, at: At[tree.Expr]) -> At[tree.Call] | None:
    """The log call that an expression is written by, alone or within a text."""
    current: tree.Node = at.node
    while True:
        parent = at.index.parents.get(current)
        match parent:
            case tree.Operation(operator="+" | "%" | "or" | "??"):
                current = parent
            case tree.Operation():
                return None
            case tree.Conditional(test=test) if test is current:
                return None
            case tree.Argument():
                call = at.index.parents.get(parent)
                if not isinstance(call, tree.Call):
                    return None
                if is_log(program, at.to(call)):
                    return at.to(call)
                if not _makes_text(program, at.to(call)):
                    return None
                current = call
            case _ if isinstance(parent, _HELD):
                current = parent
            case _:
                return None


def _makes_text(program: Program, call: At[tree.Call]) -> bool:
    """Whether a call gives a text (or a copy) of what it is given."""
    callee = call.node.callee
    if (
        isinstance(callee, tree.Member)
        and callee.name in _PASSING
        and not functions(program, call.to(callee))
    ):
        return True
    return bool(qualified(program, call.to(callee)) & _TEXTS) or any(
        name.endswith(".dumps") for name in qualified(program, call.to(callee))
    )


def _is_class_name(callee: tree.Expr) -> bool:
    name = last_name(callee)
    return name[:1].isupper()
