"""The work that each inbound message sets off."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.endpoint_code import EndpointCode, spawns
from halfopen.connections.facts import Evidence
from halfopen.connections.handler_flow import SENDERS, socket_method
from halfopen.connections.receiving.facts import Work, WorkKind
from halfopen.connections.receiving.kinds import work_kind
from halfopen.connections.receiving.running import Ran, ran
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.program import At

_ORDER: tuple[WorkKind, ...] = (
    "model", "task", "broadcast", "process", "job", "database", "request", "thread", "file",
)  # fmt: skip
_PUTTING = frozenset({"put", "put_nowait", "publish", "group_send"})


def work(code: EndpointCode, starts: list[At[tree.Node]]) -> tuple[Work, ...]:
    """What the pieces of code that run for each message set off, the dearest first, one of each kind."""
    found: dict[WorkKind, Work] = {}
    for each in ran(code, starts):
        kind = _kind(code, each)
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
    if call.node.arguments and spawns(code.program, call):
        return "task" if _works(code, call) and not _only_one_runs(call) else None
    if _fans_out(call):
        return "broadcast"
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


def _works(code: EndpointCode, call: At[tree.Call]) -> bool:
    """Whether a task does more than wait for the next message or event beside another wait."""
    coroutine = call.node.arguments[0].value
    if not isinstance(coroutine, tree.Call):
        return False
    if socket_method(code.sockets, coroutine) is not None:
        return False
    return bool(coroutine.arguments or functions(code.program, call.to(coroutine.callee)))


def _only_one_runs(call: At[tree.Call]) -> bool:
    """Whether a task is started only where none runs: `if task is None or task.done(): task = create_task(...)`."""
    kept = call.parent.targets[0] if isinstance(call.parent, tree.Assign) else None
    if not isinstance(kept, tree.Name | tree.Member):
        return False
    name = call.to(kept).text
    for ancestor in call.index.ancestors(call.node):
        if isinstance(ancestor, tree.Function):
            return False
        if isinstance(ancestor, tree.If) and any(
            isinstance(each, tree.Name | tree.Member) and call.to(each).text == name
            for each in tree.walk(ancestor.test)
        ):
            return True
    return False


def _fans_out(call: At[tree.Call]) -> bool:
    """Whether a call goes, within a loop over clients, to each of them: a send, or an entry in its queue."""
    callee = call.node.callee
    if not isinstance(callee, tree.Member):
        return False
    function = call.index.function_of(call.node)
    for ancestor in call.index.ancestors(call.node):
        if ancestor is function:
            return False
        if isinstance(ancestor, tree.Loop) and ancestor.kind == "for" and not ancestor.is_async:
            if callee.name in _PUTTING:
                return True
            return callee.name in SENDERS and _is_element(call.to(callee.object), ancestor)
    return False


def _is_element(at: At[tree.Expr], loop: tree.Loop) -> bool:
    """Whether an expression is what the loop takes from its list."""
    return loop.target is not None and any(
        isinstance(each, tree.Name) and at.text.split(".")[0] == each.id for each in tree.walk(loop.target)
    )
