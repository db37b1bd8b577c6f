"""What messages do besides setting state."""

from __future__ import annotations

from halfopen.semantics import tree
from halfopen.semantics.program import At, own_nodes


def other_effects(running: list[At[tree.Function]]) -> bool:
    """Whether messages change the page, a variable around the handler, or call what is not read here."""
    for function in running:
        for node in own_nodes(function):
            match node:
                case tree.Assign(targets=(tree.Member(name="innerHTML" | "textContent" | "innerText"), *_)):
                    return True
                case tree.Assign(operator="+", targets=(tree.Name() as name, *_)):
                    owner = function.index.bindings.get(name)
                    if owner is None or owner.scope.owner is not function.node:
                        return True
                case tree.Call(callee=tree.Member(name="appendChild" | "append" | "prepend")):
                    return True
                case _:
                    pass
    return False
