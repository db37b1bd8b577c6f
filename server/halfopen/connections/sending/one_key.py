"""Broadcasts that go to the clients of one key alone: those who follow one job, or stand in one room."""

from __future__ import annotations

from halfopen.connections.registries import container_of
from halfopen.connections.sending.members import Loop
from halfopen.connections.sending.registered import Entered
from halfopen.semantics import tree
from halfopen.semantics.program import At, Program
from halfopen.semantics.values import origins


def goes_to_one_key(program: Program, registry: Entered, loop: Loop) -> bool:
    """`for socket in self.watching[job_id]`, `for socket in list(self.watching.get(job_id, []))`."""
    node = loop.node
    over = [node.iterable] if isinstance(node, tree.Loop) else [each.iterable for each in node.clauses]
    for each in over:
        at = loop.to(each) if each is not None else None
        for one in (at, *origins(program, at)) if at is not None else ():
            if isinstance(one, At) and _looks_up(program, registry, one):
                return True
    return False


def _looks_up(program: Program, registry: Entered, at: At[tree.Expr]) -> bool:
    for node in tree.walk(at.node, tree.same_function):
        match node:
            case tree.Index(object=held) | tree.Call(callee=tree.Member(object=held, name="get")):
                if container_of(program, at.to(held)) == registry.container:
                    return True
            case _:
                pass
    return False
