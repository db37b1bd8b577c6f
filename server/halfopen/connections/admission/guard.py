"""A function that runs before a handler does."""

from __future__ import annotations

from dataclasses import dataclass

from halfopen.connections.admission.facts import CheckPlace
from halfopen.connections.facts import Evidence
from halfopen.semantics import tree
from halfopen.semantics.members import members
from halfopen.semantics.program import At, Program


@dataclass(frozen=True, slots=True)
class Guard:
    """A function that runs before accept. `function` is None for one that cannot be read here.

    `trusted` is there where the settings say that it authenticates, with where they do.
    `asks`: it is known to ask who the client is, though it cannot be read.
    """

    place: CheckPlace
    function: At[tree.Function] | None
    name: str
    evidence: tuple[Evidence, ...] = ()
    trusted: tuple[Evidence, ...] | None = None
    asks: bool = False


def methods_named(program: Program, klass: At[tree.Class], name: str) -> list[At[tree.Function]]:
    """The methods that a class has under a name, its own or inherited."""
    return [
        value.to(value.node)
        for value in members(program, klass, name)
        if isinstance(value.node, tree.Function)
    ]
