"""Whether a program has its log show what is written at debug level: `logging.basicConfig(level=logging.DEBUG)`."""

from __future__ import annotations

import posixpath

from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.scopes import index_of

_DEBUG = frozenset({"DEBUG", 10})
"""The level's name and number: https://docs.python.org/3/library/logging.html#logging-levels"""


def shows_debug(program: Program, at: At[tree.Call]) -> bool:
    """Whether a module of the same folder, or of one above it, sets the level to debug, whatever the environment says."""
    folders = program.queries.search(("log shows debug",), lambda: _folders(program))
    return at.unit.language == "python" and any(
        not folder or at.path.startswith(f"{folder}/") for folder in folders
    )


def _folders(program: Program) -> frozenset[str]:
    """The folders of the modules that set it."""
    found: set[str] = set()
    for module, unit in program.units_with("basicConfig", "python"):
        if not is_shipped(module.path):
            continue
        program.queries.note(unit)
        for node in index_of(unit).calls:
            call = At(module.path, unit, node)
            if (
                last_name(node.callee) == "basicConfig"
                and any(
                    each.name == "level" and _is_debug(program, call.to(each.value))
                    for each in node.arguments
                )
                and not any(isinstance(each, tree.If) for each in call.index.ancestors(node))
            ):
                found.add(posixpath.dirname(module.path))
    return frozenset(found)


def _is_debug(program: Program, level: At[tree.Expr]) -> bool:
    if isinstance(level.node, tree.Literal):
        return level.node.value in _DEBUG
    return "logging.DEBUG" in qualified(program, level) and isinstance(level.node, tree.Name | tree.Member)
