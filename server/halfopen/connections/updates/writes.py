"""Every place that sets a slot of state: how it makes the new value, and from what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from halfopen.connections.updates.facts import How
from halfopen.connections.updates.slots import Slot, setter_slot, store_set_by
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.flow import aliases_of_target
from halfopen.semantics.function_shape import returned
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.stores import initializers, store_names


@dataclass(frozen=True, slots=True)
class Site:
    """One write of a slot. `value` is the new value's expression, or the updater that makes it."""

    slot: Slot
    call: At[tree.Call]
    value: At[tree.Expr]
    how: How
    bounded: bool


def writes_in(program: Program, function: At[tree.Function]) -> Iterator[Site]:
    """The writes that a function does itself."""
    for node in own_nodes(function):
        if isinstance(node, tree.Call) and node.arguments:
            yield from writes_of(program, function.to(node))


def writes_of(program: Program, call: At[tree.Call]) -> Iterator[Site]:
    """The slots that one call sets."""
    first = call.to(call.node.arguments[0].value) if call.node.arguments else None
    if first is None:
        return
    slot = setter_slot(program, call.to(call.node.callee))
    if slot is not None:
        yield _site(program, slot, call, first)
        return
    store = store_set_by(program, call)
    if store is None:
        return
    for value, updater in _new_states(program, first):
        if isinstance(value.node, tree.Object):
            for entry in value.node.entries:
                if isinstance(entry.key, tree.Literal) and isinstance(entry.key.value, str):
                    slot = Slot(store, entry.key.value, is_store=True)
                    given = value.to(entry.value)
                    yield Site(slot, call, given, _how(program, given, slot), _cuts(updater or given))
    if isinstance(first.node, tree.Function):
        yield from _drafted(store, call, first.to(first.node))


def _new_states(
    program: Program, first: At[tree.Expr]
) -> Iterator[tuple[At[tree.Expr], At[tree.Function] | None]]:
    if isinstance(first.node, tree.Object):
        yield first, None
        return
    for function in functions(program, first):
        for value in returned(function):
            if isinstance(value.node, tree.Conditional):
                yield value.to(value.node.then), function
                yield value.to(value.node.otherwise), function
            else:
                yield value, function


def _drafted(store: At[tree.Call], call: At[tree.Call], recipe: At[tree.Function]) -> Iterator[Site]:
    """What a recipe does to Immer's draft: `state.items.push(item)`, `state.status = message.status`."""
    if not recipe.node.parameters or not isinstance(recipe.node.parameters[0].target, tree.Name):
        return
    draft = recipe.node.parameters[0].target.id
    for node in own_nodes(recipe):
        if isinstance(node, tree.Assign) and node.value is not None:
            for target in node.targets:
                key = _key_of(target, draft)
                if key is not None:
                    direct = isinstance(target, tree.Member) and isinstance(target.object, tree.Name)
                    yield Site(
                        Slot(store, key, True),
                        call,
                        recipe.to(node.value),
                        "replaced" if direct else "merged",
                        False,
                    )
        elif isinstance(node, tree.Call) and isinstance(node.callee, tree.Member):
            key = _key_of(node.callee.object, draft)
            if key is not None and node.callee.name in ("push", "unshift"):
                yield Site(Slot(store, key, True), call, recipe.to(node), "appended", _cuts(recipe))


def _key_of(node: tree.Expr, draft: str) -> str | None:
    """The state's key that a path from the draft begins with."""
    while isinstance(node, tree.Member | tree.Index):
        inner = node.object
        if isinstance(inner, tree.Name) and inner.id == draft:
            return node.name if isinstance(node, tree.Member) else None
        node = inner
    return None


def _site(program: Program, slot: Slot, call: At[tree.Call], value: At[tree.Expr]) -> Site:
    return Site(slot, call, value, _how(program, value, slot), _cuts(value))


