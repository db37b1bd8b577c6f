"""The message after which a client ends its connection: its job is done, and nothing follows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from halfopen.connections.client_release import closers, guards_of
from halfopen.connections.client_view import View
from halfopen.connections.updates.applied import callees, handlers_of, runs
from halfopen.semantics import tree
from halfopen.semantics.program import At, own_nodes
from halfopen.semantics.unit import Span

_DONE = re.compile(r"done|complet|finish|fail|success|terminal|ended|cancel", re.IGNORECASE)
"""Words by which code tells that a job is through, well or badly."""


def last_message(view: View) -> Span | None:
    """Where a message that tells that a job is through makes the client close its socket."""
    handling = runs(view.program, handlers_of(view, "message"))
    for close in closers(view.socket, handling):
        for at in (close, *_calls_of(view, close, handling)):
            if any(_DONE.search(each) for each in _conditions(view, at)):
                return at.span
    return None


def _calls_of(view: View, close: At[tree.Call], handling: list[At[tree.Function]]) -> Iterator[At[tree.Call]]:
    """The calls by which the handlers come to the function that closes the socket (`cleanup`)."""
    home = close.index.function_of(close.node)
    for function in handling:
        for node in own_nodes(function):
            if isinstance(node, tree.Call):
                call = function.to(node)
                if any(each.node is home for each in callees(view.program, call)):
                    yield call


def _conditions(view: View, at: At[tree.Call]) -> Iterator[str]:
    for test in guards_of(view.program, at):
        yield at.to(test).text
    for ancestor in at.index.ancestors(at.node):
        if isinstance(ancestor, tree.Function):
            return
        if isinstance(ancestor, tree.Case):
            yield at.to(ancestor).text.partition(":")[0]
