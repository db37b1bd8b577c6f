"""Updates of a state that bring nothing new: they leave out part of what it held before."""

from __future__ import annotations

from halfopen.semantics import tree
from halfopen.semantics.program import At

_KEEPS_PART = frozenset({"filter", "slice", "toSpliced"})


def only_reduces(setter: At[tree.Call]) -> bool:
    """Whether `setX(before => ...)` computes the next state from the one before alone.

    Such an update drops what is old or was dismissed. It is no source of newer data.
    """
    if not setter.node.arguments:
        return False
    update = setter.node.arguments[0].value
    if not isinstance(update, tree.Function) or not update.parameters:
        return False
    return _keeps_part(update) or not _brings_in(setter, update)


def _keeps_part(update: tree.Function) -> bool:
    """`before => before.filter(...)`, whatever its condition asks."""
    before = update.parameters[0].target
    statements = update.body.statements
    if len(statements) != 1 or not isinstance(statements[0], tree.Return):
        return False
    match statements[0].value:
        case tree.Call(callee=tree.Member(object=tree.Name(id=name), name=method)):
            return isinstance(before, tree.Name) and name == before.id and method in _KEEPS_PART
        case _:
            return False


def _brings_in(setter: At[tree.Call], update: tree.Function) -> bool:
    """Whether an update reads anything made outside of it but the language's own names and fixed numbers."""
    index = setter.index
    apart = _receivers_apart(update)
    for node in tree.walk(update.body):
        if isinstance(node, tree.Await):
            return True
        if not isinstance(node, tree.Name) or node in apart:
            continue
        binding = index.bindings.get(node)
        if binding is None:
            if node.id not in _BUILT_IN and not node.id.isupper():
                return True
            continue
        owner = binding.scope.owner
        within = owner is not None and (owner is update or update in index.ancestors(owner))
        if not within and not node.id.isupper():
            return True
    return False


def _receivers_apart(update: tree.Function) -> frozenset[tree.Node]:
    """Names of other things that the update changes on the way (`seen.current.delete(id)`), which it reads nothing of."""
    found: set[tree.Node] = set()
    for node in tree.walk(update.body):
        if (
            isinstance(node, tree.Do)
            and isinstance(node.value, tree.Call)
            and isinstance(node.value.callee, tree.Member)
            and node.value.callee.name in ("delete", "clear")
        ):
            found.update(each for each in tree.walk(node.value.callee) if isinstance(each, tree.Name))
    return frozenset(found)


_BUILT_IN = frozenset(
    {"Date", "Map", "Set", "Object", "Array", "Math", "Number", "String", "Boolean", "undefined", "console"}
)
