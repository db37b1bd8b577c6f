"""What a message's handler waits for before it sets a state, while the next message is handled already."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from halfopen.connections.facts import Evidence
from halfopen.connections.updates.applied import callees
from halfopen.connections.updates.comparing import asks_version, compares_order
from halfopen.connections.updates.requests import reaches_request
from halfopen.connections.updates.writes import Site
from halfopen.semantics import tree
from halfopen.semantics.function_shape import argument_of
from halfopen.semantics.leaving import OUT_OF_FUNCTION, leaves
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.values import origins

_DECODES = frozenset({"text", "arrayBuffer", "decrypt", "decompress", "inflate", "decode", "digest"})
_ENDED = re.compile(r"complete|finish|done|fail|succe|error|cancel|ready|ended|closed", re.IGNORECASE)
_DEPTH = 3


@dataclass(frozen=True)
class Pauses:
    """The functions that run on a message, and where they wait."""

    program: Program
    roots: list[At[tree.Function]]
    """The handlers."""
    on_message: list[At[tree.Function]]

    def before(self, sites: list[Site]) -> Iterator[Evidence]:
        """The first pause after which a later message may have set the state already, and nothing looks whether it has."""
        for site in sites:
            if not asks_version(site):
                for awaited in self._before(site.call, 0):
                    yield Evidence(awaited.span, "waits here, and the next message is handled meanwhile")
                    return

    def _before(self, at: At[tree.Node], depth: int) -> Iterator[At[tree.Await]]:
        """The pauses in a node's function before it, else in the functions that call it with what they waited for."""
        around = at.index.function_of(at.node)
        if around is None:
            return
        function = at.to(around)
        if around.is_async:
            if not self._is_serial(function):
                for node in own_nodes(function):
                    if (
                        isinstance(node, tree.Await)
                        and _comes_before(function.to(node), at.node)
                        and not _is_checked(function, node, at.node)
                        and self._takes_its_time(function.to(node))
                    ):
                        yield function.to(node)
            return
        if depth < _DEPTH:
            for call in self._calls_of(function):
                yield from self._before(call, depth + 1)

    def _calls_of(self, function: At[tree.Function]) -> Iterator[At[tree.Call]]:
        """Where code that runs on a message calls a function."""
        yield from self._calls.get(function, ())

    @cached_property
    def _calls(self) -> Mapping[At[tree.Function], Sequence[At[tree.Call]]]:
        """The calls in code that runs on a message, by the functions that they run."""
        found: dict[At[tree.Function], list[At[tree.Call]]] = {}
        for each in self.on_message:
            for node in own_nodes(each):
                if isinstance(node, tree.Call):
                    for callee in callees(self.program, each.to(node)):
                        found.setdefault(callee, []).append(each.to(node))
        return found

    def _is_serial(self, function: At[tree.Function]) -> bool:
        """Whether one run waits for the one before: in a chain of promises, or in a loop over those that wait."""
        if _is_chained(function):
            return True
        calls = list(self._calls_of(function))
        return bool(calls) and all(
            isinstance(each.parent, tree.Await) and _is_in_loop(each) for each in calls
        )

    def _takes_its_time(self, awaited: At[tree.Await]) -> bool:
        """Whether what is waited for belongs to this very message and takes longer for one than for another: its own
        decoding, or a request that writes what it says or asks for what it names."""
        for inner in tree.walk(awaited.node):
            match inner:
                case tree.Call(callee=tree.Member(object=decoded, name=name)) if name in _DECODES:
                    return not self._is_answered(awaited.to(decoded))
                case tree.Call(callee=tree.Member(object=tree.Name() as answer)) if self._is_awaited(
                    awaited.to(answer)
                ):
                    return False
                case tree.Call() as call:
                    found = reaches_request(self.program, awaited.to(call), 3)
                    if found is not None:
                        return found.changes or (found.kind == "fetch" and self._is_about_it(awaited))
                case _:
                    pass
        return False

    def _is_answered(self, decoded: At[tree.Expr]) -> bool:
        """Whether what is decoded is the answer to a request, and not what the message brought."""
        return any(
            isinstance(origin, At)
            and isinstance(origin.node, tree.Call)
            and reaches_request(self.program, origin.to(origin.node), 3) is not None
            for origin in origins(self.program, decoded)
        )

    def _is_awaited(self, answer: At[tree.Name]) -> bool:
        """Whether a name holds an answer that was waited for: reading it takes no longer than its turn."""
        return any(
            isinstance(origin, At)
            and isinstance(origin.parent, tree.Await)
            and isinstance(origin.node, tree.Call)
            and reaches_request(self.program, origin.to(origin.node), 3) is not None
            for origin in origins(self.program, answer)
        )

    def _is_about_it(self, request: At[tree.Await]) -> bool:
        """Whether a request asks for what the message names, and can ask for the same again before it is answered."""
        if _is_cancelled(request.node) or self._is_at_the_end(request, _DEPTH):
            return False
        return any(
            isinstance(node, tree.Name) and self._is_of_message(request.to(node), _DEPTH)
            for node in tree.walk(request.node, tree.same_function)
        )

    def _is_at_the_end(self, at: At[tree.Node], depth: int) -> bool:
        """Whether a node is reached only by messages that say that something has ended: no later one speaks of it."""
        if _says_ended(at):
            return True
        around = at.index.function_of(at.node)
        calls = list(self._calls_of(at.to(around))) if around is not None and depth > 0 else []
        return bool(calls) and all(self._is_at_the_end(each, depth - 1) for each in calls)

    def _is_of_message(self, name: At[tree.Name], depth: int) -> bool:
        """Whether a name holds the message, or what was made of it, on whatever way it came here."""
        binding = name.index.bindings.get(name.node)
        for definition in binding.definitions if binding is not None else ():
            if definition.kind == "parameter":
                owner = name.index.function_of(definition.target)
                if any(each.node is owner for each in self.roots):
                    return True
                if owner is not None and depth > 0 and self._is_given_it(name, owner, definition.node, depth):
                    return True
            elif (
                depth > 0
                and definition.kind in ("value", "element")
                and definition.value is not None
                and any(
                    isinstance(node, tree.Name)
                    and node is not name.node
                    and self._is_of_message(name.to(node), depth - 1)
                    for node in tree.walk(definition.value, tree.same_function)
                )
            ):
                return True
        return False

    def _is_given_it(
        self, name: At[tree.Name], owner: tree.Function, parameter: tree.Node, depth: int
    ) -> bool:
        """Whether code that runs on a message gives something of it for a parameter."""
        for call in self._calls_of(name.to(owner)):
            given = (
                argument_of(call.node, owner, parameter) if isinstance(parameter, tree.Parameter) else None
            )
            for node in tree.walk(given) if given is not None else ():
                if isinstance(node, tree.Name) and self._is_of_message(call.to(node), depth - 1):
                    return True
        return False


