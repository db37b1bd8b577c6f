"""What goes out once more when the connection is back, although the first copy may have arrived."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.client_view import View
from halfopen.connections.delivery.facts import Resend
from halfopen.connections.delivery.purpose import begins, carries_id, payload_of
from halfopen.connections.delivery.sends import senders_of
from halfopen.connections.facts import Evidence
from halfopen.connections.updates.applied import callees, handlers_of, runs
from halfopen.connections.updates.branches import types_asked
from halfopen.semantics import tree
from halfopen.semantics.program import At, Program, own_nodes

_PICKS = frozenset({"find", "findLast", "at", "filter", "reverse", "toReversed", "slice", "sort", "toSorted"})
_TAKES = frozenset({"shift", "pop", "splice", "clear", "delete"})
_DEEPEST = 6


def resends_of(view: View) -> Iterator[Resend]:
    """The calls by which a new connection makes the client send what the user has sent before, picked from a list."""
    senders = {each.node for each in senders_of(view)}
    seen: set[tree.Node] = set()
    for function in _on_reconnect(view) if senders else ():
        for node in own_nodes(function):
            if not isinstance(node, tree.Call) or node in seen or not node.arguments:
                continue
            call = function.to(node)
            if not any(each.node in senders for each in callees(view.program, call)):
                continue
            for argument in node.arguments[:1]:
                payload = payload_of(view.program, call.to(argument.value))
                kept = next(filter(None, (_picked(view.program, each, 0) for each in _parts(payload))), None)
                if kept is None or carries_id(payload) or _takes_out(function, kept):
                    continue
                seen.add(node)
                yield Resend(
                    call.span,
                    kept.text,
                    (Evidence(kept.span, "picks it from what was sent before"),),
                )


def _on_reconnect(view: View) -> list[At[tree.Function]]:
    """What runs when the connection is there: the open handlers, and the branch of the first message after it."""
    program = view.program
    roots = handlers_of(view, "open")
    for function in runs(program, handlers_of(view, "message")):
        for node in own_nodes(function):
            if isinstance(node, tree.Call) and any(
                map(begins, types_asked(function.to(node), function.node))
            ):
                roots += callees(program, function.to(node))
    return runs(program, roots)


def _parts(payload: At[tree.Expr]) -> Iterator[At[tree.Expr]]:
    """The parts of what was sent before of which the message is made; a whole entry may hold an id."""
    if isinstance(payload.node, tree.Member):
        yield payload
    elif isinstance(payload.node, tree.Object):
        for entry in payload.node.entries:
            if isinstance(entry.value, tree.Member):
                yield payload.to(entry.value)


def _picked(program: Program, at: At[tree.Expr], depth: int) -> At[tree.Expr] | None:
    """The list that an element, or a part of it, is picked from; None for what is no element of a list."""
    if depth > _DEEPEST:
        return None
    match at.node:
        case tree.Member(object=inner) if not (isinstance(inner, tree.Name) and inner.id == "this"):
            return _picked(program, at.to(inner), depth + 1)
        case tree.Index(object=inner, key=key) if not (
            isinstance(key, tree.Literal) and isinstance(key.value, str)
        ):
            return at.to(inner)
        case tree.Call(callee=tree.Member(object=inner, name=name)) if name in _PICKS:
            return _picked(program, at.to(inner), depth + 1) or at.to(inner)
        case tree.Name() as name:
            binding = at.index.bindings.get(name)
            for definition in binding.definitions if binding is not None else ():
                if definition.value is None or definition.kind not in ("value", "element"):
                    continue
                value = at.to(definition.value)
                if definition.kind == "element":
                    return value
                found = _picked(program, value, depth + 1)
                if found is not None:
                    return found
            return None
        case _:
            return None


def _takes_out(function: At[tree.Function], kept: At[tree.Expr]) -> bool:
    """Whether the function empties the list, or takes out of it what it sends: then it is an outbox of what was
    never sent."""
    names = {node.id for node in tree.walk(kept.node) if isinstance(node, tree.Name)}
    base = kept.text.strip("[]. ")
    for node in own_nodes(function):
        match node:
            case tree.Call(callee=tree.Member(object=inner, name=name)) if name in _TAKES:
                if function.to(inner).text in base or _last(inner) in names:
                    return True
            case tree.Assign(targets=targets, value=tree.Sequence(items=()) | tree.Literal(value=0)):
                if any(base.startswith(function.to(each).text) for each in targets):
                    return True
            case _:
                pass
    return False


def _last(node: tree.Expr) -> str:
    return node.id if isinstance(node, tree.Name) else node.name if isinstance(node, tree.Member) else ""
