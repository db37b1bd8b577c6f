"""What an endpoint acquires that must end with it, and on which ways out it does not.

Registrations in containers that outlive the handler, background tasks, and subscriptions, each followed
through the endpoint and the functions it calls; and the handler itself, where nothing would tell it that its
client has left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass

from halfopen.connections.dossier import FinallyRepair, Leak, LeakKind, Resource
from halfopen.connections.endpoints import Endpoint, socket_parameter
from halfopen.connections.facts import Evidence
from halfopen.connections.handler_flow import (
    ITERATORS,
    RECEIVERS,
    SENDERS,
    Sockets,
    Throwing,
    question,
    socket_method,
)
from halfopen.connections.registries import (
    Container,
    FieldOf,
    Registration,
    Removal,
    container_of,
    is_own,
    registrations_in,
    removals_at,
    removals_in,
)
from halfopen.semantics import tree
from halfopen.semantics.control import Exit, held_exits
from halfopen.semantics.flow import aliases, aliases_of_target
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.values import ParameterOf, argument_of, functions, members, origins, qualified

_SPAWNERS = frozenset({"asyncio.create_task", "asyncio.ensure_future"})
_ENDING_SUBSCRIPTION = frozenset({"unsubscribe", "punsubscribe", "close", "aclose", "reset", "disconnect"})
_DEPTH = 5
_MOST_FUNCTIONS = 150


@dataclass(frozen=True, slots=True)
class Handling:
    """An endpoint with its socket's expressions and the functions that run for it."""

    program: Program
    root: At[tree.Function]
    sockets: Sockets
    reachable: tuple[At[tree.Function], ...]
    name: str

    def queues(self) -> frozenset[tree.Node]:
        """The expressions that are a queue made for this connection."""
        key = ("queues of", self.root.node)
        return self.program.queries.get(key, lambda: frozenset(_queues(self)))

    def function_at(self, node: tree.Node) -> At[tree.Function] | None:
        return next((each for each in self.reachable if each.node is node), None)


def _queues(handling: Handling) -> Iterator[tree.Node]:
    for function in handling.reachable:
        for node in own_nodes(function):
            if isinstance(node, tree.Call) and "asyncio.Queue" in qualified(
                handling.program, function.to(node.callee)
            ):
                for alias in aliases(handling.program, function.to(node)):
                    yield alias.node


def handling_of(program: Program, endpoint: Endpoint) -> Handling | None:
    """The handling of a function endpoint, or of a class endpoint's `on_connect`."""
    handler = endpoint.handler
    if isinstance(handler.node, tree.Class):
        return None
    function = handler.to(handler.node)
    return _handling(program, function, endpoint.name)


def _handling(program: Program, function: At[tree.Function], name: str) -> Handling:
    nodes: set[tree.Node] = set()
    parameter = socket_parameter(program, function)
    if parameter is not None:
        nodes = {each.node for each in aliases_of_target(program, function.to(parameter.target))}
    sockets = Sockets(frozenset(nodes))
    return Handling(program, function, sockets, tuple(_reachable(program, function, sockets)), name)


def _reachable(program: Program, root: At[tree.Function], sockets: Sockets) -> Iterator[At[tree.Function]]:
    """The endpoint and the workspace functions it calls or starts, nearest first.

    Beyond the endpoint's own helpers only functions that have the socket in hand are followed further:
    the rest is the application's work, not the connection's.
    """
    seen: set[tree.Node] = {root.node}
    level: list[At[tree.Function]] = [root]
    for depth in range(_DEPTH):
        next_level: list[At[tree.Function]] = []
        for function in level:
            yield function
            program.queries.note(function.unit)
            if len(seen) > _MOST_FUNCTIONS or (depth > 1 and not sockets.mentions(function.node.body)):
                continue
            for node in tree.walk(function.node.body):
                if isinstance(node, tree.Call):
                    for callee in functions(program, function.to(node.callee)):
                        if callee.node not in seen:
                            seen.add(callee.node)
                            next_level.append(callee)
        level = next_level


