"""Code that a task queue runs in processes of its own, where the registries of the server are empty."""

from __future__ import annotations

from halfopen.connections.facts import Confidence, Evidence, Fact, Known
from halfopen.connections.sending.calling import (
    callers_up,
    importing,
    is_called,
    is_run_by_name,
    runs_by_itself,
)
from halfopen.semantics import tree
from halfopen.semantics.program import At, Program
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.scopes import index_of

_TASKS = frozenset({"celery.shared_task", "dramatiq.actor", "huey.task", "rq.decorators.job", "celery.task"})
_TASK_ENDINGS = ("celery.Celery().task", "Huey().task", "procrastinate.App().task")


def is_task(program: Program, function: At[tree.Function]) -> bool:
    for decorator in function.node.decorators:
        callee = decorator.callee if isinstance(decorator, tree.Call) else decorator
        for name in qualified(program, function.to(callee)):
            if name in _TASKS or name.endswith(_TASK_ENDINGS):
                return True
    return False


def runs_here(program: Program, function: At[tree.Function]) -> Fact[bool]:
    """Whether a function runs in the server's process.

    Of low confidence where it is only given to something as a value (`graph.add_node("save", save)`) by a module that
    a task of a queue imports: what runs the value there runs it in a worker.
    """
    called = is_called(program, function)
    if not isinstance(called, Known) or not called.value:
        return called
    running = [each for each in callers_up(program, function) if runs_by_itself(program, each)]
    if not running or any(is_run_by_name(program, each) for each in running):
        return called
    for path in dict.fromkeys(path for each in running for path in importing(program, each.path)):
        task = _task_in(program, path)
        if task is not None:
            said = Evidence(task.span, "a worker process of the task queue may be what runs it, from here")
            return Known(True, (*called.evidence, said), Confidence.LOW)
    return called


def _task_in(program: Program, path: str) -> At[tree.Function] | None:
    """A task of a queue that a file defines."""
    module = program.module(path)
    for unit in module.units if module is not None else ():
        program.queries.note(unit)
        for function in index_of(unit).functions:
            at: At[tree.Function] = At(path, unit, function)
            if function.decorators and is_task(program, at):
                return at
    return None
