"""How a delay grows: expressions of milliseconds evaluated as far as the code fixes them.

A delay is read as a shape: its first value, its bound, how it grows with the attempts, and whether chance
takes part. Names are followed to what they are given, across modules, classes, refs and parameters.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from halfopen.connections.reconnection.facts import Delay
from halfopen.connections.reconnection.operands import (
    counts_down,
    counts_on,
    default_in,
    default_of,
    is_counted,
    is_counted_first,
    is_value_of,
    last_word,
    mentions,
    part_of,
)
from halfopen.connections.reconnection.shapes import (
    COUNT,
    NUMBER,
    UNKNOWN,
    Shape,
    constant,
    joined,
    least,
    most,
    power,
    product,
    total,
)
from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers, functions
from halfopen.semantics.function_shape import argument_of, returned
from halfopen.semantics.members import members
from halfopen.semantics.names import last_name
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, External, Program
from halfopen.semantics.refs import entry_values, is_ref, ref_values
from halfopen.semantics.values import origins

_DEEPEST = 14
_SAME = frozenset(
    {"round", "floor", "ceil", "trunc", "abs", "Number", "parseInt", "parseFloat", "int", "float"}
)
_CHANCE = frozenset(
    {"random", "randint", "uniform", "getRandomValues", "randomInt", "triangular", "randrange"}
)


def delay_of(program: Program, at: At[tree.Expr], scale: float = 1.0) -> Delay | None:
    """The delay that an expression gives; `scale` leads from its unit to milliseconds. None: nothing is known."""
    shape = _Evaluation(program).of(at)
    if shape.growth == "unknown" and not shape.random and shape.opaque:
        return None

    def times(value: float | None) -> float | None:
        return None if value is None or math.isinf(value) else value * scale

    jitter = "per_attempt" if shape.random else "unknown" if shape.opaque else "none"
    return Delay(
        shape.growth,
        times(shape.initial),
        times(shape.bound),
        jitter,
        shape.factor,
        tuple(each * scale for each in shape.steps),
        times(shape.width) if shape.random else None,
    )


def names_in(program: Program, at: At[tree.Expr]) -> frozenset[str]:
    """The names that an expression is computed from, a ref's own for its `current`."""
    evaluation = _Evaluation(program)
    evaluation.of(at)
    return frozenset(evaluation.names)


def number_of(program: Program, at: At[tree.Expr]) -> float | None:
    """The constant that an expression is, however it is named; None where it is none.

    Of a setting with a default the smallest value that is given counts.
    """
    shape = _Evaluation(program).of(at)
    return shape.initial if shape.is_constant else None


