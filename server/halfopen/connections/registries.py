"""Containers that outlive a handler: which one an expression means, and what enters and leaves it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.function_shape import argument_of, is_receiver
from halfopen.semantics.instances import classes
from halfopen.semantics.program import At, Global, Program, own_nodes


@dataclass(frozen=True, slots=True)
class FieldOf:
    """A container in a field of an object that outlives the handler."""

    klass: At[tree.Class]
    name: str

    def __str__(self) -> str:
        return f"{self.klass.node.name}.{self.name}"


@dataclass(frozen=True, slots=True)
class ModuleName:
    """A container in a module-level variable."""

    path: str
    name: str

    def __str__(self) -> str:
        return self.name


Container: TypeAlias = FieldOf | ModuleName

_ADDING = frozenset({"append", "add", "appendleft", "insert"})
_REMOVING = frozenset({"remove", "discard", "pop", "popitem", "clear"})
_VIEWS = frozenset({"setdefault", "get", "values", "items", "keys", "copy"})
_COPIES = frozenset({"list", "tuple", "set", "sorted", "dict"})


@dataclass(frozen=True, slots=True)
class Registration:
    """`value` enters `container`: by a call, or under `key` by assignment."""

    container: Container
    node: At[tree.Node]
    value: At[tree.Expr]
    key: At[tree.Expr] | None


@dataclass(frozen=True, slots=True)
class Removal:
    """Something leaves `container`; `what` is the value or key, None where everything does."""

    container: Container
    node: At[tree.Node]
    what: At[tree.Expr] | None
    by_key: bool


def container_of(program: Program, at: At[tree.Expr], depth: int = 0) -> Container | None:
    """The long-lived container that an expression is, or is a part of (`rooms[room]`, `rooms.get(room)`)."""
    if depth > 6:
        return None
    node = at.node
    match node:
        case tree.Name(id=name):
            binding = at.index.bindings.get(node)
            if binding is None:
                return _module_name(program, at.path, name)
            for definition in binding.definitions:
                if definition.value is not None and definition.kind in ("value", "element"):
                    found = container_of(program, at.to(definition.value), depth + 1)
                    if found is not None:
                        return found
            return None
        case tree.Member(object=inner, name=name):
            if isinstance(inner, tree.Name) and is_receiver(at.to(inner), inner.id):
                klass = at.index.class_of(node)
                return FieldOf(at.to(klass), name) if klass is not None else None
            for klass in classes(program, at.to(inner)):
                return FieldOf(klass, name)
            module = _module(program, at.to(inner)) if isinstance(inner, tree.Name) else None
            return _module_name(program, module, name) if module is not None else None
        case tree.Index(object=inner):
            return container_of(program, at.to(inner), depth + 1)
        case tree.Call(callee=tree.Member(object=inner, name=name)) if name in _VIEWS:
            return container_of(program, at.to(inner), depth + 1)
        case tree.Call(callee=tree.Name(id=name), arguments=arguments) if name in _COPIES and arguments:
            return container_of(program, at.to(arguments[0].value), depth + 1)
        case tree.Await(value=value):
            return container_of(program, at.to(value), depth + 1)
        case _:
            return None


def _container_with(program: Program, call: At[tree.Call], at: At[tree.Expr]) -> Container | None:
    """The container whose method is called; a class of the project that has an `add` of its own keeps things elsewhere."""
    return None if functions(program, call.to(call.node.callee)) else container_of(program, at)


def _module(program: Program, at: At[tree.Name]) -> str | None:
    """The file of the module that a name was imported as (`from app import state`)."""
    for source, _unit, definition in program.definitions_of(program.variable(at)):
        imported = program.imported(source, definition) if definition.kind == "import" else None
        if isinstance(imported, str):
            return imported
    return None


def _module_name(program: Program, path: str, name: str) -> Container | None:
    for source, _unit, definition in program.definitions_of(Global(path, name)):
        if definition.kind == "import":
            imported = program.imported(source, definition)
            return ModuleName(imported.path, imported.name) if isinstance(imported, Global) else None
        return ModuleName(path, name)
    return None


def registrations_in(program: Program, function: At[tree.Function]) -> Iterator[Registration]:
    """What a function's own statements put into long-lived containers."""
    for node in own_nodes(function):
        match node:
            case tree.Call(callee=tree.Member(object=inner, name=name), arguments=arguments) if (
                name in _ADDING and arguments
            ):
                container = _container_with(program, function.to(node), function.to(inner))
                if container is not None:
                    value = arguments[-1].value if name == "insert" else arguments[0].value
                    yield Registration(container, function.to(node), function.to(value), None)
            case tree.Assign(targets=targets, value=value, operator="") if value is not None:
                if isinstance(value, tree.Literal) and value.value is None:
                    continue
                for target in targets:
                    if isinstance(target, tree.Index):
                        container = container_of(program, function.to(target.object))
                        if container is not None and not _filters(program, function.to(value), container):
                            yield Registration(
                                container, function.to(node), function.to(value), function.to(target.key)
                            )
            case _:
                pass


def _filters(program: Program, value: At[tree.Expr], container: Container) -> bool:
    """Whether a value is what a comprehension leaves of the container itself."""
    return isinstance(value.node, tree.Comprehension) and any(
        container_of(program, value.to(clause.iterable)) == container for clause in value.node.clauses
    )


