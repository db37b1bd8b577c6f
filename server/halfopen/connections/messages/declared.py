"""The message types that declarations name: of Pydantic models, unions and adapters, and of zod's and valibot's schemas."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from halfopen.connections.messages.discriminator import DISCRIMINATORS, literals_of
from halfopen.semantics import tree
from halfopen.semantics.names import last_name
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, External, Program
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.values import origins

_UNIONS = frozenset({"Union", "Optional"})
_SCHEMA_LIBRARIES = ("zod", "valibot")
_SCHEMA_UNIONS = frozenset({"union", "discriminatedUnion", "variant", "xor"})
_SAME_TYPE = frozenset(
    {"extend", "strict", "passthrough", "loose", "strip", "partial", "describe", "readonly", "brand", "meta", "refine",
     "superRefine", "and", "merge", "safeExtend", "catchall", "optional", "nullable", "transform"}
)  # fmt: skip
"""Methods of a schema that leave the literal which tells its messages apart."""
_DEEPEST = 8
"""Unions within unions, aliases of aliases."""


@dataclass(frozen=True, slots=True)
class Declared:
    """One type of message as it is declared: `type: Literal["progress"]`, `type: z.literal("progress")`."""

    value: str
    discriminator: str
    place: At[tree.Expr]


@dataclass(frozen=True, slots=True)
class Declaration:
    """The types that an expression declares. `is_closed`: a message of any other type is none of what it declares."""

    types: tuple[Declared, ...]
    is_closed: bool


def declared_by(program: Program, at: At[tree.Expr]) -> Declaration:
    """What a class, a union, a `TypeAdapter` or a schema declares."""
    unknown = Declaration((), False)
    return program.queries.get_or(
        ("declared types", at.node), lambda: _together(_declared(program, at, 0)), unknown
    )


def _together(parts: Iterator[Declared | None]) -> Declaration:
    """None stands for a part that may be of any type."""
    found = list(parts)
    return Declaration(
        tuple(dict.fromkeys(each for each in found if each)), bool(found) and None not in found
    )


def _declared(program: Program, at: At[tree.Expr], depth: int) -> Iterator[Declared | None]:
    program.queries.note(at.unit)
    if depth > _DEEPEST:
        yield None
        return
    parts = _parts_of_union(program, at)
    if parts is not None:
        for part in parts:
            yield from _declared(program, part, depth + 1)
        return
    found = origins(program, at)
    if not found:
        yield None
    for origin in found:
        if isinstance(origin, External | ParameterOf):
            yield None
        elif origin.node is not at.node and _parts_of_union(program, origin) is not None:
            yield from _declared(program, origin, depth + 1)
        elif isinstance(origin.node, tree.Class):
            yield from types_of_class(program, origin.to(origin.node))
        elif isinstance(origin.node, tree.Call):
            yield from _of_call(program, origin.to(origin.node), depth)
        else:
            yield None


def _parts_of_union(program: Program, at: At[tree.Expr]) -> list[At[tree.Expr]] | None:
    """The members of `A | B`, `Union[A, B]`, `Annotated[A | B, ...]`; None for what is no union in Python."""
    if at.unit.language != "python":
        return None
    match at.node:
        case tree.Operation(operator="|", operands=operands):
            return [at.to(each) for each in operands if not _is_none(each)]
        case tree.Index(object=holder, key=key):
            arguments = key.items if isinstance(key, tree.Sequence) else (key,)
            if last_name(holder) == "Annotated":
                return [at.to(arguments[0])] if arguments else None
            if last_name(holder) in _UNIONS:
                return [at.to(each) for each in arguments if not _is_none(each)]
            return None
        case _:
            return None


def _is_none(node: tree.Expr) -> bool:
    return isinstance(node, tree.Literal) and node.value is None


def _of_call(program: Program, call: At[tree.Call], depth: int) -> Iterator[Declared | None]:
    """`TypeAdapter(X)`, `z.object({...})`, `z.discriminatedUnion("type", [...])`, a schema's own method."""
    callee = call.to(call.node.callee)
    arguments = [call.to(each.value) for each in call.node.arguments]
    names = qualified(program, callee)
    if call.unit.language == "python":
        if any(name.endswith("TypeAdapter") for name in names) and arguments:
            yield from _declared(program, arguments[0], depth + 1)
        else:
            yield None
        return
    if not any(name.startswith(_SCHEMA_LIBRARIES) for name in names):
        yield None
        return
    name = last_name(callee.node)
    if name in ("object", "strictObject", "looseObject") and arguments:
        yield from _of_shape(program, arguments[0])
    elif name in _SCHEMA_UNIONS and arguments:
        yield from _of_members(program, arguments[-1], depth)
    elif name == "or" and isinstance(callee.node, tree.Member) and arguments:
        yield from _declared(program, callee.to(callee.node.object), depth + 1)
        yield from _declared(program, arguments[0], depth + 1)
    elif name in _SAME_TYPE and isinstance(callee.node, tree.Member):
        yield from _declared(program, callee.to(callee.node.object), depth + 1)
    else:
        yield None


def _of_members(program: Program, members: At[tree.Expr], depth: int) -> Iterator[Declared | None]:
    for origin in origins(program, members):
        if not isinstance(origin, At) or not isinstance(origin.node, tree.Sequence):
            yield None
            continue
        for item in origin.node.items:
            if isinstance(item, tree.Spread):
                yield from (
                    _of_members(program, origin.to(item.value), depth + 1) if depth < _DEEPEST else (None,)
                )
            else:
                yield from _declared(program, origin.to(item), depth + 1)


