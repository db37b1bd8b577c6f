"""What brings a client up to date once it is connected (again)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from halfopen.connections.client_release import written_names
from halfopen.connections.client_view import View
from halfopen.connections.delivery.facts import CatchUp, Send
from halfopen.connections.delivery.purpose import greets
from halfopen.connections.facts import Evidence
from halfopen.connections.updates.applied import callees, handlers_of, runs
from halfopen.connections.updates.branches import types_asked
from halfopen.connections.updates.requests import Request, request_of, requests_in
from halfopen.connections.updates.writes import writes_in
from halfopen.connections.urls import client_urls
from halfopen.semantics import tree
from halfopen.semantics.flow import aliases
from halfopen.semantics.function_shape import returned
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, own_nodes
from halfopen.semantics.react import Effect, effect_of
from halfopen.semantics.stores import store_around

ASKS = re.compile(
    r"(^|[^a-z])(sync|resync|state|snapshot|history|replay|resume|since|catch|init|get|list|load|fetch|refresh|status|request|recover|hello)",
    re.IGNORECASE,
)
"""Types of messages that ask the server for what it has."""
_SEEN = re.compile(r"last|since|cursor|offset|seq|timestamp", re.IGNORECASE)
"""Names of what was seen last."""
_CURSOR = re.compile(r"(^|[^a-z])(since|last|cursor|offset|after|resume|from_?(id|seq))", re.IGNORECASE)


def catch_up_of(view: View, sends: tuple[Send, ...]) -> Iterator[CatchUp]:
    """Everything that asks for the server's state because the connection is there."""
    program = view.program
    opened = runs(program, handlers_of(view, "open"))
    for request in requests_in(program, opened):
        if not request.changes:
            yield _caught("open", request)
    for send in sends:
        if "open" in send.triggers and send.purpose == "command" and ASKS.search(send.message):
            yield CatchUp(
                "message",
                send.place,
                "open",
                send.message,
                evidence=(Evidence(send.place, "asks on each open"),),
            )
    for effect in _effects_on_state(view, opened):
        for request in requests_in(program, runs(program, [effect.callback])):
            if not request.changes:
                yield _caught("effect", request)
        for send in sends:
            inside = send.place.unit is effect.callback.unit and (
                effect.callback.node.start <= send.place.start < effect.callback.node.end
            )
            if inside and (ASKS.search(send.message) or _CURSOR.search(send.message)):
                yield CatchUp("message", send.place, "effect", send.message)
    yield from _on_the_way_back(view)
    yield from _after_greeting(view)
    cursor = _cursor_in_address(view)
    if cursor is not None:
        yield CatchUp(
            "address",
            view.call.span,
            "open",
            cursor,
            evidence=(Evidence(view.call.span, "the address says what was seen"),),
        )


def _on_the_way_back(view: View) -> Iterator[CatchUp]:
    """Requests that the close handler makes before it connects again, whatever the close, and whose answers set the
    state."""
    for handler in handlers_of(view, "close"):
        for node in tree.walk(handler.node.body):
            if not isinstance(node, tree.Call):
                continue
            call = handler.to(node)
            around = call.index.function_of(node)
            if around not in view.reach.functions or _is_for_some_codes(call, handler.node):
                continue
            if _is_instead(view, call):
                continue
            request = _request_before(view, call)
            asks = request is not None and request.kind == "fetch" and not request.changes
            if request is not None and asks and _keeps_answer(view, call):
                yield _caught("open", request)


def _is_instead(view: View, call: At[tree.Call]) -> bool:
    """Whether a call of a close handler is made where the client does not connect again: `else startPolling()`."""
    inner: tree.Node = call.node
    for ancestor in call.index.ancestors(call.node):
        if isinstance(ancestor, tree.Function):
            return False
        if isinstance(ancestor, tree.If) and inner is not ancestor.test:
            other = ancestor.otherwise if inner is ancestor.then else ancestor.then
            if _connects(view, call, other) and not _connects(view, call, inner):
                return True
        inner = ancestor
    return False


