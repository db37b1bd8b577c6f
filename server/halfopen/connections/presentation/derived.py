"""What is worked out from a value: the expression around a use whose value rests on it."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.semantics import tree
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At

_STATICS = frozenset({"Object", "Math", "JSON", "Array", "Number", "Intl"})
_CASTS = frozenset({"String", "Number", "Boolean", "parseInt", "parseFloat", "Set", "Map", "Date"})
_SILENT_METHODS = frozenset({"forEach", "push", "unshift", "set", "add", "delete", "clear", "send", "close"})
"""Methods whose result says nothing of the value."""


def derived_from(use: At[tree.Expr]) -> At[tree.Expr]:
    """The largest expression whose value is worked out from a use: by operators, as a part of it, by a method of it, or by
    one of the language's own functions (`Object.values(jobs).filter(isRunning).length`)."""
    top = use.node
    for _, around in steps_out(use):
        top = around
    return use.to(top)


def steps_out(use: At[tree.Expr]) -> Iterator[tuple[tree.Expr, tree.Expr]]:
    """Each expression on the way there, with the one around it."""
    inner = use.node
    around = _around(use, inner)
    while around is not None:
        yield inner, around
        inner, around = around, _around(use, around)


def _around(use: At[tree.Expr], node: tree.Expr) -> tree.Expr | None:
    parents = use.index.parents
    parent = parents.get(node)
    match parent:
        case tree.Operation() | tree.Conditional() | tree.Template() | tree.Index():
            return parent
        case tree.Member(object=inner, name=name) if inner is node and name != "current":
            call = parents.get(parent)
            if isinstance(call, tree.Call) and call.callee is parent:
                return None if name in _SILENT_METHODS else call
            return parent
        case tree.Argument():
            call = parents.get(parent)
            return call if isinstance(call, tree.Call) and _converts(call) else None
        case tree.Return():
            return _memoised(use, parent)
        case _:
            return None


def _converts(call: tree.Call) -> bool:
    callee = call.callee
    if isinstance(callee, tree.Member):
        return isinstance(callee.object, tree.Name) and callee.object.id in _STATICS
    return isinstance(callee, tree.Name) and callee.id in _CASTS


def _memoised(use: At[tree.Expr], result: tree.Return) -> tree.Expr | None:
    """The `useMemo(() => ...)` whose function returns a value."""
    function = use.index.function_of(result)
    argument = use.index.parents.get(function) if function is not None else None
    call = use.index.parents.get(argument) if isinstance(argument, tree.Argument) else None
    is_memo = isinstance(call, tree.Call) and last_name(call.callee) == "useMemo"
    return call if is_memo and isinstance(call, tree.Call) and call.arguments[0] is argument else None
