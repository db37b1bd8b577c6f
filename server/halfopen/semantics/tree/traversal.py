"""From a node to what stands in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import TypeAlias

from halfopen.semantics.tree.expressions import Class, Function
from halfopen.semantics.tree.statements import Node

_Read: TypeAlias = Callable[[Node], list[Node]]

_READ: dict[type, _Read | None] = {}
_NOT_CHILDREN = frozenset({"start", "end", "name_start", "id"})
_LEAVES = frozenset(
    {
        "str",
        "bool",
        "int",
        "str | None",
        "tuple[str, ...]",
        "tuple[tuple[str, str], ...]",
        "str | bytes | int | float | bool | None",
    }
)
"""The types of fields that hold no node."""


def _read_of(kind: type) -> _Read | None:
    """What lists the children of a kind of node; None where it has none.

    It is written for the kind, as `dataclass` writes an `__init__`: walking trees is what an audit spends most on.
    """
    parts: list[str] = []
    for field in dataclasses.fields(kind):
        written = str(field.type)
        if field.name in _NOT_CHILDREN or written in _LEAVES or written.startswith("OneOf["):
            continue
        value = f"node.{field.name}"
        if written.startswith("tuple[str |"):
            parts.append(f"*(each for each in {value} if each.__class__ is not str)")
        elif written.startswith("tuple["):
            parts.append(f"*{value}")
        elif written.endswith("| None"):
            parts.append(f"*(() if {value} is None else ({value},))")
        else:
            parts.append(value)
    _READ[kind] = read = eval(f"lambda node: [{', '.join(parts)}]") if parts else None
    return read


def children(parent: Node) -> list[Node]:
    """The direct children of a node, in source order for all but decorators."""
    kind = parent.__class__
    read = _READ[kind] if kind in _READ else _read_of(kind)
    return read(parent) if read is not None else []


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
            # As in `children`, without its call: nothing else is done as often.
            kind = current.__class__
            read = _READ[kind] if kind in _READ else _read_of(kind)
            if read is not None:
                below = read(current)
                below.reverse()
                stack += below


def same_function(candidate: Node) -> bool:
    """For `walk`: do not enter nested functions and classes."""
    return not isinstance(candidate, Function | Class)
