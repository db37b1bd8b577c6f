"""The tasks and subscriptions of an endpoint, and what ends them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from typing import TypeAlias

from halfopen.connections.awaited_tasks import keeps_exceptions
from halfopen.connections.background.gathers import gathered_bodies, is_an_end
from halfopen.connections.dossier import FinallyRepair, Leak, Resource
from halfopen.connections.facts import Evidence
from halfopen.connections.handler_flow import DISCONNECT, Throwing, iterates_messages, question
from halfopen.connections.handler_reading import reads, sends_each_turn
from halfopen.connections.handling import Handling, leaks_of_exits, statement_of
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.control import held_exits, thrown_kinds
from halfopen.semantics.flow import aliases
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.scopes import Definition

_SPAWNERS = frozenset({"asyncio.create_task", "asyncio.ensure_future"})
_WRITING = frozenset(
    {"print", "debug", "info", "warning", "error", "exception", "critical", "log", "str", "repr"}
)
ENDING_SUBSCRIPTION = frozenset({"unsubscribe", "punsubscribe", "close", "aclose", "reset", "disconnect"})

Stops: TypeAlias = Callable[[At[tree.Node]], bool]
"""Whether a node ends the resource; it may stand in any function that the endpoint runs."""


def tasks(handling: Handling) -> Iterator[Resource]:
    """Endless tasks that work for this connection and are started with `create_task`."""
    program, root = handling.program, handling.root
    for node in own_nodes(root):
        if not isinstance(node, tree.Call) or not node.arguments:
            continue
        if not qualified(program, root.to(node.callee)) & _SPAWNERS:
            continue
        coroutine = node.arguments[0].value
        if not isinstance(coroutine, tree.Call):
            continue
        bodies = functions(program, root.to(coroutine.callee))
        if not any(_endless(handling, each) for each in bodies):
            continue
        held = {each.node for each in aliases(program, root.to(node))}
        if _handed_over(root, held):
            continue
        given = {
            root.to(each.value).text
            for each in coroutine.arguments
            if not handling.sockets.is_socket(each.value)
        }
        stops = _stops_or_told(_stops_alias(program, held), given)
        yield resource_of_exits(
            handling,
            node,
            stops,
            "task",
            f"the task {root.to(coroutine).text.split('(')[0]}()",
            "is still running",
            ".cancel()",
        )


def _endless(handling: Handling, function: At[tree.Function]) -> bool:
    """Whether a coroutine runs until it is cancelled: an endless loop whose failing send would not end it soon."""
    sockets = handling.sockets
    if not any(sockets.is_socket(node) for node in tree.walk(function.node.body)):
        return False
    for node in own_nodes(function):
        if isinstance(node, tree.Loop) and (
            (node.kind == "while" and isinstance(node.test, tree.Literal) and node.test.value)
            or (node.is_async and not iterates_messages(sockets, node))
        ):
            if reads(sockets, node):
                return False
            return not sends_each_turn(handling, node)
    return False


def gathered(handling: Handling) -> Iterator[Resource]:
    """Endless coroutines that are gathered with the one that reads: its end neither ends nor cancels them."""
    for function in handling.reachable:
        for node in own_nodes(function):
            if not isinstance(node, tree.Call) or not isinstance(
                function.index.parents.get(node), tree.Await
            ):
                continue
            if "asyncio.gather" not in qualified(handling.program, function.to(node.callee)) or is_an_end(
                function, function.to(node)
            ):
                continue
            bodies = gathered_bodies(handling.program, function, function.to(node))
            readers = [each for each in bodies if reads(handling.sockets, each.node.body)]
            endless = [each for each in bodies if each not in readers and _endless(handling, each)]
            if not readers or not endless or _ends_the_others(handling, function, node, readers):
                continue
            yield Resource(
                kind="task",
                what=f"the task {endless[0].node.name}()",
                owner=handling.name,
                acquired=function.to(node).span,
                leaks=(
                    Leak(
                        "gathered",
                        (
                            Evidence(readers[0].span, "ends when the client leaves"),
                            Evidence(
                                endless[0].span, "goes on, with nothing that ends it but a send that fails"
                            ),
                        ),
                    ),
                ),
            )


def _ends_the_others(
    handling: Handling, function: At[tree.Function], gather: tree.Call, readers: list[At[tree.Function]]
) -> bool:
    """Whether the reader tells the others to end as it ends, or its exception leads to where they are cancelled."""
    if any(_tells_on_its_way_out(handling, each) for each in readers):
        return True
    throwing = Throwing(handling.program, handling.sockets)
    raises = not keeps_exceptions(gather) and any(
        DISCONNECT & thrown_kinds(each.node.body, question(handling.program, each, throwing))
        for each in readers
    )
    return raises and any(
        isinstance(node, tree.Member) and node.name == "cancel" and node.start > gather.start
        for node in own_nodes(function)
    )


def _tells_on_its_way_out(handling: Handling, reader: At[tree.Function]) -> bool:
    """Whether a reader that ends does more than write it down: what it calls may end the others."""
    program = handling.program
    ways_out: list[tree.Block] = []
    for node in own_nodes(reader):
        if isinstance(node, tree.Try) and reads(handling.sockets, node.body):
            ways_out += [each.body for each in node.handlers]
            ways_out += [node.final] if node.final is not None else []
    last = reader.node.body.statements[-1:]
    return any(
        isinstance(node, tree.Call) and _may_tell(program, reader.to(node))
        for way in (*ways_out, *(each for each in last if not isinstance(each, tree.Loop | tree.Try)))
        for node in tree.walk(way, tree.same_function)
    )


def _may_tell(program: Program, call: At[tree.Call]) -> bool:
    """A log does not; a function of the workspace does where it sets, closes or cancels something."""
    name = last_name(call.node.callee)
    if name in _WRITING:
        return False
    bodies = functions(program, call.to(call.node.callee))
    return not bodies or any(
        isinstance(node, tree.Member) and node.name in _TELLING | ENDING_SUBSCRIPTION | {"cancel"}
        for each in bodies
        for node in own_nodes(each)
    )


def _handed_over(function: At[tree.Function], held: Set[tree.Node]) -> bool:
    """Whether a task is kept in something that others empty (a field, a registry, a task group, a return)."""
    for node in held:
        parent = function.index.parents.get(node)
        if isinstance(parent, tree.Return):
            return True
        if isinstance(parent, tree.Argument):
            call = function.index.parents.get(parent)
            if (
                isinstance(call, tree.Call)
                and isinstance(call.callee, tree.Member)
                and call.callee.name
                in (
                    "add",
                    "append",
                    "push_async_callback",
                    "callback",
                    "add_done_callback",
                )
            ):
                return True
        if isinstance(parent, tree.Assign) and any(
            isinstance(each, tree.Member | tree.Index) for each in parent.targets
        ):
            return True
    return False


def _stops_alias(program: Program, held: Set[tree.Node]) -> Stops:
    """Nodes that cancel, await or gather one of the task's expressions."""

    def stops(at: At[tree.Node]) -> bool:
        match at.node:
            case tree.Call(callee=tree.Member(object=inner, name="cancel")):
                return inner in held or _is_pending(program, at.to(inner))
            case tree.Await(value=value):
                return value in held
            case tree.Call(callee=callee, arguments=arguments):
                if qualified(program, at.to(callee)) & {"asyncio.gather", "asyncio.wait_for"}:
                    return any(each in held for argument in arguments for each in tree.walk(argument.value))
                return False
            case tree.Loop(iterable=iterable, body=body) if iterable is not None:
                cancels = any(
                    isinstance(each, tree.Call)
                    and isinstance(each.callee, tree.Member)
                    and each.callee.name == "cancel"
                    for each in tree.walk(body)
                )
                return cancels and (
                    any(each in held for each in tree.walk(iterable))
                    or _is_waited_for(program, at.to(iterable))
                )
            case _:
                return False

    return stops


