"""The modules that fixes put beside a file: real code, with tests of its own, which a fix imports.

Each is one TypeScript file of this folder; what it imports of the others comes with it. Statements are ended
with semicolons and indented by two spaces, so that they can be written in the style of the file they help.
"""

from __future__ import annotations

import importlib.resources
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from halfopen.edits.changes import FileChanges

if TYPE_CHECKING:
    from halfopen.source import SourceText

_IMPORT = re.compile(r"""from ['"]\./(\w+)['"]""")


@dataclass(frozen=True, slots=True)
class Added:
    """A snippet beside a file: what to import it as, and the changes that put it and what it needs there."""

    specifier: str
    changes: Mapping[str, FileChanges]


@cache
def source_of(name: str) -> str:
    """The code of a snippet. Raises FileNotFoundError where there is none of that name."""
    return (importlib.resources.files(__name__) / f"{name}.ts").read_text(encoding="utf-8")


def add_snippet(text_of: Callable[[str], SourceText | None], importer: str, name: str) -> Added | None:
    """Put a snippet beside a file; None where the file cannot import it."""
    from halfopen.edits.typescript import add_module

    source = source_of(name)
    changes: dict[str, FileChanges] = {}
    for needed in dict.fromkeys(_IMPORT.findall(source)):
        inner = add_snippet(text_of, importer, needed)
        if inner is None:
            return None
        changes.update(inner.changes)
        source = re.sub(rf"""(['"])\./{needed}(['"])""", rf"\1{inner.specifier}\2", source)
    module = add_module(text_of, importer, name, source)
    if module is None:
        return None
    if module.changes:
        changes[module.path] = module.changes
    return Added(module.specifier, changes)
