"""The client's half: retries after every close, after none that is orderly, or on codes that never arrive."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.connections.admission.facts import Admission, ClientAdmission
from halfopen.connections.closing.facts import Close, Closing, is_application_code, is_sendable_by_browser
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Evidence, Fact, Known
from halfopen.connections.reconnection.facts import Reconnection, Trigger
from halfopen.semantics.unit import Span

CODE = "WS5B"
SLUG = "undistinguished-closes"

_POLICY = 1008
_DEFAULT = 1005
_NORMAL = 1000
_UNAUTHORISED = (1008, 4001, 4401)
_FEW_ATTEMPTS = 10
"""So few retries after a refusal are no burden for anybody."""
_LETS_EVERYBODY_IN = ("none", "not read", "unheeded", "optional")
_PASSING = (1001, 1011, 1012, 1013)
"""Closes after which a retry is right: the server goes away, fails, restarts or is busy."""


def client_findings(dossier: Dossier) -> Iterator[Finding]:
    """The gravest of what may be wrong."""
    closing, reconnection = dossier.closing, dossier.reconnection
    if closing is None or reconnection is None:
        return
    for found in (
        _throws(dossier, closing),
        _stops_itself(dossier, closing, reconnection),
        _never_arrives(dossier, closing),
        _retries_all(dossier, closing, reconnection),
        _takes_normal_for_done(dossier, closing, reconnection),
        _tells_nothing_apart(dossier, closing, reconnection),
    ):
        if found is not None:
            yield found
            return


def _throws(dossier: Dossier, closing: Closing) -> Finding | None:
    if dossier.connection.library != "native":
        return None
    for close in closing.closes:
        if (
            isinstance(close.code, Known)
            and not close.is_default
            and not is_sendable_by_browser(close.code.value)
        ):
            message = (
                f"{dossier.connection.name} closes with {close.code.value}, which a browser does not send: close() takes "
                "1000 or 3000 to 4999, throws InvalidAccessError for anything else, and the socket stays open"
            )
            return _finding(dossier, Severity.HIGH, Confidence.HIGH, close.place, message, ())
    return None


def _stops_itself(dossier: Dossier, closing: Closing, reconnection: Reconnection) -> Finding | None:
    """A watchdog that closes with the code that its own close handler takes for the end."""
    first = reconnection.first
    if first is None or first.codes is None:
        return None
    for close in closing.closes:
        code = close.code.value if isinstance(close.code, Known) else None
        if (
            close.why == "timeout"
            and code is not None
            and code in (_NORMAL, _DEFAULT)
            and code not in first.codes
        ):
            message = (
                f"{dossier.connection.name} closes a silent connection with {code}, and its own close handler does not "
                "reconnect after that code: one slow answer ends it for good"
            )
            evidence = (*first.evidence, *_seen(reconnection))
            return _finding(dossier, Severity.HIGH, Confidence.HIGH, close.place, message, evidence)
    return None


def _never_arrives(dossier: Dossier, closing: Closing) -> Finding | None:
    """A page's branch on a code that the server only gives before it accepts; for a program the server's side tells it."""
    if dossier.connection.site.unit.language == "python":
        return None
    for other in dossier.surroundings.others:
        sent = other.dossier.closing.closes if other.dossier.closing is not None else ()
        for code in closing.told_apart:
            if code != _POLICY and not is_application_code(code):
                continue
            same = [each for each in sent if isinstance(each.code, Known) and each.code.value == code]
            if not same or not all(_is_early(each) for each in same):
                continue
            message = (
                f"{dossier.connection.name} waits for the close code {code}, which {other.dossier.connection.name} gives only "
                "before it accepts: that is a refused handshake (HTTP 403), the browser reports 1006, and the branch never runs"
            )
            evidence = (*closing_evidence(closing), *(one for each in same[:2] for one in each.evidence))
            confidence = Confidence.HIGH if other.strength == "certain" else Confidence.MEDIUM
            place = _place(dossier)
            return _finding(dossier, Severity.MEDIUM, confidence, place, message, evidence)
    return None


def _is_early(close: Close) -> bool:
    return isinstance(close.before_accept, Known) and close.before_accept.value


def _retries_all(dossier: Dossier, closing: Closing, reconnection: Reconnection) -> Finding | None:
    """Every close is answered with a retry, whatever it says."""
    first = reconnection.first
    asks = isinstance(closing.asks_code, Known) and closing.asks_code.value
    if first is None or first.codes is not None or asks or first.kind in ("loop", "interval"):
        return None
    if first.kind == "library" and not isinstance(closing.asks_code, Known):
        return None
    if isinstance(reconnection.after_server_close, Known) and not reconnection.after_server_close.value:
        return None
    if isinstance(closing.learns_in_band, Known) and closing.learns_in_band.value:
        return None
    limit = reconnection.attempts.value if isinstance(reconnection.attempts, Known) else None
    evidence = (*first.evidence, *closing_evidence(closing))
    refusals = _refusals(dossier)
    if refusals:
        return _retries_refusals(dossier, refusals, reconnection, first)
    gentle = limit is not None and limit <= _FEW_ATTEMPTS
    name = dossier.connection.name
    if refuses_nobody(dossier):
        says = (
            f"{name} retries after every close without asking for its code. {_named(dossier)} refuses nobody today: should it "
            f"ever do so (1008, 4401), the refused client would ask again {_often(reconnection)}"
        )
        return _finding(dossier, Severity.MONITOR, Confidence.LOW, _place(dossier), says, evidence)
    says = (
        f"{name} retries after every close without asking for its code: a refusal (1008, 4401), a message that is too big "
        "(1009) and a restart of the server (1012) are all the same to it"
    )
    ends = _ends(dossier)
    if ends:
        says = (
            f"{name} retries after every close without asking for its code: after {_listed(ends)}, with which "
            f"{_named(dossier)} closes, it asks again {_often(reconnection)}"
        )
    if gentle:
        return _finding(dossier, Severity.MONITOR, Confidence.LOW, _place(dossier), says, evidence)
    return _finding(dossier, Severity.MEDIUM, Confidence.HIGH, _place(dossier), says, evidence)


def _ends(dossier: Dossier) -> list[int]:
    """The codes of the linked endpoints after which a retry is in vain."""
    found = {
        close.code.value
        for other in dossier.surroundings.others
        if other.dossier.closing is not None
        for close in other.dossier.closing.closes
        if isinstance(close.code, Known) and _is_in_vain(close) and close.is_sent and not _is_early(close)
    }
    return sorted(found)


def _retries_refusals(
    dossier: Dossier, refusals: list[Close], reconnection: Reconnection, first: Trigger
) -> Finding:
    """A client that its endpoint is known to refuse, and that takes that for a lost network."""
    attempts = reconnection.attempts
    limit = attempts.value if isinstance(attempts, Known) else None
    endless = isinstance(attempts, Known) and limit is None
    renewed = reads_its_token_anew(dossier)
    until = ", until something else has renewed the token that it reads each time" if renewed else ""
    message = (
        f"{dossier.connection.name} retries after every close without asking for its code: a client that "
        f"{_named(dossier)} refuses ({_told_by(refusals)}) is turned away {_turned_away(attempts)}{until}"
    )
    evidence = (*first.evidence, *(one for each in refusals[:2] for one in each.evidence))
    if limit is not None and limit <= _FEW_ATTEMPTS and all(_is_early(each) for each in refusals):
        # A refused handshake shows no code to anybody, and so few attempts are no burden.
        return _finding(dossier, Severity.MONITOR, Confidence.LOW, _place(dossier), message, evidence)
    severity = Severity.HIGH if endless and not renewed else Severity.MEDIUM
    return _finding(dossier, severity, Confidence.HIGH, _place(dossier), message, evidence)


def _turned_away(attempts: Fact[int | None]) -> str:
    match attempts:
        case Known(value=None):
            return "again and again, without end"
        case Known(value=limit):
            return f"{limit} times more"
        case _:
            return "again and again"


def _often(reconnection: Reconnection) -> str:
    match reconnection.attempts:
        case Known(value=None):
            return "without end"
        case Known(value=limit):
            return f"{limit} times"
        case _:
            return "as after a lost network"


def _named(dossier: Dossier) -> str:
    """The endpoint on the other side, or the endpoints."""
    names = sorted({each.dossier.connection.name for each in dossier.surroundings.others})
    return names[0] if len(names) == 1 else "its server"


def _told_by(refusals: list[Close]) -> str:
    """How a browser learns of them: by their codes, or as a failed handshake."""
    early = [each for each in refusals if _is_early(each)]
    codes = {each.code.value for each in refusals if isinstance(each.code, Known) and each not in early}
    told = [str(code) for code in sorted(codes)]
    if early:
        told.append("HTTP 403, which a browser shows as 1006")
    return ", ".join(told) or "whatever the code"


def reads_its_token_anew(dossier: Dossier) -> bool:
    """Whether each attempt asks for the token that it puts into the URL, and so finds one that was renewed meanwhile."""
    admission = dossier.admission
    return isinstance(admission, ClientAdmission) and any(each.read_each_time for each in admission.in_url)


def refuses_nobody(dossier: Dossier) -> bool:
    """Whether the endpoints that a client reaches let everybody in, and give no code that a retry is wrong after."""
    others = dossier.surroundings.others
    return bool(others) and all(
        isinstance(each.dossier.admission, Admission)
        and isinstance(each.dossier.admission.authentication, Known)
        and each.dossier.admission.authentication.value in _LETS_EVERYBODY_IN
        and each.dossier.closing is not None
        and not any(_is_in_vain(close) for close in each.dossier.closing.closes)
        for each in others
    )


def _is_in_vain(close: Close) -> bool:
    """Whether a retry after a close is of no use: what it says will be said again, or all is done."""
    if isinstance(close.code, Known) and close.code.value == _NORMAL:
        return close.why == "end"
    return not (isinstance(close.code, Known) and close.code.value in _PASSING)


def _refusals(dossier: Dossier) -> list[Close]:
    """The closes by which the linked endpoints keep somebody out; not those that ask to come back later (1013)."""
    return [
        close
        for other in dossier.surroundings.others
        if other.dossier.closing is not None
        for close in other.dossier.closing.closes
        if (close.why == "refusal" and _is_in_vain(close))
        or (isinstance(close.code, Known) and close.code.value in _UNAUTHORISED)
    ]


def _takes_normal_for_done(dossier: Dossier, closing: Closing, reconnection: Reconnection) -> Finding | None:
    """1000 counts as the end whoever sent it, and everything else is retried."""
    first = reconnection.first
    if first is None or first.codes is None or first.asks_clean:
        return None
    if _NORMAL in first.codes or 1006 not in first.codes or 1012 not in first.codes:
        return None
    refused = [code for code in _UNAUTHORISED if code in first.codes]
    retried = f", and {_listed(refused)} as if a retry could help" if refused else ""
    message = (
        f"{dossier.connection.name} takes every 1000 for its own end: a server or proxy that closes normally is never asked "
        f"again, while it retries all other codes{retried}"
    )
    evidence = (*first.evidence, *closing_evidence(closing))
    return _finding(dossier, Severity.MEDIUM, Confidence.MEDIUM, _place(dossier), message, evidence)


def _listed(codes: list[int]) -> str:
    return (
        " and ".join((", ".join(str(each) for each in codes[:-1]), str(codes[-1])))
        if codes[1:]
        else str(codes[0])
    )


def _tells_nothing_apart(dossier: Dossier, closing: Closing, reconnection: Reconnection) -> Finding | None:
    """Nothing reconnects, and the close handler treats a fault as it does a normal end."""
    automatic, asks = reconnection.automatic, closing.asks_code
    if not isinstance(automatic, Known) or automatic.value or reconnection.close_handler is None:
        return None
    if not isinstance(asks, Known) or asks.value or dossier.connection.library != "native":
        return None
    message = (
        f"The close handler of {dossier.connection.name} does not look at the code: a normal end, a refusal and a lost "
        "network look the same"
    )
    return _finding(dossier, Severity.MEDIUM, Confidence.LOW, reconnection.close_handler, message, ())


def _place(dossier: Dossier) -> Span:
    reconnection = dossier.reconnection
    if reconnection is not None and reconnection.close_handler is not None:
        return reconnection.close_handler
    first: Trigger | None = reconnection.first if reconnection is not None else None
    return first.place if first is not None else dossier.connection.site


def closing_evidence(closing: Closing) -> tuple[Evidence, ...]:
    return closing.asks_code.evidence


def _seen(reconnection: Reconnection) -> tuple[Evidence, ...]:
    if reconnection.close_handler is None:
        return ()
    return (Evidence(reconnection.close_handler, "the close handler"),)


def _finding(
    dossier: Dossier,
    severity: Severity,
    confidence: Confidence,
    span: Span,
    message: str,
    evidence: tuple[Evidence, ...],
) -> Finding:
    return Finding(CODE, SLUG, severity, confidence, span, message, dossier.connection.id, evidence)
