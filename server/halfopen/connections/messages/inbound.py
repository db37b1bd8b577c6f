"""What is done with received messages before and after they are parsed, as one record for each parsing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from halfopen.connections.facts import Evidence
from halfopen.connections.messages.facts import Format, Inbound, MessageField
from halfopen.connections.messages.fields import Echoes, Read, fields_of, is_expected, reads_of
from halfopen.connections.messages.journey import Elsewhere, Journey, Root, follow
from halfopen.connections.messages.logs import is_for_logs
from halfopen.connections.messages.markup import rendered
from halfopen.connections.messages.parsing import parsing_of
from halfopen.connections.messages.state_sinks import put_into_state
from halfopen.connections.trusted import trusted_to
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.program import At, External, Program
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.stores import store_setter_of
from halfopen.semantics.unit import Span
from halfopen.semantics.values import origins

Survives = Callable[[At[tree.Node]], bool]
"""Whether an error raised at a node leaves the connection open."""

_UNTYPED = re.compile(r"^:?\s*(any|unknown|object|Record<.*>|\{.*\}|Dict.*|dict.*)$", re.DOTALL)
_CAST = re.compile(rb"\s*\)*\s*(?:as|satisfies)\s+([\w.]+)")


def inbound_of(
    program: Program,
    roots: tuple[Root, ...],
    echoes: Echoes,
    survives: Survives,
    defaults_suffice: bool = False,
    elsewhere: Elsewhere = lambda _: False,
) -> tuple[tuple[Inbound, ...], Journey]:
    """One record for each parsing of received data, and the whole journey of it."""
    journey = follow(program, roots, elsewhere)
    starts: dict[tree.Node, Root] = {each.at.node: each for each in roots if each.form == "parsed"}
    for parse in journey.parses.values():
        if not is_for_logs(program, parse):
            starts[parse.node] = Root(parse, "parsed")
    records = [
        _record(
            program, start, journey, follow(program, [start], elsewhere), echoes, survives, defaults_suffice
        )
        for start in starts.values()
    ]
    opaque = _unparsed(program, roots, journey, bool(starts))
    return (*records, *([opaque] if opaque is not None else [])), journey


def _record(
    program: Program,
    start: Root,
    whole: Journey,
    own: Journey,
    echoes: Echoes,
    survives: Survives,
    defaults_suffice: bool,
) -> Inbound:
    reads = reads_of(program, own)
    fields = fields_of(program, reads, echoes, defaults_suffice)
    parsed = start.at.span if start.at.node in whole.parses or not start.is_target else None
    return Inbound(
        format="json",
        site=start.at.span,
        parsed=parsed,
        parse_guarded=start.at.node not in whole.parses or _is_guarded(start.at),
        validated_by=tuple(said for each in own.validations.values() for said in _validation(program, each)),
        shape_checked_by=tuple(_shape_checks(program, own)),
        rejected_by=tuple(_rejections(program, reads)),
        default_by=tuple(_defaults(reads)),
        is_typed=_is_typed(own),
        ends_on_error=tuple(_ends(_nearest_first(start, reads), survives)),
        fields=fields,
        stored_whole=tuple(_stored(program, own, echoes)),
        spread_into=tuple(_spread(program, own)),
        executed_by=tuple(_executed(own)),
        rendered_as_html=tuple(
            rendered(program, [*own.parsed.values(), *(place for read in reads for place in read.places)])
        ),
        into_state=tuple(put_into_state(program, [*own.parsed.values(), *_used(reads, fields)])),
        lacks_into_state=tuple(put_into_state(program, _used(reads, fields))),
    )


def _used(reads: list[Read], fields: tuple[MessageField, ...]) -> Iterator[At[tree.Expr]]:
    """Where the fields stand that are used as they came."""
    keys = {each.key for each in fields if each.fate == "used"}
    for read in reads:
        if read.key in keys:
            yield from (each for each in read.places if not is_expected(read, each))


def _unparsed(program: Program, roots: tuple[Root, ...], journey: Journey, is_parsed: bool) -> Inbound | None:
    """What is done with text and bytes that nothing parses: run as code, or put into a page as HTML."""
    raw = list(journey.raw.values())
    executed = tuple(_executed(journey))
    as_html = tuple(rendered(program, raw))
    validated = tuple(
        Evidence(each.span, "parses and validates the message")
        for each in journey.validations.values()
        if not is_parsed
    )
    if not roots or not (executed or as_html or validated):
        return None
    site = roots[0].at.span
    kind: Format = "json" if validated else "text"
    return Inbound(
        kind, site, None, True, validated_by=validated, executed_by=executed, rendered_as_html=as_html
    )


def _validation(program: Program, at: At[tree.Expr]) -> Iterator[Evidence]:
    yield Evidence(at.span, "validates the message")
    if isinstance(at.node, tree.Call):
        yield from trusted_to(program, "validates", at.to(at.node.callee)) or ()


def _within(outer: tree.Node, inner: tree.Node) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _is_guarded(at: At[tree.Expr]) -> bool:
    """Whether a parse stands in a `try` of its own function."""
    for ancestor in at.index.ancestors(at.node):
        if isinstance(ancestor, tree.Function):
            return False
        if isinstance(ancestor, tree.Try) and ancestor.handlers and _within(ancestor.body, at.node):
            return True
    return False


def _shape_checks(program: Program, journey: Journey) -> Iterator[Evidence]:
    for at in journey.parsed.values():
        match at.parent:
            case tree.Argument() as argument:
                call = at.index.parents.get(argument)
                if isinstance(call, tree.Call) and parsing_of(program, at.to(call), at.node) == "checks":
                    names = qualified(program, at.to(call.callee))
                    if names & {"isinstance", "Array.isArray"} or "hasOwnProperty" in str(names):
                        yield Evidence(at.to(call).span, "checks the message's shape")
            case tree.Operation(operator="typeof" | "instanceof") as test:
                yield Evidence(at.to(test).span, "checks the message's shape")
            case tree.Switch(subject=subject, cases=cases, falls_through=False) as switch if (
                subject is at.node
            ):
                if any(isinstance(case.pattern, tree.Object | tree.Call) for case in cases):
                    yield Evidence(at.to(switch).span, "matches the message's shape")
            case _:
                pass


def _rejections(program: Program, reads: list[Read]) -> Iterator[Evidence]:
    """`if (!data.type || !data.message) { warn; return }`: a message that lacks two or more fields is turned away."""
    tests: dict[tree.If, set[str]] = {}
    place: dict[tree.If, At[tree.If]] = {}
    for read in reads:
        for at in read.places:
            negation = at.parent
            if not isinstance(negation, tree.Operation) or negation.operator not in _TESTS:
                continue
            for ancestor in at.index.ancestors(at.node):
                if isinstance(ancestor, tree.Function):
                    break
                if isinstance(ancestor, tree.If) and ancestor.test.start <= at.node.start < ancestor.test.end:
                    if _turns_away(ancestor):
                        tests.setdefault(ancestor, set()).add(read.key)
                        place[ancestor] = at.to(ancestor)
                    break
    for test, keys in tests.items():
        if len(keys) > 1:
            yield Evidence(
                place[test].to(test.test).span,
                "turns away messages without " + " and ".join(f"`{each}`" for each in sorted(keys)),
            )


_TESTS = frozenset({"not", "==", "!=", "is", "typeof"})


def _turns_away(test: tree.If) -> bool:
    """Whether a branch only complains and leaves; one that compares with literals and then works is a handler."""
    statements = test.then.statements
    negated = any(
        isinstance(node, tree.Operation) and node.operator in ("not", "!=") for node in tree.walk(test.test)
    )
    return (
        negated
        and bool(statements)
        and isinstance(statements[-1], tree.Return | tree.Raise | tree.Jump)
        and len(statements) <= 3
    )


def _defaults(reads: list[Read]) -> Iterator[Evidence]:
    """A `switch` on a field of the message that has a branch for what it does not know."""
    for read in reads:
        for at in read.places:
            switch = at.parent
            if (
                isinstance(switch, tree.Switch)
                and switch.subject is at.node
                and any(case.pattern is None for case in switch.cases)
            ):
                yield Evidence(at.to(switch.subject).span, "a default branch takes what no case knows")


def _is_typed(journey: Journey) -> bool:
    """Whether the message has a declared type: an annotation, a cast, or a type argument of what parses it."""
    for at in journey.parsed.values():
        declared = at.node.type_arguments if isinstance(at.node, tree.Call) else None
        if declared is None and isinstance(at.parent, tree.Assign):
            annotation = at.parent.annotation
            declared = annotation if isinstance(annotation, tree.TypeText) else None
        if declared is not None and not _UNTYPED.match(declared.text.strip("<> ")):
            return True
        cast = _CAST.match(at.unit.text, at.node.end)
        if cast is not None and cast[1] not in (b"any", b"unknown", b"const", b"Record"):
            return True
    return False


def _nearest_first(start: Root, reads: list[Read]) -> list[Read]:
    """What the function that parses reads itself, before what its helpers do (a logger for debugging, say)."""
    here = start.at.index.function_of(start.at.node)
    return sorted(reads, key=lambda read: read.at.index.function_of(read.at.node) is not here)


def _ends(reads: list[Read], survives: Survives) -> Iterator[Evidence]:
    for read in reads:
        if "." not in read.key and not survives(read.at):
            yield Evidence(read.at.span, f"reading `{read.key}` of a message that is no object raises here")
            return


def _stored(program: Program, journey: Journey, echoes: Echoes) -> Iterator[Evidence]:
    """Where the whole message goes on as it came."""
    for at in journey.parsed.values():
        current, parent = _outermost(at)
        match parent:
            case tree.Argument():
                call = at.index.parents.get(parent)
                if isinstance(call, tree.Call) and _hands_on(program, at.to(call), current, echoes):
                    yield Evidence(at.to(call).span, "hands the message on as it came")
            case tree.Assign(targets=targets) if any(
                isinstance(each, tree.Member | tree.Index) for each in targets
            ):
                yield Evidence(at.to(parent).span, "keeps the message as it came")
            case tree.Return() if current is not at.node:
                yield Evidence(at.to(current).span, "makes the message part of the state")
            case _:
                pass


def _outermost(at: At[tree.Expr]) -> tuple[tree.Node, tree.Node | None]:
    """The display that a message is put into (`[...before, message].slice(-100)`), and where that stands."""
    current: tree.Node = at.node
    parent = at.parent
    while parent is not None and (isinstance(parent, _DISPLAYS) or _makes_a_part(at, current, parent)):
        current, parent = parent, at.index.parents.get(parent)
    return current, parent


_DISPLAYS = (tree.Spread, tree.Entry, tree.Object, tree.Sequence, tree.Conditional)


def _hands_on(program: Program, call: At[tree.Call], given: tree.Node, echoes: Echoes) -> bool:
    """Whether a call takes the message to where it is not read here: into state, or into code outside."""
    if parsing_of(program, call, given) != "other" or echoes(call) or _only_reads(call.node):
        return False
    if isinstance(given, tree.Sequence) and isinstance(call.node.arguments[0].value, tree.Function):
        return False  # the dependency array of a hook
    if store_setter_of(program, call) is not None:
        return True
    return not functions(program, call.to(call.node.callee))


def _makes_a_part(at: At[tree.Expr], current: tree.Node, parent: tree.Node) -> bool:
    """`[...before, message].slice(-100)`, `before.concat(message)`: what a list's method gives."""
    if isinstance(parent, tree.Member):
        user = at.index.parents.get(parent)
        return (
            current is not at.node
            and isinstance(user, tree.Call)
            and user.callee is parent
            and parent.name in _LIST_METHODS
        )
    return (
        isinstance(parent, tree.Call) and isinstance(current, tree.Member) and current.name in _LIST_METHODS
    )


