"""What an endpoint acquires that must end with it, and on which ways out it does not."""

from __future__ import annotations

from halfopen.connections.dossier import Resource
from halfopen.connections.endpoints import Endpoint
from halfopen.connections.handler_reading import unread_handler
from halfopen.connections.handler_registrations import class_registrations, registrations
from halfopen.connections.handler_sessions import tasks_with_session
from halfopen.connections.handler_subscriptions import subscriptions
from halfopen.connections.handler_work import gathered, tasks
from halfopen.connections.handling import handling_for
from halfopen.semantics import tree
from halfopen.semantics.program import Program


def server_resources(program: Program, endpoint: Endpoint) -> tuple[Resource, ...]:
    """Everything the endpoint acquires, with the leaks of each."""
    if isinstance(endpoint.handler.node, tree.Class):
        return tuple(class_registrations(program, endpoint.handler.to(endpoint.handler.node), endpoint.name))
    handling = handling_for(program, endpoint.handler.to(endpoint.handler.node), endpoint.name)
    if not handling.sockets.nodes:
        return ()
    found = [*registrations(handling), *tasks(handling), *gathered(handling), *subscriptions(handling)]
    known = {each.acquired for each in found if each.leaks}
    found += [each for each in tasks_with_session(handling) if each.acquired not in known]
    unread = unread_handler(handling, found)
    if unread is not None:
        found.append(unread)
    return tuple(found)
