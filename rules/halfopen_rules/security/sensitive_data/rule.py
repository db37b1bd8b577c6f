"""WS7D: credentials, personal data and internals show in logs, messages, errors and URLs."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.audit.rule import Category, Rule
from halfopen.audit.targets import Targets
from halfopen.connections.admission.facts import Admission
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Evidence, Place
from halfopen.connections.messages.facts import Disclosed, Logged, Messages

CODE = "WS7D"
SLUG = "sensitive-data"


def check(dossier: Dossier, targets: Targets) -> Iterator[Finding]:
    """One finding for each way in which something shows: URL, message, error, log."""
    messages = dossier.messages
    if messages is None:
        return
    yield from _in_url(dossier)
    yield from _sent_back(dossier, messages)
    yield from _sent_along(dossier, messages)
    yield from _errors(dossier, messages)
    yield from _values(dossier, messages)
    yield from _payloads(dossier, messages)


def _in_url(dossier: Dossier) -> Iterator[Finding]:
    """A credential in the query string, which every access log on the way writes down.

    Where it also lets in for as long as the client stays, WS7A tells both.
    """
    admission = dossier.admission
    if not isinstance(admission, Admission) or admission.outlives_its_checks or not admission.in_query_string:
        return
    first = admission.in_query_string[0]
    message = (
        f"`{dossier.connection.name}` takes `{first.name}` from the query string: uvicorn's access log and every proxy "
        "write the URL with it, and whoever reads a log can connect with it"
    )
    yield _finding(
        dossier, Severity.HIGH, Confidence.HIGH, first.evidence[0].place, message, first.evidence[1:]
    )


def _sent_back(dossier: Dossier, messages: Messages) -> Iterator[Finding]:
    shown = [each for each in messages.disclosed if each.what == "credential"]
    for each in shown[:1]:
        message = (
            f"`{dossier.connection.name}` sends `{each.name}`, which the client was let in with, in a message: scripts of "
            "the page can read it there even where the cookie is HttpOnly"
        )
        yield _finding(dossier, Severity.HIGH, Confidence.HIGH, each.span, message, each.evidence)


def _sent_along(dossier: Dossier, messages: Messages) -> Iterator[Finding]:
    """A key of another service that the page keeps and sends with its request."""
    for each in [one for one in messages.disclosed if one.what == "service-key"][:1]:
        message = (
            f"`{dossier.connection.name}` sends `{each.name}` with its request, from the page's own settings: each script of "
            "the page and each log of messages on the way can take the key"
        )
        yield _finding(dossier, Severity.MEDIUM, Confidence.MEDIUM, each.span, message, each.evidence)


def _errors(dossier: Dossier, messages: Messages) -> Iterator[Finding]:
    shown = [each for each in messages.disclosed if each.what in ("exception", "traceback")]
    if not shown:
        return
    first = min(shown, key=lambda each: (each.what != "traceback", each.through == "broadcast"))
    if first.through == "broadcast":
        message = (
            f"What `{dossier.connection.name}` sends its clients holds the text of `{first.name}`: paths, SQL and answers of "
            "other services reach whoever watches"
        )
        evidence = (*first.evidence, *_others(shown, first))
        yield _finding(dossier, Severity.MEDIUM, Confidence.HIGH, first.span, message, evidence)
        return
    what = "a traceback" if first.what == "traceback" else f"the text of `{first.name}`"
    where = "as the close reason" if first.through == "close-reason" else "in a message"
    message = (
        f"`{dossier.connection.name}` sends {what} to the client {where}: paths, SQL and answers of other services "
        "reach whoever caused the error"
    )
    severity = Severity.HIGH if first.what == "traceback" else Severity.MEDIUM
    yield _finding(
        dossier, severity, Confidence.HIGH, first.span, message, (*first.evidence, *_others(shown, first))
    )


def _others(shown: list[Disclosed], first: Disclosed) -> Iterator[Evidence]:
    for each in shown:
        if each is not first:
            yield Evidence(each.span, "and here")


def _values(dossier: Dossier, messages: Messages) -> Iterator[Finding]:
    """Credentials and personal data that a log line writes out."""
    shown = [each for each in messages.logged if each.direction == "credential" and each.when != "debug"]
    if not shown:
        return
    first = max(shown, key=lambda each: each.is_sensitive)
    held = f" with `{first.holds}` in it" if first.holds else ""
    message = (
        f"A log line of `{dossier.connection.name}` writes out `{first.what}`{held}: {_read_by(dossier)}"
        + ("" if not first.is_sensitive else ", and it is enough to act as that user")
    )
    severity = Severity.HIGH if first.is_sensitive else Severity.MEDIUM
    yield _finding(
        dossier, severity, Confidence.HIGH, first.span, message, (*first.evidence, *_also(shown, first))
    )


def _payloads(dossier: Dossier, messages: Messages) -> Iterator[Finding]:
    """Whole messages that a log line writes. One level below what production shows is worth a look, no more."""
    received = [each for each in messages.logged if each.direction != "credential" and each.when == "always"]
    shown = [each for each in received if each.what == "message"]
    quiet = [
        each
        for each in messages.logged
        if each.what == "message" and each.when == "debug" and each.level == "debug"
    ]
    if shown:
        first = shown[0]
        count = f" in {len(shown)} places" if len(shown) > 1 else ""
        messages_ = f"`{first.of_type}` messages whole" if first.of_type and not count else "whole messages"
        message = (
            f"`{dossier.connection.name}` writes {messages_} to {_log_of(dossier)}{count}: what they say is there in clear, "
            f"{_read_by(dossier)}"
        )
        yield _finding(
            dossier,
            Severity.MEDIUM,
            Confidence.HIGH,
            first.span,
            message,
            (*first.evidence, *_also(shown, first)),
        )
    elif received:
        yield _content(dossier, received)
    elif quiet and dossier.connection.side == "server":
        first = quiet[0]
        message = (
            f"`{dossier.connection.name}` writes what clients send to the log verbatim at debug level: switched on in "
            "production, it records passwords and all else that is typed"
        )
        yield _finding(
            dossier,
            Severity.MONITOR,
            Confidence.MEDIUM,
            first.span,
            message,
            (*first.evidence, *_also(quiet, first)),
        )


def _content(dossier: Dossier, shown: list[Logged]) -> Finding:
    """The part of each message that holds what it says."""
    first = shown[0]
    of = f"of `{first.of_type}` messages" if first.of_type else "of its messages"
    message = (
        f"`{dossier.connection.name}` writes `{first.what}` {of} to {_log_of(dossier)}: what they say is there in clear, "
        f"{_read_by(dossier)}"
    )
    evidence = (*first.evidence, *_also(shown, first))
    return _finding(dossier, Severity.MEDIUM, Confidence.MEDIUM, first.span, message, evidence)


def _also(shown: list[Logged], first: Logged) -> Iterator[Evidence]:
    for each in shown:
        if each is not first:
            yield Evidence(each.span, "and here")


def is_on_a_page(dossier: Dossier) -> bool:
    """Whether a log line is the browser's, and not a program's output."""
    connection = dossier.connection
    return (
        connection.side == "client"
        and connection.library != "ws"
        and not connection.site.path.endswith(".py")
    )


def _log_of(dossier: Dossier) -> str:
    if is_on_a_page(dossier):
        return "the browser's console"
    return "the log" if dossier.connection.side == "server" else "its output"


def _read_by(dossier: Dossier) -> str:
    if is_on_a_page(dossier):
        return "for every extension and error collector of the page"
    return "for everybody who reads the logs and for as long as they are kept"


def _finding(
    dossier: Dossier,
    severity: Severity,
    confidence: Confidence,
    span: Place,
    message: str,
    evidence: tuple[Evidence, ...],
) -> Finding:
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=severity,
        confidence=confidence,
        span=span,
        message=message,
        connection=dossier.connection.id,
        evidence=evidence,
    )


RULE = Rule(
    code=CODE,
    slug=SLUG,
    title="Sensitive data",
    section="7D Sensitive Data in WebSocket Messages",
    category=Category.SECURITY,
    severity=Severity.MEDIUM,
    effort_hours=(0.5, 3.0),
    check=check,
    monitoring=("log lines that a scan for tokens and e-mail addresses finds: none",),
    related=("bandit:B105", "eslint:no-console", "codeql:py/clear-text-logging-sensitive-data"),
)
