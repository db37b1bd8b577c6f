"""The command's options on top of the settings: which rules run, and which baseline counts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from halfopen.audit.settings import Settings, rule_selector
from halfopen.audit.settings_tree import SettingsTree
from halfopen.cli.messages import CommandError


def with_choice(
    tree: SettingsTree, root: Path, select: Iterable[str], ignore: Iterable[str], baseline: Path | None
) -> SettingsTree:
    """The settings with the command's choice. Raises CommandError where it names no rule."""
    selected, ignored = _names("--select", select), _names("--ignore", ignore)

    def chosen(settings: Settings) -> Settings:
        changes: dict[str, object] = {"ignore": (*settings.ignore, *ignored)} if ignored else {}
        if selected:
            changes["select"] = selected
        if baseline is not None:
            changes["baseline"] = str(Path.cwd() / baseline)
        return settings.model_copy(update=changes) if changes else settings

    if baseline is not None and not baseline.is_file():
        raise CommandError(f"--baseline {baseline}: there is no such file; --write-baseline makes it")
    return tree.with_each(chosen)


def _names(option: str, given: Iterable[str]) -> tuple[str, ...]:
    """The rules of an option that may be repeated and may hold several names."""
    names = tuple(name.strip() for each in given for name in each.split(",") if name.strip())
    for name in names:
        try:
            rule_selector(name)
        except ValueError as error:
            raise CommandError(f'{option} "{name}": {error}; halfopen rules lists them') from None
    return names