def server_resources(program: Program, endpoint: Endpoint) -> tuple[Resource, ...]:
    """Everything the endpoint acquires, with the leaks of each."""
    if isinstance(endpoint.handler.node, tree.Class):
        return tuple(_class_registrations(program, endpoint.handler.to(endpoint.handler.node), endpoint.name))
    handling = _handling(program, endpoint.handler.to(endpoint.handler.node), endpoint.name)
    if not handling.sockets.nodes:
        return ()
    found = [*_registrations(handling), *_tasks(handling), *_subscriptions(handling)]
    unread = _unread(handling, found)
    if unread is not None:
        found.append(unread)
    return tuple(found)


# --- registrations -----------------------------------------------------------------------------


def _entered(handling: Handling) -> list[Registration]:
    """The registrations of the socket, or of something of this connection, in reachable functions."""
    found: list[Registration] = []
    for function in handling.reachable:
        found += [
            each
            for each in registrations_in(handling.program, function)
            if _is_of_connection(handling, each.value)
        ]
    return found


def _is_of_connection(handling: Handling, value: At[tree.Expr]) -> bool:
    """Whether a registered value is the socket, holds it, or is a queue made for this connection."""
    if handling.sockets.mentions(value.node):
        return not isinstance(value.node, tree.Call) or _keeps_socket(handling, value.to(value.node))
    if value.node in handling.queues():
        return True
    if isinstance(value.node, tree.Name):
        for origin in origins(handling.program, value):
            if isinstance(origin, At) and isinstance(origin.node, tree.Call):
                if handling.sockets.mentions(origin.node) and _keeps_socket(handling, origin.to(origin.node)):
                    return True
    return False


def _keeps_socket(handling: Handling, call: At[tree.Call]) -> bool:
    """`Connection(websocket, user)` keeps the socket; `str(websocket.client)` does not."""
    return any(handling.sockets.is_socket(argument.value) for argument in call.node.arguments)


def _registrations(handling: Handling) -> Iterator[Resource]:
    entered = _entered(handling)
    told: set[tree.Node] = set()
    for container in dict.fromkeys(each.container for each in entered):
        mine = [each for each in entered if each.container == container]
        if any(_in_context_manager(each.node) for each in mine):
            continue
        view = _ContainerView(handling, container, frozenset(each.node.node for each in mine))
        for resource in view.resources(mine):
            if resource.acquired.start not in {node.start for node in told} or not resource.leaks:
                yield resource
        told |= {each.node.node for each in mine}


def _in_context_manager(at: At[tree.Node]) -> bool:
    """Registered by a generator, which has the `finally` for it: asked of the generator itself elsewhere."""
    function = at.index.function_of(at.node)
    return function is not None and function.is_generator


