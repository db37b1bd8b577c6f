"""Which types an annotation names, and which classes of the workspace those are."""

from __future__ import annotations

import re
from collections.abc import Iterator

from halfopen.semantics import tree
from halfopen.semantics.origin import Origin
from halfopen.semantics.program import At, Program
from halfopen.semantics.values import origins

_ONE_TYPE = re.compile(r"(?:typing\.)?Optional\[(?P<inner>[\w ]+)\]")
_OF_ONE = frozenset({"Optional", "Annotated", "Final", "ClassVar"})
"""Types around the type of one value."""


def annotation_parts(parameter: tree.Parameter) -> list[tree.Expr]:
    """The types a Python annotation names: `X`, `X | None`, `Optional[X]`, `Annotated[X, ...]`; not those in quotes."""
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


def annotated_classes(program: Program, origin: Origin) -> Iterator[At[tree.Class]]:
    """The class that an annotation names, or that its alias does: `Service = Annotated[Docflow, Depends(service)]`."""
    if not isinstance(origin, At):
        return
    if isinstance(origin.node, tree.Class):
        yield origin.to(origin.node)
    elif isinstance(origin.node, tree.Literal):
        yield from declared_classes(program, origin)
    elif isinstance(origin.node, tree.Index | tree.Operation):
        for part in types_in(origin.node):
            for each in origins(program, origin.to(part)):
                if isinstance(each, At) and isinstance(each.node, tree.Class):
                    yield each.to(each.node)


def declared_classes(program: Program, annotation: At[tree.Expr]) -> Iterator[At[tree.Class]]:
    """The workspace classes of an annotation of one value: `X`, `X | None`, `Optional[X]`; not `list[X]`."""
    match annotation.node:
        case tree.Name() | tree.Member():
            for origin in origins(program, annotation):
                if isinstance(origin, At) and isinstance(origin.node, tree.Class):
                    yield origin.to(origin.node)
        case tree.Operation(operator="|", operands=operands):
            for operand in operands:
                yield from declared_classes(program, annotation.to(operand))
        case tree.Index(object=tree.Name(id=name) | tree.Member(name=name), key=key) if name in _OF_ONE:
            first = key.items[0] if isinstance(key, tree.Sequence) and key.items else key
            yield from declared_classes(program, annotation.to(first))
        case tree.Literal(value=str() as text):
            for each in _names_in_text(annotation, text):
                yield from declared_classes(program, annotation.to(each))
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
