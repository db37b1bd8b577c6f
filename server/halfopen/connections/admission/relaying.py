"""Whether a registry that a client is entered in brings it anything that others set off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal as OneOf
from typing import TypeAlias

from halfopen.connections.facts import Evidence, Fact, Known
from halfopen.connections.handling import Handling
from halfopen.connections.registries import Registration, registrations_in
from halfopen.connections.sending.broadcasts import call_on, deliveries
from halfopen.connections.sending.calling import callers_up, is_called, runs_by_itself
from halfopen.connections.sending.members import members_of
from halfopen.connections.sending.processes import sends_to
from halfopen.connections.sending.registered import Entered
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers, functions
from halfopen.semantics.function_shape import argument_of
from halfopen.semantics.program import At

_UPKEEP = frozenset(
    {
        "append", "add", "insert", "remove", "discard", "pop", "popitem", "clear", "get", "setdefault", "values", "items",
        "keys", "copy", "index", "count", "close", "aclose", "cancel", "done", "accept", "update",
    }
)  # fmt: skip
"""What is called on a registry, or on what it holds, that sends nothing."""
_ASKING = frozenset(
    {
        "len",
        "list",
        "set",
        "tuple",
        "dict",
        "sorted",
        "enumerate",
        "bool",
        "id",
        "isinstance",
        "any",
        "all",
        "iter",
        "zip",
    }
    | {"print", "debug", "info", "warning", "error", "exception", "hasattr", "str", "repr", "sum", "reversed"}
)

Carries: TypeAlias = Callable[[At[tree.Function], tree.Node], bool]
"""Whether an expression in a function is made of what the client sent."""


def sent_by_others(
    handling: Handling, registration: Registration, carries: Carries
) -> OneOf["yes", "by nobody yet", "no"]:
    """Whether something other than the client's own handler, for the client itself, sends to what a registry holds.

    "by nobody yet": there are broadcasts, and nothing calls them. A reply that looks the client up under its own key is
    its own. What the code does not show (a registry that is given away) may well be sent over.
    """
    registry = _registry(handling, registration)
    program = handling.program
    looped = {each.outer.index.function_of(each.outer.node) for each in deliveries(program, registry)}
    senders: set[tree.Node] = set()
    idle = False
    for function, send in sends_to(program, registry):
        senders.add(function.node)
        called = is_called(program, function)
        if isinstance(called, Known) and not called.value:
            idle = idle or function.node in looped
            continue
        if function.node in looped or _is_called_for_others(handling, function, send, carries):
            return "yes"
    unseen = any(
        _is_given_away(handling, each.at) for each in members_of(program, registration.container)
    ) or any(
        _is_used_otherwise(handling, call, senders)
        for each in members_of(program, registration.container)
        if (call := call_on(each)) is not None
    )
    return "yes" if unseen else "by nobody yet" if idle else "no"


def walks_over_clients(handling: Handling) -> Fact[bool]:
    """Whether anything that runs sends to one client after another of those that this endpoint keeps together."""
    for function in handling.reachable:
        for registration in registrations_in(handling.program, function):
            if handling.sockets.mentions(registration.value.node) and (
                is_sent_to_all(handling, registration)
                or any(
                    _is_given_away(handling, each.at)
                    for each in members_of(handling.program, registration.container)
                )
            ):
                said = f"sends go through {registration.container}"
                return Known(True, (Evidence(registration.node.span, said),))
    return Known(False)


def is_sent_to_all(handling: Handling, registration: Registration) -> bool:
    """Whether anything that runs goes through all that a registry holds, or all that stands under a key of it."""
    registry = _registry(handling, registration)
    for each in deliveries(handling.program, registry):
        function = each.outer.index.function_of(each.outer.node)
        called = is_called(handling.program, each.outer.to(function)) if function is not None else None
        if not isinstance(called, Known) or called.value:
            return True
    return False


def _registry(handling: Handling, registration: Registration) -> Entered:
    held = "queues" if registration.value.node in handling.queues() else "sockets"
    return Entered(registration.container, handling, (registration,), held)


def _is_called_for_others(
    handling: Handling, function: At[tree.Function], send: At[tree.Call], carries: Carries
) -> bool:
    """Whether a sender to one client is run by anything but its own handler, or for the client that a message names."""
    program = handling.program
    if any(
        runs_by_itself(program, each) and handling.function_at(each.node) is None
        for each in callers_up(program, function)
    ):
        return True
    said = {each.id for one in send.node.arguments for each in tree.walk(one) if isinstance(each, tree.Name)}
    whom = [
        each
        for each in function.node.parameters
        if isinstance(each.target, tree.Name) and each.target.id not in said
    ]
    for call in callers(program, function):
        inside = call.index.function_of(call.node)
        given = [argument_of(call.node, function.node, each) for each in whom]
        if inside is not None and any(carries(call.to(inside), each) for each in given if each is not None):
            return True
    key = send.node.callee.object if isinstance(send.node.callee, tree.Member) else send.node.callee
    return carries(function, key)


def _is_given_away(handling: Handling, at: At[tree.Expr]) -> bool:
    """Whether a registry, or what it holds, is handed to code that cannot be read here."""
    parent = at.parent
    call = at.index.parents.get(parent) if isinstance(parent, tree.Argument) else None
    if not isinstance(call, tree.Call):
        return False
    name = call.callee.name if isinstance(call.callee, tree.Member) else ""
    name = call.callee.id if isinstance(call.callee, tree.Name) else name
    return name not in _ASKING | _UPKEEP and not functions(handling.program, at.to(call.callee))


def _is_used_otherwise(handling: Handling, call: At[tree.Call], senders: set[tree.Node]) -> bool:
    """Whether a method that may send is called on what a registry holds."""
    callee = call.node.callee
    if not isinstance(callee, tree.Member) or callee.name in _UPKEEP:
        return False
    function = call.index.function_of(call.node)
    return function not in senders and not handling.sockets.is_socket(callee.object)
