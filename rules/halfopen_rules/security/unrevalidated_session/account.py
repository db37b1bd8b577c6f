"""What WS7A says of one connection: for how long somebody stays in who should be out."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.account import Account, Assessment, Mitigation
from halfopen.audit.finding import Finding
from halfopen.audit.targets import Targets
from halfopen.connections.admission.facts import Admission
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Known
from halfopen_rules.estimates import seconds


def assess(finding: Finding, dossier: Dossier, targets: Targets) -> Assessment:
    """By the side, and what bounds a connection's age."""
    if dossier.connection.side == "client":
        return Assessment(
            "A URL is written down by every server and proxy that it passes, and a token in it with it.",
            "100 % of the handshakes put the token into the access logs on the way; with each reconnect once more. For as long "
            "as it is valid, whoever reads a log can connect as that user.",
        )
    age = dossier.surroundings.serving.max_age
    bound = (
        f"{age.value.layer} ends each connection after {seconds(age.value.seconds)}: so long at most"
        if isinstance(age, Known)
        else "nothing on the way bounds a connection's age: for as long as the page is open, which for a dashboard is days"
    )
    admission = dossier.admission if isinstance(dossier.admission, Admission) else None
    by = f"`{admission.checks[0].by}`" if admission is not None and admission.checks else "The check"
    return Assessment(
        f"{by} runs once, at connect; what it found is never asked for again, while rights change and tokens run out.",
        f"A user who signs out, is blocked or whose token expires goes on receiving and sending; {bound}. A token of 15 min "
        "so becomes one of hours.",
    )


def mitigations(dossier: Dossier) -> Iterator[Mitigation]:
    """The admission is asked for again, or ends by itself."""
    admission = dossier.admission
    if not isinstance(admission, Admission) or not isinstance(admission.lifetime, Known):
        return
    words = {
        "revalidated": "the credential is checked again while the connection lives",
        "bounded": "the connection ends by itself in time",
        "no expiry": "the credential has none to run out",
    }.get(admission.lifetime.value)
    if words:
        yield Mitigation(words, admission.lifetime.evidence[:2])


ACCOUNT = Account(assess, mitigations)
