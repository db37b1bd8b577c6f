"""The client's half: messages and failures that vanish without a trace."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.connections.background.facts import Background, Catch, Watching
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Evidence, Known
from halfopen.semantics.unit import Span

CODE = "WS5A"
SLUG = "swallowed-error"
_NATIVE = frozenset({"native", "ws", "isomorphic-ws", "reconnecting-websocket", "partysocket"})
"""Libraries whose sockets have the browser's `error` and `close` events."""


def check_client(dossier: Dossier) -> Iterator[Finding]:
    """One finding: for the gravest clause that tells nobody, else for failures that nobody handles."""
    background = dossier.background
    if background is None:
        return
    silent = sorted((each for each in background.catches if _weight(each)), key=_weight, reverse=True)
    unseen = _unseen(dossier, background)
    if silent and (_weight(silent[0]) > 1 or unseen is None):
        yield _swallowing(dossier, silent, unseen)
    elif unseen is not None:
        yield unseen


def _weight(catch: Catch) -> int:
    """How much an empty clause hides; 0 for one that may be empty."""
    if catch.reaction != "silent" or catch.while_failing:
        return 0
    return {"message": 3, "parse": 3, "other": 2, "connect": 1, "send": 1}.get(catch.guards, 0)


def _swallowing(dossier: Dossier, silent: list[Catch], unseen: Finding | None) -> Finding:
    first = silent[0]
    more = [Evidence(each.span, "and here") for each in silent[1:4]]
    if unseen is not None and isinstance(unseen.span, Span):
        more.append(Evidence(unseen.span, unseen.message))
    confidence = {3: Confidence.HIGH, 2: Confidence.MEDIUM}.get(_weight(first), Confidence.LOW)
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.MEDIUM,
        confidence=confidence,
        span=first.span,
        message=_message(dossier.connection.name, first),
        connection=dossier.connection.id,
        evidence=tuple(more),
    )


def _message(name: str, catch: Catch) -> str:
    match catch.guards:
        case "parse":
            return (
                f"An empty catch around the parsing of a message in {name}: malformed data is lost unseen, and the view "
                "silently stays as it was"
            )
        case "message":
            return (
                f"An empty catch around the handling of a message in {name}: malformed data, and any exception "
                "of the code that takes it in, is lost unseen and the view silently stays as it was"
            )
        case "connect":
            return f"An empty catch around the connecting of {name}: a socket that cannot be made leaves no trace"
        case "send":
            return f"An empty catch around a send of {name}: a message that could not be sent looks sent"
        case _:
            return (
                f"An empty catch of {name} stops more than the close it is meant for: an exception of the code "
                "called beside it is lost unseen"
            )


def _unseen(dossier: Dossier, background: Background) -> Finding | None:
    """Failures of the socket itself that nobody handles, or that no handler tells of."""
    if dossier.connection.library not in _NATIVE:
        return None
    for each in background.watching:
        if each.tells:
            continue
        name = dossier.connection.name
        if not each.error and not each.close:
            if each.elsewhere:
                continue
            message = (
                f"{name} handles neither `error` nor `close`: a refused or lost connection looks like one that "
                "has nothing to say"
            )
            return _finding(dossier, dossier.connection.site, message, Confidence.HIGH, each.evidence)
        if not each.close and (each.elsewhere or not _only_closes(dossier)):
            continue
        place = each.evidence[-1].place
        span = place if isinstance(place, Span) else dossier.connection.site
        return _finding(dossier, span, _untold(dossier, each), _sureness(dossier), each.evidence)
    return None


def _sureness(dossier: Dossier) -> Confidence:
    """Whoever looks at a page that shows the loss learns of it, though not why."""
    return Confidence.LOW if _shows_loss(dossier) else Confidence.MEDIUM


def _only_closes(dossier: Dossier) -> bool:
    """Whether the handlers do nothing but close the socket, and nothing else asks for its state."""
    known = dossier.presentation.knows_state if dossier.presentation is not None else None
    return isinstance(known, Known) and not known.value


def _shows_loss(dossier: Dossier) -> bool:
    shown = dossier.presentation.status_shown if dossier.presentation is not None else None
    return isinstance(shown, Known) and shown.value


def _untold(dossier: Dossier, watching: Watching) -> str:
    name = dossier.connection.name
    if _shows_loss(dossier):
        return (
            f"The page shows that {name} lost its connection, but nothing tells why: no handler logs the error, and the "
            "close code is not looked at"
        )
    if not watching.close:
        return (
            f"The `error` handler of {name} only closes the socket, and `close` has none: a refused or lost connection "
            "leaves no trace"
        )
    return (
        f"No handler of {name} tells why its socket failed: neither `error` nor `close` logs or shows "
        "anything, and the close code is not looked at"
    )


def _finding(
    dossier: Dossier, span: Span, message: str, confidence: Confidence, evidence: tuple[Evidence, ...]
) -> Finding:
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.MEDIUM,
        confidence=confidence,
        span=span,
        message=message,
        connection=dossier.connection.id,
        evidence=evidence,
    )
