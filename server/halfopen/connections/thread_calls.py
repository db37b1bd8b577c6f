"""Calls that have a function run in another thread: one table for what such a call costs, asks and hands on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal as OneOf

from halfopen.semantics import tree
from halfopen.semantics.program import At, Program
from halfopen.semantics.qualified_names import qualified


@dataclass(frozen=True, slots=True)
class ThreadCall:
    """What runs a function in a thread.

    `gives`: the function's "result" to whoever awaits the call, a "future" of it, or a "function" that is called in
    its place. `before`: how many arguments stand before the function.
    """

    name: str
    gives: OneOf["result", "future", "function"] = "result"
    before: int = 0

    @property
    def last_name(self) -> str:
        return self.name.rpartition(".")[2]


_FUNCTIONS = (
    ThreadCall("asyncio.to_thread"),
    ThreadCall("anyio.to_thread.run_sync"),
    ThreadCall("fastapi.concurrency.run_in_threadpool"),
    ThreadCall("starlette.concurrency.run_in_threadpool"),
    ThreadCall("asgiref.sync.sync_to_async", gives="function"),
)
_METHODS = (ThreadCall("run_in_executor", before=1), ThreadCall("submit", gives="future"))
"""Of an event loop and of an executor, which often come from elsewhere: known by their names."""

IN_THREAD = frozenset(each.last_name for each in (*_FUNCTIONS, *_METHODS))
"""What such calls are called, last word only."""
TAKING_ARGUMENTS = frozenset(each.last_name for each in (*_FUNCTIONS, *_METHODS) if each.gives != "function")
"""Those that are given the function's arguments behind it."""
THREAD_DECORATORS = frozenset(
    {"sync_to_async", "database_sync_to_async", "run_in_threadpool", "threaded", "asyncify"}
)
"""What makes of a function one that runs in a thread."""

_NAMES = frozenset(each.name for each in _FUNCTIONS)
_AWAITED = frozenset(each.name for each in _FUNCTIONS if each.gives == "result")
_AWAITED_METHODS = {each.name: each.before for each in _METHODS if each.gives == "result"}


def runs_in_thread(name: str) -> bool:
    """Whether a call of this qualified name runs something in a thread; `submit` only of what was made there."""
    return name in _NAMES or name.endswith((".run_in_executor", "().submit"))


def given_to_thread(program: Program, call: At[tree.Call]) -> tree.Call | None:
    """What a thread is given to do, as the call that it makes: `run_in_threadpool(check, token)` is `check(token)`."""
    callee, arguments = call.node.callee, call.node.arguments
    if not isinstance(callee, tree.Name | tree.Member):
        return None
    if isinstance(callee, tree.Member) and callee.name in _AWAITED_METHODS:
        arguments = arguments[_AWAITED_METHODS[callee.name] :]
    elif not qualified(program, call.to(callee)) & _AWAITED:
        return None
    if not arguments or not isinstance(arguments[0].value, tree.Name | tree.Member):
        return None
    return replace(call.node, callee=arguments[0].value, arguments=arguments[1:])
