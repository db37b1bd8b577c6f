"""Messages that tell of a change before anything has written it: `self._announce(document)`, then `await save(document)`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from halfopen.connections.facts import Evidence
from halfopen.connections.sending.calling import callers_up, described, is_called
from halfopen.connections.sending.facts import EarlyAnnouncement
from halfopen.connections.sending.processes import senders
from halfopen.connections.sending.registered import Entered
from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.call_graph import called, functions
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program, own_nodes

_WRITING = frozenset(
    {"write_bytes", "write_text", "writelines", "insert_one", "insert_many", "update_one", "replace_one",
     "find_one_and_update", "put_object", "upload_fileobj", "commit", "hset", "json_set"}
)  # fmt: skip
"""Methods that write a file, a document of a database, an object in a bucket."""
_MAY_WRITE = _WRITING | {"add", "add_all", "merge", "flush", "begin", "save"}
"""Those too that prepare a write, or write where the thing that they are called on is of the right kind."""
_KEY = re.compile(r"(^|_)(ids?|uuid|key|slug|pin|name|user|owner|session|db|(web)?socket|ws)$")
"""What is called so says which thing, whose or by which way, and is not what changes."""
_DEPTH = 4


def unwritten_announcements(program: Program, registries: tuple[Entered, ...]) -> Iterator[EarlyAnnouncement]:
    """The first announcement of each function that hands on a value, and awaits only afterwards that it is written."""
    told: set[tree.Node] = set()
    for registry in registries:
        for sender in senders(program, registry):
            up = callers_up(program, sender)
            sending: set[tree.Node] = {each.node for each in up}
            for function in up:
                if function.node in told or function.node is sender.node or not is_shipped(function.path):
                    continue
                found = _announcement(program, function, sending)
                if found is not None:
                    told.add(function.node)
                    yield found


def _announcement(
    program: Program, function: At[tree.Function], sending: set[tree.Node]
) -> EarlyAnnouncement | None:
    program.queries.note(function.unit)
    nodes = own_nodes(function)
    calls = [node for node in nodes if isinstance(node, tree.Call)]
    awaited = [
        node.value for node in nodes if isinstance(node, tree.Await) and isinstance(node.value, tree.Call)
    ]
    for announcing in calls:
        given = _given(function, announcing)
        after = [each for each in awaited if each.start > announcing.end and given & _given(function, each)]
        if not after or not any(
            callee.node in sending for callee in called(program, function.to(announcing.callee))
        ):
            continue
        for write in after:
            if all(
                each.node not in sending for each in functions(program, function.to(write.callee))
            ) and _writes(program, function.to(write), _WRITING):
                if any(
                    each.start < announcing.start and _writes(program, function.to(each), _MAY_WRITE)
                    for each in calls
                ):
                    break  # What was written before may be what the message tells of.
                said = Evidence(function.to(write).span, "is written only here")
                return EarlyAnnouncement(
                    function.to(announcing).span,
                    described(function),
                    None,
                    function.to(write).span,
                    (said,),
                    is_called(program, function),
                )
    return None


def _given(function: At[tree.Function], call: tree.Call) -> frozenset[object]:
    """The changing thing that a call is about: the variable that it is given last, unless that is a key alone."""
    return frozenset(
        function.index.bindings.get(each.value)
        for each in call.arguments[-1:]
        if isinstance(each.value, tree.Name)
        and not _KEY.search(each.value.id)
        and function.index.bindings.get(each.value) is not None
    )


def _writes(program: Program, call: At[tree.Call], methods: frozenset[str]) -> bool:
    """Whether a call, or what it runs, writes by one of some methods to where other requests read: a file, a database."""
    if last_name(call.node.callee) in methods:
        return True
    seen: set[tree.Node] = set()
    level = functions(program, call.to(call.node.callee))
    for _ in range(_DEPTH):
        following: list[At[tree.Function]] = []
        for function in level:
            if function.node in seen:
                continue
            seen.add(function.node)
            program.queries.note(function.unit)
            for node in tree.walk(function.node.body):
                if isinstance(node, tree.Call):
                    if isinstance(node.callee, tree.Member) and last_name(node.callee) in methods:
                        return True
                    following += functions(program, function.to(node.callee))
        level = following
    return False
