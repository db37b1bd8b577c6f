"""What an endpoint's code may throw, and which of it a clause stops, in the two kinds that matter.

"disconnect": the client left (`WebSocketDisconnect`), seen by a receive, or by a send on Starlette
from 0.36, and by whatever waits for a message in `websockets`. "error": anything else, such as the KeyError of a binary frame in `receive_text`, or a bad
JSON in `receive_json` (Starlette 1.10, websockets.py). `asyncio.CancelledError` is left out: it ends
the process or the whole handler, and `except Exception` cannot be blamed for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from halfopen.connections.awaited_tasks import asks_whether_done, keeps_exceptions, started_as
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.control import Question, comes_back, thrown_kinds
from halfopen.semantics.program import At, Program
from halfopen.semantics.qualified_names import qualified

NOTHING: frozenset[str] = frozenset()
DISCONNECT = frozenset({"disconnect"})
ERROR = frozenset({"error"})
BOTH = DISCONNECT | ERROR

RECEIVERS = frozenset({"receive", "receive_text", "receive_bytes", "receive_json"})
SENDERS = frozenset({"send", "send_text", "send_bytes", "send_json", "send_denial_response"})
ITERATORS = frozenset({"iter_text", "iter_bytes", "iter_json"})
_QUIET = frozenset({"accept", "close", "wait_closed"})
_OF_WEBSOCKETS = frozenset({"recv", "send"})
"""Raise nothing but `ConnectionClosed` for what a client does (`websockets`); Starlette's own `send` is hardly used."""
_PARSERS = frozenset(
    {"loads", "model_validate", "model_validate_json", "parse_obj", "parse_raw", "validate_python"}
)
_WAITS = frozenset(
    {"asyncio.sleep", "asyncio.wait", "asyncio.Event().wait", "asyncio.Queue().get", "asyncio.Queue().put"}
)
_DISCONNECTS = frozenset({"WebSocketDisconnect", "ConnectionClosed", "ConnectionClosedError"})
"""`ConnectionClosedOK` alone is none: a client that is lost (1006, 1011) raises `ConnectionClosedError`."""
_EVERYTHING = frozenset({"Exception", "BaseException"})
_DEPTH = 5


@dataclass(frozen=True, slots=True)
class Sockets:
    """The expressions that are the endpoint's socket."""

    nodes: frozenset[tree.Node]

    def is_socket(self, node: tree.Node) -> bool:
        return node in self.nodes

    def mentions(self, node: tree.Node) -> bool:
        """Whether the socket is used anywhere within a node."""
        return any(each in self.nodes for each in tree.walk(node))


def socket_method(sockets: Sockets, call: tree.Node) -> str | None:
    """The method's name where a node calls a method of the socket."""
    if (
        isinstance(call, tree.Call)
        and isinstance(call.callee, tree.Member)
        and sockets.is_socket(call.callee.object)
    ):
        return call.callee.name
    return None


def iterates_messages(sockets: Sockets, node: tree.Node) -> bool:
    """Whether a node goes over the messages of the socket: `async for message in websocket`, or in `.iter_text()`."""
    return (
        isinstance(node, tree.Loop)
        and node.is_async
        and node.iterable is not None
        and (sockets.is_socket(node.iterable) or socket_method(sockets, node.iterable) in ITERATORS)
    )


def caught_kinds(program: Program, at: At[tree.Handler]) -> frozenset[str]:
    """The kinds that an `except` clause stops; "*" for all."""
    if not at.node.types:
        return frozenset({"*"})
    kinds: set[str] = set()
    for kind in at.node.types:
        for name in qualified(program, at.to(kind)) or {_written(kind)}:
            last = name.rpartition(".")[2]
            if last in _EVERYTHING:
                return frozenset({"*"})
            if last in _DISCONNECTS:
                kinds |= DISCONNECT
    return frozenset(kinds)


def suppressed_kinds(program: Program, at: At[tree.Item]) -> frozenset[str]:
    """The kinds that `with suppress(...)` stops."""
    context = at.node.context
    if not isinstance(context, tree.Call) or not isinstance(context.callee, tree.Name | tree.Member):
        return NOTHING
    if "contextlib.suppress" not in qualified(program, at.to(context.callee)):
        return NOTHING
    types = tuple(argument.value for argument in context.arguments)
    handler = tree.Handler(at.node.start, at.node.end, types, None, tree.Block(at.node.end, at.node.end, ()))
    return caught_kinds(program, at.to(handler))


def _written(kind: tree.Expr) -> str:
    match kind:
        case tree.Name(id=name) | tree.Member(name=name):
            return name
        case _:
            return ""


