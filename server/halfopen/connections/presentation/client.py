"""What the user sees: what a client's code says of it."""

from __future__ import annotations

from halfopen.connections.client_site import ClientSite
from halfopen.connections.client_view import View
from halfopen.connections.facts import Evidence, Fact, Known, Unknown
from halfopen.connections.freshness.changes import changes_of
from halfopen.connections.presentation.blocking import blocked, withheld
from halfopen.connections.presentation.deafness import kept_intent
from halfopen.connections.presentation.facts import Presentation
from halfopen.connections.presentation.kept_error import kept_error
from halfopen.connections.presentation.kept_status import kept_status
from halfopen.connections.presentation.late_events import late_events
from halfopen.connections.presentation.logging_handlers import ASKING, is_only_watched, only_logged
from halfopen.connections.presentation.mounting import stays_mounted
from halfopen.connections.presentation.parallel import held_lock, parallel_socket
from halfopen.connections.presentation.polling import switched_polls
from halfopen.connections.presentation.promised_status import promised_status
from halfopen.connections.presentation.running import handlers_of, reconnects_at, running
from halfopen.connections.presentation.said_connecting import said_connecting
from halfopen.connections.presentation.sources import socket_data
from halfopen.connections.presentation.status import status_shown
from halfopen.connections.presentation.stuck import stuck_flags
from halfopen.connections.presentation.succession import successor_of
from halfopen.semantics import tree
from halfopen.semantics.program import At
from halfopen.semantics.react import Effect

_RECORDERS = frozenset({b"MediaRecorder", b"getUserMedia", b"AudioWorkletNode", b"createScriptProcessor"})
"""What records sound or pictures in a browser."""


def presentation_of_client(site: ClientSite) -> Presentation:
    """The facts of one client; those of its states are the browser's own where a library keeps them."""
    view = site.view
    if view is None or site.made_with is not None:
        return Presentation()
    changing = _changing(view)
    successor = successor_of(view, changing)
    closing = handlers_of(view, "close")
    return Presentation(
        knows_state=_knows_state(view),
        only_logged=only_logged(view),
        is_only_watched=is_only_watched(view),
        successor=successor,
        late_events=late_events(view) if successor is not None else (),
        parallel=parallel_socket(view),
        held_lock=held_lock(view),
        kept_intent=kept_intent(view, changing),
        retries=_retries(view),
        close_handler=closing[0].span if closing else None,
        status_shown=status_shown(view),
        kept_status=kept_status(view),
        promised_status=promised_status(view),
        kept_error=kept_error(view),
        said_connecting=said_connecting(view),
        blocked=blocked(view),
        withheld=withheld(view),
        stuck_flags=stuck_flags(view),
        data=socket_data(view),
        captures=bool(_RECORDERS & view.call.unit.words),
        switched_polls=switched_polls(view),
        stays_mounted=stays_mounted(view, bool(changing)),
    )


def _changing(view: View) -> tuple[tuple[Effect, tuple[tree.Expr, ...]], ...]:
    """The effects that make the socket, with those of their dependencies that may change."""
    found: list[tuple[Effect, tuple[tree.Expr, ...]]] = []
    for effect in view.reach.effects:
        changing = tuple(
            each for each in effect.dependencies or () if changes_of(view.program, effect.call.to(each))
        )
        if changing:
            found.append((effect, changing))
    return tuple(found)


def _knows_state(view: View) -> Fact[bool]:
    """Whether anything asks for the socket's state; unknown where the socket is handed to foreign code.

    A handler that does nothing but close the socket (`ws.onerror = () => ws.close()`) tells the code nothing.
    """
    only_closes = False
    for event in ("open", "close", "error"):
        found = handlers_of(view, event)
        only_closes = only_closes or (bool(found) and event == "error")
        found = [each for each in found if not _only_closes(view, each)]
        if found:
            return Known(True, (Evidence(found[0].span, f"handles {event}"),))
    for alias in view.held:
        parent = alias.parent
        if (
            isinstance(parent, tree.Member)
            and parent.object is alias.node
            and parent.name in ASKING
            and not (parent.name == "onerror" and only_closes)
        ):
            return Known(True, (Evidence(alias.to(parent).span, "asks for the socket's state"),))
        if isinstance(parent, tree.Argument | tree.Return | tree.Attribute | tree.Entry | tree.Template):
            return Unknown("what the socket is handed to", (Evidence(alias.span, "the socket is handed on"),))
    return Known(
        False, (Evidence(view.call.span, "no handler looks at its state, nor does anything read readyState"),)
    )


def _only_closes(view: View, handler: At[tree.Function]) -> bool:
    """Whether all that a handler does is to close the socket."""
    statements = handler.node.body.statements
    return bool(statements) and all(
        isinstance(each, tree.Do | tree.Return)
        and isinstance(each.value, tree.Call)
        and isinstance(each.value.callee, tree.Member)
        and each.value.callee.name in view.socket.interface.close
        and each.value.callee.object in view.socket.nodes
        for each in statements
    )


def _retries(view: View) -> Fact[bool]:
    """Whether the close or error handler sets the connection up again, or an interval does."""
    roots = [*handlers_of(view, "close"), *handlers_of(view, "error")]
    for current in running(view, roots):
        for at in current.nodes():
            if isinstance(at.node, tree.Call) and reconnects_at(view, at.to(at.node)):
                return Known(True, (Evidence(at.span, "sets the connection up again"),))
    return Known(False, (Evidence(view.call.span, "no handler sets the connection up again"),))
