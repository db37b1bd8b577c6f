"""The work that each inbound message sets off."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.endpoint_code import EndpointCode, spawns
from halfopen.connections.event_handlers import receiver_of_emit
from halfopen.connections.facts import Evidence
from halfopen.connections.handler_flow import SENDERS, socket_method
from halfopen.connections.receiving.facts import Work, WorkKind
from halfopen.connections.receiving.kinds import work_kind
from halfopen.connections.receiving.running import Ran, in_except_clause, loop_around, ran
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, Program
from halfopen.semantics.values import origins

_ORDER: tuple[WorkKind, ...] = (
    "model", "task", "broadcast", "group", "process", "job", "database", "request", "thread", "file",
)  # fmt: skip
_WIDE: frozenset[WorkKind | None] = frozenset({"task", "broadcast", "group"})
"""Work that a failure further down sets off for its own sake, and no message as often as it likes."""
_PUTTING = frozenset({"put", "put_nowait", "publish", "group_send"})


def work(code: EndpointCode, starts: list[At[tree.Node]]) -> tuple[Work, ...]:
    """What the pieces of code that run for each message set off, the dearest first, one of each kind."""
    found: dict[WorkKind, Work] = {}
    for each in ran(code, starts):
        kind = _kind(code, each)
        if each.rarely and kind in _WIDE:
            continue
        if kind is not None and kind not in found:
            text = " ".join(each.first.text.split())
            span = each.first.span if each.depth else each.call.span
            found[kind] = Work(
                kind,
                each.call.to(each.call.node.callee).text.split("\n")[0],
                span,
                tuple(_evidence(each, text)),
            )
    return tuple(found[kind] for kind in _ORDER if kind in found)


def _evidence(each: Ran, text: str) -> Iterator[Evidence]:
    if each.depth:
        yield Evidence(each.first.span, f"a message leads to {text[:60]}")
    yield Evidence(each.call.span, "and sets this off")


def _kind(code: EndpointCode, each: Ran) -> WorkKind | None:
    call = each.call
    audience = _emitted_to(code, call)
    if audience is not None:
        return audience
    if call.node.arguments and spawns(code.program, call):
        return "task" if _works(code, call) and not _is_bounded(each) else None
    loop = _fans_out(call)
    if loop is not None:
        return _audience(code.program, loop, each)
    for name in sorted(each.names):
        kind = work_kind(name)
        if kind is not None:
            return kind
    callee = call.node.callee
    if isinstance(callee, tree.Member) and not each.is_known:
        if callee.name in ("delay", "apply_async", "send_task", "enqueue_job", "enqueue"):
            return "job"
        if callee.name == "run_in_executor":
            return "thread"
    return None


def _emitted_to(code: EndpointCode, call: At[tree.Call]) -> WorkKind | None:
    """Whom a server of events has an event sent to: everybody, or a room; an answer to the sender is no work."""
    if code.events is None or code.events.method(call.node) not in ("emit", "send"):
        return None
    to = receiver_of_emit(call.node)
    if to is None:
        return "broadcast"
    return None if _is_a_client(code, call.to(to)) else "group"


def _is_a_client(code: EndpointCode, at: At[tree.Expr]) -> bool:
    """Whether an expression is the id of the client that a handler was called for, or of one other."""
    if isinstance(at.node, tree.Name) and at.node.id == "sid":
        return True
    clients = [each.client for each in code.events.handlers] if code.events is not None else []
    return any(
        isinstance(origin, ParameterOf) and not origin.steps and origin.parameter in clients
        for origin in origins(code.program, at)
    )


def _is_bounded(each: Ran) -> bool:
    """Whether no message can add another task to those that run already."""
    call = each.call
    if _only_one_runs(call) or _is_waited_for(call) or (each.depth > 0 and _takes_an_entry_out(call)):
        return True
    # What a task starts that takes the place of the one before.
    parent = each.first.index.parents.get(each.first.parent) if each.first.parent is not None else None
    return each.depth > 0 and isinstance(parent, tree.Call) and _only_one_runs(each.first.to(parent))


def _works(code: EndpointCode, call: At[tree.Call]) -> bool:
    """Whether a task does more than wait for the next message or event beside another wait."""
    coroutine = call.node.arguments[0].value
    if not isinstance(coroutine, tree.Call):
        return False
    if socket_method(code.sockets, coroutine) is not None:
        return False
    return bool(coroutine.arguments or functions(code.program, call.to(coroutine.callee)))


def _only_one_runs(call: At[tree.Call]) -> bool:
    """Whether a task is started only where none runs (`if task is None or task.done(): task = create_task(...)`), or takes
    the place of one that is cancelled before."""
    kept = call.parent.targets[0] if isinstance(call.parent, tree.Assign) else None
    if not isinstance(kept, tree.Name | tree.Member):
        return False
    name = call.to(kept).text
    if _is_cancelled_before(call, name):
        return True
    for ancestor in call.index.ancestors(call.node):
        if isinstance(ancestor, tree.Function):
            return False
        if isinstance(ancestor, tree.If) and any(
            isinstance(each, tree.Name | tree.Member) and call.to(each).text == name
            for each in tree.walk(ancestor.test)
        ):
            return True
    return False


def _is_waited_for(call: At[tree.Call]) -> bool:
    """`task = create_task(...)`, and then `await task`, `await asyncio.wait({task, other})`, or a stream of its results."""
    kept = call.parent.targets[0] if isinstance(call.parent, tree.Assign) else None
    function = call.index.function_of(call.node)
    if not isinstance(kept, tree.Name) or function is None:
        return False
    waits = [
        node.value if isinstance(node, tree.Await) else node.iterable
        for node in tree.walk(function.body, tree.same_function)
        if isinstance(node, tree.Await) or (isinstance(node, tree.Loop) and node.is_async)
    ]
    return any(
        isinstance(each, tree.Name) and each.id == kept.id and not _is_after_cancel(call.to(each))
        for wait in waits
        if wait is not None and wait.start > call.node.end
        for each in tree.walk(wait)
    )


def _is_after_cancel(task: At[tree.Name]) -> bool:
    """`task.cancel()` and then `await task`: what is waited for is its end."""
    function = task.index.function_of(task.node)
    return function is not None and any(
        isinstance(node, tree.Member)
        and node.name == "cancel"
        and isinstance(node.object, tree.Name)
        and node.object.id == task.node.id
        and node.start < task.node.start
        for node in tree.walk(function.body, tree.same_function)
    )


def _takes_an_entry_out(call: At[tree.Call]) -> bool:
    """Whether the function that starts a task removes an entry by its key: it runs once for what was entered once."""
    function = call.index.function_of(call.node)
    if function is None:
        return False
    return any(
        (isinstance(node, tree.Delete) and any(isinstance(each, tree.Index) for each in node.targets))
        or (
            isinstance(node, tree.Call)
            and isinstance(node.callee, tree.Member)
            and node.callee.name == "pop"
            and len(node.arguments) > 0
        )
        for node in tree.walk(function.body, tree.same_function)
        if node.start < call.node.start
    )


def _is_cancelled_before(call: At[tree.Call], name: str) -> bool:
    """`if task: task.cancel()` in the same branch as `task = create_task(...)`, and before it."""
    blocks: list[tree.Block] = []
    for ancestor in call.index.ancestors(call.node):
        if isinstance(ancestor, tree.Loop | tree.Function):
            break
        if isinstance(ancestor, tree.Block):
            blocks.append(ancestor)
    return any(
        isinstance(node, tree.Call)
        and node.end <= call.node.start
        and isinstance(node.callee, tree.Member)
        and node.callee.name == "cancel"
        and call.to(node.callee.object).text == name
        and _asks_only_for(call.to(node), block, name)
        for block in blocks[:2]
        for node in tree.walk(block, tree.same_function)
    )


def _asks_only_for(cancel: At[tree.Call], block: tree.Block, name: str) -> bool:
    """Whether a call stands in a block itself, or where it only asks whether there is a task: `if task:`."""
    for ancestor in cancel.index.ancestors(cancel.node):
        if ancestor is block:
            return True
        if isinstance(ancestor, tree.If) and not any(
            isinstance(each, tree.Name | tree.Member) and cancel.to(each).text == name
            for each in tree.walk(ancestor.test)
        ):
            return False
        if isinstance(ancestor, tree.Loop | tree.Case | tree.Handler):
            return False
    return False


def _fans_out(call: At[tree.Call]) -> At[tree.Loop] | None:
    """The loop over clients in which a call goes to each of them: a send, or an entry in its queue."""
    callee, loop = call.node.callee, loop_around(call)
    if not isinstance(callee, tree.Member) or loop is None:
        return None
    to_each = callee.name in SENDERS and _is_element(call.to(callee.object), loop.node)
    return loop if to_each or callee.name in _PUTTING else None


def _audience(program: Program, loop: At[tree.Loop], each: Ran) -> WorkKind | None:
    """Everybody, or those who stand under a key (a room, one user's tabs), to whom an error of the sender goes back too."""
    around = loop_around(each.entered) if each.entered is not None else None
    if not _is_by_key(program, loop) or (around is not None and not _is_by_key(program, around)):
        return "broadcast"
    return None if in_except_clause(each.first) else "group"


def _is_by_key(program: Program, loop: At[tree.Loop]) -> bool:
    return loop.node.iterable is not None and _is_looked_up(program, loop.to(loop.node.iterable))


def _is_looked_up(program: Program, iterable: At[tree.Expr], depth: int = 4) -> bool:
    """Whether an expression stands under a key: `self.rooms[room]`, `list(self.users.get(user, []))`."""
    if depth == 0:
        return False
    match iterable.node:
        case tree.Index():
            return True
        case tree.Call(callee=tree.Member(name="get" | "pop" | "setdefault"), arguments=arguments) if (
            arguments
        ):
            return True
        case tree.Call(callee=tree.Member(object=inner, name="copy" | "values" | "items" | "keys")):
            return _is_looked_up(program, iterable.to(inner), depth - 1)
        case tree.Call(
            callee=tree.Name(id="list" | "tuple" | "set" | "sorted" | "reversed"), arguments=arguments
        ) if arguments:
            return _is_looked_up(program, iterable.to(arguments[0].value), depth - 1)
        case tree.Operation(operator="or" | "-", operands=operands):
            return _is_looked_up(program, iterable.to(operands[0]), depth - 1)
        case tree.Name():
            return any(
                _is_looked_up(program, At(path, unit, definition.value), depth - 1)
                for path, unit, definition in program.definitions_of(
                    program.variable(iterable.to(iterable.node))
                )
                if definition.kind == "value" and definition.value is not None and not definition.steps
            )
        case _:
            return False


def _is_element(at: At[tree.Expr], loop: tree.Loop) -> bool:
    """Whether an expression is what the loop takes from its list."""
    return loop.target is not None and any(
        isinstance(each, tree.Name) and at.text.split(".")[0] == each.id for each in tree.walk(loop.target)
    )