@dataclass(frozen=True, slots=True)
class Throwing:
    """What evaluating a node of a function may throw."""

    program: Program
    sockets: Sockets
    within: frozenset[tree.Node] = frozenset()
    """Functions being looked into, against recursion."""

    def of(self, at: At[tree.Node]) -> frozenset[str]:
        node = at.node
        match node:
            case tree.Await(value=value):
                return self._awaited(at.to(value))
            case tree.Loop(iterable=iterable, is_async=True) if iterable is not None:
                if self.sockets.is_socket(iterable):
                    return DISCONNECT  # ConnectionClosedError; an orderly close ends the loop (websockets 15)
                method = socket_method(self.sockets, iterable)
                return NOTHING if method in ITERATORS else self._stepped(at.to(iterable))
            case tree.Raise(value=value):
                raised = value.callee if isinstance(value, tree.Call) else value
                return DISCONNECT if raised is not None and _written(raised) in _DISCONNECTS else ERROR
            case tree.Yield():
                return BOTH
            case tree.Call(callee=tree.Member(name=name)) if name in _PARSERS:
                return ERROR
            case _:
                return NOTHING

    def _awaited(self, at: At[tree.Expr]) -> frozenset[str]:
        method = socket_method(self.sockets, at.node)
        if method is not None:
            if method in _OF_WEBSOCKETS:
                return DISCONNECT
            return NOTHING if method in _QUIET else BOTH
        if isinstance(at.node, tree.Name):
            return self._task(at.to(at.node))
        if not isinstance(at.node, tree.Call):
            return NOTHING
        call = at.to(at.node)
        names = qualified(self.program, call.to(call.node.callee))
        if names & _WAITS:
            inner = call.node.arguments
            return NOTHING.union(*(self._awaited(call.to(each.value)) for each in inner[:1]))
        if "asyncio.gather" in names and keeps_exceptions(call.node):
            return NOTHING
        found = functions(self.program, call.to(call.node.callee))
        if not found:
            return ERROR | (DISCONNECT if self.sockets.mentions(call.node) else NOTHING)
        return NOTHING.union(*(self._leaving(function) for function in found))

    def _stepped(self, iterable: At[tree.Expr]) -> frozenset[str]:
        """What the steps of `async for part in stream()` may throw: of a generator of the workspace, what leaves its body."""
        called = iterable.node.callee if isinstance(iterable.node, tree.Call) else None
        found = functions(self.program, iterable.to(called)) if called is not None else []
        if not found or not all(each.node.is_generator for each in found):
            return ERROR
        return NOTHING.union(*(self._leaving(each) for each in found))

    def _task(self, name: At[tree.Name]) -> frozenset[str]:
        """What a task has failed with comes out where it is awaited; of one that is not done, only its cancellation."""
        if asks_whether_done(name):
            return NOTHING
        return NOTHING.union(*(self._awaited(each) for each in started_as(self.program, name)))

    def diverges(self, at: At[tree.Node]) -> bool:
        """Whether awaiting a call of the workspace's own ends only by an exception: its loop has no way out."""
        if not isinstance(at.node, tree.Await) or not isinstance(at.node.value, tree.Call):
            return False
        found = functions(self.program, at.to(at.node.value.callee))
        return bool(found) and not any(self._comes_back(function) for function in found)

    def _comes_back(self, function: At[tree.Function]) -> bool:
        if function.node in self.within or len(self.within) >= _DEPTH or function.node.is_generator:
            return True
        key = ("comes back", function.node, self.sockets.nodes)
        inner = Throwing(self.program, self.sockets, self.within | {function.node})
        return self.program.queries.get_or(
            key, lambda: comes_back(function.node.body, question(self.program, function, inner)), True
        )

    def _leaving(self, function: At[tree.Function]) -> frozenset[str]:
        if function.node in self.within or len(self.within) >= _DEPTH:
            return ERROR
        key = ("thrown by", function.node, self.sockets.nodes)
        inner = Throwing(self.program, self.sockets, self.within | {function.node})
        return self.program.queries.get(
            key,
            lambda: thrown_kinds(
                function.node.body, question(self.program, function, inner, silent=_hands_out)
            ),
        )


def _hands_out(node: tree.Node) -> bool:
    """A `yield` throws nothing of its own to who steps through the generator."""
    return isinstance(node, tree.Yield)


def question(
    program: Program,
    function: At[tree.Function],
    throwing: Throwing,
    acquires: Callable[[tree.Node], bool] = lambda _: False,
    releases: Callable[[tree.Node], bool] = lambda _: False,
    implied: Callable[[tree.Expr], bool] = lambda _: False,
    acquires_then_throws: Callable[[tree.Node], frozenset[str]] = lambda _: NOTHING,
    silent: Callable[[tree.Node], bool] = lambda _: False,
) -> Question:
    """The control-flow question about a resource in an endpoint's function.

    `silent` nodes throw nothing themselves: awaiting the call that acquires is told by `acquires_then_throws`.
    """
    program.queries.note(function.unit)
    return Question(
        acquires=acquires,
        releases=releases,
        implied=implied,
        throws=lambda node: NOTHING if silent(node) else throwing.of(function.to(node)),
        catches=lambda handler: caught_kinds(program, function.to(handler)),
        acquires_then_throws=acquires_then_throws,
        suppresses=lambda item: suppressed_kinds(program, function.to(item)),
        diverges=lambda node: throwing.diverges(function.to(node)),
    )
