"""On which conditions a piece of code runs, and what they say for a given close code.

A condition is answered with yes, no or unknown: what it says of the close code and `wasClean` is computed,
every other part of it is unknown.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from halfopen.connections.reconnection.numbers import number_of
from halfopen.connections.reconnection.operands import counts_down, is_counted_first
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers, functions
from halfopen.semantics.function_shape import argument_of, returned
from halfopen.semantics.leaving import leaves
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, Program
from halfopen.semantics.values import origins

ABNORMAL = 1006
"""What a browser reports where no close frame came: a drop, a refused handshake."""

CODES = (1000, 1001, 1005, 1006, 1008, 1011, 1012, 1013, 4000, 4001, 4003, 4401, 4403)
"""The close codes that a retry is asked about: those that servers send, and the usual ones of applications."""

_DEPTH = 3
_CODE_NAMES = frozenset({"code", "closeCode", "statusCode", "close_code"})


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold: `test` has the truth `wanted`, or `subject` is one of `cases` (or none of them)."""

    test: At[tree.Expr]
    wanted: bool
    cases: tuple[tree.Expr, ...] | None = None


def conditions_on(at: At[tree.Node]) -> Iterator[Condition]:
    """What decides within its own function whether a node runs: conditions around it, and ways out before it."""
    index, child = at.index, at.node
    for ancestor in index.ancestors(at.node):
        match ancestor:
            case tree.Function():
                return
            case tree.If(test=test, then=then, otherwise=otherwise):
                if child is then or child is otherwise:
                    yield Condition(at.to(test), child is then)
            case tree.Conditional(test=test, then=then, otherwise=otherwise):
                if child is then or child is otherwise:
                    yield Condition(at.to(test), child is then)
            case tree.Operation(operator="and" | "or", operands=operands) if child in operands:
                for operand in operands[: operands.index(child)]:
                    yield Condition(at.to(operand), ancestor.operator == "and")
            case tree.Switch(subject=subject, cases=cases) if isinstance(child, tree.Case):
                patterns = [each.pattern for each in cases if each.pattern is not None]
                mine = _entering(list(cases), child)
                yield Condition(at.to(subject), bool(mine), tuple(mine or patterns))
            case tree.Block(statements=statements):
                for statement in statements:
                    if statement is child:
                        break
                    if isinstance(statement, tree.If):
                        if leaves(statement.then) and statement.otherwise is None:
                            yield Condition(at.to(statement.test), False)
                        elif statement.otherwise is not None and leaves(statement.otherwise):
                            yield Condition(at.to(statement.test), True)
            case _:
                pass
        child = ancestor


def _entering(cases: list[tree.Case], case: tree.Case) -> list[tree.Expr]:
    """The patterns that lead into a case, those of cases that fall through to it included; none for the default."""
    found: list[tree.Expr] = []
    for each in reversed(cases[: cases.index(case) + 1]):
        if each is not case and each.body.statements:
            break
        if each.pattern is None:
            return []
        found.append(each.pattern)
    return found


def holds(program: Program, condition: Condition, code: int) -> bool | None:
    """Whether a condition holds for a close code; None where it asks for something else."""
    if condition.cases is not None:
        if not is_code(program, condition.test):
            return None
        numbers = [number_of(program, condition.test.to(each)) for each in condition.cases]
        return (float(code) in numbers) is condition.wanted
    truth = _truth(program, condition.test, code, 0)
    return None if truth is None else truth is condition.wanted


def asks_code(program: Program, condition: Condition) -> bool:
    """Whether a condition asks for the close code or `wasClean`, itself or in a function that it calls."""
    return any(holds(program, condition, code) is not None for code in CODES)


def asks_clean(condition: Condition) -> bool:
    return any(
        isinstance(node, tree.Member) and node.name == "wasClean" for node in tree.walk(condition.test.node)
    )


