"""The tasks that work for an endpoint, and who learns of their failure."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.background.facts import Fate, Task
from halfopen.connections.background.gathers import forgotten_gathers, gathered_bodies
from halfopen.connections.endpoint_code import EndpointCode, own_tries, spawns
from halfopen.connections.facts import Confidence, Evidence
from halfopen.connections.handler_flow import (
    ITERATORS,
    RECEIVERS,
    SENDERS,
    Throwing,
    caught_kinds,
    question,
)
from halfopen.connections.sending.processes import senders
from halfopen.connections.sending.registered import Entered
from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.control import thrown_kinds
from halfopen.semantics.flow import aliases
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, own_nodes
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.scopes import index_of

_OBSERVING = frozenset({"add_done_callback", "result", "exception"})
_GATHERING = frozenset({"asyncio.gather", "asyncio.wait_for", "asyncio.shield", "asyncio.as_completed"})
_BROKERS = frozenset({"listen", "notifies"})
"""What gives the messages of Redis' pub/sub and of PostgreSQL's NOTIFY, one after the other, until it fails."""
_KEEPING = frozenset({"add", "append", "push_async_callback", "callback", "create_task", "extend", "put"})


def tasks(code: EndpointCode, registries: tuple[Entered, ...]) -> Iterator[Task]:
    """Each task that the endpoint's functions start, and those elsewhere that feed its clients."""
    for function in code.functions:
        works_with_socket = function in code.roots or code.sockets.mentions(function.node.body)
        for node in own_nodes(function):
            if isinstance(node, tree.Call) and node.arguments and spawns(code.program, function.to(node)):
                task = _task(code, function, function.to(node))
                # What a service starts on its own is the application's business.
                if task.feeds or works_with_socket or _is_of_connection(code, function):
                    yield task
        yield from gathered(code, function)
    yield from _feeders(code, registries)


def _task(code: EndpointCode, function: At[tree.Function], call: At[tree.Call]) -> Task:
    bodies = _bodies(code, call)
    feeds = any(code.operations(each.to(each.node.body)) & SENDERS for each in bodies)
    fate, evidence = _fate(code, function, call, bodies)
    goes_on = any(_loops(each) for each in bodies)
    fails = not bodies or any(_may_fail(code, each) for each in bodies)
    return Task(_name(call), fate, feeds, call.span, Confidence.HIGH, evidence, goes_on, fails=fails)


def gathered(code: EndpointCode, function: At[tree.Function]) -> Iterator[Task]:
    """The workers of the connection whose exceptions `gather(..., return_exceptions=True)` keeps for nobody."""
    for gather in forgotten_gathers(code.program, function):
        risky = [
            body
            for body in gathered_bodies(code.program, function, gather)
            if _loops(body) and code.operations(body.to(body.node.body)) and _may_fail(code, body)
        ]
        if risky:
            names = "()` or `".join(each.node.name or "" for each in risky[:3])
            feeds = any(code.operations(each.to(each.node.body)) & SENDERS for each in risky)
            said = tuple(Evidence(each.span, "may fail here, and nobody is told") for each in risky[:3])
            yield Task(names, "collected", feeds, gather.span, Confidence.HIGH, said, True)


def _is_of_connection(code: EndpointCode, function: At[tree.Function]) -> bool:
    """Whether a method belongs to the endpoint's class, or to one that keeps the socket."""
    klass = function.index.class_of(function.node)
    return klass is not None and (
        code.sockets.mentions(klass.body)
        or any(klass is root.index.class_of(root.node) for root in code.roots)
    )


def _name(call: At[tree.Call]) -> str:
    return call.to(call.node.arguments[0].value).text.split("(")[0]


def _bodies(code: EndpointCode, call: At[tree.Call]) -> list[At[tree.Function]]:
    coroutine = call.node.arguments[0].value
    return functions(code.program, call.to(coroutine.callee)) if isinstance(coroutine, tree.Call) else []


