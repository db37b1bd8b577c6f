"""Where a rule's text stands for a reader."""

from __future__ import annotations

import importlib.resources
from functools import cache
from pathlib import Path


@cache
def rule_page(code: str) -> str | None:
    """The address of the rule's `rule.md` on this machine; None where its pack has none.

    It is there without a network, and says what the installed version does, of a team's own rules as well.
    """
    # Imported here: a finding exists by now, so its rule is loaded already.
    from halfopen.audit.rule import registered_rules

    registered = registered_rules().get(code)
    if registered is None:
        return None
    text = importlib.resources.files(registered.package) / "rule.md"
    return text.as_uri() if isinstance(text, Path) and text.is_file() else None