def _truth(program: Program, at: At[tree.Expr], code: int, depth: int) -> bool | None:
    match at.node:
        case tree.Literal(value=bool() as value):
            return value
        case tree.Member(name="wasClean"):
            return code != ABNORMAL
        case tree.Operation(operator="not", operands=(inner,)):
            truth = _truth(program, at.to(inner), code, depth)
            return None if truth is None else not truth
        case tree.Operation(operator="and" | "or" as operator, operands=operands):
            found = [_truth(program, at.to(each), code, depth) for each in operands]
            decisive = operator == "or"
            if decisive in found:
                return decisive
            return None if None in found else not decisive
        case tree.Operation(operator=operator, operands=(left, right)):
            return _compared(program, at, operator, left, right, code)
        case tree.Call():
            return _called(program, at.to(at.node), code, depth)
        case tree.Name(id="wasClean"):
            return code != ABNORMAL
        case tree.Name() if depth < _DEPTH:
            found = [
                _truth(program, each, code, depth + 1)
                for each in origins(program, at)
                if isinstance(each, At)
                and not isinstance(each.node, tree.Function)
                and each.node is not at.node
            ]
            return found[0] if len(found) == 1 else None
        case _:
            return None


def _compared(
    program: Program, at: At[tree.Expr], operator: str, left: tree.Expr, right: tree.Expr, code: int
) -> bool | None:
    if is_code(program, at.to(right)) and not is_code(program, at.to(left)):
        left, right = right, left
        operator = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}.get(operator, operator)
    if not is_code(program, at.to(left)):
        return _reason_compared(operator, left, right, code)
    if operator in ("in", "not in"):
        listed = _numbers(program, at.to(right))
        return None if listed is None else (float(code) in listed) is (operator == "in")
    other = number_of(program, at.to(right))
    if other is None:
        return None
    match operator:
        case "==" | "is":
            return code == other
        case "!=" | "is not":
            return code != other
        case "<":
            return code < other
        case "<=":
            return code <= other
        case ">":
            return code > other
        case ">=":
            return code >= other
        case _:
            return None


def _reason_compared(operator: str, left: tree.Expr, right: tree.Expr, code: int) -> bool | None:
    """A comparison of the close's reason with a text: where no frame came, there is none."""
    said = isinstance(right, tree.Literal) and isinstance(right.value, str) and right.value != ""
    if isinstance(left, tree.Member) and left.name == "reason" and said and code in (1005, ABNORMAL):
        return False if operator == "==" else True if operator == "!=" else None
    return None


def _called(program: Program, call: At[tree.Call], code: int, depth: int) -> bool | None:
    callee = call.node.callee
    if (
        isinstance(callee, tree.Member)
        and callee.name in ("includes", "has", "some")
        and len(call.node.arguments) == 1
        and is_code(program, call.to(call.node.arguments[0].value))
    ):
        listed = _numbers(program, call.to(callee.object))
        return None if listed is None else float(code) in listed
    if depth >= _DEPTH:
        return None
    for function in functions(program, call.to(callee)):
        values = returned(function)
        if len(values) == 1:
            return _truth(program, values[0], code, depth + 1)
    return None


def _numbers(program: Program, at: At[tree.Expr]) -> list[float] | None:
    """The numbers of a list, a tuple, or a `new Set([...])`."""
    for origin in origins(program, at):
        if not isinstance(origin, At):
            continue
        node = origin.node
        if isinstance(node, tree.Call) and len(node.arguments) == 1:
            return _numbers(program, origin.to(node.arguments[0].value))
        if isinstance(node, tree.Sequence):
            values = [number_of(program, origin.to(each)) for each in node.items]
            return [each for each in values if each is not None]
    return None