def _how(program: Program, value: At[tree.Expr], slot: Slot) -> How:
    node = value.node
    match node:
        case tree.Function():
            kinds: list[How] = [*(_how(program, each, slot) for each in returned(value.to(node)))]
            return strongest(kinds) if kinds else "merged"
        case tree.Literal(value=None | False | "" | 0):
            return "cleared"
        case tree.Sequence(items=()) | tree.Object(entries=()):
            return "cleared"
        case tree.Sequence(items=items):
            return "appended" if any(isinstance(each, tree.Spread) for each in items) else "replaced"
        case tree.Object(entries=entries):
            return "merged" if any(entry.key is None for entry in entries) else "replaced"
        case tree.Operation(operator="+", operands=operands):
            by_number = any(
                isinstance(each, tree.Literal) and isinstance(each.value, int | float) for each in operands
            )
            return "counted" if by_number else "appended"
        case tree.Conditional(then=then, otherwise=otherwise):
            return strongest([_how(program, value.to(each), slot) for each in (then, otherwise)])
        case tree.Call(callee=tree.Member(object=inner, name=name)):
            if name in ("slice", "sort", "toSorted"):
                return _how(program, value.to(inner), slot)
            if name in ("map", "concat", "with"):
                return "appended" if name == "concat" else "merged"
            if name == "filter":
                return "removed"
            return "replaced"
        case tree.Call(callee=tree.Name(id="Map" | "Set"), arguments=arguments):
            return "merged" if arguments else "cleared"
        case tree.Name():
            return _local(program, value.to(node), slot)
        case _:
            return "replaced"


def adds_entry(site: Site) -> bool:
    """Whether a write puts an entry into a list, and does not join a piece of text."""
    for node in tree.walk(site.value.node):
        match node:
            case tree.Sequence(items=items) if any(isinstance(each, tree.Spread) for each in items):
                return True
            case tree.Call(callee=tree.Member(name="concat" | "push" | "unshift")):
                return True
            case _:
                pass
    return False


_STRENGTH: dict[How, int] = {
    "cleared": 0, "replaced": 1, "removed": 2, "counted": 3, "merged": 4, "appended": 5
}  # fmt: skip


def strongest(kinds: Sequence[How]) -> How:
    """The write that rests most on the old value."""
    best: How = "cleared"
    for each in kinds:
        if _STRENGTH[each] > _STRENGTH[best]:
            best = each
    return best


def _local(program: Program, name: At[tree.Name], slot: Slot) -> How:
    """How a local was made that is set now (`const next = new Map(previous)`)."""
    binding = name.index.bindings.get(name.node)
    for definition in binding.definitions if binding else ():
        if definition.kind == "value" and definition.value is not None and not definition.steps:
            value = definition.value
            if isinstance(value, tree.Sequence | tree.Object | tree.Call | tree.Operation):
                copied = isinstance(value, tree.Call) and isinstance(value.callee, tree.Name)
                if copied and not (isinstance(value, tree.Call) and value.is_new):
                    continue
                return _how(program, name.to(value), slot)
    return "replaced"


def _cuts(at: At[tree.Expr] | At[tree.Function]) -> bool:
    """Whether the new value is cut to some length: `slice`, `shift`, `splice`, or a look at `length`."""
    return any(
        isinstance(node, tree.Member) and node.name in ("slice", "shift", "splice", "pop", "length", "take")
        for node in tree.walk(at.node)
    )


def writes_everywhere(program: Program, slot: Slot) -> list[Site]:
    """Every write of a slot in the workspace."""
    key = ("writes of slot", slot)
    return program.queries.get(key, lambda: list(_everywhere(program, slot)))


def _everywhere(program: Program, slot: Slot) -> Iterator[Site]:
    program.queries.note(slot.home.unit)
    seen: set[tree.Node] = set()
    for call in _setting_calls(program, slot):
        if call.node not in seen:
            seen.add(call.node)
            program.queries.note(call.unit)
            yield from (each for each in writes_of(program, call) if each.slot == slot)


def _setting_calls(program: Program, slot: Slot) -> Iterator[At[tree.Call]]:
    if not slot.is_store:
        parent = slot.home.parent
        target = parent.targets[0] if isinstance(parent, tree.Assign) else None
        if isinstance(target, tree.Sequence) and len(target.items) > 1:
            for alias in aliases_of_target(program, slot.home.to(target.items[1])):
                call = alias.parent
                if isinstance(call, tree.Call) and call.callee is alias.node:
                    yield alias.to(call)
        return
    for initializer in initializers(program, slot.home):
        for call in initializer.index.calls:
            if (
                isinstance(call.callee, tree.Name)
                and store_set_by(program, initializer.to(call)) == slot.home
            ):
                yield initializer.to(call)
    for variable in store_names(program, slot.home):
        for read in program.reads(variable):
            member = read.parent
            call = read.index.parents.get(member) if isinstance(member, tree.Member) else None
            if isinstance(member, tree.Member) and member.name == "setState" and isinstance(call, tree.Call):
                yield read.to(call)
