"""Clients in Python: a loop around the connection, the library's own iterator, or neither."""

from __future__ import annotations

import re
from collections.abc import Iterator

from halfopen.connections.client_site import ClientSite
from halfopen.connections.facts import Confidence, Evidence, Known, Unknown
from halfopen.connections.reconnection.facts import Delay, Reconnection, Trigger
from halfopen.connections.reconnection.numbers import delay_of, names_in
from halfopen.connections.shipped import is_shipped
from halfopen.connections.tables import catalogue_of
from halfopen.libraries import Default
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callbacks, callers, functions
from halfopen.semantics.flow import aliases
from halfopen.semantics.leaving import OUT_OF_LOOP, leaves
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.qualified_names import qualified

_DEPTH = 3
_SECOND = 1000.0
_DONE = re.compile(r"complete|done|finish|final|end|result|success|fail|cancel|stopped|abort", re.IGNORECASE)
_BROAD = frozenset({"Exception", "BaseException"})
_PAUSES = frozenset({"asyncio.sleep", "time.sleep", "anyio.sleep", "trio.sleep"})


def reconnection_of_python(site: ClientSite) -> Reconnection:
    """What a client in Python does after its connection ended."""
    program, call = site.program, site.call
    iterator = _iterated(call)
    if iterator is not None:
        evidence = (Evidence(call.to(iterator).span, "each turn of this loop is a new connection"),)
        trigger = Trigger("loop", call.span, _own_delay(site), limit=Known(None), evidence=evidence)
        return Reconnection(Known(True, evidence), (trigger,), Known(None))
    for at, loop, is_caught in _loops(program, call):
        trigger = _looped(program, at, loop, is_caught)
        if trigger is not None:
            return Reconnection(Known(True, trigger.evidence), (trigger,), trigger.limit)
    if _decorated(program, call):
        return Reconnection(Unknown("the decorator that runs it again"))
    if not _stays(program, call):
        evidence = (Evidence(call.span, "it is open for as long as one piece of work takes"),)
        return Reconnection(Known(False, evidence), one_shot=Known(True, evidence, Confidence.MEDIUM))
    evidence = (Evidence(call.span, "no loop around it connects again"),)
    return Reconnection(Known(False, evidence, Confidence.MEDIUM))


def _iterated(call: At[tree.Call]) -> tree.Loop | None:
    parent = call.parent
    return parent if isinstance(parent, tree.Loop) and parent.iterable is call.node else None


def _own_delay(site: ClientSite) -> Known[Delay] | Unknown:
    own = catalogue_of(site.program).model(site.library).reconnection
    if not isinstance(own.initial_delay_ms, Default) or not isinstance(own.max_delay_ms, Default):
        return Unknown(f"the documentation of {site.library}")
    source = f"the library's default ({own.initial_delay_ms.source})"
    delay = Delay("exponential", own.initial_delay_ms.value, own.max_delay_ms.value, "per_attempt", 1.618)
    return Known(delay, (Evidence(site.call.span, source),))


def _loops(
    program: Program,
    at: At[tree.Node],
    depth: int = 0,
    seen: frozenset[tree.Node] = frozenset(),
    is_caught: bool = False,
) -> Iterator[tuple[At[tree.Node], tree.Loop, bool]]:
    """The loops around a node, in its own function and in those that run it, nearest first; and whether what ends the
    connection is caught on the way there."""
    for ancestor in at.index.ancestors(at.node):
        if isinstance(ancestor, tree.Function):
            break
        if isinstance(ancestor, tree.Loop) and ancestor.kind == "while":
            yield at, ancestor, is_caught
        is_caught = is_caught or (isinstance(ancestor, tree.Try) and _catches_all(ancestor))
    function = at.index.function_of(at.node)
    if function is None or depth >= _DEPTH or function in seen:
        return
    for call in (*callers(program, at.to(function)), *_given_to(program, at.to(function))):
        if is_shipped(call.path):
            yield from _loops(program, call, depth + 1, seen | {function}, is_caught)


def _catches_all(attempt: tree.Try) -> bool:
    """Whether code goes on after whatever error: a broad clause that raises nothing itself."""
    return any(
        (not each.types or any(last_name(kind) in _BROAD for kind in each.types))
        and not any(isinstance(statement, tree.Raise) for statement in each.body.statements)
        for each in attempt.handlers
    )


def _given_to(program: Program, function: At[tree.Function]) -> Iterator[At[tree.Call]]:
    """The calls that run a function which is given as an argument: `supervise("feed", run)`, `supervise(lambda: run())`."""
    inline = function.parent
    held = [function.to(inline.value)] if isinstance(inline, tree.Argument) else aliases(program, function)
    for each in held:
        given = each.parent
        call = each.index.parents.get(given) if isinstance(given, tree.Argument) else None
        if not isinstance(call, tree.Call):
            continue
        for runner in functions(program, each.to(call.callee)):
            for node in own_nodes(runner):
                if isinstance(node, tree.Call) and function in callbacks(program, runner.to(node.callee)):
                    yield runner.to(node)


