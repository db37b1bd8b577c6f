"""Whether the loss of a connection, or the status kept of it, reaches the user."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.client_view import View
from halfopen.connections.facts import Evidence, Fact, Known, Unknown
from halfopen.connections.presentation.display import (
    HIDDEN,
    Found,
    Reach,
    is_page_write,
    reach_of_call,
    reach_of_target,
    reach_of_use,
    reach_of_value,
    written_values,
)
from halfopen.connections.presentation.running import Running, called, handlers_of, running
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.flow import state_hook
from halfopen.semantics.function_shape import argument_of
from halfopen.semantics.program import At
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.stores import store_setter_of
from halfopen.semantics.values import origins

_VUE_REFS = frozenset({"vue.ref", "vue.shallowRef", "vue.customRef"})


def status_shown(view: View) -> Fact[bool]:
    """Whether anything that the open, close and error handlers do comes to the user's eyes."""
    roots = [each for event in ("close", "error", "open") for each in handlers_of(view, event)]
    untold: list[Evidence] = []
    for current in running(view, roots):
        for found in _told_by(view, current):
            if found.reach is Reach.SHOWN:
                return Known(True, found.evidence)
            if found.reach is Reach.UNTOLD:
                untold += found.evidence
    shown = _state_read(view)
    if shown.reach is Reach.SHOWN:
        return Known(True, shown.evidence)
    if untold:
        return Unknown("what is told of the connection's status", tuple(untold[:3]))
    kept = status_setters(view, roots)
    return Known(
        False, tuple(Evidence(each.span, f"sets {name}, which nothing shows") for name, each in kept[:2])
    )


def _told_by(view: View, current: Running) -> list[Found]:
    found: list[Found] = []
    for at in current.nodes():
        match at.node:
            case tree.Assign(targets=targets) if any(is_page_write(each) for each in targets):
                found.append(Found(Reach.SHOWN, (Evidence(at.span, "changes the page"),)))
            case tree.Assign(targets=targets) if any(_is_vue(view, at.to(each)) for each in targets):
                found.append(Found(Reach.UNTOLD, (Evidence(at.span, "sets a ref that a template may show"),)))
            case tree.Call():
                call = at.to(at.node)
                found.append(reach_of_call(view.program, call))
                found += _given_on(view, call, bool(current.chain))
            case _:
                pass
    for value in written_values(current.function):
        if not isinstance(value.node, tree.Name | tree.Member):
            found.append(reach_of_value(view.program, value))
    return found


def _is_vue(view: View, target: At[tree.Expr]) -> bool:
    """Whether an assignment sets a ref of Vue, whose templates are not read: `this.status.value = "lost"`."""
    if not isinstance(target.node, tree.Member) or target.node.name != "value":
        return False
    return any(
        isinstance(origin, At)
        and isinstance(origin.node, tree.Call)
        and bool(qualified(view.program, origin.to(origin.node.callee)) & _VUE_REFS)
        for origin in origins(view.program, target.to(target.node.object))
    )


def _given_on(view: View, call: At[tree.Call], is_called: bool) -> Iterator[Found]:
    """Where the values come to that are given to a function which somebody hands in: `callbacks.onStatus("lost")`.

    `is_called`: the call stands in a function that a handler calls, whose parameters are the handler's values and not
    the browser's event.
    """
    callee = call.to(call.node.callee)
    if functions(view.program, callee):
        return
    for function in called(view, call):
        for parameter in function.node.parameters:
            given = argument_of(call.node, function.node, parameter)
            if given is not None and (
                not isinstance(given, tree.Name | tree.Member)
                or (is_called and _is_parameter(call.to(given)))
            ):
                yield reach_of_target(view.program, function.to(parameter.target))


def _is_parameter(at: At[tree.Expr]) -> bool:
    binding = at.index.bindings.get(at.node) if isinstance(at.node, tree.Name) else None
    return binding is not None and [each.kind for each in binding.definitions] == ["parameter"]


def _state_read(view: View) -> Found:
    """Where `readyState`, or the socket itself as a sign of being connected, comes to."""
    best = HIDDEN
    for alias in view.held:
        parent = alias.parent
        if isinstance(parent, tree.Member) and parent.object is alias.node and parent.name == "readyState":
            found = reach_of_use(view.program, alias.to(parent))
            if found.reach > best.reach:
                best = found
    return best


def status_setters(view: View, roots: list[At[tree.Function]]) -> list[tuple[str, At[tree.Call]]]:
    """The calls by which handlers set React state or a store, with what they set."""
    found: list[tuple[str, At[tree.Call]]] = []
    for current in running(view, roots):
        for at in current.nodes():
            if isinstance(at.node, tree.Call):
                call = at.to(at.node)
                name = _state_set(view, call)
                if name is not None:
                    found.append((name, call))
    return found


def _state_set(view: View, call: At[tree.Call]) -> str | None:
    callee = call.node.callee
    if isinstance(callee, tree.Name):
        hook = state_hook(view.program, call.to(callee))
        if hook is not None and hook[1] == 1:
            parent = hook[0].parent
            if isinstance(parent, tree.Assign) and isinstance(parent.targets[0], tree.Sequence):
                first = parent.targets[0].items[:1]
                if first:
                    return f"`{hook[0].to(first[0]).text}`"
    if store_setter_of(view.program, call) is not None and call.node.arguments:
        argument = call.node.arguments[0].value
        if isinstance(argument, tree.Object):
            keys = [
                e.key.value
                for e in argument.entries
                if isinstance(e.key, tree.Literal) and isinstance(e.key.value, str)
            ]
            return ", ".join(f"`{key}`" for key in keys[:2]) or None
    return None