_TELLING = frozenset({"set", "put_nowait", "put", "stop", "close", "shutdown"})


def _stops_or_told(stops: Stops, given: Set[str]) -> Stops:
    """Nodes that end the task, or tell it to end by what it was given: `stop.set()`, `commands.put_nowait(QUIT)`."""

    def ends(at: At[tree.Node]) -> bool:
        match at.node:
            case tree.Call(callee=tree.Member(object=tree.Name() | tree.Member() as told, name=name)):
                if name in _TELLING and at.to(told).text in given:
                    return True
            case _:
                pass
        return stops(at)

    return ends


def _is_pending(program: Program, name: At[tree.Expr]) -> bool:
    """`for task in pending` after `done, pending = await asyncio.wait(...)`."""
    return any(
        definition.kind == "element"
        and definition.value is not None
        and _is_waited_for(program, name.to(definition.value))
        for definition in _definitions(name)
    )


def _is_waited_for(program: Program, name: At[tree.Expr]) -> bool:
    """What `asyncio.wait` gave back, in one of its two sets."""
    for definition in _definitions(name):
        value = definition.value.value if isinstance(definition.value, tree.Await) else definition.value
        if isinstance(value, tree.Call) and "asyncio.wait" in qualified(program, name.to(value.callee)):
            return True
    return False


