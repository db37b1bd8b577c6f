"""WS1C: an endpoint lets in whoever connects, or does not hold on to its refusal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.audit.rule import Category, Rule
from halfopen.audit.targets import Targets
from halfopen.connections.admission.facts import Admission, Carrier, Exposed
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Evidence, Known
from halfopen.semantics.unit import Span

CODE = "WS1C"
SLUG = "unauthenticated-connection"

_WELL_KNOWN = frozenset({"fastapi", "starlette"})
_AMBIENT: frozenset[Carrier] = frozenset({"cookie"})
"""What a browser sends by itself, to a page of any origin too."""
_GIVES: Mapping[Exposed, str] = {
    "unsent": "so far nothing calls what would send to it",
    "invented": "what it sends so far is made of random numbers",
    "data": "a stranger can get what it sends",
    "actions": "a stranger can act through its messages",
}


def check(dossier: Dossier, targets: Targets) -> Iterator[Finding]:
    """One finding for each endpoint: the gravest gap in who is let in."""
    admission = dossier.admission
    if not isinstance(admission, Admission):
        return
    finding = (
        _refusal_goes_on(dossier, admission)
        or _nobody_asks(dossier, admission)
        or _never_verified(dossier, admission)
        or _left_out(dossier, admission)
        or _any_page_rides_along(dossier, admission)
        or _waits_for_ever(dossier, admission)
    )
    if finding is not None:
        yield finding


def _nobody_asks(dossier: Dossier, admission: Admission) -> Finding | None:
    """No authentication on any level, and something worth protecting."""
    authentication = admission.authentication
    if not isinstance(authentication, Known) or authentication.value not in ("none", "not read"):
        return None
    exposes = admission.exposes
    if not isinstance(exposes, Known) or exposes.value in ("echo", "public"):
        return None
    if admission.capability and authentication.value == "none":
        return _random_id(dossier, admission)
    name = dossier.connection.name
    listens = dossier.surroundings.serving.listens_on
    local = listens.evidence if isinstance(listens, Known) else ()
    who = "every program of the machine that it listens on" if local else "anyone who can reach the port"
    if authentication.value == "not read":
        shown = " and ".join(dict.fromkeys(f"`{each.name}`" for each in admission.credentials))
        message = f"{name} takes {shown} from the client and never looks at it: {who} is let in"
    else:
        message = f"{name} lets in {who}: no token, cookie or dependency is asked for on any level"
    if _origin(admission) == "none":
        message += ", and any website may connect from its visitors' browsers"
    elif _origin(admission):
        message += ", and the Origin that it looks at is one that any program may write"
    message += f"; {_GIVES[exposes.value]}"
    if exposes.value == "data" and _relays(dossier):
        message += ", and send to the others"
    if admission.guarded_beside:
        message += ", although routes beside it do ask who calls"
    critical = exposes.value == "actions" or bool(admission.guarded_beside)
    evidence = (*authentication.evidence, *exposes.evidence, *admission.guarded_beside[:1], *local)
    sure = dossier.connection.library in _WELL_KNOWN
    severity = Severity.CRITICAL if critical else Severity.HIGH
    confidence = min(authentication.confidence, Confidence.HIGH if sure else Confidence.MEDIUM)
    if local:
        severity = Severity.MEDIUM
    if exposes.value == "invented":
        severity = Severity.MONITOR
    elif exposes.value == "unsent":
        severity, confidence = Severity.MEDIUM, Confidence.LOW
    return _finding(dossier, admission, message, severity, confidence, evidence)


def _random_id(dossier: Dossier, admission: Admission) -> Finding:
    """A random id is all that is asked for: nobody guesses it, and whoever reads it has it for as long as it lives."""
    message = (
        f"{dossier.connection.name} asks for no token, cookie or dependency on any level, only for an id that was drawn at "
        "random: whoever reads it, in a log or a shared link, is let in as its owner, until the server forgets it"
    )
    confidence = Confidence.MEDIUM if admission.guarded_beside else Confidence.LOW
    return _finding(dossier, admission, message, Severity.MEDIUM, confidence, admission.capability)


def _relays(dossier: Dossier) -> bool:
    """Whether what a client sends goes out to other clients."""
    receiving = dossier.receiving
    return receiving is not None and any(each.kind in ("broadcast", "group") for each in receiving.work)


def _never_verified(dossier: Dossier, admission: Admission) -> Finding | None:
    authentication = admission.authentication
    if not isinstance(authentication, Known) or authentication.value not in (
        "presence",
        "unverified",
        "unheeded",
    ):
        return None
    names = " or ".join(dict.fromkeys(f"`{each.name}`" for each in admission.credentials)) or "the token"
    if authentication.value == "presence":
        message = f"{dossier.connection.name} only asks whether {names} is there, not whether it is valid: any text lets in"
    elif authentication.value == "unheeded":
        message = (
            f"{dossier.connection.name} asks who the client is and never looks at the answer: one that nobody knows is "
            "let in as well"
        )
    else:
        message = (
            f"{dossier.connection.name} decodes {names} without verifying its signature: "
            "a client can write whatever identity it likes into it"
        )
    severity = Severity.CRITICAL if authentication.value == "unverified" else Severity.HIGH
    return _finding(dossier, admission, message, severity, authentication.confidence, authentication.evidence)


def _refusal_goes_on(dossier: Dossier, admission: Admission) -> Finding | None:
    if not admission.ignored_refusals:
        return None
    first = admission.ignored_refusals[0]
    message = (
        f"{dossier.connection.name} refuses a client and goes on: {first.what}, so code meant for "
        "those who passed runs for the others too, until a send or receive raises RuntimeError"
    )
    return _finding(dossier, admission, message, Severity.HIGH, Confidence.HIGH, first.evidence, first.span)


def _left_out(dossier: Dossier, admission: Admission) -> Finding | None:
    """The check runs only for clients that show a credential."""
    if not admission.optional_checks:
        return None
    first = admission.optional_checks[0]
    message = (
        f"{dossier.connection.name} verifies `{first.what}` only where it is given: a client that leaves it out "
        "is let in without any check"
    )
    return _finding(dossier, admission, message, Severity.HIGH, Confidence.MEDIUM, first.evidence, first.span)


def _any_page_rides_along(dossier: Dossier, admission: Admission) -> Finding | None:
    """Cookies alone let in, and the Origin header is not looked at (CWE-1385)."""
    carriers = {each.carrier for each in admission.checks if each.strength != "unverified"}
    if not admission.is_authenticated or not carriers & _AMBIENT or _origin(admission) == "exact":
        return None
    cookie = admission.same_site_cookie
    if isinstance(cookie, Known) and cookie.value in ("lax", "strict"):
        severity, who = (
            Severity.MEDIUM,
            f"pages of other ports and subdomains can open the socket as their visitor (SameSite={cookie.value} "
            "keeps out other sites alone)",
        )
    else:
        severity, who = (
            Severity.HIGH,
            "another website can open the socket as its visitor (the browser adds the cookie for any page)",
        )
    said = (
        "compares only a part of the Origin header"
        if _origin(admission) == "weak"
        else "never looks at the Origin header"
    )
    message = f"{dossier.connection.name} lets in by a cookie and {said}: {who}"
    evidence = tuple(one for each in admission.checks if each.carrier == "cookie" for one in each.evidence)
    if isinstance(cookie, Known):
        evidence += cookie.evidence
    return _finding(dossier, admission, message, severity, Confidence.MEDIUM, evidence[:4])


def _waits_for_ever(dossier: Dossier, admission: Admission) -> Finding | None:
    deadline = admission.first_message_deadline_seconds
    if not isinstance(deadline, Known) or deadline.value is not None:
        return None
    message = (
        f"{dossier.connection.name} accepts first and waits for the message with the token without a time limit: "
        "clients that never send one keep their connection for ever"
    )
    return _finding(dossier, admission, message, Severity.MEDIUM, Confidence.MEDIUM, deadline.evidence)


def _origin(admission: Admission) -> str:
    origin = admission.origin_check
    return origin.value if isinstance(origin, Known) else ""


def _finding(
    dossier: Dossier,
    admission: Admission,
    message: str,
    severity: Severity,
    confidence: Confidence,
    evidence: tuple[Evidence, ...],
    span: Span | None = None,
) -> Finding:
    accepted = admission.accepted
    if accepted is not None and span is None:
        evidence = (accepted, *evidence)
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=severity,
        confidence=confidence,
        span=span or admission.name or dossier.connection.site,
        message=message,
        connection=dossier.connection.id,
        evidence=tuple(dict.fromkeys(evidence)),
    )


RULE = Rule(
    code=CODE,
    slug=SLUG,
    title="Unauthenticated connection",
    section="1C Missing Connection Validation",
    category=Category.SECURITY,
    severity=Severity.CRITICAL,
    effort_hours=(1.0, 4.0),
    check=check,
    monitoring=(
        "refused handshakes by reason (no credential, invalid, wrong origin)",
        "connections open without an authenticated user",
    ),
    sides=frozenset({"server"}),
)
