"""Whether a client socket is closed with its owner."""

from __future__ import annotations

from halfopen.connections.client_again import overwritten
from halfopen.connections.client_left import left_to_its_user
from halfopen.connections.client_pause import after_pause
from halfopen.connections.client_previous import closes_previous
from halfopen.connections.client_release import closers, closes_later, closure_of, only_when_open
from halfopen.connections.client_unguarding import condition_repair
from halfopen.connections.client_view import View
from halfopen.connections.dossier import CleanupRepair, ConditionRepair, Leak, Resource
from halfopen.connections.facts import Evidence
from halfopen.connections.presentation.running import handlers_of, reconnects_at, running
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.function_shape import name_of_function
from halfopen.semantics.program import At, External
from halfopen.semantics.values import origins


def socket_resource(view: View) -> Resource:
    leaks, repair = _socket_leaks(view)
    released_by = tuple(
        Evidence(each.span, f"{view.owner.name} closes it here")
        for each in closers(view.socket, view.released)
    )
    return Resource("socket", _socket_name(view), view.owner.name, view.call.span, leaks, released_by, repair)


def _socket_name(view: View) -> str:
    for alias in view.held[1:]:
        if isinstance(alias.node, tree.Name | tree.Member):
            return alias.text.replace("?.", ".").replace("!", "")
    return "the socket"


def _socket_leaks(view: View) -> tuple[tuple[Leak, ...], CleanupRepair | ConditionRepair | None]:
    owner = view.owner
    if owner.kind in ("component", "hook") and _runs_in_render(view):
        return (Leak("each-render", (Evidence(owner.span, f"each render of {owner.name} runs this"),)),), None
    if _closes_itself(view):
        return (), None
    if owner.lifetime == "mount" and owner.kind in ("effect", "component", "hook"):
        if not view.roots:
            leaks = _mount_without_release(view)
            return leaks, _cleanup_repair(view) if leaks else None
        found = closers(view.socket, view.released)
        if not found:
            if _hands_out(view):
                return (), None
            kind = "not-in-cleanup" if owner.kind == "effect" or view.roots else "no-cleanup"
            return (
                (
                    Leak(
                        kind,
                        tuple(
                            Evidence(root.span, "this cleanup does not close it") for root in view.roots[:2]
                        ),
                    ),
                ),
                _cleanup_repair(view),
            )
        conditions = [(each, only_when_open(each)) for each in found]
        if all(condition is not None for _, condition in conditions) and not closes_later(
            view.socket, view.released
        ):
            closer, condition = conditions[0]
            assert condition is not None
            text = (
                f"closes it only when {closer.to(condition).text}: a socket still connecting is left to open"
            )
            return (Leak("only-when-open", (Evidence(closer.span, text),)),), condition_repair(found)
        previous = closes_previous(view, found)
        if previous is not None:
            return (previous,), None
        if _closes_first_alone(view, found):
            text = "closes what the effect made first; a reconnect makes another"
            return (Leak("first-alone", (Evidence(found[0].span, text),)),), None
    elif (unused := _release_that_nobody_calls(view)) is not None:
        return (unused,), None
    elif view.roots:
        found = closers(view.socket, view.released)
        conditions = [only_when_open(each) for each in found]
        if (
            conditions
            and all(condition is not None for condition in conditions)
            and not closes_later(view.socket, view.released)
        ):
            said = Evidence(found[0].span, "does nothing while the socket is still connecting")
            return (Leak("only-when-open", (said,)),), condition_repair(found)
        if conditions and (keeping := _kept_once_open(view)) is not None:
            return (
                Leak("only-when-open", (Evidence(keeping.span, "kept for closing only from here on"),)),
            ), None
    late = after_pause(view) or overwritten(view)
    return ((late,), None) if late is not None else ((), None)


def _closes_first_alone(view: View, closing: list[At[tree.Call]]) -> bool:
    """Whether the release closes only what a variable of the effect got when it ran, while the close handler makes further
    sockets: `const ws = connect(); return () => ws.close()`."""
    creating = view.reach.creating
    if creating is None or not all(_is_result_of(view, each, creating) for each in closing):
        return False
    return any(
        isinstance(at.node, tree.Call) and reconnects_at(view, at.to(at.node))
        for current in running(view, handlers_of(view, "close"))
        for at in current.nodes()
    )


