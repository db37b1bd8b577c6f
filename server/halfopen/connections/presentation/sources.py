"""What the page has besides the socket: other sources of the same data, and what it shows while there is none."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.client_view import View
from halfopen.connections.delivery.purpose import purpose_of
from halfopen.connections.delivery.triggers import runs_of, socket_handlers
from halfopen.connections.facts import Evidence
from halfopen.connections.freshness.changes import Change, setters_of
from halfopen.connections.presentation.constant import is_constant, is_own_text, sets_constant
from halfopen.connections.presentation.facts import SocketData
from halfopen.connections.presentation.loading import loading_of
from halfopen.connections.presentation.overlaid import stood_in_for
from halfopen.connections.presentation.polling import asks_by_clock
from halfopen.connections.presentation.reducing import only_reduces
from halfopen.connections.presentation.running import handlers_of, running
from halfopen.connections.presentation.set_states import Written, is_shown, target_of_hook, written_on
from halfopen.connections.shipped import is_shipped
from halfopen.connections.updates.answers import answers_given
from halfopen.connections.updates.requests import reaches_request
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers
from halfopen.semantics.leaving import OUT_OF_FUNCTION, leaves
from halfopen.semantics.program import At, own_nodes

_REFETCHES = ("invalidate", "refetch", "mutate", "refresh")
"""Names of what makes a page ask the server again: then the socket is only a signal."""


def socket_data(view: View) -> tuple[SocketData, ...]:
    """The states that messages fill and the screen shows, with what else fills them."""
    return view.program.queries.get(("socket data", view.call.node), lambda: _socket_data(view))


def _socket_data(view: View) -> tuple[SocketData, ...]:
    handling = running(view, handlers_of(view, "message"))
    if any(_refetches(at) for current in handling for at in current.nodes()):
        return ()
    inside: set[tree.Node] = {each.function.node for each in handling}
    status = {
        (each.state.at.node, each.state.key)
        for event in ("open", "close", "error")
        for each in written_on(view, event)
        if not is_answer(view, each.call)
    }
    found: dict[tuple[tree.Node, str], SocketData] = {}
    for written in written_on(view, "message"):
        key = (written.state.at.node, written.state.key)
        if (
            key in found
            or key in status
            or is_constant(written.value.node)
            or is_own_text(view, written.value)
            or is_answer(view, written.call)
            or not is_shown(view, written.state)
        ):
            continue
        setters = [
            each
            for each in setters_of(view.program, written.state)
            if not sets_constant(each, written.state.key) and not only_reduces(each)
        ]
        others = [
            each for each in setters if not any(node in inside for node in each.index.ancestors(each.node))
        ]
        others += _given_answers(view, written)
        others += _wrapped(view, written, inside)
        overlaid = tuple(_overlaid(view, written.state))
        found[key] = SocketData(
            written.state.what,
            _appends(written.value.node),
            "state" if written.state.kind == "state" else "store",
            written.call.span,
            (
                *(Evidence(each.span, f"fills {written.state.what} as well") for each in others[:3]),
                *overlaid,
            ),
            (Evidence(written.call.span, f"fills {written.state.what}"),),
            (
                *(
                    Evidence(each.span, f"asks for {written.state.what} at an interval")
                    for each in others
                    if _is_polled(view, each)
                ),
                *overlaid,
            ),
            is_momentary=purpose_of(written.state.what) == "presence",
            loading=loading_of(view, dict.fromkeys((*setters, *others))),
        )
    return tuple(found.values())


def _overlaid(view: View, state: Change) -> Iterator[Evidence]:
    """What an interval asks for and the page shows where the socket has brought nothing newer."""
    target = target_of_hook(state.at) if state.kind == "state" else None
    for other in stood_in_for(view.program, target) if target is not None else ():
        polling = [each for each in setters_of(view.program, other) if _is_polled(view, each)]
        if polling or asks_by_clock(other.at):
            place = polling[0].span if polling else other.at.span
            yield Evidence(place, f"asks for {other.what} at an interval, which {state.what} is laid over")
            return


def _is_polled(view: View, setter: At[tree.Call]) -> bool:
    """Whether each turn of an interval sets a state: `setInterval(fetchJob, 2000)`."""
    function = setter.index.function_of(setter.node)
    return function is not None and any(
        run.trigger == "timer" and not _is_settled_by_constant(run.at)
        for run in runs_of(view.program, setter.to(function), socket_handlers(view))
    )


def _is_settled_by_constant(timer: At[tree.Node]) -> bool:
    """Whether a constant of the module keeps an interval from starting: `if (USE_WEBSOCKET) return`, where the socket is on."""
    around = timer.index.function_of(timer.node)
    return any(
        isinstance(each, tree.Name) and each.id.isupper() and timer.index.bindings.get(each) is None
        for statement in (around.body.statements if around is not None else ())
        if isinstance(statement, tree.If)
        and statement.end <= timer.node.start
        and leaves(statement.then, OUT_OF_FUNCTION)
        for each in tree.walk(statement.test)
    )


def _given_answers(view: View, written: Written) -> Iterator[At[tree.Call]]:
    """The calls that give the action which sets a state the answer to a request."""
    function = written.call.index.function_of(written.call.node)
    if function is not None:
        yield from answers_given(view.program, written.call.to(function))


def _wrapped(view: View, written: Written, inside: set[tree.Node]) -> Iterator[At[tree.Call]]:
    """The calls from elsewhere of a setter of the code's own (`useCallback((next) => setRaw(merge(next)), [])`)."""
    function = written.call.index.function_of(written.call.node)
    if function is None or not written.chain or not function.parameters:
        return
    given = {each.id for each in tree.walk(written.call.node) if isinstance(each, tree.Name)}
    if not any(
        isinstance(each.target, tree.Name) and each.target.id in given for each in function.parameters
    ):
        return
    for call in callers(view.program, written.call.to(function)):
        if (
            call.node.arguments
            and is_shipped(call.path)
            and not is_constant(call.node.arguments[0].value)
            and not any(node in inside for node in call.index.ancestors(call.node))
            and not only_reduces(call)
        ):
            yield call


def is_answer(view: View, call: At[tree.Call]) -> bool:
    """Whether a state is set where the answer to a request has come: the message only made the page ask for it."""
    function = call.index.function_of(call.node)
    if function is None or not function.is_async:
        return False
    return any(
        isinstance(node, tree.Await)
        and node.start < call.node.start
        and any(
            isinstance(inner, tree.Call) and reaches_request(view.program, call.to(inner), 2) is not None
            for inner in tree.walk(node)
        )
        for node in own_nodes(call.to(function))
    )


def _refetches(at: At[tree.Node]) -> bool:
    if not isinstance(at.node, tree.Call):
        return False
    written = at.to(at.node.callee).text.lower()
    return any(each in written.rpartition(".")[2] for each in _REFETCHES)


def _appends(value: tree.Expr) -> bool:
    """Whether a message is added to a list: `[...before, event]`, also cut to a length."""
    for node in tree.walk(value):
        if isinstance(node, tree.Sequence) and any(isinstance(item, tree.Spread) for item in node.items):
            return True
        if isinstance(node, tree.Member) and node.name in ("concat", "push", "unshift"):
            return True
        if isinstance(node, tree.Operation) and node.operator == "+":
            return True
    return False
