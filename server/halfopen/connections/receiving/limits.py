"""What keeps one client from sending without end."""

from __future__ import annotations

import re
from collections.abc import Iterator

from halfopen.connections.endpoint_code import EndpointCode
from halfopen.connections.facts import Evidence
from halfopen.connections.receiving.facts import RateLimit
from halfopen.connections.receiving.running import ran
from halfopen.connections.trusted import trusted_to
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.instances import classes
from halfopen.semantics.names import last_name, name_behind_calls
from halfopen.semantics.program import At
from halfopen.semantics.qualified_names import qualified

_LIBRARIES = (
    "fastapi_limiter.",
    "aiolimiter.",
    "limits.",
    "pyrate_limiter.",
    "ratelimit.",
    "asyncio_throttle.",
)
_NAMED = re.compile(
    r"rate_?limit|throttl|too_many|quota|cool_?down|token_?bucket|flood|limiter", re.IGNORECASE
)
_NAMES_IT = re.compile(r"_(key|name|id|header|headers|message|config|settings)$", re.IGNORECASE)
"""A function that says what a limit is kept under, or of what kind it is: `_get_rate_limit_key`."""
_CLOCKS = frozenset(
    {
        "time.time", "time.monotonic", "time.perf_counter", "datetime.datetime.now", "datetime.datetime.utcnow",
        "asyncio.get_event_loop().time", "asyncio.get_running_loop().time",
    }
)  # fmt: skip
_DEEP = 2


def limits(code: EndpointCode, starts: list[At[tree.Node]]) -> tuple[RateLimit, ...]:
    """Each thing found that slows a client down, or refuses what is too much."""
    return tuple(_limits(code, starts))


def _limits(code: EndpointCode, starts: list[At[tree.Node]]) -> Iterator[RateLimit]:
    for start in starts:
        yield from _decorated(code, start)
        yield from _pause(code, start)
        yield from _one_at_a_time(code, start)
        yield from _interval(code, start)
    for each in ran(code, starts):
        if each.depth > _DEEP:
            continue
        callee = each.call.node.callee
        last = last_name(callee)
        trusted = trusted_to(code.program, "limits_rate", each.call.to(callee))
        if trusted is not None:
            yield RateLimit(
                "limiter",
                last,
                (Evidence(each.call.span, f"`{last}` limits what a client may send"), *trusted),
            )
            continue
        known = any(name.startswith(_LIBRARIES) for name in each.names)
        owner = each.call.to(callee.object).text if isinstance(callee, tree.Member) else ""
        if known or (
            any(map(_NAMED.search, (last, owner, *_class_names(code, each.call))))
            and not _NAMES_IT.search(last)
            and _decides(each.call)
        ):
            yield RateLimit(
                "limiter", last, (Evidence(each.call.span, f"`{last}` limits what a client may send"),)
            )
        elif each.is_known:
            for function in functions(code.program, each.call.to(callee)):
                yield from _interval(code, function.to(function.node.body))


def _decorated(code: EndpointCode, start: At[tree.Node]) -> Iterator[RateLimit]:
    """`@rate_limit(5)` above the handler of an event."""
    function = start.parent
    for decorator in (
        function.decorators if code.events is not None and isinstance(function, tree.Function) else ()
    ):
        name = name_behind_calls(decorator)
        if _NAMED.search(name):
            at = start.to(decorator)
            yield RateLimit("limiter", name, (Evidence(at.span, f"`{name}` limits what a client may send"),))


def _class_names(code: EndpointCode, call: At[tree.Call]) -> list[str]:
    """What the classes are called whose method is called: `bucket.take()` of a `TokenBucket`."""
    callee = call.node.callee
    found = classes(code.program, call.to(callee.object)) if isinstance(callee, tree.Member) else []
    return [each.node.name or "" for each in found]


