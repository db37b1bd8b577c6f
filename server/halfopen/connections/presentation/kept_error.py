"""An error on the page that the end of a connection puts there and the next connection does not take away."""

from __future__ import annotations

from halfopen.connections.client_view import View
from halfopen.connections.delivery.triggers import runs_of, socket_handlers
from halfopen.connections.facts import Evidence
from halfopen.connections.freshness.changes import setters_of
from halfopen.connections.presentation.facts import KeptError
from halfopen.connections.presentation.loading import when_run
from halfopen.connections.presentation.running import running
from halfopen.connections.presentation.set_states import Written, is_shown, states_set_by, written_on
from halfopen.semantics import tree
from halfopen.semantics.program import At


def kept_error(view: View) -> KeptError | None:
    """The state that the close or error handler gives a sentence, and that only a person, or the page's opening, empties."""
    failing = [
        each
        for event in ("close", "error")
        for each in written_on(view, event)
        if _is_error(each) and is_shown(view, each.state)
    ]
    if not failing:
        return None
    renewed = {
        (each.state.at.node, each.state.key)
        for each in _on_the_way_back(view)
        if not _is_sentence(each.value.node)
    }
    for each in failing:
        if (each.state.at.node, each.state.key) in renewed or not _stays(view, each):
            continue
        return KeptError(
            each.state.what,
            each.call.span,
            (Evidence(each.call.span, f"sets {each.state.what} when the connection ends or fails"),),
        )
    return None


def _on_the_way_back(view: View) -> list[Written]:
    """What connecting again, the open event and messages set."""
    creating = view.reach.creating
    found = [each for event in ("open", "message") for each in written_on(view, event)]
    for current in running(view, [creating]) if creating is not None else ():
        for at in current.nodes():
            if isinstance(at.node, tree.Call):
                found += states_set_by(view, at.to(at.node))
    return found


def _is_error(written: Written) -> bool:
    """Whether a state that is empty at first is set to a sentence."""
    hook = written.state.at.node
    if written.state.kind != "state" or not isinstance(hook, tree.Call):
        return False
    first = hook.arguments[0].value if hook.arguments else None
    is_empty = first is None or _is_empty(first)
    return is_empty and _is_sentence(written.value.node)


def _is_sentence(value: tree.Expr) -> bool:
    match value:
        case tree.Literal(value=str() as text):
            return bool(text)
        case tree.Template():
            return True
        case tree.Operation(operator="or" | "??", operands=operands):
            return any(_is_sentence(each) for each in operands)
        case tree.Member(name="message"):
            return True
        case _:
            return False


def _is_empty(value: tree.Expr) -> bool:
    return (isinstance(value, tree.Literal) and value.value in (None, "", False)) or (
        isinstance(value, tree.Name) and value.id == "undefined"
    )


def _stays(view: View, written: Written) -> bool:
    """Whether a person, or the opening of the page, is all that empties a state."""
    emptied = [
        each
        for each in setters_of(view.program, written.state)
        if each.node.arguments and _is_empty(each.node.arguments[0].value)
    ]
    for setter in emptied:
        function = setter.index.function_of(setter.node)
        if function is None:
            return False
        at: At[tree.Function] = setter.to(function)
        kinds = {when_run(view, run) for run in runs_of(view.program, at, socket_handlers(view))}
        if not kinds <= {"opening", "by hand", "not meanwhile"}:
            return False
    return bool(emptied)