def is_code(program: Program, at: At[tree.Expr]) -> bool:
    """Whether an expression is a close code: `event.code`, or what was taken from it."""
    node = at.node
    if isinstance(node, tree.Member):
        return node.name in _CODE_NAMES
    if not isinstance(node, tree.Name):
        return False
    for origin in origins(program, at):
        if isinstance(origin, ParameterOf):
            name = origin.steps[-1] if origin.steps else node.id
            if name in _CODE_NAMES:
                return True
            continue
        if (
            isinstance(origin, At)
            and isinstance(origin.node, tree.Member)
            and origin.node.name in _CODE_NAMES
        ):
            return True
    return False


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many attempts a condition on a counter lets through (`attempts < 5`), and the number that says so."""

    attempts: int
    said_by: At[tree.Expr]


def attempts_allowed(program: Program, condition: Condition) -> tuple[Allowance, ...]:
    """What a condition demands of counters; nothing where it is about something else."""
    if condition.cases is not None:
        return ()
    return tuple(_allowed(program, condition.test, condition.wanted))


def _allowed(program: Program, at: At[tree.Expr], wanted: bool) -> Iterator[Allowance]:
    node = at.node
    if not isinstance(node, tree.Operation):
        return
    if node.operator == "not":
        yield from _allowed(program, at.to(node.operands[0]), not wanted)
    elif node.operator in ("and", "or"):
        if (node.operator == "and") is wanted:
            for each in node.operands:
                yield from _allowed(program, at.to(each), wanted)
    elif len(node.operands) == 2:
        allowance = _of_counter(program, at, node, wanted)
        if allowance is not None:
            yield allowance


def _of_counter(program: Program, at: At[tree.Expr], node: tree.Operation, wanted: bool) -> Allowance | None:
    left, right = (at.to(each) for each in node.operands)
    operator = node.operator
    limit = number_of(program, right)
    if limit is None:
        left, right = right, left
        limit = number_of(program, right)
        operator = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}.get(operator, operator)
    if limit == 0 and (operator, wanted) in ((">", True), ("<=", False), ("==", False)):
        return _left_over(program, left)
    if limit is None or not 0 < limit < math.inf or not _may_count(program, left):
        return None
    match operator, wanted:
        case ("<", True) | (">=", False) | ("==", False):
            allowed = int(limit)
        case ("<=", True) | (">", False):
            allowed = int(limit) + 1
        case _:
            return None
    # What is counted before it is asked for (`attempt += 1; if (attempt > 8) return`) lets one attempt less through.
    return Allowance(max(allowed - is_counted_first(left), 0), right)


def _left_over(program: Program, at: At[tree.Expr]) -> Allowance | None:
    """How many attempts a parameter that is counted down begins with: `connect(5)`, where `left > 0` asks for more."""
    for origin in origins(program, at) if isinstance(at.node, tree.Name) else ():
        if not isinstance(origin, ParameterOf) or origin.steps:
            continue
        given = [
            call.to(argument)
            for call in callers(program, origin.function)
            if (argument := argument_of(call.node, origin.function.node, origin.parameter)) is not None
        ]
        starts = [each for each in given if not counts_down(program, each, origin)]
        numbers = [number_of(program, each) for each in starts]
        if len(starts) < len(given) and numbers and None not in numbers:
            return Allowance(int(max(each for each in numbers if each is not None)), starts[0])
    return None


def _may_count(program: Program, at: At[tree.Expr]) -> bool:
    """Whether an expression may be a number of attempts: a variable that is no constant, no code, no state."""
    node = at.node
    if isinstance(node, tree.Operation) and node.operator in ("++", "+"):
        return any(_may_count(program, at.to(each)) for each in node.operands)
    if isinstance(node, tree.Member) and node.name in ("readyState", "length", "size", "bufferedAmount"):
        return False
    return (
        isinstance(node, tree.Name | tree.Member)
        and not is_code(program, at)
        and number_of(program, at) is None
    )


def tested_words(
    conditions: Iterator[Condition] | tuple[Condition, ...] | list[Condition],
) -> tuple[str, ...]:
    """What conditions read, as it is written, each once."""
    found: dict[str, None] = {}
    for condition in conditions:
        for node in tree.walk(condition.test.node):
            if isinstance(node, tree.Name | tree.Member):
                found[condition.test.to(node).text] = None
    return tuple(found)
