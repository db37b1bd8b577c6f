"""What in a function of JavaScript may throw or reject with nobody around to catch it."""

from __future__ import annotations

from halfopen.connections.updates.requests import request_of
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.qualified_names import qualified

_DEPTH = 3
_NEVER_REJECT = frozenset(
    {
        "Promise.allSettled",
        "socket.io-client.io().emit",
        "socket.io-client.default().emit",
        "socket.io-client.connect().emit",
    }
)
_REQUESTING = frozenset(
    {
        "fetch",
        "$fetch",
        "ofetch",
        "axios",
        "ky",
        "got",
        "get",
        "post",
        "put",
        "patch",
        "delete",
        "head",
        "request",
    }
)


def risk_in(program: Program, function: At[tree.Function], depth: int = 0) -> At[tree.Node] | None:
    """The first node whose failure leaves the function: an await, a parse or a `throw` that nothing guards."""
    nothing: At[tree.Node] | None = None
    return program.queries.get_or(
        ("rejection risk", function.node, depth), lambda: _risk_in(program, function, depth), nothing
    )


def _risk_in(program: Program, function: At[tree.Function], depth: int) -> At[tree.Node] | None:
    program.queries.note(function.unit)
    for node in own_nodes(function):
        at = function.to(node)
        if _fails(program, at, depth) and not _is_guarded(function, node):
            return at
    return None


def _fails(program: Program, at: At[tree.Node], depth: int) -> bool:
    match at.node:
        case tree.Raise():
            return True
        case tree.Await(value=value):
            return _rejects(program, at.to(value), depth)
        case tree.Call(callee=tree.Member(name="parse") as callee):
            return "JSON.parse" in qualified(program, at.to(callee))
        case _:
            return False


def _rejects(program: Program, at: At[tree.Expr], depth: int) -> bool:
    """Whether a promise may reject: one of a function of the project if that function may."""
    node = at.node
    if not isinstance(node, tree.Call):
        return True
    if is_caught(node) or qualified(program, at.to(node.callee)) & _NEVER_REJECT:
        return False
    if node.is_new:
        return not _only_resolves(node)
    found = functions(program, at.to(node.callee))
    if not found or depth >= _DEPTH:
        return True
    return any(may_fail(program, each, depth + 1) for each in found)


def may_fail(program: Program, function: At[tree.Function], depth: int = 0) -> bool:
    """Whether what a function gives back may reject, or calling it may throw."""
    if risk_in(program, function, depth) is not None:
        return True
    if function.node.is_async:
        return any(
            _rejects(program, function.to(node.value), depth)
            for node in own_nodes(function)
            if isinstance(node, tree.Return)
            and isinstance(node.value, tree.Call)
            and _makes_promise(program, function.to(node.value))
            and not _is_guarded(function, node)
        )
    return any(
        _rejects(program, function.to(node.value), depth)
        for node in own_nodes(function)
        if isinstance(node, tree.Return) and isinstance(node.value, tree.Call)
    )


def promise_risk(program: Program, function: At[tree.Function]) -> At[tree.Node] | None:
    """What may make the promise reject that calling a function gives; None too where it gives none."""
    if function.node.is_async:
        return risk_in(program, function) or _returned_risk(program, function)
    return _returned_risk(program, function)


def _returned_risk(program: Program, function: At[tree.Function]) -> At[tree.Node] | None:
    """`return new Promise((resolve, reject) => ...)` that calls or hands on its `reject`, `return fetch(...)`."""
    for node in own_nodes(function):
        if not isinstance(node, tree.Return) or not isinstance(node.value, tree.Call):
            continue
        call = function.to(node.value)
        if is_caught(call.node):
            continue
        rejecting = _rejecting(call)
        if rejecting is not None:
            return rejecting
        if makes_request(program, call):
            return call
    return None


def makes_request(program: Program, call: At[tree.Call]) -> bool:
    """Whether a call itself asks over HTTP and gives a promise of the answer."""
    asked = request_of(program, call)
    return asked is not None and asked.kind == "fetch" and last_name(call.node.callee) in _REQUESTING


def _rejecting(call: At[tree.Call]) -> At[tree.Node] | None:
    """Where `new Promise((resolve, reject) => ...)` calls `reject`, or hands it on."""
    if (
        not call.node.is_new
        or not isinstance(call.node.callee, tree.Name)
        or call.node.callee.id != "Promise"
    ):
        return None
    executor = call.node.arguments[0].value if call.node.arguments else None
    if not isinstance(executor, tree.Function) or len(executor.parameters) < 2:
        return None
    target = executor.parameters[1].target
    binding = call.index.bindings.get(target) if isinstance(target, tree.Name) else None
    for node in tree.walk(executor.body):
        if isinstance(node, tree.Name) and binding is not None and call.index.bindings.get(node) is binding:
            parent = call.index.parents.get(node)
            return call.to(parent) if isinstance(parent, tree.Call | tree.Assign) else call.to(node)
    return None


def _makes_promise(program: Program, call: At[tree.Call]) -> bool:
    """Whether a returned call is known to give a promise: an async function, `fetch`, a chain."""
    if isinstance(call.node.callee, tree.Member) and call.node.callee.name == "then":
        return True
    if "fetch" in qualified(program, call.to(call.node.callee)):
        return True
    return any(each.node.is_async for each in functions(program, call.to(call.node.callee)))


def _only_resolves(call: tree.Call) -> bool:
    """`new Promise((resolve) => ...)`: nothing in it can reject."""
    if not isinstance(call.callee, tree.Name) or call.callee.id != "Promise" or not call.arguments:
        return False
    executor = call.arguments[0].value
    return isinstance(executor, tree.Function) and len(executor.parameters) < 2


def is_caught(call: tree.Call) -> bool:
    """Whether somebody handles a chain's rejection: it ends in a `catch`, or in a `then` with both handlers."""
    current: tree.Expr = call
    while isinstance(current, tree.Call) and isinstance(current.callee, tree.Member):
        name = current.callee.name
        if (name == "catch" and current.arguments) or (name == "then" and len(current.arguments) > 1):
            return True
        if name not in ("then", "finally"):
            return False
        current = current.callee.object
    return False


def _is_guarded(function: At[tree.Function], node: tree.Node) -> bool:
    """Whether a `catch` that does not throw again stands around a node in its own function."""
    for ancestor in function.index.ancestors(node):
        if ancestor is function.node:
            return False
        if (
            isinstance(ancestor, tree.Try)
            and ancestor.handlers
            and ancestor.body.start <= node.start < ancestor.body.end
        ):
            return True
    return False
