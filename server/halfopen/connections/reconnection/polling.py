"""Whether the page asks for what its socket brings at an interval all along."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.client_release import closure_of
from halfopen.connections.client_view import View
from halfopen.connections.facts import Evidence, Fact, Known
from halfopen.connections.presentation.polling import switched_polls
from halfopen.connections.presentation.sources import socket_data
from halfopen.semantics import tree
from halfopen.semantics.program import At, own_nodes
from halfopen.semantics.react import react_owner
from halfopen.semantics.unit import Span

_QUERIES = frozenset({"useQuery", "useSuspenseQuery", "useInfiniteQuery"})
_WRITES = frozenset({"setQueryData", "setQueriesData"})


def polls_all_along(view: View) -> Fact[bool]:
    """Whether an interval asks for all that messages fill: a component's state, or the data of its queries.

    One that a setting turns off wherever it turns the socket on does not run beside it.
    """
    if switched_polls(view):
        return Known(False)
    data = socket_data(view)
    if data:
        polled = [each.polled for each in data]
        return Known(all(polled), tuple(one for each in polled for one in each[:1]))
    owner = react_owner(view.call)
    if owner is None:
        return Known(False)
    filled = set(_filled(view))
    if not filled:
        return Known(False)
    polled = dict(_polled(owner.function))
    if not filled <= polled.keys():
        return Known(False)
    return Known(
        True, tuple(Evidence(polled[key], "asks for the same at an interval") for key in sorted(filled))
    )


def _filled(view: View) -> Iterator[str]:
    """The keys of the queries whose data the messages fill."""
    for function in closure_of(view.program, view.socket.handlers(view.program, view.held, "message")):
        for node in own_nodes(function):
            if (
                isinstance(node, tree.Call)
                and isinstance(node.callee, tree.Member)
                and node.callee.name in _WRITES
                and node.arguments
            ):
                yield _first_of(node.arguments[0].value) or ""


def _polled(component: At[tree.Function]) -> Iterator[tuple[str, Span]]:
    """The keys of the queries that ask anew at an interval."""
    for node in own_nodes(component):
        if not isinstance(node, tree.Call) or not isinstance(node.callee, tree.Name) or not node.arguments:
            continue
        options = node.arguments[0].value
        if node.callee.id not in _QUERIES or not isinstance(options, tree.Object):
            continue
        given = {
            entry.key.value: entry.value for entry in options.entries if isinstance(entry.key, tree.Literal)
        }
        interval, key = given.get("refetchInterval"), given.get("queryKey")
        if key is None or not isinstance(interval, tree.Literal) or not isinstance(interval.value, int):
            continue
        name = _first_of(key)
        if name is not None and interval.value:
            yield name, component.to(node).span


def _first_of(key: tree.Expr) -> str | None:
    """`status` of the query key `["status", id]`."""
    if isinstance(key, tree.Sequence) and key.items:
        first = key.items[0]
        if isinstance(first, tree.Literal) and isinstance(first.value, str):
            return first.value
    return None
