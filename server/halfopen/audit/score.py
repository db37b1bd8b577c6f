"""Readiness from 1 to 10, after the specification's rubric: deterministic, and never lower for fewer findings.

docs/score.md tells it in words. The first finding of a check weighs in full, each further one of the same check a
fraction: a habit repeated in five places is one thing to learn. A finding counts by its severity and by how sure it is.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from typing import Protocol

from halfopen.audit.finding import Confidence, Severity

BEST = 10
WORST = 1

WEIGHT = {Severity.CRITICAL: 2.0, Severity.HIGH: 1.0, Severity.MEDIUM: 0.5, Severity.MONITOR: 0.05}
CERTAINTY = {Confidence.HIGH: 1.0, Confidence.MEDIUM: 0.7, Confidence.LOW: 0.15}
REPEATED = 0.15
"""What each further finding of the same check adds, as a part of its weight."""
HALVED_AT = 4.0
"""The sum of weights at which half of the way from best to worst is gone."""

BANDS = (
    (9, "Production-ready WebSocket implementation; handles all edge cases gracefully."),
    (7, "Needs 1-2 fixes before production; most happy paths work."),
    (5, "Significant gaps; will have user-visible issues under normal conditions."),
    (3, "Multiple critical issues; will fail frequently."),
    (1, "Not production-ready; fundamental reliability mechanisms missing."),
)
"""The rubric's bands: the lowest score of each, and its words."""


class Weighed(Protocol):
    """What of a finding the score looks at."""

    @property
    def code(self) -> str: ...
    @property
    def severity(self) -> Severity: ...
    @property
    def confidence(self) -> Confidence: ...


def readiness(findings: Iterable[Weighed]) -> int:
    """The score of what was found: 10 for nothing, towards 1 the more and the graver."""
    return max(WORST, round(WORST + (BEST - WORST) * math.pow(0.5, burden(findings) / HALVED_AT)))


def burden(findings: Iterable[Weighed]) -> float:
    """The sum of the weights of what was found: what the score loses by. Summed exactly: the order tells nothing."""
    by_check: dict[str, list[float]] = defaultdict(list)
    for each in findings:
        by_check[each.code].append(WEIGHT[each.severity] * CERTAINTY[each.confidence])
    return math.fsum(
        weight * (1.0 if position == 0 else REPEATED)
        for weights in by_check.values()
        for position, weight in enumerate(sorted(weights, reverse=True))
    )


def band(score: int) -> str:
    """The rubric's words for a score."""
    return next(words for lowest, words in BANDS if score >= lowest)
