"""Small workspaces, and ways to point at code in them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from halfopen.semantics import tree
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, External, Program
from halfopen.semantics.scopes import index_of
from halfopen.semantics.values import origins
from halfopen.workspace.discovery import Scope
from halfopen.workspace.workspace import Workspace


def workspace_of(root: Path, files: dict[str, str]) -> Workspace:
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    workspace = Workspace(root, Scope())
    workspace.scan()
    return workspace


def nodes(program: Program, path: str) -> Iterator[At[tree.Node]]:
    """Every node of a file in source order."""
    module = program.module(path)
    assert module is not None, path
    for unit in module.units:
        for statement in unit.body:
            for node in tree.walk(statement):
                yield At(path, unit, node)


def expressions(program: Program, path: str, text: str) -> list[At[tree.Expr]]:
    """Every name, member, call or display that reads `text`."""
    kinds = (tree.Name, tree.Member, tree.Call, tree.Index, tree.Function, tree.Object, tree.Element)
    return [at.to(at.node) for at in nodes(program, path) if isinstance(at.node, kinds) and at.text == text]


def last(program: Program, path: str, text: str) -> At[tree.Expr]:
    found = expressions(program, path, text)
    assert found, f"{text!r} is not in {path}"
    return found[-1]


def first(program: Program, path: str, text: str) -> At[tree.Expr]:
    found = expressions(program, path, text)
    assert found, f"{text!r} is not in {path}"
    return found[0]


def function(program: Program, path: str, name: str) -> At[tree.Function]:
    return next(
        at.to(at.node)
        for at in nodes(program, path)
        if isinstance(at.node, tree.Function) and at.node.name == name
    )


def named(program: Program, at: At[tree.Expr]) -> list[str]:
    """The origins of an expression as text: the code, a dotted name, or `parameter of function`."""
    found: list[str] = []
    for origin in origins(program, at):
        if isinstance(origin, External):
            found.append(str(origin))
        elif isinstance(origin, ParameterOf):
            target = origin.parameter.target
            name = target.id if isinstance(target, tree.Name) else "{...}"
            steps = "".join(f".{step}" for step in origin.steps)
            found.append(f"{name}{steps} of {origin.function.node.name}")
        elif isinstance(origin.node, tree.Function | tree.Class):
            found.append(f"{origin.path}:{origin.node.name or 'anonymous'}")
        else:
            found.append(origin.text)
    return sorted(found)


def names_by_scope(program: Program, path: str, name: str) -> list[str]:
    """For each mention of a name, in order: the function or class whose it is, "module", or "block"."""
    found: list[str] = []
    for at in nodes(program, path):
        if isinstance(at.node, tree.Name) and at.node.id == name:
            binding = index_of(at.unit).bindings.get(at.node)
            if binding is None:
                found.append("module")
            else:
                owner = binding.scope.owner
                known = owner.name if isinstance(owner, tree.Function | tree.Class) else None
                found.append(known or binding.scope.kind)
    return found
