"""What makes a class a node of the tree."""

from __future__ import annotations

import dataclasses
from typing import TypeVar, dataclass_transform

_T = TypeVar("_T")


@dataclass_transform(frozen_default=True, eq_default=False, kw_only_default=False)
def node(cls: type[_T]) -> type[_T]:
    """A slotted node compared by identity.

    Immutability is checked by the type checker only: `frozen=True` would triple the cost of
    building a tree, and building trees is what a save waits for.
    """
    return dataclasses.dataclass(slots=True, eq=False)(cls)