def _decides(call: At[tree.Call]) -> bool:
    """Whether what a call gives may turn a message away: it is tested, kept to be tested, or awaited (and may raise)."""
    return isinstance(
        call.parent, tree.If | tree.Operation | tree.Await | tree.Assign | tree.Conditional | tree.Item
    )


def _pause(code: EndpointCode, at: At[tree.Node]) -> Iterator[RateLimit]:
    """`await asyncio.sleep(...)` in each turn of the loop itself."""
    if not isinstance(at.node, tree.Block):
        return
    for statement in _unconditional(at.node):
        for node in tree.walk(statement, tree.same_function):
            if isinstance(node, tree.Call) and "asyncio.sleep" in qualified(code.program, at.to(node.callee)):
                yield RateLimit(
                    "pause", "asyncio.sleep", (Evidence(at.to(node).span, "each turn pauses here"),)
                )


def _unconditional(block: tree.Block) -> Iterator[tree.Statement]:
    for statement in block.statements:
        if isinstance(statement, tree.Try):
            yield from _unconditional(statement.body)
        elif isinstance(statement, tree.Do | tree.Assign):
            yield statement


def _one_at_a_time(code: EndpointCode, at: At[tree.Node]) -> Iterator[RateLimit]:
    """`if task and not task.done(): refuse`, `if self._lock.locked(): refuse`."""
    for node in tree.walk(at.node, tree.same_function):
        if isinstance(node, tree.If) and any(
            isinstance(each, tree.Call)
            and isinstance(each.callee, tree.Member)
            and each.callee.name in ("done", "locked")
            for each in tree.walk(node.test)
        ):
            text = "a second one is refused while one runs"
            yield RateLimit("one-at-a-time", at.to(node.test).text, (Evidence(at.to(node.test).span, text),))


def _interval(code: EndpointCode, at: At[tree.Node]) -> Iterator[RateLimit]:
    """A test that compares a time with an earlier one, or the length of a window, and turns the message away."""
    clocked = _clock_names(code, at)
    for node in tree.walk(at.node, tree.same_function):
        if not isinstance(node, tree.If):
            continue
        if _compares_times(code, at.to(node.test), clocked) and _turns_away(node):
            yield RateLimit(
                "interval",
                at.to(node.test).text,
                (Evidence(at.to(node.test).span, "this turns away what comes too fast"),),
            )


def _clock_names(code: EndpointCode, at: At[tree.Node]) -> frozenset[str]:
    names: set[str] = set()
    for node in tree.walk(at.node, tree.same_function):
        if (
            isinstance(node, tree.Assign)
            and isinstance(node.value, tree.Call)
            and qualified(code.program, at.to(node.value.callee)) & _CLOCKS
        ):
            names |= {each.id for each in node.targets if isinstance(each, tree.Name)}
    return frozenset(names)


def _compares_times(code: EndpointCode, test: At[tree.Expr], clocked: frozenset[str]) -> bool:
    for node in tree.walk(test.node):
        if not isinstance(node, tree.Operation) or node.operator not in ("<", "<=", ">", ">="):
            continue
        for each in tree.walk(node):
            if isinstance(each, tree.Name) and each.id in clocked:
                return True
            if isinstance(each, tree.Call) and qualified(code.program, test.to(each.callee)) & _CLOCKS:
                return True
            if (
                clocked
                and isinstance(each, tree.Call)
                and isinstance(each.callee, tree.Name)
                and each.callee.id == "len"
            ):
                return True
    return False


def _turns_away(node: tree.If) -> bool:
    return any(
        isinstance(each, tree.Raise | tree.Jump)
        or (isinstance(each, tree.Return) and (each.value is None or _is_refusal(each.value)))
        for block in (node.then, node.otherwise)
        if block is not None
        for each in tree.walk(block, tree.same_function)
    )


def _is_refusal(value: tree.Expr) -> bool:
    """`return False`, `return None`, `return False, wait`: what a cache gives back is something else."""
    if isinstance(value, tree.Sequence) and value.items:
        value = value.items[0]
    return isinstance(value, tree.Literal) and not value.value