class _ContainerView:
    """One container, as the endpoint's functions fill and empty it."""

    def __init__(self, handling: Handling, container: Container, entering: frozenset[tree.Node]) -> None:
        self.handling = handling
        self.program = handling.program
        self.container = container
        self.entering = entering
        self.throwing = Throwing(self.program, handling.sockets)
        self._net: dict[tree.Node, list[Exit]] = {}
        self._removes: dict[tree.Node, bool] = {}

    def resources(self, registrations: list[Registration]) -> Iterator[Resource]:
        exits = self.exits(self.handling.root)
        acquiring = self._acquiring_nodes(self.handling.root)
        if not acquiring:
            return
        node = acquiring[0]
        leaks = list(self._leaks(exits, node))
        successor = self._successor(registrations)
        if successor is not None and not leaks:
            leaks.append(successor)
        released_by = tuple(
            Evidence(each.node.span, f"{each.node.text} removes it from {self.container}")
            for each in self._removals()
        )
        yield Resource(
            kind="registration",
            what=str(self.container),
            owner=self.handling.name,
            acquired=self.handling.root.to(node).span,
            leaks=tuple(leaks),
            released_by=released_by,
            repair=self._repair(node, leaks),
        )

    # -- who acquires and releases --

    def exits(self, function: At[tree.Function]) -> list[Exit]:
        """The ways out of a function with the entry still in the container."""
        known = self._net.get(function.node)
        if known is None:
            self._net[function.node] = []
            known = held_exits(function.node.body, self._question(function))
            self._net[function.node] = known
        return known

    def _question(self, function: At[tree.Function]):
        return question(
            self.program,
            function,
            self.throwing,
            acquires=lambda node: self._acquires(function, node),
            releases=lambda node: self._releases(function, node),
            implied=lambda test: self._implied(function, test),
            acquires_then_throws=lambda node: self._acquired_then_thrown(function, node),
            silent=lambda node: isinstance(node, tree.Await) and self._acquires(function, node.value),
        )

    def _callees(self, function: At[tree.Function], node: tree.Node) -> list[At[tree.Function]]:
        if not isinstance(node, tree.Call):
            return []
        found = functions(self.program, function.to(node.callee))
        return [each for each in found if self.handling.function_at(each.node) is not None]

    def _acquires(self, function: At[tree.Function], node: tree.Node) -> bool:
        if node in self.entering:
            return True
        return any(
            each.kind in ("end", "return")
            for callee in self._callees(function, node)
            if not callee.node.is_generator
            for each in self.exits(callee)
        )

    def _acquired_then_thrown(self, function: At[tree.Function], node: tree.Node) -> frozenset[str]:
        return frozenset(
            each.raises
            for callee in self._callees(function, node)
            for each in self.exits(callee)
            if each.kind == "exception"
        )

    def _releases(self, function: At[tree.Function], node: tree.Node) -> bool:
        at = function.to(node)
        if any(each.container == self.container and is_own(each) for each in removals_at(self.program, at)):
            return True
        if isinstance(node, tree.Call):
            return any(
                self._contains_removal(callee) for callee in functions(self.program, function.to(node.callee))
            )
        return False

    def _contains_removal(self, function: At[tree.Function], depth: int = 0) -> bool:
        known = self._removes.get(function.node)
        if known is not None:
            return known
        self._removes[function.node] = False
        self.program.queries.note(function.unit)
        found = any(
            each.container == self.container and is_own(each) for each in removals_in(self.program, function)
        )
        if not found and depth < _DEPTH:
            for node in own_nodes(function):
                if isinstance(node, tree.Call) and any(
                    self._contains_removal(callee, depth + 1)
                    for callee in functions(self.program, function.to(node.callee))
                ):
                    found = True
                    break
        self._removes[function.node] = found
        return found

    def _implied(self, function: At[tree.Function], test: tree.Expr) -> bool:
        """`if websocket in self.active`, `if room in self.rooms`, `if self.active.get(key) is websocket`."""
        if isinstance(test, tree.Operation) and test.operator == "and":
            return all(self._implied(function, each) for each in test.operands)
        if isinstance(test, tree.Operation) and test.operator in ("in", "is", "==", "is not", "!="):
            return any(
                container_of(self.program, function.to(each)) == self.container
                or self.handling.sockets.mentions(each)
                for each in test.operands
            )
        if isinstance(test, tree.Name | tree.Member | tree.Call | tree.Index):
            return (
                container_of(self.program, function.to(test)) == self.container
                or self.handling.sockets.is_socket(test)
                or self._names_key(function, test)
                or self._is_result(function, test)
            )
        return False

    def _is_result(self, function: At[tree.Function], test: tree.Expr) -> bool:
        """`accepted = await manager.connect(websocket)`: what is false was not entered."""
        if not isinstance(test, tree.Name):
            return False
        binding = function.index.bindings.get(test)
        for definition in binding.definitions if binding else ():
            value = definition.value
            value = value.value if isinstance(value, tree.Await) else value
            if isinstance(value, tree.Call) and self._acquires(function, value):
                return True
        return False

    def _names_key(self, function: At[tree.Function], test: tree.Expr) -> bool:
        """A test of the very name that the removal then uses (`if user_id:`)."""
        if not isinstance(test, tree.Name):
            return False
        return any(
            each.what is not None and isinstance(each.what.node, tree.Name) and each.what.node.id == test.id
            for each in removals_in(self.program, function)
        )

    def _acquiring_nodes(self, function: At[tree.Function]) -> list[tree.Node]:
        return [
            node
            for node in own_nodes(function)
            if self._acquires(function, node)
            or (isinstance(node, tree.Call) and self._acquired_then_thrown(function, node))
        ]

    def _removals(self) -> list[Removal]:
        return [
            removal
            for function in self.handling.reachable
            for removal in removals_in(self.program, function)
            if removal.container == self.container and is_own(removal)
        ]

    # -- leaks --

    def _leaks(self, exits: list[Exit], acquired: tree.Node) -> Iterator[Leak]:
        if not exits:
            return
        removed_anywhere = bool(self._removals()) or self._contains_removal(self.handling.root)
        if not removed_anywhere and not self._removed_elsewhere():
            yield Leak("never")
            return
        yield from leaks_of_exits(self.handling, exits, acquired, f"is still in {self.container}")

    def _removed_elsewhere(self) -> bool:
        """Whether code outside the handler's own functions takes single entries out (a sweeper)."""
        container = self.container
        if not isinstance(container, FieldOf):
            return False
        for statement in container.klass.node.body.statements:
            if isinstance(statement, tree.Assign) and isinstance(statement.value, tree.Function):
                method = container.klass.to(statement.value)
                if self.handling.function_at(method.node) is None and any(
                    each.container == container for each in removals_in(self.program, method)
                ):
                    return True
        return False

    def _successor(self, registrations: list[Registration]) -> Leak | None:
        """One slot for each key, overwritten by a reconnecting client, emptied by key without a look at whose it is."""
        slots = [
            each
            for each in registrations
            if each.key is not None and self.handling.sockets.is_socket(each.value.node)
        ]
        removals = [each for each in self._removals() if each.by_key and each.what is not None]
        if not slots or not removals or len(slots) != len(registrations):
            return None
        slot = slots[0]
        assert slot.key is not None
        if self._is_fresh(slot.key) or self._refuses_second(slot):
            return None
        for removal in removals:
            function = removal.node.index.function_of(removal.node.node)
            if function is not None and self._compares_socket(removal.node.to(function)):
                return None
        return Leak(
            "successor",
            (
                Evidence(
                    slot.node.span,
                    f"a second connection with the same key takes the entry over: {slot.node.text}",
                ),
                Evidence(
                    removals[0].node.span, "removes whatever stands under the key, also the newer connection"
                ),
            ),
        )

    def _compares_socket(self, function: At[tree.Function]) -> bool:
        return any(
            isinstance(node, tree.Operation)
            and node.operator in ("is", "is not", "==", "!=")
            and any(self.handling.sockets.mentions(each) for each in node.operands)
            for node in tree.walk(function.node.body)
        )

    def _is_fresh(self, key: At[tree.Expr], depth: int = 0) -> bool:
        """Whether a key is made for this connection alone (`uuid4()`, `id(websocket)`)."""
        if depth > 4:
            return False
        if self.handling.sockets.mentions(key.node):
            return True
        if isinstance(key.node, tree.Template):
            return any(
                not isinstance(part, str) and self._is_fresh(key.to(part), depth + 1)
                for part in key.node.parts
            )
        for origin in origins(self.program, key):
            if isinstance(origin, ParameterOf):
                if origin.function.node is self.handling.root.node:
                    return False
                arguments = [
                    self._is_fresh(function.to(argument), depth + 1)
                    for function in self.handling.reachable
                    for node in own_nodes(function)
                    if isinstance(node, tree.Call)
                    and any(
                        each.node is origin.function.node
                        for each in functions(self.program, function.to(node.callee))
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
                    for name in _names_called(self.program, origin)
                )
            ):
                return True
        return False

    def _refuses_second(self, slot: Registration) -> bool:
        """`if key in self.active: raise/return` before the entry is made."""
        function = slot.node.index.function_of(slot.node.node)
        if function is None:
            return False
        for node in tree.walk(function.body, tree.same_function):
            if isinstance(node, tree.If) and node.start < slot.node.node.start:
                mentions = any(
                    isinstance(each, tree.Operation)
                    and each.operator == "in"
                    and any(
                        container_of(self.program, slot.node.to(part)) == self.container
                        for part in each.operands
                    )
                    for each in tree.walk(node.test)
                )
                leaves = any(isinstance(each, tree.Return | tree.Raise) for each in tree.walk(node.then))
                if mentions and leaves:
                    return True
        return False

    def _repair(self, node: tree.Node, leaks: list[Leak]) -> FinallyRepair | None:
        kinds = {leak.kind for leak in leaks}
        if not kinds or "successor" in kinds:
            return None
        root = self.handling.root
        release = self._release_text(node)
        statement = _statement_of(root, node)
        if release is None or statement is None:
            return None
        return FinallyRepair(root.span, root.to(statement).span, release)

    def _release_text(self, node: tree.Node) -> str | None:
        """The removal as the endpoint writes it somewhere, else the counterpart of a direct registration."""
        root = self.handling.root
        for each in own_nodes(root):
            if isinstance(each, tree.Call | tree.Delete) and self._releases(root, each):
                parent = root.index.parents.get(each)
                whole = parent if isinstance(parent, tree.Await) else each
                text = root.to(whole).text
                return text if "\n" not in text else None
        if isinstance(node, tree.Call) and isinstance(node.callee, tree.Member) and node in self.entering:
            container = root.to(node.callee.object).text
            argument = root.to(node.arguments[0].value).text if node.arguments else ""
            if node.callee.name == "add":
                return f"{container}.discard({argument})"
            if node.callee.name == "append" and "\n" not in container:
                return f"{container}.remove({argument})"
        if isinstance(node, tree.Assign) and isinstance(node.targets[0], tree.Index):
            target = node.targets[0]
            return f"{root.to(target.object).text}.pop({root.to(target.key).text}, None)"
        return self._counterpart(node)

    def _counterpart(self, node: tree.Node) -> str | None:
        """A method of the same object that removes what this call registered: `manager.disconnect(websocket)`."""
        root = self.handling.root
        if not isinstance(node, tree.Call) or not isinstance(node.callee, tree.Member):
            return None
        if not isinstance(self.container, FieldOf):
            return None
        klass = self.container.klass
        given = {
            parameter.target.id: root.to(argument.value).text
            for callee in functions(self.program, root.to(node.callee))
            for parameter in callee.node.parameters
            if isinstance(parameter.target, tree.Name)
            for argument in node.arguments
            if argument_of(node, callee.node, parameter) is argument.value
        }
        for statement in klass.node.body.statements:
            if not isinstance(statement, tree.Assign) or not isinstance(statement.value, tree.Function):
                continue
            method = klass.to(statement.value)
            own = [
                each
                for each in removals_in(self.program, method)
                if each.container == self.container and is_own(each)
            ]
            names = [
                each.target.id
                for each in method.node.parameters[1:]
                if isinstance(each.target, tree.Name) and each.default is None
            ]
            if own and all(name in given for name in names):
                call = f"{root.to(node.callee.object).text}.{method.node.name}({', '.join(given[name] for name in names)})"
                return f"await {call}" if method.node.is_async else call
        return None


