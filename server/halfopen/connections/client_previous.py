"""A cleanup that closes the socket of an earlier render: what a state held when its effect ran, not what it holds now."""

from __future__ import annotations

from halfopen.connections.client_view import View
from halfopen.connections.dossier import Leak
from halfopen.connections.facts import Evidence
from halfopen.semantics import tree
from halfopen.semantics.flow import state_hook
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At
from halfopen.semantics.react import Effect, effect_around


def closes_previous(view: View, closing: list[At[tree.Call]]) -> Leak | None:
    """Whether all that a release closes is a React state as it was before the socket was put into it."""
    if not closing or not all(_is_previous(view, each) for each in closing):
        return None
    callee = closing[0].node.callee
    state = closing[0].to(callee.object).text if isinstance(callee, tree.Member) else "it"
    said = f"closes what {state} held when the effect ran, before this socket was put there"
    return Leak("previous", (Evidence(closing[0].span, said),))


def _is_previous(view: View, closer: At[tree.Call]) -> bool:
    """Whether a call closes a state whose value its effect captured, in a run that no change of the state renews."""
    callee = closer.node.callee
    name = callee.object if isinstance(callee, tree.Member) else None
    if not isinstance(name, tree.Name):
        return False
    hook = state_hook(view.program, closer.to(name))
    if hook is None or hook[1] != 0 or last_name(hook[0].node.callee) != "useState":
        return False
    if hook[0].node in view.call.index.ancestors(view.call.node):
        return False  # `useState(() => new WebSocket(url))`: the first render has it already
    effect = effect_around(view.program, closer)
    return effect is not None and _stays(view, effect, name.id)


def _stays(view: View, effect: Effect, state: str) -> bool:
    """Whether an effect with these dependencies does not run again once the state holds the socket.

    One that makes the socket does so only to make the next, and its cleanup then has the one before; of others only
    those without any dependency are sure.
    """
    dependencies = effect.dependencies
    if dependencies is None or any(
        isinstance(node, tree.Name) and node.id == state for each in dependencies for node in tree.walk(each)
    ):
        return False
    return not dependencies or any(each.call.node is effect.call.node for each in view.reach.effects)
