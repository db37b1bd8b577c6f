"""What would be a defect if a fact that the code leaves open turned out badly: each rule is asked again with that fact set.

A finding of low confidence rests on a doubtful fact; where a fact is not known at all, a rule often says nothing. Here
each such fact gets its worst plausible value, and the rules that then speak are named with what would settle the question.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from halfopen.audit.finding import Finding
from halfopen.audit.rule import Registered
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Known, Unknown
from halfopen.connections.serving import Keepalive, Limit, Processes

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Supposition:
    """A bad value of a fact: `group` and `fact` name it, `words` say it as the end of "if …"."""

    group: str
    fact: str
    value: object
    words: str


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A finding that there would be if `words` were true; `settled_by` says where to look."""

    finding: Finding
    words: str
    settled_by: str


SUPPOSITIONS = (
    Supposition("serving", "processes", Processes(workers=4), "more than one process serves (say 4 workers)"),
    Supposition("serving", "keepalive", Keepalive(None, None), "the server program sends no pings"),
    Supposition(
        "serving",
        "idle_limit",
        Limit("the proxy in front", 60.0, is_default=True),
        "a proxy cuts connections that are silent for 60 s",
    ),
    Supposition(
        "serving", "access_log_has_query", True, "the access log shows the query string of each handshake"
    ),
    Supposition(
        "serving",
        "reading_pauses_while_unread",
        True,
        "the server stops reading while one message waits unread",
    ),
    Supposition("admission", "authentication", "none", "nothing in front of the endpoint asks who connects"),
    Supposition("admission", "origin_check", "none", "nothing compares the Origin header"),
    Supposition(
        "admission", "lifetime", "unbounded", "nothing ends the connection when its credential runs out"
    ),
    Supposition("reconnection", "automatic", False, "nothing sets the connection up again"),
    Supposition(
        "presentation", "status_shown", False, "nothing on the page shows that the connection is lost"
    ),
    Supposition("closing", "asks_code", False, "the close code is not looked at"),
    Supposition("liveness", "detects_silence", False, "nothing notices a server that vanished"),
)


def suspicions_of(dossier: Dossier, rules: Iterable[Registered], targets: Targets) -> Iterator[Suspicion]:
    """What would be found on the connection beside what is, one supposition at a time."""
    asked = [each.rule for each in rules if dossier.connection.side in each.rule.sides]
    found: dict[str, bool] = {}
    for supposition in SUPPOSITIONS:
        group = _group(dossier, supposition.group)
        fact = getattr(group, supposition.fact, None)
        if not isinstance(fact, Unknown):
            continue
        changed = _with(
            dossier, supposition.group, {supposition.fact: Known(supposition.value, fact.evidence)}
        )
        for rule in asked:
            try:
                if rule.code not in found:
                    found[rule.code] = any(True for _ in rule.check(dossier, targets))
                if found[rule.code]:
                    continue
                for finding in rule.check(changed, targets):
                    yield Suspicion(finding, supposition.words, fact.settled_by)
                    break
            except Exception:  # a rule that fails on a supposition says nothing of it
                _log.debug("rule %s failed on a supposition", rule.code, exc_info=True)


def _group(dossier: Dossier, name: str) -> object:
    return dossier.surroundings.serving if name == "serving" else getattr(dossier, name)


def _with(dossier: Dossier, name: str, values: Mapping[str, Known[object]]) -> Dossier:
    if name != "serving":
        return replace(dossier, **{name: replace(getattr(dossier, name), **values)})
    surroundings = dossier.surroundings
    serving = replace(surroundings.serving, **values)  # pyright: ignore[reportArgumentType]
    return replace(dossier, surroundings=replace(surroundings, serving=serving))
