"""The file of the workspace that an import names, as Python and as TypeScript look for it."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable

Exists = Callable[[str], bool]

_TYPESCRIPT_ENDINGS = (".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts")


def python_import(path: str, specifier: str, roots: Iterable[str], exists: Exists) -> str | None:
    """The file that `specifier` names in the file at `path`; `roots` are where absolute imports start, nearest first."""
    dots = len(specifier) - len(specifier.lstrip("."))
    rest = specifier[dots:].replace(".", "/")
    if dots:
        folder = posixpath.dirname(path)
        for _ in range(dots - 1):
            folder = posixpath.dirname(folder)
        return python_file(posixpath.join(folder, rest) if rest else folder, exists)
    for root in roots:
        found = python_file(posixpath.join(root, rest), exists)
        if found is not None:
            return found
    return None


def python_file(stem: str, exists: Exists) -> str | None:
    """The module or the package of a path without its ending."""
    for candidate in (f"{stem}.py", posixpath.join(stem, "__init__.py")):
        if exists(candidate):
            return candidate
    return None


def typescript_import(
    path: str, specifier: str, aliases: Callable[[], Iterable[tuple[str, str]]], exists: Exists
) -> str | None:
    """The file that `specifier` names in the file at `path`; `aliases` gives prefixes with the folders they stand for."""
    specifier = specifier.split("?", maxsplit=1)[0]
    if specifier.startswith("."):
        stem = posixpath.normpath(posixpath.join(posixpath.dirname(path), specifier))
        return _typescript_file("" if stem == "." else stem, exists)
    for prefix, folder in aliases():
        if specifier.startswith(prefix):
            stem = posixpath.normpath(posixpath.join(folder, specifier[len(prefix) :]))
            found = _typescript_file(stem, exists)
            if found is not None:
                return found
    return None


def _typescript_file(stem: str, exists: Exists) -> str | None:
    if stem.startswith(".."):
        return None
    if stem.endswith(_TYPESCRIPT_ENDINGS) and exists(stem):
        return stem
    bases = [stem]
    base, ending = posixpath.splitext(stem)
    if ending in (".js", ".jsx", ".mjs", ".cjs"):
        bases.append(base)
    for base in bases:
        for ending in _TYPESCRIPT_ENDINGS:
            if exists(base + ending):
                return base + ending
        for ending in _TYPESCRIPT_ENDINGS:
            candidate = posixpath.join(base, "index" + ending)
            if exists(candidate):
                return candidate
    return None
