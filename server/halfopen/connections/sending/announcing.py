"""Messages that tell of a change before it is committed."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.facts import Evidence
from halfopen.connections.sending.calling import callers_up, described, is_called
from halfopen.connections.sending.facts import EarlyAnnouncement
from halfopen.connections.sending.processes import senders
from halfopen.connections.sending.registered import Entered
from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers, functions
from halfopen.semantics.function_shape import argument_of
from halfopen.semantics.injection import dependency_providers
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.values import origins

_WRITES = frozenset({"flush", "add", "add_all", "merge", "delete"})
"""What a SQLAlchemy session does before it commits."""
_DEPTH = 4


def early_announcements(program: Program, registries: tuple[Entered, ...]) -> Iterator[EarlyAnnouncement]:
    """The first announcement of each function that sends between a write of its session and the commit."""
    told: set[tree.Node] = set()
    for registry in registries:
        for sender in senders(program, registry):
            up = callers_up(program, sender)
            for function in up:
                if function.node in told or function.node is sender.node or not is_shipped(function.path):
                    continue
                found = program.queries.get(
                    ("announces early", function.node, tuple(up)),
                    lambda function=function, up=up: _announcement(program, function, up),
                )
                if found is not None:
                    told.add(function.node)
                    yield found


def _announcement(
    program: Program, function: At[tree.Function], sending: list[At[tree.Function]]
) -> EarlyAnnouncement | None:
    program.queries.note(function.unit)
    calls = [node for node in own_nodes(function) if isinstance(node, tree.Call)]
    for announcing in calls:
        callees = functions(program, function.to(announcing.callee))
        if not any(callee in sending and callee.node is not function.node for callee in callees):
            continue
        for write in calls:
            if write.start > announcing.start or not _is(write, _WRITES):
                continue
            if not _is(write, frozenset({"flush"})) and not _is_beside(function, write, announcing):
                continue
            session = _receiver(function, write)
            if session is None or _commits_itself(program, function.to(announcing), session):
                continue
            if any(
                _is(each, frozenset({"commit"}))
                and _receiver(function, each) == session
                and write.start < each.start < announcing.start
                for each in calls
            ):
                continue
            committed = _committed_later(program, function, session, announcing, calls)
            if committed is not None:
                return EarlyAnnouncement(
                    span=function.to(announcing).span,
                    what=described(function),
                    flushed=function.to(write).span,
                    committed=committed.span,
                    evidence=(
                        Evidence(function.to(write).span, f"{session} has the change, uncommitted"),
                        Evidence(committed.span, "commits it only here"),
                    ),
                    is_called=is_called(program, function),
                )
    return None


def _is_beside(function: At[tree.Function], write: tree.Call, announcing: tree.Call) -> bool:
    """Whether a message stands right after a write that is not flushed: it then tells of that write."""
    for ancestor in function.index.ancestors(write):
        if isinstance(ancestor, tree.Block):
            positions = [
                number
                for number, statement in enumerate(ancestor.statements)
                if statement.start <= write.start < statement.end
                or statement.start <= announcing.start < statement.end
            ]
            return len(positions) == 2 and positions[1] - positions[0] <= 2
    return False


def _is(call: tree.Call, names: frozenset[str]) -> bool:
    return isinstance(call.callee, tree.Member) and call.callee.name in names


def _receiver(function: At[tree.Function], call: tree.Call) -> str | None:
    """The session that a call is made on, as the code names it."""
    callee = call.callee
    if isinstance(callee, tree.Member) and isinstance(callee.object, tree.Name | tree.Member):
        return function.to(callee.object).text
    return None


def _commits_itself(program: Program, call: At[tree.Call], session: str) -> bool:
    """Whether what is called is given the session and commits it: it may do so before it sends."""
    for callee in functions(program, call.to(call.node.callee)):
        for parameter in callee.node.parameters:
            given = argument_of(call.node, callee.node, parameter)
            if (
                given is not None
                and call.to(given).text == session
                and isinstance(parameter.target, tree.Name)
            ):
                name = parameter.target.id
                if any(
                    isinstance(node, tree.Call)
                    and _is(node, frozenset({"commit"}))
                    and _receiver(callee, node) == name
                    for node in own_nodes(callee)
                ):
                    return True
    return False


def _committed_later(
    program: Program,
    function: At[tree.Function],
    session: str,
    announcing: tree.Call,
    calls: list[tree.Call],
) -> At[tree.Node] | None:
    """The commit after the announcement: in the function, or where the session was made."""
    for call in calls:
        if (
            call.start > announcing.end
            and _is(call, frozenset({"commit"}))
            and _receiver(function, call) == session
        ):
            return function.to(call)
    for parameter in function.node.parameters:
        if isinstance(parameter.target, tree.Name) and parameter.target.id == session:
            return _committed_by_provider(program, ParameterOf(function, parameter), 0)
    return None


def _committed_by_provider(program: Program, given: ParameterOf, depth: int) -> At[tree.Node] | None:
    """The commit of the dependency with `yield` that gave the session, here or to a caller."""
    for provider in dependency_providers(program, given):
        if isinstance(provider.node, tree.Function):
            commit = _commit_after_yield(provider.to(provider.node))
            if commit is not None:
                return commit
    if depth >= _DEPTH:
        return None
    for call in callers(program, given.function):
        argument = argument_of(call.node, given.function.node, given.parameter)
        for origin in origins(program, call.to(argument)) if argument is not None else ():
            if isinstance(origin, ParameterOf):
                found = _committed_by_provider(program, origin, depth + 1)
                if found is not None:
                    return found
    return None


def _commit_after_yield(function: At[tree.Function]) -> At[tree.Node] | None:
    nodes = own_nodes(function)
    yields = [node for node in nodes if isinstance(node, tree.Yield)]
    for node in nodes:
        if yields and isinstance(node, tree.Call) and _is(node, frozenset({"commit"})):
            return function.to(node) if node.start > yields[0].start else None
    return None
