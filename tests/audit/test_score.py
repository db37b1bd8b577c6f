"""The readiness score: the rubric's ends, and that removing a finding never lowers it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from halfopen.audit.finding import Confidence, Severity
from halfopen.audit.score import BANDS, CERTAINTY, HALVED_AT, REPEATED, WEIGHT, band, burden, readiness

DOCUMENT = (Path(__file__).parents[2] / "docs" / "score.md").read_text("utf-8")


@dataclass(frozen=True)
class Weighed:
    code: str
    severity: Severity
    confidence: Confidence


findings = st.lists(
    st.builds(
        Weighed,
        st.sampled_from([f"WS{chapter}{letter}" for chapter in "12345678" for letter in "ABCD"]),
        st.sampled_from(Severity),
        st.sampled_from(Confidence),
    ),
    max_size=40,
)


def test_nothing_found_is_ten() -> None:
    assert readiness([]) == 10


def test_every_mechanism_missing_is_the_lowest_band() -> None:
    worst = [
        Weighed(f"WS{chapter}{letter}", Severity.CRITICAL, Confidence.HIGH)
        for chapter in "1234567"
        for letter in "ABCD"
    ]
    assert readiness(worst) == 1


@settings(suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no fault of the inputs
@given(findings, st.data())
def test_removing_a_finding_never_lowers_it(found: list[Weighed], data: st.DataObject) -> None:
    if not found:
        return
    gone = data.draw(st.integers(0, len(found) - 1))
    assert readiness(found[:gone] + found[gone + 1 :]) >= readiness(found)


@given(findings)
def test_it_does_not_depend_on_the_order(found: list[Weighed]) -> None:
    assert readiness(found) == readiness(found[::-1])


def test_every_score_has_a_band() -> None:
    assert len({band(score) for score in range(1, 11)}) == len(BANDS)


@given(findings, st.data())
def test_a_milder_or_less_sure_finding_never_lowers_it(found: list[Weighed], data: st.DataObject) -> None:
    if not found:
        return
    index = data.draw(st.integers(0, len(found) - 1))
    one = found[index]
    milder = dataclasses.replace(
        one,
        severity=data.draw(st.sampled_from([each for each in Severity if each <= one.severity])),
        confidence=data.draw(st.sampled_from([each for each in Confidence if each <= one.confidence])),
    )
    assert readiness([*found[:index], milder, *found[index + 1 :]]) >= readiness(found)


@given(findings, findings)
def test_a_part_of_the_findings_never_scores_below_all(some: list[Weighed], others: list[Weighed]) -> None:
    """A connection's own score is at least that of the whole audit."""
    assert readiness(some) >= readiness([*some, *others])
    assert burden(some) <= burden([*some, *others]) + 1e-9


def test_the_document_has_the_numbers() -> None:
    for severity, weight in WEIGHT.items():
        assert f"| {severity.name} | {weight:g} |" in DOCUMENT
    for confidence, part in CERTAINTY.items():
        assert f"| {confidence.word} | {part:g} |" in DOCUMENT
    assert f"with {REPEATED:g} of its weight" in DOCUMENT
    assert f"0.5 ^ (burden / {HALVED_AT:g})" in DOCUMENT
    assert all(words in DOCUMENT for _, words in BANDS)
    five = [Weighed(f"WS{number}A", Severity.HIGH, Confidence.HIGH) for number in range(1, 6)]
    assert (burden(five), readiness(five)) == (5, 5)
    assert readiness([Weighed("WS1A", Severity.MEDIUM, Confidence.HIGH)]) == 9
