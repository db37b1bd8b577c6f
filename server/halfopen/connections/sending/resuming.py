"""What a client that connects, or comes back, is given: the state, what it missed, or only what follows."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.facts import Confidence, Evidence, Fact, Known, Unknown
from halfopen.connections.handler_flow import SENDERS, socket_method
from halfopen.connections.handling import Handling
from halfopen.connections.registries import container_of
from halfopen.connections.sending.broadcasts import PUTTING
from halfopen.connections.sending.calling import described
from halfopen.connections.sending.registered import Entered
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers, functions
from halfopen.semantics.function_shape import argument_of
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.qualified_names import qualified

_CURSORS = frozenset(
    {
        "since", "last_id", "last_event_id", "last_seq", "last_sequence", "cursor", "resume_from", "from_seq",
        "last_message_id", "after", "after_id", "since_id", "from_id", "lastId", "lastEventId", "lastSeq", "last_timestamp",
    }
)  # fmt: skip
"""What parameters that say how far a client has come are called."""
_ASKING = ("subscri", "join", "sync", "snapshot", "init", "state", "resume", "replay", "history")
"""Parts of the message types with which a client asks for the state."""
_SUBSCRIPTIONS = frozenset(
    {
        "channel",
        "channels",
        "topic",
        "topics",
        "subscription",
        "subscriptions",
        "subscribed",
        "symbols",
        "rooms",
    }
)
"""Keys under which a confirmation repeats what was subscribed to."""
_IDENTITY = frozenset({"uuid", "str", "len", "id", "datetime", "time"})
_SHAPING = frozenset({"dict", "json", "isinstance", "list", "int", "float"})
_FORMS = frozenset(
    {
        "isoformat",
        "dumps",
        "model_dump",
        "model_dump_json",
        "dict",
        "format",
        "encode",
        "now",
        "utcnow",
        "update",
    }
)
"""Methods that give a value another form."""
_CLOCKS = frozenset({"time", "datetime", "now", "utcnow", "monotonic", "uuid", "uuid4"})
_ENCODERS = frozenset({"json", "orjson", "ujson", "msgpack"})
_EACH_TIME = "sends the whole state each time"
_DEPTH = 3


def snapshot_on_connect(handling: Handling, registries: tuple[Entered, ...]) -> Fact[bool]:
    """Whether the endpoint sends state by itself: on connect, on a subscription, or the whole of it each time."""
    if not handling.sockets.nodes:
        return Unknown("the endpoint's function")
    for send, payload, function in _sends(handling):
        when = when_sent(handling, function, send)
        tells = (
            _varies(payload.node) if when == _EACH_TIME else _carries_state(handling, registries, payload, 0)
        )
        if when is not None and tells:
            return Known(True, (Evidence(function.to(send).span, when),), Confidence.MEDIUM)
    told = next(_told_by_key(handling, registries), None)
    if told is not None:
        return Unknown(
            "to whom it goes",
            (Evidence(told.span, "sends what it has read before live messages, to one by its key"),),
        )
    return Known(
        False, (Evidence(handling.root.span, "sends no state before live messages"),), Confidence.MEDIUM
    )


def _sends(handling: Handling) -> Iterator[tuple[tree.Call, At[tree.Expr], At[tree.Function]]]:
    """The sends to the endpoint's own client with what they send, or the calls that hand it to a sending function."""
    for function in handling.reachable:
        for node in own_nodes(function):
            if not isinstance(node, tree.Call):
                continue
            if node.arguments and (
                socket_method(handling.sockets, node) in SENDERS or _puts_in_own_queue(handling, node)
            ):
                payload = function.to(node.arguments[0].value)
                given = list(_given(handling, function, payload))
                yield from given or [(node, payload, function)]


def _told_by_key(handling: Handling, registries: tuple[Entered, ...]) -> Iterator[At[tree.Call]]:
    """The calls before live messages that give a function state and the key of one client:
    `await manager.send_to(user_id, {"type": "state", "data": await load(user_id)})`."""
    root = handling.root
    for node in own_nodes(root):
        if not isinstance(node, tree.Call) or not any(_is_message(each.value) for each in node.arguments):
            continue
        if (
            when_sent(handling, root, node) is not None
            and any(_looks_up(each) for each in functions(handling.program, root.to(node.callee)))
            and any(
                _carries_state(handling, registries, root.to(each.value), 0)
                for each in node.arguments
                if _is_message(each.value)
            )
        ):
            yield root.to(node)


def _is_message(value: tree.Expr) -> bool:
    return isinstance(value, tree.Object) and bool(value.entries)


