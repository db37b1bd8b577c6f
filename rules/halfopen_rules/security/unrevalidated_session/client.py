"""WS7A in the client: a token that lives long stands in the URL, and so in every log on the way."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.connections.admission.facts import ClientAdmission, CredentialInUrl
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Known
from halfopen_rules.security.unrevalidated_session.metadata import CODE, SLUG, USUAL


def token_in_url(dossier: Dossier) -> Iterator[Finding]:
    """One finding for each client, at the place where the token enters the URL."""
    admission = dossier.admission
    if not isinstance(admission, ClientAdmission) or _stays_on_this_machine(dossier):
        return
    telling = [each for each in admission.in_url if not _is_short_lived(each)]
    if not telling:
        return
    first = telling[0]
    plain = _is_plain(dossier)
    shown = f"?{first.parameter}=" if first.value == first.parameter else f"{first.parameter}={first.value}"
    message = (
        f"{dossier.connection.name} puts the token into the URL (`{shown}`): it stands in "
        f"the access logs of every server and proxy on the way {_how_long(first)}"
    )
    if plain:
        message += ", and crosses the network unencrypted (ws://)"
    yield Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.HIGH if plain else Severity.MONITOR if first.valid_seconds else USUAL,
        confidence=_sureness(first),
        span=first.span,
        message=message,
        connection=dossier.connection.id,
        evidence=tuple(one for each in telling for one in each.evidence),
    )


def _sureness(credential: CredentialInUrl) -> Confidence:
    """Low for a token that its library renews: whether it is long-lived depends on who reads the logs, and when."""
    if credential.valid_seconds is not None:
        return Confidence.LOW
    return Confidence.HIGH if isinstance(credential.short_lived, Known) else Confidence.MEDIUM


def _how_long(credential: CredentialInUrl) -> str:
    if credential.valid_seconds is None:
        return "for as long as it is valid"
    return f"for the {credential.valid_seconds / 60:.0f} min that it is valid"


def _is_short_lived(credential: CredentialInUrl) -> bool:
    return isinstance(credential.short_lived, Known) and credential.short_lived.value


def _stays_on_this_machine(dossier: Dossier) -> bool:
    """Whether every address is a loopback one: its log is the user's own."""
    urls = dossier.urls.urls if dossier.urls is not None else ()
    return bool(urls) and all(
        each.host_kind == "known" and each.host.startswith(("127.", "[::1]")) for each in urls
    )


def _is_plain(dossier: Dossier) -> bool:
    urls = dossier.urls.urls if dossier.urls is not None else ()
    return bool(urls) and all(
        each.scheme == "ws" and each.host_kind == "known" and not each.host.startswith("localhost")
        for each in urls
    )
