"""What an endpoint gives to whoever is let in: its own words back, data, or actions."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.admission.facts import Exposed
from halfopen.connections.admission.invented import invented
from halfopen.connections.admission.kept_state import is_kept_state
from halfopen.connections.admission.received import carries, received_from
from halfopen.connections.admission.relaying import is_sent_to_all, sent_by_others
from halfopen.connections.facts import Confidence, Evidence, Fact, Known
from halfopen.connections.handler_flow import SENDERS
from halfopen.connections.handling import Handling
from halfopen.connections.receiving.kinds import work_kind
from halfopen.connections.registries import Registration, registrations_in
from halfopen.libraries.package_work import package_work
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.function_shape import is_receiver
from halfopen.semantics.program import At, Global, Program, own_nodes
from halfopen.semantics.qualified_names import qualified
from halfopen.source.text import one_line

_LONGEST_TEXT = 60
"""Characters of the code that evidence repeats."""

_OF_THE_LANGUAGE = frozenset(
    {
        "print", "str", "int", "float", "len", "dict", "list", "set", "frozenset", "tuple", "bytes", "bool", "repr",
        "isinstance", "issubclass", "format", "id", "hash", "getattr", "hasattr", "setattr", "type", "super", "range",
        "min", "max", "sum", "any", "all", "abs", "round", "sorted", "reversed", "enumerate", "zip", "map", "filter",
        "next", "iter", "RuntimeError", "ValueError", "Exception", "contextlib.suppress",
    }
)  # fmt: skip
"""What only makes something of what it is given, in this process: it tells nothing that the giver did not know."""
_LOGS = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log", "bind"})
_VALUE_METHODS = frozenset(
    {
        "get", "strip", "lower", "upper", "split", "encode", "decode", "startswith", "endswith", "format", "join", "replace",
        "items", "keys", "values", "append", "pop", "isoformat", "dict", "model_dump", "model_dump_json", "hex",
        "model_validate", "model_validate_json", "parse_obj", "parse_raw", "validate_python", "validate_json",
    }
)  # fmt: skip

_RELAYING = frozenset({"send_text", "send_json", "send_bytes"})
"""What hands a message on to another client: that is told of what the endpoint sends."""
_UPKEEP = frozenset(
    {"remove", "discard", "add", "clear", "update", "cancel", "done", "put_nowait", "close", "aclose"}
)
"""Methods of containers, tasks and connections that are called in passing."""


def exposure(handling: Handling) -> Fact[Exposed]:
    """ "echo" where the handler does nothing but answer with what it was sent."""
    sent: list[Registration] = []
    found = _exposure(handling, sent)
    made = invented(handling, sent) if isinstance(found, Known) and found.value == "data" else None
    return Known(made[0], (made[1],)) if made is not None else found


def _exposure(handling: Handling, sent_over: list[Registration]) -> Fact[Exposed]:
    """The same without a look at what is sent; `sent_over` is filled with the registries that others send over."""
    program = handling.program
    received = received_from(handling)
    unsent: Evidence | None = None
    for function in handling.reachable:
        for registration in registrations_in(program, function):
            if not handling.sockets.mentions(registration.value.node) and (
                registration.key is None or not handling.sockets.mentions(registration.key.node)
            ):
                continue
            sent = sent_by_others(handling, registration, lambda at, node: carries(at, node, received))
            place, name = registration.node.span, registration.container
            if sent == "yes":
                sent_over.append(registration)
                said = f"the client is entered in {name}, and gets what is sent to {_whom(handling, registration)}"
                return _of_messages(handling, Evidence(place, said))
            if sent == "by nobody yet":
                unsent = unsent or Evidence(
                    place, f"the client is entered in {name}, whose broadcasts nothing calls"
                )
    done = [each for each in _work(handling) if not _is_of_its_own_entry(handling, each)]
    dear = (each for each in done if any(map(work_kind, qualified(program, each.to(each.node.callee)))))
    telling = next(dear, None) or next((each for each in done if not _is_upkeep(program, each)), None)
    work = telling or next(_sent_of_its_own(handling), None) or next(iter(done), None)
    kept = next(_kept(handling), None)
    if kept is not None:
        return Known(
            "actions",
            (Evidence(kept.span, f"a message of the client sets {one_line(kept.text, _LONGEST_TEXT)}"),),
        )
    if work is not None:
        return _of_messages(handling, Evidence(work.span, f"does {one_line(work.text, _LONGEST_TEXT)}"))
    if unsent is not None:
        return Known("unsent", (unsent,))
    return Known(
        "echo", (Evidence(handling.root.span, "answers only with what the client sent"),), Confidence.MEDIUM
    )


def _whom(handling: Handling, registration: Registration) -> str:
    """All clients, whoever stands under a key (`users[name] = websocket`), or all under it (`rooms[room].add(websocket)`)."""
    node = registration.node.node
    if registration.key is not None:
        key = one_line(registration.key.text, _LONGEST_TEXT)
        return "all" if is_sent_to_all(handling, registration) else f"whoever stands under the same `{key}`"
    held = (
        node.callee.object if isinstance(node, tree.Call) and isinstance(node.callee, tree.Member) else None
    )
    if isinstance(held, tree.Index):
        return f"all of the same `{one_line(registration.node.to(held.key).text, _LONGEST_TEXT)}`"
    if isinstance(held, tree.Call) and isinstance(held.callee, tree.Member) and held.arguments:
        return (
            f"all of the same `{one_line(registration.node.to(held.arguments[0].value).text, _LONGEST_TEXT)}`"
        )
    return "all"


def _of_messages(handling: Handling, said: Evidence) -> Fact[Exposed]:
    """ "actions" where a received message is handed to code that does something with it."""
    for call in _acting_calls(handling):
        return Known(
            "actions",
            (
                Evidence(
                    call.span, f"a message of the client is handed to {one_line(call.text, _LONGEST_TEXT)}"
                ),
            ),
        )
    return Known("data", (said,))


def _acting_calls(handling: Handling) -> Iterator[At[tree.Call]]:
    program = handling.program
    received = received_from(handling)
    for function in handling.reachable[:12]:
        for node in own_nodes(function):
            if not isinstance(node, tree.Call) or not node.arguments:
                continue
            if _is_idle(program, function.to(node)) or handling.sockets.mentions(node.callee):
                continue
            if isinstance(node.callee, tree.Member) and node.callee.name in _RELAYING:
                continue
            if any(carries(function, each.value, received) for each in node.arguments):
                yield function.to(node)


def _work(handling: Handling) -> Iterator[At[tree.Call]]:
    """Calls that are neither the socket's own, nor logging, nor handling of plain values."""
    for function in handling.reachable:
        for node in own_nodes(function):
            if isinstance(node, tree.Call) and not _is_idle(handling.program, function.to(node)):
                callee = node.callee
                if isinstance(callee, tree.Member) and handling.sockets.is_socket(callee.object):
                    continue
                yield function.to(node)


