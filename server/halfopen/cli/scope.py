"""From the paths on the command line to what is audited."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from halfopen.cli.messages import CommandError


class ScopeError(CommandError):
    """Paths that cannot be audited."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What is audited. `shown_root` is the root as written from the current directory.

    `only` is empty where findings of the whole root are shown.
    """

    root: Path
    shown_root: str
    only: tuple[Path, ...]


def scope_of(paths: Sequence[Path], current: Path) -> Scope:
    """The scope of an audit of these paths, as given from the directory `current`.

    One directory alone is the root. Otherwise the root is the current directory if it holds all the
    paths, else the nearest directory that does. Raises ScopeError.
    """
    missing = [_fault(path, current / path) for path in paths]
    if any(missing):
        raise ScopeError(*(message for message in missing if message))
    current = current.resolve()
    chosen = [(current / path).resolve() for path in paths]
    if not chosen:
        return Scope(current, ".", ())
    if len(set(chosen)) == 1 and chosen[0].is_dir():
        return Scope(chosen[0], _shown(chosen[0], current), ())
    if all(path.is_relative_to(current) for path in chosen):
        return Scope(current, ".", tuple(chosen))
    root = _common([path if path.is_dir() else path.parent for path in chosen])
    if root is None or root == Path(root.anchor):
        raise ScopeError("the paths have no directory in common: audit them one by one")
    return Scope(root, _shown(root, current), () if root in chosen else tuple(chosen))


def scope_of_text(name: Path | None, current: Path) -> Scope:
    """The scope of an audit of a text from standard input, which stands for a file. Raises ScopeError."""
    if name is None:
        raise ScopeError("-: say which file the text stands for: --stdin-filename src/app.py")
    current = current.resolve()
    path = (current / name).resolve()
    if not path.is_relative_to(current):
        raise ScopeError(f"--stdin-filename {name}: is not below the current directory")
    return Scope(current, ".", (path,))


def _fault(given: Path, path: Path) -> str | None:
    try:
        path.stat()
    except FileNotFoundError:
        return f"{given}: no such file or directory"
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return f"{given}: {reason}"
    if path.is_dir():
        if not os.access(path, os.R_OK | os.X_OK):
            return f"{given}: permission denied"
    elif not path.is_file():
        return f"{given}: neither a file nor a directory"
    return None


def _common(directories: Sequence[Path]) -> Path | None:
    try:
        return Path(os.path.commonpath(directories))
    except ValueError:
        return None


def _shown(root: Path, current: Path) -> str:
    try:
        return Path(os.path.relpath(root, current)).as_posix()
    except ValueError:
        return root.as_posix()
