"""Which version of a package is installed, as far as the workspace tells."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Ecosystem = Literal["python", "npm"]


@dataclass(frozen=True, slots=True)
class Requirement:
    """One statement about one package.

    `name` is normalised: PEP 503 for Python, as written for npm. `specifier` is the range in the
    ecosystem's own grammar (Poetry's `^1.2` is translated to PEP 440), empty for "any".
    `version` is set when a lock file or an exact pin names one version.
    """

    name: str
    ecosystem: Ecosystem
    path: str
    line: int
    specifier: str = ""
    version: str | None = None
    extras: tuple[str, ...] = ()
    marker: str = ""
    locked: bool = False
    """Does this come from a lock file?"""
    project: str | None = None
    """The folder of the project that this is about, when it is not the file's own ("" for the root)."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """What is known of an installed version.

    `version` is set when all that bears on it names one; else `specifier` narrows it, or is empty.
    `evidence` is what the answer rests on, most telling first; empty when nothing names the package.
    """

    version: str | None
    specifier: str
    evidence: tuple[Requirement, ...]


def normalised(name: str) -> str:
    """A Python distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def resolve(
    requirements: Iterable[Requirement],
    name: str,
    *,
    ecosystem: Ecosystem | None = None,
    near: str | None = None,
) -> Resolved:
    """The version of `name`: a lock file's, else an exact pin's, else a range, else unknown.

    `ecosystem` keeps apart what npm and Python both call `redis`. `near` is the path of a source
    file: in a repository with several projects, the requirements in the closest folder above it
    count, and others only when there are none.
    """
    stated = [
        each
        for each in requirements
        if ecosystem in (None, each.ecosystem)
        and each.name == (normalised(name) if each.ecosystem == "python" else name)
    ]
    versioned = [each for each in stated if each.version]
    if near is not None and any(_is_above(each, near) for each in stated):
        stated, versioned = _closest(stated, near), _closest(versioned, near)
    chosen = [each for each in versioned if each.locked] or versioned
    if len({each.version for each in chosen}) > 1:
        # One package in several versions: the direct dependency is the one locked for its own range.
        declared = {each.specifier for each in stated if not each.locked and each.specifier}
        chosen = [each for each in chosen if each.specifier in declared] or chosen
    if chosen:
        versions = {each.version for each in chosen}
        # Several versions in different places: none of them is "the" version.
        return Resolved(versions.pop() if len(versions) == 1 else None, "", tuple(chosen))
    ranged = sorted((each for each in stated if each.specifier), key=_bounds, reverse=True)
    if ranged:
        return Resolved(None, ranged[0].specifier, tuple(ranged))
    return Resolved(None, "", tuple(stated))


def _bounds(requirement: Requirement) -> int:
    """A range with both bounds says more than one with one."""
    specifier = requirement.specifier
    if re.match(r"[\^~=]|\d", specifier):
        return 2
    return ("<" in specifier) + (">" in specifier)


def _closest(stated: list[Requirement], near: str) -> list[Requirement]:
    """Those of the deepest folder above `near`."""
    above = [each for each in stated if _is_above(each, near)]
    deepest = max((len(_folder(each)) for each in above), default=0)
    return [each for each in above if len(_folder(each)) == deepest]


def _is_above(requirement: Requirement, near: str) -> bool:
    return f"{near}/".startswith(_folder(requirement))


def _folder(requirement: Requirement) -> str:
    """The folder that a requirement speaks for, with a final `/`; empty for the root."""
    folder = requirement.path.rpartition("/")[0] if requirement.project is None else requirement.project
    # requirements/base.txt speaks for the project that holds the folder.
    if folder.rpartition("/")[2] in ("requirements", "requirement", "reqs"):
        folder = folder.rpartition("/")[0]
    return f"{folder}/" if folder else ""
