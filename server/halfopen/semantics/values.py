"""Where a value comes from: through names, imports, members, calls, hooks and conditionals.

`origins` follows an expression to what it may be: a function, class, object, call or literal of the
workspace, something `External`, or a parameter whose value callers decide. Control flow is not
looked at: a name with three assignments has three origins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

from halfopen.semantics import tree
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, External, Global, Local, Program, Variable, own_nodes
from halfopen.semantics.scopes import Definition, Step
from halfopen.semantics.unit import Unit


@dataclass(frozen=True, slots=True)
class ParameterOf:
    """A parameter of a function: its value is the caller's."""

    function: At[tree.Function]
    parameter: tree.Parameter
    steps: tuple[Step, ...] = ()


Origin: TypeAlias = At[tree.Expr] | External | ParameterOf

_LONGEST_NAME = 12
"""Dots and calls in a qualified name; longer ones name nothing that anyone asks for."""
_MOST_NAMES = 100
"""Qualified names of one expression."""
_SHORT_CHAIN = 8
"""Links that are followed one within the other."""
_WINDOWS = frozenset({"window", "globalThis", "self", "global"})
_TRANSPARENT_HOOKS = frozenset(
    {"useCallback", "useEffectEvent", "useMemoizedFn", "useEvent", "memo", "forwardRef"}
)
_ONE_TYPE = re.compile(r"(?:typing\.)?Optional\[(?P<inner>[\w ]+)\]")
_OF_ONE = frozenset({"Optional", "Annotated", "Final", "ClassVar"})
"""Types around the type of one value."""
_MOST_IMPLEMENTATIONS = 8
"""A method with more of them is an extension point, and nothing tells which one runs."""
_REFS = frozenset({"react.useRef", "react.createRef", "react.default.useRef"})


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
        case _:
            yield at


def is_receiver(at: At[tree.Expr], name: str) -> bool:
    """Whether a name is the receiver (`self`) of the method it stands in."""
    function = at.index.function_of(at.node)
    while function is not None:
        if function.receiver == name:
            return True
        if any(isinstance(p.target, tree.Name) and p.target.id == name for p in function.parameters):
            return False
        function = at.index.function_of(function)
    return False


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
            found: list[Origin] = []
            if definition.value is not None:
                found = list(_project(program, at.to(definition.value), definition.steps))
            yield from found
            yield from _declared(program, at, definition, found)
        case "element" if definition.value is not None:
            from halfopen.semantics.containers import element_classes

            yield from element_classes(program, at.to(definition.value), definition.steps)
        case _:
            return


def _declared(
    program: Program, at: At[tree.Node], definition: Definition, found: list[Origin]
) -> Iterator[Origin]:
    """The class that `service: Service = request.app.state.service` says, where the value does not tell one."""
    node = definition.node
    if not isinstance(node, tree.Assign) or node.annotation is None or definition.steps:
        return
    if at.unit.language == "python" and not any(
        klass for origin in found for klass in _classes_of(program, origin)
    ):
        yield from _declared_classes(program, at.to(node.annotation))


def _declared_classes(program: Program, annotation: At[tree.Expr]) -> Iterator[At[tree.Class]]:
    """The workspace classes of an annotation of one value: `X`, `X | None`, `Optional[X]`; not `list[X]`."""
    match annotation.node:
        case tree.Name() | tree.Member():
            for origin in origins(program, annotation):
                if isinstance(origin, At) and isinstance(origin.node, tree.Class):
                    yield origin.to(origin.node)
        case tree.Operation(operator="|", operands=operands):
            for operand in operands:
                yield from _declared_classes(program, annotation.to(operand))
        case tree.Index(object=tree.Name(id=name) | tree.Member(name=name), key=key) if name in _OF_ONE:
            first = key.items[0] if isinstance(key, tree.Sequence) and key.items else key
            yield from _declared_classes(program, annotation.to(first))
        case tree.Literal(value=str() as text):
            for each in _names_in_text(annotation, text):
                yield from _declared_classes(program, annotation.to(each))
        case _:
            return


