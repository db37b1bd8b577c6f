"""What the close handler of a socket that was closed on purpose does to what a newer socket owns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from halfopen.connections.client_release import tested_names, written_names
from halfopen.connections.client_view import View
from halfopen.connections.presentation.display import Reach, reach_of_use
from halfopen.connections.presentation.facts import LateEvent
from halfopen.connections.presentation.running import conditions_on, handlers_of, reconnects_at, running
from halfopen.semantics import tree
from halfopen.semantics.flow import aliases_of_target, state_hook
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, own_nodes
from halfopen.semantics.stores import store_setter_of
from halfopen.source.text import one_line

_LONGEST_TEXT = 60
"""Characters of the code that evidence repeats."""

_CLEARS = ("clearInterval", "clearTimeout")


def late_events(view: View) -> tuple[LateEvent, ...]:
    """What the close handler does to state that a newer socket may own, without asking whose event it is."""
    handlers = handlers_of(view, "close")
    if not handlers or _detached(view):
        return ()
    written = written_names(view.released)
    anew = flags_set_anew(view)
    found: dict[tree.Node, LateEvent] = {}
    for current in running(view, handlers):
        for at in current.nodes():
            if at.node in found or _is_guarded(view, at, current.chain, written - anew):
                continue
            event = _overwrite(view, at)
            flag = min(_asked(view, at, current.chain) & anew, default="")
            if event is not None and (not flag or event.overwrites == "reconnect"):
                found[at.node] = replace(event, flag=flag)
    return tuple(found.values())


def _asked(view: View, at: At[tree.Node], chain: tuple[At[tree.Call], ...]) -> frozenset[str]:
    return frozenset(name for test in conditions_on(view, at, chain) for name in tested_names(test.node))


def flags_set_anew(view: View) -> frozenset[str]:
    """The flags of a service that letting go of the socket sets and that connecting sets back: by the time the old close
    event comes, they may no longer tell that it was meant."""
    if view.owner.lifetime == "mount":
        return frozenset()
    released = {each.node for each in view.released}
    handlers = {
        each.node for event in ("open", "close", "error", "message") for each in handlers_of(view, event)
    }
    set_back = dict(
        flag
        for function in view.reach.functions.values()
        if function.node not in released and function.node not in handlers
        for flag in _flags(function)
    )
    return frozenset(
        name
        for function in view.released
        for name, value in _flags(function)
        if name in set_back and set_back[name] is not value
    )


def _flags(function: At[tree.Function]) -> Iterator[tuple[str, bool]]:
    """The flags that a function sets, with what it sets them to."""
    for node in own_nodes(function):
        match node:
            case tree.Assign(targets=targets, value=tree.Literal(value=bool(value))):
                for target in targets:
                    if isinstance(target, tree.Name | tree.Member):
                        yield from ((name, value) for name in tested_names(target))
            case _:
                pass


def _detached(view: View) -> bool:
    """Whether whoever closes the socket takes its close handler off first."""
    for function in (*view.released, *view.reach.functions.values()):
        for node in own_nodes(function):
            match node:
                case tree.Assign(targets=targets, value=tree.Literal(value=None)):
                    for target in targets:
                        if (
                            isinstance(target, tree.Member)
                            and target.name == "onclose"
                            and target.object in view.socket.nodes
                        ):
                            return True
                case tree.Call(callee=tree.Member(object=inner, name=name)) if (
                    name in ("removeEventListener", "removeAllListeners") and inner in view.socket.nodes
                ):
                    return True
                case _:
                    pass
    return False


def _overwrite(view: View, at: At[tree.Node]) -> LateEvent | None:
    node = at.node
    match node:
        case tree.Assign(targets=targets, value=tree.Literal(value=None)):
            for target in targets:
                if (
                    isinstance(target, tree.Name | tree.Member)
                    and _holds_socket(view, at.to(target))
                    and _is_used(view, at.to(target))
                ):
                    return LateEvent("reference", at.to(target).text, at.span)
        case tree.Call():
            return _overwriting_call(view, at.to(node))
        case _:
            pass
    return None


def _overwriting_call(view: View, call: At[tree.Call]) -> LateEvent | None:
    callee = call.node.callee
    if reconnects_at(view, call):
        return LateEvent("reconnect", "the reconnect", call.span)
    name = last_name(callee)
    if name in _CLEARS and call.node.arguments:
        handle = call.node.arguments[0].value
        return (
            LateEvent("timer", call.to(handle).text, call.span) if isinstance(handle, tree.Member) else None
        )
    if isinstance(callee, tree.Name):
        hook = state_hook(view.program, call.to(callee))
        if hook is not None and hook[1] == 1:
            if _is_none(call) and _state_holds_socket(view, hook[0]):
                return LateEvent("reference", call.text, call.span)
            return LateEvent("status", call.text, call.span) if _is_looked_at(view, hook[0]) else None
    if store_setter_of(view.program, call) is not None:
        for argument in call.node.arguments[:1]:
            for key in _none_keys(argument.value):
                if any(_named(alias, key) for alias in view.held):
                    return LateEvent("reference", f"{key} of the store", call.span)
        return LateEvent("status", one_line(call.text, _LONGEST_TEXT), call.span)
    return None


def _is_looked_at(view: View, hook: At[tree.Call]) -> bool:
    """Whether anything shows or asks for a state; one that a hook gives to callers which leave it alone misleads nobody."""
    parent = hook.parent
    target = parent.targets[0] if isinstance(parent, tree.Assign) else None
    if not isinstance(target, tree.Sequence) or not target.items:
        return True
    for use in aliases_of_target(view.program, hook.to(target.items[0])):
        if not isinstance(use.parent, tree.Entry | tree.Return | tree.Sequence | tree.Assign | None):
            return True
        if reach_of_use(view.program, use).reach is not Reach.HIDDEN:
            return True
    return False


def _is_none(call: At[tree.Call]) -> bool:
    arguments = call.node.arguments
    return (
        len(arguments) == 1
        and isinstance(arguments[0].value, tree.Literal)
        and arguments[0].value.value is None
    )


def _none_keys(argument: tree.Expr) -> Iterator[str]:
    """The keys of the object that a store is set to whose value is null."""
    for node in tree.walk(argument):
        if (
            isinstance(node, tree.Entry)
            and isinstance(node.key, tree.Literal)
            and isinstance(node.key.value, str)
            and isinstance(node.value, tree.Literal)
            and node.value.value is None
        ):
            yield node.key.value


def _named(alias: At[tree.Expr], key: str) -> bool:
    match alias.node:
        case tree.Name(id=name) | tree.Member(name=name):
            return name == key
        case _:
            return False


def _state_holds_socket(view: View, hook: At[tree.Call]) -> bool:
    for alias in view.held:
        if isinstance(alias.node, tree.Name):
            found = state_hook(view.program, alias.to(alias.node))
            if found is not None and found[0] == hook and found[1] == 0:
                return True
    return False


def _holds_socket(view: View, target: At[tree.Expr]) -> bool:
    """Whether a variable, ref or field that outlives one socket is where the newest one is kept."""
    node = target.node
    if isinstance(node, tree.Member):
        text = target.text
        return any(
            isinstance(alias.node, tree.Member) and alias.node.name == node.name and alias.text == text
            for alias in view.held
        )
    if isinstance(node, tree.Name):
        binding = target.index.bindings.get(node)
        if binding is not None:
            return False
        return any(
            isinstance(alias.node, tree.Name) and alias.node.id == node.id and alias.path == target.path
            for alias in view.held
        )
    return False


def _is_used(view: View, target: At[tree.Expr]) -> bool:
    """Whether anything reads where the newest socket is kept: what only ever is written is missed by nobody."""
    return any(
        alias.text == target.text
        and not (isinstance(alias.parent, tree.Assign) and alias.node in alias.parent.targets)
        for alias in view.held
        if type(alias.node) is type(target.node)
    )


def _is_guarded(
    view: View, at: At[tree.Node], chain: tuple[At[tree.Call], ...], written: frozenset[str]
) -> bool:
    """Whether a condition on the way asks whose event it is, or whether the close was meant."""
    for test in conditions_on(view, at, chain):
        names = tested_names(test.node)
        if names & written and not _only_asks_socket(view, test):
            return True
        if _compares_identity(view, test) or names & {"code", "wasClean"}:
            return True
    return False


def _only_asks_socket(view: View, test: At[tree.Expr]) -> bool:
    """`if (wsRef.current)`: true for the newer socket as well."""
    inner = test.node
    if isinstance(inner, tree.Operation) and inner.operator == "not":
        inner = inner.operands[0]
    return inner in view.socket.nodes


def _compares_identity(view: View, test: At[tree.Expr]) -> bool:
    """`ws !== socket`, `wsRef.current === ws`, `event.target === ...`, or a generation kept by each socket."""
    for node in tree.walk(test.node):
        if (
            not isinstance(node, tree.Operation)
            or node.operator not in ("==", "!=")
            or len(node.operands) != 2
        ):
            continue
        left, right = node.operands
        if left in view.socket.nodes and right in view.socket.nodes:
            return True
        if any(
            isinstance(each, tree.Member) and each.name in ("target", "currentTarget")
            for each in (left, right)
        ) or any(isinstance(each, tree.Name) and each.id == "this" for each in (left, right)):
            return True
        if _is_own(view, test.to(left)) != _is_own(view, test.to(right)):
            other = right if _is_own(view, test.to(left)) else left
            if isinstance(other, tree.Member | tree.Name):
                return True
    return False


def _is_own(view: View, at: At[tree.Expr]) -> bool:
    """Whether a name belongs to one socket only: it is bound in the function that makes the socket."""
    if not isinstance(at.node, tree.Name) or view.reach.creating is None:
        return False
    binding = at.index.bindings.get(at.node)
    if binding is None or at.unit is not view.reach.creating.unit:
        return False
    owner = binding.scope.owner
    while owner is not None and not isinstance(owner, tree.Function):
        owner = at.index.parents.get(owner)
    return owner is view.reach.creating.node
