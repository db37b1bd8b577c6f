"""Tasks that go on with a database session which their endpoint closes as its client leaves."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.admission.pooled import pooled_resources
from halfopen.connections.dossier import Leak, Resource
from halfopen.connections.facts import Evidence
from halfopen.connections.handler_flow import Throwing, question
from halfopen.connections.handling import Handling
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.control import held_exits
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, own_nodes
from halfopen.semantics.qualified_names import qualified

_SPAWNERS = frozenset({"asyncio.create_task", "asyncio.ensure_future"})
_CLOSING = frozenset({"close", "aclose"})


def tasks_with_session(handling: Handling) -> Iterator[Resource]:
    """Long tasks that are given a session of the handler, and that a way out of it neither waits for nor cancels."""
    root = handling.root
    closed: dict[str, Evidence] = {}
    told: set[str] = set()
    for node in own_nodes(root):
        if not isinstance(node, tree.Call) or not node.arguments:
            continue
        coroutine = node.arguments[0].value
        if (
            not isinstance(coroutine, tree.Call)
            or not qualified(handling.program, root.to(node.callee)) & _SPAWNERS
        ):
            continue
        closed = closed or _closed(handling)
        given = [
            each.value.id
            for each in coroutine.arguments
            if isinstance(each.value, tree.Name) and each.value.id in closed
        ]
        bodies = functions(handling.program, root.to(coroutine.callee)) if given else []
        if not any(_is_long(each) for each in bodies) or not _is_left(handling, node):
            continue
        name = root.to(coroutine).text.split("(")[0]
        if name in told:
            continue
        told.add(name)
        yield Resource(
            kind="task",
            what=f"the task {name}()",
            owner=handling.name,
            acquired=root.to(node).span,
            leaks=(
                Leak(
                    "closed-under", (Evidence(root.to(node).span, f"is given `{given[0]}`"), closed[given[0]])
                ),
            ),
        )


def _closed(handling: Handling) -> dict[str, Evidence]:
    """The sessions of the handler by their names, each with what closes it at the handler's end."""
    root = handling.root
    found: dict[str, Evidence] = {}
    for each in pooled_resources(handling):
        if each.held_by.startswith("Depends("):
            found[each.what] = Evidence(each.span, f"{each.held_by} closes it when the handler has ended")
    names = {each.what for each in pooled_resources(handling)}
    for node in own_nodes(root):
        match node:
            case tree.With(items=items):
                for item in items:
                    if isinstance(item.target, tree.Name) and item.target.id in names:
                        said = f"`{item.target.id}` is closed where this block ends"
                        found[item.target.id] = Evidence(root.to(item.context).span, said)
            case tree.Call(callee=tree.Member(object=tree.Name(id=name), name=method)) if (
                method in _CLOSING and name in names
            ):
                found[name] = Evidence(root.to(node).span, f"closes `{name}` as the handler ends")
            case _:
                pass
    return found


def _is_long(function: At[tree.Function]) -> bool:
    """Whether a coroutine loops with pauses: a session is hardly closed under one that is done at once."""
    return any(
        isinstance(node, tree.Loop)
        and (
            node.is_async
            or any(isinstance(each, tree.Await) for each in tree.walk(node.body, tree.same_function))
        )
        for node in own_nodes(function)
    )


def _is_left(handling: Handling, started: tree.Call) -> bool:
    """Whether the handler has a way out on which it neither cancels the task nor waits for it."""
    root = handling.root
    parent = root.index.parents.get(started)
    kept = {root.to(each).text for each in parent.targets} if isinstance(parent, tree.Assign) else set[str]()
    if not isinstance(parent, tree.Assign | tree.Do):
        return False

    def ends(node: tree.Node) -> bool:
        match node:
            case tree.Call(callee=tree.Member(object=task, name="cancel")):
                return root.to(task).text in kept
            case tree.Await(value=tree.Name() | tree.Member() as task):
                return root.to(task).text in kept
            case tree.Call(callee=callee, arguments=arguments) if last_name(callee) in (
                "gather",
                "wait",
                "wait_for",
            ):
                return any(
                    isinstance(each, tree.Name | tree.Member) and root.to(each).text in kept
                    for argument in arguments
                    for each in tree.walk(argument.value)
                )
            case _:
                return False

    def asks_for_it(test: tree.Expr) -> bool:
        """`if session is not None and session.task is not None:`: it is there where it was started."""
        if isinstance(test, tree.Operation) and test.operator == "and":
            return all(asks_for_it(each) for each in test.operands)
        owners = {name.rpartition(".")[0] for name in kept} | kept
        return any(
            isinstance(each, tree.Name | tree.Member) and root.to(each).text in owners
            for each in tree.walk(test)
        )

    throwing = Throwing(handling.program, handling.sockets)
    asked = question(
        handling.program,
        root,
        throwing,
        acquires=lambda node: node is started,
        releases=ends,
        implied=asks_for_it,
        silent=lambda node: isinstance(node, tree.Await) and node.value is started,
    )
    return bool(held_exits(root.node.body, asked))