def _names_in_text(annotation: At[tree.Expr], text: str) -> tuple[tree.Name, ...]:
    """The names in an annotation that is written as text: `"Sender"`, `"Sender | None"`, `"Optional[Sender]"`."""
    node = annotation.node

    def read() -> tuple[tree.Name, ...]:
        found = _ONE_TYPE.fullmatch(text.strip())
        parts = (found["inner"] if found is not None else text).split("|")
        names = [part.strip() for part in parts]
        return tuple(tree.Name(node.start, node.end, each) for each in names if each.isidentifier())

    return annotation.unit.derived(("names in text", node), read)


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
    if isinstance(origin, ParameterOf):
        for klass in parameter_classes(program, origin):
            yield from _class_member(program, klass, name)
        if not origin.steps and origin.function.unit.language == "typescript":
            yield from _state_member(program, origin, name)
        return
    node = origin.node
    if isinstance(node, tree.Object):
        yield from _step(program, origin, (name,))
    elif isinstance(node, tree.Call) and name == "current" and is_ref(program, origin.to(node)):
        for value in ref_values(program, origin.to(node)):
            yield from origins(program, value)
    elif isinstance(node, tree.Function) and name in ("bind", "call", "apply"):
        yield origin
    else:
        for klass in _classes_of(program, origin):
            yield from _class_member(program, klass, name)
        if isinstance(node, tree.Call) and origin.unit.language == "typescript":
            yield from _state_member(program, origin, name)


def _class_member(program: Program, klass: At[tree.Class], name: str) -> Iterator[Origin]:
    """A member of an instance; of an abstract method what implements it, of a field also what it is declared as."""
    found: list[Origin] = []
    for value in members(program, klass, name):
        if isinstance(value.node, tree.Function) and _is_abstract(value.node):
            implementing = _implementations(program, klass, name)
            if 0 < len(implementing) <= _MOST_IMPLEMENTATIONS:
                found += implementing
                continue
        if isinstance(value.node, tree.Function) and _is_property(value.node):
            given = [each for part in returned(value.to(value.node)) for each in origins(program, part)]
            if given:
                found += given
                continue
        found += origins(program, value)
    yield from found
    declared = _fields_of(klass).get(name)
    if declared is not None and not any(each for origin in found for each in _classes_of(program, origin)):
        yield from _declared_classes(program, klass.to(declared))


def _declared_fields(klass: tree.Class) -> dict[str, tree.Expr]:
    """The types of the fields that a Python class body declares, as in a dataclass: `sender: Sender | None = None`."""
    return {
        target.id: statement.annotation
        for statement in klass.body.statements
        if isinstance(statement, tree.Assign) and statement.annotation is not None
        for target in statement.targets
        if isinstance(target, tree.Name) and not isinstance(statement.annotation, tree.TypeText)
    }


def fields_given(
    program: Program, call: At[tree.Call], argument: tree.Argument
) -> Iterator[tuple[At[tree.Class], str]]:
    """The field that an argument fills where a call makes an instance of a class that only declares its fields."""
    if call.unit.language != "python":
        return
    for origin in origins(program, call.to(call.node.callee)):
        if not isinstance(origin, At) or not isinstance(origin.node, tree.Class):
            continue
        klass = origin.to(origin.node)
        names = list(_fields_of(klass))
        if argument.name is not None:
            if argument.name in names and not members(program, klass, "__init__"):
                yield klass, argument.name
            continue
        positional = [each for each in call.node.arguments if each.name is None]
        place = positional.index(argument)
        if place < len(names) and not members(program, klass, "__init__"):
            yield klass, names[place]


def _fields_of(klass: At[tree.Class]) -> dict[str, tree.Expr]:
    return klass.unit.derived(("declared", klass.node), lambda: _declared_fields(klass.node))


