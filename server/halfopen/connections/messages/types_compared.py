"""The message types that code looks for: what it compares the discriminator, or a message's class, with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from halfopen.connections.facts import Evidence
from halfopen.connections.messages.declared import declared_by
from halfopen.connections.messages.discriminator import DISCRIMINATORS, literals_of
from halfopen.connections.messages.facts import MessageType
from halfopen.connections.messages.fields import Read, reads_of
from halfopen.connections.messages.journey import Journey, called_back
from halfopen.connections.messages.parsing import parsing_of
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.flow import state_hook
from halfopen.semantics.program import At, Program
from halfopen.semantics.stores import store_setter_of
from halfopen.semantics.values import origins


@dataclass(slots=True)
class Handles:
    """The types found so far. `rest` is the first place that takes messages whatever their type."""

    types: dict[tuple[str, str], MessageType] = field(default_factory=dict[tuple[str, str], MessageType])
    complete: bool = True
    rest: Evidence | None = None
    tested: list[At[tree.Expr]] = field(default_factory=list[At[tree.Expr]])
    """The expressions that tell messages apart: what a condition on one of them guards is no use of every message."""


def looked_for(program: Program, journey: Journey, of_models: bool = False) -> Handles:
    """The types that code compares with, and what it does with others."""
    handles = Handles()
    reads = reads_of(program, journey, of_models)
    told = [each for each in reads if each.key in DISCRIMINATORS]
    deciding: set[tree.Node] = set()
    for read in told:
        for at in read.places:
            if _compare(program, handles, read.key, at):
                function = at.index.function_of(at.node)
                if function is not None:
                    deciding.add(function)
    for at in journey.parsed.values():
        if _compare_class(program, handles, at):
            function = at.index.function_of(at.node)
            if function is not None:
                deciding.add(function)
    if not handles.types:
        return handles
    names = {each.key for each in told}
    handles.tested += [at for read in told for at in (read.at, *read.places)]
    deciders = frozenset(each.node for each in handles.tested)
    for read in reads:
        if read.key not in names:
            _elsewhere(handles, read, deciders, deciding)
    for at in journey.parsed.values():
        handed_on(program, handles, at, deciders)
    return handles


def _compare_class(program: Program, handles: Handles, at: At[tree.Expr]) -> bool:
    """`match message: case Cancel(): ...`, `isinstance(message, Cancel)`; whether it decides anything."""
    match at.parent:
        case tree.Switch(subject=subject, cases=cases, falls_through=False) if subject is at.node:
            told = [_class_pattern(program, handles, at, at.to(case)) for case in cases]
            return any(told)
        case tree.Argument() as argument:
            call = at.index.parents.get(argument)
            return isinstance(call, tree.Call) and _instance_test(program, handles, at, at.to(call))
        case _:
            return False


def _instance_test(program: Program, handles: Handles, at: At[tree.Expr], call: At[tree.Call]) -> bool:
    """`isinstance(message, Cancel)`, `isinstance(message, (Cancel, Stop))`."""
    match call.node:
        case tree.Call(callee=tree.Name(id="isinstance"), arguments=(first, second)) if (
            first.value is at.node
        ):
            kinds = second.value.items if isinstance(second.value, tree.Sequence) else (second.value,)
            told = [_class(program, handles, at, at.to(each)) for each in kinds]
            if any(told):
                handles.tested.append(at)
                _else_of(handles, call)
            return any(told)
        case _:
            return False


def _class_pattern(program: Program, handles: Handles, at: At[tree.Expr], case: At[tree.Case]) -> bool:
    """One case of a `match` over the message itself."""
    pattern = case.node.pattern
    if pattern is None or isinstance(pattern, tree.Name):
        handles.rest = handles.rest or Evidence(case.span, "a default branch takes the rest")
        return False
    handles.tested.append(at)
    patterns = pattern.operands if isinstance(pattern, tree.Operation) else (pattern,)
    called = [each.callee for each in patterns if isinstance(each, tree.Call)]
    told = [_class(program, handles, at, at.to(each)) for each in called]
    return any(told)


def _class(program: Program, handles: Handles, at: At[tree.Expr], kind: At[tree.Expr]) -> bool:
    """The types of a class that a message is asked for; whether it is a class of messages."""
    declared = declared_by(program, kind)
    for each in declared.types:
        evidence = (Evidence(at.span, f"looks for {each.discriminator} `{each.value}`"),)
        key = (each.discriminator, each.value)
        handles.types.setdefault(key, MessageType(each.value, each.discriminator, kind.span, evidence))
    return bool(declared.types)


def _compare(program: Program, handles: Handles, name: str, at: At[tree.Expr]) -> bool:
    """What one use of the discriminator looks for; whether it decides anything."""
    node, parent = at.node, at.parent
    match parent:
        case tree.Operation(operator="==" | "!=" | "is", operands=operands):
            other = next((each for each in operands if each is not node), None)
            if other is not None:
                _known(program, handles, name, at, at.to(other))
                _else_of(handles, at.to(parent))
            return True
        case tree.Operation(operator="in" | "not in", operands=(left, right)) if left is node:
            for origin in origins(program, at.to(right)):
                if isinstance(origin, At) and isinstance(origin.node, tree.Sequence):
                    for item in origin.node.items:
                        _known(program, handles, name, at, origin.to(item))
                else:
                    handles.complete = False
            return True
        case tree.Switch(subject=subject, cases=cases) if subject is node:
            for case in cases:
                if case.pattern is None or isinstance(case.pattern, tree.Name):
                    handles.rest = handles.rest or Evidence(
                        at.to(case).span, "a default branch takes the rest"
                    )
                else:
                    _pattern(program, handles, name, at, case.pattern)
            return True
        case tree.Index(object=table, key=key) if key is node:
            _table(program, handles, name, at.to(table))
            return True
        case tree.Argument():
            call = at.index.parents.get(parent)
            return isinstance(call, tree.Call) and _given(program, handles, name, at, at.to(call))
        case tree.Member(object=inner) if inner is node:
            handles.complete = False
            return True
        case tree.Element() | tree.Attribute() | tree.Template() | tree.Entry():
            if not _is_logged_or_sent(program, at):
                handles.rest = handles.rest or Evidence(at.span, "uses the type, whatever it is")
            return False
        case _:
            return False


def _pattern(program: Program, handles: Handles, name: str, at: At[tree.Expr], pattern: tree.Expr) -> None:
    if isinstance(pattern, tree.Operation) and pattern.operator == "|":
        for operand in pattern.operands:
            _pattern(program, handles, name, at, operand)
    else:
        _known(program, handles, name, at, at.to(pattern))


def _known(program: Program, handles: Handles, name: str, at: At[tree.Expr], other: At[tree.Expr]) -> None:
    if isinstance(other.node, tree.Literal) and not isinstance(other.node.value, str):
        return
    for value in literals_of(program, other):
        if value is None:
            handles.complete = False
        else:
            evidence = (Evidence(at.span, f"looks for {name} `{value}`"),)
            handles.types.setdefault((name, value), MessageType(value, name, at.span, evidence))


def _table(program: Program, handles: Handles, name: str, table: At[tree.Expr]) -> None:
    """A table of handlers by type, or a list of types."""
    found = False
    for origin in origins(program, table):
        if isinstance(origin, At) and isinstance(origin.node, tree.Sequence):
            for item in origin.node.items:
                found = True
                _known(program, handles, name, origin.to(item), origin.to(item))
        elif isinstance(origin, At) and isinstance(origin.node, tree.Object):
            for entry in origin.node.entries:
                found = True
                if entry.key is None:
                    handles.complete = False
                else:
                    _known(program, handles, name, origin.to(entry.key), origin.to(entry.key))
    if not found:
        handles.complete = False


def _given(program: Program, handles: Handles, name: str, at: At[tree.Expr], call: At[tree.Call]) -> bool:
    """A call that is given the discriminator; whether it decides anything."""
    callee = call.node.callee
    if isinstance(callee, tree.Member) and callee.name in ("get", "has", "includes"):
        _table(program, handles, name, call.to(callee.object))
        return True
    meaning = parsing_of(program, call, at.node)
    if meaning not in ("logs", "checks", "encodes") and not functions(program, call.to(callee)):
        handles.complete = False
    return False


def _is_logged_or_sent(program: Program, at: At[tree.Expr]) -> bool:
    """Whether the type only goes into a log line or an error answer."""
    for ancestor in at.index.ancestors(at.node):
        if isinstance(ancestor, tree.Function):
            return False
        if isinstance(ancestor, tree.Call):
            return parsing_of(program, at.to(ancestor), at.node) == "logs"
    return False


def _else_of(handles: Handles, test: At[tree.Expr]) -> None:
    """The last `else` of a chain of comparisons takes the rest."""
    for ancestor in test.index.ancestors(test.node):
        if isinstance(ancestor, tree.If):
            within = ancestor.test.start <= test.node.start < ancestor.test.end
            statements = ancestor.otherwise.statements if within and ancestor.otherwise is not None else ()
            if statements and not (len(statements) == 1 and isinstance(statements[0], tree.If)):
                handles.rest = handles.rest or Evidence(
                    test.to(ancestor.test).span, "its else takes the rest"
                )
            return
        if isinstance(ancestor, tree.Function):
            return


def _elsewhere(
    handles: Handles, read: Read, deciders: frozenset[tree.Node], deciding: set[tree.Node]
) -> None:
    """A field that is read whatever the type: the code works with every message."""
    around = read.at.index.ancestors(read.at.node)
    if not any(each in deciding for each in around) or under_a_test(read.at, deciders):
        return
    places = [each for each in read.places if each.node is not read.at.node]
    if places and all(under_a_test(each, deciders) for each in places):
        return
    if places or isinstance(read.at.parent, tree.Argument | tree.Entry | tree.Template | tree.Element):
        handles.rest = handles.rest or Evidence(read.at.span, f"uses `{read.key}` whatever the type")


def handed_on(program: Program, handles: Handles, at: At[tree.Expr], deciders: frozenset[tree.Node]) -> None:
    """The whole message goes where it cannot be followed, or is kept or printed with all others, whatever its type."""
    current, parent = _whole(program, at)
    call = at.index.parents.get(parent) if isinstance(parent, tree.Argument) else None
    if under_a_test(at, deciders):
        return
    if _joins_a_list(current):
        is_kept = not isinstance(call, tree.Call) or (
            parsing_of(program, at.to(call), current) == "other" and not _is_dependencies(call, current)
        )
        if is_kept:
            handles.rest = handles.rest or Evidence(at.to(current).span, "keeps every message")
        return
    if not isinstance(call, tree.Call):
        return
    given = at.to(call)
    if parsing_of(program, given, current) != "other" or _is_dependencies(call, current):
        return
    callee = given.to(call.callee)
    followed = not isinstance(current, tree.Call) and (
        functions(program, callee)
        or called_back(program, given)
        or store_setter_of(program, given) is not None
        or (isinstance(callee.node, tree.Name) and state_hook(program, callee.to(callee.node)) is not None)
    )
    if not followed and not _is_sent(call):
        handles.rest = handles.rest or Evidence(given.span, "hands on every message")


def _whole(program: Program, at: At[tree.Expr]) -> tuple[tree.Node, tree.Node | None]:
    """The display that a message is part of, or the text that is made of all of it, and what that stands in."""
    current: tree.Node = at.node
    parent = at.parent
    while True:
        if isinstance(parent, tree.Entry | tree.Object | tree.Sequence | tree.Spread):
            current = parent
        elif isinstance(parent, tree.Argument) and not isinstance(current, tree.Call):
            call = at.index.parents.get(parent)
            if not isinstance(call, tree.Call) or parsing_of(program, at.to(call), current) != "encodes":
                return current, parent
            current = call
        else:
            return current, parent
        parent = at.index.parents.get(current)


def _joins_a_list(display: tree.Node) -> bool:
    """`[...before, message]`"""
    return isinstance(display, tree.Sequence) and any(isinstance(each, tree.Spread) for each in display.items)


def _is_sent(call: tree.Call) -> bool:
    return isinstance(call.callee, tree.Member) and call.callee.name == "send"


def _is_dependencies(call: tree.Call, given: tree.Node) -> bool:
    """The dependency array of a hook."""
    if not isinstance(given, tree.Sequence) or len(call.arguments) != 2:
        return False
    effect, dependencies = call.arguments
    return dependencies.value is given and isinstance(effect.value, tree.Function)


def under_a_test(at: At[tree.Expr], deciders: frozenset[tree.Node]) -> bool:
    """Whether a condition on the discriminator decides whether this runs."""
    return any(node in deciders for test in _conditions(at) for node in tree.walk(test))


def _conditions(at: At[tree.Expr]) -> Iterator[tree.Expr]:
    inner: tree.Node = at.node
    for ancestor in at.index.ancestors(at.node):
        if isinstance(ancestor, tree.If | tree.Conditional):
            yield ancestor.test
        elif isinstance(ancestor, tree.Operation) and ancestor.operator == "and":
            yield from (each for each in ancestor.operands if each is not inner)
        elif isinstance(ancestor, tree.Switch):
            yield ancestor.subject
        inner = ancestor