def removals_in(program: Program, function: At[tree.Function]) -> Iterator[Removal]:
    """What a function's own statements take out of long-lived containers."""
    for node in own_nodes(function):
        yield from removals_at(program, function.to(node))


def removals_at(program: Program, at: At[tree.Node]) -> Iterator[Removal]:
    """What evaluating one node takes out of long-lived containers (its parts not included)."""
    match at.node:
        case tree.Call(callee=tree.Member(object=inner, name=name), arguments=arguments) if name in _REMOVING:
            container = _container_with(program, at.to(at.node), at.to(inner))
            if container is not None:
                what = at.to(arguments[0].value) if arguments else None
                yield Removal(container, at, what, by_key=name == "pop")
        case tree.Call(arguments=arguments):
            for argument in arguments:
                value = argument.value
                if isinstance(value, tree.Member) and value.name in _REMOVING and len(arguments) > 1:
                    container = container_of(program, at.to(value.object))
                    if container is not None:
                        position = arguments.index(argument) + 1
                        what = at.to(arguments[position].value) if position < len(arguments) else None
                        yield Removal(container, at, what, by_key=value.name == "pop")
        case tree.Delete(targets=targets):
            for target in targets:
                if isinstance(target, tree.Index):
                    container = container_of(program, at.to(target.object))
                    if container is not None:
                        yield Removal(container, at, at.to(target.key), by_key=True)
        case tree.Assign(targets=targets, value=tree.Comprehension() as value):
            for target in targets:
                container = container_of(program, at.to(target))
                if container is not None and any(
                    container_of(program, at.to(clause.iterable)) == container for clause in value.clauses
                ):
                    conditions = [each for clause in value.clauses for each in clause.conditions]
                    what = next((each for each in conditions if isinstance(each, tree.Operation)), None)
                    yield Removal(container, at, at.to(what) if what is not None else None, by_key=False)
        case tree.Assign(targets=targets, operator="", value=tree.Literal(value=None)):
            # `state["active"] = None` frees the slot.
            for target in targets:
                if isinstance(target, tree.Index):
                    container = container_of(program, at.to(target.object))
                    if container is not None:
                        yield Removal(container, at, at.to(target.key), by_key=True)
        case tree.Assign(targets=targets, operator="-", value=tree.Sequence(items=items)) if items:
            for target in targets:
                container = container_of(program, at.to(target))
                if container is not None:
                    yield Removal(container, at, at.to(items[0]), by_key=False)
        case _:
            return


def is_own(removal: Removal) -> bool:
    """Whether a removal takes out what its function was given, not what it found while iterating."""
    what = removal.what
    if what is None:
        return True
    for name in tree.walk(what.node):
        if isinstance(name, tree.Name) and _is_element(what.to(name)):
            return _compares_identity(what, name) or _leaves_all_but_one(what)
    return True


def _is_element(name: At[tree.Name]) -> bool:
    binding = name.index.bindings.get(name.node)
    return binding is not None and any(each.kind == "element" for each in binding.definitions)


def _leaves_all_but_one(condition: At[tree.Expr]) -> bool:
    """`[(name, ws) for name, ws in ... if ws is not websocket]` leaves out what the function was given."""
    for node in tree.walk(condition.node):
        if isinstance(node, tree.Operation) and node.operator in ("is not", "!="):
            names = [condition.to(each) for each in node.operands if isinstance(each, tree.Name)]
            given = [each for each in names if each.node in each.index.bindings and not _is_element(each)]
            if given and len(given) < len(node.operands):
                return True
    return False


def takes_found(
    program: Program, call: At[tree.Call], callee: At[tree.Function], container: Container
) -> bool:
    """Whether a call has something taken out that its own function found: `for dead in failed: self.disconnect(dead)`.

    A room that is left by each of its names (`self.leave(room, user_id)`) loses what the function was given.
    """
    taken = [each for each in removals_in(program, callee) if each.container == container]
    single = [each for each in taken if not each.by_key] or taken
    return bool(single) and all(_is_found(call, callee, each) for each in single)


def _is_found(call: At[tree.Call], callee: At[tree.Function], removal: Removal) -> bool:
    """Whether a call gives what is removed, and has it from a loop that does not look whose it is."""
    what = removal.what
    if what is None:
        return False
    named = {each.id for each in tree.walk(what.node) if isinstance(each, tree.Name)}
    for parameter in callee.node.parameters:
        if not isinstance(parameter.target, tree.Name) or parameter.target.id not in named:
            continue
        value = argument_of(call.node, callee.node, parameter)
        if isinstance(value, tree.Name):
            binding = call.index.bindings.get(value)
            if binding is not None and any(each.kind == "element" for each in binding.definitions):
                return not _compares_identity(call.to(value), value)
    return False


def _compares_identity(what: At[tree.Expr], name: tree.Name) -> bool:
    """`for key, ws in ...: if ws is websocket: del container[key]` searches for its own entry."""
    is_compared = False
    for ancestor in what.index.ancestors(what.node):
        if isinstance(ancestor, tree.Function):
            return False
        if isinstance(ancestor, tree.Loop) and is_compared:
            return True
        if (
            isinstance(ancestor, tree.If)
            and isinstance(ancestor.test, tree.Operation)
            and ancestor.test.operator in ("is", "==", "in")
            and name.start >= ancestor.then.start
        ):
            is_compared = True
    return False