def _says_ended(at: At[tree.Node]) -> bool:
    """Whether a condition around a node compares with a word for an end: `if (message.status === "completed")`."""
    inner: tree.Node = at.node
    for ancestor in at.index.ancestors(at.node):
        if isinstance(ancestor, tree.Function):
            return False
        chosen = (
            ancestor.test
            if isinstance(ancestor, tree.If) and inner is ancestor.then
            else ancestor.pattern
            if isinstance(ancestor, tree.Case)
            else None
        )
        if chosen is not None and any(
            isinstance(node, tree.Literal) and isinstance(node.value, str) and _ENDED.search(node.value)
            for node in tree.walk(chosen)
        ):
            return True
        inner = ancestor
    return False


def _comes_before(awaited: At[tree.Await], write: tree.Node) -> bool:
    """Whether a pause is over before a write, or gives it its value: not one of a branch beside it, nor what holds it."""
    if not (awaited.node.end <= write.start or write.start <= awaited.node.start < write.end):
        return False
    inner: tree.Node = awaited.node
    for ancestor in awaited.index.ancestors(awaited.node):
        if ancestor.start <= write.start and write.end <= ancestor.end:
            is_branch = isinstance(inner, tree.Case | tree.Handler)
            is_branch |= isinstance(ancestor, tree.If) and inner is not ancestor.test
            return not is_branch
        if isinstance(ancestor, tree.Block) and leaves(ancestor, OUT_OF_FUNCTION):
            return False
        inner = ancestor
    return True


def _is_cancelled(request: tree.Expr) -> bool:
    """Whether a request is given a signal, by which the next one may end it."""
    return any(
        isinstance(node, tree.Name | tree.Member) and last_name(node).lower().endswith("signal")
        for node in tree.walk(request)
    )


def _is_checked(function: At[tree.Function], awaited: tree.Await, write: tree.Node) -> bool:
    """Whether between a pause and a write the function asks whether it is still the latest: `if (turn !== latest) return`."""
    for node in own_nodes(function):
        if (
            isinstance(node, tree.If | tree.Conditional)
            and awaited.end <= node.start <= write.start
            and (compares_order(node.test) or _asks_outside(function, node.test))
        ):
            return True
    return False


def _asks_outside(function: At[tree.Function], test: tree.Expr) -> bool:
    """Whether a condition compares with what lives outside of the function: a ref, a field, a variable around it."""
    for node in tree.walk(test):
        if isinstance(node, tree.Operation) and node.operator in ("==", "!="):
            for operand in node.operands:
                inner = operand
                while isinstance(inner, tree.Member | tree.Call):
                    inner = inner.object if isinstance(inner, tree.Member) else inner.callee
                binding = function.index.bindings.get(inner) if isinstance(inner, tree.Name) else None
                is_around = isinstance(inner, tree.Name) and (
                    inner.id == "this" or (binding is not None and binding.scope.owner is not function.node)
                )
                if is_around:
                    return True
    return False


def _is_chained(function: At[tree.Function]) -> bool:
    """`before = before.then(async () => ...)`, with or without a `catch` behind."""
    argument = function.parent
    call = function.index.parents.get(argument) if isinstance(argument, tree.Argument) else None
    if (
        not isinstance(call, tree.Call)
        or not isinstance(call.callee, tree.Member)
        or call.callee.name != "then"
    ):
        return False
    chain = function.to(call.callee.object).text
    for ancestor in function.index.ancestors(call):
        if isinstance(ancestor, tree.Assign):
            return any(function.to(each).text == chain for each in ancestor.targets)
        if isinstance(ancestor, tree.Function):
            return False
    return False


def _is_in_loop(call: At[tree.Call]) -> bool:
    for ancestor in call.index.ancestors(call.node):
        if isinstance(ancestor, tree.Function):
            return False
        if isinstance(ancestor, tree.Loop):
            return True
    return False
