"""What a write looks at before it sets a state: whether an entry is there, or which value is newer."""

from __future__ import annotations

from halfopen.connections.updates.writes import Site
from halfopen.semantics import tree
from halfopen.semantics.names import last_name

_VERSIONS = ("version", "seq", "updated_at", "updatedAt", "timestamp", "revision", "rev", "ts")


def compares_ids(site: Site) -> bool:
    """Whether a write looks whether an entry is already there."""
    around = site.call.index.function_of(site.call.node)
    roots: list[tree.Node] = [site.call.node, *([around.body] if around is not None else [])]
    for root in roots:
        for node in tree.walk(root):
            if (
                isinstance(node, tree.Call)
                and isinstance(node.callee, tree.Member)
                and node.callee.name in ("some", "find", "findIndex", "includes", "has")
            ):
                return True
    return False


def _names_order(name: str) -> bool:
    """Whether a name is that of a version, a time, or an id that is compared as larger or smaller."""
    return name in _VERSIONS or name == "id" or name.endswith(("_id", "Id"))


def asks_version(site: Site) -> bool:
    """Whether a write stands behind a comparison of versions or times."""
    around = site.call.index.function_of(site.call.node)
    roots: list[tree.Node] = [site.value.node, *([around.body] if around is not None else [])]
    return any(compares_order(root) for root in roots)


def compares_order(root: tree.Node) -> bool:
    """Whether anything in a node asks which of two versions, times or ids comes later."""
    return any(
        isinstance(node, tree.Operation)
        and node.operator in ("<", "<=", ">", ">=")
        and any(
            isinstance(inner, tree.Member | tree.Name) and _names_order(last_name(inner))
            for operand in node.operands
            for inner in tree.walk(operand)
        )
        for node in tree.walk(root)
    )
