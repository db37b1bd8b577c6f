"""The readiness score: the rubric's ends, and that removing a finding never lowers it."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from halfopen.audit.finding import Confidence, Severity
from halfopen.audit.score import BANDS, band, readiness


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
