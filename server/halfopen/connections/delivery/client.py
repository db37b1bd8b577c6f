"""What becomes of messages: what a client's code says of it."""

from __future__ import annotations

import dataclasses

from halfopen.connections.client_site import ClientSite
from halfopen.connections.delivery.facts import Delivery, Refusal, Send
from halfopen.connections.delivery.sends import sends_of
from halfopen.libraries import Default, defaults


def delivery_of_client(site: ClientSite) -> Delivery:
    """The facts of one client."""
    if site.view is None:
        return Delivery()
    refusal = _library_refusal(site.library)
    sends = tuple(_by_library(each, refusal) for each in sends_of(site.view))
    return Delivery(sends=sends)


def _library_refusal(library: str) -> Refusal:
    """What a library does with a message that is sent while there is no connection, unless told otherwise."""
    setting = defaults("browser" if library == "native" else library).outbox.while_closed
    match setting:
        case Default(value="queue"):
            return "queued"
        case Default(value="throw"):
            return "throws"
        case Default(value="callback"):
            return "returned"
        case _:
            return "silent"


def _by_library(send: Send, refusal: Refusal) -> Send:
    """A send as the library treats it: one that keeps or refuses messages by itself needs no guard around it."""
    if refusal != "silent" and send.guard in ("none", "present"):
        return dataclasses.replace(send, refusal=refusal)
    return send
