"""Whether each attempt to connect asks anew for the credential that it puts into the URL."""

from __future__ import annotations

from halfopen.semantics import tree
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program


def is_read_each_time(program: Program, made: At[tree.Call], value: At[tree.Expr]) -> bool:
    """Whether the function that makes the socket, or one that it calls for the URL, asks for the value: by a call
    (`localStorage.getItem("token")`, `tokens.access()`), or of a ref, which holds the latest.

    A parameter, a prop or a constant around that function is the same at each attempt.
    """
    return _is_asked_for(program, made, value, set())


def _is_asked_for(program: Program, made: At[tree.Call], value: At[tree.Expr], seen: set[tree.Node]) -> bool:
    if value.node in seen or not _runs_with(made, value):
        return False
    seen.add(value.node)
    match value.node:
        case tree.Call(callee=tree.Name(id="encodeURIComponent" | "String"), arguments=(first, *_)):
            return _is_asked_for(program, made, value.to(first.value), seen)
        case tree.Call() | tree.Member(name="current"):
            return True
        case tree.Member(object=inner) | tree.Await(value=inner):
            return _is_asked_for(program, made, value.to(inner), seen)
        case tree.Operation(operands=operands):
            return any(_is_asked_for(program, made, value.to(each), seen) for each in operands)
        case tree.Conditional(then=then, otherwise=otherwise):
            return any(_is_asked_for(program, made, value.to(each), seen) for each in (then, otherwise))
        case tree.Name():
            definitions = program.definitions_of(program.variable(value.to(value.node)))
            return any(
                each.value is not None and _is_asked_for(program, made, At(path, unit, each.value), seen)
                for path, unit, each in definitions
            )
        case _:
            return False


def _runs_with(made: At[tree.Call], value: At[tree.Expr]) -> bool:
    """Whether code runs each time that the socket is made, and not once around the function that makes it."""
    function = value.index.function_of(value.node)
    if function is None:
        return False
    if function is made.index.function_of(made.node):
        return True
    return function not in made.index.ancestors(made.node) and not _is_kept(value, function)


def _is_kept(value: At[tree.Expr], function: tree.Function) -> bool:
    """Whether a hook keeps what a function gives: `useMemo(() => ...)`, `useState(() => ...)`."""
    given = value.index.parents.get(function)
    call = value.index.parents.get(given) if isinstance(given, tree.Argument) else None
    return isinstance(call, tree.Call) and last_name(call.callee) in ("useMemo", "useState")
