"""What becomes of messages: what a client's code says of it."""

from __future__ import annotations

import dataclasses

from halfopen.connections.client_site import ClientSite
from halfopen.connections.client_view import View
from halfopen.connections.delivery.catch_up import catch_up_of
from halfopen.connections.delivery.ending import last_message
from halfopen.connections.delivery.facts import Delivery, Refusal, Send
from halfopen.connections.delivery.outbox import outboxes_of
from halfopen.connections.delivery.resends import resends_of
from halfopen.connections.delivery.sends import sends_of
from halfopen.connections.tables import catalogue_of
from halfopen.libraries import Default
from halfopen.semantics import tree
from halfopen.semantics.program import Program
from halfopen.semantics.unit import Span


def delivery_of_client(site: ClientSite) -> Delivery:
    """The facts of one client."""
    if site.view is None:
        return Delivery()
    refusal = _library_refusal(site.program, site.library)
    sends = tuple(_by_library(each, refusal) for each in sends_of(site.view))
    return Delivery(
        sends=sends,
        outboxes=tuple(outboxes_of(site, site.view, sends)),
        resends=tuple(resends_of(site.view)),
        catch_up=tuple(dict.fromkeys(catch_up_of(site.view, sends))),
        open_handler=_registration(site.view, "open"),
        message_handler=_registration(site.view, "message"),
        last_message=last_message(site.view),
    )


def _registration(view: View, event: str) -> Span | None:
    """Where a handler of the socket's event is set."""
    for alias in view.held:
        member = alias.parent
        user = alias.index.parents.get(member) if isinstance(member, tree.Member) else None
        if not isinstance(member, tree.Member) or member.object is not alias.node:
            continue
        if member.name == f"on{event}" and isinstance(user, tree.Assign) and member in user.targets:
            return alias.to(member).span
        if (
            isinstance(user, tree.Call)
            and user.callee is member
            and member.name in view.socket.interface.listen
            and user.arguments
            and isinstance(user.arguments[0].value, tree.Literal)
            and user.arguments[0].value.value == event
        ):
            return alias.to(member).span
    return None


def _library_refusal(program: Program, library: str) -> Refusal:
    """What a library does with a message that is sent while there is no connection, unless told otherwise."""
    setting = catalogue_of(program).model("browser" if library == "native" else library).outbox.while_closed
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
