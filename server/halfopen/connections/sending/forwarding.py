"""Messages of a broker that are handed on to clients, and whether who publishes them also keeps them."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.facts import Evidence, Known
from halfopen.connections.handling import Handling
from halfopen.connections.registries import container_of
from halfopen.connections.sending.calling import callers_up, calls_member, described, is_called
from halfopen.connections.sending.channels import reaches, subscribed
from halfopen.connections.sending.facts import Forwarding
from halfopen.connections.sending.periodic import repeats
from halfopen.connections.sending.processes import senders
from halfopen.connections.sending.registered import Entered
from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.scopes import index_of
from halfopen.semantics.unit import Unit

_PUBLISHING = frozenset({"publish", "xadd", "execute", "notify"})
_GIVEN = frozenset(
    {
        None,
        "channel",
        "message",
        "topic",
        "subject",
        "payload",
        "body",
        "data",
        "routing_key",
        "exchange",
        "key",
        "event",
    }
)
"""What brokers call the arguments of a publish."""
LISTENING = frozenset({"listen", "get_message", "psubscribe", "add_listener"})
STORING = frozenset(
    {
        "commit", "add", "add_all", "execute", "insert_one", "insert_many", "update_one", "replace_one", "save",
        "create", "acreate", "asave", "xadd", "lpush", "rpush", "hset", "setex", "zadd", "bulk_create", "merge",
        "executemany", "upsert",
    }
)  # fmt: skip
"""Methods of stores that keep what they are given: SQLAlchemy, Django, MongoDB, Redis."""
_KEYS = frozenset(
    {"set", "setex", "psetex", "setnx", "delete", "hmset", "hincrby", "incr", "decr", "sadd", "srem"}
)
"""Methods of Redis that keep a state under its key; of the client that publishes, since others have such methods too."""


def forwards(
    program: Program, handlings: tuple[Handling, ...], registries: tuple[Entered, ...]
) -> Iterator[Forwarding]:
    """The first listener of a broker whose messages reach the endpoint's client."""
    listeners = [each for handling in handlings for each in handling.reachable if handling.sockets.nodes]
    for registry in registries:
        for sender in senders(program, registry):
            listeners += callers_up(program, sender)
    for function in listeners:
        taking = _takes(function)
        if taking is None:
            continue
        channels = subscribed(program, function)
        reaching = [each for each in published(program) if reaches(program, each[0], channels)]
        unstored = tuple(
            Evidence(call.span, f"{described(inside)} publishes it and keeps it nowhere")
            for call, inside, stores in reaching
            # What is told in every turn of a loop, the next turn tells again.
            if not stores and not repeats(program, call)
        )
        yield Forwarding(
            taking.span,
            tuple(Evidence(call.span, f"{described(inside)} publishes") for call, inside, _ in reaching[:3]),
            unstored[:3],
            tuple(
                Evidence(call.span, f"{described(inside)} stores it")
                for call, inside, stores in reaching
                if stores
            )[:3],
            (Evidence(taking.span, f"{described(function)} takes messages of the broker"),),
        )
        return


def _takes(function: At[tree.Function]) -> At[tree.Call] | None:
    """`pubsub.listen()` and the like; a stream that is read from a position is not at-most-once."""
    return calls_member(function, LISTENING) if is_shipped(function.path) else None


def published(program: Program) -> tuple[tuple[At[tree.Call], At[tree.Function], bool], ...]:
    """Every call that publishes to a broker, its function, and whether that or one that leads to it writes to a store."""
    return program.queries.search(("published", "python"), lambda: tuple(_published(program)))


def _published(program: Program) -> Iterator[tuple[At[tree.Call], At[tree.Function], bool]]:
    for module, unit in program.units_with("publish", "python", as_member=True):
        if not is_shipped(module.path):
            continue
        program.queries.note(unit)
        for call in _calls_of(module.path, unit):
            function = call.index.function_of(call.node)
            if function is None or _is_of_another_kind(program, call):
                continue
            inside = call.to(function)
            called = is_called(program, inside)
            # What nobody calls publishes nothing.
            if isinstance(called, Known) and not called.value:
                continue
            near = callers_up(program, inside)
            kept = (
                _keeps_state(call, inside) or any(map(_stores, near)) or _is_of_a_table(program, call, near)
            )
            yield call, inside, kept


def _calls_of(path: str, unit: Unit) -> Iterator[At[tree.Call]]:
    """`redis.publish(channel, message)`: an event bus of the process itself takes one argument."""
    for call in index_of(unit).calls:
        if (
            isinstance(call.callee, tree.Member)
            and call.callee.name == "publish"
            and len(call.arguments) >= 2
            and {each.name for each in call.arguments} <= _GIVEN
        ):
            yield At(path, unit, call)


def _is_of_another_kind(program: Program, call: At[tree.Call]) -> bool:
    """`ConfluencePublisher(site).publish(page, parent)`: a method of the project that tells no broker."""
    bodies = functions(program, call.to(call.node.callee))
    return bool(bodies) and not any(
        calls_member(function, _PUBLISHING)
        for body in bodies
        for function in (body, *_called_by(program, body))
    )


def _called_by(program: Program, body: At[tree.Function]) -> Iterator[At[tree.Function]]:
    for node in own_nodes(body):
        if isinstance(node, tree.Call):
            yield from functions(program, body.to(node.callee))


def _is_of_a_table(program: Program, publish: At[tree.Call], near: list[At[tree.Function]]) -> bool:
    """Whether what is published is an entry of a table of the process, where it can be asked for.

    `JOBS[job]["progress"] = done`, then `publish(job, JOBS[job])`.
    """
    nodes = {each.node for each in near}
    for function in near:
        for node in own_nodes(function):
            if not isinstance(node, tree.Call) or not node.arguments:
                continue
            runs_it = node is publish.node or any(
                each.node in nodes for each in functions(program, function.to(node.callee))
            )
            if runs_it and _is_entry(program, function, node.arguments[-1].value):
                return True
    return False


def _is_entry(program: Program, function: At[tree.Function], given: tree.Expr) -> bool:
    if (
        isinstance(given, tree.Call)
        and last_name(given.callee) in ("dumps", "copy", "dict")
        and given.arguments
    ):
        given = given.arguments[0].value
    if isinstance(given, tree.Index):
        return container_of(program, function.to(given.object)) is not None
    if not isinstance(given, tree.Name):
        return False
    binding = function.index.bindings.get(given)
    if binding is None:
        return False
    if any(
        isinstance(each.value, tree.Index) and _is_entry(program, function, each.value)
        for each in binding.definitions
    ):
        return True
    return any(
        isinstance(node, tree.Assign)
        and isinstance(node.value, tree.Name)
        and function.index.bindings.get(node.value) is binding
        and any(
            isinstance(target, tree.Index) and container_of(program, function.to(target.object)) is not None
            for target in node.targets
        )
        for node in own_nodes(function)
    )


def _keeps_state(publish: At[tree.Call], function: At[tree.Function]) -> bool:
    """`r.setex("job:1", 60, state)` beside `r.publish(...)`: what is told can be asked for."""
    assert isinstance(publish.node.callee, tree.Member)
    client = publish.to(publish.node.callee.object).text
    return any(
        isinstance(node, tree.Call)
        and isinstance(node.callee, tree.Member)
        and node.callee.name in _KEYS
        and function.to(node.callee.object).text == client
        for node in own_nodes(function)
    )


def _stores(function: At[tree.Function]) -> bool:
    return any(
        isinstance(node, tree.Call) and isinstance(node.callee, tree.Member) and node.callee.name in STORING
        for node in own_nodes(function)
    )
