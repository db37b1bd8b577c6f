"""Whether a message carries something that was read, queried or kept, and not only a greeting."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.handling import Handling
from halfopen.connections.registries import container_of
from halfopen.connections.sending.registered import Entered
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.qualified_names import qualified

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
_DEPTH = 3


def varies(node: tree.Node) -> bool:
    """Whether a message may differ from turn to turn by more than the time: `json.dumps({"type": "ping"})` and
    `Ping(sent=time.time())` do not."""
    match node:
        case tree.Call(callee=callee, arguments=arguments):
            if last_name(callee) in _CLOCKS or _root(callee) in _CLOCKS:
                return False
            if any(varies(each.value) for each in arguments):
                return True
            return (
                isinstance(callee, tree.Member) and _root(callee) not in _ENCODERS and varies(callee.object)
            )
        case tree.Name() | tree.Member() | tree.Await():
            return True
        case _:
            return any(varies(each) for each in tree.children(node))


def _root(node: tree.Expr) -> str:
    while isinstance(node, tree.Member | tree.Call):
        node = node.object if isinstance(node, tree.Member) else node.callee
    return node.id if isinstance(node, tree.Name) else ""


def carries_state(
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
                    and carries_state(handling, registries, payload.to(definition.value), depth + 1)
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
