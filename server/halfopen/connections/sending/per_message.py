"""What each message of a client starts or adds to, and whether anything limits it."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.facts import Evidence, Known
from halfopen.connections.handler_flow import RECEIVERS, caught_kinds, iterates_messages, socket_method
from halfopen.connections.handling import Handling
from halfopen.connections.sending.facts import SendQueue, TaskPerMessage
from halfopen.connections.sending.flagged import is_flagged
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.unit import Span

_SPAWNERS = frozenset({"asyncio.create_task", "asyncio.ensure_future"})
_LIMITS = frozenset(
    {"asyncio.Semaphore()", "asyncio.BoundedSemaphore()", "anyio.CapacityLimiter()", "asyncio.Lock()"}
)
_BUFFERS = frozenset({"bytearray", "io.BytesIO", "bytes"})
_GROWING = frozenset({"extend", "append", "write"})
_DEPTH = 3


def receive_loops(handling: Handling) -> Iterator[tuple[At[tree.Function], tree.Loop]]:
    """The loops that take the client's messages."""
    for function in handling.reachable:
        for node in own_nodes(function):
            if isinstance(node, tree.Loop) and (
                iterates_messages(handling.sockets, node)
                or any(
                    socket_method(handling.sockets, each) in RECEIVERS
                    for each in tree.walk(node.body, tree.same_function)
                )
            ):
                yield function, node


def _run_per_message(handling: Handling) -> Iterator[tuple[At[tree.Function], tree.Node]]:
    """The code that runs once for each message: the loops' bodies, and the functions they call."""
    program = handling.program
    seen: set[tree.Node] = set()
    level: list[tuple[At[tree.Function], tree.Node]] = []
    for function, loop in receive_loops(handling):
        if loop.body not in seen:
            seen.add(loop.body)
            level.append((function, loop.body))
    for _ in range(_DEPTH):
        following: list[tuple[At[tree.Function], tree.Node]] = []
        for function, body in level:
            yield function, body
            for node in tree.walk(body, tree.same_function):
                if isinstance(node, tree.Call) and not _is_spawned(program, function, node):
                    for callee in functions(program, function.to(node.callee)):
                        if callee.node not in seen and handling.function_at(callee.node) is not None:
                            seen.add(callee.node)
                            following.append((callee, callee.node.body))
        level = following


def _is_spawned(program: Program, function: At[tree.Function], call: tree.Call) -> bool:
    """Whether a call only makes the coroutine that a task then runs."""
    parent = function.index.parents.get(call)
    spawner = function.index.parents.get(parent) if isinstance(parent, tree.Argument) else None
    return isinstance(spawner, tree.Call) and bool(
        qualified(program, function.to(spawner.callee)) & _SPAWNERS
    )


def tasks_per_message(handling: Handling) -> Iterator[TaskPerMessage]:
    """Tasks that a client's message starts, each place once."""
    program = handling.program
    seen: set[tree.Node] = set()
    repeated = list(_run_per_message(handling))
    for function, body in repeated:
        for node in tree.walk(body, tree.same_function):
            if not isinstance(node, tree.Call) or node in seen or not node.arguments:
                continue
            if not qualified(program, function.to(node.callee)) & _SPAWNERS:
                continue
            seen.add(node)
            coroutine = node.arguments[0].value
            bodies = (
                functions(program, function.to(coroutine.callee)) if isinstance(coroutine, tree.Call) else []
            )
            if not bodies:
                continue
            started = function.to(node)
            places = [(started, body), *_handed_back(program, started, function, repeated)]
            yield TaskPerMessage(
                span=started.span,
                name=function.to(coroutine).text.split("(")[0].removeprefix("self."),
                endless=any(_repeats(each) for each in bodies),
                is_limited=any(_takes_a_limit(program, each) for each in bodies)
                or any(_waited_for(*each) or _counts(*each) for each in places),
                is_guarded=any(_is_guarded(*each) for each in places),
                sends=any(handling.sockets.mentions(each.node.body) for each in bodies),
                cancelled=next((found for each in places for found in _cancelled(program, *each)), None),
                evidence=(Evidence(bodies[0].span, "runs once for each such message"),),
            )


def _handed_back(
    program: Program,
    started: At[tree.Call],
    function: At[tree.Function],
    repeated: list[tuple[At[tree.Function], tree.Node]],
) -> Iterator[tuple[At[tree.Call], tree.Node]]:
    """Where the function that starts the task returns it: the calls that keep it, in code that runs per message."""
    parent = started.parent
    name = _bound_name(started)
    is_returned = isinstance(parent, tree.Return) or any(
        isinstance(node, tree.Return) and isinstance(node.value, tree.Name) and node.value.id == name
        for node in own_nodes(function)
    )
    if not is_returned:
        return
    for other, body in repeated:
        for node in tree.walk(body, tree.same_function):
            if isinstance(node, tree.Call) and function in functions(program, other.to(node.callee)):
                yield other.to(node), body


