"""What in a server's code ends a connection whose client has been silent, and which messages hold it off."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.facts import Evidence, Known, Unknown
from halfopen.connections.liveness.branches import heartbeat_branches
from halfopen.connections.liveness.durations import numbers_of
from halfopen.connections.liveness.facts import Watchdog
from halfopen.connections.liveness.server_code import ServerCode, called
from halfopen.connections.liveness.server_heartbeats import pause_around, seconds_of_pause
from halfopen.semantics import tree
from halfopen.semantics.leaving import OUT_OF_LOOP, leaves, may_leave
from halfopen.semantics.program import At, own_nodes
from halfopen.semantics.values import origins

_SHORTEST_SECONDS = 5.0
_LONGEST_SECONDS = 6 * 3600.0
_DEPTH = 3
_CLOCK = frozenset(
    {
        "now",
        "time",
        "datetime",
        "current_time",
        "utcnow",
        "monotonic",
        "total_seconds",
        "timedelta",
        "loop",
        "get_event_loop",
        "get_running_loop",
        "perf_counter",
        "asyncio",
        "self",
    }
)


def server_watchdogs(code: ServerCode) -> Iterator[Watchdog]:
    """The comparisons of a silence with a number that lead to a close, and time-outs of the receive that end it."""
    for function in code.functions:
        for node in own_nodes(function):
            match node:
                case tree.If(test=test, then=then):
                    found = _elapsed(code, function.to(test))
                    if found is not None and _ends(code, function, then):
                        seconds, names = found
                        renewed = renewed_by(code, names)
                        if renewed is not None:
                            pause = pause_around(code, function.to(_marker(then)))
                            yield Watchdog(
                                "answer" if renewed else "messages",
                                Known(
                                    seconds,
                                    (Evidence(function.to(test).span, f"compares with {seconds:g} s"),),
                                ),
                                function.to(test).span,
                                renewed,
                                asked=pause.span if pause is not None else None,
                                asked_every_seconds=seconds_of_pause(code.program, pause)
                                if pause is not None
                                else Unknown("what asks for the deadline"),
                                evidence=(
                                    Evidence(
                                        function.to(test).span, f"ends what was silent for {seconds:g} s"
                                    ),
                                ),
                            )
                case tree.Handler(body=body) if body.statements:
                    limit = pause_around(code, function.to(_marker(body)))
                    if limit is not None and ends_connection(code, body) and _limits_receive(code, limit):
                        yield Watchdog(
                            "messages",
                            seconds_of_pause(code.program, limit),
                            limit.span,
                            evidence=(
                                Evidence(limit.span, "a client that sends nothing for so long"),
                                Evidence(function.to(node).span, "is let go here"),
                            ),
                        )
                case _:
                    pass


def _marker(body: tree.Block) -> tree.Call:
    """A node inside a handler's body, for asking what stands around it."""
    return next((each for each in tree.walk(body) if isinstance(each, tree.Call)), _NO_CALL)


_NO_CALL = tree.Call(0, 0, tree.Name(0, 0, ""), ())


def _limits_receive(code: ServerCode, limit: At[tree.Call]) -> bool:
    """Whether a limit is on a receive of the socket: within its arguments, or within its `async with`."""
    receives = {each.node for each in code.receives}
    if any(node in receives for node in tree.walk(limit.node)):
        return True
    for ancestor in limit.index.ancestors(limit.node):
        if isinstance(ancestor, tree.With):
            return any(node in receives for node in tree.walk(ancestor.body))
    return False


def ends_connection(code: ServerCode, body: tree.Block) -> bool:
    """Whether a time-out's handler ends the connection: it closes, leaves or raises, and does not go on."""
    nodes = list(tree.walk(body, tree.same_function))
    if any(isinstance(each, tree.Jump) and each.kind == "continue" for each in nodes):
        return False
    return leaves(body, OUT_OF_LOOP) or any(each in code.closes for each in nodes)


def _elapsed(code: ServerCode, test: At[tree.Expr]) -> tuple[float, frozenset[str]] | None:
    """The seconds that an elapsed time is compared with, and the names that hold when something was last heard."""
    longest, moments = 0.0, frozenset[str]()
    for at in _with_meaning(code, test, _DEPTH):
        if not isinstance(at.node, tree.Operation) or at.node.operator not in (">", ">=", "<", "<="):
            continue
        for operand in at.node.operands:
            numbers = [
                each
                for each in numbers_of(code.program, at.to(operand))
                if _SHORTEST_SECONDS <= each <= _LONGEST_SECONDS
            ]
            other = next(each for each in at.node.operands if each is not operand)
            names = frozenset(_moments(code, at.to(other), _DEPTH)) - _CLOCK
            if numbers and names and _subtracts(code, at.to(other), _DEPTH):
                longest, moments = max(longest, *numbers), moments | names
    return (longest, moments) if moments else None


