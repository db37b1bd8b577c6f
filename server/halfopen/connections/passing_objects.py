"""Objects that live no longer than one run of the function that makes them: what they keep goes with them."""

from __future__ import annotations

from halfopen.connections.handling import Handling
from halfopen.connections.registries import Container, FieldOf
from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers, functions
from halfopen.semantics.instances import classes
from halfopen.semantics.program import At, Program
from halfopen.semantics.scopes import index_of

_DEPTH = 3


def is_passing(handling: Handling, container: Container) -> bool:
    """Whether a registry is a field of an object that is made anew for each connection: `GameService()` in the handler.

    Where the endpoint makes none itself, all that the workspace makes are asked. An object whose own method is the
    handler is there before each connection, whatever function made it (`server = Server()` in `main()`).
    """
    if not isinstance(container, FieldOf):
        return False
    program, klass = handling.program, container.klass
    return program.queries.search(
        ("passing object", klass.node, handling.root.node), lambda: _is_passing(handling, klass, _DEPTH)
    )


def _is_passing(handling: Handling, klass: At[tree.Class], depth: int) -> bool:
    program = handling.program
    name = klass.node.name
    if not name or depth == 0:
        return False
    made = [
        At(module.path, unit, call)
        for module, unit in program.units_calling(name, "python")
        if is_shipped(module.path)
        for call in index_of(unit).calls
        if isinstance(call.callee, tree.Name | tree.Member)
        and any(each.node is klass.node for each in classes(program, At(module.path, unit, call)))
        and _last(call.callee) == name
    ]
    own = [
        each
        for each in made
        if (function := each.index.function_of(each.node)) is not None
        and handling.function_at(function) is not None
    ]
    if not own and handling.root.index.class_of(handling.root.node) is klass.node:
        return False
    return bool(made) and all(_passes(handling, each, depth) for each in own or made)


def _last(callee: tree.Expr) -> str:
    match callee:
        case tree.Name(id=name) | tree.Member(name=name):
            return name
        case _:
            return ""


def _passes(handling: Handling, made: At[tree.Call], depth: int) -> bool:
    """Whether an object is kept by a local variable of a function alone, or by an object that passes itself."""
    program = handling.program
    program.queries.note(made.unit)
    function = made.index.function_of(made.node)
    parent = made.parent
    if function is not None and isinstance(parent, tree.Argument):
        return _is_lent(program, made, parent)
    if function is not None and isinstance(parent, tree.Return):
        # A dependency of FastAPI, which calls it for each request.
        return not function.decorators and not callers(program, made.to(function))
    if function is None or not isinstance(parent, tree.Assign):
        return False
    outer = made.index.class_of(made.node)
    kept_by_self = outer is not None and _is_passing(handling, made.to(outer), depth - 1)
    for target in parent.targets:
        if not isinstance(target, tree.Name):
            return kept_by_self and isinstance(target, tree.Member | tree.Index)
        if made.index.bindings.get(target) is None or _is_outer(function, target.id):
            return False
        if not kept_by_self and _is_handed_out(function, target.id):
            return False
    return True


def _is_lent(program: Program, made: At[tree.Call], argument: tree.Argument) -> bool:
    """`await serve(websocket, Service())`: what is called has it for as long as it runs."""
    call = made.index.parents.get(argument)
    return (
        isinstance(call, tree.Call)
        and isinstance(made.index.parents.get(call), tree.Await)
        and any(
            not each.node.name or each.node.name != "__init__"
            for each in functions(program, made.to(call.callee))
        )
    )


def _is_outer(function: tree.Function, name: str) -> bool:
    return any(
        isinstance(node, tree.Outer) and name in node.names
        for node in tree.walk(function.body, tree.same_function)
    )


def _is_handed_out(function: tree.Function, name: str) -> bool:
    """Whether a variable is returned, yielded, or put into something else."""
    for node in tree.walk(function.body, tree.same_function):
        match node:
            case tree.Return(value=value) | tree.Yield(value=value) if value is not None:
                given = value
            case tree.Assign(targets=targets, value=value) if value is not None:
                if all(isinstance(each, tree.Name) for each in targets) and not isinstance(value, tree.Name):
                    continue
                given = value
            case tree.Call(
                callee=tree.Member(name="append" | "add" | "setdefault" | "insert" | "put"),
                arguments=arguments,
            ):
                given = arguments[-1].value if arguments else None
            case _:
                continue
        if isinstance(given, tree.Name) and given.id == name:
            return True
    return False
