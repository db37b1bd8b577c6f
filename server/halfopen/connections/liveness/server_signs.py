"""A server that pings and then waits, under a limit, for a sign of life: an event that received messages set."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.facts import Evidence
from halfopen.connections.liveness.facts import Watchdog
from halfopen.connections.liveness.server_code import ServerCode
from halfopen.connections.liveness.server_heartbeats import (
    LIMITS,
    first_call,
    in_loop,
    is_timeout,
    seconds_of_pause,
)
from halfopen.connections.liveness.server_watchdogs import ends_connection, renewed_by
from halfopen.semantics import tree
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, own_nodes
from halfopen.semantics.qualified_names import qualified

_EVENTS = frozenset({"asyncio.Event().wait", "anyio.Event().wait", "trio.Event().wait"})


def waits_for_signs(code: ServerCode) -> Iterator[Watchdog]:
    """`async with asyncio.timeout(10): await self._heard.wait()` in the loop that pings, whose time-out ends it."""
    for function in code.functions:
        for node in own_nodes(function):
            if isinstance(node, tree.Try) and in_loop(function.to(node)):
                yield from _of_try(code, function, node)


def _of_try(code: ServerCode, function: At[tree.Function], node: tree.Try) -> Iterator[Watchdog]:
    ending = next(
        (each for each in node.handlers if is_timeout(each) and ends_connection(code, each.body)), None
    )
    limit = first_call(code, function.to(node.body), LIMITS)
    sign = first_call(code, function.to(node.body), _EVENTS)
    if ending is None or limit is None or sign is None or not isinstance(sign.node.callee, tree.Member):
        return
    if not qualified(code.program, sign.to(sign.node.callee)) & _EVENTS:
        return
    renewed = renewed_by(code, frozenset({last_name(sign.node.callee.object)}))
    if renewed is not None:
        yield Watchdog(
            "answer",
            seconds_of_pause(code.program, limit),
            limit.span,
            renewed,
            evidence=(
                Evidence(sign.span, "waits for a sign of the client"),
                Evidence(function.to(ending).span, "a client that gives none is let go here"),
            ),
        )
