"""Handlers that keep the props and state of the render in which the socket was made."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.client_owner import is_taken_off
from halfopen.connections.client_view import View
from halfopen.connections.facts import Evidence
from halfopen.connections.freshness.changes import Change, changes_of, setters_of
from halfopen.connections.freshness.facts import FrozenHook, StaleRead
from halfopen.connections.freshness.handed_on import HandedOn, handed_on
from halfopen.connections.presentation.running import handlers_of, reconnects_at, running
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers, functions
from halfopen.semantics.function_shape import name_of_function, returned
from halfopen.semantics.leaving import leaves
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At
from halfopen.semantics.react import Effect, effect_of, react_owner
from halfopen.semantics.refs import is_ref, ref_values
from halfopen.semantics.scopes import Binding

_MEMOISED = ("useCallback", "useMemo")


def stale_reads(view: View) -> tuple[StaleRead, ...]:
    """What the handlers read of a component's state without seeing it change."""
    found: dict[str, StaleRead] = {}
    for event in ("message", "open", "close", "error"):
        if event == "open" and not _comes_back(view):
            continue  # it runs once, right after the socket was made
        for handler in view.socket.handlers(view.program, view.held, event):
            for read in _stale_in(view, handler, event):
                found.setdefault(read.name, read)
    for each in handed_on(view):
        for read in _stale_in(view, each.function, each.event, each):
            found.setdefault(read.name, read)
    return tuple(found.values())


def _comes_back(view: View) -> bool:
    """Whether the connection is set up again without its component: the open handler then runs later, too."""
    roots = [*handlers_of(view, "close"), *handlers_of(view, "error")]
    return any(
        isinstance(at.node, tree.Call) and reconnects_at(view, at.to(at.node))
        for current in running(view, roots)
        for at in current.nodes()
    )


def _stale_in(
    view: View, handler: At[tree.Function], event: str, handed: HandedOn | None = None
) -> Iterator[StaleRead]:
    owner = react_owner(handler)
    if owner is None:
        return
    home = owner.function
    boundary = _boundary(view, handler, home)
    for read in _reads(view, handler, home, set()):
        binding = read.index.bindings.get(read.node)
        if binding is None or read.node in view.socket.nodes:
            continue
        changing = _state_of(view, read)
        if changing is None:
            continue
        kept = event == "close" and _made_on_demand(view, home) and _is_asked(read)
        if handed is not None:
            if _sees_there(view, binding, changing, boundary, handed):
                continue
        elif not kept and _sees(view, binding, changing, boundary, home):
            continue
        if boundary is not None and _is_set_before(view, changing, boundary):
            continue
        where = boundary.call.span if boundary is not None else handler.span
        given = handed.given.span if handed is not None and handed.given is not None else where
        text = "keeps the values of the render that it ran in"
        yield StaleRead(
            binding.name,
            event,
            _decides(read),
            read.span,
            (Evidence(given, text), *changing.evidence[:1]),
            is_handed_on=handed is not None,
        )


def _is_set_before(view: View, changing: Change, boundary: _Boundary) -> bool:
    """Whether a state is set where the socket is made, and before it, while an effect on the socket hangs the handlers on it:
    the render in which that effect runs has the state already."""
    if not any(each in view.socket.nodes for each in boundary.dependencies or ()):
        return False
    around = set(view.call.index.ancestors(view.call.node))
    setters = [
        each
        for each in setters_of(view.program, changing)
        if not (
            len(each.node.arguments) == 1
            and isinstance(each.node.arguments[0].value, tree.Literal)
            and not each.node.arguments[0].value.value
        )
    ]
    return bool(setters) and all(
        each.unit is view.call.unit
        and each.index.function_of(each.node) in around
        and each.node.end <= view.call.node.start
        for each in setters
    )


