"""HTTP routes beside a socket that ask who calls."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.admission.verification import is_check_name
from halfopen.connections.facts import Evidence
from halfopen.semantics import tree
from halfopen.semantics.program import At, Program
from halfopen.semantics.scopes import index_of

_METHODS = frozenset({"get", "post", "put", "patch", "delete"})


def guarded_beside(program: Program, path: str) -> tuple[Evidence, ...]:
    """HTTP routes of the same file that ask who calls, where most of them do.

    What a socket gives is compared with what is read over HTTP: routes that change something may well be kept
    to administrators while everybody may look on.
    """
    return program.queries.search(("guarded beside", path), lambda: _guarded_beside(program, path))


def _guarded_beside(program: Program, path: str) -> tuple[Evidence, ...]:
    guarded: dict[bool, list[Evidence]] = {True: [], False: []}
    others = {True: 0, False: 0}
    module = program.module(path)
    for unit in module.units if module is not None else ():
        program.queries.note(unit)
        for function in index_of(unit).functions:
            methods = {_method(each) for each in function.decorators} & _METHODS
            if not methods:
                continue
            reads = "get" in methods
            at = At(path, unit, function)
            check = next(asked(at), None)
            if check is None:
                others[reads] += 1
            else:
                guarded[reads].append(Evidence(check.span, f"{function.name} asks who calls: {check.text}"))
    if not guarded[True] and not others[True]:
        return tuple(guarded[False][:2]) if len(guarded[False]) > others[False] else ()
    return tuple(guarded[True][:2]) if len(guarded[True]) > others[True] else ()


def _method(decorator: tree.Expr) -> str:
    if isinstance(decorator, tree.Call) and isinstance(decorator.callee, tree.Member):
        return decorator.callee.name
    return ""


def asked(function: At[tree.Function]) -> Iterator[At[tree.Call]]:
    """The dependencies of a route that check who calls, by their names."""
    spoken = [each.default for each in function.node.parameters]
    spoken += [each.annotation for each in function.node.parameters]
    for each in (*spoken, *function.node.decorators):
        for node in tree.walk(each) if each is not None else ():
            if (
                isinstance(node, tree.Call)
                and _name(node.callee) in ("Depends", "Security")
                and node.arguments
            ) and is_check_name(_name(node.arguments[0].value)):
                yield function.to(node)


def _name(node: tree.Expr) -> str:
    match node:
        case tree.Name(id=name) | tree.Member(name=name):
            return name
        case tree.Call(callee=callee):
            return _name(callee)
        case _:
            return ""
