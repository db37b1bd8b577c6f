"""Tasks of the process, started elsewhere, that feed an endpoint's clients."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.background.executors import pooled_listeners
from halfopen.connections.background.facts import Fate, Task
from halfopen.connections.background.failing import leads_to, may_fail, quiet_end
from halfopen.connections.background.job_workers import works_for_clients
from halfopen.connections.background.loopless import loopless_task
from halfopen.connections.background.observing import observes, only_kept
from halfopen.connections.background.producers import risky_calls, sent_state, written_state
from halfopen.connections.background.started import bodies_of, feeds, loops, name_of_task, starts
from halfopen.connections.endpoint_code import EndpointCode
from halfopen.connections.facts import Confidence, Evidence
from halfopen.connections.registries import Container
from halfopen.connections.sending.processes import senders
from halfopen.connections.sending.registered import Entered
from halfopen.semantics import tree
from halfopen.semantics.flow import aliases
from halfopen.semantics.program import At


def feeders(code: EndpointCode, registries: tuple[Entered, ...]) -> Iterator[Task]:
    """Tasks of the process (a broker's listener) that feed this endpoint's clients and may end unseen."""
    own = {each.node for each in code.functions}
    sending = frozenset(sender.node for registry in registries for sender in senders(code.program, registry))
    shown = sent_state(code) - {each.container for each in registries}
    if not (code.around or sending or shown):
        return
    yield from pooled_listeners(code, sending)
    for call in starts(code.program):
        if call.index.function_of(call.node) in own:
            continue
        for body in bodies_of(code.program, call):
            found = (
                _sender(code, call, body, sending)
                if feeds(code, body)
                or leads_to(code, body, sending)
                or works_for_clients(code, body, sending)
                else _writer(code, call, body, shown)
            )
            if found is not None:
                yield found
                break


def _sender(
    code: EndpointCode, task: At[tree.Call], body: At[tree.Function], sending: frozenset[tree.Node]
) -> Task | None:
    """A task that sends to the clients, where it may end unseen."""
    never = loopless_task(code, task, name_of_task(code.program, task))
    if never is not None or not (loops(body) or works_for_clients(code, body, sending)):
        return never or _forgotten_job(code, task, body, sending)
    fails = may_fail(code, body, sending)
    fate = _fate(code, task, fails, not fails and quiet_end(code, body, sending) is not None)
    if fate is None:
        return None
    said = (Evidence(body.span, "a failure of its source ends it, and nothing starts it again"),)
    return Task(
        name_of_task(code.program, task), fate, True, task.span, Confidence.HIGH, said, True, of_process=True
    )


def _writer(
    code: EndpointCode, task: At[tree.Call], body: At[tree.Function], shown: frozenset[Container]
) -> Task | None:
    """A task that keeps up to date what the endpoint sends, where it may end unseen."""
    written = shown & written_state(code.program, body) if shown and loops(body) else frozenset[Container]()
    if not written:
        return None
    fails = may_fail(code, body) or any(risky_calls(code, body))
    fate = _fate(code, task, fails, not fails and quiet_end(code, body, feeds=True) is not None)
    if fate is None:
        return None
    state = min(map(str, written))
    said = (Evidence(body.span, f"this is what writes {state}, and nothing starts it again"),)
    return Task(
        name_of_task(code.program, task),
        fate,
        True,
        task.span,
        Confidence.MEDIUM,
        said,
        True,
        of_process=True,
        writes=state,
    )


def _forgotten_job(
    code: EndpointCode, task: At[tree.Call], body: At[tree.Function], sending: frozenset[tree.Node]
) -> Task | None:
    """`asyncio.create_task(self._run(job))` in a request: nobody keeps the job, nor learns that it failed."""
    if not isinstance(task.parent, tree.Do) or body.node in sending:
        return None
    if not may_fail(code, body, sending):
        return None
    said = (Evidence(body.span, "its failure is not caught here, and no client is told"),)
    return Task(
        name_of_task(code.program, task),
        "dropped",
        True,
        task.span,
        Confidence.HIGH,
        said,
        False,
        of_process=True,
    )


def _fate(code: EndpointCode, task: At[tree.Call], fails: bool, ends_quietly: bool) -> Fate | None:
    """What becomes of the failure of a task that works on and on; None where it reaches somebody."""
    if not fails:
        return "ends-quietly" if ends_quietly else None
    observed = any(
        observes(code, each) and not only_kept(code.program, each) for each in aliases(code.program, task)
    )
    return None if observed else "unobserved"