def _looks_up(function: At[tree.Function]) -> bool:
    """Whether a function takes one entry out of a field of its object by what it is given, and goes over none."""
    given = {each.target.id for each in function.node.parameters if isinstance(each.target, tree.Name)}
    nodes = list(own_nodes(function))
    if any(isinstance(each, tree.Loop) for each in nodes):
        return False
    for node in nodes:
        match node:
            case tree.Index(object=tree.Member(), key=tree.Name(id=name)) if name in given:
                return True
            case tree.Call(callee=tree.Member(name="get", object=tree.Member()), arguments=(first, *_)) if (
                isinstance(first.value, tree.Name) and first.value.id in given
            ):
                return True
            case _:
                pass
    return False


def _puts_in_own_queue(handling: Handling, call: tree.Call) -> bool:
    return (
        isinstance(call.callee, tree.Member)
        and call.callee.name in PUTTING
        and call.callee.object in handling.queues()
    )


def _given(
    handling: Handling, function: At[tree.Function], payload: At[tree.Expr]
) -> Iterator[tuple[tree.Call, At[tree.Expr], At[tree.Function]]]:
    """Where a helper sends its parameter: the calls of the helper that run for the connection."""
    names = {each.id for each in tree.walk(payload.node) if isinstance(each, tree.Name)}
    for parameter in function.node.parameters:
        if not isinstance(parameter.target, tree.Name) or parameter.target.id not in names:
            continue
        for call in callers(handling.program, function):
            inside = call.index.function_of(call.node)
            argument = argument_of(call.node, function.node, parameter)
            if argument is not None and inside is not None and handling.function_at(inside) is not None:
                yield call.node, call.to(argument), call.to(inside)


def _varies(node: tree.Node) -> bool:
    """Whether a message may differ from turn to turn by more than the time: `json.dumps({"type": "ping"})` and
    `Ping(sent=time.time())` do not."""
    match node:
        case tree.Call(callee=callee, arguments=arguments):
            if last_name(callee) in _CLOCKS or _root(callee) in _CLOCKS:
                return False
            if any(_varies(each.value) for each in arguments):
                return True
            return (
                isinstance(callee, tree.Member) and _root(callee) not in _ENCODERS and _varies(callee.object)
            )
        case tree.Name() | tree.Member() | tree.Await():
            return True
        case _:
            return any(_varies(each) for each in tree.children(node))


def _root(node: tree.Expr) -> str:
    while isinstance(node, tree.Member | tree.Call):
        node = node.object if isinstance(node, tree.Member) else node.callee
    return node.id if isinstance(node, tree.Name) else ""


def _carries_state(
    handling: Handling, registries: tuple[Entered, ...], payload: At[tree.Expr], depth: int
) -> bool:
    """Whether a payload has something that was read, queried or kept, and not only a greeting."""
    program = handling.program
    for node in _told(payload.node):
        if isinstance(node, tree.Await):
            return True
        if (
            isinstance(node, tree.Call)
            and not (_roots(program, payload.to(node.callee)) & _IDENTITY)
            and any(not _only_shapes(program, each) for each in functions(program, payload.to(node.callee)))
        ):
            return True
        if isinstance(node, tree.Member | tree.Index | tree.Name):
            container = container_of(program, payload.to(node))
            if (
                container is not None
                and not any(each.container == container for each in registries)
                and _holds_entries(payload.to(node))
            ):
                return True
        if isinstance(node, tree.Name) and depth < _DEPTH:
            binding = payload.index.bindings.get(node)
            for definition in binding.definitions if binding is not None else ():
                if definition.kind == "element":
                    return True
                if (
                    definition.kind == "value"
                    and definition.value is not None
                    and definition.value.start != payload.node.start
                    and not _is_received(handling, definition.value)
                    and _carries_state(handling, registries, payload.to(definition.value), depth + 1)
                ):
                    return True
    return False


def _told(payload: tree.Expr) -> Iterator[tree.Node]:
    """The nodes of a payload but for those that say what the client is subscribed to: that is no state of it."""
    if not isinstance(payload, tree.Object):
        yield from tree.walk(payload, tree.same_function)
        return
    for entry in payload.entries:
        key = entry.key.value if isinstance(entry.key, tree.Literal) else None
        if key not in _SUBSCRIPTIONS:
            yield from tree.walk(entry.value, tree.same_function)


def _only_shapes(program: Program, function: At[tree.Function], depth: int = _DEPTH) -> bool:
    """Whether a helper makes its result of what it is given and a clock alone: `message("welcome")`, `now_iso()`."""
    program.queries.note(function.unit)
    for node in own_nodes(function):
        if isinstance(node, tree.Await | tree.Loop | tree.Yield):
            return False
        if (
            isinstance(node, tree.Name | tree.Member)
            and not functions(program, function.to(node))
            and container_of(program, function.to(node)) is not None
        ):
            return False
        if isinstance(node, tree.Call) and not _shapes(program, function.to(node), depth):
            return False
    return True


