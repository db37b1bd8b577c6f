"""Code that cannot run: a branch of a constant, or of a parameter that no call ever gives."""

from __future__ import annotations

from halfopen.semantics import tree
from halfopen.semantics.function_shape import argument_of
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program
from halfopen.semantics.scopes import index_of

_CHECKING = frozenset({"TYPE_CHECKING"})


def dead_blocks(program: Program, at: At[tree.Node]) -> list[tree.Block]:
    """The branches within a piece of a function that are certain never to be taken."""
    found: list[tree.Block] = []
    for node in tree.walk(at.node, tree.same_function):
        if isinstance(node, tree.If):
            truth = _truth(program, at.to(node.test))
            dead = node.otherwise if truth else node.then
            if truth is not None and dead is not None:
                found.append(dead)
    return found


def _truth(program: Program, test: At[tree.Expr]) -> bool | None:
    """What a condition always is; None where it may be either."""
    match test.node:
        case tree.Literal(value=value):
            return bool(value)
        case tree.Name(id=name) if name in _CHECKING:
            return False
        case tree.Name() as name:
            default = _only_default(program, test.to(name))
            return None if default is None else bool(default.value)
        case tree.Operation(operator="not", operands=(operand,)):
            truth = _truth(program, test.to(operand))
            return None if truth is None else not truth
        case tree.Operation(operator="and" | "or" as operator, operands=operands):
            deciding = operator == "or"
            each = [_truth(program, test.to(operand)) for operand in operands]
            if deciding in each:
                return deciding
            return None if None in each else not deciding
        case tree.Operation(
            operator="is" | "is not" as operator, operands=(tree.Name() as name, tree.Literal(value=None))
        ):
            default = _only_default(program, test.to(name))
            return None if default is None else (default.value is None) is (operator == "is")
        case _:
            return None


def _only_default(program: Program, name: At[tree.Name]) -> tree.Literal | None:
    """The literal that a parameter always is: its default, where it is set nowhere and no call gives another."""
    binding = name.index.bindings.get(name.node)
    if binding is None or len(binding.definitions) != 1:
        return None
    parameter = binding.definitions[0].node
    function = name.index.parents.get(parameter) if isinstance(parameter, tree.Parameter) else None
    if not isinstance(function, tree.Function) or not isinstance(parameter, tree.Parameter):
        return None
    default = parameter.default
    if not isinstance(default, tree.Literal) or default.value or function.decorators or not function.name:
        return None
    at = name.to(function)
    key = ("never given", parameter)
    return default if program.queries.search(key, lambda: _is_never_given(program, at, parameter)) else None


def _is_never_given(program: Program, function: At[tree.Function], parameter: tree.Parameter) -> bool:
    """Whether every use of the function's name is a call that leaves the parameter out.

    All calls of that name count, of whatever object: one whose object is not known may be meant.
    """
    assert function.node.name is not None
    called = False
    for module, unit in program.units_with(function.node.name, "python"):
        program.queries.note(unit)
        index = index_of(unit)
        for node in index.parents:
            if isinstance(node, tree.Import) and any(
                each.name == function.node.name != each.local for each in node.names
            ):
                return False
            if not isinstance(node, tree.Name | tree.Member) or last_name(node) != function.node.name:
                continue
            call = index.parents.get(node)
            if isinstance(call, tree.Call) and call.callee is node:
                if _may_give(At(module.path, unit, call), function, parameter):
                    return False
                called = True
            elif not _is_definition(index.parents.get(node)):
                return False
    return called


def _may_give(call: At[tree.Call], function: At[tree.Function], parameter: tree.Parameter) -> bool:
    return any(each.spread for each in call.node.arguments) or (
        argument_of(call.node, function.node, parameter) is not None
    )


def _is_definition(parent: tree.Node | None) -> bool:
    """Whether a name stands where a function gets it: `def name`."""
    return isinstance(parent, tree.Assign) and isinstance(parent.value, tree.Function)
