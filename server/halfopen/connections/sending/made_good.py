"""Broadcasts of what a client that misses one has again: it is stored before, it is the whole state, or it soon passes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from halfopen.connections.admission.kept_state import is_kept_state
from halfopen.connections.receiving.kinds import work_kind
from halfopen.connections.registries import container_of
from halfopen.connections.sending.facts import Repair
from halfopen.connections.sending.stored_first import follows_a_write
from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers, functions
from halfopen.semantics.function_shape import argument_of
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Global, Program
from halfopen.semantics.qualified_names import qualified

_TYPES = frozenset({"type", "event", "kind", "action", "message_type", "msg_type"})
_PASSING = re.compile(
    r"typing|presence|cursor|(^|_)(ping|pong|heartbeat|online|offline)($|_)|(user|client|player|peer|viewer)s?_?(list|count)"
    r"|^users$|(user|client|player|peer)_(joined|left|join|leave|connected|disconnected)",
    re.IGNORECASE,
)
"""Message types that tell of a moment: the next one of the kind takes their place."""
_WRAPPING = frozenset(
    {
        "list",
        "dict",
        "set",
        "sorted",
        "tuple",
        "len",
        "str",
        "dumps",
        "encode",
        "copy",
        "values",
        "items",
        "keys",
    }
)
_CLOCKS = frozenset({"time", "now", "utcnow", "isoformat", "timestamp"})
_READING = frozenset({"database", "job"})
_KEY = re.compile(r"(^|_)(ids?|uuid|key|slug|pin|code|name|user|room)$")
"""What is called so says which thing or whose it is."""
_DEPTH = 9


def made_good(program: Program, send: At[tree.Call]) -> Repair | None:
    """How what a send tells is had again, whichever way led to it; None where one of them tells what is gone then."""
    payload = next((send.to(each.value) for each in reversed(send.node.arguments)), None)
    repairs = set(_repairs(program, payload, send, _DEPTH))
    if None in repairs or not repairs:
        return None
    return "the next one" if "the next one" in repairs else "at any time"


def _repairs(
    program: Program, payload: At[tree.Expr] | None, call: At[tree.Call], depth: int
) -> Iterator[Repair | None]:
    function = call.index.function_of(call.node)
    if function is None or follows_a_write(program, call):
        yield "at any time" if function is not None else None
        return
    if payload is not None and _passes(payload, 2):
        yield "at any time"
        return
    if payload is not None and _is_whole(program, payload):
        yield "the next one"
        return
    calls = [each for each in callers(program, call.to(function)) if is_shipped(each.path)]
    if not calls or depth == 0:
        yield None
        return
    handed = _handed(payload, function)
    for each in calls:
        given = argument_of(each.node, function, handed) if handed is not None else None
        yield from _repairs(program, each.to(given) if given is not None else None, each, depth - 1)


def _handed(payload: At[tree.Expr] | None, function: tree.Function) -> tree.Parameter | None:
    """The parameter that a payload is, in whatever form (`json.dumps(message)`); not one that a part of it is taken from."""
    names = {each.id for each in _roots(payload, 2)} if payload is not None else set[str]()
    named = [
        each for each in function.parameters if isinstance(each.target, tree.Name) and each.target.id in names
    ]
    return named[0] if len(named) == 1 else None


def _roots(at: At[tree.Expr], depth: int) -> Iterator[tree.Name]:
    """The variable that an expression is, or is only written out from."""
    match at.node:
        case tree.Name():
            yield at.node
            for value in _values(at.to(at.node)) if depth else ():
                yield from _roots(value, depth - 1)
        case tree.Call(callee=callee, arguments=arguments) if last_name(callee) in _WRAPPING and arguments:
            yield from _roots(at.to(arguments[0].value), depth)
        case tree.Call(callee=tree.Member(object=inner, name=name)) if name in _WRAPPING:
            yield from _roots(at.to(inner), depth)
        case _:
            return


def _values(name: At[tree.Name]) -> Iterator[At[tree.Expr]]:
    binding = name.index.bindings.get(name.node)
    for each in binding.definitions if binding is not None else ():
        if each.kind == "value" and each.value is not None:
            yield name.to(each.value)


def _passes(at: At[tree.Expr], depth: int) -> bool:
    """Whether a message says by its type that it tells of a moment."""
    for node in tree.walk(at.node, tree.same_function):
        match node:
            case tree.Entry(key=tree.Literal(value=key), value=tree.Literal(value=str(value))) if (
                key in _TYPES
            ):
                return _PASSING.search(value) is not None
            case tree.Name() if depth:
                if any(_passes(each, depth - 1) for each in _values(at.to(node))):
                    return True
            case _:
                pass
    return False


def _is_whole(program: Program, payload: At[tree.Expr]) -> bool:
    """Whether a message shows state that is kept, as it is now, and nothing else that changes."""
    found = list(_parts(program, payload, _DEPTH))
    return "state" in found and "other" not in found


def _parts(program: Program, at: At[tree.Expr], depth: int) -> Iterator[str]:
    """Of what a message is made: kept state, and others; what never changes, and clocks, are not told."""
    node = at.node
    if depth == 0:
        yield "other"
    elif isinstance(node, tree.Literal):
        return
    elif isinstance(node, tree.Object):
        for entry in node.entries:
            yield from _parts(program, at.to(entry.value), depth)
    elif isinstance(node, tree.Comprehension):
        first = next((each for each in tree.walk(node) if isinstance(each, tree.Clause)), None)
        yield from _parts(program, at.to(first.iterable), depth - 1) if first is not None else ("other",)
    elif isinstance(node, tree.Call):
        yield from _of_call(program, at.to(node), depth)
    elif isinstance(node, tree.Await):
        yield from _parts(program, at.to(node.value), depth)
    elif is_kept_state(program, at) or (
        isinstance(node, tree.Member) and container_of(program, at) is not None
    ):
        yield "state"
    elif isinstance(node, tree.Name):
        yield from _of_name(program, at.to(node), depth)
    elif isinstance(node, tree.Member):
        yield from _parts(program, at.to(node.object), depth - 1)
    elif isinstance(node, tree.Operation | tree.Conditional | tree.Index):
        for each in tree.children(node):
            if isinstance(each, tree.Expr):
                yield from _parts(program, at.to(each), depth - 1)
    else:
        yield "other"


def _of_name(program: Program, name: At[tree.Name], depth: int) -> Iterator[str]:
    values = list(_values(name))
    for value in values:
        yield from _parts(program, value, depth - 1)
    binding = name.index.bindings.get(name.node)
    constant = isinstance(program.variable(name), Global) or (
        binding is not None and all(each.kind == "import" for each in binding.definitions)
    )
    if not values and not constant and not _KEY.search(name.node.id):
        yield "other"


def _of_call(program: Program, call: At[tree.Call], depth: int) -> Iterator[str]:
    callee, arguments = call.node.callee, call.node.arguments
    if any(work_kind(each) in _READING for each in qualified(program, call.to(callee))):
        yield "state"  # What is read from a store now can be read there again.
    elif last_name(callee) in _CLOCKS:
        return
    elif last_name(callee) in _WRAPPING:
        if isinstance(callee, tree.Member) and last_name(callee) not in ("dumps", "encode"):
            yield from _parts(program, call.to(callee.object), depth)
        for each in arguments[:1]:
            yield from _parts(program, call.to(each.value), depth)
    elif last_name(callee) in ("get", "isinstance") and arguments:
        for each in (
            callee.object if isinstance(callee, tree.Member) else callee,
            *(one.value for one in arguments),
        ):
            yield from _parts(program, call.to(each), depth - 1)
    elif not arguments and functions(program, call.to(callee)):
        yield "state"  # `room.state()`
    else:
        yield "other"