def _made_on_demand(view: View, home: At[tree.Function]) -> bool:
    """Whether a person has the socket made, and no effect: its handlers then keep what the render of that press had."""
    if any(_is_home(each, home) for each in view.reach.effects) or view.reach.creating is None:
        return False
    return view.reach.creating.node is not home.node


def _is_asked(read: At[tree.Name]) -> bool:
    """Whether a name by itself is the condition of what follows: `if (isRecording) reconnect()`."""
    node: tree.Node = read.node
    for parent in read.index.ancestors(read.node):
        if isinstance(parent, tree.Operation) and parent.operator in ("not", "and"):
            node = parent
            continue
        return isinstance(parent, tree.If) and parent.test is node
    return False


def _state_of(view: View, read: At[tree.Name]) -> Change | None:
    """The state that a name stands for, where something sets it."""
    for change in changes_of(view.program, read):
        if change.kind in ("state", "store") and setters_of(view.program, change):
            return change
    return None


def _reads(
    view: View, function: At[tree.Function], home: At[tree.Function], seen: set[tree.Node]
) -> Iterator[At[tree.Name]]:
    """The names of a component that a function reads, itself or through the component's functions that it calls."""
    if function.node in seen or len(seen) > 12:
        return
    seen.add(function.node)
    for node in tree.walk(function.node.body):
        if not isinstance(node, tree.Name) or node not in function.index.bindings:
            continue
        at = function.to(node)
        binding = function.index.bindings[node]
        if _owner_of(at, binding) is not home.node or node not in binding.reads or _is_logged(at):
            continue
        if is_taken_off(at):
            continue
        called = [each for each in functions(view.program, at) if each.unit is home.unit]
        if not called:
            yield at
        for each in called:
            inside = home.node.start <= each.node.start < home.node.end
            if inside and not _is_inside(function, each):
                yield from _reads(view, each, home, seen)


def _is_inside(outer: At[tree.Function], inner: At[tree.Function]) -> bool:
    return outer.node.start <= inner.node.start and inner.node.end <= outer.node.end


def _owner_of(at: At[tree.Name], binding: Binding) -> tree.Node | None:
    """The function that binds a name."""
    scope = binding.scope
    while scope.owner is not None and not isinstance(scope.owner, tree.Function):
        if scope.parent is None:
            return at.index.function_of(scope.owner)
        scope = scope.parent
    return scope.owner


def _is_logged(at: At[tree.Name]) -> bool:
    """Whether a name is read to be logged only."""
    for node in at.index.ancestors(at.node):
        if isinstance(node, tree.Call):
            text = at.to(node.callee).text
            return text.startswith("console.") or "log" in text.lower()
        if isinstance(node, tree.Function):
            return False
    return False


def _decides(read: At[tree.Name]) -> bool:
    """Whether a message is taken or left by what is read: compared with the message, or a reason to leave."""
    node: tree.Node = read.node
    for parent in read.index.ancestors(read.node):
        if (
            isinstance(parent, tree.Operation)
            and parent.operator in ("==", "!=", "<", ">", "<=", ">=")
            and any(not isinstance(each, tree.Literal) for each in parent.operands if each is not node)
        ):
            return True
        if not isinstance(parent, tree.Member | tree.Operation):
            return isinstance(parent, tree.If) and parent.test is node and leaves(parent.then)
        node = parent
    return False


class _Boundary:
    """The effect or memoised callback around a handler, with its dependencies."""

    def __init__(self, call: At[tree.Call], dependencies: tuple[tree.Expr, ...] | None) -> None:
        self.call = call
        self.dependencies = dependencies