def _definitions(name: At[tree.Expr]) -> tuple[Definition, ...]:
    binding = name.index.bindings.get(name.node) if isinstance(name.node, tree.Name) else None
    return tuple(binding.definitions) if binding is not None else ()


def resource_of_exits(
    handling: Handling,
    node: tree.Call,
    stops: Stops,
    kind: str,
    what: str,
    state: str,
    stop: str,
) -> Resource:
    program, root = handling.program, handling.root
    throwing = Throwing(program, handling.sockets)

    def releases(each: tree.Node) -> bool:
        return stops(root.to(each)) or (
            isinstance(each, tree.Call) and _stops_within(program, root.to(each), stops)
        )

    exits = held_exits(
        root.node.body,
        question(
            program,
            root,
            throwing,
            acquires=lambda each: each is node,
            releases=releases,
            implied=_is_name,
            silent=lambda each: isinstance(each, tree.Await) and each.value is node,
        ),
    )
    stopped = any(releases(each) for each in tree.walk(root.node.body))
    leaks: tuple[Leak, ...] = ()
    if exits:
        leaks = tuple(leaks_of_exits(handling, exits, releases, state)) if stopped else (Leak("never"),)
    statement = statement_of(root, node)
    name = _assigned_name(root, node)
    repair = (
        FinallyRepair(root.span, root.to(statement).span, f"{name}{stop}")
        if leaks and leaks[0].kind != "awaited" and name and statement
        else None
    )
    released = tuple(
        Evidence(root.to(each).span, f"{root.to(each).text.splitlines()[0]} ends it")
        for each in tree.walk(root.node.body)
        if stops(root.to(each))
    )
    return Resource(kind, what, handling.name, root.to(node).span, leaks, released, repair)  # type: ignore[arg-type]


def _stops_within(program: Program, call: At[tree.Call], stops: Stops, depth: int = 0) -> bool:
    """Whether a called function, or one that it calls, ends the resource."""
    for callee in functions(program, call.to(call.node.callee)):
        for inner in own_nodes(callee):
            if stops(callee.to(inner)):
                return True
            if (
                depth < 2
                and isinstance(inner, tree.Call)
                and _stops_within(program, callee.to(inner), stops, depth + 1)
            ):
                return True
    return False


def _is_name(test: tree.Expr) -> bool:
    """`if task:`, `if not task.done():`, `if pubsub is not None:`."""
    match test:
        case tree.Name():
            return True
        case tree.Operation(operator="is not" | "and" | "not", operands=operands):
            return all(
                isinstance(each, tree.Literal) or _is_name(each) or _asks_done(each) for each in operands
            )
        case _:
            return False


def _asks_done(test: tree.Expr) -> bool:
    return (
        isinstance(test, tree.Call)
        and isinstance(test.callee, tree.Member)
        and test.callee.name in ("done", "cancelled")
    )


def _assigned_name(function: At[tree.Function], node: tree.Node) -> str | None:
    parent = function.index.parents.get(node)
    if isinstance(parent, tree.Await):
        parent = function.index.parents.get(parent)
    if isinstance(parent, tree.Assign) and isinstance(parent.targets[0], tree.Name):
        return parent.targets[0].id
    return None
