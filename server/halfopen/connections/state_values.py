"""What a React state is given, at first and wherever it is set."""

from __future__ import annotations

from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.flow import aliases_of_target
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program
from halfopen.semantics.scopes import Definition


def state_values(program: Program, here: At[tree.Node], definition: Definition) -> list[At[tree.Expr]] | None:
    """The values of the state whose variable is defined `here`, null left out; None for what is no such state."""
    hook, target = definition.value, here.parent
    if not isinstance(hook, tree.Call) or last_name(hook.callee) != "useState" or definition.steps != (0,):
        return None
    given = [here.to(each.value) for each in hook.arguments[:1]]
    if isinstance(target, tree.Sequence) and len(target.items) > 1:
        for alias in aliases_of_target(program, here.to(target.items[1])):
            call = alias.parent
            if isinstance(call, tree.Call) and call.callee is alias.node and is_shipped(alias.path):
                given += [alias.to(each.value) for each in call.arguments[:1]]
    return [each for each in given if not _is_null(each.node)]


def _is_null(node: tree.Expr) -> bool:
    return isinstance(node, tree.Literal) and node.value is None
