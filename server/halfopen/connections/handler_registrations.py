"""What an endpoint enters in containers that outlive it, and the ways out on which the entry stays."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.dossier import Leak, Resource
from halfopen.connections.handling import Handling, handling_for
from halfopen.connections.registration_container import ContainerView
from halfopen.connections.registration_entries import entered
from halfopen.connections.registries import removals_in
from halfopen.semantics import tree
from halfopen.semantics.members import members
from halfopen.semantics.program import At, Program


def registrations(handling: Handling) -> Iterator[Resource]:
    added = entered(handling)
    told: set[tree.Node] = set()
    for container in dict.fromkeys(each.container for each in added):
        mine = [each for each in added if each.container == container]
        if any(_in_context_manager(each.node) for each in mine):
            continue
        view = ContainerView(handling, container, frozenset(each.node.node for each in mine))
        for resource in view.resources(mine):
            if resource.acquired.start not in {node.start for node in told} or not resource.leaks:
                yield resource
        told |= {each.node.node for each in mine}


def _in_context_manager(at: At[tree.Node]) -> bool:
    """Registered by a generator, which has the `finally` for it: asked of the generator itself elsewhere."""
    function = at.index.function_of(at.node)
    return function is not None and function.is_generator


def class_registrations(program: Program, klass: At[tree.Class], name: str) -> Iterator[Resource]:
    """Starlette calls `on_disconnect` in its own `finally` (starlette 1.10.0 endpoints.py)."""
    connects = _method(program, klass, "on_connect")
    leaves = _method(program, klass, "on_disconnect")
    if connects is None:
        return
    handling = handling_for(program, connects, name)
    removing = handling_for(program, leaves, name).reachable if leaves is not None else ()
    removed = {each.container for function in removing for each in removals_in(program, function)}
    for registration in entered(handling):
        if registration.container in removed:
            continue
        yield Resource(
            kind="registration",
            what=str(registration.container),
            owner=name,
            acquired=registration.node.span,
            leaks=(Leak("never"),),
        )


def _method(program: Program, klass: At[tree.Class], name: str) -> At[tree.Function] | None:
    for value in members(program, klass, name):
        if isinstance(value.node, tree.Function):
            return value.to(value.node)
    return None
