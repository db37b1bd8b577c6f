"""Whether what a registry's clients are sent can begin in another process, and whether a broker carries it over."""

from __future__ import annotations

from halfopen.connections.facts import Evidence, Fact, Known, Unknown
from halfopen.connections.handling import Handling
from halfopen.connections.sending.broadcasts import SENDING, call_on, deliveries
from halfopen.connections.sending.calling import callers_up, calls_member, described
from halfopen.connections.sending.members import members_of
from halfopen.connections.sending.registered import Entered
from halfopen.semantics import tree
from halfopen.semantics.program import At, Program

_LISTENING = frozenset(
    {
        "listen", "get_message", "psubscribe", "xread", "xreadgroup", "add_listener", "getone", "getmany",
        "notifies", "consume", "iterator", "read_message",
    }
)  # fmt: skip
"""What takes messages from Redis, Kafka, PostgreSQL or RabbitMQ."""


def sends_to(program: Program, registry: Entered) -> list[tuple[At[tree.Function], At[tree.Call]]]:
    """The functions that send to a registry's clients, to all or to one that they look up, with their first send."""
    found: dict[tree.Node, tuple[At[tree.Function], At[tree.Call]]] = {}
    for each in deliveries(program, registry):
        function = each.outer.index.function_of(each.outer.node)
        if function is not None:
            found.setdefault(function, (each.outer.to(function), each.outer))
    for member in members_of(program, registry.container):
        call = call_on(member)
        if member.loop is not None or call is None or not isinstance(call.node.callee, tree.Member):
            continue
        if call.node.callee.name in SENDING:
            function = call.index.function_of(call.node)
            if function is not None:
                found.setdefault(function, (call.to(function), call))
    return list(found.values())


def senders(program: Program, registry: Entered) -> list[At[tree.Function]]:
    """The functions that send to a registry's clients."""
    return [function for function, _ in sends_to(program, registry)]


def reached_from(program: Program, registry: Entered) -> tuple[Evidence, ...]:
    """Who sends to clients of other connections: another client's handler, a request, a background job.

    A handler that looks up its own connection is left out.
    """
    looped = {
        function
        for each in deliveries(program, registry)
        for function in [each.outer.index.function_of(each.outer.node)]
    }
    found: dict[tree.Node, Evidence] = {}
    for sender in senders(program, registry):
        for caller in callers_up(program, sender):
            if caller.node.decorators and (sender.node in looped or not _is_of(registry.handling, caller)):
                found.setdefault(
                    caller.node,
                    Evidence(caller.span, f"{described(caller)} sends through {described(sender)}"),
                )
    return tuple(found.values())


def _is_of(handling: Handling, function: At[tree.Function]) -> bool:
    return handling.function_at(function.node) is not None


def bridged(program: Program, registries: tuple[Entered, ...]) -> Fact[bool]:
    """Whether a listener of a broker, which every process runs, sends to a registry."""
    for registry in registries:
        for sender in senders(program, registry):
            for caller in callers_up(program, sender):
                listens = calls_member(caller, _LISTENING)
                if listens is not None:
                    return Known(
                        True,
                        (Evidence(listens.span, f"{described(caller)} takes what every process is sent"),),
                    )
    if not registries:
        return Unknown("a registry that the endpoint enters its connection in")
    first = registries[0].registrations[0].node
    return Known(False, (Evidence(first.span, "what is sent to it begins in this process"),))
