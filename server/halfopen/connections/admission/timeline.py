"""What happens on a connection's way in, in the order of the code: accepts, checks, receives, loops.

The functions that a handler calls are read where they are called, so a manager that accepts or a
helper that verifies has its place in the order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal as OneOf
from typing import TypeAlias

from halfopen.connections.admission.credentials import carriers_of, credential_in, is_own_secret
from halfopen.connections.admission.facts import Carrier
from halfopen.connections.admission.verification import (
    Verification,
    is_check_name,
    is_limiter,
    is_stub,
    looked_up,
    verification_of,
)
from halfopen.connections.handler_flow import ITERATORS, RECEIVERS, SENDERS, Sockets
from halfopen.connections.thread_calls import given_to_thread
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.function_shape import argument_of
from halfopen.semantics.names import name_behind_calls
from halfopen.semantics.program import At, Program
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.values import origins

EventKind: TypeAlias = OneOf["accept", "receive", "send", "close", "check", "call", "sleep"]

_NEAR = 2
_DEEPEST = 6
_MOST_FUNCTIONS = 120


@dataclass(frozen=True, slots=True)
class Event:
    """Something on the way in.

    `limited`: a time limit stands around it, of `deadline_seconds` where that is a number. A "sleep" has
    its length there. `callers` are the calls that led here, outermost first.
    """

    kind: EventKind
    at: At[tree.Expr]
    in_loop: bool = False
    limited: bool = False
    deadline_seconds: float | None = None
    callers: tuple[At[tree.Call], ...] = ()
    verification: Verification | None = None
    function: At[tree.Function] | None = None
    """Of a "call": the function of the workspace that is called."""

    @property
    def outermost(self) -> At[tree.Expr]:
        return self.callers[0] if self.callers else self.at


@dataclass(slots=True)
class _Context:
    in_loop: bool = False
    limited: bool = False
    deadline: float | None = None
    callers: tuple[At[tree.Call], ...] = ()
    shown: frozenset[tree.Node] = frozenset()
    """The reads of parameters that a call gave a credential, whatever they are called here."""


@dataclass(slots=True)
class Reader:
    """Reads functions in the order in which they run."""

    program: Program
    sockets: Sockets
    seen: set[tuple[tree.Node, bool]] = field(default_factory=set[tuple[tree.Node, bool]])

    def events(self, function: At[tree.Function]) -> list[Event]:
        """What happens when a function runs."""
        self.seen.add((function.node, False))
        cookies = [each for each in function.node.parameters if fills_cookie(each)]
        return list(self._body(function, _Context(shown=_reads(function, cookies))))

    def _body(self, function: At[tree.Function], context: _Context) -> Iterator[Event]:
        self.program.queries.note(function.unit)
        for statement in function.node.body.statements:
            yield from self._visit(function.to(statement), context)

    def _visit(self, at: At[tree.Node], context: _Context) -> Iterator[Event]:
        node = at.node
        match node:
            case tree.Function() | tree.Class():
                return
            case tree.Assign(value=tree.Function() | tree.Class()):
                return
            case tree.Assign(value=value) if value is not None:
                # An annotation names types and asks nothing.
                for child in (value, *node.targets):
                    yield from self._visit(at.to(child), context)
            case tree.Assign():
                return
            case tree.Loop():
                inner = context
                if node.kind == "while" or node.is_async:
                    inner = _with(context, in_loop=True)
                for child in tree.children(node):
                    yield from self._visit(at.to(child), inner)
            case tree.With():
                limit = self._limit_of(at.to(node))
                inner = context if limit is None else _with(context, limited=True, deadline=limit[0])
                for child in tree.children(node):
                    yield from self._visit(at.to(child), inner)
            case tree.Call():
                yield from self._call(at.to(node), context)
            case tree.Operation() | tree.Member() | tree.Index() | tree.Name():
                for child in tree.children(node):
                    yield from self._visit(at.to(child), context)
                yield from self._checks(at.to(node), context)
            case _:
                for child in tree.children(node):
                    yield from self._visit(at.to(child), context)

    def _checks(self, at: At[tree.Expr], context: _Context) -> Iterator[Event]:
        found = verification_of(self.program, at)
        if found is not None:
            yield self._event("check", at, context, verification=found)

    def _call(self, call: At[tree.Call], context: _Context) -> Iterator[Event]:
        callee = call.node.callee
        inner = context
        names = (
            qualified(self.program, call.to(callee)) if isinstance(callee, tree.Name | tree.Member) else ()
        )
        if "asyncio.wait_for" in names:
            inner = _with(context, limited=True, deadline=self._seconds(call, 1))
        if "asyncio.sleep" in names:
            slept = self._seconds(call, 0)
            yield self._event("sleep", call, _with(context, limited=slept is not None, deadline=slept))
        for child in tree.children(call.node):
            yield from self._visit(call.to(child), inner)
        method = self._method(call)
        if method is not None:
            kind = _KINDS.get(method)
            if kind is not None:
                yield self._event(kind, call, context)
                return
        asked = given_to_thread(self.program, call) or call.node
        callee = asked.callee
        found = verification_of(self.program, call.to(asked)) or looked_up(
            self.program, call.to(asked), context.shown
        )
        if found is not None and asked is not call.node:
            found = replace(found, at=call)
        if found is not None and (found.strength != "named" or self._about_the_client(call, context)):
            yield self._event("check", call, context, verification=found)
        for function in functions(self.program, call.to(callee))[:3]:
            yield from self._enter(call, asked, function, context)

    def _enter(
        self, call: At[tree.Call], asked: tree.Call, function: At[tree.Function], context: _Context
    ) -> Iterator[Event]:
        """The events of a called function; where it only has a check's name, the call itself is the check.

        `asked` gives the arguments in the function's own order, where a thread is what calls it.
        """
        name = function.node.name or ""
        yield self._event("call", call, context, function=function)
        key = (function.node, context.in_loop)
        if key in self.seen or len(self.seen) > _MOST_FUNCTIONS or len(context.callers) >= _DEEPEST:
            if (
                is_check_name(name)
                and self._about_the_client(call, context)
                and not is_stub(self.program, function)
            ):
                yield self._named(call, context, name)
            return
        given = [
            each
            for each in function.node.parameters
            if (argument := argument_of(asked, function.node, each)) is not None
            and (
                (credential_in(argument) is not None and not is_own_secret(self.program, call.to(argument)))
                or _shows(argument, context)
            )
        ]
        carries = self.sockets.mentions(call.node) or self.sockets.mentions(function.node)
        near = len(context.callers) < _NEAR
        if not (near or carries or given or is_check_name(name) or self._about_the_client(call, context)):
            return
        self.seen.add(key)
        within = _with(context, callers=(*context.callers, call))
        within.shown = _reads(function, given)
        found = list(self._body(function, within))
        yield from found
        if any(each.kind == "check" for each in found):
            return
        if (
            is_check_name(name)
            and self._about_the_client(call, context)
            and not is_stub(self.program, function)
        ):
            yield self._named(call, context, name)

    def _named(self, call: At[tree.Call], context: _Context, name: str) -> Event:
        return self._event("check", call, context, verification=Verification("named", name, call, None))

    def _about_the_client(self, call: At[tree.Call], context: _Context) -> bool:
        """Whether a call is given a credential or the socket, to ask who the client is.

        Called by a function that was given no credential, `AsyncOpenAI(api_key=api_key)` shows the
        server's own: only a name that says so makes a check of it.
        """
        callee = call.node.callee
        if is_limiter(call.to(callee).text):
            return False
        arguments = [each.value for each in call.node.arguments]
        if any(self.sockets.mentions(each) or _shows(each, context) for each in arguments):
            return True
        if context.callers and not is_check_name(name_behind_calls(callee)):
            return False
        return any(credential_in(each) is not None for each in arguments)

    def _method(self, call: At[tree.Call]) -> str | None:
        callee = call.node.callee
        if isinstance(callee, tree.Member) and self.sockets.is_socket(callee.object):
            return callee.name
        return None

    def _limit_of(self, at: At[tree.With]) -> tuple[float | None] | None:
        """The time limit that a `with` sets: its seconds, where they are a number."""
        for item in at.node.items:
            context = item.context
            if isinstance(context, tree.Call) and isinstance(context.callee, tree.Name | tree.Member):
                names = qualified(self.program, at.to(context.callee))
                if names & _TIMEOUTS:
                    return (self._seconds(at.to(context), 0),)
        return None

    def _seconds(self, call: At[tree.Call], position: int) -> float | None:
        """The time limit that a call is given, where it is a number."""
        positional = [each.value for each in call.node.arguments if each.name is None]
        named = (each.value for each in call.node.arguments if each.name in ("timeout", "delay"))
        value = next(named, positional[position] if position < len(positional) else None)
        if value is None:
            return None
        for origin in origins(self.program, call.to(value)):
            found = (
                origin.node.value
                if isinstance(origin, At) and isinstance(origin.node, tree.Literal)
                else None
            )
            if isinstance(found, int | float):
                return float(found)
        return None

    def _event(
        self,
        kind: EventKind,
        at: At[tree.Expr],
        context: _Context,
        verification: Verification | None = None,
        function: At[tree.Function] | None = None,
    ) -> Event:
        return Event(
            kind,
            at,
            context.in_loop,
            context.limited,
            context.deadline,
            context.callers,
            verification,
            function,
        )


def _shows(argument: tree.Expr, context: _Context) -> bool:
    """Whether an argument reads a parameter that was given what the client shows."""
    return any(node in context.shown for node in tree.walk(argument, tree.same_function))


def carriers_of_event(program: Program, event: Event) -> tuple[Carrier, ...]:
    """What brings the credential of a check, followed outwards through the calls that led to it."""
    found: dict[Carrier, None] = {}
    for at in (event.at, *reversed(event.callers)):
        node = at.node
        arguments = [each.value for each in node.arguments] if isinstance(node, tree.Call) else [node]
        for argument in arguments:
            found.update(dict.fromkeys(carriers_of(program, at.to(argument))))
        if set(found) - {"transport"}:
            break
    return tuple(each for each in found if each != "transport")


_TIMEOUTS = frozenset(
    {
        "asyncio.timeout",
        "asyncio.timeout_at",
        "async_timeout.timeout",
        "anyio.fail_after",
        "anyio.move_on_after",
    }
)
_KINDS: dict[str, OneOf["accept", "receive", "send", "close"]] = {
    "accept": "accept",
    "close": "close",
    **dict.fromkeys(RECEIVERS | ITERATORS | {"recv"}, "receive"),
    **dict.fromkeys(SENDERS, "send"),
}


def _with(
    context: _Context,
    in_loop: bool | None = None,
    limited: bool | None = None,
    deadline: float | None = None,
    callers: tuple[At[tree.Call], ...] | None = None,
) -> _Context:
    return _Context(
        context.in_loop if in_loop is None else in_loop,
        context.limited if limited is None else limited,
        context.deadline if limited is None else deadline,
        context.callers if callers is None else callers,
        context.shown,
    )


def _reads(function: At[tree.Function], parameters: list[tree.Parameter]) -> frozenset[tree.Node]:
    return frozenset(
        read
        for parameter in parameters
        if isinstance(parameter.target, tree.Name)
        and (binding := function.index.bindings.get(parameter.target)) is not None
        for read in binding.reads
    )


def fills_cookie(parameter: tree.Parameter) -> bool:
    """A parameter that a cookie fills: no site puts one there but the one that signed its visitor in."""
    return any(
        isinstance(node, tree.Call) and name_behind_calls(node.callee) == "Cookie"
        for spoken in (parameter.default, parameter.annotation)
        if spoken is not None
        for node in tree.walk(spoken)
    )