def _connects(view: View, at: At[tree.Call], branch: tree.Node | None) -> bool:
    return branch is not None and any(
        isinstance(node, tree.Call) and view.reach.enters(view.program, at.to(node))
        for node in tree.walk(branch)
    )


def _is_for_some_codes(call: At[tree.Call], handler: tree.Function) -> bool:
    """Whether a call of a close handler is made only after closes with certain codes."""
    for ancestor in call.index.ancestors(call.node):
        if ancestor is handler:
            return False
        within = isinstance(ancestor, tree.If) and (
            ancestor.then.start <= call.node.start < ancestor.then.end
        )
        if isinstance(ancestor, tree.If) and within and _asks_code(ancestor.test):
            return True
    return False


def _asks_code(test: tree.Expr) -> bool:
    return any(last_name(each) in ("code", "wasClean") for each in tree.walk(test))


def _keeps_answer(view: View, call: At[tree.Call]) -> bool:
    """Whether the answer to a request becomes state: in what the call runs, or behind it where it is waited for."""
    ran = runs(view.program, callees(view.program, call))[:6]
    here = call.index.function_of(call.node)
    if here is not None and isinstance(call.parent, tree.Await):
        ran = [*ran, call.to(here)]
    for function in ran:
        awaited = [each.start for each in own_nodes(function) if isinstance(each, tree.Await)]
        for site in writes_in(view.program, function):
            if (
                awaited
                and site.call.node.start > awaited[0]
                and not isinstance(site.value.node, tree.Literal)
            ):
                return True
    given = {each.value.id for each in call.node.arguments if isinstance(each.value, tree.Name)}
    return "set" in given and store_around(view.program, call) is not None


def _cursor_in_address(view: View) -> str | None:
    """The parameter with which the address says what was seen: by its name, or by that of the value it is given."""
    for argument in view.call.node.arguments[:1]:
        address = view.call.to(argument.value)
        query = [name for url in client_urls(view.program, address).urls for name in url.query]
        found = next((name for name in query if _CURSOR.search(name)), None)
        if found is not None:
            return found
        if _CURSOR.search(address.text):
            return query[0] if query else ""
    return None


def _caught(trigger: str, request: Request) -> CatchUp:
    kind = "refresh" if request.kind == "refresh" else "fetch"
    evidence = (Evidence(request.at.span, "asks for the present state"),)
    return CatchUp(kind, request.at.span, "open" if trigger == "open" else "effect", "", True, evidence)


def _effects_on_state(view: View, opened: list[At[tree.Function]]) -> list[Effect]:
    """The effects that depend on what the open handler sets (`[isConnected]`)."""
    found: dict[tree.Node, Effect] = {}
    for function in opened:
        for node in own_nodes(function):
            if not isinstance(node, tree.Call):
                continue
            for value in _given(function.to(node)):
                for alias in aliases(view.program, value):
                    if _is_of(value.node, alias):
                        for effect in _effects_around(view, alias):
                            found.setdefault(effect.call.node, effect)
    return list(found.values())


def _is_of(value: tree.Expr, alias: At[tree.Expr]) -> bool:
    """Whether a place reads what is set, and no other part of the same state: `{ ...before, isOpen: true }` and
    `state.isOpen`."""
    parent = alias.parent
    if (
        not isinstance(value, tree.Object)
        or not isinstance(parent, tree.Member)
        or parent.object is not alias.node
    ):
        return True
    keys = [each.key.value for each in value.entries if isinstance(each.key, tree.Literal)]
    return parent.name in keys


def _given(call: At[tree.Call]) -> Iterator[At[tree.Expr]]:
    """What a call that sets state is given: `setConnected(true)`, `setCount((n) => n + 1)`, `set({ status: "open" })`."""
    for argument in call.node.arguments[:1]:
        match argument.value:
            case tree.Function() as updater:
                yield from returned(call.to(updater))
            case tree.Object(entries=entries):
                yield from (call.to(entry.value) for entry in entries)
            case value:
                yield call.to(value)


