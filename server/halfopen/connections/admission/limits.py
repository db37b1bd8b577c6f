"""What refuses a connection because there are too many: a count that is compared before the client is let in."""

from __future__ import annotations

import re
from collections.abc import Iterator

from halfopen.connections.admission.facts import ConnectionLimit
from halfopen.connections.facts import Evidence
from halfopen.connections.registries import container_of, registrations_in
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.flow import aliases, aliases_of_target
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.values import origins

_COUNTS = re.compile(
    r"conn|socket|clients?|subscriber|viewer|listener|sessions?|active|open_|current|existing", re.IGNORECASE
)
_SURELY = re.compile(r"conn|socket|client", re.IGNORECASE)
_BOUNDS = re.compile(r"max|limit|cap(acity)?_?|quota|allowed", re.IGNORECASE)
_BOUNDS_OF_CONNECTIONS = re.compile(
    r"(max|limit)\w*(conn|socket|client|ws|session|viewer)|(conn|socket|client|ws|session|viewer)\w*(max|limit)",
    re.IGNORECASE,
)
_SAYS_FULL = re.compile(
    r"(conn(ection)?s?|sockets?|clients?|ws)_?(limit|quota|cap)|limit_?(reached|exceeded)|can_?(connect|accept)|has_?capacity"
    r"|is_?full$|at_?capacity|too_?many|(acquire|reserve|claim)_?(slot|connection|conn|seat)",
    re.IGNORECASE,
)
_NOT_CONNECTIONS = re.compile(
    r"message|msg|rate|token|attempt|retry|retries|size|length|bytes|queue|buffer|history|chars|request|fail|error|slot"
    r"|second|time|age\b|status|code|step|turn|cost|budget",
    re.IGNORECASE,
)


def connection_limits(program: Program, entered: list[At[tree.Function]]) -> tuple[ConnectionLimit, ...]:
    """The limits in the functions that run on the way in."""
    found: dict[tree.Node, ConnectionLimit] = {}
    for function in entered:
        for limit in _limits_in(program, function, entered):
            found.setdefault(limit[0], limit[1])
    return tuple(found.values())


def _limits_in(
    program: Program, function: At[tree.Function], entered: list[At[tree.Function]]
) -> Iterator[tuple[tree.Node, ConnectionLimit]]:
    yield from _replacing(program, function)
    for node in own_nodes(function):
        match node:
            case tree.If(test=test) if refuses(node) and (
                _is_full(program, function.to(test)) or _is_taken(program, function, node, entered)
            ):
                said = " ".join(function.to(test).text.split())
                span = function.to(test).span
                yield node, ConnectionLimit(said, span, (Evidence(span, f"refuses where {said}"),))
            case tree.With(items=items):
                for item in items:
                    context = item.context
                    if _is_semaphore(program, function.to(context)):
                        said = function.to(context).text
                        span = function.to(context).span
                        yield (
                            node,
                            ConnectionLimit(said, span, (Evidence(span, f"waits for a slot of {said}"),)),
                        )
            case _:
                pass


def _replacing(program: Program, function: At[tree.Function]) -> Iterator[tuple[tree.Node, ConnectionLimit]]:
    """One slot for each key, whose old connection is closed when a new one takes it."""
    for registration in registrations_in(program, function):
        if registration.key is None:
            continue
        for node in own_nodes(function):
            if (
                isinstance(node, tree.Call)
                and isinstance(node.callee, tree.Member)
                and node.callee.name == "close"
                and node.start < registration.node.node.start
                and container_of(program, function.to(node.callee.object)) == registration.container
            ):
                test = f"one connection for each key of {registration.container}"
                at = function.to(node)
                yield (
                    node,
                    ConnectionLimit(
                        test, at.span, (Evidence(at.span, "closes the connection before it"),), "slot"
                    ),
                )


def _is_taken(
    program: Program, function: At[tree.Function], branching: tree.If, entered: list[At[tree.Function]]
) -> bool:
    """Whether a place that is then taken is asked for first: `if state["active"] is not None: ... return`.

    Another function that runs on the way in may take it, under the very key that was asked for.
    """
    later = [
        each
        for each in registrations_in(program, function)
        if each.key is not None and each.node.node.start > branching.end
    ]
    elsewhere = [
        each
        for other in entered
        if other.node is not function.node
        for each in registrations_in(program, other)
        if each.key is not None
    ]
    for node in tree.walk(branching.test) if later or elsewhere else ():
        match node:
            case tree.Operation(operator="in", operands=(key, held)):
                asked, place = function.to(key), container_of(program, function.to(held))
            case tree.Operation(
                operator="is not" | "!=", operands=(tree.Index() as slot, tree.Literal(value=None))
            ):
                asked, place = function.to(slot.key), container_of(program, function.to(slot))
            case tree.Call(callee=tree.Member(name="get", object=held), arguments=(first, *_)):
                if node is not branching.test:
                    continue
                asked, place = function.to(first.value), container_of(program, function.to(held))
            case tree.Index(object=held, key=key) if node is branching.test:
                asked, place = function.to(key), container_of(program, function.to(held))
            case _:
                continue
        if place is None:
            continue
        if any(each.container == place and each.key.text == asked.text for each in later if each.key):
            return True
        if any(each.container == place and _goes_to(program, asked, each.key) for each in elsewhere):
            return True
    return False