def _names_called(program: Program, at: At[tree.Expr]) -> frozenset[str]:
    names: set[str] = set()
    for node in tree.walk(at.node):
        if isinstance(node, tree.Call):
            names |= qualified(program, at.to(node.callee))
    return frozenset(names)


def _statement_of(function: At[tree.Function], node: tree.Node) -> tree.Node | None:
    """The statement of the function's own top block that contains a node."""
    for statement in function.node.body.statements:
        if statement.start <= node.start and node.end <= statement.end:
            return statement
    return None


def leaks_of_exits(handling: Handling, exits: list[Exit], acquired: tree.Node, state: str) -> Iterator[Leak]:
    """The leaks that a list of held exits amounts to, the gravest alone."""
    root = handling.root

    def evidence(each: Exit, text: str) -> tuple[Evidence, ...]:
        return (Evidence(root.to(each.node).span, text),)

    disconnects = [each for each in exits if each.kind == "exception" and each.raises == "disconnect"]
    errors = [each for each in exits if each.kind == "exception" and each.raises == "error"]
    receiving = [each for each in disconnects if _receives(handling, each.node)]
    if receiving:
        yield Leak(
            "on-disconnect",
            evidence(receiving[0], f"a disconnect raised here leaves the handler while it {state}"),
        )
    elif any(each.kind in ("end", "return") for each in exits):
        first = next(each for each in exits if each.kind in ("end", "return"))
        yield Leak("unreached", evidence(first, f"the handler ends here while it {state}"))
    elif disconnects:
        yield Leak(
            "on-send",
            evidence(disconnects[0], f"a client that leaves during this is never removed: it {state}"),
        )
    elif errors:
        yield Leak(
            "on-error",
            evidence(
                errors[0],
                f"an error raised here (a binary frame, bad JSON) leaves the handler while it {state}",
            ),
        )


