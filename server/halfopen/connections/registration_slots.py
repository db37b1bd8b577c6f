"""One slot for each key: the cleanup of a client's old connection takes out the entry of its new one."""

from __future__ import annotations

from halfopen.connections.dossier import Leak
from halfopen.connections.facts import Evidence
from halfopen.connections.handling import Handling
from halfopen.connections.registries import Container, Registration, Removal, container_of
from halfopen.connections.sending.members import uses_of
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.function_shape import argument_of
from halfopen.semantics.leaving import OUT_OF_FUNCTION, may_leave
from halfopen.semantics.names import last_name
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.values import origins

_HANDSHAKE = frozenset({"query_params", "path_params", "headers", "cookies", "url"})
"""What the client said in the handshake, and says again when it reconnects."""
_MAKING = frozenset({"uuid.uuid1", "uuid.uuid4", "secrets.token_hex", "secrets.token_urlsafe"})


def successor_leak(
    handling: Handling, container: Container, registrations: list[Registration], removals: list[Removal]
) -> Leak | None:
    """One slot for each key, overwritten by a reconnecting client, emptied by key without a look at whose it is."""
    slots = [each for each in registrations if each.key is not None and _is_one_client(handling, each)]
    by_key = [each for each in removals if each.by_key and each.what is not None]
    if not slots or not by_key or len(slots) != len(registrations):
        return None
    slot = slots[0]
    assert slot.key is not None
    constant = _never_called(handling, slot.key)
    if constant is not None:
        said = f"`{constant.text}` is the function itself and not what it makes: the key is the same for all"
        return Leak(
            "one-key",
            (
                Evidence(constant.span, said),
                Evidence(by_key[0].node.span, "removes whatever stands under it"),
            ),
        )
    if (
        _is_only_counted(handling.program, container)
        or _is_fresh(handling, slot.key)
        or _refuses_second(handling.program, container, slot)
    ):
        return None
    for removal in by_key:
        function = removal.node.index.function_of(removal.node.node)
        if function is not None and _compares_entry(handling, removal.node.to(function)):
            return None
    by_key.sort(key=lambda each: not _is_at_the_end(handling, each))
    return Leak(
        "successor",
        (
            Evidence(
                slot.node.span,
                f"a second connection with the same key takes the entry over: {slot.node.text}",
            ),
            Evidence(by_key[0].node.span, "removes whatever stands under the key, also the newer connection"),
        ),
    )


def _is_only_counted(program: Program, container: Container) -> bool:
    """Whether nothing ever takes a client out of a registry to use it: it is filled, emptied and measured."""
    return all(_only_counts(each) for each in uses_of(program, container))


def _only_counts(use: At[tree.Expr]) -> bool:
    parent = use.parent
    outer = use.index.parents.get(parent) if parent is not None else None
    match parent:
        case tree.Assign():
            return use.node in parent.targets  # where it is made
        case tree.Index(object=held) if held is use.node:
            return isinstance(outer, tree.Delete) or (
                isinstance(outer, tree.Assign) and parent in outer.targets
            )
        case tree.Member(name="pop"):
            call = outer
            return isinstance(call, tree.Call) and isinstance(use.index.parents.get(call), tree.Do)
        case tree.Member(name="keys" | "clear"):
            return True
        case tree.Argument():
            return isinstance(outer, tree.Call) and last_name(outer.callee) in (
                "len",
                "list",
                "bool",
                "sorted",
            )
        case tree.Operation(operator="in" | "not in"):
            return True
        case _:
            return False


def _is_one_client(handling: Handling, entry: Registration) -> bool:
    """Whether an entry is the socket, the queue of one client or an object that holds its socket, and no list of them."""
    assert entry.key is not None
    if handling.sockets.mentions(entry.key.node) and not _is_given(handling, entry.key):
        return False
    return isinstance(entry.value.node, tree.Name | tree.Member | tree.Call | tree.Object)


def _never_called(handling: Handling, key: At[tree.Expr]) -> At[tree.Expr] | None:
    """`str(uuid4)`: the name of a function that makes ids, where it is not called."""
    for origin in (key, *origins(handling.program, key)):
        if not isinstance(origin, At):
            continue
        for node in tree.walk(origin.node):
            if isinstance(node, tree.Name | tree.Member) and isinstance(
                origin.index.parents.get(node), tree.Argument | tree.Template
            ):
                at = origin.to(node)
                if qualified(handling.program, at) & _MAKING:
                    return at
    return None