def _runs_at_disconnect(program: Program, at: At[tree.Call]) -> bool:
    """Whether a call that stands in an `except` clause runs when the client leaves, and not for other errors alone."""
    for ancestor in at.index.ancestors(at.node):
        if isinstance(ancestor, tree.Function):
            return True
        if isinstance(ancestor, tree.Handler):
            guarded = at.index.parents.get(ancestor)
            kinds = caught_kinds(program, at.to(ancestor))
            before = guarded.handlers if isinstance(guarded, tree.Try) else ()
            taken = any(
                "disconnect" in caught_kinds(program, at.to(each))
                for each in before
                if each.start < ancestor.start
            )
            return "disconnect" in kinds or ("*" in kinds and not taken)
    return True


def _cancelled(program: Program, started: At[tree.Call], body: tree.Node) -> Iterator[Span]:
    """Where the end of the connection cancels the task: in a `finally`, or after the loop."""
    kept = _kept_as(started, body)
    function = started.index.function_of(started.node)
    for node in tree.walk(function.body, tree.same_function) if function is not None else ():
        if (
            isinstance(node, tree.Call)
            and isinstance(node.callee, tree.Member)
            and node.callee.name == "cancel"
            and node.start > body.end
            and _texts(started, node.callee.object) & kept
            and _runs_at_disconnect(program, started.to(node))
        ):
            yield started.to(node).span


def _repeats(function: At[tree.Function]) -> bool:
    """Whether a coroutine repeats with pauses until something stops it."""
    return any(
        isinstance(node, tree.Loop)
        and node.kind == "while"
        and any(isinstance(each, tree.Await) for each in tree.walk(node.body, tree.same_function))
        for node in own_nodes(function)
    )


def _takes_a_limit(program: Program, function: At[tree.Function]) -> bool:
    """Whether the task's body runs under a semaphore or a lock."""
    for node in own_nodes(function):
        if isinstance(node, tree.With) and any(
            qualified(program, function.to(item.context)) & _LIMITS for item in node.items
        ):
            return True
    return False


def _waited_for(started: At[tree.Call], body: tree.Node) -> bool:
    """Whether the loop waits for the task before the next message: an await, a gather, of its name."""
    name = _bound_name(started)
    parent = started.parent
    if isinstance(parent, tree.Await):
        return True
    if isinstance(parent, tree.Argument) and isinstance(
        started.index.parents.get(parent), tree.Await | tree.Call
    ):
        call = started.index.parents.get(parent)
        if isinstance(started.index.parents.get(call), tree.Await) if call is not None else False:
            return True
    return name is not None and any(
        isinstance(node, tree.Await) and node.start > started.node.end and name in _texts(started, node)
        for node in tree.walk(body, tree.same_function)
    )


def _texts(at: At[tree.Call], node: tree.Node) -> frozenset[str]:
    """The variables and fields that are named within a node; `getattr(room, "task", None)` is `room.task`."""
    found: set[str] = set()
    for each in tree.walk(node):
        match each:
            case tree.Name() | tree.Member():
                found.add(at.to(each).text)
            case tree.Call(
                callee=tree.Name(id="getattr"),
                arguments=(owner, tree.Argument(value=tree.Literal(value=str() as name)), *_),
            ):
                found.add(f"{at.to(owner.value).text}.{name}")
            case _:
                pass
    return frozenset(found)


def _bound_name(started: At[tree.Call]) -> str | None:
    """What the task is kept as: `task`, `self.task`, `tasks` for `tasks[key]`."""
    parent = started.parent
    if isinstance(parent, tree.Assign):
        target = parent.targets[0]
        if isinstance(target, tree.Index):
            target = target.object
        if isinstance(target, tree.Name | tree.Member):
            return started.to(target).text
    return None


def _kept_as(started: At[tree.Call], body: tree.Node) -> frozenset[str]:
    """The names that the task is kept under, also where it is first bound and then put in a container."""
    name = _bound_name(started)
    if name is None:
        return frozenset()
    found = {name}
    for node in tree.walk(body, tree.same_function):
        if isinstance(node, tree.Assign) and isinstance(node.value, tree.Name) and node.value.id == name:
            target = node.targets[0]
            target = target.object if isinstance(target, tree.Index) else target
            if isinstance(target, tree.Name | tree.Member):
                found.add(started.to(target).text)
        if (
            isinstance(node, tree.Call)
            and isinstance(node.callee, tree.Member)
            and node.callee.name in ("add", "append")
            and any(isinstance(each.value, tree.Name) and each.value.id == name for each in node.arguments)
        ):
            found.add(started.to(node.callee.object).text)
    return frozenset(found)


