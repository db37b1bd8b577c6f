"""What goes through a queue: what a writer task takes out (`await self._outbox.get()`) is whatever was put in."""

from __future__ import annotations

from halfopen.semantics import tree
from halfopen.semantics.flow import aliases
from halfopen.semantics.names import last_name, method_call
from halfopen.semantics.program import At, Program
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.values import origins

QUEUES = frozenset(
    {"asyncio.Queue", "asyncio.PriorityQueue", "asyncio.LifoQueue", "queue.Queue", "queue.SimpleQueue", "janus.Queue"}
)  # fmt: skip
_TAKING = frozenset({"get", "get_nowait"})
_PUTTING = frozenset({"put", "put_nowait"})
_LIMITS = frozenset({"wait_for", "shield"})
_ENCODERS = (".dumps", "JSON.stringify", "jsonable_encoder", "str", "dict")
_UNWRAPPING = frozenset(
    {"model_dump", "model_dump_json", "dict", "json", "decode", "encode", "to_dict", "asdict"}
)
_PAYLOADS = frozenset({None, "text_data", "content", "data", "message"})
"""The arguments of a send that hold the message."""
_DEEPEST = 4
"""Encodings within encodings: `json.dumps(message.model_dump()).encode()`."""


def unwrapped(program: Program, at: At[tree.Expr]) -> At[tree.Expr] | None:
    """What an encoding or copy is made of: `json.dumps(x)`, `x.model_dump()`, `await x`."""
    node = at.node
    if isinstance(node, tree.Await):
        return at.to(node.value)
    if not isinstance(node, tree.Call):
        return None
    if isinstance(node.callee, tree.Member) and node.callee.name in _UNWRAPPING:
        return at.to(node.callee.object)
    if node.arguments and any(name.endswith(_ENCODERS) for name in qualified(program, at.to(node.callee))):
        return at.to(node.arguments[0].value)
    return None


def queued_for(program: Program, send: At[tree.Call]) -> list[At[tree.Call]]:
    """The calls that put into a queue what a send takes out of it: each is a send of the same connection."""
    found: dict[At[tree.Call], None] = {}
    given = [each.value for each in send.node.arguments if each.name in _PAYLOADS][:1]
    waiting = [send.to(each) for each in given]
    for _ in range(_DEEPEST):
        inner: list[At[tree.Expr]] = []
        for at in waiting:
            found |= dict.fromkeys(puts_behind(program, at))
            sources = [at, *(each for each in origins(program, at) if isinstance(each, At))]
            inner += [each for source in sources if (each := unwrapped(program, source)) is not None]
        waiting = list(dict.fromkeys(inner))
    return list(found)


def puts_behind(program: Program, at: At[tree.Expr]) -> list[At[tree.Call]]:
    """The calls that put into its queue what an expression is, where it takes that out of one."""
    found: dict[At[tree.Call], None] = {}
    for origin in (at, *origins(program, at)):
        taken = _taken(origin) if isinstance(origin, At) else None
        if taken is not None:
            found |= dict.fromkeys(_puts(program, taken))
    return list(found)


def _taken(at: At[tree.Expr]) -> At[tree.Expr] | None:
    """The queue of `queue.get()`, `await queue.get()`, `asyncio.wait_for(queue.get(), 30)`."""
    match at.node:
        case tree.Await(value=value):
            return _taken(at.to(value))
        case tree.Call(callee=tree.Member(object=queue, name=name)) if name in _TAKING:
            return at.to(queue)
        case tree.Call(callee=callee, arguments=(first, *_)) if last_name(callee) in _LIMITS:
            return _taken(at.to(first.value))
        case _:
            return None


def _puts(program: Program, queue: At[tree.Expr]) -> list[At[tree.Call]]:
    found: list[At[tree.Call]] = []
    for made in origins(program, queue):
        if not isinstance(made, At) or not isinstance(made.node, tree.Call):
            continue
        if not qualified(program, made.to(made.node.callee)) & QUEUES:
            continue
        for alias in aliases(program, made):
            called = method_call(alias)
            if called is not None and called[0] in _PUTTING and called[1].node.arguments:
                found.append(called[1])
    return found
