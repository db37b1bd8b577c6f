"""What WS6D says of one change in place: who does not see it."""

from __future__ import annotations

from halfopen.audit.account import Account, Assessment
from halfopen.audit.finding import Finding
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen_rules.estimates import placed


def assess(finding: Finding, dossier: Dossier, targets: Targets) -> Assessment:
    """By whether a copy is set afterwards."""
    mutation = placed(finding, dossier.updates.mutations) if dossier.updates is not None else None
    state = f"`{mutation.state}`" if mutation is not None else "the state"
    where = "Zustand" if mutation is None or mutation.in_store else "React"
    if mutation is not None and mutation.renewed:
        return Assessment(
            "A copy is set afterwards, so the component renders; but the value of before has changed with it, and nothing "
            "that compares the two sees a difference.",
            f"0 % of the comparisons of old and new {state} (`useMemo`, `React.memo`, a selector with equality, an undo list) "
            "work; what is memoised stays old until something else changes.",
        )
    return Assessment(
        f"{where} tells a change by the reference, and that stays the same: no component that shows {state} renders.",
        f"100 % of the messages that take this way are in {state} and not on the screen, until something else renders: at "
        "once on a busy page, after minutes on a quiet one.",
    )


ACCOUNT = Account(assess)
