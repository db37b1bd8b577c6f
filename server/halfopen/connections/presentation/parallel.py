"""What keeps a second socket from being made beside the first, and what keeps it away for ever."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from halfopen.connections.client_owner import effect_with_callback, references
from halfopen.connections.client_release import closers
from halfopen.connections.client_view import View
from halfopen.connections.delivery.triggers import Run, climb, runs_of, socket_handlers
from halfopen.connections.facts import Evidence
from halfopen.connections.freshness.changes import changes_of
from halfopen.connections.presentation.facts import HeldLock, ParallelSocket
from halfopen.connections.presentation.running import handlers_of
from halfopen.semantics import tree
from halfopen.semantics.control import Question, held_exits
from halfopen.semantics.function_shape import name_of_function
from halfopen.semantics.leaving import OUT_OF_FUNCTION, leaves
from halfopen.semantics.program import At, own_nodes

_CONNECTED = frozenset({"connected", "open", "isconnected", "ready", "online"})


def parallel_socket(view: View) -> ParallelSocket | None:
    """A connect that several may call, and that refuses only once the first socket is open."""
    creating = view.reach.creating
    if creating is None or view.owner.lifetime not in ("instance", "page"):
        return None
    refusals = list(_refusals(view, creating))
    opens = [each for each in refusals if _refuses_when_open(view, each)]
    if not opens or any(
        not _refuses_when_open(view, each) and _may_refuse_connecting(each) for each in refusals
    ):
        return None
    if any(_may_refuse_connecting(each) for each in opens) or _locks(view, creating, refusals):
        return None
    if _replaces(view, creating):
        return None
    handlers = {
        each.node for event in ("open", "message", "close", "error") for each in handlers_of(view, event)
    }
    outside = [
        each
        for each in references(view.program, creating)
        if isinstance(each.parent, tree.Call)
        and each.parent.callee is each.node
        and not any(node in handlers for node in each.index.ancestors(each.node))
        and creating.node not in each.index.ancestors(each.node)
    ]
    outside = list(_in_time(view, outside))
    if not outside:
        return None
    name = name_of_function(creating)[0] or view.owner.name
    return ParallelSocket(
        name,
        opens[0].span,
        (
            Evidence(opens[0].span, "refuses a second socket only when the first is open"),
            *(Evidence(each.span, f"calls {name}") for each in outside[:3]),
        ),
    )


def _in_time(view: View, calls: list[At[tree.Expr]]) -> Iterator[At[tree.Expr]]:
    """The calls of which one may come while another's socket is connecting: a retry waits for its end, and what calls once
    comes upon nothing unless another calls as well."""
    handlers = socket_handlers(view)
    creating = view.reach.creating
    own: set[tree.Node] = set()
    if creating is not None:
        own = {run.at.node for run in runs_of(view.program, creating, handlers)}
    once: list[At[tree.Expr]] = []
    at_any_time = False
    for call in calls:
        around = call.index.function_of(call.node)
        runs, passed = climb(view.program, call.to(around), handlers) if around is not None else ([], [])
        is_by_connecting = creating is not None and any(each.node is creating.node for each in passed)
        if runs and all(run.trigger == "close" or (is_by_connecting and run.at.node in own) for run in runs):
            continue
        once.append(call)
        at_any_time = at_any_time or any(not _runs_once(view, run) for run in runs)
    if at_any_time or len(once) > 1:
        yield from once


def _runs_once(view: View, run: Run) -> bool:
    """Whether what makes a function run does so once for each mount: an effect whose dependencies do not change."""
    if run.trigger == "code":
        return True
    ran = run.at.node
    effect = effect_with_callback(view.program, run.at.to(ran)) if isinstance(ran, tree.Function) else None
    return (
        effect is not None
        and effect.dependencies is not None
        and not any(changes_of(view.program, effect.call.to(each)) for each in effect.dependencies)
    )


def _refusals(view: View, creating: At[tree.Function]) -> Iterator[At[tree.Expr]]:
    """The conditions under which a function leaves before it makes the socket."""
    for node in own_nodes(creating):
        if (
            isinstance(node, tree.If)
            and node.end <= view.call.node.start
            and leaves(node.then, OUT_OF_FUNCTION)
        ):
            yield creating.to(node.test)


def _refuses_when_open(view: View, test: At[tree.Expr]) -> bool:
    """Whether a refusal asks for a socket that is there *and* open."""
    held = any(node in view.socket.nodes for node in tree.walk(test.node))
    return held and any(
        _says_open(node)
        for node in tree.walk(test.node)
        if isinstance(node, tree.Name | tree.Member | tree.Literal)
    )


def _says_open(node: tree.Name | tree.Member | tree.Literal) -> bool:
    match node:
        case tree.Literal(value=value):
            return isinstance(value, str) and value.lower() in _CONNECTED
        case tree.Name(id=name) | tree.Member(name=name):
            return name == "OPEN" or name.lower() in _CONNECTED


def _may_refuse_connecting(test: At[tree.Expr]) -> bool:
    """Whether a refusal holds while the socket is still connecting: it says so, or asks for any socket at all."""
    for node in tree.walk(test.node):
        match node:
            case tree.Member(name="CONNECTING" | "CLOSED" | "CLOSING"):
                return True
            case tree.Name(id=name) | tree.Member(name=name) if "connecting" in name.lower():
                return True
            case tree.Literal(value=str(text)) if "connecting" in text.lower():
                return True
            case tree.Operation(operator="<" | "<="):
                return True
            case _:
                pass
    return False


def _locks(view: View, creating: At[tree.Function], refusals: list[At[tree.Expr]]) -> bool:
    """Whether a refusal asks for a flag, or for the mere presence of the socket."""
    for test in refusals:
        inner = test.node
        if inner in view.socket.nodes or (
            isinstance(inner, tree.Name | tree.Member) and _is_set(creating, inner)
        ):
            return True
        if isinstance(inner, tree.Operation) and inner.operator == "or":
            for operand in inner.operands:
                if operand in view.socket.nodes or _is_set(creating, operand):
                    return True
    return False


def _is_set(creating: At[tree.Function], flag: tree.Expr) -> bool:
    """Whether a function sets a flag to true."""
    text = creating.to(flag).text
    return any(
        isinstance(node, tree.Assign)
        and isinstance(node.value, tree.Literal)
        and node.value.value is True
        and any(creating.to(target).text == text for target in node.targets)
        for node in own_nodes(creating)
    )


def _replaces(view: View, creating: At[tree.Function]) -> bool:
    """Whether a function closes what was there before whenever there is something."""
    for closer in closers(view.socket, [creating]):
        tests = [
            each.test
            for each in creating.index.ancestors(closer.node)
            if isinstance(each, tree.If) and creating.node.start <= each.start
        ]
        if all(test in view.socket.nodes for test in tests):
            return True
    return False


# --- locks that stay -------------------------------------------------------------------------------


def held_lock(view: View) -> HeldLock | None:
    """A flag that keeps a second connect away, set before a way out that leaves it set."""
    for function in view.reach.functions.values():
        if view.reach.creating is None or function.unit is not view.reach.creating.unit:
            continue
        if function.node is not view.reach.creating.node and view.call.node not in set(
            tree.walk(function.node.body)
        ):
            continue
        found = _held_in(view, function)
        if found is not None:
            return found
    return None


def _held_in(view: View, function: At[tree.Function]) -> HeldLock | None:
    for node in own_nodes(function):
        if not isinstance(node, tree.If) or not node.then.statements:
            continue
        if not isinstance(node.then.statements[-1], tree.Return):
            continue
        for flag in _flags_of(node.test):
            if not _is_set(function, flag):
                continue
            text = function.to(flag).text
            question = Question(
                acquires=_Assigns(function, text, True),
                releases=_Assigns(function, text, False, view.call.node),
            )
            for exit_ in held_exits(function.node.body, question):
                if isinstance(exit_.node, tree.Return) and exit_.node.start > node.end:
                    return HeldLock(
                        text,
                        function.to(exit_.node).span,
                        (
                            Evidence(function.to(node.test).span, f"refuses to connect while {text} is set"),
                            Evidence(function.to(exit_.node).span, f"leaves {text} set"),
                        ),
                    )
    return None


def _flags_of(test: tree.Expr) -> Iterator[tree.Expr]:
    match test:
        case tree.Operation(operator="or", operands=operands):
            for operand in operands:
                yield from _flags_of(operand)
        case tree.Member() | tree.Name():
            yield test
        case _:
            return


@dataclass(frozen=True, slots=True)
class _Assigns:
    """Whether a node sets a flag; `creation` counts as well."""

    function: At[tree.Function]
    flag: str
    value: bool
    creation: tree.Node | None = None

    def __call__(self, node: tree.Node) -> bool:
        return (self.creation is not None and node is self.creation) or (
            isinstance(node, tree.Assign)
            and isinstance(node.value, tree.Literal)
            and node.value.value is self.value
            and any(self.function.to(target).text == self.flag for target in node.targets)
        )
