"""What waits to be sent to a connection, and whether anything bounds it."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.facts import Evidence, Fact, Known, Unknown
from halfopen.connections.handling import Handling
from halfopen.connections.queued import QUEUES
from halfopen.connections.sending.broadcasts import PUTTING, deliveries, is_end_marker
from halfopen.connections.sending.calling import described
from halfopen.connections.sending.facts import SendQueue
from halfopen.connections.sending.registered import Entered
from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers
from halfopen.semantics.flow import aliases
from halfopen.semantics.function_shape import name_of_function
from halfopen.semantics.members import members
from halfopen.semantics.names import method_call
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.values import origins

_TAKING = frozenset({"get", "get_nowait"})
_MEASURING = frozenset({"qsize", "full"})


def send_queues(handling: Handling, registries: tuple[Entered, ...]) -> Iterator[SendQueue]:
    """The queues that are made for a connection and emptied into it, with what fills them."""
    program = handling.program
    for function in _makers(handling):
        for node in own_nodes(function):
            if not isinstance(node, tree.Call) or not qualified(program, function.to(node.callee)) & QUEUES:
                continue
            made = function.to(node)
            held = aliases(program, made)
            if not _is_field(made) and not any(
                _is_called(each, _TAKING) or isinstance(each.parent, tree.Argument) for each in held
            ):
                continue
            shared = [
                each for each in registries if each.held == "queues" and each.handling.root == handling.root
            ]
            puts = tuple(_puts(program, held))
            from_all = tuple(_broadcast_puts(program, shared, held))
            if not from_all and any(_is_measured(each) for each in held):
                continue
            yield SendQueue(
                made.span,
                _name_of(made),
                "queue",
                _max_size(program, made),
                tuple(dict.fromkeys((*puts, *from_all))),
                tuple(
                    dict.fromkeys((*_from_others(handling, puts), *_for_everybody(program, held), *from_all))
                ),
            )


def _is_measured(at: At[tree.Expr]) -> bool:
    """Whether what waits is counted before anything is done: `if queue.qsize() < 50:`."""
    call = _is_called(at, _MEASURING)
    return call is not None and any(
        isinstance(each, tree.If | tree.Loop)
        and (each.test is not None and each.test.start <= call.node.start < each.test.end)
        for each in call.index.ancestors(call.node)
    )


def _is_field(made: At[tree.Call]) -> bool:
    """Whether a queue is kept in a field, which classes that inherit it may empty."""
    parent = made.parent
    return isinstance(parent, tree.Assign) and any(isinstance(each, tree.Member) for each in parent.targets)


def _makers(handling: Handling) -> Iterator[At[tree.Function]]:
    """The functions that run for the connection, with the constructors of base classes."""
    for function in handling.reachable:
        yield function
        klass = function.index.class_of(function.node)
        if function.node.name != "__init__" or klass is None:
            continue
        for base in klass.bases:
            for origin in origins(handling.program, function.to(base)):
                if isinstance(origin, At) and isinstance(origin.node, tree.Class):
                    for value in members(handling.program, origin.to(origin.node), "__init__"):
                        if isinstance(value.node, tree.Function):
                            yield value.to(value.node)


def _is_called(at: At[tree.Expr], names: frozenset[str]) -> At[tree.Call] | None:
    called = method_call(at)
    return called[1] if called is not None and called[0] in names else None


def _puts(program: Program, held: list[At[tree.Expr]]) -> Iterator[Evidence]:
    for each in held:
        call = _is_called(each, PUTTING)
        if call is not None and not is_end_marker(program, call):
            yield _fed(call)


def _broadcast_puts(
    program: Program, registries: list[Entered], held: list[At[tree.Expr]]
) -> Iterator[Evidence]:
    known = {each.node for each in held}
    for registry in registries:
        if any(each.value.node in known for each in registry.registrations):
            for delivery in deliveries(program, registry):
                yield _fed(delivery.send)


def _fed(call: At[tree.Call]) -> Evidence:
    function = call.index.function_of(call.node)
    who = described(call.to(function)) if function is not None else "the module"
    return Evidence(call.span, f"{who} puts a message in it without waiting for the reader")


def _for_everybody(program: Program, held: list[At[tree.Expr]]) -> Iterator[Evidence]:
    """The calls in loops over connections of a method that fills the queue: its own handler alone would not loop."""
    for each in held:
        put = _is_called(each, PUTTING)
        function = put.index.function_of(put.node) if put is not None else None
        if put is None or function is None or is_end_marker(program, put):
            continue
        for call in callers(program, put.to(function)):
            if is_shipped(call.path) and _is_on_an_element(program, call):
                inside = call.index.function_of(call.node)
                who = described(call.to(inside)) if inside is not None else "a loop"
                yield Evidence(call.span, f"{who} puts a message in the queue of each client")


def _is_on_an_element(program: Program, call: At[tree.Call]) -> bool:
    """Whether a method is called on what a loop binds."""
    callee = call.node.callee
    if not isinstance(callee, tree.Member) or not isinstance(callee.object, tree.Name):
        return False
    variable = program.variable(call.to(callee.object))
    return any(definition.kind == "element" for _, _, definition in program.definitions_of(variable))


def _from_others(handling: Handling, fed: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """The feeding places that stand outside the functions that run for this connection alone."""
    own = [each.span for each in handling.reachable]
    return tuple(
        each
        for each in fed
        if not any(
            span.unit is getattr(each.place, "unit", None)
            and span.start <= getattr(each.place, "start", -1) < span.end
            for span in own
        )
    )


def _max_size(program: Program, made: At[tree.Call]) -> Fact[int | None]:
    given = next((each.value for each in made.node.arguments if each.name in (None, "maxsize")), None)
    if given is None:
        return Known(None, (Evidence(made.span, "is made without a maxsize"),))
    for origin in origins(program, made.to(given)):
        if isinstance(origin, At) and isinstance(origin.node, tree.Literal):
            value = origin.node.value
            if isinstance(value, int):
                return Known(value if value > 0 else None, (Evidence(made.span, f"maxsize={value}"),))
    return Unknown("the queue's maxsize", (Evidence(made.span, "its maxsize is computed"),))


def _name_of(made: At[tree.Call]) -> str:
    parent = made.parent
    if isinstance(parent, tree.Assign):
        target = parent.targets[0]
        if isinstance(target, tree.Name | tree.Member | tree.Index):
            return made.to(target).text
    function = made.index.function_of(made.node)
    name = name_of_function(made.to(function))[0] if function is not None else None
    return f"the queue of {name}" if name else "a queue"
