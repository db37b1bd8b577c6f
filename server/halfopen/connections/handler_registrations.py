"""What an endpoint enters in containers that outlive it, and the ways out on which the entry stays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from halfopen.connections.dossier import FinallyRepair, Leak, Resource
from halfopen.connections.facts import Evidence
from halfopen.connections.handler_flow import Throwing, question
from halfopen.connections.handling import DEPTH, Handling, handling_for, leaks_of_exits, statement_of
from halfopen.connections.passing_objects import is_passing
from halfopen.connections.registration_release import is_thrown_away, release_text
from halfopen.connections.registration_slots import successor_leak
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
    takes_found,
)
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.control import Exit, held_exits
from halfopen.semantics.function_shape import argument_of, returned
from halfopen.semantics.members import members
from halfopen.semantics.names import name_behind_calls
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.values import origins

_ASKING = frozenset({"get", "pop", "index", "count", "id", "hash", "str", "repr", "type"})
"""What is given the socket and gives something about it, or what stands under it as a key."""


def entered(handling: Handling) -> list[Registration]:
    """The registrations of the socket (as value or as key), or of something of this connection, in reachable functions."""
    found: list[Registration] = []
    for function in handling.reachable:
        found += [
            each
            for each in registrations_in(handling.program, function)
            if (
                _is_of_connection(handling, each.value)
                or (each.key is not None and handling.sockets.is_socket(each.key.node))
            )
            and not is_passing(handling, each.container)
        ]
    return found


def _is_of_connection(handling: Handling, value: At[tree.Expr], depth: int = 2) -> bool:
    """Whether a registered value is the socket, holds it, or is a queue made for this connection."""
    if handling.sockets.mentions(value.node):
        made = value.node.value if isinstance(value.node, tree.Await) else value.node
        return not isinstance(made, tree.Call) or _keeps_socket(handling, value.to(made))
    if value.node in handling.queues():
        return True
    if isinstance(value.node, tree.Name):
        return any(
            (
                isinstance(origin, At)
                and isinstance(origin.node, tree.Call)
                and handling.sockets.mentions(origin.node)
                and _keeps_socket(handling, origin.to(origin.node))
            )
            or (
                isinstance(origin, ParameterOf)
                and depth > 0
                and any(_is_of_connection(handling, each, depth - 1) for each in _given(handling, origin))
            )
            for origin in origins(handling.program, value)
        )
    return False


def _given(handling: Handling, origin: ParameterOf) -> Iterator[At[tree.Expr]]:
    """What the endpoint's own code gives for a parameter: `manager.connect(Client(login, websocket))`."""
    if origin.steps:
        return
    for function in handling.reachable:
        for node in own_nodes(function):
            if not isinstance(node, tree.Call) or not node.arguments:
                continue
            if any(
                each.node is origin.function.node
                for each in functions(handling.program, function.to(node.callee))
            ):
                value = argument_of(node, origin.function.node, origin.parameter)
                if value is not None:
                    yield function.to(value)


def _keeps_socket(handling: Handling, call: At[tree.Call]) -> bool:
    """Whether what a call gives holds the socket: `Connection(websocket, user)` does.

    `str(websocket.client)`, `users.get(websocket)` and `await create_room(websocket, name)` do not.
    """
    given = [each for each in call.node.arguments if handling.sockets.is_socket(each.value)]
    if not given or name_behind_calls(call.node.callee) in _ASKING:
        return False
    made_by = functions(handling.program, call.to(call.node.callee))
    return not made_by or any(_gives_socket_back(handling, each) for each in made_by)


def _gives_socket_back(handling: Handling, function: At[tree.Function]) -> bool:
    """Whether a constructor is called, or a function that returns the socket or something made with it."""
    if function.node.name in ("__init__", "__new__"):
        return True
    for value in returned(function):
        for origin in (value, *origins(handling.program, value)):
            if isinstance(origin, At) and any(
                handling.sockets.is_socket(each) for each in _parts(origin.node)
            ):
                return True
    return False


def _parts(node: tree.Expr) -> Iterator[tree.Expr]:
    """What a value consists of: the items of a display, the arguments of a constructor."""
    yield node
    match node:
        case tree.Await(value=value):
            yield from _parts(value)
        case tree.Sequence(items=items):
            for item in items:
                yield from _parts(item)
        case tree.Object(entries=entries):
            for entry in entries:
                yield from _parts(entry.value)
        case tree.Call(callee=tree.Name(id=name) | tree.Member(name=name), arguments=arguments) if name[
            :1
        ].isupper():
            for argument in arguments:
                yield from _parts(argument.value)
        case _:
            return


