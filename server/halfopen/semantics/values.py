"""Where a value comes from: through names, imports, members, calls, hooks and conditionals.

`origins` follows an expression to what it may be: a function, class, object, call or literal of the
workspace, something `External`, or a parameter whose value callers decide. Control flow is not
looked at: a name with three assignments has three origins.

What a member of an instance, an element of a container, a ref or a store's state may be is asked of the
modules for these, which ask for origins in turn: they are imported where they are asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from halfopen.semantics import tree
from halfopen.semantics.function_shape import argument_of, is_receiver, returned
from halfopen.semantics.object_methods import assigned_members, object_of_this
from halfopen.semantics.origin import Origin, ParameterOf
from halfopen.semantics.program import At, External, Global, Program, Variable
from halfopen.semantics.scopes import Definition, Step

_SHORT_CHAIN = 8
"""Links that are followed one within the other."""
_WINDOWS = frozenset({"window", "globalThis", "self", "global"})
_CONTEXT_READERS = frozenset({"useContext", "use"})
_TRANSPARENT_HOOKS = frozenset(
    {"useCallback", "useEffectEvent", "useMemoizedFn", "useEvent", "memo", "forwardRef"}
)


def origins(program: Program, at: At[tree.Expr]) -> tuple[Origin, ...]:
    """What an expression may be, each origin once, in source order."""

    def compute() -> tuple[Origin, ...]:
        program.queries.note(at.unit)
        for inner in _long_chain(program, at.node):
            origins(program, at.to(inner))
        return tuple(dict.fromkeys(_origins_of(program, at)))

    empty: tuple[Origin, ...] = ()
    return program.queries.get_or(("origins", at.node), compute, empty)


def _long_chain(program: Program, node: tree.Expr) -> list[tree.Expr]:
    """The links within a long chain (`a.b().c()...`), innermost first: each is then one step from the last."""
    chain: list[tree.Expr] = []
    current = _inner(node)
    while current is not None and not program.queries.knows(("origins", current)):
        chain.append(current)
        current = _inner(current)
    return chain[::-1] if len(chain) > _SHORT_CHAIN else []


def _inner(node: tree.Expr) -> tree.Expr | None:
    """The expression that the origins of a node rest on first."""
    match node:
        case tree.Member(object=inner) | tree.Call(callee=inner):
            return inner
        case tree.Await(value=inner) | tree.Spread(value=inner) | tree.AssignExpr(value=inner):
            return inner
        case tree.Conditional(otherwise=inner):
            return inner
        case tree.Operation(operator="or" | "??", operands=operands):
            return operands[0]
        case tree.Operation(operator="and", operands=operands):
            return operands[-1]
        case _:
            return None


def _origins_of(program: Program, at: At[tree.Expr]) -> Iterator[Origin]:
    node = at.node
    match node:
        case tree.Name():
            if node.id == "this" or is_receiver(at, node.id):
                yield at
            else:
                yield from _variable(program, program.variable(at.to(node)))
        case tree.Member(object=inner, name=name):
            yield from _member(program, at.to(node), inner, name)
        case tree.Await(value=value) | tree.Spread(value=value):
            yield from origins(program, at.to(value))
        case tree.AssignExpr(value=value):
            yield from origins(program, at.to(value))
        case tree.Conditional(then=then, otherwise=otherwise):
            yield from origins(program, at.to(then))
            yield from origins(program, at.to(otherwise))
        case tree.Operation(operator="or" | "??", operands=operands):
            for operand in operands:
                yield from origins(program, at.to(operand))
        case tree.Operation(operator="and", operands=operands):
            yield from origins(program, at.to(operands[-1]))
        case tree.Call():
            yield from _call(program, at.to(node))
        case tree.Index(object=tree.Name() | tree.Member() as display, key=key):
            yield from _entries(program, at.to(display), key) or [at]
        case _:
            yield at


def _entries(program: Program, display: At[tree.Expr], key: tree.Expr) -> list[Origin]:
    """What `handlers[kind]` may be of `handlers = {"chat": on_chat}`: what is defined or made there, and no plain value."""
    name = key.value if isinstance(key, tree.Literal) and isinstance(key.value, str) else None
    found: dict[Origin, None] = {}
    for origin in origins(program, display):
        if not isinstance(origin, At) or not isinstance(origin.node, tree.Object):
            continue
        for entry in origin.node.entries:
            is_other = isinstance(entry.key, tree.Literal) and entry.key.value != name
            if entry.key is None or (name is not None and is_other):
                continue
            for value in origins(program, origin.to(entry.value)):
                if _is_defined(value) or _is_made(program, value):
                    found[value] = None
    return list(found)


def _is_defined(origin: Origin) -> bool:
    return isinstance(origin, At) and isinstance(origin.node, tree.Function | tree.Class)


def _is_made(program: Program, origin: Origin) -> bool:
    """Whether an origin is a call of a class of the workspace."""
    return (
        isinstance(origin, At)
        and isinstance(origin.node, tree.Call)
        and any(
            isinstance(each, At) and isinstance(each.node, tree.Class)
            for each in origins(program, origin.to(origin.node.callee))
        )
    )


def _variable(program: Program, variable: Variable) -> Iterator[Origin]:
    if isinstance(variable, Global):
        empty: tuple[Origin, ...] = ()
        yield from program.queries.get_or(
            ("origins of", variable), lambda: tuple(dict.fromkeys(_defined(program, variable))), empty
        )
    else:
        yield from _defined(program, variable)


def _defined(program: Program, variable: Variable) -> Iterator[Origin]:
    definitions = program.definitions_of(variable)
    if not definitions:
        name = variable.name if isinstance(variable, Global) else variable.binding.name
        yield External("", name)
        return
    for path, unit, definition in definitions:
        at: At[tree.Node] = At(path, unit, definition.target)
        yield from _definition(program, at, definition)


def _definition(program: Program, at: At[tree.Node], definition: Definition) -> Iterator[Origin]:
    match definition.kind:
        case "import":
            imported = program.imported(at.path, definition)
            if isinstance(imported, External):
                yield imported
            elif isinstance(imported, Global):
                exported = program.default_export(imported.path) if imported.name == "default" else None
                if exported is not None:
                    unit, value = exported
                    yield from origins(program, At(imported.path, unit, value))
                else:
                    yield from _variable(program, imported)
            elif isinstance(imported, str):
                yield External(f"file:{imported}", "")
        case "parameter":
            function = at.index.parents.get(definition.node)
            if isinstance(function, tree.Function) and isinstance(definition.node, tree.Parameter):
                yield ParameterOf(at.to(function), definition.node, definition.steps)
        case "value" | "context" | "augmented":
            from halfopen.semantics.instances import declared_instance

            found: list[Origin] = []
            if definition.value is not None:
                found = list(_project(program, at.to(definition.value), definition.steps))
            yield from found
            yield from declared_instance(program, at, definition, found)
        case "element" if definition.value is not None:
            from halfopen.semantics.containers import element_classes

            yield from element_classes(program, at.to(definition.value), definition.steps)
        case _:
            return


def _project(program: Program, at: At[tree.Expr], steps: tuple[Step, ...]) -> Iterator[Origin]:
    """The origins of the part of a value that `steps` lead to."""
    if not steps:
        yield from origins(program, at)
        return

    def compute() -> tuple[Origin, ...]:
        return tuple(
            dict.fromkeys(found for origin in origins(program, at) for found in _step(program, origin, steps))
        )

    empty: tuple[Origin, ...] = ()
    yield from program.queries.get_or(("part of", at.node, steps), compute, empty)


def _step(program: Program, origin: Origin, steps: tuple[Step, ...]) -> Iterator[Origin]:
    step, rest = steps[0], steps[1:]
    if isinstance(origin, External):
        if isinstance(step, str):
            yield from _rest(program, _member_of_external(program, origin, step), rest)
        return
    if isinstance(origin, ParameterOf):
        yield ParameterOf(origin.function, origin.parameter, (*origin.steps, *steps))
        return
    match origin.node:
        case tree.Object(entries=entries) if isinstance(step, str):
            for entry in entries:
                if isinstance(entry.key, tree.Literal) and entry.key.value == step:
                    yield from _project(program, origin.to(entry.value), rest)
                elif entry.key is None:
                    yield from _project(program, origin.to(entry.value), steps)
            for value in assigned_members(origin.to(origin.node), step):
                yield from _project(program, value, rest)
        case tree.Sequence(items=items) if isinstance(step, int) and step < len(items):
            yield from _project(program, origin.to(items[step]), rest)
        case tree.Name() | tree.Call() | tree.Class() if isinstance(step, str):
            members = tuple(_member_of(program, origin, step))
            yield from _rest(program, iter(members), rest)
        case _:
            return


def _rest(program: Program, found: Iterable[Origin], rest: tuple[Step, ...]) -> Iterator[Origin]:
    for origin in found:
        if rest:
            yield from _step(program, origin, rest)
        else:
            yield origin


def _member(program: Program, at: At[tree.Member], inner: tree.Expr, name: str) -> Iterator[Origin]:
    found = False
    for origin in origins(program, at.to(inner)):
        for result in _member_of(program, origin, name):
            found = True
            yield result
    if not found:
        yield at


def _member_of(program: Program, origin: Origin, name: str) -> Iterator[Origin]:
    if isinstance(origin, External):
        yield from _member_of_external(program, origin, name)
        return
    from halfopen.semantics.members import instance_members
    from halfopen.semantics.refs import is_ref, ref_values

    if isinstance(origin, ParameterOf):
        yield from instance_members(program, origin, name)
        if not origin.steps and origin.function.unit.language == "typescript":
            yield from _state_member(program, origin, name)
        return
    node = origin.node
    display = origin.to(node) if isinstance(node, tree.Object) else object_of_this(origin)
    if display is not None:
        yield from _step(program, display, (name,))
    elif isinstance(node, tree.Call) and name == "current" and is_ref(program, origin.to(node)):
        for value in ref_values(program, origin.to(node)):
            yield from origins(program, value)
    elif isinstance(node, tree.Function) and name in ("bind", "call", "apply"):
        yield origin
    else:
        yield from instance_members(program, origin, name)
        if isinstance(node, tree.Call) and origin.unit.language == "typescript":
            yield from _state_member(program, origin, name)


def _state_member(program: Program, origin: At[tree.Expr] | ParameterOf, name: str) -> Iterator[Origin]:
    """What a Zustand store's initializer gives for a name, where the origin is the store's state."""
    from halfopen.semantics.store_state import state_displays

    for display in state_displays(program, origin):
        yield from _step(program, display, (name,))


def _member_of_external(program: Program, origin: External, name: str) -> Iterator[Origin]:
    if origin.module.startswith("file:"):
        resolved = program.resolve_export(origin.module[5:], name)
        if isinstance(resolved, Global):
            yield from _variable(program, resolved)
        elif isinstance(resolved, str):
            yield External(f"file:{resolved}", "")
    elif origin.module == "" and origin.name in _WINDOWS:
        yield External("", name)
    else:
        yield External(origin.module, f"{origin.name}.{name}" if origin.name else name)


def _call(program: Program, at: At[tree.Call]) -> Iterator[Origin]:
    """A call is its own origin, unless it hands on a function it was given, or a workspace function's result."""
    node = at.node
    resolved = False
    for callee in origins(program, at.to(node.callee)):
        if isinstance(callee, External):
            last = callee.name.rpartition(".")[2]
            if last in _TRANSPARENT_HOOKS or str(callee) in ("functools.partial", "functools.wraps"):
                if node.arguments:
                    resolved = True
                    yield from origins(program, at.to(node.arguments[0].value))
            elif last in _CONTEXT_READERS and node.arguments:
                from halfopen.semantics.contexts import provided

                for value in provided(program, at.to(node.arguments[0].value)):
                    resolved = True
                    yield from origins(program, value)
            elif last == "useMemo" and node.arguments:
                for function in origins(program, at.to(node.arguments[0].value)):
                    if isinstance(function, At) and isinstance(function.node, tree.Function):
                        for value in returned(function.to(function.node)):
                            resolved = True
                            yield from origins(program, value)
        elif isinstance(callee, At) and isinstance(callee.node, tree.Call) and node.arguments:
            from halfopen.semantics.store_state import selectors_of

            for selector in selectors_of(program, at, callee.to(callee.node)):
                for value in returned(selector):
                    found = origins(program, value)
                    resolved = resolved or bool(found)
                    yield from found
        elif isinstance(callee, At) and isinstance(callee.node, tree.Function):
            if isinstance(node.callee, tree.Member) and node.callee.name == "bind":
                resolved = True
                yield callee
            elif not callee.node.is_generator:
                for value in returned(callee.to(callee.node)):
                    for origin in origins(program, value):
                        resolved = True
                        yield _argument_for(at, callee.to(callee.node), origin)
    if not resolved and isinstance(node.callee, tree.Member) and node.callee.name == "get" and node.arguments:
        for entry in _entries(program, at.to(node.callee.object), node.arguments[0].value):
            resolved = True
            yield entry
        for default in node.arguments[1:2] if resolved else ():
            yield from origins(program, at.to(default.value))
    if not resolved:
        yield at


def _argument_for(call: At[tree.Call], function: At[tree.Function], origin: Origin) -> Origin:
    """A function that returns its parameter returns this call's argument."""
    if isinstance(origin, ParameterOf) and origin.function == function and not origin.steps:
        argument = argument_of(call.node, function.node, origin.parameter)
        if argument is not None:
            return call.to(argument)
    return origin