def _is_result_of(view: View, closer: At[tree.Call], creating: At[tree.Function]) -> bool:
    """Whether a call closes what a variable was given by a call of the function that makes the socket."""
    callee = closer.node.callee
    held = callee.object if isinstance(callee, tree.Member) else None
    binding = closer.index.bindings.get(held) if isinstance(held, tree.Name) else None
    return binding is not None and [
        isinstance(each.value, tree.Call)
        and any(one.node is creating.node for one in functions(view.program, closer.to(each.value.callee)))
        for each in binding.definitions
    ] == [True]


def _release_that_nobody_calls(view: View) -> Leak | None:
    """An effect makes an instance of a class that can close its socket, and no code outside the class has it do so.

    A call on something whose type the code does not tell counts for every class with a method of that name.
    """
    program, klass = view.program, view.call.index.class_of(view.call.node)
    lives_with_component = view.owner.kind == "class" and view.owner.lifetime == "mount"
    if not lives_with_component or klass is None or not view.roots or not view.reach.effects:
        return None
    releasing = {each.node: each for each in view.roots}
    if not all(
        each.unit is view.call.unit and each.index.class_of(each.node) is klass for each in view.roots
    ):
        return None
    waiting = list(releasing.values())
    while waiting:
        function = waiting.pop()
        name = name_of_function(function)[0]
        if name is None:
            return None
        for module, unit in program.units_with(name, "typescript"):
            program.queries.note(unit)
            at: At[tree.Node] = At(module.path, unit, function.node)
            for node in at.index.parents:
                if not (isinstance(node, tree.Member) and node.name == name) and not (
                    isinstance(node, tree.Literal | tree.Entry) and _says(node, name)
                ):
                    continue
                method = at.index.function_of(node)
                inside = unit is view.call.unit and klass in at.index.ancestors(node)
                if not inside:
                    called = functions(program, at.to(node)) if isinstance(node, tree.Member) else []
                    if not called or function in called:
                        return None
                elif method is not None and method not in releasing and method not in view.reach.functions:
                    releasing[method] = at.to(method)
                    waiting.append(at.to(method))
    names = " or ".join(sorted({name_of_function(each)[0] or "" for each in view.roots}))
    effect = view.reach.effects[0]
    return Leak(
        "no-cleanup", (Evidence(effect.call.span, f"this effect makes it, and nothing calls its {names}()"),)
    )


def _says(node: tree.Node, name: str) -> bool:
    """Whether a text or key is the name: `client['disconnect']`, `{ disconnect }`."""
    match node:
        case tree.Literal(value=value):
            return value == name
        case tree.Entry(key=tree.Literal(value=value)):
            return value == name
        case _:
            return False


def _kept_once_open(view: View) -> At[tree.Expr] | None:
    """Where the socket is first put where a release finds it, if that is only in its open handler."""
    creating = view.reach.creating
    if creating is None:
        return None
    opening = {each.node for each in view.socket.handlers(view.program, view.held, "open")}
    first: At[tree.Expr] | None = None
    for alias in view.held:
        if not _puts_aside(alias, creating):
            continue
        if not opening.intersection(alias.index.ancestors(alias.node)):
            return None
        first = first or alias
    if first is None or any(
        creating.node in each.index.ancestors(each.node) for each in closers(view.socket, view.released)
    ):
        return None
    return first


def _puts_aside(alias: At[tree.Expr], creating: At[tree.Function]) -> bool:
    """Whether a use of the socket keeps it beyond the function that makes it, or hands it to somebody who may."""
    parent = alias.parent
    if isinstance(parent, tree.Entry):
        return not _is_taken_out(alias)
    if isinstance(parent, tree.Argument | tree.Return | tree.Sequence):
        return creating.node in alias.index.ancestors(alias.node)
    if not isinstance(parent, tree.Assign) or parent.value is not alias.node:
        return isinstance(parent, tree.AssignExpr)
    return any(
        not isinstance(target, tree.Name) or not _is_local(alias.to(target), creating)
        for target in parent.targets
    )


def _is_taken_out(alias: At[tree.Expr]) -> bool:
    """Whether a name stands in a pattern: `const { ws } = get()` reads what was kept."""
    inner: tree.Node = alias.node
    for ancestor in alias.index.ancestors(alias.node):
        if isinstance(ancestor, tree.Assign):
            return inner in ancestor.targets
        if isinstance(ancestor, tree.Parameter):
            return True
        if not isinstance(ancestor, tree.Entry | tree.Object):
            return False
        inner = ancestor
    return False