def _shapes(program: Program, call: At[tree.Call], depth: int) -> bool:
    callee = call.node.callee
    bodies = functions(program, call.to(callee))
    if bodies:
        return depth > 0 and all(_only_shapes(program, each, depth - 1) for each in bodies)
    if isinstance(callee, tree.Member) and callee.name in _FORMS:
        return True
    return bool(_roots(program, call.to(callee)) & (_IDENTITY | _SHAPING))


def _is_received(handling: Handling, value: tree.Expr) -> bool:
    return handling.sockets.mentions(value)


def _holds_entries(at: At[tree.Expr]) -> bool:
    """Whether a part of the payload is looked up in, or goes over, a container."""
    parent = at.parent
    return isinstance(parent, tree.Index | tree.Member | tree.Argument | tree.Clause)


def _roots(program: Program, at: At[tree.Expr]) -> frozenset[str]:
    return frozenset(name.partition(".")[0] for name in qualified(program, at))


def when_sent(handling: Handling, function: At[tree.Function], send: tree.Node) -> str | None:
    """When a send happens, in words, or None where it answers something else or forwards live messages."""
    inside_endless = False
    for ancestor in function.index.ancestors(send):
        if isinstance(ancestor, tree.Handler):
            return None
        if isinstance(ancestor, tree.If | tree.Case) and _asks(ancestor):
            return "sends the state where the client asks for it"
        if isinstance(ancestor, tree.Loop) and (
            ancestor.is_async or (ancestor.kind == "while" and isinstance(ancestor.test, tree.Literal))
        ):
            if ancestor.is_async or _waits_for_messages(handling, ancestor):
                return None
            inside_endless = True
        if isinstance(ancestor, tree.Function):
            break
    if inside_endless:
        return _EACH_TIME
    if function.node is handling.root.node:
        return "sends the state before live messages"
    for caller, call in _callers_within(handling, function):
        when = when_sent(handling, caller, call)
        if when is not None:
            return when
    return None


def _callers_within(
    handling: Handling, function: At[tree.Function]
) -> Iterator[tuple[At[tree.Function], tree.Call]]:
    for call in callers(handling.program, function):
        inside = call.index.function_of(call.node)
        found = handling.function_at(inside) if inside is not None else None
        if found is not None and _position(handling, found) < _position(handling, function):
            yield found, call.node


def _position(handling: Handling, function: At[tree.Function]) -> int:
    return next((number for number, each in enumerate(handling.reachable) if each.node is function.node), 0)


def _asks(test: tree.If | tree.Case) -> bool:
    compared = test.test if isinstance(test, tree.If) else test.pattern
    return compared is not None and any(
        isinstance(node, tree.Literal)
        and isinstance(node.value, str)
        and any(part in node.value.lower() for part in _ASKING)
        and "unsub" not in node.value.lower()
        for node in tree.walk(compared)
    )


def _waits_for_messages(handling: Handling, loop: tree.Loop) -> bool:
    """Whether a loop takes messages from the client, a queue or a broker, instead of asking for the state."""
    for node in tree.walk(loop.body, tree.same_function):
        if isinstance(node, tree.Call) and isinstance(node.callee, tree.Member):
            if handling.sockets.is_socket(node.callee.object) and node.callee.name not in SENDERS:
                return True
            if node.callee.name in ("get_message", "xread", "listen", "getone"):
                return True
            if node.callee.name == "get" and node.callee.object in handling.queues():
                return True
    return False


def resume_parameter(handling: Handling) -> Fact[str]:
    """A parameter or field by which a client says what it has seen."""
    for parameter in handling.root.node.parameters:
        if (
            isinstance(parameter.target, tree.Name)
            and parameter.target.id in _CURSORS
            and handling.program.reads(handling.program.variable(handling.root.to(parameter.target)))
        ):
            place = handling.root.to(parameter.target)
            return Known(parameter.target.id, (Evidence(place.span, f"{described(handling.root)} takes it"),))
    for function in handling.reachable:
        for node in own_nodes(function):
            value = _read_field(node)
            if value in _CURSORS:
                return Known(
                    str(value), (Evidence(function.to(node).span, "is read from what the client sends"),)
                )
    return Unknown("a parameter or first message that names what the client has seen")


def _read_field(node: tree.Node) -> object:
    match node:
        case tree.Index(key=tree.Literal(value=value)):
            return value
        case tree.Call(
            callee=tree.Member(name="get"), arguments=(tree.Argument(value=tree.Literal(value=value)), *_)
        ):
            return value
        case _:
            return None