def _of_shape(program: Program, shape: At[tree.Expr]) -> Iterator[Declared | None]:
    """`{ type: z.literal("progress"), ... }`."""
    for origin in origins(program, shape):
        if not isinstance(origin, At) or not isinstance(origin.node, tree.Object):
            yield None
            continue
        fields = {
            str(entry.key.value): entry.value
            for entry in origin.node.entries
            if isinstance(entry.key, tree.Literal)
        }
        yield from _first_known(
            {
                name: list(_texts_of_schema(program, origin.to(fields[name])))
                for name in DISCRIMINATORS
                if name in fields
            },
            origin,
        )


def _first_known(texts: dict[str, list[str | None]], place: At[tree.Expr]) -> Iterator[Declared | None]:
    """The field whose texts are all known is the one that tells messages apart."""
    for name, found in texts.items():
        known = [each for each in found if each is not None]
        if known and len(known) == len(found):
            yield from (Declared(each, name, place) for each in known)
            return
    yield None


def _texts_of_schema(program: Program, field: At[tree.Expr]) -> Iterator[str | None]:
    """`z.literal("a")`, `z.literal(["a", "b"])`, `z.enum(["a", "b"])`; None for a field of any text."""
    for origin in origins(program, field):
        if not isinstance(origin, At) or not isinstance(origin.node, tree.Call):
            yield None
            continue
        call = origin.node
        if last_name(call.callee) not in ("literal", "enum", "picklist", "nativeEnum") or not call.arguments:
            yield None
            continue
        for given in origins(program, origin.to(call.arguments[0].value)):
            if isinstance(given, At) and isinstance(given.node, tree.Sequence):
                for item in given.node.items:
                    yield from literals_of(program, given.to(item))
            elif isinstance(given, At) and isinstance(given.node, tree.Object):
                for entry in given.node.entries:
                    yield from literals_of(program, given.to(entry.value))
            elif isinstance(given, At):
                yield from literals_of(program, given)
            else:
                yield None


def types_of_class(program: Program, klass: At[tree.Class], depth: int = 0) -> Iterator[Declared | None]:
    """The types of a class's messages, of its bases where it declares none: `type: Literal["progress"] = "progress"`."""
    program.queries.note(klass.unit)
    fields = {
        target.id: statement
        for statement in klass.node.body.statements
        if isinstance(statement, tree.Assign)
        for target in statement.targets
        if isinstance(target, tree.Name)
    }
    told = [name for name in DISCRIMINATORS if name in fields]
    if told:
        texts = {name: list(_texts_of_field(program, klass, fields[name])) for name in told}
        yield from _first_known(texts, klass)
        return
    inherited: list[Declared | None] = []
    for base in klass.node.bases:
        if isinstance(base, tree.Index) and last_name(base.object) == "RootModel":
            inherited += _declared(program, klass.to(base.key), depth + 1)
        for origin in origins(program, klass.to(base)):
            if isinstance(origin, At) and isinstance(origin.node, tree.Class) and depth < _DEEPEST:
                inherited += types_of_class(program, origin.to(origin.node), depth + 1)
    known = [each for each in inherited if each is not None]
    yield from known or [None]


def _texts_of_field(program: Program, klass: At[tree.Class], field: tree.Assign) -> Iterator[str | None]:
    """The texts that a field may be: those of its `Literal[...]` or its enumeration; None where it takes any text."""
    annotation = field.annotation
    if annotation is None or isinstance(annotation, tree.TypeText):
        yield from literals_of(program, klass.to(field.value)) if field.value is not None else (None,)
        return
    match annotation:
        case tree.Index(object=holder, key=key) if last_name(holder) == "Literal":
            for item in key.items if isinstance(key, tree.Sequence) else (key,):
                yield from literals_of(program, klass.to(item))
        case tree.Index(object=holder, key=tree.Sequence(items=(first, *_))) if (
            last_name(holder) == "Annotated"
        ):
            inner = tree.Assign(field.start, field.end, field.targets, field.value, annotation=first)
            yield from _texts_of_field(program, klass, inner)
        case _:
            yield from _members_of_enumeration(program, klass.to(annotation))


def _members_of_enumeration(program: Program, annotation: At[tree.Expr]) -> Iterator[str | None]:
    """`type: MessageType` takes each of its members, and refuses the rest."""
    for origin in origins(program, annotation):
        if not isinstance(origin, At) or not isinstance(origin.node, tree.Class) or not _is_enum(origin.node):
            yield None
            continue
        for statement in origin.node.body.statements:
            if isinstance(statement, tree.Assign) and isinstance(statement.value, tree.Literal):
                text = statement.value.value
                yield text if isinstance(text, str) else None


def _is_enum(klass: tree.Class) -> bool:
    return any(last_name(base).endswith("Enum") for base in klass.bases)


def type_when_made(program: Program, klass: At[tree.Class], depth: int = 0) -> Declared | None:
    """The type of a message that a class makes where its call gives none: the field's default, or its only text."""
    program.queries.note(klass.unit)
    for name in DISCRIMINATORS:
        for statement in klass.node.body.statements:
            if isinstance(statement, tree.Assign) and any(
                isinstance(each, tree.Name) and each.id == name for each in statement.targets
            ):
                given = statement.value
                texts = (
                    list(literals_of(program, klass.to(given)))
                    if given is not None and not isinstance(given, tree.Call)
                    else list(_texts_of_field(program, klass, statement))
                )
                if len(texts) == 1 and texts[0] is not None:
                    return Declared(texts[0], name, klass)
    for base in klass.node.bases:
        for origin in origins(program, klass.to(base)):
            if isinstance(origin, At) and isinstance(origin.node, tree.Class) and depth < _DEEPEST:
                found = type_when_made(program, origin.to(origin.node), depth + 1)
                if found is not None:
                    return found
    return None
