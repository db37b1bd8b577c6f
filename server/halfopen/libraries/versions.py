"""Version ranges of both ecosystems in one form, so that "what could this version be?" has an answer.

A requirement often says `>=0.30` and no more. Asking whether that overlaps a table's row needs
intervals, which neither `packaging.specifiers` nor npm's grammar give. Ranges are read
generously: what they exclude by `!=` is kept, so a possible version is never ruled out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

Ecosystem = Literal["python", "npm", "browser"]


@dataclass(frozen=True, slots=True)
class Interval:
    """Versions between two bounds; a bound of None is open, that is without limit."""

    low: Version | None = None
    low_included: bool = True
    high: Version | None = None
    high_included: bool = False

    def is_empty(self) -> bool:
        if self.low is None or self.high is None:
            return False
        if self.low == self.high:
            return not (self.low_included and self.high_included)
        return self.low > self.high

    def meet(self, other: Interval) -> Interval:
        """The versions in both, perhaps none."""
        low, low_included = self.low, self.low_included
        if other.low is not None:
            if low is None or other.low > low:
                low, low_included = other.low, other.low_included
            elif other.low == low:
                low_included = low_included and other.low_included
        high, high_included = self.high, self.high_included
        if other.high is not None:
            if high is None or other.high < high:
                high, high_included = other.high, other.high_included
            elif other.high == high:
                high_included = high_included and other.high_included
        return Interval(low, low_included, high, high_included)

    def __str__(self) -> str:
        if self.low is not None and self.low == self.high:
            return f"=={self.low}"
        bounds: list[str] = []
        if self.low is not None:
            bounds.append(f"{'>=' if self.low_included else '>'}{self.low}")
        if self.high is not None:
            bounds.append(f"{'<=' if self.high_included else '<'}{self.high}")
        return ",".join(bounds) or "any version"


@dataclass(frozen=True, slots=True)
class VersionRange:
    """A union of intervals. No interval at all means no version."""

    intervals: tuple[Interval, ...]

    @staticmethod
    def exactly(version: Version) -> VersionRange:
        return VersionRange((Interval(version, True, version, True),))

    def is_empty(self) -> bool:
        return not self.intervals

    def meet(self, other: VersionRange) -> VersionRange:
        """The versions in both."""
        met = (mine.meet(theirs) for mine in self.intervals for theirs in other.intervals)
        return VersionRange(tuple(interval for interval in met if not interval.is_empty()))

    def __str__(self) -> str:
        return " or ".join(str(interval) for interval in self.intervals) or "no version"


ANY_VERSION = VersionRange((Interval(),))


def parse_version(text: str) -> Version | None:
    """The version that `text` names, or None. npm's own pre-release words become a development release."""
    try:
        return Version(text)
    except InvalidVersion:
        pass
    number = re.fullmatch(r"v?(\d+(?:\.\d+){0,3})(?:[-+].*)?", text.strip())
    if number is None:
        return None
    return Version(f"{number[1]}.dev0" if "-" in text else number[1])


def version_range(ecosystem: Ecosystem, text: str) -> VersionRange:
    """The range that a requirement's text means: PEP 440 for Python, semver ranges for npm.

    Raises ValueError when the text is no range (a URL, a tag such as `latest`, `workspace:*`).
    """
    return _python_range(text) if ecosystem == "python" else _npm_range(text)


def _python_range(text: str) -> VersionRange:
    try:
        specifiers = list(SpecifierSet(text))
    except InvalidSpecifier as error:
        raise ValueError(str(error)) from error
    found = Interval()
    for specifier in specifiers:
        found = found.meet(_pep440_interval(specifier.operator, specifier.version))
    return VersionRange(() if found.is_empty() else (found,))