def _is_property(function: tree.Function) -> bool:
    return any(last_name(each) in ("property", "cached_property") for each in function.decorators)


def _is_abstract(function: tree.Function) -> bool:
    """`@abstractmethod`, or a Python method whose body is `...`, `pass` or `raise NotImplementedError`."""
    if function.receiver in (None, "this"):
        return False
    for decorator in function.decorators:
        if last_name(decorator) in ("abstractmethod", "abstractproperty"):
            return True
    for statement in function.body.statements:
        match statement:
            case tree.Do(value=tree.Literal() | tree.Opaque(kind="ellipsis")):
                continue
            case tree.Raise(value=tree.Call(callee=callee)) if last_name(callee) == "NotImplementedError":
                continue
            case tree.Raise(value=tree.Name(id="NotImplementedError")):
                continue
            case _:
                return False
    return True


def _implementations(program: Program, klass: At[tree.Class], name: str) -> list[At[tree.Function]]:
    """The methods of subclasses in the workspace that implement an abstract one."""
    return program.queries.search(
        ("implementations", klass.node, name), lambda: list(_implementing(program, klass, name, 0))
    )


def _implementing(
    program: Program, klass: At[tree.Class], name: str, depth: int
) -> Iterator[At[tree.Function]]:
    if not klass.node.name or depth > 2:
        return
    for module, unit in program.units_with(klass.node.name, "python"):
        at: At[tree.Node] = At(module.path, unit, klass.node)
        for each in at.index.classes:
            if not any(
                isinstance(origin, At) and origin.node is klass.node
                for base in each.bases
                for origin in origins(program, at.to(base))
            ):
                continue
            program.queries.note(unit)
            own = [
                node for node in _member_table(at.to(each)).get(name, ()) if isinstance(node, tree.Function)
            ]
            for node in own:
                if not _is_abstract(node):
                    yield at.to(node)
            if not own:
                yield from _implementing(program, at.to(each), name, depth + 1)


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
    if not resolved:
        yield at


def _argument_for(call: At[tree.Call], function: At[tree.Function], origin: Origin) -> Origin:
    """A function that returns its parameter returns this call's argument."""
    if isinstance(origin, ParameterOf) and origin.function == function and not origin.steps:
        argument = argument_of(call.node, function.node, origin.parameter)
        if argument is not None:
            return call.to(argument)
    return origin


# --- functions, classes and their members ------------------------------------------------------


def returned(function: At[tree.Function]) -> list[At[tree.Expr]]:
    """The expressions a function returns."""
    return [
        function.to(node.value)
        for node in own_nodes(function)
        if isinstance(node, tree.Return) and node.value is not None
    ]


def functions(program: Program, at: At[tree.Expr]) -> list[At[tree.Function]]:
    """The workspace functions an expression may be: a callee, a callback, a decorator.

    A class that is called runs its constructor; an instance that is called is left out.
    """
    found: list[At[tree.Function]] = []
    for origin in origins(program, at):
        if isinstance(origin, At):
            if isinstance(origin.node, tree.Function):
                found.append(origin.to(origin.node))
            elif isinstance(origin.node, tree.Class):
                for name in ("__init__", "constructor"):
                    for value in members(program, origin.to(origin.node), name):
                        if isinstance(value.node, tree.Function):
                            found.append(value.to(value.node))
    return found


def callbacks(program: Program, at: At[tree.Expr], _depth: int = 0) -> list[At[tree.Function]]:
    """Like `functions`, and where an expression is a parameter, what the callers give for it."""
    found = functions(program, at)
    if _depth > 2:
        return found
    for origin in origins(program, at):
        if isinstance(origin, ParameterOf) and not origin.steps:
            for call in callers(program, origin.function):
                argument = argument_of(call.node, origin.function.node, origin.parameter)
                if argument is not None:
                    found += callbacks(program, call.to(argument), _depth + 1)
    return list(dict.fromkeys(found))


