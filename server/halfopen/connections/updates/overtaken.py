"""A state that holds the latest message alone, and an effect that puts it into a list: of two messages between two
renders the first never gets there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from halfopen.connections.facts import Evidence
from halfopen.connections.shipped import is_shipped
from halfopen.connections.updates.applied import runs
from halfopen.connections.updates.facts import Overtaken
from halfopen.connections.updates.slots import Slot, slot_of
from halfopen.connections.updates.writes import Site, writes_in
from halfopen.semantics import tree
from halfopen.semantics.flow import aliases, aliases_of_target
from halfopen.semantics.program import At, Program
from halfopen.semantics.react import Effect, effect_of
from halfopen.semantics.stores import readers


def overtaken(program: Program, sites: Iterable[tuple[Slot, list[Site]]]) -> Iterator[Overtaken]:
    """Each state that messages replace and that an effect appends to another one."""
    for slot, written in sites:
        if any(each.how not in ("replaced", "cleared") for each in written):
            continue
        place = next((each.call for each in written if each.how == "replaced"), None)
        effect = next(_collecting(program, slot), None) if place is not None else None
        if place is not None and effect is not None:
            kept, at = effect
            yield Overtaken(
                slot.key,
                kept.slot.key,
                place.span,
                slot.is_store,
                (Evidence(at.call.span, f"puts {slot.key} into {kept.slot.key} after a render"),),
            )


def _collecting(program: Program, slot: Slot) -> Iterator[tuple[Site, Effect]]:
    """The writes by which an effect that depends on a slot appends it to another, or changes one entry by it."""
    seen: set[tree.Node] = set()
    for use in uses(program, slot):
        effect = effect_on(program, use)
        if effect is None or effect.call.node in seen or not is_shipped(use.path):
            continue
        seen.add(effect.call.node)
        program.queries.note(use.unit)
        for function in runs(program, [effect.callback], later=False)[:8]:
            for site in writes_in(program, function):
                adds = site.how == "appended" or (site.how == "merged" and _is_of_one(site))
                if adds and site.slot != slot and _holds(site, use):
                    yield site, effect


def uses(program: Program, slot: Slot) -> Iterator[At[tree.Expr]]:
    """Where the present value of a slot is read."""
    if not slot.is_store:
        parent = slot.home.parent
        target = parent.targets[0] if isinstance(parent, tree.Assign) else None
        if isinstance(target, tree.Sequence) and target.items:
            yield from aliases_of_target(program, slot.home.to(target.items[0]))
        return
    for reader in readers(program, slot.home):
        yield from _taken(program, reader, slot)


def _taken(program: Program, reader: At[tree.Call | tree.Parameter], slot: Slot) -> Iterator[At[tree.Expr]]:
    """`const { latest } = useStore()`, `useStore((state) => state.latest)`."""
    parent = reader.parent
    if isinstance(parent, tree.Assign) and isinstance(parent.targets[0], tree.Object):
        for entry in parent.targets[0].entries:
            if isinstance(entry.key, tree.Literal) and entry.key.value == slot.key:
                yield from aliases_of_target(program, reader.to(entry.value))
    if isinstance(reader.node, tree.Parameter):
        argument = reader.index.parents.get(parent) if parent is not None else None
        call = reader.index.parents.get(argument) if argument is not None else None
        if isinstance(call, tree.Call) and slot_of(program, reader.to(call)) == slot:
            yield from aliases(program, reader.to(call))


def effect_on(program: Program, use: At[tree.Expr]) -> Effect | None:
    """The effect whose dependencies hold a use."""
    items = use.parent
    argument = use.index.parents.get(items) if isinstance(items, tree.Sequence) else None
    call = use.index.parents.get(argument) if isinstance(argument, tree.Argument) else None
    if isinstance(call, tree.Call) and len(call.arguments) > 1 and call.arguments[1] is argument:
        return effect_of(program, use.to(call))
    return None


def _is_of_one(site: Site) -> bool:
    """Whether a write changes the one entry that a message is about: `before.map(...)`, `{ ...before, [id]: entry }`."""
    for node in tree.walk(site.value.node):
        match node:
            case tree.Call(callee=tree.Member(name="map" | "filter" | "set" | "findIndex")):
                return True
            case tree.Entry(key=key) if key is not None and not isinstance(key, tree.Literal):
                return True
            case _:
                pass
    return False


def _holds(site: Site, use: At[tree.Expr]) -> bool:
    """Whether what is put there is the state itself or made of it, by the name that the effect depends on."""
    name = use.node.id if isinstance(use.node, tree.Name) else ""
    return bool(name) and any(_names(site, node, name) for node in tree.walk(site.call.node))


def _names(site: Site, node: tree.Node, name: str) -> bool:
    """Whether a node is the name, or a local that was made of it (`const entry = JSON.parse(latest.data)`)."""
    if not isinstance(node, tree.Name):
        return False
    binding = site.call.index.bindings.get(node) if node.id != name else None
    return node.id == name or any(
        definition.value is not None
        and any(isinstance(each, tree.Name) and each.id == name for each in tree.walk(definition.value))
        for definition in (binding.definitions if binding is not None else ())
    )