def registrations(handling: Handling) -> Iterator[Resource]:
    added = entered(handling)
    told: set[tree.Node] = set()
    for container in dict.fromkeys(each.container for each in added):
        mine = [each for each in added if each.container == container]
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
        delegate = self._delegate(self.handling.root)
        if delegate is not None:
            self.handling = replace(self.handling, root=delegate)
        exits = self.exits(self.handling.root)
        acquiring = self._acquiring_nodes(self.handling.root)
        if not acquiring:
            return
        node = acquiring[0]
        leaks = list(self._leaks(exits))
        successor = successor_leak(self.handling, self.container, registrations, self._removals())
        if successor is not None and (not leaks or successor.kind == "one-key"):
            leaks.insert(0, successor)
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

    def _delegate(self, function: At[tree.Function], depth: int = 0) -> At[tree.Function] | None:
        """The function that an endpoint leaves the whole connection to: it has the client entered and taken out."""
        if any(node in self.entering for node in own_nodes(function)):
            return None
        entering = [
            (node, callee)
            for node in own_nodes(function)
            for callee in self._callees(function, node)
            if callee.node.is_async and not callee.node.is_generator and self._enters(callee)
        ]
        if len(entering) != 1 or depth == DEPTH:
            return None
        ((call, callee),) = entering
        if any(node is not call and self._releases(function, node) for node in own_nodes(function)):
            return None
        if not any(self._releases(callee, node) for node in own_nodes(callee)):
            return None
        return self._delegate(callee, depth + 1) or callee

    def _enters(self, function: At[tree.Function], depth: int = 0) -> bool:
        """Whether a function has the client entered, itself or in what it calls."""
        return any(
            node in self.entering
            or (
                depth < DEPTH and any(self._enters(each, depth + 1) for each in self._callees(function, node))
            )
            for node in own_nodes(function)
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
        return isinstance(node, tree.Call) and self._calls_removal(function.to(node))

    def _calls_removal(self, call: At[tree.Call], depth: int = 0) -> bool:
        """Whether a call takes the client out. That of an async function does nothing unless somebody awaits it."""
        return any(
            not (callee.node.is_async and is_thrown_away(call))
            and not takes_found(self.program, call, callee, self.container)
            and self._contains_removal(callee, depth)
            for callee in functions(self.program, call.to(call.node.callee))
        )

    def _contains_removal(self, function: At[tree.Function], depth: int = 0) -> bool:
        known = self._removes.get(function.node)
        if known is not None:
            return known
        self._removes[function.node] = False
        self.program.queries.note(function.unit)
        found = any(
            each.container == self.container and is_own(each) for each in removals_in(self.program, function)
        )
        if not found and depth < DEPTH:
            found = any(
                isinstance(node, tree.Call) and self._calls_removal(function.to(node), depth + 1)
                for node in own_nodes(function)
            )
        self._removes[function.node] = found
        return found

    def _implied(self, function: At[tree.Function], test: tree.Expr) -> bool:
        """`if websocket in self.active`, `if room in self.rooms`, `if self.active.get(key) is websocket`."""
        test = test.value if isinstance(test, tree.Await) else test
        if isinstance(test, tree.Operation) and test.operator == "and":
            return all(self._implied(function, each) for each in test.operands)
        if isinstance(test, tree.Operation) and _is_none(test.operands[-1]):
            return test.operator in ("is not", "!=") and self._implied(function, test.operands[0])
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
        """`accepted = await manager.connect(websocket)`, or the call in the condition: what is false was not entered."""
        if isinstance(test, tree.Call):
            return self._acquires(function, test)
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

    def _leaks(self, exits: list[Exit]) -> Iterator[Leak]:
        if not exits:
            return
        leaks = list(self._leaks_of(exits))
        thrown_away = next(self._thrown_away(), None)
        root = self.handling.root
        if thrown_away is None or any(self._releases(root, node) for node in own_nodes(root)):
            yield from leaks
            return
        text = f"`{thrown_away.text}` is not awaited: the coroutine never runs"
        yield Leak("not-awaited", (Evidence(thrown_away.span, text),))

    def _leaks_of(self, exits: list[Exit]) -> Iterator[Leak]:
        removed_anywhere = bool(self._removals()) or self._contains_removal(self.handling.root)
        if not removed_anywhere and not self._removed_elsewhere():
            yield Leak("never")
            return
        root = self.handling.root
        yield from leaks_of_exits(
            self.handling, exits, lambda node: self._releases(root, node), f"is still in {self.container}"
        )

    def _thrown_away(self) -> Iterator[At[tree.Call]]:
        """The endpoint's calls of an async function that would take the client out, if only one awaited them."""
        root = self.handling.root
        for node in own_nodes(root):
            if isinstance(node, tree.Call) and is_thrown_away(root.to(node)):
                for callee in functions(self.program, root.to(node.callee)):
                    if callee.node.is_async and self._contains_removal(callee):
                        yield root.to(node)

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

    def _repair(self, node: tree.Node, leaks: list[Leak]) -> FinallyRepair | None:
        kinds = {leak.kind for leak in leaks}
        if not kinds or kinds & {"successor", "one-key", "not-awaited", "awaited"}:
            return None
        root = self.handling.root
        statement = statement_of(root, node)
        release = release_text(
            self.handling,
            self.container,
            node,
            lambda each: self._releases(root, each),
            directly=node in self.entering,
        )
        if release is None or statement is None:
            return None
        return FinallyRepair(root.span, root.to(statement).span, release)


def _is_none(node: tree.Expr) -> bool:
    return isinstance(node, tree.Literal) and node.value is None


def class_registrations(program: Program, klass: At[tree.Class], name: str) -> Iterator[Resource]:
    """Starlette calls `on_disconnect` in its own `finally` (starlette 1.10.0 endpoints.py)."""
    connects = _method(program, klass, "on_connect")
    leaves = _method(program, klass, "on_disconnect")
    if connects is None:
        return
    handling = handling_for(program, connects, name)
    removing = handling_for(program, leaves, name).reachable if leaves is not None else ()
    removed = {each.container for function in removing for each in removals_in(program, function)}
    for registration in entered(handling):
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
