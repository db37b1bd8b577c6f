"""The rule API: what a rule is made of, and how rules are found.

A rule is a folder `<chapter>/<slug>/` of a package named by an entry point of the group
`halfopen.rules`: `rule.py` defines `RULE`, `rule.md` holds the one text that hover,
`halfopen explain`, the report and the website show. `account.py`, where there is one, adds to the report what
depends on the code at hand.
"""

from __future__ import annotations

import enum
import importlib
import importlib.metadata
import importlib.resources
import importlib.util
import pkgutil
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

from halfopen.audit.account import Account
from halfopen.audit.finding import Finding, Severity
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier

ENTRY_POINTS = "halfopen.rules"
HEADINGS = (
    "The problem",
    "Reliability impact",
    "How to verify",
    "The fix",
    "Trade-off",
    "Not reported when",
)


class Category(enum.Enum):
    """The specification's risk categories."""

    CONNECTION = "Connection"
    RECONNECTION = "Reconnection"
    MESSAGING = "Messaging"
    HEARTBEAT = "Heartbeat"
    STATE_SYNC = "State Sync"
    SECURITY = "Security"


@dataclass(frozen=True, slots=True)
class Rule:
    """One check. `check` looks at a dossier and gives its findings; it never sees syntax or files."""

    code: str
    slug: str
    title: str
    section: str
    """The specification's number and name, as "1B Improper Connection Cleanup"."""
    category: Category
    severity: Severity
    """The usual severity; a finding's own follows its context."""
    effort_hours: tuple[float, float]
    check: Callable[[Dossier, Targets], Iterable[Finding]]
    monitoring: tuple[str, ...] = ()
    """What to measure in production because of this rule."""
    sides: frozenset[str] = frozenset({"server", "client"})
    related: tuple[str, ...] = ()
    """Rules of other linters that report part of the same, as "ruff:BLE001"."""


@dataclass(frozen=True, slots=True)
class RuleText:
    """A rule's `rule.md`: its title, and its sections by heading."""

    title: str
    sections: dict[str, str]
    markdown: str


@dataclass(frozen=True, slots=True)
class Registered:
    """A rule with the package it came from."""

    rule: Rule
    package: str

    def text(self) -> RuleText:
        """The rule's text. Raises FileNotFoundError where a rule pack forgot its `rule.md`."""
        markdown = (importlib.resources.files(self.package) / "rule.md").read_text(encoding="utf-8")
        return parse_rule_text(markdown)

    def account(self) -> Account | None:
        """What the rule adds to a report; None where its folder has no `account.py`."""
        name = f"{self.package}.account"
        if importlib.util.find_spec(name) is None:
            return None
        account: Account = importlib.import_module(name).ACCOUNT
        return account


def parse_rule_text(markdown: str) -> RuleText:
    """Cut a `rule.md` into its title and its `##` sections."""
    title = re.search(r"^# (.+)$", markdown, re.MULTILINE)
    parts = re.split(r"^## (.+)$", markdown, flags=re.MULTILINE)
    sections = {parts[i].strip(): parts[i + 1].strip() for i in range(1, len(parts) - 1, 2)}
    return RuleText(title.group(1) if title else "", sections, markdown)


@cache
def registered_rules() -> dict[str, Registered]:
    """Every installed rule by its code, in the order of the codes.

    Raises ValueError where two packs define the same code.
    """
    found: dict[str, Registered] = {}
    for entry in importlib.metadata.entry_points(group=ENTRY_POINTS):
        package = entry.load()
        for info in pkgutil.walk_packages(package.__path__, prefix=f"{package.__name__}."):
            if not info.name.endswith(".rule"):
                continue
            rule: Rule = importlib.import_module(info.name).RULE
            if rule.code in found:
                raise ValueError(f"{rule.code} is defined by {found[rule.code].package} and by {info.name}")
            found[rule.code] = Registered(rule, info.name.removesuffix(".rule"))
    return dict(sorted(found.items()))
