"""What WS8C says of one call: for how long every connection of the process stands still."""

from __future__ import annotations

from halfopen.audit.account import Account, Assessment
from halfopen.audit.finding import Finding
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Known
from halfopen_rules.estimates import notices_after, seconds, server_name, share, spanned

_USUAL = {
    "sleep": "for as long as it sleeps",
    "request": "0.05 to 5 s, without a time limit for ever",
    "database": "1 to 50 ms for a simple query, seconds under load or on a lock",
    "process": "for as long as the process runs, 10 ms to minutes",
    "model": "1 to 30 s",
    "measure": "for as long as it measures",
    "cloud": "0.05 to 2 s",
    "wait": "for as long as it waits",
    "compute": "for as long as it computes",
    "load": "1 to 60 s, minutes where it is downloaded first",
    "file": "10 ms to seconds, by the size of the file",
}


def assess(finding: Finding, dossier: Dossier, targets: Targets) -> Assessment:
    """By how long the call takes and how often it comes."""
    blocking = spanned(finding, dossier.receiving.blocking) if dossier.receiving is not None else None
    failure = (
        "One event loop serves all connections of the process, and while this call runs it serves none: no message, no ping, "
        "no pong, no new client."
    )
    if blocking is None:
        return Assessment(
            failure, f"All connections{share(dossier)} stand still for as long as the call takes."
        )
    long = seconds(blocking.seconds) if blocking.seconds is not None else _USUAL[blocking.kind]
    often = "at each turn or message" if blocking.repeats else "once for each client that connects"
    found = notices_after(dossier)
    keepalive = dossier.surroundings.serving.keepalive
    timeout = keepalive.value.timeout_seconds if isinstance(keepalive, Known) else None
    beyond = (
        f" A call longer than {seconds(timeout)} makes {server_name(dossier)} close its own healthy clients with 1011."
        if timeout is not None and found is not None
        else ""
    )
    after = " After a restart, with 1,000 clients coming back, these add up." if not blocking.repeats else ""
    return Assessment(
        failure,
        f"Every connection{share(dossier)} stands still {often}: {long} (`{blocking.call}`).{after}{beyond}",
    )


ACCOUNT = Account(assess)
