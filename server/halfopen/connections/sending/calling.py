"""Who calls a function that sends, and whether anything that runs does."""

from __future__ import annotations

import itertools
import posixpath
import re
from collections.abc import Iterator

from halfopen.connections.facts import Confidence, Evidence, Fact, Known
from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers, functions
from halfopen.semantics.flow import calls_as_value
from halfopen.semantics.function_shape import name_of_function
from halfopen.semantics.program import At, External, Global, Program, own_nodes
from halfopen.semantics.scopes import index_of

_DEPTH = 4


def is_called(program: Program, function: At[tree.Function]) -> Fact[bool]:
    """Whether a function runs: it is called, handed on, or registered by a decorator.

    Of lower confidence where only its name is called on something that the code does not tell.
    """
    key = ("is called", function.node)
    return program.queries.search(key, lambda: _is_called(program, function))


def _is_called(program: Program, function: At[tree.Function]) -> Fact[bool]:
    up = callers_up(program, function)
    for each in up:
        if runs_by_itself(program, each):
            return Known(True, (Evidence(each.span, f"{described(each)} leads to it"),))
    further = _called_from_further(program, up)
    if further is not None:
        return Known(True, (Evidence(further.span, "a longer way leads to it"),), Confidence.MEDIUM)
    named = _named_call(program, function)
    if named is not None:
        return Known(True, (Evidence(named.span, "calls something of this name"),), Confidence.MEDIUM)
    return Known(False, (Evidence(function.span, "nothing calls it"),))


def callers_up(program: Program, function: At[tree.Function]) -> list[At[tree.Function]]:
    """A function and those that call it, directly or through others, nearest first."""
    key = ("callers up", function.node)
    return program.queries.search(key, lambda: _callers_up(program, function))


def _callers_up(program: Program, function: At[tree.Function]) -> list[At[tree.Function]]:
    found: dict[tree.Node, At[tree.Function]] = {function.node: function}
    level = [function]
    for _ in range(_DEPTH):
        above: list[At[tree.Function]] = []
        for each in level:
            outer = each.index.function_of(each.node)
            calls = [call for call in _calls(program, each) if is_shipped(call.path)]
            ups = [
                call.to(inside) for call in calls if (inside := call.index.function_of(call.node)) is not None
            ]
            if outer is not None:
                ups.append(each.to(outer))
            for up in ups:
                if up.node not in found:
                    found[up.node] = up
                    above.append(up)
        level = above
    return list(found.values())


def _called_from_further(program: Program, up: list[At[tree.Function]]) -> At[tree.Call] | None:
    """A call by which the way up goes on where the search for callers has ended."""
    seen = {each.node for each in up}
    for each in up:
        for call in _calls(program, each):
            inside = call.index.function_of(call.node)
            if inside is not None and inside not in seen and is_shipped(call.path):
                return call
    return None


def _calls(program: Program, function: At[tree.Function]) -> list[At[tree.Call]]:
    """The calls of a function: by its name, and where it was handed on to be called (`Pipeline(library, self.announce)`)."""
    found = callers(program, function)
    return [*found, *calls_as_value(program, function)] if _handed_on(program, function) else found


def runs_by_itself(program: Program, function: At[tree.Function]) -> bool:
    """Whether something outside the code's own calls runs a function: a framework, an event, the module itself."""
    return is_run_by_name(program, function) or _handed_on(program, function)


def is_run_by_name(program: Program, function: At[tree.Function]) -> bool:
    """The same, without functions that are only given to something as a value: who runs those, and where, is not told."""
    if function.node.decorators and function.node.kind not in ("static", "class", "getter", "setter"):
        return True
    return any(
        call.index.function_of(call.node) is None and is_shipped(call.path)
        for call in callers(program, function)
    )


def _handed_on(program: Program, function: At[tree.Function]) -> bool:
    """Whether a function is given to something as a value (`target=self._run`, `add_task(notify)`, `Depends(notify)`)."""
    key = ("handed on", function.node)
    return program.queries.search(key, lambda: _is_handed_on(program, function))


def _is_handed_on(program: Program, function: At[tree.Function]) -> bool:
    program.queries.note(function.unit)
    name, _ = name_of_function(function)
    if name is None:
        return False
    if function.node.receiver is None and function.index.function_of(function.node) is None:
        own = Global(function.path, name)
        reads = itertools.chain(program.reads(own), _read_where_imported(program, own))
        return any(
            isinstance(read.parent, tree.Argument | tree.Entry | tree.Sequence) and is_shipped(read.path)
            for read in reads
        )
    for module, unit in program.units_with(name, "python", as_member=function.node.receiver is not None):
        if not is_shipped(module.path):
            continue
        other: At[tree.Node] = At(module.path, unit, function.node)
        for node in other.index.parents:
            if isinstance(node, tree.Member | tree.Name) and name == (
                node.name if isinstance(node, tree.Member) else node.id
            ):
                parent = other.index.parents.get(node)
                if isinstance(parent, tree.Argument | tree.Entry | tree.Assign | tree.Return) and (
                    not isinstance(parent, tree.Assign) or parent.value is node
                ):
                    return True
    return False


