"""WS3D in the client: what it keeps of messages only grows."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Evidence, Known

_BUSY = frozenset({"timer", "effect", "message", "code"})
"""What sends without a person: its messages pile up for as long as an outage lasts."""


def piled_up_by_client(dossier: Dossier, code: str, slug: str) -> Iterator[Finding]:
    """Outboxes without a bound that no person fills, and lists that every message makes longer."""
    delivery, updates = dossier.delivery, dossier.updates
    if delivery is None or updates is None:
        return
    for box in delivery.outboxes:
        if box.limit is not None and not box.limit_is_option:
            continue
        if not box.limit_is_option and not _BUSY & set(box.fed_by):
            continue
        why = (
            "has no bound unless its user sets one"
            if box.limit_is_option
            else "has no bound, and what is sent without a person fills it"
        )
        yield Finding(
            code=code,
            slug=slug,
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
            span=box.place,
            message=(
                f"{box.container} in `{dossier.connection.name}` keeps every message that is sent while the connection is "
                f"down, and {why}: an outage of an hour is flushed to the server all at once"
            ),
            connection=dossier.connection.id,
            evidence=box.evidence,
        )
        return
    reconnection = dossier.reconnection
    if reconnection is None or not (
        isinstance(reconnection.automatic, Known) and reconnection.automatic.value
    ):
        return
    for write in updates.writes:
        if write.how == "appended" and not (
            write.bounded or write.emptied or write.deduplicated or write.is_conversation
        ):
            yield Finding(
                code=code,
                slug=slug,
                severity=Severity.MEDIUM,
                confidence=Confidence.MEDIUM,
                span=write.place,
                message=(
                    f"`{write.state}` gets longer with every message and nothing ever cuts or empties it: a page that stays "
                    "open all day keeps and renders all of them"
                ),
                connection=dossier.connection.id,
                evidence=tuple(Evidence(each.place, each.text) for each in write.evidence),
            )
            return