def _is_local(name: At[tree.Name], creating: At[tree.Function]) -> bool:
    binding = name.index.bindings.get(name.node)
    owner = binding.scope.owner if binding is not None else None
    return owner is not None and (owner is creating.node or creating.node in name.index.ancestors(owner))


def _runs_in_render(view: View) -> bool:
    """Whether the creation stands in the component's or hook's own body, not in a function or initializer."""
    if view.reach.creating is None:
        return False
    if (
        view.reach.creating.span.start != view.owner.span.start
        or view.reach.creating.unit is not view.owner.span.unit
    ):
        return False
    for ancestor in view.call.index.ancestors(view.call.node):
        if ancestor is view.reach.creating.node:
            return True
        if isinstance(ancestor, tree.If):
            return False
    return False


def _closes_itself(view: View) -> bool:
    """A one-shot socket: its own handlers close it when the answer is there, and nothing else holds it."""
    function = view.reach.creating
    if function is None or view.owner.kind not in ("function", "component", "hook"):
        return False
    handlers = [
        each for event in ("open", "message") for each in view.socket.handlers(view.program, view.held, event)
    ]
    return bool(closers(view.socket, closure_of(view.program, handlers)))


def _mount_without_release(view: View) -> tuple[Leak, ...]:
    if view.owner.kind == "effect":
        effect = view.reach.effects[0]
        return (Leak("no-cleanup", (Evidence(effect.call.span, "this effect returns no cleanup"),)),)
    if _hands_out(view) or _kept_by_a_library(view):
        return ()
    if _closed_somewhere(view):
        left = left_to_its_user(view)
        return (left,) if left is not None else ()
    return (Leak("never", (Evidence(view.owner.span, f"nothing in {view.owner.name} closes it"),)),)


def _closed_somewhere(view: View) -> bool:
    return any(
        isinstance(member, tree.Member) and member.name in view.socket.interface.close
        for member in (alias.parent for alias in view.held)
    )


def _kept_by_a_library(view: View) -> bool:
    """Whether the socket is put into the state of a library that the whole page shares: `setSession({ socket })`, whose
    `setSession` is what `useRecoilState(...)` gave. Whoever reads that state may close it."""
    for alias in view.held[1:]:
        for ancestor in alias.index.ancestors(alias.node):
            if isinstance(ancestor, tree.Call) and isinstance(ancestor.callee, tree.Name):
                setter = alias.to(ancestor.callee)
                for path, unit, definition in view.program.definitions_of(view.program.variable(setter)):
                    if not isinstance(definition.value, tree.Call) or not definition.steps:
                        continue
                    made = At(path, unit, definition.value)
                    if any(
                        isinstance(origin, External) and origin.module.partition("/")[0] not in ("", "react")
                        for origin in origins(view.program, made.to(made.node.callee))
                    ):
                        return True
    return False


def _hands_out(view: View) -> bool:
    """Whether the socket leaves its owner (returned by a function that nobody in the workspace calls)."""
    if view.owner.kind == "effect":
        return False
    return any(isinstance(alias.parent, tree.Return) for alias in view.held)


def _cleanup_repair(view: View) -> CleanupRepair | None:
    """Close in the cleanup of the effect whose own body makes the socket and keeps it in a name."""
    if not view.reach.effects or not view.socket.interface.close:
        return None
    effect = view.reach.effects[0]
    callback = effect.callback
    parent = view.call.parent
    if callback.node.is_async or not isinstance(parent, tree.Assign):
        return None
    target = parent.targets[0]
    close = view.socket.interface.close[0]
    inside = view.call.index.function_of(view.call.node) is callback.node
    top = any(statement is parent for statement in callback.node.body.statements)
    if inside and top and isinstance(target, tree.Name):
        return CleanupRepair(callback.span, (f"{target.id}.{close}()",))
    text = view.call.to(target).text
    if isinstance(target, tree.Member) and target.name == "current" and isinstance(target.object, tree.Name):
        return (
            CleanupRepair(callback.span, (f"{text}?.{close}()",)) if view.call.unit is callback.unit else None
        )
    if inside and isinstance(target, tree.Name) and _declared_at_top(callback, target.id):
        return CleanupRepair(callback.span, (f"{target.id}?.{close}()",))
    return None


def _declared_at_top(callback: At[tree.Function], name: str) -> bool:
    return any(
        isinstance(statement, tree.Assign)
        and any(isinstance(target, tree.Name) and target.id == name for target in statement.targets)
        for statement in callback.node.body.statements
    )
