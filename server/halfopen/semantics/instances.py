"""Of which classes of the workspace an expression is an instance."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.semantics import tree
from halfopen.semantics.declared_types import annotated_classes, annotation_parts, declared_classes
from halfopen.semantics.function_shape import returned, yielded
from halfopen.semantics.injection import dependency_providers
from halfopen.semantics.origin import Origin, ParameterOf
from halfopen.semantics.program import At, External, Program
from halfopen.semantics.scopes import Definition
from halfopen.semantics.values import origins


def classes(program: Program, at: At[tree.Expr]) -> list[At[tree.Class]]:
    """The workspace classes an expression may be an instance of."""
    found: dict[At[tree.Class], None] = {}
    for origin in origins(program, at):
        for klass in classes_of(program, origin):
            found[klass] = None
    return list(found)


def classes_of(program: Program, origin: Origin) -> Iterator[At[tree.Class]]:
    """The workspace classes that an origin is an instance of, or is itself."""
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
            if isinstance(callee, tree.Member):
                yield from _looked_up(program, origin)
        case tree.Index():
            yield from _looked_up(program, origin)
        case _:
            return


def _looked_up(program: Program, lookup: At[tree.Expr]) -> Iterator[At[tree.Class]]:
    from halfopen.semantics.containers import looked_up_classes

    yield from looked_up_classes(program, lookup)


def parameter_classes(program: Program, origin: ParameterOf) -> list[At[tree.Class]]:
    """The workspace classes a parameter's annotation or injected dependency names."""
    parameter = origin.parameter
    found: list[At[tree.Class]] = []
    if origin.steps:
        return found
    for annotation in annotation_parts(parameter):
        for each in origins(program, origin.function.to(annotation)):
            found += annotated_classes(program, each)
    if parameter.annotation is not None and any(
        isinstance(each, tree.Literal) for each in tree.walk(parameter.annotation)
    ):
        found += declared_classes(program, origin.function.to(parameter.annotation))
    for provider in dependency_providers(program, origin):
        if isinstance(provider.node, tree.Class):
            found.append(provider.to(provider.node))
        elif isinstance(provider.node, tree.Function):
            values = returned(provider.to(provider.node)) + yielded(provider.to(provider.node))
            for value in values:
                found += classes(program, value)
    return list(dict.fromkeys(found))


def declared_instance(
    program: Program, at: At[tree.Node], definition: Definition, found: list[Origin]
) -> Iterator[Origin]:
    """The class that `service: Service = request.app.state.service` says, where the value does not tell one."""
    node = definition.node
    if not isinstance(node, tree.Assign) or node.annotation is None or definition.steps:
        return
    if at.unit.language == "python" and not any(
        klass for origin in found for klass in classes_of(program, origin)
    ):
        yield from declared_classes(program, at.to(node.annotation))