def _is_upkeep(program: Program, call: At[tree.Call]) -> bool:
    """Whether a call keeps the handler's own things in order, and says nothing of what a stranger gets."""
    callee = call.node.callee
    if isinstance(callee, tree.Member) and callee.name in _UPKEEP and not functions(program, call.to(callee)):
        return True
    return any(name.startswith("traceback.") for name in qualified(program, call.to(callee)))


def _is_of_its_own_entry(handling: Handling, call: At[tree.Call]) -> bool:
    """Whether a call enters the client in a container, or takes it out again."""
    return _is_upkeep(handling.program, call) and all(
        handling.sockets.is_socket(each.value) for each in call.node.arguments
    )


def _kept(handling: Handling) -> Iterator[At[tree.Expr]]:
    """What the client sent, or names by it, put into an entry of a global variable, where all connections find it."""
    received = received_from(handling)
    for function in handling.reachable[:12]:
        for node in own_nodes(function):
            if not isinstance(node, tree.Assign) or node.value is None:
                continue
            for target in node.targets:
                if (
                    isinstance(target, tree.Index)
                    and isinstance(target.object, tree.Name)
                    and isinstance(handling.program.variable(function.to(target.object)), Global)
                    and (carries(function, target.key, received) or carries(function, node.value, received))
                ):
                    yield function.to(target)


