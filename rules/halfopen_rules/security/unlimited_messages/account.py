"""What WS7C says of one endpoint: what one client can set off, and how often."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.account import Account, Assessment, Mitigation
from halfopen.audit.finding import Finding
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Known
from halfopen_rules.estimates import share

_COSTS = {
    "model": "runs of a model, each with its price and its seconds of computing",
    "task": "tasks beside the loop",
    "broadcast": "sends for each connected client: with 200 of them 200,000",
    "group": "sends for each client of the group",
    "database": "accesses to the database, whose pool of 15 is then busy for nobody else",
    "request": "requests to another service, in this server's name",
    "process": "processes",
    "thread": "calls in a pool of 40 threads, which is full after the first 40",
    "job": "jobs in the queue, before everybody else's",
    "file": "accesses to the disk",
}


def assess(finding: Finding, dossier: Dossier, targets: Targets) -> Assessment:
    """By what a message costs."""
    receiving = dossier.receiving
    work = receiving.work[0] if receiving is not None and receiving.work else None
    cost = _COSTS[work.kind] if work is not None else "pieces of work"
    what = f" (`{work.what}`)" if work is not None else ""
    size = dossier.surroundings.serving.max_message_bytes
    biggest = (
        f" Each message may have {size.value / 2**20:g} MiB."
        if isinstance(size, Known) and size.value
        else ""
    )
    return Assessment(
        "Limits on HTTP requests count handshakes and never the messages after them, so one connection may send as fast as "
        "its line allows: message flooding.",
        f"1,000 messages in a second over one connection, which any script does, are 1,000 {cost}{what}{share(dossier)}, as far as "
        f"the loop keeps up; all other clients wait behind them.{biggest}",
    )


def mitigations(dossier: Dossier) -> Iterator[Mitigation]:
    """Something limits the rate."""
    for each in dossier.receiving.limits if dossier.receiving is not None else ():
        yield Mitigation(f"messages are limited by `{each.what}` ({each.kind})", each.evidence[:2])


ACCOUNT = Account(assess, mitigations)