def called(program: Program, callee: At[tree.Expr]) -> list[At[tree.Function]]:
    """What a call runs; for a field that the constructor was given (`self._cancel(...)`), what it was given."""
    found = functions(program, callee)
    of_field = isinstance(callee.node, tree.Member) and isinstance(callee.node.object, tree.Name)
    return found or (callbacks(program, callee) if of_field else [])


def classes(program: Program, at: At[tree.Expr]) -> list[At[tree.Class]]:
    """The workspace classes an expression may be an instance of."""
    found: dict[At[tree.Class], None] = {}
    for origin in origins(program, at):
        for klass in _classes_of(program, origin):
            found[klass] = None
    return list(found)


def _classes_of(program: Program, origin: Origin) -> Iterator[At[tree.Class]]:
    if isinstance(origin, ParameterOf):
        yield from parameter_classes(program, origin)
        return
    if isinstance(origin, External):
        return
    node = origin.node
    match node:
        case tree.Class():
            yield origin.to(node)
        case tree.Name():
            klass = origin.index.class_of(node)
            if klass is not None:
                yield origin.to(klass)
        case tree.Call(callee=callee, arguments=arguments):
            for target in origins(program, origin.to(callee)):
                if isinstance(target, At) and isinstance(target.node, tree.Class):
                    yield target.to(target.node)
            if isinstance(callee, tree.Member) and callee.name == "setdefault" and len(arguments) == 2:
                yield from classes(program, origin.to(arguments[1].value))
        case _:
            return


def parameter_classes(program: Program, origin: ParameterOf) -> list[At[tree.Class]]:
    """The workspace classes a parameter's annotation or injected dependency names."""
    parameter = origin.parameter
    found: list[At[tree.Class]] = []
    if origin.steps:
        return found
    for annotation in annotation_parts(parameter):
        for each in origins(program, origin.function.to(annotation)):
            found += annotated_classes(program, each)
    for provider in dependency_providers(program, origin):
        if isinstance(provider.node, tree.Class):
            found.append(provider.to(provider.node))
        elif isinstance(provider.node, tree.Function):
            values = returned(provider.to(provider.node)) + yielded(provider.to(provider.node))
            for value in values:
                found += classes(program, value)
    return list(dict.fromkeys(found))


def annotated_classes(program: Program, origin: Origin) -> Iterator[At[tree.Class]]:
    """The class that an annotation names, or that its alias does: `Service = Annotated[Docflow, Depends(service)]`."""
    if not isinstance(origin, At):
        return
    if isinstance(origin.node, tree.Class):
        yield origin.to(origin.node)
    elif isinstance(origin.node, tree.Literal):
        yield from _declared_classes(program, origin)
    elif isinstance(origin.node, tree.Index | tree.Operation):
        for part in types_in(origin.node):
            for each in origins(program, origin.to(part)):
                if isinstance(each, At) and isinstance(each.node, tree.Class):
                    yield each.to(each.node)


def yielded(function: At[tree.Function]) -> list[At[tree.Expr]]:
    """The expressions a generator yields."""
    return [
        function.to(node.value)
        for node in own_nodes(function)
        if isinstance(node, tree.Yield) and node.value is not None
    ]


def annotation_parts(parameter: tree.Parameter) -> list[tree.Expr]:
    """The types a Python annotation names: `X`, `X | None`, `Optional[X]`, `Annotated[X, ...]`, `"X"` left out."""
    return types_in(parameter.annotation) if parameter.annotation is not None else []


def types_in(annotation: tree.Expr) -> list[tree.Expr]:
    """The types that an annotation names; of `Annotated` and `Optional` the first argument."""
    found: list[tree.Expr] = []
    waiting = [annotation]
    while waiting:
        current = waiting.pop()
        match current:
            case tree.Name() | tree.Member():
                found.append(current)
            case tree.Operation(operator="|", operands=operands):
                waiting += operands
            case tree.Index(key=key):
                inner = key.items if isinstance(key, tree.Sequence) else (key,)
                waiting.append(inner[0]) if inner else None
            case _:
                pass
    return found


