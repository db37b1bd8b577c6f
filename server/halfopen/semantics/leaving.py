"""Whether code leaves what it stands in: by `return`, by an exception that it raises itself, or by a jump."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.semantics import tree

JUMPS = frozenset({"break", "continue"})
OUT_OF_LOOP = frozenset({"break"})
OUT_OF_FUNCTION: frozenset[str] = frozenset()


def leaves(block: tree.Block | None, jumps: frozenset[str] = JUMPS) -> bool:
    """Whether a block always leaves, so that nothing behind it runs.

    `jumps` are those that count: who asks whether a loop is left does not count `continue`.
    """
    return block is not None and any(_leaves(each, jumps) for each in block.statements)


def may_leave(node: tree.Node, jumps: frozenset[str] = OUT_OF_LOOP) -> bool:
    """Whether something in a node leaves it, on whatever condition; a loop within it takes its own jumps."""
    return any(_is_leave(each, taken) for each, taken in _with_jumps(node, jumps))


def _leaves(statement: tree.Statement, jumps: frozenset[str]) -> bool:
    match statement:
        case tree.If():
            return all(leaves(each, jumps) for each in _branches(statement))
        case tree.With():
            return leaves(statement.body, jumps)
        case tree.Block():
            return leaves(statement, jumps)
        case tree.Try():
            runs = leaves(statement.body, jumps) or leaves(statement.otherwise, jumps)
            handled = all(leaves(each.body, jumps) for each in statement.handlers)
            return leaves(statement.final, jumps) or (runs and handled)
        case _:
            return _is_leave(statement, jumps)


def _is_leave(node: tree.Node, jumps: frozenset[str]) -> bool:
    return isinstance(node, tree.Return | tree.Raise) or (isinstance(node, tree.Jump) and node.kind in jumps)


def _branches(statement: tree.If) -> Iterator[tree.Block | None]:
    """The branches of a chain of conditions, which may be long; None where it has no `else`."""
    rest: tree.If | None = statement
    while rest is not None:
        yield rest.then
        only = rest.otherwise.statements if rest.otherwise is not None else ()
        following = only[0] if len(only) == 1 else None
        if not isinstance(following, tree.If):
            yield rest.otherwise
        rest = following if isinstance(following, tree.If) else None


def _with_jumps(root: tree.Node, jumps: frozenset[str]) -> Iterator[tuple[tree.Node, frozenset[str]]]:
    """The nodes of one function with the jumps that lead out of `root` from there."""
    stack = [(root, jumps)]
    while stack:
        node, taken = stack.pop()
        yield node, taken
        if node is not root and not tree.same_function(node):
            continue
        inner = taken
        if isinstance(node, tree.Loop) and node is not root:
            inner = OUT_OF_FUNCTION
        elif isinstance(node, tree.Switch) and node.falls_through and node is not root:
            inner = taken - OUT_OF_LOOP
        stack += [(child, inner) for child in tree.children(node)]
