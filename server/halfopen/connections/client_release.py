"""How a client socket's owner lets go of it, and what could bring it back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from halfopen.connections.client_owner import Reach, is_component_class
from halfopen.connections.dossier import Owner
from halfopen.libraries import Interface
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.leaving import leaves
from halfopen.semantics.members import members
from halfopen.semantics.names import last_name, method_call
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.react import Effect, effects_in, react_owner

_DEPTH = 5
_UNMOUNTING = frozenset({"onUnmounted", "onBeforeUnmount", "onScopeDispose"})


@dataclass(frozen=True, slots=True)
class Socket:
    """The expressions that are the socket, and the words its library has for using it."""

    nodes: frozenset[tree.Node]
    interface: Interface

    def _is_named(self, name: object, words: tuple[str, ...]) -> bool:
        """Whether one of an event's words is its name; "*" are all names that the application makes itself."""
        interface = self.interface
        of_library = (*interface.open_events, *interface.close_events, *interface.error_events)
        return name in words or ("*" in words and isinstance(name, str) and name not in of_library)

    def handlers(self, program: Program, held: list[At[tree.Expr]], event: str) -> list[At[tree.Function]]:
        """The functions that handle an event: `ws.onclose = f`, `ws.addEventListener("close", f)`, `hub.onclose(f)`.

        `event` is the browser's word ("open", "message", "close", "error").
        """
        words: tuple[str, ...] = getattr(self.interface, f"{event}_events")
        found: dict[At[tree.Function], None] = {}
        for alias in held:
            member = alias.parent
            if not isinstance(member, tree.Member) or member.object is not alias.node:
                continue
            user = alias.index.parents.get(member)
            if (
                member.name == f"on{event}"
                and isinstance(user, tree.Assign)
                and user.value is not None
                and member in user.targets
            ):
                for function in functions(program, alias.to(user.value)):
                    found[function] = None
            if not isinstance(user, tree.Call) or user.callee is not member:
                continue
            handler: tree.Expr | None = None
            if member.name in self.interface.listen and len(user.arguments) > 1:
                name = user.arguments[0].value
                if isinstance(name, tree.Literal) and self._is_named(name.value, words):
                    handler = user.arguments[1].value
            elif member.name in words and user.arguments:
                handler = user.arguments[0].value
            if handler is not None:
                for function in functions(program, alias.to(handler)):
                    found[function] = None
        return list(found)


def closure_of(program: Program, roots: list[At[tree.Function]]) -> list[At[tree.Function]]:
    """The functions that run when the roots run, by direct calls, nearest first."""
    found: dict[tree.Node, At[tree.Function]] = {}
    level = roots
    for _ in range(_DEPTH):
        following: list[At[tree.Function]] = []
        for function in level:
            if function.node in found:
                continue
            found[function.node] = function
            program.queries.note(function.unit)
            for node in own_nodes(function):
                if isinstance(node, tree.Call):
                    following += functions(program, function.to(node.callee))
                    if isinstance(node.callee, tree.Member) and node.callee.name == "forEach":
                        following += [
                            each
                            for argument in node.arguments[:1]
                            for each in functions(program, function.to(argument.value))
                        ]
        level = following
    return list(found.values())


def statements_of(functions_: list[At[tree.Function]]) -> Iterator[At[tree.Node]]:
    """Every node that runs in these functions themselves."""
    for function in functions_:
        for node in own_nodes(function):
            yield function.to(node)


def closers(socket: Socket, closure: list[At[tree.Function]]) -> list[At[tree.Call]]:
    """The calls in these functions that close the socket."""
    return [
        at.to(at.node)
        for at in statements_of(closure)
        if isinstance(at.node, tree.Call)
        and isinstance(at.node.callee, tree.Member)
        and at.node.callee.name in socket.interface.close
        and at.node.callee.object in socket.nodes
    ]


def closes_later(socket: Socket, closure: list[At[tree.Function]]) -> bool:
    """Whether a release leaves the closing of a connecting socket to a handler it sets (`open`, then close)."""
    return any(
        isinstance(node, tree.Call)
        and isinstance(node.callee, tree.Member)
        and node.callee.name in socket.interface.close
        and node.callee.object in socket.nodes
        for function in closure
        for inner in own_nodes(function)
        if isinstance(inner, tree.Function)
        for node in tree.walk(inner.body)
    )