def _receives(handling: Handling, node: tree.Node) -> bool:
    """Whether the client's leaving is normally noticed here: at a receive, directly or in a called function."""
    for each in tree.walk(node):
        if socket_method(handling.sockets, each) in RECEIVERS:
            return True
        if isinstance(each, tree.Call):
            for callee in functions(handling.program, handling.root.to(each.callee)):
                for inner in tree.walk(callee.node.body):
                    if socket_method(handling.sockets, inner) in RECEIVERS:
                        return True
    return False


# --- class endpoints ---------------------------------------------------------------------------


def _class_registrations(program: Program, klass: At[tree.Class], name: str) -> Iterator[Resource]:
    """Starlette calls `on_disconnect` in its own `finally` (starlette 1.10.0 endpoints.py)."""
    connects = _method(program, klass, "on_connect")
    leaves = _method(program, klass, "on_disconnect")
    if connects is None:
        return
    handling = _handling(program, connects, name)
    removing = _handling(program, leaves, name).reachable if leaves is not None else ()
    removed = {each.container for function in removing for each in removals_in(program, function)}
    for registration in _entered(handling):
        if registration.container in removed:
            continue
        yield Resource(
            kind="registration",
            what=str(registration.container),
            owner=name,
            acquired=registration.node.span,
            leaks=(Leak("never"),),
        )


