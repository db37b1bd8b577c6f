"""The score with its reasons, the three fixes that gain most, and the plan with its effort."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from halfopen.audit.finding import Confidence, Severity
from halfopen.audit.score import band, burden, readiness
from halfopen.report.document.model import (
    FindingSection,
    Hours,
    Node,
    PlanPart,
    PlanStep,
    Priority,
    Score,
)
from halfopen.report.document.sections import sentence
from halfopen.report.result import AuditResult, ReportedFinding

PRIORITIES = 3
REPEATED = 0.25
"""What each further finding of a rule costs, as a part of the first: the work is the same, and known by then."""
_PLACES_SHOWN = 6


def score_of(result: AuditResult, nodes: Sequence[Node], named: Callable[[str], str]) -> Score | None:
    """The readiness with two to five reasons; None where there is no connection to judge."""
    value = result.score
    if value is None:
        return None
    return Score(value, band(value), tuple(map(named, _reasons(result, nodes))))


def _reasons(result: AuditResult, nodes: Sequence[Node]) -> list[str]:
    findings = result.shown
    connections = len(nodes)
    if not findings:
        said = "1 connection was" if connections == 1 else f"{connections} connections were"
        return [
            f"{said} audited and nothing was found.",
            "What speaks for the code is listed under “Looked for and not reported”.",
        ]
    reasons = [_counts(findings, connections)]
    whole = burden(findings)
    by_area: dict[str, list[ReportedFinding]] = defaultdict(list)
    for each in findings:
        by_area[_area(each)].append(each)
    weights = {area: whole - burden([each for each in findings if _area(each) != area]) for area in by_area}
    for area in sorted(by_area, key=lambda name: (-weights[name], name))[:2]:
        reasons.append(_of_area(area, by_area[area], weights[area] / whole if whole else 0.0, connections))
    quiet = [each for each in nodes if not any(severity >= Severity.HIGH for severity, _ in each.counts)]
    if quiet and len(quiet) < connections:
        names = ", ".join(f"`{each.connection.name}`" for each in quiet[:3])
        more = f" and {len(quiet) - 3} more" if len(quiet) > 3 else ""
        reasons.append(f"On the other hand: nothing above MEDIUM was found for {names}{more}.")
    elif quiet:
        reasons.append("On the other hand: no finding is above MEDIUM.")
    unsure = sum(each.confidence is Confidence.LOW for each in findings)
    if unsure:
        said = (
            "finding is of low confidence and counts"
            if unsure == 1
            else "findings are of low confidence and count"
        )
        reasons.append(f"{unsure} {said} for little until confirmed.")
    if len(reasons) < 2:
        worst = max(findings, key=lambda each: (each.severity, each.confidence))
        reasons.append(sentence(worst.message))
    return reasons[:5]


def _counts(findings: Sequence[ReportedFinding], connections: int) -> str:
    counts = [
        f"{count} {severity.name}"
        for severity in sorted(Severity, reverse=True)
        if (count := sum(each.severity is severity for each in findings))
    ]
    concerned = len({each.connection for each in findings})
    of = _how_many(concerned, connections) if connections > 1 else "the one connection"
    number = "1 finding" if len(findings) == 1 else f"{len(findings)} findings"
    return f"{number} ({', '.join(counts)}) in {of}."


def _how_many(concerned: int, connections: int) -> str:
    if concerned < connections:
        return f"{concerned} of {connections} connections"
    return "both connections" if connections == 2 else f"all {connections} connections"


def _area(finding: ReportedFinding) -> str:
    """The chapter of the specification, which names a mechanism: its number stands in the code."""
    return _AREAS.get(finding.code[2:3], finding.code)


_AREAS = {
    "1": "Connection lifecycle",
    "2": "Reconnection",
    "3": "Delivery of messages",
    "4": "Heartbeat",
    "5": "Error handling",
    "6": "State synchronisation",
    "7": "Security",
    "8": "Deployment",
}


def _of_area(area: str, findings: Sequence[ReportedFinding], share: float, connections: int) -> str:
    worst = max(findings, key=lambda each: (each.severity, each.confidence))
    concerned = len({each.connection for each in findings})
    of = f" in {_how_many(concerned, connections)}" if connections > 1 else ""
    number = "1 finding" if len(findings) == 1 else f"{len(findings)} findings"
    return f"{area}: {number}{of}, {100 * share:.0f} % of what the score loses. Gravest: {worst.message.rstrip('.')}."


def priorities_of(
    sections: Sequence[FindingSection], findings: Sequence[ReportedFinding], named: Callable[[str], str]
) -> list[Priority]:
    """The rules whose findings weigh most in the score, the heaviest first; suspicious patterns do not lead."""
    whole = burden(findings)
    before = readiness(findings)
    gains: list[tuple[float, Severity, str]] = []
    for code in {each.rule.code for each in sections}:
        own = [each for each in sections if each.rule.code == code]
        gain = whole - burden([each for each in findings if each.code != code])
        gains.append((gain, max(each.severity for each in own), code))
    found: list[Priority] = []
    for gain, severity, code in sorted(gains, key=lambda each: (-each[0], -each[1], each[2]))[:PRIORITIES]:
        own = [each for each in sections if each.rule.code == code]
        after = readiness([each for each in findings if each.code != code])
        names = list(dict.fromkeys(f"`{each.connection.name}`" for each in own if each.connection))
        where = f" in {', '.join(names[:3])}{f' and {len(names) - 3} more' if len(names) > 3 else ''}"
        worst = max(own, key=lambda each: (each.severity, each.confidence))
        times = f" {len(own)} findings{where}." if len(own) > 1 else ""
        why = f"{sentence(worst.message)}{times} {100 * gain / whole:.0f} % of what the score loses."
        found.append(
            Priority(
                worst.rule,
                severity,
                tuple(each.number for each in own),
                named(why),
                after if after != before else None,
                effort_of(own),
            )
        )
    return found


def plan_of(certain: Sequence[FindingSection], suspicious: Sequence[FindingSection]) -> tuple[PlanPart, ...]:
    """Fix now: CRITICAL and HIGH. Fix soon: MEDIUM. Monitor: the rest, and what is to be confirmed first."""
    now = [each for each in certain if each.severity >= Severity.HIGH]
    soon = [each for each in certain if each.severity is Severity.MEDIUM]
    later = [*(each for each in certain if each.severity is Severity.MONITOR), *suspicious]
    return (
        _part("now", "Fix now (before production deployment)", now),
        _part("soon", "Fix soon (next iteration)", soon),
        _part("monitor", "Monitor, or confirm first", later),
    )


def _part(name: str, title: str, sections: Sequence[FindingSection]) -> PlanPart:
    by_rule: dict[str, list[FindingSection]] = defaultdict(list)
    for each in sections:
        by_rule[each.rule.code].append(each)
    steps = [_step(each) for each in by_rule.values()]
    steps.sort(key=lambda each: (-each.severity, -len(each.findings), each.rule.code))
    effort = sum((each.effort for each in steps), Hours(0, 0))
    assert name in ("now", "soon", "monitor")
    return PlanPart(name, title, tuple(steps), _rounded(effort))


def _step(sections: Sequence[FindingSection]) -> PlanStep:
    places = list(dict.fromkeys(f"{each.place.path}:{each.place.line}" for each in sections))
    more = [f"and {len(places) - _PLACES_SHOWN} more"] if len(places) > _PLACES_SHOWN else []
    return PlanStep(
        sections[0].rule,
        max(each.severity for each in sections),
        tuple(each.number for each in sections),
        (*places[:_PLACES_SHOWN], *more),
        effort_of(sections),
        sum(bool(each.changes) for each in sections),
    )


def effort_of(sections: Iterable[FindingSection]) -> Hours:
    """Of findings of one rule: the first in full, each further one a part of it; offered fixes need a review."""
    efforts = sorted((each.effort for each in sections), key=lambda each: -each.most)
    parts = [
        each if position == 0 else Hours(each.least * REPEATED, each.most * REPEATED)
        for position, each in enumerate(efforts)
    ]
    return _rounded(sum(parts, Hours(0, 0)))


def _rounded(hours: Hours) -> Hours:
    """Below ten hours to halves, above to whole hours; never down to nothing."""

    def of(value: float) -> float:
        if value == 0:
            return 0.0
        return float(round(value)) if value >= 10 else max(0.5, round(value * 2) / 2)

    return Hours(of(hours.least), of(hours.most))