def _fate(
    code: EndpointCode, function: At[tree.Function], call: At[tree.Call], bodies: list[At[tree.Function]]
) -> tuple[Fate, tuple[Evidence, ...]]:
    risky = [each for each in bodies if _may_fail(code, each)]
    if isinstance(call.parent, tree.Do):
        return "dropped", (Evidence(call.span, "nothing keeps the task that this starts"),)
    emptied = _emptied(code, function, call)
    if emptied is not None:
        return "dropped", (Evidence(emptied.span, "this drops the only reference to a task that still runs"),)
    held = aliases(code.program, call)
    unread = _unread_wait(code, held)
    if unread is not None and (risky or not bodies):
        return "discarded", (Evidence(unread.span, "the finished tasks are not asked for their exceptions"),)
    if risky and not any(_observes(code, each) for each in held):
        return "unobserved", (
            Evidence(risky[0].span, "its failure is not caught here, and nobody asks the task for it"),
        )
    for body in bodies:
        ends = _quiet_end(code, body)
        if ends is not None and not _first_failure_counts(code):
            return "ends-quietly", (Evidence(ends.span, "a failure ends it here and is only written down"),)
    return "observed", ()


def _emptied(code: EndpointCode, function: At[tree.Function], call: At[tree.Call]) -> At[tree.Node] | None:
    """`tasks.clear()` on the handler's own dict of tasks, on a way out that does not cancel them."""
    names: set[str] = set()
    for each in aliases(code.program, call):
        if isinstance(each.parent, tree.Assign):
            for target in each.parent.targets:
                if isinstance(target, tree.Index) and isinstance(target.object, tree.Name):
                    names.add(target.object.id)
    for node in own_nodes(function) if names else ():
        match node:
            case tree.Call(callee=tree.Member(object=tree.Name(id=name), name="clear")) if name in names:
                block = next(
                    each
                    for each in function.index.ancestors(node)
                    if isinstance(each, tree.Block | tree.Function)
                )
                ended = any(
                    isinstance(each, tree.Member) and each.name in ("cancel", "gather", "wait")
                    for each in tree.walk(block, tree.same_function)
                )
                if not ended:
                    return function.to(node)
            case _:
                pass
    return None


# --- what a task's body may raise --------------------------------------------------------------


def _may_fail(
    code: EndpointCode, function: At[tree.Function], sending: frozenset[tree.Node] = frozenset()
) -> bool:
    """Whether an error other than that of the socket, or of what sends to all, leaves a coroutine."""
    throwing = Throwing(code.program, code.sockets)

    def silent(node: tree.Node) -> bool:
        if not isinstance(node, tree.Await):
            return False
        if isinstance(node.value, tree.Call) and any(
            each.node in sending for each in functions(code.program, function.to(node.value.callee))
        ):
            return True
        operations = code.operations(function.to(node))
        return bool(operations) and operations <= SENDERS | {"close", "accept"}

    asked = question(code.program, function, throwing, silent=silent)
    return "error" in thrown_kinds(function.node.body, asked)


# --- who looks at a task -----------------------------------------------------------------------


def _observes(code: EndpointCode, at: At[tree.Expr]) -> bool:
    """Whether an expression that is the task is awaited, gathered, asked, or handed to others."""
    parent = at.parent
    match parent:
        case tree.Member(name=name) if name in _OBSERVING:
            return True
        case tree.Await():
            return not _only_after_cancel(at)
        case tree.Return() | tree.Yield():
            return True
        case tree.Argument():
            call = at.index.parents.get(parent)
            return isinstance(call, tree.Call) and _hands_over(code, at.to(call))
        case tree.Sequence() | tree.Spread() | tree.Entry():
            return True
        case tree.Assign(targets=targets):
            return any(isinstance(each, tree.Index) for each in targets) and parent.value is at.node
        case _:
            return False


def _hands_over(code: EndpointCode, call: At[tree.Call]) -> bool:
    callee = call.node.callee
    if qualified(code.program, call.to(callee)) & _GATHERING:
        return True
    return isinstance(callee, tree.Member) and callee.name in _KEEPING


def _only_after_cancel(at: At[tree.Expr]) -> bool:
    """`task.cancel()` and then `await task`: the wait is for the end, and a failure before it was nobody's."""
    function = at.index.function_of(at.node)
    if function is None:
        return False
    text = at.text
    return any(
        isinstance(node, tree.Call)
        and isinstance(node.callee, tree.Member)
        and node.callee.name == "cancel"
        and at.to(node.callee.object).text == text
        and node.start < at.node.start
        for node in tree.walk(function.body, tree.same_function)
    )


