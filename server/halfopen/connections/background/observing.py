"""Who looks at a task: whether its exception reaches anybody."""

from __future__ import annotations

from halfopen.connections.background.gathers import is_an_end
from halfopen.connections.endpoint_code import EndpointCode
from halfopen.semantics import tree
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.scopes import index_of

_OBSERVING = frozenset({"add_done_callback", "result", "exception"})
_GATHERING = frozenset({"asyncio.gather", "asyncio.wait_for", "asyncio.shield", "asyncio.as_completed"})
_KEEPING = frozenset({"add", "append", "push_async_callback", "callback", "create_task", "extend", "put"})
_TAKING = frozenset({"discard", "remove", "pop"})
_PUTTING = frozenset({"add", "append", "extend"})
_WAITING = frozenset({"gather", "wait", "as_completed"})
_ASKING = frozenset({"result", "exception", "done"})


def observes(code: EndpointCode, at: At[tree.Expr]) -> bool:
    """Whether an expression that is the task is awaited, gathered, asked, or handed to others."""
    parent = at.parent
    match parent:
        case tree.Member(name=name) if name in _OBSERVING:
            return True
        case tree.Await():
            return not _only_after_cancel(at)
        case tree.Return() | tree.Yield():
            return True
        case tree.Argument():
            call = at.index.parents.get(parent)
            return isinstance(call, tree.Call) and _hands_over(code, at.to(call))
        case tree.Sequence() | tree.Spread() | tree.Entry():
            return True
        case tree.Assign(targets=targets):
            return any(isinstance(each, tree.Index) for each in targets) and parent.value is at.node
        case _:
            return False


def _hands_over(code: EndpointCode, call: At[tree.Call]) -> bool:
    callee = call.node.callee
    if qualified(code.program, call.to(callee)) & _GATHERING:
        return True
    return isinstance(callee, tree.Member) and callee.name in _KEEPING


def _only_after_cancel(at: At[tree.Expr]) -> bool:
    """`task.cancel()` and then `await task`: the wait is for the end, and a failure before it was nobody's."""
    function = at.index.function_of(at.node)
    if function is None:
        return False
    text = at.text
    return any(
        isinstance(node, tree.Call)
        and isinstance(node.callee, tree.Member)
        and node.callee.name == "cancel"
        and at.to(node.callee.object).text == text
        and node.start < at.node.start
        for node in tree.walk(function.body, tree.same_function)
    )


def unread_wait(code: EndpointCode, held: list[At[tree.Expr]]) -> At[tree.Node] | None:
    """`_, pending = await asyncio.wait(tasks, FIRST_COMPLETED)` after which no task is asked for its exception."""
    if any(isinstance(each.parent, tree.Member) and each.parent.name in _OBSERVING for each in held):
        return None
    for each in held:
        for ancestor in each.index.ancestors(each.node):
            if isinstance(ancestor, tree.Call) and "asyncio.wait" in qualified(
                code.program, each.to(ancestor.callee)
            ):
                return _unread_result(each.to(ancestor))
            if isinstance(ancestor, tree.Function):
                break
    return None


def _unread_result(call: At[tree.Call]) -> At[tree.Node] | None:
    awaiting = call.parent
    statement = call.index.parents.get(awaiting) if isinstance(awaiting, tree.Await) else None
    if not isinstance(statement, tree.Assign) or not isinstance(statement.targets[0], tree.Sequence):
        return None
    done = statement.targets[0].items[0]
    binding = call.index.bindings.get(done) if isinstance(done, tree.Name) else None
    return call.to(statement) if binding is not None and not binding.reads else None


# --- tasks that are only kept --------------------------------------------------------------------


def only_kept(program: Program, task: At[tree.Expr]) -> bool:
    """Whether a use of a task only keeps it, or forgets it when it is done: neither tells anybody that it failed."""
    parent = task.parent
    match parent:
        case tree.Member(name="add_done_callback"):
            call = task.index.parents.get(parent)
            given = call.arguments[0].value if isinstance(call, tree.Call) and call.arguments else None
            return isinstance(given, tree.Member) and given.name in _TAKING
        case tree.Argument():
            call = task.index.parents.get(parent)
            if not isinstance(call, tree.Call) or not isinstance(call.callee, tree.Member):
                return False
            return call.callee.name in _PUTTING and not _are_asked(program, task.to(call.callee.object))
        case tree.Assign(targets=targets):
            return any(
                isinstance(each, tree.Index) and not _are_asked(program, task.to(each.object))
                for each in targets
            )
        case _:
            return False


def _are_asked(program: Program, container: At[tree.Expr]) -> bool:
    """Whether the container's tasks are waited for or asked anywhere, other than after they were cancelled."""
    name = last_name(container.node)
    module = program.module(container.path)
    for unit in module.units if module is not None else ():
        program.queries.note(unit)
        index = index_of(unit)
        for function in index.functions:
            here = At(container.path, unit, function)
            if any(_asks(here, node, name) for node in tree.walk(function.body, tree.same_function)):
                return True
    return False


def _asks(function: At[tree.Function], node: tree.Node, name: str) -> bool:
    match node:
        case tree.Call(callee=callee) if last_name(callee) in _WAITING:
            return _names(node, name) and not is_an_end(function, function.to(node))
        case tree.Loop(iterable=iterable) if iterable is not None and _names(iterable, name):
            return any(
                isinstance(each, tree.Await) or (isinstance(each, tree.Member) and each.name in _ASKING)
                for each in tree.walk(node.body, tree.same_function)
            ) and not any(
                isinstance(each, tree.Member) and each.name == "cancel"
                for each in tree.walk(function.node.body, tree.same_function)
            )
        case _:
            return False


def _names(within: tree.Node, name: str) -> bool:
    return any(
        isinstance(node, tree.Name | tree.Member) and last_name(node) == name for node in tree.walk(within)
    )
