"""What WS8G says of one message type: that all of it is lost."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.account import Account, Assessment, Mitigation
from halfopen.audit.finding import Finding
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Known
from halfopen_rules.estimates import spanned


def assess(finding: Finding, dossier: Dossier, targets: Targets) -> Assessment:
    """By the type that nobody handles."""
    kind = spanned(finding, dossier.messages.sent) if dossier.messages is not None else None
    value = f"`{kind.value}`" if kind is not None else "this type"
    return Assessment(
        "The message arrives, is parsed, matches no branch and is gone, without an error on either side: silent message loss.",
        f"100 % of the messages of type {value}, on every connection, from the release on that brought the difference.",
    )


def mitigations(dossier: Dossier) -> Iterator[Mitigation]:
    """What is not known is taken by a default branch."""
    messages = dossier.messages
    if messages is None:
        return
    if isinstance(messages.handles_rest, Known) and messages.handles_rest.value:
        yield Mitigation(
            "a default branch takes message types that no branch knows", messages.handles_rest.evidence[:2]
        )


ACCOUNT = Account(assess, mitigations)
