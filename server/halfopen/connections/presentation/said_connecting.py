"""Words of connecting that the page shows for every state but the open one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from halfopen.connections.client_view import View
from halfopen.connections.facts import Evidence
from halfopen.connections.presentation.facts import SaidConnecting
from halfopen.connections.presentation.set_states import Written, written_on
from halfopen.semantics import tree
from halfopen.semantics.flow import aliases_of_target
from halfopen.semantics.program import At

_WORDS = re.compile(r"\b(re)?connecting\b", re.IGNORECASE)
_MOST_SHOWN = 40


def said_connecting(view: View) -> SaidConnecting | None:
    """What the page shows of connecting wherever a flag is false, which the close handler sets to false."""
    for written in written_on(view, "close"):
        if not isinstance(written.value.node, tree.Literal) or written.value.node.value is not False:
            continue
        if written.state.kind != "state" or _told_apart(view, written):
            continue
        for use in _uses(view, written.state.at):
            text = _words_unless(use)
            if text is not None:
                return SaidConnecting(
                    text,
                    written.state.what.strip("`"),
                    written.call.span,
                    (Evidence(use.span, "asked for what the page says"),),
                )
    return None


def _told_apart(view: View, written: Written) -> bool:
    """Whether closing sets another state as well, by which the page may say what happened."""
    return any(
        other.state.at.node is not written.state.at.node
        for event in ("close", "error")
        for other in written_on(view, event)
    )


def _uses(view: View, hook: At[tree.Node]) -> Iterator[At[tree.Expr]]:
    parent = hook.parent
    target = parent.targets[0] if isinstance(parent, tree.Assign) else None
    if isinstance(target, tree.Sequence) and target.items:
        yield from aliases_of_target(view.program, hook.to(target.items[0]))


def _words_unless(use: At[tree.Expr]) -> str | None:
    """The words in the branch of a condition that is taken where a flag is false."""
    wanted = True
    parent = use.parent
    node: tree.Node = use.node
    if isinstance(parent, tree.Operation) and parent.operator == "not":
        wanted, node, parent = False, parent, use.index.parents.get(parent)
    match parent:
        case tree.Conditional(test=test, then=then, otherwise=otherwise) if test is node:
            branch: tree.Node = otherwise if wanted else then
        case tree.Operation(operator="and", operands=(first, *_, last)) if first is node and not wanted:
            branch = last
        case _:
            return None
    return _words(use, branch)


def _words(use: At[tree.Expr], branch: tree.Node) -> str | None:
    if any(isinstance(each, tree.Conditional) for each in tree.walk(branch)):
        return None
    for each in tree.walk(branch):
        text = each.value if isinstance(each, tree.Literal) and isinstance(each.value, str) else None
        if text is not None and _WORDS.search(text):
            return text.strip()[:_MOST_SHOWN]
    return None