def only_when_open(closer: At[tree.Call]) -> tree.Expr | None:
    """The condition under which alone the socket is closed, where it leaves a connecting one alone."""
    for ancestor in closer.index.ancestors(closer.node):
        if isinstance(ancestor, tree.Function):
            return None
        if (
            isinstance(ancestor, tree.If)
            and ancestor.then.start <= closer.node.start < ancestor.then.end
            and requires_open(ancestor.test)
        ):
            return ancestor.test
        if (
            isinstance(ancestor, tree.Operation)
            and ancestor.operator == "and"
            and any(requires_open(each) for each in ancestor.operands[:-1])
        ):
            return ancestor
    return None


def requires_open(test: tree.Expr) -> bool:
    """Whether a condition holds only for an open socket (`ws.readyState === WebSocket.OPEN`)."""
    match test:
        case tree.Operation(operator="and", operands=operands):
            return any(requires_open(each) for each in operands)
        case tree.Operation(operator="==", operands=(left, right)):
            return (_reads_state(left) and _is_open(right)) or (_reads_state(right) and _is_open(left))
        case _:
            return False


def _reads_state(node: tree.Expr) -> bool:
    return isinstance(node, tree.Member) and node.name == "readyState"


def _is_open(node: tree.Expr) -> bool:
    if isinstance(node, tree.Literal):
        return node.value == 1
    return isinstance(node, tree.Member) and node.name == "OPEN"


def cleanups_of(program: Program, effect: Effect) -> list[At[tree.Function]]:
    """The cleanup functions that an effect may return."""
    found: dict[At[tree.Function], None] = {}
    for statement in effect.returns():
        if statement.value is not None:
            for function in functions(program, effect.callback.to(statement.value)):
                found[function] = None
    return list(found)


def release_roots(
    program: Program,
    call: At[tree.Call],
    owner: Owner,
    reach: Reach,
    socket: Socket,
    held: list[At[tree.Expr]],
) -> list[At[tree.Function]]:
    """The functions whose purpose is to let go: cleanups, `componentWillUnmount`, or whatever closes on demand.

    Closing from within the socket's own handlers (a heartbeat that gives up, an error) is no release; what those call
    comes last.
    """
    if owner.lifetime == "mount" and owner.kind in ("effect", "component", "hook"):
        klass = call.index.class_of(call.node)
        if klass is not None and is_component_class(call.to(klass)):
            return [
                value.to(value.node)
                for value in members(program, call.to(klass), "componentWillUnmount")
                if isinstance(value.node, tree.Function)
            ]
        found: list[At[tree.Function]] = []
        for effect in effects_of_owner(program, call, reach):
            found += cleanups_of(program, effect)
        return list(dict.fromkeys(found or unmounted(program, call)))
    inner = [
        each
        for event in ("open", "message", "close", "error")
        for each in socket.handlers(program, held, event)
    ]
    inside = {each.node for each in inner}
    found = []
    for alias in held:
        called = method_call(alias)
        if called is not None and called[0] in socket.interface.close:
            function = alias.index.function_of(called[1].node)
            ancestors = alias.index.ancestors(called[1].node)
            if (
                function is not None
                and not any(each in inside for each in ancestors)
                and not _scheduled(alias, function)
            ) and (reach.creating is None or function is not reach.creating.node):
                found.append(alias.to(function))
    on_event = {each.node for each in closure_of(program, inner)}
    return sorted(dict.fromkeys(found), key=lambda each: each.node in on_event)


def unmounted(program: Program, call: At[tree.Call]) -> list[At[tree.Function]]:
    """What Vue runs when a component goes: `onUnmounted(() => ...)` in the composable that makes the socket."""
    found: dict[At[tree.Function], None] = {}
    for function in call.index.ancestors(call.node):
        for node in own_nodes(call.to(function)) if isinstance(function, tree.Function) else ():
            if (
                isinstance(node, tree.Call)
                and node.arguments
                and _is_unmounting(program, call.to(node.callee))
            ):
                found |= dict.fromkeys(functions(program, call.to(node.arguments[0].value)))
    return list(found)


def _is_unmounting(program: Program, callee: At[tree.Expr]) -> bool:
    """Of Vue's own, or as Nuxt gives it without an import."""
    return last_name(callee.node) in _UNMOUNTING and any(
        name.removeprefix("vue.") in _UNMOUNTING for name in qualified(program, callee)
    )


def _scheduled(at: At[tree.Expr], function: tree.Function) -> bool:
    """Whether a function is a timer's callback: closing there is a time-out, not a release."""
    argument = at.index.parents.get(function)
    call = at.index.parents.get(argument) if isinstance(argument, tree.Argument) else None
    if not isinstance(call, tree.Call):
        return False
    return last_name(call.callee) in ("setTimeout", "setInterval")