class _Evaluation:
    """One evaluation; parameters stand for the arguments of the calls that were entered."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.arguments: dict[tree.Parameter, At[tree.Expr]] = {}
        self.within: list[tree.Node] = []
        self.names: set[str] = set()

    def of(self, at: At[tree.Expr]) -> Shape:
        if at.node in self.within:
            return COUNT  # what rests on itself goes on from its last value
        if len(self.within) > _DEEPEST:
            return NUMBER
        self.within.append(at.node)
        try:
            return self._of(at)
        finally:
            self.within.pop()

    def _of(self, at: At[tree.Expr]) -> Shape:
        node = at.node
        match node:
            case tree.Literal(value=value):
                if isinstance(value, int | float) and not isinstance(value, bool):
                    return constant(value)
                return NUMBER
            case tree.Operation(operator=operator, operands=operands):
                return self._operation(at, operator, operands)
            case tree.Call():
                return self._call(at.to(node))
            case tree.Index(object=table):
                return self._table(at.to(table))
            case tree.Conditional(then=then, otherwise=otherwise):
                return self._either([at.to(then), at.to(otherwise)])
            case tree.AssignExpr(value=value) | tree.Await(value=value):
                return self.of(at.to(value))
            case tree.Name() | tree.Member():
                return self._named(at)
            case tree.Opaque(children=children) if len(children) == 1:
                return self.of(at.to(children[0]))
            case _:
                return NUMBER

    # -- operators --

    def _operation(self, at: At[tree.Expr], operator: str, operands: tuple[tree.Expr, ...]) -> Shape:
        if operator in ("or", "??"):
            return self._either([at.to(each) for each in operands])
        if operator in ("++", "--"):
            return COUNT
        first, *rest = operands
        if not rest:
            return self.of(at.to(first)) if operator == "-" else NUMBER
        if len(rest) > 1 and operator not in ("*", "/", "+", "-"):
            return NUMBER
        shape = self.of(at.to(first))
        for each in rest:
            shape = self._combined(operator, shape, self.of(at.to(each)))
        return shape

    def _combined(self, operator: str, left: Shape, right: Shape) -> Shape:
        match operator:
            case "*":
                return product(left, right)
            case "/":
                return (
                    product(left, constant(1 / right.initial))
                    if right.is_constant and right.initial
                    else left
                )
            case "+":
                return total(left, right)
            case "-":
                return total(
                    left, replace(right, initial=-right.initial if right.initial is not None else None)
                )
            case "**":
                return power(left, right)
            case "<<":
                return product(left, power(constant(2), right))
            case "%":
                return replace(left, growth="unknown", bound=right.initial)
            case _:
                return NUMBER

    def _either(self, ats: list[At[tree.Expr]]) -> Shape:
        """Alternatives: the known ones count, and the strongest growth."""
        shapes = [each for each in (self.of(at) for at in ats) if each is not NUMBER]
        return joined(shapes)

    # -- calls --

    def _call(self, call: At[tree.Call]) -> Shape:
        callee = call.node.callee
        name = last_name(callee)
        given = [call.to(argument.value) for argument in call.node.arguments if not argument.spread]
        if name in _CHANCE:
            shape = self._either(given[-1:]) if given else constant(1)
            return (
                replace(shape, random=True, width=None if given else 1.0)
                if shape.initial is not None
                else Shape("fixed", 1.0, 1.0, random=True)
            )
        if name == "min" and len(given) > 1:
            return least([self.of(each) for each in given])
        if name == "max" and len(given) > 1:
            return most([self.of(each) for each in given])
        if name == "pow" and len(given) == 2:
            return power(self.of(given[0]), self.of(given[1]))
        if name in _SAME and given:
            return self.of(given[0])
        found = functions(self.program, call.to(callee))
        shapes: list[Shape] = []
        for function in found:
            for parameter in function.node.parameters:
                argument = argument_of(call.node, function.node, parameter)
                if argument is not None:
                    self.arguments[parameter] = call.to(argument)
            shapes += [self.of(value) for value in returned(function)]
        return joined(shapes) if shapes else UNKNOWN

    def _table(self, table: At[tree.Expr]) -> Shape:
        for origin in origins(self.program, table):
            if isinstance(origin, At) and isinstance(origin.node, tree.Sequence):
                steps = [self.of(origin.to(item)) for item in origin.node.items]
                values = tuple(each.initial for each in steps if each.initial is not None)
                if values and len(values) == len(steps):
                    return Shape(
                        "table", values[0], max(values), any(each.random for each in steps), steps=values
                    )
        return NUMBER

    # -- names --

    def _named(self, at: At[tree.Expr]) -> Shape:
        self.program.queries.note(at.unit)
        match at.node:
            case tree.Member(object=tree.Name(id=name), name="current"):
                self.names.add(name)
            case tree.Name(id=name) | tree.Member(name=name):
                self.names.add(name)
            case _:
                pass
        if last_word(at.node) in ("Infinity", "POSITIVE_INFINITY"):
            return constant(math.inf)
        if isinstance(at.node, tree.Member) and at.node.name == "length":
            table = self._table(at.to(at.node.object))
            return constant(len(table.steps)) if table.steps else NUMBER
        given = list(self._given(at))
        own = [each for each in given if mentions(self.program, each, at)]
        others = [each for each in given if each not in own]
        if own or is_counted(self.program, at):
            return self._updated(others, own, at)
        shapes = [self.of(each) for each in others if each.node is not at.node]
        for origin in origins(self.program, at):
            if isinstance(origin, ParameterOf):
                shapes += self._parameter(origin)
            elif isinstance(origin, External):
                continue
            elif origin.node is not at.node and not any(origin.node is each.node for each in others):
                shapes.append(self.of(origin))
        shape = joined([each for each in shapes if each is not NUMBER])
        if shape.growth in ("linear", "exponential") and shape.bound is None and not shape.counts:
            # `if (delay > MAX) delay = MAX`: the other value of a growing variable is its bound.
            caps = [each.initial for each in shapes if each.is_constant and each.initial]
            shape = replace(shape, bound=max(caps, default=None))
        # Nobody names a constant for no delay: what is only ever seen as 0 is a counter before its first step.
        return (
            COUNT if shape.is_constant and shape.initial == 0 and not last_word(at.node).isupper() else shape
        )

    def _given(self, at: At[tree.Expr]) -> Iterator[At[tree.Expr]]:
        """The expressions that a variable, a field or a ref is given."""
        node = at.node
        if isinstance(node, tree.Name):
            for path, unit, definition in self.program.definitions_of(self.program.variable(at.to(node))):
                if definition.kind in ("value", "augmented") and definition.value is not None:
                    if not definition.steps:
                        yield At(path, unit, definition.value)
                    elif isinstance(definition.node, tree.Assign):
                        for target in definition.node.targets:
                            default = default_in(target, definition.steps)
                            if default is not None:
                                yield At(path, unit, default)
            return
        if not isinstance(node, tree.Member):
            return
        for origin in origins(self.program, at.to(node.object)):
            if not isinstance(origin, At):
                continue
            if isinstance(origin.node, tree.Call) and node.name == "current":
                if is_ref(self.program, origin.to(origin.node)):
                    yield from ref_values(self.program, origin.to(origin.node))
            elif isinstance(origin.node, tree.Object):
                yield from entry_values(self.program, origin.to(origin.node), node.name)
            elif isinstance(origin.node, tree.Name):
                klass = origin.index.class_of(origin.node)
                if klass is not None:
                    yield from members(self.program, origin.to(klass), node.name)

    def _updated(self, starts: list[At[tree.Expr]], updates: list[At[tree.Expr]], at: At[tree.Expr]) -> Shape:
        """A variable that is changed from attempt to attempt: a counter, or the delay itself."""
        initial = next((shape.initial for each in starts if (shape := self.of(each)).is_constant), None)
        changed = joined([_growth_of(self.program, each, at, self) for each in updates])
        if changed.growth == "exponential":
            return replace(changed, initial=initial)
        if changed.growth == "linear" and (changed.initial or 0) > 1 and (initial or 0) > 1:
            return replace(changed, initial=initial)
        return replace(COUNT, start=(initial or 0.0) + is_counted_first(at))

    def _parameter(self, origin: ParameterOf) -> list[Shape]:
        known = self.arguments.get(origin.parameter)
        if known is not None:
            part = part_of(self.program, known, origin.steps)
            return [self.of(part)] if part is not None else [NUMBER]
        arguments = [
            call.to(argument)
            for call in callers(self.program, origin.function)
            if is_shipped(call.path)
            and (argument := argument_of(call.node, origin.function.node, origin.parameter)) is not None
        ]
        if any(counts_down(self.program, each, origin) for each in arguments):
            return [NUMBER]
        if any(counts_on(self.program, each, origin) for each in arguments):
            return [COUNT]
        default = default_of(origin)
        found = [self.of(default)] if default is not None else []
        for argument in arguments:
            part = part_of(self.program, argument, origin.steps)
            if part is not None:
                found.append(self.of(part))
        return found or [NUMBER]


def _growth_of(program: Program, update: At[tree.Expr], place: At[tree.Expr], within: _Evaluation) -> Shape:
    """How an update of a variable from its own value makes it grow: `Math.min(delay * 2, 30000)`."""
    node = update.node
    match node:
        case tree.Call(callee=callee) if len(node.arguments) > 1:
            name = last_name(callee)
            arguments = [update.to(each.value) for each in node.arguments]
            own = [each for each in arguments if mentions(program, each, place)]
            if name == "min" and len(own) == 1:
                others = [within.of(each) for each in arguments if each not in own]
                bound = next((each.initial for each in others if each.is_constant), None)
                return replace(_growth_of(program, own[0], place, within), bound=bound)
        case tree.Call() if inside := list(_inside(program, update.to(node), place)):
            return joined([_growth_of(program, value, parameter, within) for value, parameter in inside])
        case tree.Operation(operator="*", operands=operands):
            others = _others(program, update, operands, place, within)
            factor = next((each.initial for each in others if each.initial is not None), None)
            return Shape("exponential", None, factor=factor, random=any(each.random for each in others))
        case tree.Operation(operator="+", operands=operands):
            others = _others(program, update, operands, place, within)
            step = next((each.initial for each in others if each.initial is not None), None)
            return Shape("linear", step)
        case _:
            pass
    return Shape("linear", 1.0)


def _others(
    program: Program,
    update: At[tree.Expr],
    operands: tuple[tree.Expr, ...],
    place: At[tree.Expr],
    within: _Evaluation,
) -> list[Shape]:
    """What an update's operands are, but for the variable itself."""
    return [
        within.of(update.to(each)) for each in operands if not is_value_of(program, update.to(each), place)
    ]


def _inside(
    program: Program, call: At[tree.Call], place: At[tree.Expr]
) -> Iterator[tuple[At[tree.Expr], At[tree.Expr]]]:
    """What a function of the project makes of a variable that it is given: `delay = nextDelay(delay)`."""
    for function in functions(program, call.to(call.node.callee)):
        for parameter in function.node.parameters:
            argument = argument_of(call.node, function.node, parameter)
            if argument is not None and is_value_of(program, call.to(argument), place):
                for value in returned(function):
                    yield value, function.to(parameter.target)


__all__ = ["delay_of", "names_in", "number_of"]
