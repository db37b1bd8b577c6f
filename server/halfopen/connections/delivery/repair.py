"""Sends that an outbox can take over: one socket that one owner holds, and a guard that asks for that socket alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal as OneOf

from halfopen.connections.client_view import View
from halfopen.connections.delivery.facts import SendRepair
from halfopen.connections.delivery.guards import Condition, Guards, conditions
from halfopen.semantics import tree
from halfopen.semantics.program import At, Global, Local
from halfopen.semantics.react import react_owner

_BEHIND = re.compile(rb";?[ \t]*(//[^\r\n]*)")


@dataclass(frozen=True, slots=True)
class _Home:
    kind: OneOf["hook", "class", "module", "function"]
    at: At[tree.Node]


def repair_of(view: View, guards: Guards, call: At[tree.Call]) -> SendRepair | None:
    """What of a send gives way to an outbox; None where it cannot be told that this changes nothing else."""
    callee, made = call.node.callee, view.call.parent
    if not isinstance(callee, tree.Member) or len(call.node.arguments) != 1 or call.path != view.call.path:
        return None
    if not isinstance(made, tree.Assign) or made.value is not view.call.node or len(made.targets) != 1:
        return None
    target = made.targets[0]
    if not _is_plain(target) or not _is_plain(callee.object):
        return None
    home = _home(view, call, callee.object)
    if home is None or not _makes_one(view, home):
        return None
    replaced = _replaced(guards, call, callee.object)
    note = _note(call, callee, replaced) if replaced is not None else None
    if replaced is None or note is None:
        return None
    return SendRepair(
        replaced.span,
        call.span,
        call.to(callee.object).span,
        call.to(call.node.arguments[0].value).span,
        view.call.to(made).span,
        view.call.to(target).text,
        home.kind,
        home.at.span,
        note,
    )


def _note(call: At[tree.Call], callee: tree.Member, replaced: At[tree.Node]) -> str | None:
    """The comment behind the call, "" without one. None where other comments would be lost."""
    text, message = call.unit.text, call.node.arguments[0].value
    tail = text[call.node.end : replaced.node.end]
    found = _BEHIND.match(tail)
    if found is not None and not text[replaced.node.end :].lstrip(b" \t").startswith((b"\n", b"\r")):
        return None
    gaps = (
        text[replaced.node.start : callee.object.start],
        text[callee.object.end : message.start],
        text[message.end : call.node.end],
        tail[found.end() :] if found is not None else tail,
    )
    if any(b"//" in gap or b"/*" in gap for gap in gaps):
        return None
    return found[1].decode() if found is not None else ""


def _is_plain(node: tree.Expr) -> bool:
    """A name, or members of one."""
    while isinstance(node, tree.Member):
        node = node.object
    return isinstance(node, tree.Name)


def _home(view: View, call: At[tree.Call], socket: tree.Expr) -> _Home | None:
    """What holds the socket for both the code that makes it and the code that sends."""
    root = socket
    while isinstance(root, tree.Member):
        root = root.object
    if not isinstance(root, tree.Name):
        return None
    if root.id == "this":
        klass = call.index.class_of(call.node)
        same = call.unit is view.call.unit and klass is view.call.index.class_of(view.call.node)
        if klass is None or not same or not (_has_this(call) and _has_this(view.call)):
            return None
        return _Home("class", call.to(klass))
    variable = view.program.variable(call.to(root))
    if isinstance(variable, Global):
        defined = view.program.definitions(variable)
        return _Home("module", view.call) if defined and defined[0].path == view.call.path else None
    owner = react_owner(call)
    if owner is not None:
        there = react_owner(view.call)
        is_own = there is not None and there.function == owner.function and _within(variable, owner.function)
        return _Home("hook", owner.function) if is_own else None
    around = view.call.index.function_of(view.call.node)
    is_same = any(each.value is view.call.node for each in variable.binding.definitions)
    if around is None or not is_same or len(variable.binding.definitions) != 1:
        return None
    return _Home("function", view.call.to(around))


def _within(variable: Local, function: At[tree.Function]) -> bool:
    around = function.node
    return variable.unit is function.unit and all(
        around.start <= each.target.start < around.end for each in variable.binding.definitions
    )


def _has_this(at: At[tree.Call]) -> bool:
    """Whether `this` is the instance: only arrows stand between the call and its method."""
    for ancestor in at.index.ancestors(at.node):
        if isinstance(ancestor, tree.Class):
            return True
        if isinstance(ancestor, tree.Function) and not ancestor.is_arrow:
            return ancestor.receiver == "this" and ancestor.kind != "static"
    return False


def _makes_one(view: View, home: _Home) -> bool:
    """Whether this is the only socket that is made there: an outbox belongs to one connection."""
    if home.kind == "module":
        module = view.program.module(view.call.path)
        units = module.units if module is not None else ()
        nodes = [node for unit in units for statement in unit.body for node in tree.walk(statement)]
    else:
        nodes = list(tree.walk(home.at.node))
    words = view.call.to(view.call.node.callee).text
    made = [
        node for node in nodes if isinstance(node, tree.Call) and node.is_new and _name(node.callee) == words
    ]
    return len(made) == 1


def _name(node: tree.Expr) -> str | None:
    if isinstance(node, tree.Name):
        return node.id
    inner = _name(node.object) if isinstance(node, tree.Member) else None
    return f"{inner}.{node.name}" if isinstance(node, tree.Member) and inner is not None else None


def _replaced(guards: Guards, call: At[tree.Call], socket: tree.Expr) -> At[tree.Node] | None:
    """The call, or the `if` around it that asks for the socket and does nothing else."""
    around = call.index.function_of(call.node)
    if around is None:
        return call
    asking = [each for each in conditions(call, around) if guards.asks(call.to(each.test), each.holds)]
    if not asking:
        return call
    if len(asking) > 1:
        return None
    return _guard(call, asking[0], call.to(socket).text)


def _guard(call: At[tree.Call], condition: Condition, socket: str) -> At[tree.Node] | None:
    place = condition.place
    if not isinstance(place, tree.If) or not condition.holds or not _only_asks(call.to(place.test), socket):
        return None
    statements = place.then.statements
    if len(statements) != 1 or not isinstance(statements[0], tree.Do) or statements[0].value is not call.node:
        return None
    refused = place.otherwise.statements if place.otherwise is not None else ()
    if not all(isinstance(each, tree.Do) and _is_log(each.value) for each in refused):
        return None
    return call.to(place)


def _is_log(node: tree.Expr) -> bool:
    return isinstance(node, tree.Call) and (_name(node.callee) or "").startswith("console.")


def _is_open(node: tree.Expr) -> bool:
    return (isinstance(node, tree.Literal) and node.value == 1) or (_name(node) or "").endswith(".OPEN")


def _only_asks(test: At[tree.Expr], socket: str) -> bool:
    """`ws`, `ws?.readyState === WebSocket.OPEN`, or both."""
    match test.node:
        case tree.Operation(operator="and", operands=operands):
            return all(_only_asks(test.to(each), socket) for each in operands)
        case tree.Operation(operator="==", operands=(left, right)):
            return any(
                isinstance(state, tree.Member)
                and state.name == "readyState"
                and test.to(state.object).text == socket
                and _is_open(value)
                for state, value in ((left, right), (right, left))
            )
        case tree.Operation(operator="!=", operands=(left, tree.Literal(value=None))):
            return test.to(left).text == socket
        case tree.Name() | tree.Member():
            return test.text == socket
        case _:
            return False