def _boundary(view: View, handler: At[tree.Function], home: At[tree.Function]) -> _Boundary | None:
    """The innermost effect or memoised callback that a handler is made in."""
    for node in (handler.node, *handler.index.ancestors(handler.node)):
        if node is home.node:
            return None
        if not isinstance(node, tree.Function):
            continue
        argument = handler.index.parents.get(node)
        call = handler.index.parents.get(argument) if isinstance(argument, tree.Argument) else None
        if not isinstance(call, tree.Call) or call.arguments[0] is not argument:
            continue
        at = handler.to(call)
        effect = effect_of(view.program, at)
        if effect is not None:
            return _Boundary(at, effect.dependencies)
        if last_name(call.callee) in _MEMOISED and len(call.arguments) > 1:
            listed = call.arguments[1].value
            return _Boundary(at, listed.items if isinstance(listed, tree.Sequence) else None)
    return None


def _sees(
    view: View, binding: Binding, changing: Change, boundary: _Boundary | None, home: At[tree.Function]
) -> bool:
    """Whether the socket is made anew when the state changes, so that its handlers have the new value."""
    if boundary is not None:
        if boundary.dependencies is None:
            return True
        if not _follows(view, boundary.call, boundary.dependencies, changing):
            return False
        if effect_of(view.program, boundary.call) is not None:
            return True
    effects = [each for each in view.reach.effects if _is_home(each, home)]
    if not effects:
        return True
    return all(
        each.dependencies is None or _follows(view, each.call, each.dependencies, changing)
        for each in effects
    )


def _sees_there(
    view: View, binding: Binding, changing: Change, boundary: _Boundary | None, handed: HandedOn
) -> bool:
    """Whether a function that was handed to the connection is handed to it anew when the state changes."""
    if boundary is not None:
        if boundary.dependencies is None:
            return True
        if not _follows(view, boundary.call, boundary.dependencies, changing):
            return False
        if effect_of(view.program, boundary.call) is not None:
            return True
    for effect in handed.effects:
        if effect.dependencies is not None and not _follows(view, effect.call, effect.dependencies, changing):
            return False
    if handed.hook is None:
        return True
    inner = _boundary(view, handed.root, handed.hook)
    return _sees(view, binding, changing, inner, handed.hook)


def _is_home(effect: Effect, home: At[tree.Function]) -> bool:
    owner = react_owner(effect.callback)
    return owner is not None and owner.function == home


def _follows(view: View, call: At[tree.Call], dependencies: tuple[tree.Expr, ...], changing: Change) -> bool:
    """Whether one of the dependencies changes when the state does."""
    for each in dependencies:
        for change in changes_of(view.program, call.to(each)):
            if change.kind in ("identity", "value"):
                return True
            if change.at == changing.at and change.key == changing.key:
                return True
    return False


# --- hooks kept in a ref ---------------------------------------------------------------------------


def frozen_hooks(view: View) -> tuple[FrozenHook, ...]:
    """`useRef(useLive(...))`: the ref keeps what the hook returned on the first render."""
    owner = react_owner(view.call)
    if owner is None or owner.kind != "hook":
        return ()
    found: list[FrozenHook] = []
    state = _returned_state(view, owner.function)
    for call in callers(view.program, owner.function) if state is not None else ():
        argument = call.parent
        ref = call.index.parents.get(argument) if isinstance(argument, tree.Argument) else None
        if not isinstance(ref, tree.Call) or not is_ref(view.program, call.to(ref)):
            continue
        if len(ref_values(view.program, call.to(ref))) > 1:
            continue
        name = name_of_function(owner.function)[0] or "the hook"
        found.append(
            FrozenHook(
                name,
                state or "",
                call.to(ref).span,
                (Evidence(owner.function.span, f"{name} returns {state}, which changes later"),),
            )
        )
    return tuple(found)


def _returned_state(view: View, hook: At[tree.Function]) -> str | None:
    """The name under which a hook returns state."""
    for value in returned(hook):
        if not isinstance(value.node, tree.Object):
            continue
        for entry in value.node.entries:
            if isinstance(entry.key, tree.Literal) and isinstance(entry.key.value, str):
                for change in changes_of(view.program, value.to(entry.value)):
                    if change.kind in ("state", "store"):
                        return entry.key.value
    return None
