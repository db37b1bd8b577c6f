"""What a rule's own text cannot say: how one finding fails in production, what that costs, and what speaks for a connection.

A rule folder may hold `account.py` beside `rule.py`; it defines `ACCOUNT`. The report asks for it; nothing else
imports it, so that an editor's save never pays for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from halfopen.audit.finding import Finding
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Evidence


@dataclass(frozen=True, slots=True)
class Assessment:
    """One finding in production, in full sentences about the code at hand."""

    failure: str
    """How it fails: the mechanism and its mode, such as a dropped connection or a lost message. One or two sentences."""
    estimate: str
    """What that costs, computed from the facts: intervals, delays, limits, processes. What is assumed is said."""
    example: int = 0
    """Which of the code blocks of "The fix" in the rule's text fits, among those of the finding's language."""
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    """Names in that block and what the code at hand calls the same things."""
    code: str = ""
    """The change itself in place of that block, where the facts tell how it looks here."""
    modules: Mapping[str, str] = field(default_factory=dict[str, str])
    """Files that the code needs beside it, by name, with their text."""


@dataclass(frozen=True, slots=True)
class Mitigation:
    """Something that keeps a connection from having a rule's defect, with where it stands."""

    what: str
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """`assess` tells of one finding of the rule; `mitigations` of a connection that has none."""

    assess: Callable[[Finding, Dossier, Targets], Assessment]
    mitigations: Callable[[Dossier], Iterable[Mitigation]] = lambda dossier: ()