def _looped(program: Program, at: At[tree.Node], loop: tree.Loop, is_caught: bool) -> Trigger | None:
    """The trigger that a loop is; None where an error or a normal end leaves it."""
    attempt = next((each for each in at.index.ancestors(at.node) if isinstance(each, tree.Try)), None)
    guarded = attempt is not None and loop.start <= attempt.start and attempt.end <= loop.end
    if not guarded and not is_caught:
        return None
    if (
        attempt is not None
        and guarded
        and attempt.handlers
        and all(leaves(each.body, OUT_OF_LOOP) for each in attempt.handlers)
    ):
        return None
    pauses = list(_pauses(program, at, loop))
    evidence = (Evidence(at.to(loop).span, "this loop connects again"),)
    if not pauses:
        return Trigger(
            "loop", at.span, Known(Delay("fixed", 0.0, 0.0, "none")), limit=Known(None), evidence=evidence
        )
    expression = pauses[-1]
    delay = delay_of(program, expression, _SECOND)
    fact = (
        Unknown("the expression of the delay", (Evidence(expression.span, "the delay"),))
        if delay is None
        else Known(delay, (Evidence(expression.span, f"the delay is {expression.text} s"),))
    )
    return Trigger(
        "loop",
        at.span,
        fact,
        expression.span,
        limit=Known(None),
        counted_by=names_in(program, expression),
        evidence=evidence,
    )


def _pauses(program: Program, at: At[tree.Node], loop: tree.Loop) -> Iterator[At[tree.Expr]]:
    """The pauses of a loop that do not belong to the time of the connection itself."""
    inside = {
        node
        for each in at.index.ancestors(at.node)
        if isinstance(each, tree.With)
        for node in tree.walk(each)
    }
    for node in tree.walk(loop.body, tree.same_function):
        if not isinstance(node, tree.Call) or node in inside or not node.arguments:
            continue
        if qualified(program, at.to(node.callee)) & _PAUSES:
            yield at.to(node.arguments[0].value)


def _decorated(program: Program, call: At[tree.Call]) -> bool:
    """Whether a function around it has a decorator that may run it again (tenacity, backoff)."""
    for ancestor in call.index.ancestors(call.node):
        if isinstance(ancestor, tree.Function):
            for decorator in ancestor.decorators:
                callee = decorator.callee if isinstance(decorator, tree.Call) else decorator
                names = qualified(program, call.to(callee))
                if any(
                    name.partition(".")[0] in ("tenacity", "backoff", "retry", "stamina") for name in names
                ):
                    return True
    return False


def _stays(program: Program, call: At[tree.Call]) -> bool:
    """Whether the connection stays open for messages that come at any time: its code receives without end."""
    function = call.index.function_of(call.node)
    body = function.body if function is not None else None
    if body is None:
        return False
    for node in tree.walk(body, tree.same_function):
        if not isinstance(node, tree.Loop) or node.start < call.node.start or _ends_with_its_work(call, node):
            continue
        if node.is_async and isinstance(node.iterable, tree.Name | tree.Member):
            return True
        if node.kind == "while" and isinstance(node.test, tree.Literal) and node.test.value in (True, 1):
            return True
    return False


def _ends_with_its_work(call: At[tree.Call], loop: tree.Loop) -> bool:
    """Whether a message says that the work is done, and ends the loop: `if event["type"] == "completed": return`."""
    received = set(_names(loop.target)) if loop.target is not None else set[str]()
    for statement in tree.walk(loop.body, tree.same_function):
        if isinstance(statement, tree.Assign):
            received.update(name for target in statement.targets for name in _names(target))
    return any(
        isinstance(node, tree.If)
        and leaves(node.then, OUT_OF_LOOP)
        and not isinstance(node.then.statements[-1], tree.Raise)
        and not received.isdisjoint(_names(node.test))
        and any(_says_done(each) for each in tree.walk(node.test))
        and not any(isinstance(each, tree.Handler) for each in call.index.ancestors(node))
        for node in tree.walk(loop.body, tree.same_function)
    )


def _names(node: tree.Node) -> Iterator[str]:
    return (each.id for each in tree.walk(node) if isinstance(each, tree.Name))


def _says_done(node: tree.Node) -> bool:
    return (
        isinstance(node, tree.Literal)
        and isinstance(node.value, str)
        and _DONE.search(node.value) is not None
    )
