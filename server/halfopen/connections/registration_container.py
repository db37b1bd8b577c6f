"""One container, as an endpoint fills and empties it, and the ways out on which an entry stays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from halfopen.connections.dossier import FinallyRepair, Leak, Resource
from halfopen.connections.facts import Evidence
from halfopen.connections.handler_flow import Throwing, question
from halfopen.connections.handling import DEPTH, Handling, leaks_of_exits, statement_of
from halfopen.connections.registration_release import is_thrown_away, release_text
from halfopen.connections.registration_slots import successor_leak
from halfopen.connections.registries import (
    Container,
    FieldOf,
    Registration,
    Removal,
    container_of,
    is_own,
    removals_at,
    removals_in,
    takes_found,
)
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.control import Exit, held_exits
from halfopen.semantics.program import At, own_nodes


class ContainerView:
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
