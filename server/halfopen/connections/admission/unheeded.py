"""Dependencies that find out who the client is, refuse nobody, and whose answer the handler never looks at."""

from __future__ import annotations

from collections.abc import Sequence

from halfopen.connections.admission.guard import Guard
from halfopen.connections.admission.guards import injected
from halfopen.connections.admission.timeline import Event
from halfopen.connections.facts import Evidence
from halfopen.semantics import tree
from halfopen.semantics.program import At, Local, Program, own_nodes


def unheeded_checks(
    program: Program, root: At[tree.Function], before: Sequence[tuple[Guard, Event]]
) -> dict[At[tree.Function], Evidence]:
    """`user = Depends(user_or_none)` of a handler that never reads `user`, by the dependency's function."""
    found: dict[At[tree.Function], Evidence] = {}
    for parameter in root.node.parameters:
        if not isinstance(parameter.target, tree.Name):
            continue
        variable = program.variable(root.to(parameter.target))
        if not isinstance(variable, Local) or variable.binding.reads:
            continue
        for guard in injected(program, root, parameter, "dependency"):
            checks = [
                event for each, event in before if each.function == guard.function and event.kind == "check"
            ]
            if guard.function is not None and checks and _refuses_nobody(guard.function, checks):
                said = f"gives nothing for a client that it does not know, and nothing reads `{parameter.target.id}`"
                found[guard.function] = Evidence(root.to(parameter.target).span, said)
    return found


def _refuses_nobody(function: At[tree.Function], checks: Sequence[Event]) -> bool:
    """Whether each failure of a check ends in a `return None`: nothing is raised, nothing is closed."""
    nodes = list(own_nodes(function))
    gives_up = any(
        isinstance(each, tree.Return)
        and (
            each.value is None or (isinstance(each.value, tree.Literal) and each.value.value in (None, False))
        )
        for each in nodes
    )
    refuses = any(
        isinstance(each, tree.Raise)
        or (
            isinstance(each, tree.Call)
            and isinstance(each.callee, tree.Member)
            and each.callee.name == "close"
        )
        for each in nodes
    )
    guarded = all(
        event.at.unit is function.unit
        and any(
            isinstance(each, tree.Try)
            and each.handlers
            and each.body.start <= event.at.node.start < each.body.end
            for each in event.at.index.ancestors(event.at.node)
        )
        for event in checks
        if event.verification is not None and event.verification.strength == "known"
    )
    return gives_up and not refuses and guarded
