"""The fields that are read from parsed messages, and what becomes of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from halfopen.connections.facts import Evidence
from halfopen.connections.messages.facts import Fate, MessageField
from halfopen.connections.messages.journey import Journey
from halfopen.connections.messages.parsing import parsing_of
from halfopen.connections.reconnection.conditions import conditions_on
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.flow import aliases, aliases_of_target
from halfopen.semantics.program import At, External, Program
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.stores import store_setter_of
from halfopen.semantics.values import origins

Echoes = Callable[[At[tree.Call]], bool]
"""Whether a call sends to the very peer that the message came from."""

_MOST_FIELDS = 40
_NOT_FIELDS = frozenset(
    {"get", "items", "keys", "values", "pop", "copy", "length", "then", "forEach", "map", "filter", "push",
     "toString", "hasOwnProperty", "setdefault", "update", "catch", "finally"}
)  # fmt: skip
_COMPARISONS = frozenset({"==", "!=", "is", "is not", "in", "not in", "<", ">", "<=", ">=", "instanceof"})
_RANK: dict[Fate, int] = {"unread": 0, "tested": 1, "echoed": 2, "dispatch": 3, "used": 4, "checked": 5}


@dataclass(frozen=True, slots=True)
class Read:
    """One read of a field: its path within the message, the read, and everywhere the value then is."""

    key: str
    at: At[tree.Expr]
    places: tuple[At[tree.Expr], ...]


def reads_of(program: Program, journey: Journey, of_models: bool = False) -> list[Read]:
    """Every read of a field of the parsed messages, and of fields within fields.

    `of_models`: in Python too the messages are objects whose members are their fields.
    """
    found: dict[tree.Node, Read] = {}
    for pattern in journey.targets.values():
        for read in _pattern_reads(program, pattern, ""):
            found.setdefault(read.at.node, read)
    waiting: list[tuple[str, At[tree.Expr]]] = [("", at) for at in journey.parsed.values()]
    waiting += [(each.key, place) for each in found.values() for place in each.places]
    while waiting and len(found) < _MOST_FIELDS:
        prefix, at = waiting.pop(0)
        if prefix.count(".") > 1:
            continue
        for read in _reads_at(program, at, prefix, of_models):
            if read.at.node not in found:
                found[read.at.node] = read
                waiting += [(read.key, place) for place in read.places]
    return sorted(found.values(), key=lambda each: (each.at.path, each.at.unit.text, each.at.node.start))


def _reads_at(program: Program, at: At[tree.Expr], prefix: str, of_models: bool) -> Iterator[Read]:
    node, parent = at.node, at.parent
    match parent:
        case tree.Member(object=inner, name=name) if inner is node:
            user = at.index.parents.get(parent)
            called = user if isinstance(user, tree.Call) and user.callee is parent else None
            if called is not None and name in ("get", "pop", "setdefault") and called.arguments:
                key = called.arguments[0].value
                if isinstance(key, tree.Literal) and isinstance(key.value, str):
                    yield _read(program, at.to(called), _path(prefix, key.value))
            elif called is None and _is_property(at.to(parent), of_models):
                yield _read(program, at.to(parent), _path(prefix, name))
        case tree.Index(object=inner, key=tree.Literal(value=str() as key)) if inner is node:
            if not _is_target(at.to(parent)):
                yield _read(program, at.to(parent), _path(prefix, key))
        case tree.Assign(value=value, targets=(tree.Object() as target, *_)) if value is node:
            yield from _pattern_reads(program, at.to(target), prefix)
        case tree.Switch(subject=subject, cases=cases) if subject is node:
            for case in cases:
                if isinstance(case.pattern, tree.Object):
                    yield from _pattern_reads(program, at.to(case.pattern), prefix)
        case _:
            return


def _is_property(member: At[tree.Member], of_models: bool) -> bool:
    """Whether a member is a field of an object (Python's dicts have none that way), and read."""
    has_fields = of_models or member.unit.language == "typescript"
    is_field = has_fields and member.node.name not in _NOT_FIELDS
    return is_field and not _is_target(member)


def _read(program: Program, at: At[tree.Expr], key: str) -> Read:
    return Read(key, at, tuple(aliases(program, at)))


def _pattern_reads(program: Program, pattern: At[tree.Expr], prefix: str) -> Iterator[Read]:
    if not isinstance(pattern.node, tree.Object):
        return
    for entry in pattern.node.entries:
        if isinstance(entry.key, tree.Literal) and isinstance(entry.key.value, str):
            places = (
                tuple(aliases_of_target(program, pattern.to(entry.value)))
                if isinstance(entry.value, tree.Name | tree.AssignExpr | tree.Object)
                else ()
            )
            yield Read(_path(prefix, entry.key.value), pattern.to(entry.value), places)


def _is_target(at: At[tree.Expr]) -> bool:
    """Whether an expression is written to, not read."""
    match at.parent:
        case tree.Assign(targets=targets):
            return at.node in targets
        case tree.AssignExpr(target=target):
            return target is at.node
        case tree.Delete():
            return True
        case _:
            return False


def _path(prefix: str, key: str) -> str:
    return f"{prefix}.{key}" if prefix else key


def fields_of(
    program: Program, reads: list[Read], echoes: Echoes, defaults_suffice: bool
) -> tuple[MessageField, ...]:
    """What becomes of each field, its reads taken together.

    `defaults_suffice`: a field that is used only where it is there, or with a default, counts as tested. That
    keeps a page from breaking; a server must know the type too.
    """
    by_key: dict[str, list[Read]] = {}
    for read in reads:
        by_key.setdefault(read.key, []).append(read)
    return tuple(_field(program, key, each, echoes, defaults_suffice) for key, each in by_key.items())


def _field(
    program: Program, key: str, reads: list[Read], echoes: Echoes, defaults_suffice: bool
) -> MessageField:
    fate: Fate = "unread"
    evidence: tuple[Evidence, ...] = ()
    for read in reads:
        for place in read.places:
            found = _fate_at(program, place, echoes)
            if found == "used" and defaults_suffice and is_expected(read, place):
                found = "tested"
            if found == "used" and not any(each.text.startswith("uses") for each in evidence):
                evidence = (*evidence, Evidence(place.span, f"uses `{key}` as it came"))
            if found == "checked":
                evidence = (Evidence(place.span, f"checks `{key}`"),)
            if _RANK[found] > _RANK[fate]:
                fate = found
    return MessageField(key, fate, reads[0].at.span, evidence)


def is_expected(read: Read, place: At[tree.Expr]) -> bool:
    """Whether a use is of what is known to be there: it has a default, or the read or the use stands behind a test."""
    return (
        _is_given_default(read, place)
        or _is_given_default(read, read.at)
        or any(f"!{read.at.text}" in each.test.text and not each.wanted for each in conditions_on(read.at))
    )


def _is_given_default(read: Read, place: At[tree.Expr]) -> bool:
    """Whether a use has a default (`message.text ?? ""`), or stands where the field was tested for being there."""
    if isinstance(place.node, tree.Operation) and place.node.operator in ("??", "or"):
        return True
    if isinstance(place.parent, tree.Operation) and place.parent.operator in ("??", "or"):
        return True
    source = read.at.parent
    if (
        isinstance(source, tree.Operation)
        and source.operator in ("??", "or")
        and read.at.node is source.operands[0]
    ):
        return True
    if isinstance(place.parent, tree.Member) and place.parent.optional:
        return True
    text = read.at.text.replace("?.", ".")
    inner: tree.Node = place.node
    for ancestor in place.index.ancestors(place.node):
        if (
            isinstance(ancestor, tree.Function)
            and inner is not place.node
            and ancestor.start > read.at.node.start
        ):
            inner = ancestor
            continue
        if isinstance(ancestor, tree.Function):
            return False
        test = ancestor.test if isinstance(ancestor, tree.If | tree.Conditional) else None
        if (
            isinstance(ancestor, tree.Operation)
            and ancestor.operator == "and"
            and inner is not ancestor.operands[0]
        ):
            test = ancestor.operands[0]
        tested = "" if test is None or _within(test, place.node) else place.to(test).text
        if text in tested.replace("?.", ".") or place.text in tested:
            return True
        inner = ancestor
    return False


def _within(outer: tree.Node, inner: tree.Node) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _fate_at(program: Program, at: At[tree.Expr], echoes: Echoes) -> Fate:
    node, parent = at.node, at.parent
    match parent:
        case tree.Operation(operator="typeof" | "instanceof"):
            return "checked"
        case tree.Operation(operator="in" | "not in", operands=(left, right)):
            if left is node:
                return "checked" if _is_fixed(program, at.to(right)) else "tested"
            return "tested"
        case tree.Operation(operator=operator, operands=operands) if operator in _COMPARISONS:
            other = next((each for each in operands if each is not node), None)
            return "dispatch" if _is_known_value(other) else "tested"
        case tree.Operation(operator="not" | "and" | "or" | "??"):
            return "tested"
        case tree.Operation():
            return "used"
        case tree.If(test=test) | tree.Conditional(test=test) if test is node:
            return "tested"
        case tree.Switch(subject=subject) if subject is node:
            return "dispatch"
        case tree.Argument():
            call = at.index.parents.get(parent)
            return (
                _fate_of_argument(program, at, at.to(call), echoes) if isinstance(call, tree.Call) else "used"
            )
        case tree.Index(object=inner, key=key) if key is node:
            return "dispatch" if _is_table(program, at.to(inner)) else "used"
        case tree.Member(object=inner, name=name) if inner is node:
            return _fate_of_member(at.to(parent), name)
        case tree.Index(object=inner) if inner is node:
            return "unread"
        case tree.Entry() | tree.Sequence() | tree.Template() | tree.Spread():
            return _fate_of_part(program, at.to(parent), echoes)
        case tree.Assign(targets=targets):
            stored = any(isinstance(each, tree.Member | tree.Index) for each in targets)
            return "used" if stored else "unread"
        case tree.Element() | tree.Attribute():
            return "used"
        case tree.Loop(iterable=iterable) if iterable is node:
            return "used"
        case _:
            return "unread"


def _is_known_value(other: tree.Expr | None) -> bool:
    """A literal or a constant: `"ping"`, `MessageType.PING`, `EVENTS.PING.value`."""
    match other:
        case tree.Literal():
            return True
        case tree.Member():
            return True
        case tree.Name(id=name):
            return name.isupper()
        case _:
            return False


def _is_fixed(program: Program, at: At[tree.Expr]) -> bool:
    """Whether a collection is written out in the code, so that being in it means being one of its values."""
    if isinstance(at.node, tree.Member) and at.node.name.isupper():
        return True
    for origin in origins(program, at):
        if isinstance(origin, External):
            return origin.name.rpartition(".")[2].isupper()
        if isinstance(origin, At):
            if isinstance(
                origin.node, tree.Sequence | tree.Object | tree.Literal | tree.Comprehension | tree.Class
            ):
                return not isinstance(origin.node, tree.Sequence | tree.Object) or bool(
                    tuple(tree.children(origin.node))
                )
            if isinstance(origin.node, tree.Call):
                return qualified(program, origin.to(origin.node.callee)) & _COLLECTIONS != frozenset()
    return False


_COLLECTIONS = frozenset(
    {
        "set",
        "frozenset",
        "tuple",
        "list",
        "typing.get_args",
        "get_args",
        "Set",
        "Object.values",
        "Object.keys",
    }
)


def _is_table(program: Program, at: At[tree.Expr]) -> bool:
    """Whether an expression is a table of handlers or constants, written out as a literal."""
    return any(isinstance(origin, At) and isinstance(origin.node, tree.Object) and origin.node.entries
               for origin in origins(program, at))  # fmt: skip


def _fate_of_member(member: At[tree.Member], name: str) -> Fate:
    user = member.parent
    if isinstance(user, tree.Call) and user.callee is member.node:
        return "unread" if name in ("get", "pop", "setdefault", "hasOwnProperty") else "used"
    return "unread"


def _fate_of_argument(program: Program, at: At[tree.Expr], call: At[tree.Call], echoes: Echoes) -> Fate:
    meaning = parsing_of(program, call, at.node)
    if meaning in ("checks", "validates"):
        return "checked"
    if meaning == "logs":
        return "unread"
    if echoes(call):
        return "echoed"
    if meaning == "encodes":
        return _fate_of_part(program, call, echoes)
    callee = call.node.callee
    if (
        isinstance(callee, tree.Member)
        and callee.name in ("get", "has")
        and _is_table(program, call.to(callee.object))
    ):
        return "dispatch"
    if functions(program, call.to(callee)) and not store_setter_of(program, call):
        return "unread"
    return "used"


def _makes_an_object(program: Program, call: At[tree.Call]) -> bool:
    """Whether a class of the workspace is called: the value is then a part of the message, job or row that it makes."""
    return any(
        isinstance(origin, At) and isinstance(origin.node, tree.Class)
        for origin in origins(program, call.to(call.node.callee))
    )


def _fate_of_part(
    program: Program, at: At[tree.Node], echoes: Echoes, seen: frozenset[tree.Node] = frozenset()
) -> Fate:
    """A field that becomes part of something bigger: what is done with that.

    `seen`: the assignments that led here, so that `parts = [*parts, field]` ends.
    """
    current: tree.Node = at.node
    while True:
        parent = at.index.parents.get(current)
        match parent:
            case tree.Argument():
                call = at.index.parents.get(parent)
                if not isinstance(call, tree.Call):
                    return "used"
                given = at.to(call)
                if echoes(given):
                    return "echoed"
                meaning = parsing_of(program, given, current)
                if meaning == "logs":
                    return "unread"
                if meaning == "encodes" or _makes_an_object(program, given):
                    current = call
                    continue
                return "unread" if isinstance(at.index.parents.get(call), tree.Raise) else "used"
            case tree.Assign(targets=(tree.Name(), *_)) if parent in seen:
                return "unread"
            case tree.Assign(targets=(tree.Name() as target, *_)):
                reads = program.reads(program.variable(at.to(target)))
                fates: list[Fate] = [
                    _fate_of_part(program, read, echoes, seen | {parent})
                    for read in reads
                    if isinstance(read.parent, tree.Argument | tree.Entry)
                ]
                return max(fates, key=lambda each: _RANK[each]) if fates else "used"
            case (
                tree.Entry()
                | tree.Object()
                | tree.Sequence()
                | tree.Template()
                | tree.Operation()
                | tree.Conditional()
                | tree.Await()
                | tree.Spread()
            ):
                current = parent
            case _:
                return "used"
