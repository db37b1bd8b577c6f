"""What becomes of an exception that an `except` or `catch` clause stops: known to somebody, or gone."""

from __future__ import annotations

from typing import Literal as OneOf
from typing import TypeAlias

from halfopen.connections.handler_flow import SENDERS, Sockets, socket_method
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.unit import Span

Reaction: TypeAlias = OneOf["raised", "logged", "kept", "answered", "silent"]
"""raised: passed on. logged: written or reported. kept: the exception is used otherwise (stored, handed
on, decided by). answered: the other side is told. silent: none of these."""

_LOG_METHODS = frozenset(
    {
        "debug", "info", "notice", "warn", "warning", "error", "exception", "critical", "fatal", "log", "trace",
        "print_exc", "print_exception", "capture_exception", "captureException", "captureMessage", "success",
    }
)  # fmt: skip
_LOG_MODULES = ("logging.", "loguru.", "structlog.", "traceback.", "sentry_sdk.", "warnings.", "rich.")
_LOG_FUNCTIONS = frozenset({"print", "alert", "reportError"})
_DEPTH = 2


def reaction(program: Program, clause: At[tree.Handler], sockets: Sockets | None = None) -> Reaction:
    """What a clause does with what it stops."""
    body = clause.to(clause.node.body)
    nodes = tuple(tree.walk(body.node, tree.same_function))
    if any(isinstance(node, tree.Raise) for node in nodes):
        return "raised"
    if any(isinstance(node, tree.Call) and logs(program, clause.to(node)) for node in nodes):
        return "logged"
    if sockets is not None and any(_answers(sockets, node) for node in nodes):
        return "answered"
    name = clause.node.target.id if isinstance(clause.node.target, tree.Name) else None
    if name is not None and any(isinstance(node, tree.Name) and node.id == name for node in nodes):
        return "kept"
    return "silent"


def _answers(sockets: Sockets, node: tree.Node) -> bool:
    """Whether a call tells the other side: a message, or a close with a code or reason of its own."""
    method = socket_method(sockets, node)
    if method == "close":
        return isinstance(node, tree.Call) and bool(node.arguments)
    return method in SENDERS


def logs(program: Program, call: At[tree.Call], depth: int = 0) -> bool:
    """Whether a call writes to a log or reports an error, itself or in a function of the workspace."""
    callee = call.node.callee
    if isinstance(callee, tree.Name) and callee.id in _LOG_FUNCTIONS:
        return True
    if isinstance(callee, tree.Member) and callee.name in _LOG_METHODS:
        return True
    if not isinstance(callee, tree.Name | tree.Member):
        return False
    if any(name.startswith(_LOG_MODULES) for name in qualified(program, call.to(callee))):
        return True
    return depth < _DEPTH and any(
        isinstance(node, tree.Call) and logs(program, function.to(node), depth + 1)
        for function in functions(program, call.to(callee))
        for node in own_nodes(function)
    )


def is_empty(clause: At[tree.Handler]) -> bool:
    """Whether a clause does nothing at all: `pass`, `continue`, `return`, or no statement."""
    return all(
        isinstance(each, tree.Jump)
        or (isinstance(each, tree.Return) and (each.value is None or isinstance(each.value, tree.Literal)))
        or (isinstance(each, tree.Do) and isinstance(each.value, tree.Literal))
        for each in clause.node.body.statements
    )


def head_of(clause: At[tree.Handler]) -> Span:
    """The clause without its body: `except Exception as e`, `catch`."""
    node = clause.node
    word = len("except") if clause.unit.language == "python" else len("catch")
    parts = [each.end for each in (*node.types, node.target) if each is not None]
    return Span(clause.span.path, clause.unit, node.start, max([node.start + word, *parts]))


def while_failing(at: At[tree.Node]) -> bool:
    """Whether code runs only after something failed or ended: within another clause, or in a `finally`."""
    inner = at.node
    for ancestor in at.index.ancestors(at.node):
        if isinstance(ancestor, tree.Function):
            return False
        if isinstance(ancestor, tree.Handler):
            return True
        if isinstance(ancestor, tree.Try) and ancestor.final is inner:
            return True
        inner = ancestor
    return False