def _method(program: Program, klass: At[tree.Class], name: str) -> At[tree.Function] | None:
    for value in members(program, klass, name):
        if isinstance(value.node, tree.Function):
            return value.to(value.node)
    return None


# --- tasks -------------------------------------------------------------------------------------


def _tasks(handling: Handling) -> Iterator[Resource]:
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
        stops = _stops_alias(program, root, held)
        yield _resource_of_exits(
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
            or (node.is_async and socket_method(sockets, node.iterable or node) not in ITERATORS)
        ):
            if _reads(sockets, node):
                return False
            return not _sends_each_turn(handling, node)
    return False


def _reads(sockets: Sockets, root: tree.Node) -> bool:
    return any(socket_method(sockets, node) in RECEIVERS | ITERATORS for node in tree.walk(root))


def _sends_each_turn(handling: Handling, loop: tree.Loop) -> bool:
    """Each turn sends unconditionally and waits only for a sleep: the first send after the client left ends it.

    A send whose failure is caught and passed over does not end anything.
    """
    program, root = handling.program, handling.root
    sends = False
    statements = list(loop.body.statements)
    while statements:
        statement = statements.pop(0)
        if isinstance(statement, tree.Try):
            swallowed = any(
                not any(
                    isinstance(each, tree.Jump | tree.Return | tree.Raise) for each in tree.walk(handler.body)
                )
                for handler in statement.handlers
            )
            if not swallowed:
                statements = [*statement.body.statements, *statements]
            continue
        if isinstance(statement, tree.If | tree.Loop | tree.With | tree.Switch):
            continue
        for node in tree.walk(statement, tree.same_function):
            if isinstance(node, tree.Await) and isinstance(node.value, tree.Call):
                if socket_method(handling.sockets, node.value) in SENDERS or (
                    handling.sockets.mentions(node.value) and functions(program, root.to(node.value.callee))
                ):
                    sends = True
                elif isinstance(node.value.callee, tree.Member) and node.value.callee.name in (
                    "get",
                    "get_message",
                    "wait",
                    "listen",
                ):
                    return False
    return sends and not loop.is_async


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


