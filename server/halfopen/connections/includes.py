"""Where a program puts routers and applications under others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from halfopen.semantics import tree
from halfopen.semantics.program import At, Program
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.scopes import index_of
from halfopen.semantics.values import origins

MOUNTS = frozenset({"starlette.routing.Mount", "fastapi.routing.Mount", "starlette.routing.Host"})
_INCLUDES = ("include_router", "mount", "Mount")


@dataclass(frozen=True, slots=True)
class Include:
    """`parent.include_router(child, prefix=...)`, `parent.mount(path, child)`, `Mount(path, app=child)`."""

    call: At[tree.Call]
    child: At[tree.Expr]
    parent: At[tree.Expr] | None
    prefix: At[tree.Expr] | None


def includes(program: Program) -> tuple[Include, ...]:
    """Every place of the program that puts a router or application under another."""
    return program.queries.search(("route includes",), lambda: tuple(_find_includes(program)))


def _find_includes(program: Program) -> Iterator[Include]:
    seen: set[tree.Node] = set()
    for word in _INCLUDES:
        for module, unit in program.units_with(word, "python"):
            program.queries.note(unit)
            for call in index_of(unit).calls:
                if call not in seen:
                    seen.add(call)
                    yield from _include(program, At(module.path, unit, call))


def _include(program: Program, call: At[tree.Call]) -> Iterator[Include]:
    callee = call.node.callee
    name = callee.name if isinstance(callee, tree.Member) else getattr(callee, "id", "")
    if name == "include_router" and isinstance(callee, tree.Member):
        child = argument_named(call.node, 0, "router")
        if child is not None:
            prefix = argument_named(call.node, None, "prefix")
            for each in _elements(program, call.to(child)):
                yield Include(call, each, call.to(callee.object), call.to(prefix) if prefix else None)
    elif name == "mount" and isinstance(callee, tree.Member):
        path, child = argument_named(call.node, 0, "path"), argument_named(call.node, 1, "app")
        if path is not None and child is not None:
            yield Include(call, call.to(child), call.to(callee.object), call.to(path))
    elif name == "Mount" and isinstance(callee, tree.Name | tree.Member):
        path, child = argument_named(call.node, 0, "path"), argument_named(call.node, 1, "app")
        if path is not None and child is not None and qualified(program, call.to(callee)) & MOUNTS:
            yield Include(call, call.to(child), None, call.to(path))


def _elements(program: Program, child: At[tree.Expr]) -> Iterator[At[tree.Expr]]:
    """What is included: the expression, or each item of the list that a loop goes through."""
    if isinstance(child.node, tree.Name):
        for path, unit, definition in program.definitions_of(program.variable(child.to(child.node))):
            if definition.kind == "element" and definition.value is not None and not definition.steps[1:]:
                iterable: At[tree.Expr] = At(path, unit, definition.value)
                for origin in origins(program, iterable):
                    if isinstance(origin, At) and isinstance(origin.node, tree.Sequence):
                        yield from (origin.to(item) for item in origin.node.items)
                        return
    yield child


def names_made(program: Program, child: At[tree.Expr], made: tree.Node) -> bool:
    """Whether an expression is what a call made."""
    return any(isinstance(each, At) and each.node is made for each in origins(program, child))


def argument_named(call: tree.Call, position: int | None, name: str) -> tree.Expr | None:
    """The argument given by a name, else the one at a position."""
    for argument in call.arguments:
        if argument.name == name:
            return argument.value
    positional = [each for each in call.arguments if each.name is None and not each.spread]
    return positional[position].value if position is not None and position < len(positional) else None
