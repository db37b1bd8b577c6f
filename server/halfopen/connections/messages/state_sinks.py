"""Where what a message holds goes into the page's state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from halfopen.connections.facts import Evidence
from halfopen.semantics import tree
from halfopen.semantics.flow import state_hook
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program
from halfopen.semantics.stores import store_setter_of


def put_into_state(program: Program, places: Iterable[At[tree.Expr]]) -> Iterator[Evidence]:
    """The calls of a state's setter, of a store or of a reducer that are given what stands at one of the places."""
    told: set[tree.Node] = set()
    for at in places:
        inner: tree.Node = at.node
        for ancestor in at.index.ancestors(at.node):
            if isinstance(ancestor, tree.Call) and inner is not ancestor.callee and ancestor not in told:
                call = at.to(ancestor)
                if _sets_state(program, call):
                    told.add(ancestor)
                    yield Evidence(call.span, "puts it into the state")
            inner = ancestor


def _sets_state(program: Program, call: At[tree.Call]) -> bool:
    callee = call.node.callee
    if isinstance(callee, tree.Name):
        hook = state_hook(program, call.to(callee))
        if hook is not None:
            return hook[1] == 1
    return last_name(callee) in ("dispatch", "setState") or store_setter_of(program, call) is not None