def _stops_alias(
    program: Program, function: At[tree.Function], held: Set[tree.Node]
) -> Callable[[tree.Node], bool]:
    """Nodes that cancel, await or gather one of the task's expressions."""

    def stops(node: tree.Node) -> bool:
        match node:
            case tree.Call(callee=tree.Member(object=inner, name="cancel")):
                return inner in held or _is_pending(program, function, inner)
            case tree.Await(value=value):
                return value in held
            case tree.Call(callee=callee, arguments=arguments):
                if qualified(program, function.to(callee)) & {"asyncio.gather", "asyncio.wait_for"}:
                    return any(each in held for argument in arguments for each in tree.walk(argument.value))
                return False
            case tree.Loop(iterable=iterable, body=body) if iterable is not None:
                cancels = any(
                    isinstance(each, tree.Call)
                    and isinstance(each.callee, tree.Member)
                    and each.callee.name == "cancel"
                    for each in tree.walk(body)
                )
                return cancels and any(each in held for each in tree.walk(iterable))
            case _:
                return False

    return stops


def _is_pending(program: Program, function: At[tree.Function], name: tree.Expr) -> bool:
    """`for task in pending` after `done, pending = await asyncio.wait(...)`."""
    if not isinstance(name, tree.Name):
        return False
    binding = function.index.bindings.get(name)
    for definition in binding.definitions if binding else ():
        if definition.kind == "element" and isinstance(definition.value, tree.Name):
            inner = function.index.bindings.get(definition.value)
            for each in inner.definitions if inner else ():
                value = each.value.value if isinstance(each.value, tree.Await) else each.value
                if isinstance(value, tree.Call) and "asyncio.wait" in qualified(
                    program, function.to(value.callee)
                ):
                    return True
    return False


def _resource_of_exits(
    handling: Handling,
    node: tree.Call,
    stops: Callable[[tree.Node], bool],
    kind: str,
    what: str,
    state: str,
    stop: str,
) -> Resource:
    program, root = handling.program, handling.root
    throwing = Throwing(program, handling.sockets)

    def releases(each: tree.Node) -> bool:
        return stops(each) or (isinstance(each, tree.Call) and _stops_within(program, root.to(each), stops))

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
        leaks = tuple(leaks_of_exits(handling, exits, node, state)) if stopped else (Leak("never"),)
    statement = _statement_of(root, node)
    name = _assigned_name(root, node)
    repair = (
        FinallyRepair(root.span, root.to(statement).span, f"{name}{stop}")
        if leaks and name and statement
        else None
    )
    released = tuple(
        Evidence(root.to(each).span, f"{root.to(each).text.splitlines()[0]} ends it")
        for each in tree.walk(root.node.body)
        if stops(each)
    )
    return Resource(kind, what, handling.name, root.to(node).span, leaks, released, repair)  # type: ignore[arg-type]


