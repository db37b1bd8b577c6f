"""The subscriptions to a broker that an endpoint makes for its client, and what ends them."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import replace

from halfopen.connections.dossier import FinallyRepair, Leak, Resource
from halfopen.connections.facts import Evidence
from halfopen.connections.handler_work import ENDING_SUBSCRIPTION, resource_of_exits
from halfopen.connections.handling import Handling, statement_of
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.flow import aliases
from halfopen.semantics.program import At, own_nodes
from halfopen.semantics.values import origins


def subscriptions(handling: Handling) -> Iterator[Resource]:
    """`pubsub.subscribe(...)` on a pubsub that the function itself made: the handler, or what it runs for its client."""
    for function in handling.reachable:
        if function.node is not handling.root.node and not _is_for_one_client(handling, function):
            continue
        for node in own_nodes(function):
            if (
                isinstance(node, tree.Call)
                and isinstance(node.callee, tree.Member)
                and node.callee.name in ("subscribe", "psubscribe")
                and isinstance(node.callee.object, tree.Name)
            ):
                made = _made_here(handling, function, node.callee.object)
                if made:
                    yield from _subscription(
                        replace(handling, root=function), node, node.callee.object.id, made
                    )


def _is_for_one_client(handling: Handling, function: At[tree.Function]) -> bool:
    """Whether a function is given this client's socket, or stands in its handler: not a listener for all clients."""
    if function.index.function_of(function.node) is handling.root.node:
        return True
    return any(
        isinstance(node, tree.Call)
        and any(handling.sockets.is_socket(each.value) for each in node.arguments)
        and any(each.node is function.node for each in functions(handling.program, caller.to(node.callee)))
        for caller in handling.reachable
        for node in own_nodes(caller)
    )


def _made_here(handling: Handling, function: At[tree.Function], name: tree.Name) -> list[At[tree.Call]]:
    """The `redis.pubsub()` that a name stands for, where the function itself calls it and no `with` ends it."""
    made = [
        origin.to(origin.node)
        for origin in origins(handling.program, function.to(name))
        if isinstance(origin, At) and isinstance(origin.node, tree.Call) and origin.unit is function.unit
    ]
    made = [
        each
        for each in made
        if isinstance(each.node.callee, tree.Member)
        and each.node.callee.name == "pubsub"
        and each.index.function_of(each.node) is function.node
    ]
    return [] if any(isinstance(each.parent, tree.Item) for each in made) else made


def _subscription(
    handling: Handling, node: tree.Call, name: str, made: list[At[tree.Call]]
) -> Iterator[Resource]:
    held = {alias.node for each in made for alias in aliases(handling.program, each)}
    if any(isinstance(handling.root.index.parents.get(each), tree.Return) for each in held):
        return
    # The client of redis.asyncio: its `close()` is a coroutine as its `subscribe()` is.
    is_async = isinstance(handling.root.index.parents.get(node), tree.Await)

    def ends(at: At[tree.Node]) -> bool:
        return _ends(at, held) and not (is_async and isinstance(at.parent, tree.Do))

    resource = resource_of_exits(
        handling, node, ends, "subscription", f"the subscription of {name}", "is still subscribed", ""
    )
    if not resource.leaks:
        yield resource
        return
    never_run = _never_run(handling, held) if is_async and resource.leaks[0].kind == "never" else None
    if never_run is not None:
        said = Evidence(never_run.span, "makes a coroutine, and nothing awaits it")
        yield replace(resource, leaks=(Leak("not-awaited", (said,)),), repair=None)
        return
    statement = statement_of(handling.root, node)
    repair = resource.repair
    if statement is not None:
        repair = FinallyRepair(handling.root.span, handling.root.to(statement).span, f"await {name}.aclose()")
    yield replace(resource, repair=repair)


def _ends(at: At[tree.Node], held: Set[tree.Node]) -> bool:
    each = at.node
    return (
        isinstance(each, tree.Call)
        and isinstance(each.callee, tree.Member)
        and each.callee.name in ENDING_SUBSCRIPTION
        and each.callee.object in held
    )


def _never_run(handling: Handling, held: Set[tree.Node]) -> At[tree.Node] | None:
    """The first end of the subscription that is only a coroutine, since nothing awaits it."""
    return next(
        (
            handling.root.to(node)
            for node in own_nodes(handling.root)
            if _ends(handling.root.to(node), held) and isinstance(handling.root.to(node).parent, tree.Do)
        ),
        None,
    )