def _pep440_interval(operator: str, text: str) -> Interval:
    if operator == "!=":
        return Interval()
    if operator == "==" and text.endswith(".*"):
        release = Version(text.removesuffix(".*")).release
        return Interval(_release(release), True, _release(_next(release, len(release) - 1)))
    if operator == "===":
        exact = parse_version(text)
        return Interval() if exact is None else Interval(exact, True, exact, True)
    version = Version(text)
    match operator:
        case "==":
            return Interval(version, True, version, True)
        case "~=":
            # ~=1.4.2 allows what keeps 1.4; the last component given is free.
            bound = _next(version.release, max(len(version.release) - 2, 0))
            return Interval(version, True, _release(bound))
        case ">=" | ">":
            return Interval(version, operator == ">=")
        case _:
            return Interval(high=version, high_included=operator == "<=")


_COMPARATOR = re.compile(r"(?P<operator>\^|~>?|>=|<=|>|<|=)?\s*v?(?P<version>[\dxX*][\w.+*-]*)")


def _npm_range(text: str) -> VersionRange:
    intervals = [_npm_alternative(part.strip()) for part in text.split("||")]
    return VersionRange(tuple(interval for interval in intervals if not interval.is_empty()))


def _npm_alternative(text: str) -> Interval:
    hyphen = re.fullmatch(r"v?(\S+)\s+-\s+v?(\S+)", text)
    if hyphen is not None:
        low, high = _partial(hyphen[1]), _partial(hyphen[2])
        if len(high) < 3 and high:
            return Interval(_release(low), True, _release(_next(high, len(high) - 1)))
        upper = _exact(hyphen[2])
        return Interval(_exact(hyphen[1]) if len(low) == 3 else _release(low), True, upper, True)
    found, end = Interval(), 0
    for comparator in _COMPARATOR.finditer(text):
        if text[end : comparator.start()].strip(" ,"):
            break
        found = found.meet(_npm_comparator(comparator["operator"] or "=", comparator["version"]))
        end = comparator.end()
    if text[end:].strip(" ,"):
        raise ValueError(f"not a version range: {text!r}")
    return found


def _npm_comparator(operator: str, text: str) -> Interval:
    given = _partial(text)
    if not given:
        return Interval()
    low = _exact(text) if len(given) >= 3 else _release(given)
    match operator:
        case "^":
            # The leftmost component that is not zero stays; ^0.0 stays within 0.0.
            kept = next((index for index, part in enumerate(given) if part), len(given) - 1)
            return Interval(low, True, _release(_next(given, kept)))
        case "~" | "~>":
            return Interval(low, True, _release(_next(given, min(1, len(given) - 1))))
        case ">=":
            return Interval(low, True)
        case ">":
            if len(given) < 3:
                return Interval(_release(_next(given, len(given) - 1)), True)
            return Interval(low, False)
        case "<":
            return Interval(high=low)
        case "<=":
            if len(given) < 3:
                return Interval(high=_release(_next(given, len(given) - 1)))
            return Interval(high=low, high_included=True)
        case _:
            if len(given) < 3:
                return Interval(low, True, _release(_next(given, len(given) - 1)))
            return Interval(low, True, low, True)


def _partial(text: str) -> tuple[int, ...]:
    """The numeric components before the first `x` or `*`: `1.2.x` gives (1, 2), `*` gives ()."""
    numbers: list[int] = []
    for part in re.split(r"[-+]", text, maxsplit=1)[0].split("."):
        if part in ("x", "X", "*"):
            break
        if not part.isdecimal():
            raise ValueError(f"not a version: {text!r}")
        numbers.append(int(part))
    return tuple(numbers[:3])


def _exact(text: str) -> Version:
    version = parse_version(text)
    if version is None:
        raise ValueError(f"not a version: {text!r}")
    return version


def _release(parts: tuple[int, ...]) -> Version:
    return Version(".".join(map(str, parts)) or "0")


def _next(parts: tuple[int, ...], index: int) -> tuple[int, ...]:
    """The first release after all those that share `parts[:index + 1]`."""
    return (*parts[:index], parts[index] + 1)
