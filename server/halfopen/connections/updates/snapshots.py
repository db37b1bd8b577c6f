"""Snapshots that are laid over what is there: the entries that they do not hold any more stay."""

from __future__ import annotations

import re
from collections.abc import Iterator

from halfopen.connections.facts import Evidence
from halfopen.connections.shipped import is_shipped
from halfopen.connections.updates.applied import callees, runs
from halfopen.connections.updates.branches import types_asked
from halfopen.connections.updates.facts import MergedSnapshot
from halfopen.connections.updates.requests import reaches_request
from halfopen.connections.updates.slots import Slot
from halfopen.connections.updates.writes import Site, writes_in
from halfopen.semantics import tree
from halfopen.semantics.function_shape import returned
from halfopen.semantics.program import At, Program, own_nodes

_WORD = re.compile(r"[a-z]+|[A-Z]+(?![a-z])|[A-Z][a-z]*")
_WHOLE = frozenset({"snapshot", "initial", "init", "full", "resync", "all"})
_PART = frozenset({
    "add", "added", "change", "changed", "changes", "delta", "diff", "patch", "progress", "remove", "removed",
    "update", "updated", "updates",
})  # fmt: skip
_CURSOR = re.compile(r"\b(since|after|cursor|last|from|offset|page)", re.IGNORECASE)
_REMOVES = frozenset({"delete", "clear", "filter", "splice", "omit", "pick", "omitBy", "pickBy"})


def says_whole(name: str) -> bool:
    """Whether a message's type, or a function's name, says that all of a state is meant: `initial_state`."""
    words = {word.lower() for word in _WORD.findall(name)}
    return bool(words & _WHOLE) and not words & _PART


def merged_snapshots(
    program: Program, on_message: list[At[tree.Function]], on_open: list[At[tree.Function]]
) -> Iterator[MergedSnapshot]:
    """Each state that a snapshot only adds to: one that a message brings, or an answer asked for on each open."""
    emptied = {
        site.slot for function in on_open for site in writes_in(program, function) if site.how == "cleared"
    }
    seen: set[Slot] = set()
    for site, said in (*_by_message(program, on_message), *_by_request(program, on_open)):
        if site.slot in seen or site.slot in emptied or not _lays_over(program, site):
            continue
        seen.add(site.slot)
        yield MergedSnapshot(site.slot.key, site.call.span, (said,))


def _by_message(program: Program, on_message: list[At[tree.Function]]) -> Iterator[tuple[Site, Evidence]]:
    """The writes in the branch of a snapshot, or in what runs for it alone."""
    for function in on_message:
        if not is_shipped(function.path):
            continue
        for site in writes_in(program, function):
            kind = next(filter(says_whole, types_asked(site.call, function.node)), None)
            if kind is not None:
                yield site, Evidence(site.call.span, f"`{kind}` brings all there is")
        for node in own_nodes(function):
            if not isinstance(node, tree.Call):
                continue
            call = function.to(node)
            kind = next(filter(says_whole, types_asked(call, function.node)), None)
            if kind is None:
                continue
            for run in runs(program, callees(program, call), later=False):
                for site in writes_in(program, run):
                    yield site, Evidence(call.span, f"`{kind}` brings all there is")


def _by_request(program: Program, on_open: list[At[tree.Function]]) -> Iterator[tuple[Site, Evidence]]:
    """The writes of what a request answered that the open handler makes for all there is."""
    for function in on_open:
        asked: list[At[tree.Call]] = []
        for node in own_nodes(function):
            if isinstance(node, tree.Await):
                for inner in tree.walk(node):
                    if isinstance(inner, tree.Call) and not _CURSOR.search(function.to(inner).text):
                        found = reaches_request(program, function.to(inner), 3)
                        if found is not None and found.kind == "fetch" and not found.changes:
                            asked.append(function.to(inner))
        for site in writes_in(program, function) if asked else ():
            if any(each.node.start < site.call.node.start for each in asked):
                yield site, Evidence(asked[0].span, "asks for all there is on each open")


def _lays_over(program: Program, site: Site) -> bool:
    """Whether the new value is the old one with the snapshot's entries set in it, and none taken away."""
    if site.how != "merged":
        return False
    if any(
        isinstance(node, tree.Delete)
        or (
            isinstance(node, tree.Call)
            and isinstance(node.callee, tree.Member | tree.Name)
            and (node.callee.name if isinstance(node.callee, tree.Member) else node.callee.id) in _REMOVES
        )
        for node in tree.walk(_branch(site.call))
    ):
        return False
    made = site.value.node
    values = list(returned(site.value.to(made))) if isinstance(made, tree.Function) else [site.value]
    return any(_by_key(each) for each in values)


def _branch(call: At[tree.Call]) -> tree.Node:
    """The branch that a call stands in, up to its function's whole body."""
    inner: tree.Node = call.node
    for ancestor in call.index.ancestors(call.node):
        if isinstance(ancestor, tree.Function | tree.Case):
            return ancestor.body
        if isinstance(ancestor, tree.If):
            return inner
        inner = ancestor
    return inner


def _by_key(value: At[tree.Expr]) -> bool:
    """`{ ...old, ...byId }`, `new Map([...old, ...entries])`, or a copy whose entries are set one by one."""
    match value.node:
        case tree.Object(entries=entries):
            spread = [each for each in entries if each.key is None]
            keyed = [each for each in entries if each.key is not None]
            return len(spread) > 1 and not keyed
        case tree.Call(
            callee=tree.Name(id="Map"), arguments=(tree.Argument(value=tree.Sequence(items=items)),)
        ):
            return sum(isinstance(each, tree.Spread) for each in items) > 1
        case tree.Call(callee=tree.Member(object=tree.Name(id="Object"), name="assign"), arguments=arguments):
            return len(arguments) > 2
        case tree.Name() as name:
            return _filled_in_loop(value.to(name))
        case _:
            return False


def _filled_in_loop(name: At[tree.Name]) -> bool:
    """A local copy of the old value in which a loop sets an entry for each of the snapshot's."""
    binding = name.index.bindings.get(name.node)
    copied = any(
        isinstance(each.value, tree.Object | tree.Call)
        and not (isinstance(each.value, tree.Object) and not each.value.entries)
        and not (isinstance(each.value, tree.Call) and not each.value.arguments)
        for each in (binding.definitions if binding is not None else ())
    )
    if binding is None or not copied:
        return False
    for read in binding.reads:
        parent = name.index.parents.get(read)
        user = name.index.parents.get(parent) if parent is not None else None
        sets = isinstance(parent, tree.Index) and isinstance(user, tree.Assign) and parent in user.targets
        puts = isinstance(parent, tree.Member) and parent.name == "set" and isinstance(user, tree.Call)
        if (sets or puts) and any(_repeats(each) for each in name.index.ancestors(read)):
            return True
    return False


def _repeats(node: tree.Node) -> bool:
    return isinstance(node, tree.Loop) or (
        isinstance(node, tree.Call) and isinstance(node.callee, tree.Member) and node.callee.name == "forEach"
    )
