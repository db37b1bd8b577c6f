"""What WS4C says of one broadcast: who waits for whom, and for how long."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.account import Account, Assessment, Mitigation
from halfopen.audit.finding import Finding
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Known
from halfopen_rules.estimates import notices_after, seconds, server_name, share, spanned

_TCP = "15 min (Linux's default)"


def assess(finding: Finding, dossier: Dossier, targets: Targets) -> Assessment:
    """By how the broadcast goes to its clients."""
    sending = dossier.sending
    broadcast = spanned(finding, sending.broadcasts) if sending is not None else None
    departure = spanned(finding, sending.swallowed_departures) if sending is not None else None
    if departure is not None:
        return Assessment(
            "A failing send is the only thing that tells this handler of a departure, and it is caught: a zombie connection.",
            f"Each client that leaves keeps its handler{share(dossier)} until the process restarts; at 1,000 visits a day "
            "that is 1,000 loops that send to nobody.",
        )
    found = notices_after(dossier)
    pings = (
        f" The pings of {server_name(dossier)} notice the dead client after {seconds(found)}, and the close that they "
        "begin waits for the same full buffer."
        if found
        else ""
    )
    if broadcast is not None and broadcast.dispatch == "gather":
        return Assessment(
            "A client that stopped reading lets its receive window run full, and the send to it does not come back: whoever "
            "called the broadcast waits with it.",
            f"One stalled client holds up the caller for up to {_TCP}; the others do get that message, but not the next "
            f"one from the same caller.{pings}",
            names={"broadcast": broadcast.name.rsplit(".", 1)[-1]},
        )
    lock = (
        f", and with the lock `{broadcast.lock}` held nobody can join or leave"
        if broadcast and broadcast.lock
        else ""
    )
    names = _names(broadcast.name, broadcast.registry) if broadcast is not None else {}
    return Assessment(
        "A client that stopped reading (a suspended laptop, a phone without signal) lets its receive window run full, and "
        "the next send to it does not come back: everybody behind it waits.",
        f"One stalled client out of a thousand stops delivery to all after it{share(dossier)}{lock}, for up to {_TCP} or "
        f"until the process restarts.{pings}",
        names=names,
    )


def _names(broadcast: str, registry: str) -> dict[str, str]:
    """The example's `broadcast` and `self.active_connections`, as far as the code at hand has the same shape."""
    names: dict[str, str] = {}
    method, attribute = broadcast.rsplit(".", 1)[-1], registry.rsplit(".", 1)[-1]
    if method.isidentifier():
        names["broadcast"] = method
    if "." in registry and attribute.isidentifier():
        names["active_connections"] = attribute
    return names


def mitigations(dossier: Dossier) -> Iterator[Mitigation]:
    """Sends with a time limit, and failures caught for each client."""
    for each in dossier.sending.broadcasts if dossier.sending is not None else ():
        if isinstance(each.timeout, Known) and each.timeout.value is not None and each.failure == "caught":
            yield Mitigation(
                f"`{each.name}` gives each send {seconds(each.timeout.value)} and catches its failure",
                each.timeout.evidence[:2],
            )
        elif each.dispatch == "queues":
            yield Mitigation(f"`{each.name}` only fills a queue for each client", each.evidence[:2])


ACCOUNT = Account(assess, mitigations)
