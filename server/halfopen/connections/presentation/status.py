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
    reach_of_target,
    reach_of_use,
    reach_of_value,
)
from halfopen.connections.presentation.running import Running, called, handlers_of, running
from halfopen.connections.presentation.set_states import is_shown, states_set_by
from halfopen.connections.presentation.sources import is_answer
from halfopen.connections.presentation.telling import reach_of_call
from halfopen.connections.presentation.ways import exclude_each_other, is_possible, retries_on, ways
from halfopen.connections.presentation.written_values import written_values
from halfopen.connections.updates.requests import reaches_request
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
    """Whether what the open, close and error handlers do on the way through an outage comes to the user's eyes."""
    roots = [each for event in ("close", "error", "open") for each in handlers_of(view, event)]
    untold: list[Evidence] = []
    elsewhere: list[Evidence] = []
    for current in running(view, roots):
        for at, found in _told_by(view, current):
            if found.reach is Reach.SHOWN:
                if _is_passed(view, at):
                    return Known(True, found.evidence)
                elsewhere += [
                    Evidence(each.place, "shown only after a close that no attempt follows")
                    for each in found.evidence[:1]
                ]
            if found.reach is Reach.UNTOLD:
                untold += found.evidence
    shown = _state_read(view)
    if shown.reach is Reach.SHOWN:
        return Known(True, shown.evidence)
    if untold:
        return Unknown("what is told of the connection's status", tuple(untold[:3]))
    kept = [
        Evidence(each.span, f"sets {name}, which nothing shows")
        for name, each in status_setters(view, roots)
        if not any(is_shown(view, written.state) for written in states_set_by(view, each))
    ]
    return Known(False, tuple(dict.fromkeys((*kept[:2], *elsewhere[:1]))))


def _is_passed(view: View, told: At[tree.Node]) -> bool:
    """Whether an event leads to a place, and where it is the end of the connection, one after which the client goes on."""
    function = told.index.function_of(told.node)
    for event in ("open", "error", "close"):
        for root in handlers_of(view, event):
            found = ways(view, root)
            if found is None:
                return True
            retries = list(retries_on(view, found)) if event == "close" else []
            for current in found:
                if current.function.node is not function or not is_possible(current, told):
                    continue
                way = (*current.chain, told)
                ends = retries and all(exclude_each_other(way, each) for each in retries)
                if not ends and not _is_ruled_out(view, told, found):
                    return True
    return False


def _is_ruled_out(view: View, told: At[tree.Node], found: list[Running]) -> bool:
    """Whether a value is given to a function that shows such values, but not this one: `become({ state: "open" })`, where
    only `case "lost"` is told."""
    call = _given_to(told)
    return call is not None and any(
        each.reach is Reach.SHOWN and not is_possible(current, at)
        for current in found
        if any(step.node is call for step in current.chain)
        for at, each in _told_by(view, current)
    )


def _given_to(told: At[tree.Node]) -> tree.Call | None:
    """The call that a value, or what holds it, is an argument of."""
    for ancestor in told.index.ancestors(told.node):
        if isinstance(ancestor, tree.Call):
            return ancestor
        if not isinstance(ancestor, tree.Argument | tree.Entry | tree.Object | tree.Sequence):
            return None
    return None


def _told_by(view: View, current: Running) -> Iterator[tuple[At[tree.Node], Found]]:
    """What a function tells, or may tell, each with its place; what it tells of a request of its own is no status."""
    if current.chain and _asks(view, current):
        return
    for at in current.nodes():
        match at.node:
            case tree.Assign(targets=targets) if any(is_page_write(each) for each in targets):
                yield at, Found(Reach.SHOWN, (Evidence(at.span, "changes the page"),))
            case tree.Assign(targets=targets) if any(_is_vue(view, at.to(each)) for each in targets):
                yield at, Found(Reach.UNTOLD, (Evidence(at.span, "sets a ref that a template may show"),))
            case tree.Call():
                call = at.to(at.node)
                yield at, reach_of_call(view.program, call)
                for found in _given_on(view, call, bool(current.chain)):
                    yield at, found
                for each in states_set_by(view, call):
                    if (
                        isinstance(each.value.node, tree.Name | tree.Member)
                        and not is_answer(view, call)
                        and is_shown(view, each.state)
                    ):
                        yield (
                            at,
                            Found(
                                Reach.SHOWN, (Evidence(at.span, f"sets {each.state.what}, which is shown"),)
                            ),
                        )
            case _:
                pass
    for value in written_values(current.function):
        if not isinstance(value.node, tree.Name | tree.Member):
            yield value, reach_of_value(view.program, value)


def _asks(view: View, current: Running) -> bool:
    """Whether a function that a handler calls waits for the answer to a request."""
    return current.function.node.is_async and any(
        isinstance(at.node, tree.Await)
        and any(
            isinstance(inner, tree.Call)
            and (found := reaches_request(view.program, at.to(inner), 2)) is not None
            and found.kind == "fetch"
            for inner in tree.walk(at.node)
        )
        for at in current.nodes()
    )


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
        if current.chain and _asks(view, current):
            continue
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
                name = hook[0].to(first[0]).text if first else ""
                if name:
                    return f"`{name}`"
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
