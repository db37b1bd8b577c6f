"""Gathers the facts of one connection: each group an answer of its own, so that an edit redoes only what rests on it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TypedDict, TypeVar

from halfopen.connections.admission.client import admission_of_client
from halfopen.connections.admission.facts import Admission, ClientAdmission
from halfopen.connections.admission.server import admission_of_endpoint
from halfopen.connections.background.client import background_of_client
from halfopen.connections.background.facts import Background
from halfopen.connections.background.server import background_of_endpoint
from halfopen.connections.client_site import ClientSite
from halfopen.connections.client_view import view_key
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
from halfopen.connections.server_site import ServerSite, site_key
from halfopen.connections.updates.client import updates_of_client
from halfopen.connections.updates.facts import Updates
from halfopen.semantics.program import Program
from halfopen.semantics.queries import AnswerToken

Group = TypeVar("Group")

_log = logging.getLogger(__name__)


class ServerFacts(TypedDict):
    """The groups of facts of an endpoint, as a dossier's fields; None for one that could not be read."""

    failures: tuple[str, ...]
    admission: Admission | None
    receiving: Receiving | None
    sending: Sending | None
    closing: Closing | None
    liveness: Liveness | None
    messages: Messages | None
    background: Background | None


class ClientFacts(TypedDict):
    """The groups of facts of a client, as a dossier's fields."""

    failures: tuple[str, ...]
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

    path, failures = site.endpoint.handler.span.path, list[str]()

    def group(name: str, extract: Callable[[ServerSite], Group]) -> Group | None:
        key, origin = (name, site.endpoint), site_key(site.endpoint)
        return _answer(site.program, name, key, origin, lambda: extract(site), path, failures)

    facts = ServerFacts(
        failures=(),
        admission=group("admission", admission_of_endpoint),
        receiving=group("receiving", receiving_of_endpoint),
        sending=group("sending", sending_of_endpoint),
        closing=group("closing", closing_of_endpoint),
        liveness=group("liveness", liveness_of_endpoint),
        messages=group("messages", messages_of_endpoint),
        background=group("background", background_of_endpoint),
    )
    facts["failures"] = tuple(failures)
    return facts


def client_facts(site: ClientSite) -> ClientFacts:
    """Every group of a client's facts."""

    path, failures = site.call.span.path, list[str]()

    def group(name: str, extract: Callable[[ClientSite], Group]) -> Group | None:
        key, origin = (name, site.client, site.made_with), view_key(site.client)
        return _answer(site.program, name, key, origin, lambda: extract(site), path, failures)

    facts = ClientFacts(
        failures=(),
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
    facts["failures"] = tuple(failures)
    return facts


@dataclass(frozen=True, slots=True)
class _Failed:
    """A group that could not be read: an answer like any other, which goes with what it rests on."""

    text: str


def _answer(
    program: Program,
    name: str,
    key: Hashable,
    origin: Hashable,
    extract: Callable[[], Group],
    path: str,
    failures: list[str],
) -> Group | None:
    """One group of facts. A group that cannot be read costs no other, and is told among the dossier's failures.

    `origin` is the answer that the site is made of, on which the group rests as well.
    """

    def compute() -> Group | _Failed:
        program.queries.note(AnswerToken(origin))
        try:
            return extract()
        except Exception as error:
            _log.exception("the %s of a connection in %s could not be read", name, path)
            return _Failed(f"the {name} of a connection here could not be read: {error!r}"[:300])

    found = program.queries.get(key, compute)
    if isinstance(found, _Failed):
        failures.append(found.text)
        return None
    return found