def _unread_wait(code: EndpointCode, held: list[At[tree.Expr]]) -> At[tree.Node] | None:
    """`_, pending = await asyncio.wait(tasks, FIRST_COMPLETED)` after which no task is asked for its exception."""
    if any(isinstance(each.parent, tree.Member) and each.parent.name in _OBSERVING for each in held):
        return None
    for each in held:
        for ancestor in each.index.ancestors(each.node):
            if isinstance(ancestor, tree.Call) and "asyncio.wait" in qualified(
                code.program, each.to(ancestor.callee)
            ):
                return _unread_result(each.to(ancestor))
            if isinstance(ancestor, tree.Function):
                break
    return None


def _unread_result(call: At[tree.Call]) -> At[tree.Node] | None:
    awaiting = call.parent
    statement = call.index.parents.get(awaiting) if isinstance(awaiting, tree.Await) else None
    if not isinstance(statement, tree.Assign) or not isinstance(statement.targets[0], tree.Sequence):
        return None
    done = statement.targets[0].items[0]
    binding = call.index.bindings.get(done) if isinstance(done, tree.Name) else None
    return call.to(statement) if binding is not None and not binding.reads else None


# --- feeds that end while the connection goes on ------------------------------------------------


def _quiet_end(
    code: EndpointCode, function: At[tree.Function], sending: frozenset[tree.Node] = frozenset()
) -> At[tree.Node] | None:
    """The clause with which an endless feed of the client ends after any failure of its source."""
    body = function.node.body
    operations = code.operations(function.to(body))
    if operations & (RECEIVERS | ITERATORS | {"close"}):
        return None
    if not operations & SENDERS and not _leads_to(code, function, sending):
        return None
    for statement in own_tries(function):
        for handler in statement.node.handlers:
            clause = statement.to(handler)
            if "*" not in caught_kinds(code.program, clause) or _acts(clause):
                continue
            loop = _source_loop(code, function, statement, clause)
            if loop is not None:
                return clause
    return None


def _acts(clause: At[tree.Handler]) -> bool:
    """Whether a clause raises, closes, or sets something that others may watch."""
    return any(
        isinstance(node, tree.Raise | tree.Assign)
        or (
            isinstance(node, tree.Call)
            and isinstance(node.callee, tree.Member)
            and node.callee.name
            in ("close", "cancel", "set", "disconnect", "set_exception", "send_json", "send_text")
        )
        for node in tree.walk(clause.node.body, tree.same_function)
    )


def _source_loop(
    code: EndpointCode, function: At[tree.Function], at: At[tree.Try], clause: At[tree.Handler]
) -> tree.Loop | None:
    """The endless loop that the clause ends, where it waits for something other than the socket and a clock."""
    inside = [each for each in tree.walk(at.node.body, tree.same_function) if isinstance(each, tree.Loop)]
    around = [
        each
        for each in at.index.ancestors(at.node)
        if isinstance(each, tree.Loop) and function.node.start <= each.start
    ]
    leaves = any(
        isinstance(node, tree.Return) or (isinstance(node, tree.Jump) and node.kind == "break")
        for node in tree.walk(clause.node.body, tree.same_function)
    )
    # A loop around the clause that goes on begins the loop within it anew.
    for loop in (*(inside if leaves or not around else ()), *(around if leaves else ())):
        # A stream that is iterated has an end of its own, other than the messages of a broker.
        if (loop.kind == "while" and _has_source(code, at.to(loop))) or _is_broker(loop):
            return loop
    return None


def _is_broker(loop: tree.Loop) -> bool:
    """`async for message in pubsub.listen()`."""
    return (
        loop.is_async and isinstance(loop.iterable, tree.Call) and last_name(loop.iterable.callee) in _BROKERS
    )


def _has_source(code: EndpointCode, at: At[tree.Loop]) -> bool:
    for node in tree.walk(at.node.body, tree.same_function):
        if not isinstance(node, tree.Await) or not isinstance(node.value, tree.Call):
            continue
        if code.operations(at.to(node)):
            continue
        callee = node.value.callee
        if "asyncio.sleep" in qualified(code.program, at.to(callee)):
            continue
        # A queue's `get()` and an event's `wait()` do not fail.
        if isinstance(callee, tree.Member) and callee.name in ("get", "wait") and not node.value.arguments:
            continue
        if _is_survived(code, at.to(node), at.node):
            continue
        return True
    return False