_LIST_METHODS = frozenset({"slice", "concat", "filter", "sort", "reverse", "toSorted"})
_READERS = frozenset({"keys", "entries", "values", "has", "includes", "get"})


def _only_reads(call: tree.Call) -> bool:
    """`Object.keys(message)` looks at the message and keeps nothing."""
    return isinstance(call.callee, tree.Member) and call.callee.name in _READERS


def _spread(program: Program, journey: Journey) -> Iterator[Evidence]:
    """`Model(**data)`, `setattr` loops and `Object.assign(this, data)`: every field the sender names is taken."""
    for at in journey.parsed.values():
        argument = at.parent
        call = at.index.parents.get(argument) if isinstance(argument, tree.Argument) else None
        if not isinstance(call, tree.Call) or not isinstance(argument, tree.Argument):
            continue
        if argument.spread == "**" and call not in journey.validations:
            name = at.to(call.callee).text
            if _is_class(program, at.to(call.callee)):
                yield Evidence(at.to(call).span, f"every field that the sender names goes into `{name}`")


def _is_class(program: Program, callee: At[tree.Expr]) -> bool:
    """Whether a callee is a class; of outside ones by the capital that names of classes have."""
    for origin in origins(program, callee):
        if isinstance(origin, External):
            if origin.name.rpartition(".")[2][:1].isupper():
                return True
        elif isinstance(origin, At) and isinstance(origin.node, tree.Class):
            return True
    return False


def _executed(journey: Journey) -> Iterator[Evidence]:
    for call in journey.executions.values():
        yield Evidence(call.span, f"`{call.to(call.node.callee).text}` runs what the peer sent")


__all__ = ["MessageField", "Span", "inbound_of"]
