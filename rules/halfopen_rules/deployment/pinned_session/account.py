"""What WS8F says of one endpoint: how many clients use up the pool."""

from __future__ import annotations

from halfopen.audit.account import Account, Assessment
from halfopen.audit.finding import Finding
from halfopen.audit.targets import Targets
from halfopen.connections.admission.facts import Admission
from halfopen.connections.dossier import Dossier
from halfopen_rules.estimates import processes


def assess(finding: Finding, dossier: Dossier, targets: Targets) -> Assessment:
    """By the pool's default size and the number of processes."""
    admission = dossier.admission if isinstance(dossier.admission, Admission) else None
    what = f"`{admission.pooled[0].what}`" if admission is not None and admission.pooled else "the session"
    count = processes(dossier)
    total = (
        f" ({15 * count} in {count} processes, each with a pool of its own)"
        if count is not None and count > 1
        else ""
    )
    return Assessment(
        f"{what} lives as long as the connection, which is hours and not the milliseconds of a request: the pool runs dry.",
        f"With SQLAlchemy's default pool (5 + 10) the 16th open client{total} makes every request that needs the database "
        f"wait 30 s and fail; {targets.connections_per_client} tabs each, that is {15 // targets.connections_per_client} users.",
    )


ACCOUNT = Account(assess)
