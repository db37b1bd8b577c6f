"""From a table and what is known of the version to the model that holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from halfopen.libraries.model import Default, DependsOnVersion, LibraryModel, Possibility, Setting
from halfopen.libraries.table import ASPECTS, ImplementationChoice, Row, Table, setting_types
from halfopen.libraries.versions import VersionRange


@dataclass(frozen=True, slots=True)
class _Scenario:
    """One implementation, and the versions in which it is the one that runs. None: there is only one."""

    implementation: str | None
    versions: VersionRange


def model_of(
    table: Table,
    versions: VersionRange,
    *,
    implementation: str | None,
    installed: frozenset[str] | None,
) -> LibraryModel:
    """The settings of `table` in `versions`. See `Catalogue.model` for the arguments."""
    settled_by = _settled_by(table)
    chosen = table.implementation_names.get(implementation or "auto", implementation)
    if chosen == "auto":
        chosen = None
    picks: list[tuple[VersionRange, Default[str]]] = []
    if chosen is None and table.choices:
        picks = _picks(table.choices, versions, installed)
        scenarios = [_Scenario(default.value, where) for where, default in picks]
    else:
        scenarios = [_Scenario(chosen, versions)]

    def setting(key: str) -> Setting[Any]:
        rows = table.settings.get(key)
        return None if rows is None else _combine(_candidates(rows, scenarios), settled_by)

    return LibraryModel(
        library=table.library,
        ecosystem=table.ecosystem,
        packages=table.packages,
        roles=table.roles,
        implementation=_implementation(chosen, picks, settled_by),
        delegates_to=setting("delegates_to"),
        options=table.options,
        constructors=table.constructors,
        interface=table.interface,
        **{name: _aspect(name, kind, setting) for name, kind in ASPECTS.items()},
    )


def _aspect(name: str, kind: type[Any], setting: Callable[[str], Setting[Any]]) -> Any:
    return kind(**{field: setting(f"{name}.{field}") for field in setting_types(kind)})


def _implementation(
    chosen: str | None, picks: list[tuple[VersionRange, Default[str]]], settled_by: str
) -> Setting[str]:
    if chosen is not None:
        return Default(chosen, "chosen where the server is started")
    return _combine(picks, settled_by)


def _picks(
    choices: Sequence[ImplementationChoice], versions: VersionRange, installed: frozenset[str] | None
) -> list[tuple[VersionRange, Default[str]]]:
    """What the library picks by itself, by version.

    Without knowledge of what is installed, the first choice of a version is taken: it is what
    the documented way to install the library gives.
    """
    picked: list[tuple[VersionRange, Default[str]]] = []
    for choice in choices:
        if installed is not None and choice.needs is not None and choice.needs not in installed:
            continue
        met = choice.versions.meet(versions)
        if not met.is_empty() and not any(_covers(earlier, met) for earlier, _ in picked):
            picked.append((met, choice.default))
    return picked


def _covers(earlier: VersionRange, later: VersionRange) -> bool:
    """Does an earlier choice hold already? Ranges of choices are either equal, nested or apart."""
    return not earlier.meet(later).is_empty()


def _candidates(
    rows: tuple[Row, ...], scenarios: list[_Scenario]
) -> list[tuple[VersionRange, Default[object]]]:
    found: list[tuple[VersionRange, Default[object]]] = []
    for scenario in scenarios:
        own = [row for row in rows if scenario.implementation in row.implementations]
        for row in own or [row for row in rows if not row.implementations]:
            met = row.versions.meet(scenario.versions)
            if not met.is_empty():
                found.append((met, row.default))
    return found


def _combine(candidates: Sequence[tuple[VersionRange, Default[Any]]], settled_by: str) -> Setting[Any]:
    """One default when all candidates agree, else the possibilities."""
    if not candidates:
        return None
    defaults = [default for _, default in candidates]
    if all(default.value == defaults[0].value for default in defaults):
        # The weakest statement decides how sure the agreement is.
        return next((default for default in defaults if default.confidence == "medium"), defaults[0])
    return DependsOnVersion(
        tuple(Possibility(str(versions), default) for versions, default in candidates), settled_by
    )


def _settled_by(table: Table) -> str:
    if table.ecosystem == "python":
        return f"the {table.library} version: requirements.txt, pyproject.toml or a lock file"
    if table.ecosystem == "npm":
        return f"the {table.library} version: package.json or its lock file"
    return "the browser"
