"""What WS1D says of one endpoint: how many connections one client may take, and what gives way first."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.account import Account, Assessment, Mitigation
from halfopen.audit.finding import Finding
from halfopen.audit.targets import Targets
from halfopen.connections.admission.facts import Admission
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Known
from halfopen_rules.estimates import OPEN_FILES, clients_of, seconds, share

_OPENED = 50
"""How many connections a script opens in a second, at the least."""


def assess(finding: Finding, dossier: Dossier, targets: Targets) -> Assessment:
    """By what a connection costs."""
    admission = dossier.admission if isinstance(dossier.admission, Admission) else None
    failure = "Nothing counts, so one faulty page or one script may take what all others need: resource exhaustion by one client."
    if admission is not None and admission.pooled:
        return Assessment(
            failure,
            f"Each connection holds `{admission.pooled[0].what}`: the 16th of one client finds SQLAlchemy's default pool "
            f"(5 + 10) empty{share(dossier)}, and every other request waits 30 s and fails. The target is "
            f"{targets.connections_per_client} for each client.",
        )
    total = dossier.surroundings.serving.max_connections
    limit = total.value if isinstance(total, Known) and total.value is not None else None
    most = limit if limit is not None else OPEN_FILES
    rate = f" A script that opens {_OPENED} a second is there after {seconds(most / _OPENED)}"
    leaking = next((each for each in clients_of(dossier) if any(one.leaks for one in each.resources)), None)
    if leaking is not None and leaking.connection.side == "client":
        rate += f", and a page with `{leaking.connection.name}`, which leaves sockets behind (WS1B), adds to them unasked"
    ends = (
        f"the process's own limit of {limit:,} connections, which then refuses everybody"
        if limit is not None
        else f"the limit of open files{share(dossier)} ({OPEN_FILES:,} by default), at which nobody can connect any more"
    )
    return Assessment(
        failure,
        f"One client may hold all of them, up to {ends}; the target is {targets.connections_per_client}.{rate}.",
    )


def mitigations(dossier: Dossier) -> Iterator[Mitigation]:
    """A test refuses, or the process has a limit."""
    if not isinstance(dossier.admission, Admission):
        return
    for each in dossier.admission.connection_limits[:2]:
        yield Mitigation(f"`{each.test}` bounds the connections of a client", each.evidence[:2])


ACCOUNT = Account(assess, mitigations)