def effects_of_owner(program: Program, call: At[tree.Call], reach: Reach) -> list[Effect]:
    """The effects of the components and hooks that make the socket: those that reach it, their neighbours, and those of the
    hook that the socket stands in."""
    found: dict[tree.Node, Effect] = {effect.call.node: effect for effect in reach.effects}
    starts: list[At[tree.Node]] = [*(effect.callback for effect in reach.effects), call]
    for start in starts:
        owner = react_owner(start)
        if owner is not None:
            for effect in effects_in(program, owner.function):
                found.setdefault(effect.call.node, effect)
    return list(found.values())


# --- guards ------------------------------------------------------------------------------------


def written_names(closure: list[At[tree.Function]], with_own: bool = True) -> frozenset[str]:
    """What a release writes, by the last name of each path: flags, refs, fields, store keys, aborted controllers; its own
    variables too, where a condition in it may ask for them."""
    names: set[str] = set()
    for at in statements_of(closure):
        match at.node:
            case tree.Assign(targets=targets):
                for target in targets:
                    if with_own or not _is_local(at.to(target)):
                        names |= set(_names_of(target))
            case tree.AssignExpr(target=target):
                names |= set(_names_of(target))
            case tree.Call(callee=tree.Member(object=inner, name="abort" | "add" | "delete" | "clear")):
                names |= set(_names_of(inner))
            case tree.Call(callee=callee, arguments=arguments) if _sets_state(callee):
                for argument in arguments:
                    for node in tree.walk(argument.value):
                        if (
                            isinstance(node, tree.Entry)
                            and isinstance(node.key, tree.Literal)
                            and isinstance(node.key.value, str)
                        ):
                            names.add(node.key.value)
            case _:
                pass
    return frozenset(names)


def _is_local(target: At[tree.Expr]) -> bool:
    """Whether a name is one of the function that writes it: nobody else reads that."""
    binding = target.index.bindings.get(target.node) if isinstance(target.node, tree.Name) else None
    scope = binding.scope if binding is not None else None
    while scope is not None and scope.kind == "block":
        scope = scope.parent
    return scope is not None and scope.owner is target.index.function_of(target.node)


def _names_of(target: tree.Expr) -> Iterator[str]:
    match target:
        case tree.Name(id=name):
            yield name
        case tree.Member(object=inner, name="current" | "signal" | "aborted" | "value"):
            yield from _names_of(inner)
        case tree.Member(name=name):
            yield name
        case tree.Index(object=inner):
            yield from _names_of(inner)
        case _:
            return


def _sets_state(callee: tree.Expr) -> bool:
    return (isinstance(callee, tree.Name) and callee.id == "set") or (
        isinstance(callee, tree.Member) and callee.name == "setState"
    )


def tested_names(test: tree.Expr) -> frozenset[str]:
    """What a condition reads, by the last name of each path."""
    names: set[str] = set()
    for node in tree.walk(test):
        if isinstance(node, tree.Name | tree.Member):
            names |= set(_names_of(node))
    return frozenset(names)


def guards_of(program: Program, at: At[tree.Node], closure_depth: int = 3) -> Iterator[tree.Expr]:
    """The conditions that decide whether a node runs within its function: around it, or leaving before it.

    Simple functions called in a condition are looked into (`if (shouldReconnect())`).
    """
    function = at.index.function_of(at.node)
    for ancestor in at.index.ancestors(at.node):
        if ancestor is function:
            break
        if isinstance(ancestor, tree.If | tree.Conditional):
            yield from _with_called(program, at.to(ancestor.test), closure_depth)
        elif isinstance(ancestor, tree.Operation) and ancestor.operator in ("and", "or", "??"):
            for operand in ancestor.operands[:-1]:
                yield from _with_called(program, at.to(operand), closure_depth)
        elif isinstance(ancestor, tree.Switch):
            yield ancestor.subject
    if function is None:
        return
    for node in tree.walk(function.body, tree.same_function):
        if (
            isinstance(node, tree.If)
            and node.start < at.node.start
            and leaves(node.then)
            and not node.start <= at.node.start < node.end
        ):
            yield from _with_called(program, at.to(node.test), closure_depth)


def _with_called(program: Program, test: At[tree.Expr], depth: int) -> Iterator[tree.Expr]:
    yield test.node
    if depth <= 0:
        return
    for node in tree.walk(test.node):
        if isinstance(node, tree.Call):
            for function in functions(program, test.to(node.callee)):
                for inner in own_nodes(function):
                    if isinstance(inner, tree.Return) and inner.value is not None:
                        yield inner.value
        elif isinstance(node, tree.Name):
            binding = test.index.bindings.get(node)
            for definition in binding.definitions if binding else ():
                if (
                    definition.kind == "value"
                    and definition.value is not None
                    and not isinstance(definition.value, tree.Function)
                ):
                    yield definition.value