def _is_survived(code: EndpointCode, awaited: At[tree.Await], loop: tree.Loop) -> bool:
    """Whether a clause within the loop stops every failure of what is awaited, and the loop goes on."""
    child: tree.Node = awaited.node
    for ancestor in awaited.index.ancestors(awaited.node):
        if ancestor is loop:
            return False
        if isinstance(ancestor, tree.Try) and child is ancestor.body:
            for handler in ancestor.handlers:
                if "*" in caught_kinds(code.program, awaited.to(handler)):
                    return not any(
                        isinstance(node, tree.Return | tree.Raise)
                        or (isinstance(node, tree.Jump) and node.kind == "break")
                        for node in tree.walk(handler.body, tree.same_function)
                    )
        child = ancestor
    return False


def _first_failure_counts(code: EndpointCode) -> bool:
    """Whether the endpoint waits for the first of its tasks to end."""
    return any(
        isinstance(node, tree.Member | tree.Name)
        and (node.name if isinstance(node, tree.Member) else node.id)
        in ("FIRST_COMPLETED", "FIRST_EXCEPTION")
        for function in code.functions
        for node in own_nodes(function)
    )


# --- tasks elsewhere that feed the clients ------------------------------------------------------


def _feeders(code: EndpointCode, registries: tuple[Entered, ...]) -> Iterator[Task]:
    """Tasks of the process (a broker's listener) that send to this endpoint's clients and may end unseen."""
    own = {each.node for each in code.functions}
    sending = frozenset(sender.node for registry in registries for sender in senders(code.program, registry))
    if not code.around and not sending:
        return
    for module, unit in code.program.units_with("create_task", "python"):
        for call in index_of(unit).calls:
            at = At(module.path, unit, call)
            function = at.index.function_of(call)
            if function in own or not call.arguments or not spawns(code.program, at):
                continue
            for body in _bodies(code, at):
                if not (_sends(code, body) or _leads_to(code, body, sending)):
                    continue
                job = None if _loops(body) else _forgotten_job(code, at, body, sending)
                fate = _fate_of_feeder(code, at, body, sending) if _loops(body) else None
                if job is not None:
                    yield job
                    break
                if fate is not None:
                    said = (
                        Evidence(body.span, "a failure of its source ends it, and nothing starts it again"),
                    )
                    yield Task(_name(at), fate, True, at.span, Confidence.HIGH, said, True, of_process=True)
                    break


def _forgotten_job(
    code: EndpointCode, task: At[tree.Call], body: At[tree.Function], sending: frozenset[tree.Node]
) -> Task | None:
    """`asyncio.create_task(self._run(job))` in a request: nobody keeps the job, nor learns that it failed."""
    if not isinstance(task.parent, tree.Do) or not is_shipped(task.path) or body.node in sending:
        return None
    if not _may_fail(code, body, sending):
        return None
    said = (Evidence(body.span, "its failure is not caught here, and no client is told"),)
    return Task(_name(task), "dropped", True, task.span, Confidence.HIGH, said, False, of_process=True)


def _fate_of_feeder(
    code: EndpointCode, task: At[tree.Call], body: At[tree.Function], sending: frozenset[tree.Node]
) -> Fate | None:
    if _may_fail(code, body, sending):
        observed = any(_observes(code, each) for each in aliases(code.program, task))
        return None if observed else "unobserved"
    return "ends-quietly" if _quiet_end(code, body, sending) is not None else None


def _sends(code: EndpointCode, body: At[tree.Function]) -> bool:
    return bool(code.operations(body.to(body.node.body)) & SENDERS)


def _leads_to(code: EndpointCode, body: At[tree.Function], sending: frozenset[tree.Node]) -> bool:
    """Whether a coroutine sends to the clients of a registry, itself or through what it awaits."""
    return body.node in sending or any(
        callee.node in sending
        for node in own_nodes(body)
        if isinstance(node, tree.Await) and isinstance(node.value, tree.Call)
        for callee in functions(code.program, body.to(node.value.callee))
    )


def _loops(function: At[tree.Function]) -> bool:
    return any(
        isinstance(node, tree.Loop) and (node.kind == "while" or node.is_async)
        for node in own_nodes(function)
    )
