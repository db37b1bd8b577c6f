"""The server's half: codes that are illegal, that nobody can see, or that call a fault a normal end."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.connections.closing.facts import NORMAL, Close, Closing, is_application_code, is_sendable
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Evidence, Fact, Known
from halfopen_rules.errors.undistinguished_closes.client import CODE, SLUG

_POLICY = 1008
_INTERNAL_ERROR = 1011


def server_findings(dossier: Dossier) -> Iterator[Finding]:
    """The gravest of what may be wrong; what is only suspicious counts where nothing is surer."""
    closing = dossier.closing
    if closing is None:
        return
    found = [
        each
        for each in (
            _illegal(dossier, closing),
            _fault_as_normal(dossier, closing),
            _unseen(dossier, closing),
            _never_sent(dossier, closing),
            _silent(dossier, closing),
        )
        if each is not None
    ]
    if found:
        yield next((each for each in found if each.confidence is not Confidence.LOW), found[0])


def _is_lost_on_all(dossier: Dossier) -> bool:
    """Whether no linked client does anything by a code: none asks for it, and none comes back by itself."""
    clients = [each.dossier for each in dossier.surroundings.others]
    return bool(clients) and all(_asks_nothing(each) and _stays_away(each) for each in clients)


def _asks_nothing(client: Dossier) -> bool:
    """Whether a client's close handler leaves the code alone, or there is none."""
    closing, reconnection = client.closing, client.reconnection
    if closing is None or reconnection is None or closing.told_apart:
        return False
    asks = closing.asks_code
    return not asks.value if isinstance(asks, Known) else reconnection.close_handler is None


def _stays_away(client: Dossier) -> bool:
    automatic = client.reconnection.automatic if client.reconnection is not None else None
    return isinstance(automatic, Known) and not automatic.value


def _comes_back(client: Dossier) -> bool:
    """Whether a client connects again after any close, whatever its code."""
    reconnection = client.reconnection
    if reconnection is None or reconnection.first is None or reconnection.first.codes is not None:
        return False
    after = reconnection.after_server_close
    return not (isinstance(after, Known) and not after.value)


def _code(close: Close) -> int | None:
    return close.code.value if isinstance(close.code, Known) else None


def _is_early(close: Close) -> bool:
    return isinstance(close.before_accept, Known) and close.before_accept.value


def _illegal(dossier: Dossier, closing: Closing) -> Finding | None:
    for close in closing.closes:
        code = _code(close)
        if code is not None and not is_sendable(code) and close.is_sent and not _is_early(close):
            message = (
                f"{dossier.connection.name} closes with {code}, which must not be sent (RFC 6455, 7.4): servers raise an error "
                "on it, and the client sees 1006"
            )
            return _finding(dossier, Severity.MEDIUM, Confidence.HIGH, close, message)
    return None


def _fault_as_normal(dossier: Dossier, closing: Closing) -> Finding | None:
    """1000, given or by default, for an error, a timeout or a refusal."""
    name = dossier.connection.name
    lost = _is_lost_on_all(dossier) or _is_met_by_retries_alone(dossier, closing)
    then = (
        "none of its clients asks for the code so far"
        if lost
        else "clients that stop at 1000 do not come back, and those that retry cannot tell it from a normal end"
    )
    for close in closing.closes:
        if _code(close) != NORMAL or _is_early(close) or not close.is_sent:
            continue
        said = "without a code, which is 1000" if close.is_default else "with 1000"
        if close.why in ("error", "refusal") and close.told is not None:
            what = "ends an error" if close.why == "error" else "turns a client away"
            message = (
                f"{name} {what} with a close {said}: only the message before it tells it from a normal end"
            )
            confidence = Confidence.LOW if lost else Confidence.MEDIUM
            return _finding(dossier, Severity.MONITOR, confidence, close, message, (close.told,))
        if close.why == "error":
            message, confidence = f"{name} ends an error with a close {said}: {then}", Confidence.HIGH
        elif close.why == "timeout":
            message = f"{name} closes a connection that it takes for dead {said}: {then}"
            confidence = Confidence.HIGH
        elif close.why == "refusal":
            message = (
                f"{name} turns a client away {said}: it cannot tell the refusal from a normal end, and {then}"
            )
            confidence = Confidence.MEDIUM
        elif close.why == "end" and close.is_default and _has_own_end(closing, close):
            message = f"{name} closes in a finally {said}, whatever error led there: {then}"
            confidence = Confidence.MEDIUM
        else:
            continue
        return _finding(dossier, Severity.MEDIUM, Confidence.LOW if lost else confidence, close, message)
    return None


