"""What a value may come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from halfopen.semantics import tree
from halfopen.semantics.program import At, External
from halfopen.semantics.scopes import Step


@dataclass(frozen=True, slots=True)
class ParameterOf:
    """A parameter of a function: its value is the caller's."""

    function: At[tree.Function]
    parameter: tree.Parameter
    steps: tuple[Step, ...] = ()


Origin: TypeAlias = At[tree.Expr] | External | ParameterOf
