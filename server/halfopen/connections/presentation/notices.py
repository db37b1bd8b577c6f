"""Calls that tell the user something, by the name that such functions bear."""

from __future__ import annotations

from halfopen.connections.listeners import LOOPS
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program

_NOTICES = (
    "toast",
    "notify",
    "notification",
    "snackbar",
    "alert",
    "banner",
    "message.error",
    "message.warning",
)


def is_notice(program: Program, call: At[tree.Call]) -> bool:
    """Whether a call tells the user something, by the name that such functions bear (`toast.error`, `alert`)."""
    written = call.to(call.node.callee).text.lower()
    return any(each in written for each in _NOTICES) and not _goes_through_listeners(program, call)


def _goes_through_listeners(program: Program, call: At[tree.Call]) -> bool:
    """Whether a function of the workspace that is called `notify...` only runs those who listen: what they do is looked
    at for itself, and there may be none."""
    called = functions(program, call.to(call.node.callee))
    return bool(called) and all(
        any(
            isinstance(node, tree.Call) and _is_element(each.to(node.callee))
            for node in tree.walk(each.node.body)
        )
        for each in called
    )


def _is_element(callee: At[tree.Expr]) -> bool:
    """Whether what is called is an element of what is gone through: `listeners.forEach((each) => each(data))`."""
    binding = callee.index.bindings.get(callee.node) if isinstance(callee.node, tree.Name) else None
    for definition in binding.definitions if binding is not None else ():
        if definition.kind == "element":
            return True
        function = callee.index.function_of(definition.target) if definition.kind == "parameter" else None
        argument = callee.index.parents.get(function) if function is not None else None
        user = callee.index.parents.get(argument) if isinstance(argument, tree.Argument) else None
        if isinstance(user, tree.Call) and last_name(user.callee) in LOOPS:
            return True
    return False