def dependency_calls(
    program: Program, function: At[tree.Function], parameter: tree.Parameter
) -> list[At[tree.Call]]:
    """The `Depends(...)`/`Security(...)` calls that inject a parameter, as default or in `Annotated`."""
    candidates: list[tree.Expr] = []
    if parameter.default is not None:
        candidates.append(parameter.default)
    annotations = [parameter.annotation] if parameter.annotation is not None else []
    for annotation in annotations:
        for origin in origins(program, function.to(annotation)):
            if isinstance(origin, At) and isinstance(origin.node, tree.Index):
                return _dependency_calls_in(program, origin.to(origin.node), candidates)
    return _only_depends(program, [function.to(each) for each in candidates])


def _dependency_calls_in(
    program: Program, at: At[tree.Index], candidates: list[tree.Expr]
) -> list[At[tree.Call]]:
    key = at.node.key
    inner = key.items if isinstance(key, tree.Sequence) else (key,)
    return _only_depends(program, [at.to(each) for each in (*candidates, *inner[1:])])


def _only_depends(program: Program, calls: list[At[tree.Expr]]) -> list[At[tree.Call]]:
    return [
        each.to(each.node)
        for each in calls
        if isinstance(each.node, tree.Call)
        and any(
            _name_of_origin(callee) in ("Depends", "Security")
            for callee in origins(program, each.to(each.node.callee))
        )
    ]


def _name_of_origin(origin: Origin) -> str | None:
    """The last name of something outside, or of a function of the workspace that wraps it."""
    if isinstance(origin, External):
        return origin.name.rpartition(".")[2]
    if isinstance(origin, At) and isinstance(origin.node, tree.Function | tree.Class):
        return origin.node.name
    return None


def dependency_providers(program: Program, origin: ParameterOf) -> list[At[tree.Expr]]:
    """The functions or classes that provide an injected parameter."""
    found: list[At[tree.Expr]] = []
    for call in dependency_calls(program, origin.function, origin.parameter):
        for argument in call.node.arguments:
            for provider in origins(program, call.to(argument.value)):
                if isinstance(provider, At):
                    found.append(provider)
    return found


def members(
    program: Program, klass: At[tree.Class], name: str, _seen: frozenset[tree.Node] = frozenset()
) -> list[At[tree.Expr]]:
    """The values of a class's member: its method or field, and what its methods assign to it.

    Base classes of the workspace are looked at where the class itself defines nothing.
    """
    program.queries.note(klass.unit)
    if klass.node in _seen:
        return []
    found: list[At[tree.Expr]] = []
    table = _member_table(klass)
    for value in table.get(name, ()):
        found.append(klass.to(value))
    if not found:
        for base in klass.node.bases:
            for origin in origins(program, klass.to(base)):
                if isinstance(origin, At) and isinstance(origin.node, tree.Class):
                    found += members(program, origin.to(origin.node), name, _seen | {klass.node})
    return found


def _member_table(klass: At[tree.Class]) -> dict[str, list[tree.Expr]]:
    """Every member a class defines, with the values it is given."""
    return klass.unit.derived(("members", klass.node), lambda: _members_of(klass))


def _members_of(klass: At[tree.Class]) -> dict[str, list[tree.Expr]]:
    table: dict[str, list[tree.Expr]] = {}
    for statement in klass.node.body.statements:
        if isinstance(statement, tree.Assign) and statement.value is not None:
            for target in statement.targets:
                if isinstance(target, tree.Name):
                    table.setdefault(target.id, []).append(statement.value)
    for node in tree.walk(klass.node.body):
        if isinstance(node, tree.Assign | tree.AssignExpr) and node.value is not None:
            for target in node.targets if isinstance(node, tree.Assign) else (node.target,):
                if isinstance(target, tree.Member) and _is_instance(klass.to(target.object)):
                    table.setdefault(target.name, []).append(node.value)
    return table