def _effects_around(view: View, alias: At[tree.Expr]) -> Iterator[Effect]:
    for ancestor in alias.index.ancestors(alias.node):
        if isinstance(ancestor, tree.Function):
            return
        if isinstance(ancestor, tree.Argument) and isinstance(ancestor.value, tree.Sequence):
            call = alias.index.parents.get(ancestor)
            if isinstance(call, tree.Call) and len(call.arguments) > 1 and call.arguments[1] is ancestor:
                effect = effect_of(view.program, alias.to(call))
                if effect is not None:
                    yield effect
            return


def _after_greeting(view: View) -> Iterator[CatchUp]:
    """Requests in the branch of the message that the server greets with, and in others."""
    program = view.program
    moved = written_names(runs(program, handlers_of(view, "message")))
    for handler in handlers_of(view, "message"):
        for function in runs(program, [handler]):
            if function.unit is not handler.unit:
                continue
            for node in own_nodes(function):
                if not isinstance(node, tree.Call):
                    continue
                request = _request_behind(view, function.to(node))
                if request is None or request.changes:
                    continue
                for kind in types_asked(function.to(node), function.node):
                    cursor = _cursor_in(view, function.to(node), moved)
                    sent = _is_written(view, kind) or not _has_server(view)
                    yield CatchUp(
                        "refresh" if request.kind == "refresh" else "fetch",
                        request.at.span,
                        "greeting" if greets(kind) else "message",
                        kind,
                        sent,
                        (Evidence(request.at.span, f"asks after a message `{kind}`"),),
                        cursor[0] if cursor is not None else "",
                        cursor[1].span if cursor is not None else None,
                    )


def _cursor_in(view: View, call: At[tree.Call], moved: frozenset[str]) -> tuple[str, At[tree.Call]] | None:
    """What a request says that was seen last, where each message moves it on: its name, and the call that is given it."""
    inner = runs(view.program, callees(view.program, call))[:6]
    calls = [
        call,
        *(each.to(node) for each in inner for node in own_nodes(each) if isinstance(node, tree.Call)),
    ]
    for each in calls:
        for argument in each.node.arguments:
            seen = [
                name for name in _kept_in(each.to(argument.value)) if _SEEN.search(name) and name in moved
            ]
            if seen and _request_behind(view, each) is not None:
                return seen[0], each
    return None


def _kept_in(at: At[tree.Expr], is_local: bool = False) -> Iterator[str]:
    """The names of what an argument reads that outlives the call: fields, refs, keys of a store, variables around it."""
    for node in tree.walk(at.node):
        match node:
            case tree.Member(object=tree.Name(id="this") | tree.Call(), name=name):
                yield name
            case tree.Member(object=tree.Name(id=name), name="current"):
                yield name
            case tree.Name(id=name):
                binding = at.index.bindings.get(node)
                if binding is None or binding.scope.owner is not at.index.function_of(at.node):
                    yield name
                for definition in binding.definitions if binding is not None and not is_local else ():
                    if definition.kind == "value" and definition.value is not None:
                        yield from _kept_in(at.to(definition.value), is_local=True)
            case _:
                pass


def _is_written(view: View, text: str) -> bool:
    """Whether each word of a text stands in some Python file."""
    return all(view.program.files_with(word, "python") for word in re.findall(r"\w+", text))


def _has_server(view: View) -> bool:
    return bool(
        view.program.files_with("websocket", "python") or view.program.files_with("WebSocket", "python")
    )


def _request_before(view: View, call: At[tree.Call]) -> Request | None:
    """The request that a call makes; of one that makes the next socket, what it asks for before that."""
    if not view.reach.enters(view.program, call):
        return _request_behind(view, call)
    for function in callees(view.program, call):
        calls = [function.to(node) for node in own_nodes(function) if isinstance(node, tree.Call)]
        made = [
            each for each in calls if each.node is view.call.node or view.reach.enters(view.program, each)
        ]
        for each in calls:
            if made and each.node.start < made[0].node.start:
                found = _request_behind(view, each)
                if found is not None:
                    return found
    return None


def _request_behind(view: View, call: At[tree.Call]) -> Request | None:
    found = request_of(view.program, call)
    if found is not None:
        return found
    direct = callees(view.program, call)
    return next(requests_in(view.program, runs(view.program, direct)[:12]), None) if direct else None
