"""State that is changed in place: the store or React keeps the same reference, and what compares it sees no change."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.facts import Evidence
from halfopen.connections.shipped import is_shipped
from halfopen.connections.updates.facts import Mutation
from halfopen.connections.updates.slots import Slot, initial_value, setter_slot, slot_of, store_set_by
from halfopen.semantics import tree
from halfopen.semantics.function_shape import returned
from halfopen.semantics.program import At, Program, own_nodes

_OF_ARRAYS = frozenset({"push", "unshift", "splice", "sort", "reverse", "pop", "shift", "fill", "copyWithin"})
_OF_COLLECTIONS = frozenset({"set", "add", "delete", "clear"})


def mutations_in(program: Program, function: At[tree.Function]) -> Iterator[Mutation]:
    """The places of a function that change a slot's present value."""
    for node in own_nodes(function):
        at = function.to(node)
        for target, how in _changed(at):
            slot = slot_of(program, target)
            if slot is None or (how in _OF_COLLECTIONS and not _is_collection(program, slot)):
                continue
            if how in ("assignment", "delete") and _is_object_of_its_own(program, slot):
                continue
            if not _is_watched(program, slot):
                continue
            renewed = next(filter(None, (_renewed(program, each, slot) for each in _around(function))), None)
            yield Mutation(
                at.span,
                slot.key,
                how,
                slot.is_store,
                renewed is not None,
                (Evidence(slot.home.span, f"{slot.key} is kept here"),)
                + ((Evidence(renewed.span, "a copy is set only after the change"),) if renewed else ()),
            )


def _changed(at: At[tree.Node]) -> Iterator[tuple[At[tree.Expr], str]]:
    """What a node changes in place, and how."""
    match at.node:
        case tree.Call(callee=tree.Member(object=inner, name=name)) if name in _OF_ARRAYS | _OF_COLLECTIONS:
            yield at.to(inner), name
        case tree.Assign(targets=targets):
            for target in targets:
                if isinstance(target, tree.Member | tree.Index):
                    yield at.to(target.object), "assignment"
        case tree.AssignExpr(target=tree.Member() | tree.Index() as target):
            yield at.to(target.object), "assignment"
        case tree.Delete(targets=targets):
            for target in targets:
                if isinstance(target, tree.Member | tree.Index):
                    yield at.to(target.object), "delete"
        case _:
            return


def _is_collection(program: Program, slot: Slot) -> bool:
    """Whether a slot holds a Map or a Set: `set` and `delete` of anything else are methods of its own."""
    value = initial_value(program, slot)
    return (
        value is not None
        and isinstance(value.node, tree.Call)
        and isinstance(value.node.callee, tree.Name)
        and value.node.callee.id in ("Map", "Set")
    )


def _is_object_of_its_own(program: Program, slot: Slot) -> bool:
    """Whether a slot holds a socket, a timer or another thing that is no data: null at first, and then made with `new`."""
    value = initial_value(program, slot)
    return value is None or (isinstance(value.node, tree.Literal) and value.node.value is None)


def _is_watched(program: Program, slot: Slot) -> bool:
    """Whether anything outside the store reads the slot: bookkeeping that nobody renders may be changed in place."""
    if not slot.is_store:
        return True
    for module, unit in program.units_with(slot.key, "typescript"):
        if unit is not slot.home.unit and is_shipped(module.path):
            return True
    return False


def _around(function: At[tree.Function]) -> Iterator[At[tree.Function]]:
    """A function, and those it stands in: a callback's change may be followed by a copy outside of it."""
    yield function
    for ancestor in function.index.ancestors(function.node):
        if isinstance(ancestor, tree.Function):
            yield function.to(ancestor)


def _renewed(program: Program, function: At[tree.Function], slot: Slot) -> At[tree.Node] | None:
    """Where the same function sets the slot to a copy."""
    for node in own_nodes(function):
        if isinstance(node, tree.Call):
            store = store_set_by(program, function.to(node))
            if store is not None and slot.is_store and store == slot.home:
                for argument in node.arguments[:1]:
                    for entry in _entries(function.to(argument.value)):
                        if _key(entry.node) == slot.key:
                            value = entry.to(entry.node.value)
                            if slot_of(program, value) is None:
                                return entry
            elif setter_slot(program, function.to(node.callee)) == slot and node.arguments:
                value = function.to(node.arguments[0].value)
                if not isinstance(value.node, tree.Function) and slot_of(program, value) is None:
                    return function.to(node)
        elif isinstance(node, tree.Return) and node.value is not None:
            for entry in _entries(function.to(node.value)):
                value = entry.to(entry.node.value)
                if _key(entry.node) == slot.key and slot_of(program, value) is None:
                    return entry
            if not slot.is_store and isinstance(node.value, tree.Sequence | tree.Object | tree.Call):
                return function.to(node)
    return None


def _entries(at: At[tree.Expr]) -> Iterator[At[tree.Entry]]:
    if isinstance(at.node, tree.Object):
        for entry in at.node.entries:
            yield at.to(entry)
    elif isinstance(at.node, tree.Function):
        for value in returned(at.to(at.node)):
            yield from _entries(value)


def _key(entry: tree.Entry) -> str | None:
    if isinstance(entry.key, tree.Literal) and isinstance(entry.key.value, str):
        return entry.key.value
    return None
