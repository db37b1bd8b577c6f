"""Whether a client's failures are seen at all: its `error` and `close` handlers, and what they tell."""

from __future__ import annotations

import re
from collections.abc import Iterator

from halfopen.connections.background.client_code import ClientCode
from halfopen.connections.background.facts import Watching
from halfopen.connections.caught import logs
from halfopen.connections.facts import Evidence
from halfopen.connections.updates.slots import setter_slot
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.function_shape import name_of_function
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program, own_nodes

_KEPT_BY = frozenset(
    {"useRef", "useState", "useMemo", "push", "add", "set", "resolve", "markRaw", "log", "debug"}
)
"""Calls that keep or show a socket and hang no handler on it."""


def watching(code: ClientCode) -> Iterator[Watching]:
    """One entry for a client that the browser's own events reach."""
    elsewhere = any(_escapes(code, alias) for alias in code.view.held)
    evidence = [
        Evidence(function.span, f"handles {event}")
        for event in ("error", "close")
        for function in code.handlers[event][:1]
    ]
    tells = any(
        _tells(code, function) for event in ("error", "close") for function in code.runs[event]
    ) or any(_reads_event(function) for event in ("error", "close") for function in code.handlers[event])
    yield Watching(
        bool(code.handlers["error"]), bool(code.handlers["close"]), tells, elsewhere, tuple(evidence)
    )


def _escapes(code: ClientCode, alias: At[tree.Expr]) -> bool:
    """Whether the socket is handed to code that cannot be read here, which may hang handlers on it."""
    parent = alias.parent
    if isinstance(parent, tree.Argument):
        call = alias.index.parents.get(parent)
        if not isinstance(call, tree.Call):
            return False
        callee = call.callee
        last = last_name(callee)
        return not (
            last in _KEPT_BY or last.startswith("set") or functions(code.view.program, alias.to(callee))
        )
    if isinstance(parent, tree.Return):
        function = alias.index.function_of(alias.node)
        return function is not None and not _is_called(code, alias.to(function))
    member = parent if isinstance(parent, tree.Member) and parent.object is alias.node else None
    # A handler whose function cannot be found may do anything.
    if member is not None and member.name.startswith("on"):
        user = alias.index.parents.get(member)
        return (
            isinstance(user, tree.Assign)
            and member in user.targets
            and user.value is not None
            and not (
                isinstance(user.value, tree.Literal) or functions(code.view.program, alias.to(user.value))
            )
        )
    return False


def _is_called(code: ClientCode, function: At[tree.Function]) -> bool:
    from halfopen.semantics.call_graph import callers

    return name_of_function(function)[0] is not None and bool(callers(code.view.program, function))


def _tells(code: ClientCode, function: At[tree.Function]) -> bool:
    """Whether a function, or what it has a promise call, logs or keeps an error where something can show it."""
    for node in _nodes_of(function):
        if isinstance(node, tree.Raise):
            return True
        if isinstance(node, tree.Call) and (logs(code.view.program, function.to(node)) or _reports(node)):
            return True
        if _shows(code.view.program, function.to(node)):
            return True
        if isinstance(node, tree.Literal) and isinstance(node.value, str) and node.value.lower() in _FAILED:
            return True
        if isinstance(node, tree.Call) and any(_says_so(each.value) for each in node.arguments):
            return True
    return False


def _says_so(given: tree.Expr) -> bool:
    """Whether a call is given a sentence of the failure: `addLine("Connection lost")`."""
    return (
        isinstance(given, tree.Literal) and isinstance(given.value, str) and bool(_WORDS.search(given.value))
    )


def _shows(program: Program, at: At[tree.Node]) -> bool:
    """Whether words are put where the page shows them: `addLine("Connection lost")`, `status.textContent = "Offline"`."""
    match at.node:
        case tree.Call(callee=callee, arguments=arguments) if any(map(_has_words, arguments)):
            return _sets_state(program, at.to(callee)) or any(
                isinstance(node, tree.Call) and _sets_state(program, function.to(node.callee))
                for function in functions(program, at.to(callee))
                for node in own_nodes(function)
            )
        case tree.Assign(targets=(tree.Member(name=name), *_), value=value) if name in _SHOWN_IN:
            return value is not None and _has_words(value)
        case _:
            return False


def _sets_state(program: Program, callee: At[tree.Expr]) -> bool:
    return setter_slot(program, callee) is not None


def _has_words(node: tree.Node) -> bool:
    """Whether a text of more than one word, or more, stands in a value."""
    return any(
        isinstance(each, tree.Literal) and isinstance(each.value, str) and len(each.value.split()) > 1
        for each in tree.walk(node)
    )


def _nodes_of(function: At[tree.Function]) -> Iterator[tree.Node]:
    yield from own_nodes(function)
    for node in own_nodes(function):
        if isinstance(node, tree.Call) and last_name(node.callee) in ("then", "catch", "finally"):
            for argument in node.arguments:
                if isinstance(argument.value, tree.Function):
                    yield from own_nodes(function.to(argument.value))


_SHOWN_IN = frozenset({"textContent", "innerText", "innerHTML"})
_FAILED = frozenset(
    {"error", "failed", "failure", "errored", "closed", "disconnected", "offline", "reconnecting"}
)
"""States that tell of the failure where they are set."""
_WORDS = re.compile(r"\b(error|failed|failure|lost|closed|disconnected|offline|unavailable)\b", re.IGNORECASE)
"""Words of a sentence that tells of it."""


def _reports(call: tree.Call) -> bool:
    """`setError(...)`, `toast.error(...)`, `reject(...)`, `onError(...)`, `emit("error")`."""
    last = last_name(call.callee)
    word = last.lower()
    return "error" in word or "toast" in word or "reject" in word or "notif" in word or "fail" in word


def _reads_event(function: At[tree.Function]) -> bool:
    """Whether a handler looks at the event it is given."""
    names = {
        node.id
        for parameter in function.node.parameters[:1]
        for node in tree.walk(parameter.target)
        if isinstance(node, tree.Name)
    }
    return any(isinstance(node, tree.Name) and node.id in names for node in own_nodes(function))
