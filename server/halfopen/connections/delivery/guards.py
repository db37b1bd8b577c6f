"""What is asked before a message is sent, and what becomes of one that is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from halfopen.connections.client_release import closure_of, written_names
from halfopen.connections.client_view import View
from halfopen.connections.delivery.facts import Guard, Refusal
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.flow import state_hook
from halfopen.semantics.leaving import OUT_OF_FUNCTION, leaves, may_leave
from halfopen.semantics.program import At, own_nodes
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.stores import store_setter_of
from halfopen.semantics.values import origins

_LOGS = frozenset({"console", "logger", "log"})
_SHOWN = (
    "toast",
    "notif",
    "alert",
    "snackbar",
    "message.error",
    "message.warning",
    "onError",
    "setError",
    "showError",
    "modal",
    "dialog",
)
"""Parts of the names of what shows a message to the user, where the code behind it is not in the workspace."""


STRENGTH: dict[Guard, int] = {"none": 0, "present": 1, "flag": 2, "open": 3, "awaited": 4}
"""How much a guard keeps from being lost."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A test that decides whether a node runs: it does where the test is `holds`. `refused` runs elsewise."""

    test: tree.Expr
    holds: bool
    place: tree.Node
    refused: tuple[tree.Statement, ...]


@dataclass(frozen=True, slots=True)
class Guarding:
    """The strongest guard of a send in a function, the place of it, and what is refused."""

    guard: Guard
    place: At[tree.Node] | None = None
    refusal: Refusal = "silent"
    is_kept: bool = False


def conditions(at: At[tree.Node], function: tree.Function) -> Iterator[Condition]:
    """The tests that decide whether a node of a function runs, innermost first."""
    node: tree.Node = at.node
    for ancestor in at.index.ancestors(at.node):
        if ancestor is function:
            return
        match ancestor:
            case tree.If(test=test, then=then, otherwise=otherwise) if node is then or node is otherwise:
                other = otherwise if node is then else then
                refused = other.statements if other is not None else ()
                if node is then and may_leave(then, OUT_OF_FUNCTION):
                    refused = (*refused, *_after(at, ancestor))
                yield Condition(test, node is then, ancestor, refused)
            case tree.Loop(test=test, body=body, runs_first=False) if test is not None and node is body:
                yield Condition(test, True, ancestor, ())
            case tree.Conditional(test=test, then=then) if node is not test:
                yield Condition(test, node is then, ancestor, ())
            case tree.Operation(operator="and" | "or" as operator, operands=operands):
                for operand in operands:
                    if operand is node:
                        break
                    yield Condition(operand, operator == "and", ancestor, ())
            case tree.Block(statements=statements):
                for statement in statements:
                    if statement is node:
                        break
                    if isinstance(statement, tree.If) and leaves(statement.then):
                        yield Condition(statement.test, False, statement, statement.then.statements)
            case _:
                pass
        node = ancestor


def _called_back_in(function: At[tree.Function]) -> tuple[At[tree.Call], At[tree.Function]] | None:
    """The call that runs an inline callback at once or soon (`bytes.then((buffer) => ...)`), and the function around it:
    what that one asks first holds in the callback as well."""
    argument = function.parent
    call = function.index.parents.get(argument) if isinstance(argument, tree.Argument) else None
    if not isinstance(call, tree.Call) or not isinstance(call.callee, tree.Member):
        return None
    outer = function.index.function_of(call)
    if call.callee.name not in ("then", "forEach", "map") or outer is None:
        return None
    return function.to(call), function.to(outer)


def _after(at: At[tree.Node], statement: tree.Statement) -> tuple[tree.Statement, ...]:
    """The statements that follow one in its block."""
    block = at.index.parents.get(statement)
    if not isinstance(block, tree.Block):
        return ()
    return block.statements[block.statements.index(statement) + 1 :]


