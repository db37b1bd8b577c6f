"""Broadcasts that are made again and again: what a client misses of one, the next one brings."""

from __future__ import annotations

from halfopen.connections.handler_flow import caught_kinds
from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program
from halfopen.semantics.qualified_names import qualified

_TAKING = frozenset(
    {
        "get",
        "get_nowait",
        "get_message",
        "listen",
        "receive",
        "recv",
        "pop",
        "popleft",
        "lpop",
        "rpop",
        "blpop",
        "xread",
    }
)
_EMPTYING = frozenset({"clear", "pop", "popleft", "popitem", "remove", "discard"})
_COUNTING = frozenset({"len", "bool", "any"})
_SLEEPS = frozenset({"asyncio.sleep", "time.sleep"})
_DEPTH = 3


def is_periodic(program: Program, function: At[tree.Function], may_raise: bool, depth: int = _DEPTH) -> bool:
    """Whether every call of a function stands in an endless loop that comes to it after a pause in each turn.

    Where the function may raise, the loop has to go on after it. What a loop takes from a queue or a broker, or tells
    only of a change, it does not tell again.
    """
    calls = [call for call in callers(program, function) if is_shipped(call.path)]
    return bool(calls) and depth > 0 and all(_repeats(program, call, may_raise, depth) for call in calls)


def repeats(program: Program, call: At[tree.Call]) -> bool:
    """Whether a call is made in every turn of an endless loop, be it once for each of the same things."""
    return _repeats(program, call, may_raise=False, depth=_DEPTH)


def _repeats(program: Program, call: At[tree.Call], may_raise: bool, depth: int) -> bool:
    inner: tree.Node = call.node
    is_caught = not may_raise
    for ancestor in call.index.ancestors(call.node):
        match ancestor:
            case tree.Try(body=body) if body is inner:
                is_caught = is_caught or any(
                    "*" in caught_kinds(program, call.to(each)) for each in ancestor.handlers
                )
            case tree.Loop(kind="while", test=tree.Literal(value=value)) if value and _pauses(
                program, call.to(ancestor)
            ):
                return is_caught
            case tree.If(test=test) if _asks_whether_anybody_is_there(call, test):
                pass
            case tree.Loop() if _goes_over_the_same(call.to(ancestor)):
                pass
            case tree.Loop() | tree.If():
                return False
            case tree.Function():
                return is_periodic(program, call.to(ancestor), not is_caught, depth - 1)
            case _:
                pass
        inner = ancestor
    return False


def _asks_whether_anybody_is_there(call: At[tree.Call], test: tree.Expr) -> bool:
    """`if manager.count > 0: await manager.broadcast(...)`: the manager itself is asked, and nothing of the message."""
    callee = call.node.callee
    owner = callee.object if isinstance(callee, tree.Member) else None
    names = [each.id for each in tree.walk(test) if isinstance(each, tree.Name) and each.id not in _COUNTING]
    return isinstance(owner, tree.Name) and bool(names) and set(names) == {owner.id}


def _goes_over_the_same(loop: At[tree.Loop]) -> bool:
    """`for symbol in prices:` in an endless loop, which takes nothing out of `prices` and does not make it anew."""
    over = loop.node.iterable
    if loop.node.is_async or not isinstance(over, tree.Name):
        return False
    outer = next((each for each in loop.index.ancestors(loop.node) if isinstance(each, tree.Loop)), None)
    changed = (
        node
        for node in (tree.walk(outer.body, tree.same_function) if outer is not None else ())
        if (isinstance(node, tree.Assign) and any(_names(each, over.id) for each in node.targets))
        or (isinstance(node, tree.Member) and node.name in _EMPTYING and _names(node.object, over.id))
    )
    return outer is not None and next(changed, None) is None


def _names(node: tree.Node, name: str) -> bool:
    return isinstance(node, tree.Name) and node.id == name


def _pauses(program: Program, loop: At[tree.Loop]) -> bool:
    calls = [node for node in tree.walk(loop.node.body, tree.same_function) if isinstance(node, tree.Call)]
    return any(_SLEEPS & qualified(program, loop.to(each.callee)) for each in calls) and not any(
        last_name(each.callee) in _TAKING for each in calls
    )