def _is_at_the_end(handling: Handling, removal: Removal) -> bool:
    """Whether a removal belongs to the end of the connection: its `finally`, its clause for the disconnect, or a function
    of its own that does not send."""
    at = removal.node
    inner: tree.Node = at.node
    for ancestor in at.index.ancestors(at.node):
        match ancestor:
            case tree.Try(final=final) if final is inner:
                return True
            case tree.Handler(types=types) if any("Disconnect" in at.to(each).text for each in types):
                return True
            case tree.Function():
                return ancestor is not handling.root.node
            case _:
                inner = ancestor
    return False


def _compares_entry(handling: Handling, function: At[tree.Function]) -> bool:
    """Whether a function asks whose entry it is: `active.get(key) is websocket`, `queues[key] is queue`."""
    return any(
        isinstance(node, tree.Operation)
        and node.operator in ("is", "is not", "==", "!=")
        and (
            any(handling.sockets.mentions(each) for each in node.operands)
            or (node.operator in ("is", "is not") and not any(map(_is_literal, node.operands)))
        )
        for node in tree.walk(function.node.body)
    )


def _is_literal(node: tree.Expr) -> bool:
    return isinstance(node, tree.Literal)


def _is_given(handling: Handling, key: At[tree.Expr]) -> bool:
    """Whether a key is what the client gave in the handshake (`websocket.query_params["id"]`)."""
    return any(
        isinstance(node, tree.Member) and node.name in _HANDSHAKE and handling.sockets.is_socket(node.object)
        for node in tree.walk(key.node)
    )


def _is_fresh(handling: Handling, key: At[tree.Expr], depth: int = 0) -> bool:
    """Whether a key is made for this connection alone (`uuid4()`, `id(websocket)`)."""
    if depth > 4:
        return False
    if handling.sockets.mentions(key.node) and not _is_given(handling, key):
        return True
    if isinstance(key.node, tree.Template):
        return any(
            not isinstance(part, str) and _is_fresh(handling, key.to(part), depth + 1)
            for part in key.node.parts
        )
    for origin in origins(handling.program, key):
        if isinstance(origin, ParameterOf):
            if origin.function.node is handling.root.node:
                return False
            arguments = [
                _is_fresh(handling, function.to(argument), depth + 1)
                for function in handling.reachable
                for node in own_nodes(function)
                if isinstance(node, tree.Call)
                and any(
                    each.node is origin.function.node
                    for each in functions(handling.program, function.to(node.callee))
                )
                for argument in [argument_of(node, origin.function.node, origin.parameter)]
                if argument is not None
            ]
            return bool(arguments) and all(arguments)
        if (
            isinstance(origin, At)
            and isinstance(origin.node, tree.Call | tree.Member | tree.Template)
            and any(
                "uuid" in name or name in ("id", "next", "secrets.token_hex", "secrets.token_urlsafe")
                for name in _names_called(handling.program, origin)
            )
        ):
            return True
    return False


def _refuses_second(program: Program, container: Container, slot: Registration) -> bool:
    """`if key in self.active: raise/return`, `if self.active.get(key): return` before the entry is made."""
    function = slot.node.index.function_of(slot.node.node)
    return function is not None and any(
        isinstance(node, tree.If)
        and node.start < slot.node.node.start
        and may_leave(node.then, OUT_OF_FUNCTION)
        and _asks_for_entry(program, container, slot.node.to(node.test))
        for node in tree.walk(function.body, tree.same_function)
    )


def _asks_for_entry(program: Program, container: Container, test: At[tree.Expr]) -> bool:
    """Whether a condition holds where something stands under the key."""
    match test.node:
        case tree.Operation(operator="in" | "is not", operands=operands):
            return any(container_of(program, test.to(each)) == container for each in operands)
        case tree.Index() | tree.Call():
            return container_of(program, test) == container
        case tree.Operation(operator="and" | "or", operands=operands):
            return any(_asks_for_entry(program, container, test.to(each)) for each in operands)
        case _:
            return False


def _names_called(program: Program, at: At[tree.Expr]) -> frozenset[str]:
    names: set[str] = set()
    for node in tree.walk(at.node):
        if isinstance(node, tree.Call):
            names |= qualified(program, at.to(node.callee))
    return frozenset(names)