def _goes_to(program: Program, asked: At[tree.Expr], key: At[tree.Expr] | None) -> bool:
    """Whether the variable that was asked for is what another function takes as its key."""
    binding = asked.index.bindings.get(asked.node) if isinstance(asked.node, tree.Name) else None
    for definition in binding.definitions if binding is not None and key is not None else ():
        target = definition.node.target if isinstance(definition.node, tree.Parameter) else None
        if target is not None:
            held = aliases_of_target(program, asked.to(target))
        elif definition.value is not None and not definition.steps:
            held = aliases(program, asked.to(definition.value))
        else:
            continue
        if any(each.node is key.node for each in held if key is not None):
            return True
    return False


def refuses(statement: tree.If) -> bool:
    """Whether a branch sends the client away, or makes room by closing another connection."""
    for node in tree.walk(statement.then, tree.same_function):
        if isinstance(node, tree.Raise | tree.Return):
            return True
        if (
            isinstance(node, tree.Call)
            and isinstance(node.callee, tree.Member)
            and node.callee.name == "close"
        ):
            return True
    return False


def _is_full(program: Program, test: At[tree.Expr], depth: int = 0) -> bool:
    """Whether a condition compares a number of connections; what it calls is looked into."""
    for node in tree.walk(test.node):
        match node:
            case tree.Operation(operator=">=" | ">" | "<=" | "<" | "==" as operator, operands=(left, right)):
                counted, bound = (left, right) if operator in (">=", ">", "==") else (right, left)
                if operator == "==" and not _BOUNDS.search(test.to(bound).text):
                    continue
                if _BOUNDS_OF_CONNECTIONS.search(test.to(bound).text):
                    return True
                if _counts(program, test.to(counted)) and _bounds(test.to(counted), test.to(bound)):
                    return True
            case tree.Call(callee=tree.Member(name="locked", object=inner)):
                if _is_semaphore(program, test.to(inner)):
                    return True
            case tree.Call(callee=callee) if depth < 2:
                if _SAYS_FULL.search(test.to(callee).text):
                    return True
                for function in functions(program, test.to(callee)):
                    answers = [each for each in own_nodes(function) if isinstance(each, tree.Return)]
                    for answer in answers:
                        if answer.value is not None and _is_full(
                            program, function.to(answer.value), depth + 1
                        ):
                            return True
            case _:
                pass
    return False


def _counts(program: Program, at: At[tree.Expr], depth: int = 0) -> bool:
    """`len(self.active[user])`, a counter, the answer of `redis.incr(...)`."""
    node = at.node
    match node:
        case tree.Call(callee=tree.Name(id="len" | "sum"), arguments=(first, *_)):
            inner = at.to(first.value)
            if container_of(program, inner) is not None:
                return not _NOT_CONNECTIONS.search(inner.text)
            return bool(_COUNTS.search(inner.text)) and not _NOT_CONNECTIONS.search(inner.text)
        case tree.Await(value=value):
            return _counts(program, at.to(value), depth)
        case tree.Name() | tree.Member() | tree.Index() | tree.Call():
            text = at.text
            if _NOT_CONNECTIONS.search(text):
                return False
            if isinstance(node, tree.Name) and depth < 3:
                for path, unit, definition in program.definitions_of(program.variable(at.to(node))):
                    if definition.value is not None and definition.kind == "value":
                        found: At[tree.Expr] = At(path, unit, definition.value)
                        if not isinstance(found.node, tree.Name) and _counts(program, found, depth + 1):
                            return True
            return bool(_COUNTS.search(text)) and not isinstance(node, tree.Literal)
        case _:
            return False


def _bounds(counted: At[tree.Expr], bound: At[tree.Expr]) -> bool:
    """A number of connections that is too many: a name that says so, or a literal beside what surely counts them."""
    if isinstance(bound.node, tree.Literal):
        return (
            isinstance(bound.node.value, int) and bound.node.value > 0 and bool(_SURELY.search(counted.text))
        )
    return bool(_BOUNDS.search(bound.text)) and not _NOT_CONNECTIONS.search(bound.text)


def _is_semaphore(program: Program, at: At[tree.Expr]) -> bool:
    """A semaphore that outlives the handler."""
    for origin in origins(program, at):
        if isinstance(origin, At) and isinstance(origin.node, tree.Call):
            names = qualified(program, origin.to(origin.node.callee))
            if names & {"asyncio.Semaphore", "asyncio.BoundedSemaphore", "anyio.Semaphore"}:
                return origin.index.function_of(origin.node) is None or isinstance(at.node, tree.Member)
    return False