def _sent_of_its_own(handling: Handling) -> Iterator[At[tree.Call]]:
    """Sends of something that did not come from the client: an item of a stream, a variable of the program."""
    received = received_from(handling)
    for function in handling.reachable:
        for node in own_nodes(function):
            if not isinstance(node, tree.Call) or not isinstance(node.callee, tree.Member):
                continue
            if node.callee.name not in SENDERS or not handling.sockets.is_socket(node.callee.object):
                continue
            for argument in node.arguments:
                for part in tree.walk(argument.value, tree.same_function):
                    if _is_own_state(handling.program, function.to(part)) or (
                        isinstance(part, tree.Name)
                        and not _is_the_clients(handling.program, function, part, received, 0)
                    ):
                        yield function.to(node)


def _is_the_clients(
    program: Program, function: At[tree.Function], name: tree.Name, received: set[tree.Node], depth: int
) -> bool:
    """Whether a variable holds what the client sent, or nothing that anyone keeps: a parameter, a constant."""
    binding = function.index.bindings.get(name)
    if binding is None:
        return name.id != "app" and not is_kept_state(program, _with_field(function, name))
    for definition in binding.definitions:
        if definition.kind in ("parameter", "exception", "import") or definition.value is None:
            continue
        if any(each in received for each in tree.walk(definition.value)):
            continue
        if definition.kind == "element" and not isinstance(definition.value, tree.Sequence):
            return False
        if any(_is_own_state(program, function.to(each)) for each in tree.walk(definition.value)):
            return False
        inner = [each for each in tree.walk(definition.value) if isinstance(each, tree.Name)]
        if depth < 4 and all(_is_the_clients(program, function, each, received, depth + 1) for each in inner):
            continue
        return False
    return True


def _is_own_state(program: Program, at: At[tree.Node]) -> bool:
    """`self.latest` of an object that serves the connection."""
    node = at.node
    return (
        isinstance(node, tree.Member)
        and isinstance(node.object, tree.Name)
        and is_receiver(at.to(node.object), node.object.id)
        and is_kept_state(program, at.to(node))
    )


def _with_field(function: At[tree.Function], name: tree.Name) -> At[tree.Expr]:
    """`service.latest` of `service`: the field is what is shown."""
    parent = function.index.parents.get(name)
    return (
        function.to(parent)
        if isinstance(parent, tree.Member) and parent.object is name
        else function.to(name)
    )


def _is_idle(program: Program, call: At[tree.Call]) -> bool:
    callee = call.node.callee
    if not isinstance(callee, tree.Name | tree.Member):
        return False
    last = callee.id if isinstance(callee, tree.Name) else callee.name
    names = qualified(program, call.to(callee))
    if any(work_kind(name) and not _works_inside(name) for name in names):
        return False
    if isinstance(callee, tree.Member) and last in _LOGS | _VALUE_METHODS:
        return True
    if names and all(_stays_inside(name.replace("()", "")) for name in names):
        return True
    return bool(functions(program, call.to(callee)))


def _works_inside(name: str) -> bool:
    """Whether a package computes on what it is given, in this process: what that costs is no question of who may ask."""
    package = package_work(name)
    return package is not None and package.work is not None and package.stays_inside


def _stays_inside(name: str) -> bool:
    package = package_work(name)
    return name in _OF_THE_LANGUAGE or (package is not None and package.stays_inside)
