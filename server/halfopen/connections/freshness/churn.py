"""Effects that run again far more often than the connection they keep changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from halfopen.connections.client_owner import references
from halfopen.connections.client_release import cleanups_of, closers, closure_of
from halfopen.connections.client_view import View
from halfopen.connections.facts import Evidence
from halfopen.connections.freshness.changes import Change, changes_of, setters_of
from halfopen.connections.freshness.facts import Churn, ChurnCause
from halfopen.connections.typed import typed_in
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callbacks, callers
from halfopen.semantics.function_shape import name_of_function
from halfopen.semantics.leaving import OUT_OF_FUNCTION, leaves
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At
from halfopen.semantics.react import Effect, effect_around, kind_of_name
from halfopen.semantics.values import origins


def churn_of(view: View) -> tuple[Churn, ...]:
    """The effects that make the socket anew, and those that subscribe over it anew."""
    found: dict[tree.Node, Churn] = {}
    for effect in view.reach.effects:
        cleanup = closure_of(view.program, cleanups_of(view.program, effect))
        if closers(view.socket, cleanup):
            for dependency, churn in _churns(view, effect, "socket"):
                found.setdefault(dependency, churn)
    for effect in _subscribing(view):
        for dependency, churn in _churns(view, effect, "subscription"):
            found.setdefault(dependency, churn)
    return tuple(found.values())


def _churns(view: View, effect: Effect, role: str) -> Iterator[tuple[tree.Node, Churn]]:
    for dependency in effect.dependencies or ():
        at = effect.call.to(dependency)
        for change in changes_of(view.program, at):
            cause = _cause(view, effect, change, role) or _unread(view, effect, dependency, change, role)
            if cause is None or (_is_empty(change) and _leaves_when_empty(effect, dependency)):
                continue
            yield (
                dependency,
                Churn(
                    "socket" if role == "socket" else "subscription",
                    cause[0],
                    at.text,
                    change.what,
                    at.span,
                    (*change.evidence, *cause[1]),
                ),
            )
            break


def _is_empty(change: Change) -> bool:
    return isinstance(change.at.node, tree.Sequence) and not change.at.node.items


def _leaves_when_empty(effect: Effect, dependency: tree.Expr) -> bool:
    """Whether an effect ends before anything else where a list has no elements: `if (ids.length === 0) return`."""
    if not isinstance(dependency, tree.Name):
        return False
    first = next(iter(effect.callback.node.body.statements), None)
    return (
        isinstance(first, tree.If)
        and leaves(first.then, OUT_OF_FUNCTION)
        and any(_asks_for_none(node, dependency.id) for node in _alternatives(first.test))
    )


def _alternatives(test: tree.Expr) -> Iterator[tree.Expr]:
    if isinstance(test, tree.Operation) and test.operator == "or":
        for operand in test.operands:
            yield from _alternatives(operand)
    else:
        yield test


def _asks_for_none(test: tree.Expr, name: str) -> bool:
    match test:
        case tree.Operation(
            operator="==",
            operands=(tree.Member(object=tree.Name(id=each), name="length"), tree.Literal(value=0)),
        ):
            return each == name
        case tree.Operation(
            operator="not", operands=(tree.Member(object=tree.Name(id=each), name="length"),)
        ):
            return each == name
        case _:
            return False


def _cause(
    view: View, effect: Effect, change: Change, role: str
) -> tuple[ChurnCause, tuple[Evidence, ...]] | None:
    if change.kind in ("identity", "value"):
        return "each-render", ()
    setters = setters_of(view.program, change)
    if change.part:
        whole = setters_of(view.program, replace(change, kind="state", part=""))
        setters = [each for each in whole if _sets_part(view, each, change.part)]
    elif change.kind not in ("state", "store"):
        return None
    if role == "subscription":
        own: set[tree.Node] = {
            each.node
            for each in closure_of(view.program, [effect.callback, *cleanups_of(view.program, effect)])
        }
        for setter in setters:
            if _stands_in(setter, own):
                return "own-effect", (Evidence(setter.span, "the effect's own call changes it"),)
    for event, cause in (("message", "own-message"), ("open", "own-open")):
        if role == "subscription" and event == "open":
            continue
        handling = _runs_on(view, event)
        for setter in setters:
            if _stands_in(setter, handling):
                text = f"the {event} handler sets it"
                return ("own-message" if cause == "own-message" else "own-open"), (
                    Evidence(setter.span, text),
                )
    if role == "socket":
        for setter in setters:
            field = typed_in(view.program, setter)
            if field is not None:
                return "typing", (Evidence(field.span, "each key sets it"),)
    return None


def _unread(
    view: View, effect: Effect, dependency: tree.Expr, change: Change, role: str
) -> tuple[ChurnCause, tuple[Evidence, ...]] | None:
    """Whether a dependency is an object or list that the effect does not read: each new one makes the socket anew.

    A flag, a number or a user that is there or not may be meant to connect anew; a collection of data hardly is.
    """
    if role != "socket" or change.kind != "state" or not isinstance(dependency, tree.Name):
        return None
    if not isinstance(change.at.node, tree.Call) or not change.at.node.arguments:
        return None
    first = change.at.node.arguments[0].value
    collects = isinstance(first, tree.Object | tree.Sequence) or (
        isinstance(first, tree.Call) and first.is_new and last_name(first.callee) in ("Map", "Set")
    )
    setters = setters_of(view.program, change)
    if not collects or not setters:
        return None
    binding = effect.call.index.bindings.get(dependency)
    ran = closure_of(view.program, [effect.callback])
    for function in ran:
        for node in tree.walk(function.node):
            if isinstance(node, tree.Name) and (
                node.id == dependency.id if binding is None else function.index.bindings.get(node) is binding
            ):
                return None
    text = "the effect does not read it; each time it is set here"
    return "unread", (Evidence(setters[0].span, text),)


def _sets_part(view: View, setter: At[tree.Call], part: str) -> bool:
    """Whether a setter is given an object whose part is worked out anew: `setJob({ id, status: message.status })`."""
    for argument in setter.node.arguments[:1]:
        for origin in origins(view.program, setter.to(argument.value)):
            if isinstance(origin, At) and isinstance(origin.node, tree.Object):
                for entry in origin.node.entries:
                    if isinstance(entry.key, tree.Literal) and entry.key.value == part:
                        return isinstance(entry.value, tree.Member | tree.Call | tree.Operation)
    return False


def _stands_in(at: At[tree.Node], functions: set[tree.Node]) -> bool:
    return any(node in functions for node in at.index.ancestors(at.node))


def _runs_on(view: View, event: str) -> set[tree.Node]:
    """The functions that run when an event fires."""
    found: dict[tree.Node, None] = {}
    waiting = view.socket.handlers(view.program, view.held, event)
    for _ in range(4):
        following: list[At[tree.Function]] = []
        for function in waiting:
            if function.node in found or function.node in view.reach.functions:
                continue
            found[function.node] = None
            for node in tree.walk(function.node.body, tree.same_function):
                if isinstance(node, tree.Call):
                    following += callbacks(view.program, function.to(node.callee))
        waiting = following
    return set(found)


def _subscribing(view: View) -> list[Effect]:
    """The effects that send over the socket when they begin, and again when they end."""
    senders = _senders(view)
    found: dict[tree.Node, Effect] = {}
    made = {effect.call.node for effect in view.reach.effects}
    for sender in senders.values():
        for reference in references(view.program, sender):
            call = reference.parent
            if not isinstance(call, tree.Call) or call.callee is not reference.node:
                continue
            effect = effect_around(view.program, reference)
            if effect is None or effect.call.node in made or effect.call.node in found:
                continue
            cleanup = closure_of(view.program, cleanups_of(view.program, effect))
            if any(each.node in senders for each in cleanup):
                found[effect.call.node] = effect
    return list(found.values())


def _senders(view: View) -> dict[tree.Node, At[tree.Function]]:
    """The functions that send over the socket, but for its own handlers, and those that call them."""
    handlers = {
        each.node
        for event in ("open", "message", "close", "error")
        for each in view.socket.handlers(view.program, view.held, event)
    }
    found: dict[tree.Node, At[tree.Function]] = {}
    for alias in view.held:
        member = alias.parent
        if isinstance(member, tree.Member) and member.object is alias.node and member.name == "send":
            ancestors = alias.index.ancestors(alias.node)
            function = alias.index.function_of(alias.node)
            if function is not None and not any(each in handlers for each in ancestors):
                found[function] = alias.to(function)
    for function in list(found.values()):
        for call in callers(view.program, function):
            outer = call.index.function_of(call.node)
            if (
                outer is not None
                and outer not in handlers
                and kind_of_name(name_of_function(call.to(outer))[0]) == "other"
            ):
                found.setdefault(outer, call.to(outer))
    return found