def _stops_within(
    program: Program, call: At[tree.Call], stops: Callable[[tree.Node], bool], depth: int = 0
) -> bool:
    """Whether a called function, or one that it calls, ends the resource."""
    for callee in functions(program, call.to(call.node.callee)):
        for inner in own_nodes(callee):
            if stops(inner):
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


# --- subscriptions -----------------------------------------------------------------------------


def _subscriptions(handling: Handling) -> Iterator[Resource]:
    """`pubsub.subscribe(...)` in the endpoint's own body, on a pubsub made there."""
    program, root = handling.program, handling.root
    for node in own_nodes(root):
        if not isinstance(node, tree.Call) or not isinstance(node.callee, tree.Member):
            continue
        if node.callee.name not in ("subscribe", "psubscribe") or not isinstance(
            node.callee.object, tree.Name
        ):
            continue
        made = [
            origin.to(origin.node)
            for origin in origins(program, root.to(node.callee.object))
            if isinstance(origin, At) and isinstance(origin.node, tree.Call) and origin.unit is root.unit
        ]
        made = [
            each
            for each in made
            if isinstance(each.node.callee, tree.Member) and each.node.callee.name == "pubsub"
        ]
        if not made or any(isinstance(each.parent, tree.Item) for each in made):
            continue
        held = {alias.node for each in made for alias in aliases(program, each)}

        def ends(each: tree.Node, held: Set[tree.Node] = held) -> bool:
            return (
                isinstance(each, tree.Call)
                and isinstance(each.callee, tree.Member)
                and each.callee.name in _ENDING_SUBSCRIPTION
                and each.callee.object in held
            )

        name = node.callee.object.id
        resource = _resource_of_exits(
            handling, node, ends, "subscription", f"the subscription of {name}", "is still subscribed", ""
        )
        repair = resource.repair
        if resource.leaks:
            statement = _statement_of(root, node)
            if statement is not None:
                repair = FinallyRepair(root.span, root.to(statement).span, f"await {name}.aclose()")
        yield Resource(
            resource.kind,
            resource.what,
            resource.owner,
            resource.acquired,
            resource.leaks,
            resource.released_by,
            repair,
        )


# --- the handler itself ------------------------------------------------------------------------


def _unread(handling: Handling, resources: list[Resource]) -> Resource | None:
    """A handler that never receives, and does not send in each turn of its endless loop either."""
    root = handling.root
    if any(_reads(handling.sockets, function.node.body) for function in handling.reachable):
        return None
    if _leaves_workspace(handling):
        return None
    for function in handling.reachable:
        for node in own_nodes(function):
            if not isinstance(node, tree.Loop):
                continue
            endless = node.kind == "while" and (
                not isinstance(node.test, tree.Literal) or bool(node.test.value)
            )
            if not (endless or node.is_async) or _sends_each_turn(handling, node):
                continue
            if not handling.sockets.mentions(node.body):
                continue
            accept = _accepting(handling)
            kinds: LeakKind = "unread"
            leak = Leak(
                kinds,
                (Evidence(function.to(node).span, "this loop neither receives nor sends in each turn"),),
            )
            return Resource("handler", handling.name, handling.name, (accept or root).span, (leak,))
    return None


def _accepting(handling: Handling) -> At[tree.Node] | None:
    for node in own_nodes(handling.root):
        if socket_method(handling.sockets, node) == "accept":
            return handling.root.to(node)
    return None


def _leaves_workspace(handling: Handling) -> bool:
    """Whether the socket is handed to code that cannot be read here, which may receive from it."""
    for function in handling.reachable:
        for node in tree.walk(function.node.body):
            if (
                isinstance(node, tree.Call)
                and any(handling.sockets.is_socket(each.value) for each in node.arguments)
                and not functions(handling.program, function.to(node.callee))
            ):
                names = qualified(handling.program, function.to(node.callee))
                if any(
                    not name.startswith(("logging", "str", "id", "print", "repr", "hash")) for name in names
                ):
                    return True
    return False