class Guards:
    """The guards of one client's sends."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.program = view.program
        opened = closure_of(view.program, view.socket.handlers(view.program, view.held, "open"))
        self.opening = frozenset(each.node for each in view.socket.handlers(view.program, view.held, "open"))
        self.flags = written_names(opened) | frozenset(_states_set(view, opened))

    def of(self, at: At[tree.Call], function: At[tree.Function], payload: frozenset[str]) -> Guarding:
        """The guard of a send (or of the call of a sending function) within a function."""
        if self._awaits_open(at, function):
            return Guarding("awaited")
        best = Guarding("none")
        for condition in conditions(at, function.node):
            kind = self.asks(at.to(condition.test), condition.holds)
            if kind is None or STRENGTH[kind] <= STRENGTH[best.guard]:
                continue
            refusal = self.refusal(at, condition.refused, payload)
            if refusal == "silent" and condition.holds and _stays_queued(at, function, condition, payload):
                refusal = "queued"
            kept = refusal in ("silent", "logged") and not self._goes_on(at, function, condition)
            best = Guarding(kind, at.to(condition.place), refusal, kept)
        around = _called_back_in(function) if best.guard == "none" else None
        if around is not None:
            return self.of(around[0], around[1], payload)
        if best.guard == "none" and _optional(at.node.callee):
            kept = not self._goes_on(at, function, None)
            best = Guarding("present", at, "silent", kept)
        return best

    # -- what a test asks --

    def asks(self, test: At[tree.Expr], holds: bool, depth: int = 0) -> Guard | None:
        """What is known of the connection where a test is `holds`; None where that is nothing."""
        match test.node:
            case tree.Operation(operator="not", operands=(inner,)):
                return self.asks(test.to(inner), not holds, depth)
            case tree.Operation(operator="and" | "or" as operator, operands=operands):
                answers: list[Guard] = []
                for operand in operands:
                    answer = self.asks(test.to(operand), holds, depth)
                    if answer is not None:
                        answers.append(answer)
                if (operator == "and") is not holds and len(answers) < len(operands):
                    return None
                return _stronger(answers)
            case tree.Operation(operator="==" | "!=" as operator, operands=(left, right)):
                is_equal = (operator == "==") is holds
                for state, value in ((left, right), (right, left)):
                    if _is_ready_state(state) and (self._is_open(test.to(value)) is is_equal):
                        return "open"
                    if self._is_flag(state) and is_equal:
                        return "flag"
                    if self._is_socket(state) and isinstance(value, tree.Literal) and value.value is None:
                        return None if is_equal else "present"
                return None
            case tree.Call(callee=callee) if depth < 3:
                for function in functions(self.program, test.to(callee)):
                    for node in own_nodes(function):
                        if isinstance(node, tree.Return) and node.value is not None:
                            kind = self.asks(function.to(node.value), holds, depth + 1)
                            if kind is not None:
                                return kind
                return None
            case tree.Name() | tree.Member() as name:
                if self._is_socket(name):
                    return "present" if holds else None
                if isinstance(name, tree.Name) and depth < 3:
                    binding = test.index.bindings.get(name)
                    for definition in binding.definitions if binding else ():
                        if definition.kind == "value" and isinstance(
                            definition.value, tree.Operation | tree.Call
                        ):
                            kind = self.asks(test.to(definition.value), holds, depth + 1)
                            if kind is not None:
                                return kind
                if (
                    isinstance(name, tree.Member)
                    and name.name == "connected"
                    and self._is_socket(name.object)
                ):
                    return "open" if holds else None
                return "flag" if holds and self._is_flag(name) else None
            case _:
                return None

    def _is_open(self, value: At[tree.Expr]) -> bool:
        """`WebSocket.OPEN`, 1, or a constant of the project's own that is 1."""
        if _is_open(value.node):
            return True
        return isinstance(value.node, tree.Name) and any(
            isinstance(each, At) and _is_open(each.node) for each in origins(self.program, value)
        )

    def _is_socket(self, node: tree.Expr) -> bool:
        return node in self.view.socket.nodes

    def _is_flag(self, node: tree.Expr) -> bool:
        name = _last(node)
        return name is not None and name in self.flags and not self._is_socket(node)

    def _awaits_open(self, at: At[tree.Call], function: At[tree.Function]) -> bool:
        """Whether the function waits for the socket before it sends (`await this.connect()`)."""
        for node in own_nodes(function):
            if not isinstance(node, tree.Await) or node.start >= at.node.start:
                continue
            for inner in tree.walk(node):
                if isinstance(inner, tree.Member) and inner.name == "onopen":
                    return True
                if isinstance(inner, tree.Literal) and inner.value == "open":
                    return True
                if isinstance(inner, tree.Call) and any(
                    each.node in self.view.reach.functions
                    for each in functions(self.program, function.to(inner.callee))
                ):
                    return True
        return False

    # -- what becomes of a refused message --

    def refusal(
        self, at: At[tree.Node], refused: Iterable[tree.Statement], payload: frozenset[str]
    ) -> Refusal:
        """The most telling thing that happens to a message that is not sent."""
        found: set[Refusal] = set()
        for statement in refused:
            for node in tree.walk(statement, tree.same_function):
                found |= set(self._reaction(at.to(node), payload))
        order: tuple[Refusal, ...] = ("throws", "queued", "shown", "returned", "logged")
        for each in order:
            if each in found:
                return each
        return "silent"

    def _reaction(self, at: At[tree.Node], payload: frozenset[str]) -> Iterator[Refusal]:
        match at.node:
            case tree.Raise():
                yield "throws"
            case tree.Return(value=value) if value is not None and not is_nothing(value):
                yield "returned"
            case tree.Call() as call:
                if _root(call.callee) in _LOGS:
                    yield "logged"
                elif _last(call.callee) == "reject":
                    yield "throws"
                elif any(
                    isinstance(node, tree.Name) and node.id in payload
                    for argument in call.arguments
                    for node in tree.walk(argument)
                ):
                    yield "queued"
                elif self.shows(at.to(call)):
                    yield "shown"
            case tree.Assign(value=value) | tree.AssignExpr(value=value) if value is not None:
                if any(isinstance(node, tree.Name) and node.id in payload for node in tree.walk(value)):
                    yield "queued"
            case _:
                return

    def shows(self, call: At[tree.Call], depth: int = 0) -> bool:
        """Whether a call shows the user something: it sets state, or is a toast's, an alert's."""
        callee = call.node.callee
        if isinstance(callee, tree.Name):
            hook = state_hook(self.program, call.to(callee))
            if hook is not None and hook[1] == 1:
                return True
        if store_setter_of(self.program, call) is not None:
            return True
        names = {call.to(callee).text, *qualified(self.program, call.to(callee))}
        if any(_is_named_as_shown(name) for name in names):
            return True
        if depth < 2:
            for function in functions(self.program, call.to(callee)):
                connects = function.node in self.view.reach.functions
                for node in own_nodes(function):
                    if not isinstance(node, tree.Call):
                        continue
                    if connects and not _is_named_as_shown(function.to(node.callee).text):
                        continue
                    if self.shows(function.to(node), depth + 1):
                        return True
        return False

    def _goes_on(self, at: At[tree.Call], function: At[tree.Function], condition: Condition | None) -> bool:
        """Whether the function changes what the user sees although the message was refused."""
        place = condition.place if condition is not None else at.node
        inside = place if isinstance(place, tree.If) else None
        leaves_early = (
            condition is not None
            and not condition.holds
            and isinstance(place, tree.If)
            and leaves(place.then)
        )
        for node in own_nodes(function):
            if node.start <= at.node.start < node.end and not isinstance(node, tree.Assign):
                continue
            if inside is not None and inside.start <= node.start < inside.end:
                continue
            if leaves_early and node.start > place.start:
                continue
            if (
                isinstance(node, tree.Call)
                and _root(node.callee) not in _LOGS
                and self.shows(function.to(node))
            ):
                return True
            if isinstance(node, tree.Assign) and any(
                isinstance(target, tree.Member) and target.name in ("value", "innerHTML", "textContent")
                for target in node.targets
            ):
                return True
        return False


