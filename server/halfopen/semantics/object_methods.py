"""The object that `this` is in a method of an object literal: `const manager = { socket: null, connect() { this.socket = … } }`."""

from __future__ import annotations

from halfopen.semantics import tree
from halfopen.semantics.program import At


def object_of_this(at: At[tree.Expr]) -> At[tree.Object] | None:
    """The literal whose method an expression stands in, past the arrows around it; None for what is no `this` of one."""
    node = at.node
    if not isinstance(node, tree.Name) or node.id != "this" or at.unit.language != "typescript":
        return None
    function = at.index.function_of(node)
    while function is not None and function.is_arrow:
        function = at.index.function_of(function)
    entry = at.index.parents.get(function) if function is not None else None
    display = at.index.parents.get(entry) if isinstance(entry, tree.Entry) else None
    return at.to(display) if isinstance(display, tree.Object) else None


def uses_of_this(display: At[tree.Object]) -> tuple[tree.Name, ...]:
    """Where the methods of a literal say `this` and mean it."""
    return display.unit.derived(
        ("uses of this", display.node),
        lambda: tuple(
            node
            for node in tree.walk(display.node)
            if isinstance(node, tree.Name) and object_of_this(display.to(node)) == display
        ),
    )


def assigned_members(display: At[tree.Object], name: str) -> list[At[tree.Expr]]:
    """The values that a literal's own methods give to a member of it."""
    found: list[At[tree.Expr]] = []
    for use in uses_of_this(display):
        member = display.index.parents.get(use)
        if not isinstance(member, tree.Member) or member.name != name:
            continue
        assign = display.index.parents.get(member)
        is_target = isinstance(assign, tree.Assign) and member in assign.targets
        if (
            isinstance(assign, tree.Assign | tree.AssignExpr)
            and assign.value is not None
            and (is_target or (isinstance(assign, tree.AssignExpr) and assign.target is member))
        ):
            found.append(display.to(assign.value))
    return found