def _with_meaning(code: ServerCode, at: At[tree.Expr], depth: int) -> Iterator[At[tree.Expr]]:
    """The expressions that a condition consists of, those that its properties and functions return among them."""
    for node in tree.walk(at.node, tree.same_function):
        if isinstance(node, tree.Operation):
            yield at.to(node)
        if depth > 0 and isinstance(node, tree.Member | tree.Call):
            callee = node.callee if isinstance(node, tree.Call) else node
            for function in called(code.program, at.to(callee)):
                for inner in own_nodes(function):
                    if isinstance(inner, tree.Return) and inner.value is not None:
                        yield from _with_meaning(code, function.to(inner.value), depth - 1)


def _subtracts(code: ServerCode, at: At[tree.Expr], depth: int) -> bool:
    """Whether an expression is a difference of times."""
    for node in tree.walk(at.node, tree.same_function):
        if isinstance(node, tree.Operation) and node.operator == "-" and len(node.operands) == 2:
            return True
    return depth > 0 and any(
        _subtracts(code, origin, depth - 1)
        for origin in origins(code.program, at)
        if isinstance(origin, At) and origin.node is not at.node
    )


def _moments(code: ServerCode, at: At[tree.Expr], depth: int) -> Iterator[str]:
    """The names and keys that hold when something was last heard, local variables followed to what they are given."""
    match at.node:
        case tree.Index(key=tree.Literal(value=str() as key)):
            yield key
        case tree.Index(object=inner) | tree.Await(value=inner):
            yield from _moments(code, at.to(inner), depth)
        case tree.Call(callee=tree.Member(object=inner, name="get"), arguments=(first, *_)):
            if isinstance(first.value, tree.Literal) and isinstance(first.value.value, str):
                yield first.value.value
            else:
                yield from _moments(code, at.to(inner), depth)
        case tree.Call(callee=tree.Member(object=inner)):
            yield from _moments(code, at.to(inner), depth)
        case tree.Operation(operands=operands):
            for operand in operands:
                yield from _moments(code, at.to(operand), depth)
        case tree.Member(name=name):
            yield name
        case tree.Name(id=name):
            binding = at.index.bindings.get(at.node)
            given = [
                moment
                for definition in (binding.definitions if binding is not None and depth > 0 else ())
                if definition.kind == "value" and definition.value is not None
                for moment in _moments(code, at.to(definition.value), depth - 1)
                if moment not in _CLOCK
            ]
            yield from given or [name]
        case _:
            return


def _ends(code: ServerCode, function: At[tree.Function], then: tree.Block) -> bool:
    """Whether a branch gives the connection up: it leaves, or its function closes sockets."""
    if may_leave(then):
        return True
    return any(
        node in code.closes
        or (
            isinstance(node, tree.Await)
            and isinstance(node.value, tree.Call)
            and isinstance(node.value.callee, tree.Member)
            and node.value.callee.name == "close"
        )
        for node in own_nodes(function)
    )


def renewed_by(code: ServerCode, names: frozenset[str]) -> tuple[str, ...] | None:
    """The words of the messages that alone renew a moment; empty where any message does; None: nothing does."""
    words: dict[str, None] = {}
    within: set[tree.Node] = set()
    for function in code.functions:
        for found, block in heartbeat_branches(code.program, function):
            if any(_writes(code, each, names, within) for each in _run_by(code, block)):
                words.update(dict.fromkeys(found))
    for receive in code.receives:
        for ancestor in receive.index.ancestors(receive.node):
            if isinstance(ancestor, tree.Function):
                break
            if isinstance(ancestor, tree.Loop) and _writes_outside(
                code, receive.to(ancestor.body), names, within
            ):
                return ()
    return tuple(words) or None


def _run_by(code: ServerCode, block: At[tree.Node]) -> Iterator[At[tree.Node]]:
    """A block and the bodies of what it calls."""
    yield block
    level: list[At[tree.Node]] = [block]
    for _ in range(2):
        following: list[At[tree.Node]] = []
        for at in level:
            for node in tree.walk(at.node, tree.same_function):
                if isinstance(node, tree.Call):
                    following += [
                        each.to(each.node.body) for each in called(code.program, at.to(node.callee))
                    ]
        yield from following
        level = following


def _writes(code: ServerCode, at: At[tree.Node], names: frozenset[str], within: set[tree.Node]) -> bool:
    code.program.queries.note(at.unit)
    found = False
    for node in tree.walk(at.node, tree.same_function):
        if _renews(node, names):
            within.add(node)
            found = True
    return found


def _renews(node: tree.Node, names: frozenset[str]) -> bool:
    """`self.last_heard = time()`, or `self.heard.set()` of an event."""
    match node:
        case tree.Assign(targets=targets):
            return any(_last(each) in names for each in targets)
        case tree.Call(callee=tree.Member(object=event, name="set"), arguments=()):
            return _last(event) in names
        case _:
            return False


def _writes_outside(
    code: ServerCode, at: At[tree.Node], names: frozenset[str], within: set[tree.Node]
) -> bool:
    return any(
        node not in within and _renews(node, names)
        for each in _run_by(code, at)
        for node in tree.walk(each.node, tree.same_function)
    )


def _last(target: tree.Expr) -> str:
    match target:
        case tree.Name(id=name) | tree.Member(name=name):
            return name
        case tree.Index(key=tree.Literal(value=str() as key)):
            return key
        case tree.Index(object=inner):
            return _last(inner)
        case _:
            return ""
