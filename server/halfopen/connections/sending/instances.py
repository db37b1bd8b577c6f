"""Which instance of a class some code uses: two of one class keep clients of their own."""

from __future__ import annotations

from collections.abc import Iterable

from halfopen.connections.registries import FieldOf
from halfopen.connections.sending.registered import Entered
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.function_shape import is_receiver, returned
from halfopen.semantics.injection import dependency_providers
from halfopen.semantics.origin import Origin, ParameterOf
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.values import origins


def uses_another_instance(program: Program, registry: Entered, function: At[tree.Function]) -> bool:
    """Whether a function sends over an instance that no connection of the endpoint enters: its clients are others.

    Only where each instance is known by the call that makes it (`manager = ConnectionManager()`).
    """
    if not isinstance(registry.container, FieldOf):
        return False
    klass = registry.container.klass
    theirs = _instances(program, [function], klass)
    own = _instances(program, registry.handling.reachable, klass) if theirs else None
    return bool(own and theirs) and own is not None and own.isdisjoint(theirs or ())


def _instances(
    program: Program, code: Iterable[At[tree.Function]], klass: At[tree.Class]
) -> frozenset[tree.Node] | None:
    """The calls that make the instances whose methods some code calls; None where one is not known."""
    found: set[tree.Node] = set()
    for function in code:
        for node in own_nodes(function):
            if not isinstance(node, tree.Call) or not isinstance(node.callee, tree.Member):
                continue
            held = function.to(node.callee.object)
            if isinstance(held.node, tree.Name) and is_receiver(held.to(held.node), held.node.id):
                continue
            methods = functions(program, function.to(node.callee))
            if not any(each.index.class_of(each.node) is klass.node for each in methods):
                continue
            made = [each for origin in origins(program, held) for each in _provided(program, origin)]
            if not made or not all(
                isinstance(each, At) and isinstance(each.node, tree.Call) for each in made
            ):
                return None
            found |= {each.node for each in made if isinstance(each, At)}
    return frozenset(found)


def _provided(program: Program, origin: Origin) -> list[Origin]:
    """What a dependency gives for a parameter (`Depends(lambda: manager)`), else the origin itself."""
    if not isinstance(origin, ParameterOf):
        return [origin]
    return [
        each
        for provider in dependency_providers(program, origin)
        if isinstance(provider.node, tree.Function)
        for value in returned(provider.to(provider.node))
        for each in origins(program, value)
    ] or [origin]
