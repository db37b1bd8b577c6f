"""What WS1C says of one endpoint: what a stranger gets, and how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from halfopen.audit.account import Account, Assessment, Mitigation
from halfopen.audit.finding import Finding
from halfopen.audit.targets import Targets
from halfopen.connections.admission.facts import Admission, Exposed
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Known
from halfopen_rules.estimates import OPEN_FILES, share

_GETS: Mapping[Exposed, str] = {
    "echo": "only gets back what it sent itself",
    "public": "reads what anyone may read at its source",
    "unsent": "reads what will be sent once something calls the broadcasts",
    "invented": "reads the random numbers that stand for the data",
    "data": "reads what the endpoint sends",
    "actions": "reads what it sends and sets off what its messages set off",
}


def assess(finding: Finding, dossier: Dossier, targets: Targets) -> Assessment:
    """By who is let in."""
    admission = dossier.admission if isinstance(dossier.admission, Admission) else None
    where = f" at `{dossier.url.value}`" if isinstance(dossier.url, Known) else ""
    if admission is not None and any(each.span == finding.span for each in admission.ignored_refusals):
        return Assessment(
            "`close()` ends the connection and not the function: what follows runs for the refused as for the others.",
            "100 % of the refused clients reach the code behind the refusal; what it does before its first send or receive "
            "(reading, registering, writing) is done for a stranger.",
        )
    if admission is not None and any(each.span == finding.span for each in admission.optional_checks):
        return Assessment(
            "The check runs only for those who show something: leaving the credential out is the way in.",
            f"100 % of the clients that send none are let in{where}, and any script can leave it out.",
        )
    if admission is not None and admission.is_authenticated:
        deadline = admission.first_message_deadline_seconds
        if isinstance(deadline, Known) and deadline.value is None:
            return Assessment(
                "The connection is accepted before anybody is known, and the wait for the first message never ends: "
                "idle strangers hold sockets, tasks and memory.",
                f"A loop of {OPEN_FILES:,} connects from one machine takes a few seconds and uses up the usual limit of "
                f"{OPEN_FILES:,} open files{share(dossier)}: after that nobody connects.",
                example=1,
            )
        return Assessment(
            "A browser adds the cookie to a handshake from any website, and CORS does not apply to WebSocket: "
            "cross-site WebSocket hijacking (CWE-1385).",
            f"Any page that a signed-in user visits can open{where} as that user: one visit is enough, and the log "
            "shows an ordinary connection.",
        )
    known = admission.authentication if admission is not None else None
    if admission is not None and admission.capability and isinstance(known, Known) and known.value == "none":
        return Assessment(
            "The id is the only key, and it is no secret of anybody: it stands in the URL, and so in access logs, histories and "
            "shared links.",
            f"0 % of those who guess are let in{where}, 100 % of those who read one id are, for as long as the server keeps it.",
        )
    if isinstance(known, Known) and known.value == "unheeded":
        return Assessment(
            "The check runs, and its answer is thrown away: who failed it is served like everybody else.",
            f"100 % of those who show nothing, or something made up, are let in{where}.",
        )
    if isinstance(known, Known) and known.value in ("presence", "unverified"):
        return Assessment(
            "What is not verified is only a text: whoever writes it decides who they are.",
            f"100 % of the made-up credentials are accepted{where}: one line of script is any user.",
        )
    exposes = admission.exposes if admission is not None else None
    gets = _GETS[exposes.value] if isinstance(exposes, Known) else "is served like any user"
    return Assessment(
        "The guards of the HTTP routes do not stand before a WebSocket: CORS and HTTP middleware never see the handshake.",
        f"100 % of those who can reach the port are let in{where}: a stranger {gets}, from the first request on, "
        "with nothing in the log that tells it from a user.",
    )


def mitigations(dossier: Dossier) -> Iterator[Mitigation]:
    """Something checks who connects."""
    admission = dossier.admission
    if not isinstance(admission, Admission) or not admission.is_authenticated:
        return
    for each in admission.checks[:2]:
        when = "after accept" if each.after_accept else "before the client is served"
        yield Mitigation(f"`{each.by}` checks the {each.carrier} ({each.place}), {when}", each.evidence[:2])


ACCOUNT = Account(assess, mitigations)
