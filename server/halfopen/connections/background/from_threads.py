"""Coroutines that a thread hands to the event loop, where nobody asks the future for what came of them.

`asyncio.run_coroutine_threadsafe` gives a `concurrent.futures.Future` that takes the exception of the coroutine's task
over: the task counts as asked, and the future tells nobody. Unlike a forgotten task, it does not even log (Python's
asyncio/futures.py `_chain_future`, concurrent/futures/_base.py).
"""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.background.facts import Task
from halfopen.connections.background.failing import may_fail
from halfopen.connections.background.fan_out import unguarded_fan_out
from halfopen.connections.background.observing import observes
from halfopen.connections.background.started import bodies_of, feeds, loops, name_of_task
from halfopen.connections.endpoint_code import EndpointCode
from halfopen.connections.facts import Confidence, Evidence
from halfopen.connections.sending.processes import senders
from halfopen.connections.sending.registered import Entered
from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.flow import aliases
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program
from halfopen.semantics.scopes import index_of

_HANDING = "run_coroutine_threadsafe"


def from_threads(code: EndpointCode, registries: tuple[Entered, ...]) -> Iterator[Task]:
    """The coroutines for the endpoint's clients that a thread starts and forgets, and that may fail."""
    calls = _handed_over(code.program)
    sending = (
        frozenset(each.node for one in registries for each in senders(code.program, one)) if calls else ()
    )
    for call in calls:
        for body in bodies_of(code.program, call):
            if not feeds(code, body) and body.node not in sending:
                continue
            risk = _risk(code, call, body)
            if risk is None or any(observes(code, each) for each in aliases(code.program, call)):
                continue
            yield Task(
                name_of_task(code.program, call),
                "unasked",
                True,
                call.span,
                Confidence.HIGH,
                (risk,),
                goes_on=loops(body),
                of_process=True,
            )
            break


def _risk(code: EndpointCode, call: At[tree.Call], body: At[tree.Function]) -> Evidence | None:
    """What of a coroutine may fail, other than its own client's socket."""
    coroutine = call.node.arguments[0].value
    send = unguarded_fan_out(code, call.to(coroutine)) if isinstance(coroutine, tree.Call) else None
    if send is not None:
        return Evidence(send.span, "a client that is gone raises here, and those after it miss the message")
    if may_fail(code, body):
        return Evidence(body.span, "its failure is not caught here, and nobody asks the future for it")
    return None


def _handed_over(program: Program) -> list[At[tree.Call]]:
    def found() -> list[At[tree.Call]]:
        return [
            At(module.path, unit, call)
            for module, unit in program.units_with(_HANDING, "python")
            if is_shipped(module.path)
            for call in index_of(unit).calls
            if last_name(call.callee) == _HANDING and call.arguments
        ]

    return program.queries.search(("coroutines handed over by threads",), found)
