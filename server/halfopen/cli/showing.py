"""`halfopen audit --show-settings` and `--show-files`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from halfopen.audit.engine import Auditor
from halfopen.audit.finding import Severity
from halfopen.audit.settings_tree import SettingsTree
from halfopen.cli.messages import CLEAN, complain
from halfopen.cli.scope import Scope


def show_settings(tree: SettingsTree) -> int:
    """Write the settings in force as TOML: the root's, then those of each folder that has its own."""
    for governing in reversed(tree.every):
        where = f"{governing.folder}/ and below" if governing.folder else "the audited directory"
        if governing.above:
            where += f", from {'/'.join('..' for _ in governing.above.split('/'))}"
        sys.stdout.write(f"# {where}\n")
        values: Mapping[str, object] = governing.settings.model_dump(by_alias=True)
        plain = {key: each for key, each in values.items() if not isinstance(each, dict)}
        for key, each in plain.items():
            if each is not None:
                sys.stdout.write(f"{key} = {_toml(each)}\n")
        for key, each in values.items():
            if isinstance(each, dict):
                _write_table(key, cast("dict[str, object]", each))
        sys.stdout.write("\n")
    complain(*(f"{each.path}:{each.line or 1}: {each.message}" for each in tree.problems))
    return CLEAN


def _write_table(name: str, table: Mapping[str, object]) -> None:
    sys.stdout.write(f"[{name}]\n")
    for key, each in table.items():
        shown = key if key.replace("-", "").replace("_", "").isalnum() and key.isascii() else json.dumps(key)
        sys.stdout.write(f"{shown} = {_toml(each)}\n")


def _toml(value: object) -> str:
    if isinstance(value, Severity):
        return f'"{value.name}"'
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_toml(each) for each in cast("tuple[object, ...]", value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def show_files(auditor: Auditor, scope: Scope) -> int:
    """Write the code files that are audited, one a line, as seen from the current directory."""
    auditor.scan()
    for path in auditor.files():
        if not scope.only or any((scope.root / path).is_relative_to(each) for each in scope.only):
            sys.stdout.write(f"{Path(scope.shown_root, path).as_posix()}\n")
    return CLEAN
