"""Constant numbers of the code: the delay of a timer, a threshold, followed through names and arithmetic."""

from __future__ import annotations

import math
from collections.abc import Iterator

from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers
from halfopen.semantics.function_shape import argument_of
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, Program
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.values import origins

_DEEPEST = 6
_MOST = 6
_CONVERSIONS = frozenset(
    {"int", "float", "Number", "parseInt", "parseFloat", "max", "min", "Math.max", "Math.min"}
)
_READERS = frozenset({"get", "getenv"})
_DURATIONS = {
    "milliseconds": 1e-3,
    "seconds": 1.0,
    "minutes": 60.0,
    "hours": 3600.0,
    "days": 86400.0,
}


def numbers_of(program: Program, at: At[tree.Expr]) -> tuple[float, ...]:
    """The numbers an expression may be, each once; empty where the code does not say.

    A setting with a default (`int(os.getenv("X", "30"))`, `Number(import.meta.env.X) || 30000`) is its default,
    a `timedelta(...)` its seconds.
    """
    empty: tuple[float, ...] = ()
    return program.queries.get_or(
        ("numbers", at.node),
        lambda: tuple(dict.fromkeys(_numbers(program, at, 0)))[:_MOST],
        empty,
    )


def _numbers(program: Program, at: At[tree.Expr], depth: int) -> Iterator[float]:
    program.queries.note(at.unit)
    if depth > _DEEPEST:
        return
    node = at.node
    match node:
        case tree.Literal(value=bool()):
            return
        case tree.Literal(value=int() | float() as value):
            yield float(value)
        case tree.Literal(value=str() as text):
            try:
                number = float(text)
            except ValueError:
                return
            if math.isfinite(number):
                yield number
        case tree.Operation(operator=operator, operands=(left, right)) if operator in _ARITHMETIC:
            for one in _numbers(program, at.to(left), depth + 1):
                for other in _numbers(program, at.to(right), depth + 1):
                    yield from _ARITHMETIC[operator](one, other)
        case tree.Operation(operator="-", operands=(inner,)):
            yield from (-each for each in _numbers(program, at.to(inner), depth + 1))
        case tree.Operation(operator="or" | "??", operands=operands):
            for operand in operands:
                yield from _numbers(program, at.to(operand), depth + 1)
        case tree.Conditional(then=then, otherwise=otherwise):
            yield from _numbers(program, at.to(then), depth + 1)
            yield from _numbers(program, at.to(otherwise), depth + 1)
        case tree.Call():
            found = list(_of_call(program, at.to(node), depth))
            yield from found if found else _followed(program, at, depth)
        case _:
            yield from _followed(program, at, depth)


def _followed(program: Program, at: At[tree.Expr], depth: int) -> Iterator[float]:
    """Through names, fields and parameters to what they are given."""
    for origin in origins(program, at):
        if isinstance(origin, ParameterOf):
            if origin.parameter.default is not None and not origin.steps:
                yield from _numbers(program, origin.function.to(origin.parameter.default), depth + 1)
            elif not origin.steps and depth < 3:
                for call in callers(program, origin.function)[:_MOST]:
                    given = argument_of(call.node, origin.function.node, origin.parameter)
                    if given is not None:
                        yield from _numbers(program, call.to(given), depth + 2)
        elif isinstance(origin, At) and origin.node is not at.node:
            yield from _numbers(program, origin, depth + 1)


def _of_call(program: Program, at: At[tree.Call], depth: int) -> Iterator[float]:
    names = qualified(program, at.to(at.node.callee))
    arguments = at.node.arguments
    if "datetime.timedelta" in names:
        total = 0.0
        for argument in arguments:
            values = list(_numbers(program, at.to(argument.value), depth + 1))
            if not values or argument.name not in _DURATIONS:
                return
            total += values[0] * _DURATIONS[argument.name]
        yield total
    elif names & _CONVERSIONS or "pydantic.Field" in names:
        for argument in arguments:
            if argument.name not in (None, "default"):
                continue
            yield from _numbers(program, at.to(argument.value), depth + 1)
    elif any(name.rpartition(".")[2] in _READERS for name in names) and len(arguments) > 1:
        yield from _numbers(program, at.to(arguments[1].value), depth + 1)


def _product(one: float, other: float) -> Iterator[float]:
    yield one * other


def _sum(one: float, other: float) -> Iterator[float]:
    yield one + other


def _difference(one: float, other: float) -> Iterator[float]:
    yield one - other


def _quotient(one: float, other: float) -> Iterator[float]:
    if other:
        yield one / other


_ARITHMETIC = {"*": _product, "+": _sum, "-": _difference, "/": _quotient}