def _is_instance(at: At[tree.Expr]) -> bool:
    """Whether an expression is `this`, or a method's receiver."""
    return isinstance(at.node, tree.Name) and (at.node.id == "this" or is_receiver(at, at.node.id))


# --- refs --------------------------------------------------------------------------------------


def is_ref(program: Program, call: At[tree.Call]) -> bool:
    """Whether a call makes a React ref."""
    return any(
        isinstance(origin, External) and (str(origin) in _REFS or origin.name.rpartition(".")[2] == "useRef")
        for origin in origins(program, call.to(call.node.callee))
    )


def ref_values(program: Program, call: At[tree.Call]) -> list[At[tree.Expr]]:
    """What a ref may hold: its initial value and everything assigned to its `current`."""
    found = [call.to(argument.value) for argument in call.node.arguments[:1]]
    for variable in bound_to(program, call):
        for read in program.reads(variable):
            held = read.parent
            if not isinstance(held, tree.Member) or held.name != "current" or held.object is not read.node:
                continue
            match read.index.parents.get(held):
                case tree.Assign(targets=targets, value=value) if value is not None and held in targets:
                    found.append(read.to(value))
                case tree.AssignExpr(target=target, value=value) if target is held:
                    found.append(read.to(value))
                case _:
                    pass
    return found


def bound_to(program: Program, at: At[tree.Expr]) -> list[Variable]:
    """The variables that an expression's value is directly given to (`const x = <expression>`)."""
    node: tree.Node = at.node
    parent = at.index.parents.get(node)
    while isinstance(parent, tree.Await | tree.Conditional) or (
        isinstance(parent, tree.Operation) and parent.operator in ("or", "??")
    ):
        node, parent = parent, at.index.parents.get(parent)
    targets: tuple[tree.Expr | None, ...] = ()
    match parent:
        case tree.Assign(value=value) if value is node:
            targets = parent.targets
        case tree.AssignExpr(value=value) if value is node:
            targets = (parent.target,)
        case tree.Item(context=context) if context is node:
            targets = (parent.target,)
        case _:
            pass
    return [program.variable(at.to(target)) for target in targets if isinstance(target, tree.Name)]


# --- calls -------------------------------------------------------------------------------------


def argument_of(call: tree.Call, function: tree.Function, parameter: tree.Parameter) -> tree.Expr | None:
    """The argument that a call gives to a parameter, or None where it gives none or spreads hide it."""
    if isinstance(parameter.target, tree.Name):
        for argument in call.arguments:
            if argument.name == parameter.target.id:
                return argument.value
    parameters = list(function.parameters)
    if function.receiver is not None and function.receiver != "this" and parameters:
        parameters = parameters[1:]
    if parameter not in parameters:
        return None
    position = parameters.index(parameter)
    positional = [argument for argument in call.arguments if argument.name is None]
    if any(argument.spread for argument in positional[: position + 1]):
        return None
    return positional[position].value if position < len(positional) else None


def name_of_function(at: At[tree.Function]) -> tuple[str | None, tree.Node]:
    """The name a function is known by, and the node that gives it (its definition, or the variable's)."""
    if at.node.name:
        return at.node.name, at.node
    node: tree.Node = at.node
    parent = at.parent
    while isinstance(parent, tree.Argument | tree.Call):
        node, parent = parent, at.index.parents.get(parent)
    if isinstance(parent, tree.Assign) and parent.targets:
        target = parent.targets[0]
        if isinstance(target, tree.Name):
            return target.id, parent
        if isinstance(target, tree.Member):
            return target.name, parent
    if (
        isinstance(parent, tree.Entry)
        and isinstance(parent.key, tree.Literal)
        and isinstance(parent.key.value, str)
    ):
        return parent.key.value, parent
    return None, node


