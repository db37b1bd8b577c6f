"""A client that shows nothing is taken in all the same, under a name that is made up for it: the endpoint is public."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from halfopen.connections.admission.limits import refuses
from halfopen.connections.admission.timeline import Event
from halfopen.connections.facts import Evidence
from halfopen.semantics import tree
from halfopen.semantics.program import At, own_nodes


def taken_in_anyway(root: At[tree.Function], events: Sequence[Event]) -> dict[tree.Node, Evidence]:
    """The checks whose failure is made up for (`viewer = handle if handle else f"anon:{number}"`), and how."""
    found: dict[tree.Node, Evidence] = {}
    for event in events:
        name = _kept_as(root, event.outermost) if event.kind == "check" else None
        if name is None or any(_asks(node, name) for node in own_nodes(root)):
            continue
        made_up = next(_made_up(root, name), None)
        if made_up is not None:
            said = "a client that shows nothing is taken in under a name of its own"
            found[event.at.node] = Evidence(made_up.span, said)
    return found


def _kept_as(root: At[tree.Function], call: At[tree.Expr]) -> str | None:
    """The variable of the handler that holds what a check found."""
    parent = root.index.parents.get(call.node) if call.unit is root.unit else None
    if isinstance(parent, tree.Await):
        parent = root.index.parents.get(parent)
    match parent:
        case tree.Assign(targets=(tree.Name(id=name),)):
            return name
        case _:
            return None


def _asks(node: tree.Node, name: str) -> bool:
    """`if handle is None: close`: who shows nothing is turned away."""
    return isinstance(node, tree.If) and refuses(node) and _names(node.test, name)


def _made_up(root: At[tree.Function], name: str) -> Iterator[At[tree.Expr]]:
    """`handle if handle else "guest"`, `handle or "guest"`: something other than nothing in its place."""
    for node in own_nodes(root):
        match node:
            case tree.Conditional(test=test, then=then, otherwise=otherwise) if _names(test, name):
                instead = [each for each in (then, otherwise) if not _names(each, name)]
            case tree.Operation(operator="or", operands=(tree.Name(id=first), instead_of)) if first == name:
                instead = [instead_of]
            case _:
                continue
        if any(not (isinstance(each, tree.Literal) and each.value is None) for each in instead):
            yield root.to(node)


def _names(node: tree.Node, name: str) -> bool:
    return any(isinstance(each, tree.Name) and each.id == name for each in tree.walk(node))
