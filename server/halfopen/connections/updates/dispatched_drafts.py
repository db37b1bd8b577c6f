"""What a person types and messages replace, where both are dispatched: `dispatch(setCode(text))`."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.client_view import View
from halfopen.connections.facts import Evidence
from halfopen.connections.typed import typing_of
from halfopen.connections.updates.comparing import compares_order
from halfopen.connections.updates.drafts import goes_out, is_asked_first
from halfopen.connections.updates.facts import LostDraft
from halfopen.semantics import tree
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, own_nodes


def dispatched_drafts(
    view: View, on_message: list[At[tree.Function]], senders: list[At[tree.Function]]
) -> Iterator[LostDraft]:
    """Each action that the change handler of a text field dispatches and sends, and that messages dispatch as well.

    `on_message` is what messages run, `senders` what lies on the way from the user to a send.
    """
    typed: dict[tuple[str, str], tuple[At[tree.Element], At[tree.Call]]] = {}
    received = {each.node for each in on_message}
    for function in senders:
        if function.node in received:
            continue
        for key, call in _dispatches(function):
            found = typing_of(view.program, call)
            sends = goes_out(view, found[1]) if found is not None else None
            if found is not None and sends is not None:
                typed.setdefault(key, (found[0], sends))
    told: set[tuple[str, str]] = set()
    for function in on_message if typed else ():
        if compares_order(function.node.body):
            continue
        for key, call in _dispatches(function):
            if key not in typed or key in told or is_asked_first(view.program, call):
                continue
            told.add(key)
            field, sends = typed[key]
            draft = _state_of(key[1])
            yield LostDraft(
                "replaced",
                draft,
                draft,
                call.span,
                (Evidence(field.span, "it is typed here"), Evidence(sends.span, "and goes out whole")),
            )


def _dispatches(function: At[tree.Function]) -> Iterator[tuple[tuple[str, str], At[tree.Call]]]:
    """The actions that a function dispatches with a value, by the file and the name of what makes them."""
    for node in own_nodes(function):
        if (
            not isinstance(node, tree.Call)
            or last_name(node.callee) != "dispatch"
            or len(node.arguments) != 1
        ):
            continue
        action = node.arguments[0].value
        if isinstance(action, tree.Call) and len(action.arguments) == 1:
            value, name = action.arguments[0].value, last_name(action.callee)
            if name and not isinstance(value, tree.Literal | tree.Template):
                yield (function.path, name), function.to(node)


def _state_of(action: str) -> str:
    """What an action sets, by its name: `code` of `setCode`."""
    rest = action.removeprefix("set")
    return rest[:1].lower() + rest[1:] if rest and rest != action else action
