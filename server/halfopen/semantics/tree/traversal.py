"""From a node to what stands in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

from halfopen.semantics.tree.expressions import Class, Function
from halfopen.semantics.tree.statements import Node

_CHILD_FIELDS: dict[type, tuple[str, ...]] = {}
_NOT_CHILDREN = frozenset({"start", "end", "name_start", "id"})


def _child_fields(kind: type) -> tuple[str, ...]:
    fields = _CHILD_FIELDS.get(kind)
    if fields is None:
        leaf = {"str", "bool", "int", "str | None", "tuple[str, ...]", "tuple[tuple[str, str], ...]"}
        fields = tuple(
            field.name
            for field in dataclasses.fields(kind)
            if field.name not in _NOT_CHILDREN
            and field.type not in leaf
            and not str(field.type).startswith("OneOf[")
        )
        _CHILD_FIELDS[kind] = fields
    return fields


def children(parent: Node) -> Iterator[Node]:
    """The direct children of a node, in source order for all but decorators."""
    for name in _child_fields(type(parent)):
        value = getattr(parent, name)
        if value is None or value.__class__ is str:
            continue
        if value.__class__ is tuple:
            for item in value:
                if item.__class__ is not str:
                    yield item
        elif hasattr(value, "start"):
            yield value


def walk(root: Node, enter: Callable[[Node], bool] | None = None) -> Iterator[Node]:
    """`root` and all its descendants in pre-order.

    `enter` may refuse a node's children (not the node itself): `walk(body, enter=not_a_function)`
    stays within one function.
    """
    stack: list[Node] = [root]
    while stack:
        current = stack.pop()
        yield current
        if enter is None or current is root or enter(current):
            stack.extend(reversed(list(children(current))))


def same_function(candidate: Node) -> bool:
    """For `walk`: do not enter nested functions and classes."""
    return not isinstance(candidate, Function | Class)
