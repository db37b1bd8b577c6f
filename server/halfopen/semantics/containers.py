"""Of which classes the elements of a container are, as Python annotations declare it, or by what is put in.

`self._of_user: dict[str, set[Connection]] = {}` says what `for connection in self._of_user.get(user, ())` binds;
`self.rooms[name] = Room(name)` says what `self.rooms.get(name)` gives.
"""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.semantics import tree
from halfopen.semantics.declared_types import annotated_classes, declared_classes, types_in
from halfopen.semantics.function_shape import is_receiver
from halfopen.semantics.instances import classes
from halfopen.semantics.program import At, Program
from halfopen.semantics.scopes import Step
from halfopen.semantics.values import origins

_MAPPINGS = frozenset(
    {"dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "DefaultDict", "OrderedDict", "WeakValueDictionary"}
)  # fmt: skip
_COLLECTIONS = frozenset(
    {
        "list", "List", "set", "Set", "frozenset", "FrozenSet", "tuple", "Tuple", "deque", "Deque", "Sequence",
        "MutableSequence", "MutableSet", "AbstractSet", "Collection", "Iterable", "Iterator", "WeakSet",
    }
)  # fmt: skip
_COPIES = frozenset({"list", "tuple", "set", "frozenset", "sorted", "reversed", "iter"})
_LOOKUPS = frozenset({"get", "pop", "setdefault"})
_DEEPEST = 6

Type = At[tree.Expr]
"""An annotation, or a part of one."""


def element_classes(
    program: Program, iterable: At[tree.Expr], steps: tuple[Step, ...]
) -> Iterator[At[tree.Class]]:
    """The workspace classes of what a loop over an expression binds; `steps` lead to a part of each element."""
    if iterable.unit.language != "python":
        return
    for declared in _elements(program, iterable, steps, 0):
        for each in types_in(declared.node):
            for origin in origins(program, declared.to(each)):
                yield from annotated_classes(program, origin)


def looked_up_classes(program: Program, lookup: At[tree.Expr]) -> list[At[tree.Class]]:
    """The workspace classes of what `rooms[name]` and `rooms.get(name)` give."""
    node = lookup.node
    inner = node.object if isinstance(node, tree.Index) else None
    if isinstance(node, tree.Call) and isinstance(node.callee, tree.Member) and node.callee.name in _LOOKUPS:
        inner = node.callee.object
    if inner is None or lookup.unit.language != "python":
        return []

    def compute() -> list[At[tree.Class]]:
        declared = [klass for each in _types(program, lookup, 0) for klass in declared_classes(program, each)]
        found = declared or [
            klass for value in _put_in(program, lookup.to(inner)) for klass in classes(program, value)
        ]
        return list(dict.fromkeys(found))

    empty: list[At[tree.Class]] = []
    return program.queries.get_or(("looked up classes", node), compute, empty)


def _put_in(program: Program, container: At[tree.Expr]) -> Iterator[At[tree.Expr]]:
    """The values that are assigned under the keys of a field of a class, or of a module's variable."""
    match container.node:
        case tree.Member(object=owner, name=name):
            for klass in classes(program, container.to(owner)):
                program.queries.note(klass.unit)
                for node in tree.walk(klass.node.body):
                    if (
                        isinstance(node, tree.Member)
                        and node.name == name
                        and isinstance(node.object, tree.Name)
                        and is_receiver(klass.to(node.object), node.object.id)
                    ):
                        yield from _assigned_under(klass.to(node))
        case tree.Name():
            for read in program.reads(program.variable(container.to(container.node))):
                yield from _assigned_under(read)
        case _:
            return


def _assigned_under(container: At[tree.Expr]) -> Iterator[At[tree.Expr]]:
    """The value of `container[key] = value`."""
    entry = container.parent
    assign = container.index.parents.get(entry) if isinstance(entry, tree.Index) else None
    if (
        isinstance(entry, tree.Index)
        and entry.object is container.node
        and isinstance(assign, tree.Assign)
        and entry in assign.targets
        and assign.value is not None
    ):
        yield container.to(assign.value)


def _elements(program: Program, at: At[tree.Expr], steps: tuple[Step, ...], depth: int) -> Iterator[Type]:
    """The types of what iterating over an expression gives."""
    if depth > _DEEPEST:
        return
    match at.node:
        case tree.Call(callee=tree.Name(id=name), arguments=arguments) if name in _COPIES and arguments:
            yield from _elements(program, at.to(arguments[0].value), steps, depth + 1)
            return
        case tree.Call(callee=tree.Member(object=inner, name="copy")):
            yield from _elements(program, at.to(inner), steps, depth + 1)
            return
        case tree.Call(callee=tree.Member(object=inner, name="values")) if not steps:
            for declared in _types(program, at.to(inner), depth + 1):
                yield from _argument(declared, _MAPPINGS, 1)
            return
        case tree.Call(callee=tree.Member(object=inner, name="items")) if len(steps) == 1:
            for declared in _types(program, at.to(inner), depth + 1):
                if isinstance(steps[0], int):
                    yield from _argument(declared, _MAPPINGS, steps[0])
            return
        case tree.Operation(operator="or", operands=operands):
            for operand in operands:
                yield from _elements(program, at.to(operand), steps, depth + 1)
            return
        case _:
            pass
    if not steps:
        for declared in _types(program, at, depth + 1):
            yield from _argument(declared, _COLLECTIONS, 0)


def _types(program: Program, at: At[tree.Expr], depth: int) -> Iterator[Type]:
    """The types that annotations give an expression."""
    if depth > _DEEPEST:
        return
    match at.node:
        case tree.Name():
            for path, unit, definition in program.definitions_of(program.variable(at.to(at.node))):
                here: At[tree.Node] = At(path, unit, definition.target)
                if isinstance(definition.node, tree.Assign | tree.Parameter) and not definition.steps:
                    annotation = definition.node.annotation
                    if annotation is not None:
                        yield here.to(annotation)
                    elif definition.kind == "value" and definition.value is not None:
                        yield from _types(program, here.to(definition.value), depth + 1)
        case tree.Member(object=inner, name=name):
            for klass in classes(program, at.to(inner)):
                program.queries.note(klass.unit)
                yield from _of_field(klass, name)
        case tree.Index(object=inner):
            for declared in _types(program, at.to(inner), depth + 1):
                yield from _argument(declared, _MAPPINGS, 1)
                yield from _argument(declared, _COLLECTIONS, 0)
        case tree.Call(callee=tree.Member(object=inner, name=name)) if name in _LOOKUPS:
            for declared in _types(program, at.to(inner), depth + 1):
                yield from _argument(declared, _MAPPINGS, 1)
        case _:
            return


def _of_field(klass: At[tree.Class], name: str) -> Iterator[Type]:
    """The annotations of a field: in the class's body, or where a method assigns it."""
    for node in tree.walk(klass.node.body):
        if isinstance(node, tree.Assign) and node.annotation is not None:
            for target in node.targets:
                is_own = (
                    isinstance(target, tree.Member)
                    and target.name == name
                    and isinstance(target.object, tree.Name)
                    and is_receiver(klass.to(target.object), target.object.id)
                )
                is_declared = (
                    isinstance(target, tree.Name) and target.id == name and node in klass.node.body.statements
                )
                if is_own or is_declared:
                    yield klass.to(node.annotation)


def _argument(declared: Type, names: frozenset[str], position: int) -> Iterator[Type]:
    """`dict[str, set[Connection]]` at 1 is `set[Connection]`."""
    node = declared.node
    if isinstance(node, tree.Operation) and node.operator == "|":
        for operand in node.operands:
            yield from _argument(declared.to(operand), names, position)
        return
    if not isinstance(node, tree.Index):
        return
    name = node.object.id if isinstance(node.object, tree.Name) else getattr(node.object, "name", None)
    arguments = node.key.items if isinstance(node.key, tree.Sequence) else (node.key,)
    if name == "Optional" and arguments:
        yield from _argument(declared.to(arguments[0]), names, position)
    elif name in names and position < len(arguments):
        yield declared.to(arguments[position])
