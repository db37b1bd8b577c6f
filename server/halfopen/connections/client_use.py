"""Whether anything of the workspace uses the hook, component or class that holds a client."""

from __future__ import annotations

import posixpath
import re

from halfopen.connections.dossier import Owner
from halfopen.connections.facts import Evidence, Fact, Known
from halfopen.semantics import tree
from halfopen.semantics.program import At, Global, Program
from halfopen.semantics.scopes import index_of
from halfopen.semantics.scripts import file_of

_OWNERS = frozenset({"hook", "component", "effect", "class"})
_STARTS = ("createRoot", "hydrateRoot", "ReactDOM")
_ENTRY = re.compile(
    r"(^|/)((pages|app|routes|views|screens)/|(main|index|app|page|layout|_app|root|entry[\w.-]*)\.[cm]?[jt]sx?$)",
    re.IGNORECASE,
)
"""Files that a framework or a page loads by where they are, or by their name, without an import."""


def used(program: Program, call: At[tree.Call], owner: Fact[Owner]) -> Known[bool] | None:
    """That nothing uses a client's owner; None where something does, or something outside may.

    It is known only of an application, which renders its root somewhere in the workspace: of a library others use what it
    exports.
    """
    if not isinstance(owner, Known) or owner.value.kind not in _OWNERS:
        return None
    path, name = call.path, owner.value.name
    if file_of(path) != path or _ENTRY.search(path):
        return None
    if not any(program.files_with(word, "typescript") for word in _STARTS):
        return None
    variable = Global(path, name)
    if not program.definitions_of(variable) or program.importers(variable):
        return None
    if any(each.unit is not call.unit for each in program.reads(variable)) or _is_loaded_later(program, path):
        return None
    return Known(False, (Evidence(call.span, f"nothing in the workspace uses {name}"),))


def _is_loaded_later(program: Program, path: str) -> bool:
    """Whether anything takes the file as a whole: `lazy(() => import("./Live"))`, `import * as live from "./live"`."""
    stem = _stem(path)
    return any(
        _names_whole(node, stem)
        for module, unit in program.units_with(stem, "typescript")
        if module.path != path
        for node in index_of(unit).parents
    )


def _names_whole(node: tree.Node, stem: str) -> bool:
    match node:
        case tree.Literal(value=str(text)):
            return _stem(text) == stem
        case tree.Import(module=module, names=names):
            return _stem(module) == stem and any(each.name == "*" for each in names)
        case tree.Export(module=str(module)):
            return _stem(module) == stem
        case _:
            return False


def _stem(path: str) -> str:
    return posixpath.splitext(posixpath.basename(path))[0]
