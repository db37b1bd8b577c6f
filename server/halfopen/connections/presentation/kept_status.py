"""A status on the page that the end of the connection does not change, although the connection is being set up again."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.client_view import View
from halfopen.connections.facts import Evidence
from halfopen.connections.presentation.display import Reach
from halfopen.connections.presentation.facts import KeptStatus
from halfopen.connections.presentation.running import Running, called, handlers_of, reconnects_at, running
from halfopen.connections.presentation.set_states import Written, is_shown, written_on
from halfopen.connections.presentation.telling import reach_of_call
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.program import At

_Path = tuple[At[tree.Node], ...]
"""A node with the calls that lead to it from a handler, outermost first."""


def kept_status(view: View) -> KeptStatus | None:
    """The status that opening sets and that nothing sets on the way from the end of the connection to the next attempt."""
    status = [each for each in written_on(view, "open") if is_shown(view, each.state)]
    if not status:
        return None
    states = {_key(each) for each in (*status, *written_on(view, "error"))}
    setting = _called_on_open(view)
    closing = running(view, handlers_of(view, "close"))
    retries: list[_Path] = []
    told: list[_Path] = []
    for current in closing:
        for at in current.nodes():
            if not isinstance(at.node, tree.Call):
                continue
            call = at.to(at.node)
            if reconnects_at(view, call):
                retries.append((*current.chain, at))
            elif call.to(call.node.callee).text in setting or _is_told(view, call):
                told.append((*current.chain, at))
    writes = [each for each in written_on(view, "close") if _key(each) in states]
    told += [(*each.chain, each.call) for each in writes]
    told += _leading_to(view, closing, writes)
    if not retries or any(_is_passed(one, retry) for retry in retries for one in told):
        return None
    failing = [each for each in written_on(view, "error") if is_shown(view, each.state)]
    retry = retries[0][-1]
    return KeptStatus(
        status[0].state.what,
        retry.span,
        bool(failing),
        (
            Evidence(status[0].call.span, f"sets {status[0].state.what} when the connection is there"),
            Evidence(retry.span, "waits for the next attempt"),
        ),
    )


def _called_on_open(view: View) -> frozenset[str]:
    """What opening calls with a word for the state: the same, called on the way to the retry, tells another one."""
    return frozenset(
        at.to(at.node.callee).text
        for current in running(view, handlers_of(view, "open"))
        for at in current.nodes()
        if isinstance(at.node, tree.Call)
        and any(isinstance(each.value, tree.Literal) for each in at.node.arguments)
        and functions(view.program, at.to(at.node.callee))
    )


def _is_told(view: View, call: At[tree.Call]) -> bool:
    """Whether a call tells the user something, or somebody out of sight who may."""
    return reach_of_call(view.program, call).reach is not Reach.HIDDEN


def _leading_to(view: View, closing: list[Running], writes: list[Written]) -> Iterator[_Path]:
    """The calls that lead to a write of the status: one function may tell every state, and each of its calls does."""
    writing = {each.call.index.function_of(each.call.node) for each in writes}
    calls = [
        (current, call, {each.node for each in called(view, call)})
        for current in closing
        for at in current.nodes()
        if isinstance(at.node, tree.Call)
        for call in (at.to(at.node),)
    ]
    for _ in closing:
        leading = {current.function.node for current, _, callees in calls if callees & writing}
        if leading <= writing:
            break
        writing |= leading
    yield from ((*current.chain, call) for current, call, callees in calls if callees & writing)


def _key(written: Written) -> tuple[tree.Node, str]:
    return written.state.at.node, written.state.key


def _is_passed(one: _Path, retry: _Path) -> bool:
    """Whether a node runs on each way to the retry: none of the branches that it stands in is one without the retry."""
    for here, there in zip(one, retry, strict=False):
        if here.node is there.node:
            continue
        return here.unit is there.unit and _shares_branches(here, there)
    return True


def _shares_branches(here: At[tree.Node], there: At[tree.Node]) -> bool:
    around = {there.node, *there.index.ancestors(there.node)}
    inner: tree.Node = here.node
    for ancestor in here.index.ancestors(here.node):
        if isinstance(ancestor, tree.Function):
            return ancestor in around
        branches = isinstance(ancestor, tree.If | tree.Conditional) and inner is not ancestor.test
        if (branches or isinstance(ancestor, tree.Case | tree.Handler)) and inner not in around:
            return False
        inner = ancestor
    return True