def _counts(started: At[tree.Call], body: tree.Node) -> bool:
    """Whether the number of running tasks is compared before another one starts."""
    kept = _kept_as(started, body)
    for node in tree.walk(body, tree.same_function):
        if isinstance(node, tree.If) and node.start < started.node.start:
            for each in tree.walk(node.test):
                if (
                    isinstance(each, tree.Call)
                    and isinstance(each.callee, tree.Name)
                    and each.callee.id == "len"
                    and _texts(started, each) & kept
                ):
                    return True
    return False


def _read_from(started: At[tree.Call], body: tree.Node, kept: frozenset[str]) -> frozenset[str]:
    """The names that are read out of what keeps the tasks: `running = self.tasks.get(key)`."""
    return frozenset(
        target.id
        for node in tree.walk(body, tree.same_function)
        if isinstance(node, tree.Assign) and node.value is not None and node.start < started.node.start
        if _texts(started, node.value) & kept
        for target in node.targets
        if isinstance(target, tree.Name)
    )


def _is_guarded(started: At[tree.Call], body: tree.Node) -> bool:
    """Whether a task that still runs for the same thing is looked for, or cancelled, before another one starts."""
    if is_flagged(started, body):
        return True
    kept = _kept_as(started, body)
    if not kept:
        return False
    kept |= _read_from(started, body, kept)
    for node in tree.walk(body, tree.same_function):
        if node.start >= started.node.start:
            continue
        if isinstance(node, tree.If) and _texts(started, node.test) & kept:
            return True
        if (
            isinstance(node, tree.Call)
            and isinstance(node.callee, tree.Member)
            and node.callee.name == "cancel"
            and _texts(started, node.callee.object) & kept
        ):
            return True
    return False


# --- buffers -----------------------------------------------------------------------------------


def inbound_buffers(handling: Handling) -> Iterator[SendQueue]:
    """Buffers that grow by what the client sends, until the client says that it is enough."""
    program = handling.program
    for function, loop in receive_loops(handling):
        for node in tree.walk(loop.body, tree.same_function):
            buffer = _grown(node)
            if buffer is None or not isinstance(buffer, tree.Name):
                continue
            made = _made(program, function.to(buffer))
            if made is None or (loop.body.start <= made.node.start < loop.body.end):
                continue
            if _is_measured(function, buffer.id) or _is_emptied_each_turn(loop, buffer.id):
                continue
            yield SendQueue(
                function.to(node).span,
                buffer.id,
                "inbound-buffer",
                Known(
                    None, (Evidence(function.to(node).span, "grows by each message, and is never measured"),)
                ),
                evidence=(Evidence(made.span, f"{buffer.id} begins here"),),
            )
            return


def _grown(node: tree.Node) -> tree.Expr | None:
    match node:
        case tree.Call(callee=tree.Member(object=inner, name=name), arguments=(_, *_)) if name in _GROWING:
            return inner
        case tree.Assign(targets=(target,), operator="+"):
            return target
        case _:
            return None


def _made(program: Program, name: At[tree.Name]) -> At[tree.Node] | None:
    """Where a buffer of bytes is made."""
    binding = name.index.bindings.get(name.node)
    for definition in binding.definitions if binding is not None else ():
        value = definition.value
        if definition.kind != "value" or value is None:
            continue
        if isinstance(value, tree.Literal) and isinstance(value.value, bytes):
            return name.to(value)
        if isinstance(value, tree.Call) and qualified(program, name.to(value.callee)) & _BUFFERS:
            return name.to(value)
    return None


def _is_measured(function: At[tree.Function], name: str) -> bool:
    """Whether the buffer's length is compared with something, or the buffer is cut."""
    for node in own_nodes(function):
        if isinstance(node, tree.Operation) and node.operator in ("<", "<=", ">", ">="):
            for each in tree.walk(node):
                if (
                    isinstance(each, tree.Call)
                    and isinstance(each.callee, tree.Name | tree.Member)
                    and any(isinstance(part, tree.Name) and part.id == name for part in tree.walk(each))
                ):
                    return True
        if isinstance(node, tree.Delete) and any(
            isinstance(each, tree.Index) and isinstance(each.object, tree.Name) and each.object.id == name
            for each in node.targets
        ):
            return True
    return False


def _is_emptied_each_turn(loop: tree.Loop, name: str) -> bool:
    for statement in loop.body.statements:
        match statement:
            case tree.Do(value=tree.Call(callee=tree.Member(object=tree.Name(id=each), name="clear"))):
                if each == name:
                    return True
            case tree.Assign(targets=(tree.Name(id=each),), operator=""):
                if each == name:
                    return True
            case _:
                pass
    return False