def _is_met_by_retries_alone(dossier: Dossier, closing: Closing) -> bool:
    """Whether every linked client comes back after any close, and no refusal makes that wrong: 1000 costs it nothing."""
    clients = [each.dossier for each in dossier.surroundings.others]
    comes_back = bool(clients) and all(_asks_nothing(each) and _comes_back(each) for each in clients)
    return comes_back and not any(each.why == "refusal" for each in closing.closes)


def _has_own_end(closing: Closing, close: Close) -> bool:
    """Whether no error of the endpoint is closed with a code of its own before the `finally`."""
    return not any(
        each is not close and each.why == "error" and _code(each) != NORMAL for each in closing.closes
    )


def _unseen(dossier: Dossier, closing: Closing) -> Finding | None:
    """Codes of the application that are given before the connection is accepted."""
    early = [each for each in closing.closes if _is_early(each) and _code(each) is not None]
    own = [each for each in early if is_application_code(_code(each) or 0)]
    policy = [each for each in early if _code(each) == _POLICY]
    chosen = own or policy
    if not chosen:
        return None
    first = chosen[0]
    code = _code(first)
    clients = [each.dossier for each in dossier.surroundings.others]
    asking = [each for each in clients if each.closing is not None and code in each.closing.told_apart]
    programs_only = bool(clients) and all(each.connection.site.unit.language == "python" for each in clients)
    if programs_only and not asking:
        return None  # a program is told of the 403 itself
    what = "raises" if first.is_raised else "closes with"
    seen = (
        f"{asking[0].connection.name}, which asks for {code}, gets that refusal instead"
        if programs_only
        else f"the browser sees 1006 instead of {code}, as after a lost network"
    )
    message = f"{dossier.connection.name} {what} {code} before it accepts: the handshake is answered with HTTP 403, and {seen}"
    late = any(is_application_code(_code(each) or 0) and not _is_early(each) for each in closing.closes)
    lost = _is_lost_on_all(dossier)
    if lost:
        message += "; its clients do not come back by themselves, and ask for no code so far"
    sure = bool(asking) or (bool(own) and not late and not lost and first.why == "refusal")
    confidence = Confidence.HIGH if sure else Confidence.LOW
    evidence = tuple(one for each in chosen[1:4] for one in each.evidence)
    return _finding(dossier, Severity.MEDIUM, confidence, first, message, evidence)


def _never_sent(dossier: Dossier, closing: Closing) -> Finding | None:
    """`raise WebSocketDisconnect(code)`: that exception tells of a close, and sends none."""
    for close in closing.closes:
        if not close.is_sent and not close.is_default:
            message = (
                f"{dossier.connection.name} raises WebSocketDisconnect with {_code(close) or 'a code'}: that exception says what "
                "the client did and sends nothing, so the client sees 1006; WebSocketException closes with a code"
            )
            return _finding(dossier, Severity.MEDIUM, Confidence.MEDIUM, close, message)
    return None


def _silent(dossier: Dossier, closing: Closing) -> Finding | None:
    """Errors after which the handler returns: what the client sees is what its server does then."""
    fate = dossier.surroundings.serving.code_on_return
    if not closing.silent_errors or (isinstance(fate, Known) and fate.value == _INTERNAL_ERROR):
        return None
    message = f"After an error {dossier.connection.name} {_ended(dossier, fate)}"
    first = closing.silent_errors[0]
    place = dossier.connection.site
    return Finding(
        CODE, SLUG, Severity.MEDIUM, Confidence.LOW, first.place or place, message, dossier.connection.id,
        closing.silent_errors,
    )  # fmt: skip


def _ended(dossier: Dossier, fate: Fact[int | None]) -> str:
    served = dossier.surroundings.serving.server
    server = served.value.name if isinstance(served, Known) else None
    if not isinstance(fate, Known):
        return (
            "ends without a close: on uvicorn the browser sees 1006, and cannot tell a fault of the server (1011) from a "
            "lost network"
        )
    if fate.value is None:
        return f"ends without a close: {server or 'the server'} leaves the socket open, and the client waits on it for nothing"
    if fate.value == NORMAL:
        return (
            f"returns as if all were done, and {server or dossier.connection.library} closes with {NORMAL}: the client cannot "
            "tell a fault of the server (1011) from a normal end"
        )
    return (
        f"ends without a close: with {server or 'its server'} the browser sees {fate.value}, and cannot tell a fault of the "
        "server (1011) from a lost network"
    )


def _finding(
    dossier: Dossier,
    severity: Severity,
    confidence: Confidence,
    close: Close,
    message: str,
    evidence: tuple[Evidence, ...] = (),
) -> Finding:
    return Finding(CODE, SLUG, severity, confidence, close.place, message, dossier.connection.id, evidence)
