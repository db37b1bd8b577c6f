"""Whether anything of the workspace uses the hook, component, class, store or module that holds a client."""

from __future__ import annotations

import posixpath
import re

from halfopen.connections.dossier import Owner
from halfopen.connections.facts import Evidence, Fact, Known
from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.program import At, Global, Program
from halfopen.semantics.react import kind_of_name
from halfopen.semantics.scopes import index_of
from halfopen.semantics.scripts import file_of

_NAMED = frozenset({"hook", "component", "effect", "class"})
_PLACED = frozenset({"component", "effect"})
_STARTS = ("createRoot", "hydrateRoot", "ReactDOM")
_FOLDERS = ("StaticFiles", "Jinja2Templates", "send_from_directory", "render_template", "FileResponse")
_ENTRY = re.compile(
    r"(^|/)(main|index|app|page|layout|_app|root|entry[\w.-]*|preload|background|content|sw|[\w-]*worker)\.[cm]?[jt]sx?$",
    re.IGNORECASE,
)
"""Files that a framework, a browser or a page loads by their name, without an import."""
_PLACE = re.compile(r"(^|/)(pages|app|routes|views|screens)/", re.IGNORECASE)
"""Folders whose components a framework loads; the hooks and stores in them it does not."""


def used(program: Program, call: At[tree.Call], owner: Fact[Owner]) -> Known[bool] | None:
    """That nothing uses a client's owner; None where something does, or something outside may.

    It is known only of an application, which renders its root somewhere in the workspace: of a library others use what it
    exports.
    """
    if not isinstance(owner, Known):
        return None
    if not any(program.files_with(word, "typescript") for word in _STARTS):
        return None
    path, kind, name = call.path, owner.value.kind, owner.value.name
    if file_of(path) != path:
        return _page_that_nothing_serves(program, call)
    if _ENTRY.search(path) or (kind in _PLACED and kind_of_name(name) != "hook" and _PLACE.search(path)):
        return None
    module = program.module(path)
    if module is not None and module.exports and not _is_loaded(program, path):
        return Known(False, (Evidence(call.span, f"no module of the workspace imports {path}"),))
    variable = Global(path, name)
    if kind not in _NAMED or not program.definitions_of(variable) or program.importers(variable):
        return None
    if any(each.unit is not call.unit for each in program.reads(variable)) or _is_taken_whole(program, path):
        return None
    return Known(False, (Evidence(call.span, f"nothing in the workspace uses {name}"),))


def _page_that_nothing_serves(program: Program, call: At[tree.Call]) -> Known[bool] | None:
    """A page among a server's modules that no code names, where the product is the React application: for a try by hand.

    Where a server hands out whole folders, it may be in one of them.
    """
    page = file_of(call.path)
    folder, name = posixpath.split(page)
    if program.module(posixpath.join(folder, "__init__.py")) is None:
        return None
    if any(program.files_with(word, "python") for word in _FOLDERS):
        return None
    if program.queries.search(("page named", page), lambda: _is_named(program, page)):
        return None
    return Known(
        False,
        (Evidence(call.span, f"nothing in the workspace names {name}, a page beside the server's modules"),),
    )


def _is_named(program: Program, page: str) -> bool:
    name = posixpath.basename(page)
    return any(
        isinstance(node, tree.Literal) and isinstance(node.value, str) and name in node.value
        for language in ("python", "typescript")
        for module, unit in program.units_with(_longest_word(name), language)
        if file_of(module.path) != page
        for node in index_of(unit).parents
    )


def _is_loaded(program: Program, path: str) -> bool:
    return program.queries.search(("module loaded", path), lambda: _loads(program, path, whole=False))


def _is_taken_whole(program: Program, path: str) -> bool:
    """Whether anything takes the file as a whole: `lazy(() => import("./Live"))`, `import * as live from "./live"`."""
    return program.queries.search(("module taken whole", path), lambda: _loads(program, path, whole=True))


def _loads(program: Program, path: str, whole: bool) -> bool:
    """Whether a shipped module or the file itself sees to it that the file runs, by a specifier that may mean it."""
    if not whole and any(
        module.path == path for word in _STARTS for module, _ in program.units_with(word, "typescript")
    ):
        return True
    return any(
        _names(program, module.path, node, path, whole)
        for module, unit in program.units_with(_longest_word(_stem(path)), "typescript")
        if file_of(module.path) != path and is_shipped(module.path)
        for node in (*unit.body, *index_of(unit).parents)
    )


def _names(program: Program, importing: str, node: tree.Node, path: str, whole: bool) -> bool:
    match node:
        case tree.Literal(value=str(text)):
            return text.startswith((".", "@", "~", "#")) and _may_mean(program, importing, text, path)
        case tree.Import(module=specifier, names=names):
            is_asked_for = not whole or any(each.name == "*" for each in names)
            return is_asked_for and _may_mean(program, importing, specifier, path)
        case tree.Export(module=str(specifier)):
            return _may_mean(program, importing, specifier, path)
        case _:
            return False


def _may_mean(program: Program, importing: str, specifier: str, path: str) -> bool:
    """Whether a specifier is the file's; one that leads nowhere in the workspace is taken for it by its last word."""
    if _stem(specifier) != _stem(path):
        return False
    found = program.resolve_import(importing, specifier)
    return found is None or found == path


def _stem(path: str) -> str:
    """The last word of a path: the file without its ending, or the folder of an index file."""
    name = posixpath.basename(path)
    stem, ending = posixpath.splitext(name)
    if re.fullmatch(r"\.[cm]?[jt]sx?", ending) is None:
        stem = name
    return posixpath.basename(posixpath.dirname(path)) if stem == "index" else stem


def _longest_word(text: str) -> str:
    return max(re.findall(r"[\w$]+", text), key=len, default="")
