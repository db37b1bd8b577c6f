"""WS7A on the server: a credential that runs out is checked once, and the connection outlives it."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.connections.admission.facts import Admission, Check
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Evidence, Known, Unknown
from halfopen.semantics.unit import Span
from halfopen_rules.security.unrevalidated_session.metadata import CODE, SLUG, USUAL


def checked_once(dossier: Dossier) -> Iterator[Finding]:
    """One finding where a client that was let in stays in, whatever becomes of its token or its rights."""
    admission = dossier.admission
    if not isinstance(admission, Admission) or not admission.checks or not admission.is_authenticated:
        return
    if admission.optional_checks:
        return  # Who leaves the token out is let in without any (WS1C): to ask for it again would keep nobody out.
    lifetime = admission.lifetime
    known = isinstance(lifetime, Known)
    if lifetime is None or (known and not admission.outlives_its_checks):
        return
    check = _telling(admission)
    name = dossier.connection.name
    if known:
        message = f"{name} checks the token once, when the client connects ({check.by}): "
        message += "the socket outlives its expiry, a logout and the loss of rights"
        if admission.privileged:
            message += ", and what it carries is for administrators only"
    else:
        message = f"{name} asks {check.by} once, when the client connects: if what it checks can run out or be revoked, the socket outlives that"
    yield Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.HIGH if admission.privileged else USUAL,
        confidence=_confidence(admission, known),
        span=_place(dossier, admission, check),
        message=message,
        connection=dossier.connection.id,
        evidence=tuple(
            dict.fromkeys((*check.evidence, *_settles(lifetime), *_in_the_log(dossier, admission)))
        ),
    )


def _confidence(admission: Admission, known: bool) -> Confidence:
    if not known:
        return Confidence.LOW
    authentication = admission.authentication
    return authentication.confidence if isinstance(authentication, Known) else Confidence.MEDIUM


def _telling(admission: Admission) -> Check:
    """The check of a credential that runs out, else the first."""
    return next((each for each in admission.checks if each.expires), admission.checks[0])


def _in_the_log(dossier: Dossier, admission: Admission) -> Iterator[Evidence]:
    """The query string stands in the access log of uvicorn, where that is known to run, and in those of proxies.

    It is no part of the message: a client that puts its token into the URL has a finding of its own.
    """
    for shown in admission.in_query_string[:1] if admission.outlives_its_checks else ():
        logged = dossier.surroundings.serving.access_log_has_query
        where = (
            "the access log, with the query string of each handshake"
            if isinstance(logged, Known) and logged.value
            else "the URL, which access logs and proxies write down"
        )
        yield Evidence(shown.evidence[0].place, f"`{shown.name}` stands in {where}")


def _settles(lifetime: Known[object] | Unknown) -> tuple[Evidence, ...]:
    return lifetime.evidence if isinstance(lifetime, Unknown) else ()


def _place(dossier: Dossier, admission: Admission, check: Check) -> Span:
    """The call in the handler that leads to the check; the handler's name where it stands before it."""
    if check.place == "handler" and check.evidence:
        place = check.evidence[0].place
        if isinstance(place, Span):
            return place
    return admission.name or dossier.connection.site
