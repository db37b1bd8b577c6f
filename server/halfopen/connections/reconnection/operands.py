"""Where a number's parts come from: defaults, what callers give, and variables that rest on themselves."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.semantics import tree
from halfopen.semantics.origin import Origin, ParameterOf
from halfopen.semantics.program import At, Program
from halfopen.semantics.scopes import Step
from halfopen.semantics.values import origins


def last_word(node: tree.Expr) -> str:
    return node.id if isinstance(node, tree.Name) else node.name if isinstance(node, tree.Member) else ""


def default_of(origin: ParameterOf) -> At[tree.Expr] | None:
    """The default of a parameter, or of a part of it that is destructured (`{ interval = 3000 }`)."""
    default = default_in(origin.parameter.target, origin.steps) if origin.steps else origin.parameter.default
    return origin.function.to(default) if default is not None else None


def default_in(pattern: tree.Expr, steps: tuple[Step, ...]) -> tree.Expr | None:
    """The default that a destructuring pattern gives to the part at `steps`."""
    for step in steps:
        if isinstance(pattern, tree.AssignExpr):
            pattern = pattern.target
        if not isinstance(pattern, tree.Object):
            return None
        entry = next(
            (e for e in pattern.entries if isinstance(e.key, tree.Literal) and e.key.value == step), None
        )
        if entry is None:
            return None
        pattern = entry.value
    return pattern.value if isinstance(pattern, tree.AssignExpr) else None


def part_of(program: Program, at: At[tree.Expr], steps: tuple[Step, ...]) -> At[tree.Expr] | None:
    for step in steps:
        found: Origin | None = next(
            (o for o in origins(program, at) if isinstance(o, At) and isinstance(o.node, tree.Object)), None
        )
        if not isinstance(found, At) or not isinstance(found.node, tree.Object):
            return None
        entry = next(
            (e for e in found.node.entries if isinstance(e.key, tree.Literal) and e.key.value == step), None
        )
        if entry is None:
            return None
        at = found.to(entry.value)
    return at


def counts_on(program: Program, argument: At[tree.Expr], origin: ParameterOf) -> bool:
    """Whether a function calls itself with its parameter counted up or down (`reconnect(tries + 1)`)."""
    return (
        isinstance(argument.node, tree.Operation)
        and argument.node.operator in ("+", "-")
        and any(origin in origins(program, argument.to(each)) for each in argument.node.operands)
    )


def counts_down(program: Program, argument: At[tree.Expr], origin: ParameterOf) -> bool:
    """Whether a function calls itself with fewer attempts left (`reconnect(left - 1)`)."""
    return (
        isinstance(argument.node, tree.Operation)
        and argument.node.operator == "-"
        and origin in origins(program, argument.to(argument.node.operands[0]))
    )


def same_place(one: tree.Expr, two: tree.Expr) -> bool:
    """Whether two expressions name the same variable, field or ref, as they are written."""
    match one, two:
        case tree.Name(id=a), tree.Name(id=b):
            return a == b
        case tree.Member(object=x, name=a), tree.Member(object=y, name=b):
            return a == b and same_place(x, y)
        case _:
            return False


def is_value_of(program: Program, at: At[tree.Expr], place: At[tree.Expr]) -> bool:
    """Whether an expression is a variable itself, or a name that holds its value: `const delay = delayRef.current`."""
    if same_place(at.node, place.node):
        return True
    if not isinstance(at.node, tree.Name):
        return False
    given = [each for _, _, each in program.definitions_of(program.variable(at.to(at.node)))]
    return (
        len(given) == 1
        and given[0].kind == "value"
        and not given[0].steps
        and given[0].value is not None
        and same_place(given[0].value, place.node)
    )


def mentions(program: Program, value: At[tree.Expr], place: At[tree.Expr]) -> bool:
    return any(
        isinstance(node, tree.Name | tree.Member) and is_value_of(program, value.to(node), place)
        for node in tree.walk(value.node)
    )


def is_counted(program: Program, at: At[tree.Expr]) -> bool:
    """Whether a variable is counted up where it is known (`attempts++`, `this.attempts += 1`)."""
    return any(True for _ in _increments(at))


def is_counted_first(at: At[tree.Expr]) -> bool:
    """Whether the same function has counted a variable up before it asks for it."""
    function = at.index.function_of(at.node)
    return any(
        each.end <= at.node.start and at.index.function_of(each) is function for each in _increments(at)
    )


def _increments(at: At[tree.Expr]) -> Iterator[tree.Node]:
    for statement in at.unit.body:
        for node in tree.walk(statement):
            match node:
                case tree.Operation(operator="++", operands=(target,)) if same_place(target, at.node):
                    yield node
                case tree.Assign(operator="+" | "*", targets=(target,)) if same_place(target, at.node):
                    yield node
                case tree.AssignExpr(operator="+" | "*", target=target) if same_place(target, at.node):
                    yield node
                case _:
                    pass
