"""The values that a function hands on or assigns."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.semantics import tree
from halfopen.semantics.program import At, own_nodes


def written_values(function: At[tree.Function]) -> Iterator[At[tree.Expr]]:
    """The values that a function hands on or assigns, objects and updater functions taken apart."""
    for node in own_nodes(function):
        match node:
            case tree.Call(arguments=arguments):
                for argument in arguments:
                    yield from _leaves(function.to(argument.value))
            case tree.Assign(value=value) if value is not None and not isinstance(value, tree.Function):
                yield from _leaves(function.to(value))
            case _:
                pass


def _leaves(at: At[tree.Expr]) -> Iterator[At[tree.Expr]]:
    match at.node:
        case tree.Object(entries=entries):
            for entry in entries:
                if entry.key is not None:
                    yield from _leaves(at.to(entry.value))
        case tree.Function():
            for node in tree.walk(at.node.body, tree.same_function):
                if isinstance(node, tree.Return) and node.value is not None:
                    yield from _leaves(at.to(node.value))
        case tree.Sequence(items=items):
            for item in items:
                if not isinstance(item, tree.Spread):
                    yield from _leaves(at.to(item))
        case tree.Name() | tree.Member() | tree.Call():
            yield at
        case _:
            yield at
