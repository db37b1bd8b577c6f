"""What a team's settings tell the audit of its own code: library tables, and functions to trust."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from halfopen.audit.settings import Settings, places_of
from halfopen.audit.settings_tree import SettingsTree
from halfopen.audit.views import Problem
from halfopen.connections.facts import Line
from halfopen.connections.tables import Tables
from halfopen.connections.trusted import Trusted, TrustedWrappers
from halfopen.libraries import catalogue_with
from halfopen.workspace.library_tables import table_texts

EDITOR = "the editor's settings"


@dataclass(frozen=True, slots=True)
class Team:
    """The texts of the team's tables by path, whom it trusts, and what is wrong with either."""

    texts: tuple[tuple[str, str], ...]
    wrappers: TrustedWrappers
    problems: tuple[Problem, ...]

    def knowledge(self) -> tuple[object, ...]:
        """What the program is to be given."""
        tables = (Tables(catalogue_with(dict(self.texts))),) if self.texts else ()
        return (*tables, self.wrappers) if self.wrappers != TrustedWrappers() else tables


def team_of(root: Path, tree: SettingsTree) -> Team:
    """What the settings of a root tell, read anew from the files that they name."""
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    if tree.tables:
        up = f"{tree.base}/" if tree.base else ""
        places = places_of(root / tree.base, "libraries")
        texts, unread = table_texts(root, tree.tables, root / tree.base)
        for each in unread:
            if each.path in tree.tables:
                name, line = places.get(each.path.removeprefix(up), (EDITOR, None))
                path = name if name == EDITOR else f"{up}{name}"
                problems.append(Problem(path, line, "settings", f"libraries: {each.path}: {each.message}"))
            else:
                problems.append(Problem(each.path, each.line, "settings", each.message))
        for rejected in catalogue_with(texts).rejected:
            problems.append(
                Problem(
                    rejected.path,
                    rejected.line,
                    "settings",
                    f"{rejected.message}; the table is left out until it is corrected",
                )
            )
    return Team(tuple(texts.items()), _wrappers(root, tree.root), tuple(problems))


def _wrappers(root: Path, settings: Settings) -> TrustedWrappers:
    names = settings.trusted_wrappers

    def trusted(key: str, listed: tuple[str, ...]) -> tuple[Trusted, ...]:
        places = places_of(root, "trusted-wrappers", key) if listed else {}
        return tuple(Trusted(each, Line(*places[each]) if each in places else None) for each in listed)

    return TrustedWrappers(
        trusted("authenticates", names.authenticates),
        trusted("validates", names.validates),
        trusted("limits-rate", names.limits_rate),
    )
