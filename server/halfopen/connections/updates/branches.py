"""For which messages a piece of code runs: the types that the conditions around it name."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.delivery.guards import conditions
from halfopen.semantics import tree
from halfopen.semantics.program import At


def types_asked(at: At[tree.Expr], function: tree.Function) -> Iterator[str]:
    """The literals that the conditions around a call compare with."""
    for condition in conditions(at, function):
        if condition.holds:
            for node in tree.walk(condition.test):
                if isinstance(node, tree.Operation) and node.operator == "==":
                    for operand in node.operands:
                        if isinstance(operand, tree.Literal) and isinstance(operand.value, str):
                            yield operand.value
    for ancestor in at.index.ancestors(at.node):
        if ancestor is function:
            return
        if isinstance(ancestor, tree.Case) and isinstance(ancestor.pattern, tree.Literal):
            value = ancestor.pattern.value
            if isinstance(value, str):
                yield value
