"""The intervals and page listeners of a client, and whether its release ends them."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.client_release import closure_of, statements_of
from halfopen.connections.client_view import View, is_cleared, is_timer
from halfopen.connections.dossier import CleanupRepair, Leak, Resource
from halfopen.connections.facts import Evidence
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.program import At, Program
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.react import Effect, react_owner


def _connection_code(view: View) -> list[At[tree.Function]]:
    """The functions that run for this connection: those that make it, its handlers, and what they call."""
    roots = [
        *view.reach.functions.values(),
        *(
            each
            for event in ("open", "message", "close", "error")
            for each in view.socket.handlers(view.program, view.held, event)
        ),
    ]
    same_unit = [
        each for each in closure_of(view.program, roots) if each.unit in {root.unit for root in roots}
    ]
    return list(dict.fromkeys(same_unit))


def intervals(view: View) -> Iterator[Resource]:
    seen: set[tree.Node] = set()
    code = _connection_code(view)
    for at in statements_of(code):
        if not isinstance(at.node, tree.Call) or at.node in seen:
            continue
        seen.add(at.node)
        call = at.to(at.node)
        if not is_timer(view.program, call, "setInterval") or not _concerns(view, call):
            continue
        itself = functions(view.program, call.to(call.node.arguments[0].value)) if call.node.arguments else []
        if is_cleared(view.program, call, [*view.released, *code, *itself]):
            continue
        root = view.roots[0]
        yield Resource(
            "interval",
            "the interval",
            view.owner.name,
            call.span,
            (Leak("uncleared", (Evidence(root.span, "this release does not clear it"),)),),
            repair=_handle_repair(view, call, "clearInterval"),
        )


def _concerns(view: View, call: At[tree.Call]) -> bool:
    """Whether an interval works with the socket or makes it anew."""
    if view.reach.enters(view.program, call):
        return True
    return any(node in view.socket.nodes for node in tree.walk(call.node)) or any(
        node.node in view.socket.nodes
        for argument in call.node.arguments[:1]
        for function in functions(view.program, call.to(argument.value))
        for node in statements_of([function])
    )


def _handle_repair(view: View, call: At[tree.Call], clearer: str) -> CleanupRepair | None:
    effect = _effect_with(view, call)
    if effect is None:
        return None
    parent = call.parent
    if (
        isinstance(parent, tree.Assign)
        and isinstance(parent.targets[0], tree.Name)
        and any(statement is parent for statement in effect.callback.node.body.statements)
    ):
        return CleanupRepair(effect.callback.span, (f"{clearer}({parent.targets[0].id})",))
    return None


def _effect_with(view: View, call: At[tree.Call]) -> Effect | None:
    for effect in view.reach.effects:
        if call.index.function_of(call.node) is effect.callback.node:
            return effect
    return None


def listeners(view: View) -> Iterator[Resource]:
    """`window.addEventListener` in the effect or function that makes the socket, without its removal."""
    if view.owner.lifetime != "mount":
        return
    code = list(view.reach.functions.values())
    released = list(statements_of(view.released))
    for at in statements_of(code):
        node = at.node
        if (
            not isinstance(node, tree.Call)
            or not isinstance(node.callee, tree.Member)
            or len(node.arguments) < 2
        ):
            continue
        if node.callee.name != "addEventListener" or not _is_page(view.program, at.to(node.callee.object)):
            continue
        event = node.arguments[0].value
        if not isinstance(event, tree.Literal) or _has_signal_or_once(node):
            continue
        if not _concerns(view, at.to(node)) and not _handler_concerns(view, at.to(node)):
            continue
        if any(_removes(each.node, event.value) for each in released) or _ends_by_itself(
            view, at.to(node), event.value
        ):
            continue
        effect = _effect_with(view, at.to(node))
        repair = None
        listener = node.arguments[1].value
        if effect is not None and isinstance(listener, tree.Name):
            target = at.to(node.callee.object).text
            quoted = at.to(event).text
            repair = CleanupRepair(
                effect.callback.span, (f"{target}.removeEventListener({quoted}, {listener.id})",)
            )
        adder = react_owner(at)
        ends = effect.callback if effect is not None else view.roots[0]
        yield Resource(
            "listener",
            f"the {event.value} listener",
            adder.name if adder is not None else view.owner.name,
            at.span,
            (Leak("uncleared", (Evidence(ends.span, "what ends with this leaves the listener in place"),)),),
            repair=repair,
        )


def _ends_by_itself(view: View, call: At[tree.Call], event: object) -> bool:
    """Whether the listener takes itself away once it has heard enough, or a timer does when the time is over."""
    around = call.index.function_of(call.node)
    listener = call.node.arguments[1].value
    if around is None or not isinstance(listener, tree.Name):
        return False
    listening = {each.node for each in functions(view.program, call.to(listener))}
    for node in tree.walk(around.body):
        if not isinstance(node, tree.Call) or not _removes(node, event):
            continue
        if len(node.arguments) < 2 or call.to(node.arguments[1].value).text != listener.id:
            continue
        within = call.index.function_of(node)
        if within in listening or (within is not None and _is_timed(view, call.to(within))):
            return True
    return False


def _is_timed(view: View, function: At[tree.Function]) -> bool:
    """Whether a function is written where a timer is set."""
    timer = (
        function.index.parents.get(function.parent) if isinstance(function.parent, tree.Argument) else None
    )
    return isinstance(timer, tree.Call) and any(
        is_timer(view.program, function.to(timer), name) for name in ("setTimeout", "setInterval")
    )


def _handler_concerns(view: View, call: At[tree.Call]) -> bool:
    callbacks = functions(view.program, call.to(call.node.arguments[1].value))
    return any(
        at.node in view.socket.nodes
        or (isinstance(at.node, tree.Call) and view.reach.enters(view.program, at))
        for at in statements_of(callbacks)
    )


def _is_page(program: Program, at: At[tree.Expr]) -> bool:
    return bool(qualified(program, at) & {"window", "document", "globalThis", "self"})


def _has_signal_or_once(call: tree.Call) -> bool:
    if len(call.arguments) < 3 or not isinstance(call.arguments[2].value, tree.Object):
        return False
    return any(
        isinstance(entry.key, tree.Literal) and entry.key.value in ("signal", "once")
        for entry in call.arguments[2].value.entries
    )


def _removes(node: tree.Node, event: object) -> bool:
    return (
        isinstance(node, tree.Call)
        and isinstance(node.callee, tree.Member)
        and node.callee.name == "removeEventListener"
        and bool(node.arguments)
        and isinstance(node.arguments[0].value, tree.Literal)
        and node.arguments[0].value.value == event
    )
