"""Gathers the facts of one connection: each group an answer of its own, so that an edit redoes only what rests on it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable
from typing import TypedDict, TypeVar

from halfopen.connections.admission.client import admission_of_client
from halfopen.connections.admission.facts import Admission, ClientAdmission
from halfopen.connections.admission.server import admission_of_endpoint
from halfopen.connections.background.client import background_of_client
from halfopen.connections.background.facts import Background
from halfopen.connections.background.server import background_of_endpoint
from halfopen.connections.client_site import ClientSite
from halfopen.connections.closing.client import closing_of_client
from halfopen.connections.closing.facts import Closing
from halfopen.connections.closing.server import closing_of_endpoint
from halfopen.connections.delivery.client import delivery_of_client
from halfopen.connections.delivery.facts import Delivery
from halfopen.connections.freshness.client import freshness_of_client
from halfopen.connections.freshness.facts import Freshness
from halfopen.connections.liveness.client import liveness_of_client
from halfopen.connections.liveness.facts import Liveness
from halfopen.connections.liveness.server import liveness_of_endpoint
from halfopen.connections.messages.client import messages_of_client
from halfopen.connections.messages.facts import Messages
from halfopen.connections.messages.server import messages_of_endpoint
from halfopen.connections.presentation.client import presentation_of_client
from halfopen.connections.presentation.facts import Presentation
from halfopen.connections.receiving.facts import Receiving
from halfopen.connections.receiving.server import receiving_of_endpoint
from halfopen.connections.reconnection.client import reconnection_of_client
from halfopen.connections.reconnection.facts import Reconnection
from halfopen.connections.sending.facts import Sending
from halfopen.connections.sending.server import sending_of_endpoint
from halfopen.connections.server_site import ServerSite
from halfopen.connections.updates.client import updates_of_client
from halfopen.connections.updates.facts import Updates
from halfopen.semantics import tree
from halfopen.semantics.program import Program
from halfopen.semantics.queries import AnswerToken

Group = TypeVar("Group")

_log = logging.getLogger(__name__)


class ServerFacts(TypedDict):
    """The groups of facts of an endpoint, as a dossier's fields; None for one that could not be read."""

    admission: Admission | None
    receiving: Receiving | None
    sending: Sending | None
    closing: Closing | None
    liveness: Liveness | None
    messages: Messages | None
    background: Background | None


class ClientFacts(TypedDict):
    """The groups of facts of a client, as a dossier's fields."""

    admission: ClientAdmission | None
    reconnection: Reconnection | None
    presentation: Presentation | None
    freshness: Freshness | None
    delivery: Delivery | None
    updates: Updates | None
    closing: Closing | None
    liveness: Liveness | None
    messages: Messages | None
    background: Background | None


def server_facts(site: ServerSite) -> ServerFacts:
    """Every group of an endpoint's facts."""

    def group(name: str, extract: Callable[[ServerSite], Group]) -> Group | None:
        handler = site.endpoint.handler
        origin = ("server site", handler.node)
        return _answer(site.program, handler.span.path, name, handler.node, origin, lambda: extract(site))

    return ServerFacts(
        admission=group("admission", admission_of_endpoint),
        receiving=group("receiving", receiving_of_endpoint),
        sending=group("sending", sending_of_endpoint),
        closing=group("closing", closing_of_endpoint),
        liveness=group("liveness", liveness_of_endpoint),
        messages=group("messages", messages_of_endpoint),
        background=group("background", background_of_endpoint),
    )


def client_facts(site: ClientSite) -> ClientFacts:
    """Every group of a client's facts."""

    def group(name: str, extract: Callable[[ClientSite], Group]) -> Group | None:
        origin = ("client view", site.call.node)
        return _answer(site.program, site.call.span.path, name, site.call.node, origin, lambda: extract(site))

    return ClientFacts(
        admission=group("admission", admission_of_client),
        reconnection=group("reconnection", reconnection_of_client),
        presentation=group("presentation", presentation_of_client),
        freshness=group("freshness", freshness_of_client),
        delivery=group("delivery", delivery_of_client),
        updates=group("updates", updates_of_client),
        closing=group("closing", closing_of_client),
        liveness=group("liveness", liveness_of_client),
        messages=group("messages", messages_of_client),
        background=group("background", background_of_client),
    )


def _answer(
    program: Program, path: str, name: str, node: tree.Node, origin: Hashable, extract: Callable[[], Group]
) -> Group | None:
    """One group of facts. A group that cannot be read costs no other, and is told as a problem of its file.

    `origin` is the answer that the site is made of, on which the group rests as well.
    """
    key = (path, name, node)

    def compute() -> Group:
        program.queries.note(AnswerToken(origin))
        return extract()

    try:
        group = program.queries.get((name, node), compute)
    except Exception as error:
        _log.exception("the %s of a connection in %s could not be read", name, path)
        program.failures[key] = f"the {name} of a connection here could not be read: {error!r}"[:300]
        return None
    program.failures.pop(key, None)
    return group
