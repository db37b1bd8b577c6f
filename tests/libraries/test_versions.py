"""Version ranges of both ecosystems, checked against what they are said to contain."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from halfopen.libraries import VersionRange, version_range
from halfopen.libraries.versions import parse_version


def contains(range_: VersionRange, version: str) -> bool:
    parsed = parse_version(version)
    assert parsed is not None
    return not range_.meet(VersionRange.exactly(parsed)).is_empty()


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("^1.2.3", ["1.2.3", "1.9.0"], ["1.2.2", "2.0.0"]),
        ("^0.2.3", ["0.2.3", "0.2.9"], ["0.3.0", "0.2.2"]),
        ("^0.0.3", ["0.0.3"], ["0.0.4"]),
        ("^0.0", ["0.0.9"], ["0.1.0"]),
        ("^1", ["1.0.0", "1.99.0"], ["2.0.0"]),
        ("~1.2.3", ["1.2.3", "1.2.9"], ["1.3.0"]),
        ("~1", ["1.9.0"], ["2.0.0"]),
        ("1.2.x", ["1.2.7"], ["1.3.0"]),
        ("*", ["0.0.1", "99.0.0"], []),
        ("", ["1.0.0"], []),
        ("1.2.3", ["1.2.3"], ["1.2.4"]),
        ("=1.2.3", ["1.2.3"], ["1.2.4"]),
        (">=1.2 <2", ["1.2.0", "1.9.9"], ["2.0.0", "1.1.9"]),
        (">= 1.2.0, < 2.0.0", ["1.2.0"], ["2.0.0"]),
        (">1.2", ["1.3.0"], ["1.2.9"]),
        ("<=1.2", ["1.2.9"], ["1.3.0"]),
        ("1.2.3 - 2.3", ["1.2.3", "2.3.9"], ["2.4.0", "1.2.2"]),
        ("^1.0.0 || ^3.0.0", ["1.5.0", "3.1.0"], ["2.0.0"]),
        ("v4.8.4", ["4.8.4"], ["4.8.5"]),
        ("^4.0.0-beta.2", ["4.0.0", "4.1.0"], ["5.0.0"]),
    ],
)  # fmt: skip
def test_npm_ranges(text: str, inside: list[str], outside: list[str]) -> None:
    found = version_range("npm", text)
    assert [version for version in inside if not contains(found, version)] == []
    assert [version for version in outside if contains(found, version)] == []


@pytest.mark.parametrize(
    "text", ["latest", "workspace:*", "git+https://example.org/x.git", "file:../x", "next || latest"]
)
def test_what_is_no_npm_range(text: str) -> None:
    with pytest.raises(ValueError):
        version_range("npm", text)


def test_what_is_no_python_range() -> None:
    with pytest.raises(ValueError):
        version_range("python", "^1.2")


NUMBERS = st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)).map(
    lambda parts: ".".join(map(str, parts))
)
OPERATORS = st.sampled_from(["==", ">=", "<=", ">", "<", "~="])


@given(st.lists(st.tuples(OPERATORS, NUMBERS), max_size=3), NUMBERS)
def test_python_ranges_agree_with_packaging(clauses: list[tuple[str, str]], version: str) -> None:
    text = ",".join(operator + number for operator, number in clauses)
    assert contains(version_range("python", text), version) == SpecifierSet(text).contains(Version(version))


@given(st.lists(st.tuples(OPERATORS, NUMBERS), max_size=2), NUMBERS)
def test_a_wildcard_and_an_exclusion_never_rule_out_what_they_allow(
    clauses: list[tuple[str, str]], version: str
) -> None:
    text = ",".join(["!=1.1.1", *(operator + number for operator, number in clauses)])
    if SpecifierSet(text).contains(Version(version)):
        assert contains(version_range("python", text), version)


def test_a_release_wildcard() -> None:
    found = version_range("python", "==0.34.*")
    assert contains(found, "0.34.9")
    assert not contains(found, "0.35.0")


@given(st.text(max_size=30))
def test_any_text_is_a_range_or_a_value_error(text: str) -> None:
    for ecosystem in ("python", "npm"):
        try:
            version_range(ecosystem, text)
        except ValueError:
            continue
