"""How long a call may be waited for, under which lock, and what is caught around it."""

from __future__ import annotations

from halfopen.connections.handler_flow import BOTH, DISCONNECT, caught_kinds, suppressed_kinds
from halfopen.connections.sending.facts import Failure
from halfopen.semantics import tree
from halfopen.semantics.leaving import OUT_OF_LOOP, leaves
from halfopen.semantics.program import At, Program
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.values import origins

_TIMEOUTS = frozenset(
    {
        "asyncio.timeout",
        "asyncio.timeout_at",
        "async_timeout.timeout",
        "anyio.fail_after",
        "anyio.move_on_after",
    }
)
_WAITERS = frozenset({"asyncio.wait_for", "asyncio.wait"})
_LOCKS = frozenset({"asyncio.Lock()", "asyncio.Semaphore()", "asyncio.Condition()", "anyio.Lock()"})


def time_limit(program: Program, at: At[tree.Node], within: tree.Node | None = None) -> float | None:
    """The seconds after which waiting for a call ends, by `wait_for` or `timeout` around it; None without a limit.

    A limit that is not written as a number counts as 0: there is one. `within` bounds how far out is looked.
    """
    for ancestor in at.index.ancestors(at.node):
        if isinstance(ancestor, tree.Function) and ancestor is not within:
            return None
        if isinstance(ancestor, tree.Call) and qualified(program, at.to(ancestor.callee)) & _WAITERS:
            limit = _limit_argument(ancestor)
            if limit is not None:
                return _seconds(program, at.to(limit))
        if isinstance(ancestor, tree.With):
            for item in ancestor.items:
                context = item.context
                if (
                    isinstance(context, tree.Call)
                    and qualified(program, at.to(context.callee)) & _TIMEOUTS
                    and context.arguments
                ):
                    return _seconds(program, at.to(context.arguments[0].value))
        if ancestor is within:
            return None
    return None


def _limit_argument(call: tree.Call) -> tree.Expr | None:
    for argument in call.arguments:
        if argument.name == "timeout":
            return argument.value
    positional = [each for each in call.arguments if each.name is None]
    return positional[1].value if len(positional) > 1 else None


def _seconds(program: Program, at: At[tree.Expr]) -> float | None:
    for origin in origins(program, at):
        if isinstance(origin, At) and isinstance(origin.node, tree.Literal):
            value = origin.node.value
            if value is None:
                return None
            if isinstance(value, int | float):
                return float(value)
    return 0.0


def lock_around(program: Program, at: At[tree.Node]) -> str | None:
    """The lock that is held while a node is evaluated, as the code names it."""
    for ancestor in at.index.ancestors(at.node):
        if isinstance(ancestor, tree.Function):
            return None
        if isinstance(ancestor, tree.With):
            for item in ancestor.items:
                if _is_lock(program, at.to(item.context)):
                    return at.to(item.context).text
    return None


def _is_lock(program: Program, at: At[tree.Expr]) -> bool:
    names = qualified(program, at)
    if names & _LOCKS:
        return True
    last = (
        at.node.name
        if isinstance(at.node, tree.Member)
        else at.node.id
        if isinstance(at.node, tree.Name)
        else ""
    )
    return not names and "lock" in last.lower()


def failure_of(program: Program, at: At[tree.Node], within: tree.Node) -> Failure:
    """What happens to an exception that evaluating a node raises, up to the loop or function around it."""
    kinds: frozenset[str] = frozenset()
    child: tree.Node = at.node
    for ancestor in at.index.ancestors(at.node):
        if ancestor is within:
            break
        if isinstance(ancestor, tree.Try) and child is ancestor.body:
            for handler in ancestor.handlers:
                if not leaves(handler.body, OUT_OF_LOOP):
                    kinds |= caught_kinds(program, at.to(handler))
        if isinstance(ancestor, tree.With):
            for item in ancestor.items:
                kinds |= suppressed_kinds(program, at.to(item))
        child = ancestor
    if "*" in kinds or kinds >= BOTH:
        return "caught"
    return "disconnect-only" if kinds >= DISCONNECT else "propagates"