def callers(program: Program, function: At[tree.Function]) -> list[At[tree.Call]]:
    """Every call in the workspace that may run a function, by its name or as a member."""
    key = ("callers", function.node)
    return program.queries.search(key, lambda: list(_callers(program, function)))


_CALLED = re.compile(rb"(?<![\w$\x80-\xff])(#?[\w$\x80-\xff]++)(?=\s*+(?:\(|\?\.\s*\(|<))")
"""A name that is called, `name(`, `name?.(` or `name<T>(`, as text."""


_COMMON = 120
"""A name in more files than this (`get`, `run`) is not followed to its callers: hardly any would be the function's."""


def _callers(program: Program, function: At[tree.Function]) -> Iterator[At[tree.Call]]:
    name, _ = name_of_function(function)
    program.queries.note(function.unit)
    if name is None:
        return
    search = name
    if name in ("__init__", "constructor"):
        klass = function.index.class_of(function.node)
        if klass is None or klass.name is None:
            return
        search = klass.name
    elif name == "__call__":
        return
    if program.files_with(search, function.unit.language) > _COMMON:
        return
    is_method = function.node.receiver is not None and search == name
    for module, unit in program.units_with(search, function.unit.language, as_member=is_method):
        yield from _calls_in(program, module.path, unit, search, function)
    if not is_method:
        for other in program.imported_as(Global(function.path, search)):
            module = program.module(other.path) if other.name != search else None
            for unit in module.units if module is not None else ():
                if other.name.encode() in unit.words:
                    yield from _calls_in(program, other.path, unit, other.name, function)


def _calls_in(
    program: Program, path: str, unit: Unit, name: str, function: At[tree.Function]
) -> Iterator[At[tree.Call]]:
    """The calls of a unit that run a function under a name; its text is asked first whether it calls any."""
    if name.encode() not in unit.derived("called", lambda: frozenset(_CALLED.findall(unit.text))):
        return
    program.queries.note(unit)
    at: At[tree.Node] = At(path, unit, function.node)
    for call in at.index.calls:
        if last_name(call.callee) == name and function in functions(program, at.to(call.callee)):
            yield at.to(call)


# --- names of what is outside -------------------------------------------------------------------


def qualified(program: Program, at: At[tree.Expr]) -> frozenset[str]:
    """The dotted names of the external things an expression may be.

    "fastapi.WebSocket", "react.useEffect", "WebSocket" (a browser or language builtin). A member of an
    instance of an external class reads "fastapi.FastAPI().websocket"; a parameter annotated with one
    counts as its instance.
    """

    def compute() -> frozenset[str]:
        program.queries.note(at.unit)
        names = (name for origin in origins(program, at) for name in _names_of(program, origin))
        short = (name for name in names if name.count(".") + name.count("(") <= _LONGEST_NAME)
        return frozenset(islice(dict.fromkeys(short), _MOST_NAMES))

    nothing: frozenset[str] = frozenset()
    return program.queries.get_or(("qualified", at.node), compute, nothing)


def _names_of(program: Program, origin: Origin) -> Iterator[str]:
    if isinstance(origin, External):
        yield str(origin)
        return
    if isinstance(origin, ParameterOf):
        for annotation in () if origin.steps else annotation_parts(origin.parameter):
            for name in sorted(qualified(program, origin.function.to(annotation))):
                yield f"{name}()"
        return
    match origin.node:
        case tree.Call(callee=callee):
            for name in sorted(qualified(program, origin.to(callee))):
                yield f"{name}()"
        case tree.Member(object=inner, name=member):
            for name in sorted(qualified(program, origin.to(inner))):
                yield f"{name}.{member}"
        case _:
            return


__all__ = [
    "Local",
    "Origin",
    "ParameterOf",
    "argument_of",
    "bound_to",
    "callbacks",
    "called",
    "callers",
    "classes",
    "dependency_calls",
    "functions",
    "is_receiver",
    "is_ref",
    "members",
    "name_of_function",
    "origins",
    "qualified",
    "returned",
]