def _read_where_imported(program: Program, name: Global) -> Iterator[At[tree.Name]]:
    """The reads of a name in functions that import it themselves: `from app.jobs import run` just before `queue.enqueue(run)`."""
    for module, unit in program.units_with(name.name, "python"):
        if module.path == name.path:
            continue
        for binding in dict.fromkeys(index_of(unit).bindings.values()):
            if any(
                each.kind == "import" and program.imported(module.path, each) == name
                for each in binding.definitions
            ):
                program.queries.note(unit)
                yield from (At(module.path, unit, read) for read in binding.reads)


def _named_call(program: Program, function: At[tree.Function]) -> At[tree.Call] | None:
    """A call of a method of this name on a receiver that the code does not tell."""
    name, _ = name_of_function(function)
    if name is None or function.node.receiver is None or function.node.receiver == "this":
        return None
    klass = function.index.class_of(function.node)
    if klass is not None and klass.name and not leaves_its_file(program, Global(function.path, klass.name)):
        return None
    pattern = re.compile(rb"\." + re.escape(name).encode() + rb"\s*\(")
    for module, unit in program.units_with(name, "python", as_member=True):
        if unit is function.unit or not is_shipped(module.path) or pattern.search(unit.text) is None:
            continue
        other: At[tree.Node] = At(module.path, unit, function.node)
        for call in other.index.calls:
            if (
                isinstance(call.callee, tree.Member)
                and call.callee.name == name
                and not functions(program, other.to(call.callee))
            ):
                return other.to(call)
    return None


def leaves_its_file(program: Program, name: Global) -> bool:
    """Whether code of other files, or code that is handed a value, can come by a class, or by an instance of it.

    True too where its own file cannot be read that closely.
    """
    return program.queries.search(("leaves its file", name), lambda: _leaves_its_file(program, name, 1))


def _leaves_its_file(program: Program, name: Global, depth: int) -> bool:
    module = program.module(name.path)
    if module is None or not module.defined(name.name):
        return True
    if any(is_shipped(each.path) for each in program.importers(name)) or _is_imported_whole(
        program, name.path
    ):
        return True
    for read in program.reads(name):
        used: tree.Node = read.node
        parent = read.index.parents.get(used)
        if depth and isinstance(parent, tree.Call) and parent.callee is used:
            used, parent = parent, read.index.parents.get(parent)
        match parent:
            case tree.Assign(targets=targets, value=value) if value is used:
                for target in targets:
                    if not isinstance(target, tree.Name) or not isinstance(
                        program.variable(read.to(target)), Global
                    ):
                        return True
                    if depth and _leaves_its_file(program, Global(name.path, target.id), depth - 1):
                        return True
            case tree.Argument() | tree.Return() | tree.Entry() | tree.Sequence():
                return True
            case tree.Class():
                return True
            case _:
                pass
    return False


def _is_imported_whole(program: Program, path: str) -> bool:
    """Whether another file imports a module as such (`from app import sockets`), so that all its names can be had."""
    return posixpath.basename(path) == "__init__.py" or any(
        imported == path for _, imported in _imports_of_files_that_name(program, path)
    )


def importing(program: Program, path: str) -> Iterator[str]:
    """The files that import a module, or a name of it."""
    for importer, imported in _imports_of_files_that_name(program, path):
        if imported == path or (isinstance(imported, Global) and imported.path == path):
            yield importer


def _imports_of_files_that_name(
    program: Program, path: str
) -> Iterator[tuple[str, Global | External | str | None]]:
    stem = posixpath.splitext(posixpath.basename(path))[0]
    paths = {module.path for module, _ in program.units_with(stem, "python")}
    for each in sorted(paths - {path}):
        module = program.module(each) if is_shipped(each) else None
        for _, definition in module.imports if module is not None else ():
            if definition.kind == "import":
                yield each, program.imported(each, definition)


def described(function: At[tree.Function]) -> str:
    """A function as a person names it: `ConnectionManager.broadcast`."""
    name, _ = name_of_function(function)
    klass = function.index.class_of(function.node)
    outer = function.index.function_of(function.node)
    if klass is not None and klass.name and outer is None:
        return f"{klass.name}.{name}"
    return name or "a function"


def calls_member(function: At[tree.Function], names: frozenset[str]) -> At[tree.Call] | None:
    """The first call of a method of one of these names in a function's own code."""
    for node in own_nodes(function):
        if isinstance(node, tree.Call) and isinstance(node.callee, tree.Member) and node.callee.name in names:
            return function.to(node)
    return None
