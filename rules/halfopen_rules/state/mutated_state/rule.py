"""WS6D: state that a message handler changes in place."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.audit.rule import Category, Rule
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Evidence
from halfopen.connections.updates.facts import Mutation

CODE = "WS6D"
SLUG = "mutated-state"


def check(dossier: Dossier, targets: Targets) -> Iterator[Finding]:
    """One finding for each piece of state, with every place that changes it."""
    if dossier.updates is None:
        return
    by_state: dict[str, list[Mutation]] = {}
    for each in dossier.updates.mutations:
        by_state.setdefault(each.state, []).append(each)
    for state, mutations in by_state.items():
        unseen = [each for each in mutations if not each.renewed]
        first = unseen[0] if unseen else mutations[0]
        yield Finding(
            code=CODE,
            slug=SLUG,
            severity=Severity.HIGH if unseen else Severity.MEDIUM,
            confidence=Confidence.HIGH,
            span=first.place,
            message=_message(state, first, bool(unseen)),
            connection=dossier.connection.id,
            evidence=(
                *first.evidence,
                *(
                    Evidence(each.place, "changed in place here too")
                    for each in mutations
                    if each is not first
                ),
            ),
        )


def _message(state: str, mutation: Mutation, unseen: bool) -> str:
    home = "the store's state" if mutation.in_store else "React's state"
    how = {
        "assignment": f"An assignment changes {home} `{state}` in place",
        "delete": f"`delete` changes {home} `{state}` in place",
    }.get(mutation.how, f"`{mutation.how}` changes {home} `{state}` in place")
    if unseen:
        return f"{how}: the reference stays the same, so components that read it do not render the message"
    return (
        f"{how} and copies it only afterwards: whoever holds the state of before sees it change, and memoised parts and "
        "comparisons of old and new miss the message"
    )


RULE = Rule(
    code=CODE,
    slug=SLUG,
    title="Mutated state",
    section="6D Zustand Store Updates Without Immutability",
    category=Category.STATE_SYNC,
    severity=Severity.MEDIUM,
    effort_hours=(0.5, 1.5),
    check=check,
    monitoring=("messages received against state changes rendered, in a development build",),
    sides=frozenset({"client"}),
)