def _stays_queued(
    at: At[tree.Call], function: At[tree.Function], condition: Condition, payload: frozenset[str]
) -> bool:
    """Whether a message comes out of a container only where the guard lets it be sent: a refused one stays there."""
    place = condition.place
    if not isinstance(place, tree.If | tree.Loop):
        return False
    for node in own_nodes(function):
        if not isinstance(node, tree.Assign) or not place.start <= node.start < at.node.start:
            continue
        taken = node.value
        if isinstance(taken, tree.Call) and isinstance(taken.callee, tree.Member) and not taken.arguments:
            is_taken = taken.callee.name in ("shift", "pop")
        else:
            is_taken = isinstance(taken, tree.Index)
        if is_taken and any(isinstance(each, tree.Name) and each.id in payload for each in node.targets):
            return True
    return False


def _is_named_as_shown(name: str) -> bool:
    return any(part.lower() in name.lower() for part in _SHOWN)


def _stronger(found: Iterable[Guard]) -> Guard | None:
    best: Guard | None = None
    for each in found:
        if best is None or STRENGTH[each] > STRENGTH[best]:
            best = each
    return best


def _states_set(view: View, closure: list[At[tree.Function]]) -> Iterator[str]:
    """The names of React state that functions set."""
    for function in closure:
        for node in own_nodes(function):
            if isinstance(node, tree.Call) and isinstance(node.callee, tree.Name):
                hook = state_hook(view.program, function.to(node.callee))
                if hook is None or hook[1] != 1:
                    continue
                parent = hook[0].parent
                if isinstance(parent, tree.Assign) and isinstance(parent.targets[0], tree.Sequence):
                    first = parent.targets[0].items[0] if parent.targets[0].items else None
                    if isinstance(first, tree.Name):
                        yield first.id


def _optional(callee: tree.Expr) -> bool:
    """`ws?.send`, `ref.current?.send`."""
    return isinstance(callee, tree.Member) and callee.optional


def is_nothing(value: tree.Expr) -> bool:
    """Whether a value is `null` or `undefined`."""
    return (isinstance(value, tree.Literal) and value.value is None) or (
        isinstance(value, tree.Name) and value.id == "undefined"
    )


def _is_ready_state(node: tree.Expr) -> bool:
    return _last(node) == "readyState"


def _is_open(node: tree.Expr) -> bool:
    return (isinstance(node, tree.Literal) and node.value == 1) or _last(node) == "OPEN"


def _last(node: tree.Expr) -> str | None:
    match node:
        case tree.Member(object=inner, name="current"):
            return _last(inner)
        case tree.Name(id=name) | tree.Member(name=name):
            return name
        case _:
            return None


def _root(node: tree.Expr) -> str | None:
    while isinstance(node, tree.Member):
        node = node.object
    return node.id if isinstance(node, tree.Name) else None
