"""What makes a function of a client run: the page's events, the socket's own, timers, effects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from halfopen.connections.client_owner import effect_with_callback, references
from halfopen.connections.client_view import View
from halfopen.connections.delivery.facts import Trigger
from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers, functions
from halfopen.semantics.program import At, Program
from halfopen.semantics.scripts import file_of, is_page

_MOST_FUNCTIONS = 40
_LISTENERS = frozenset({"addEventListener", "on", "addListener"})
_DOM_EVENTS = frozenset(
    {
        "onClick",
        "onSubmit",
        "onChange",
        "onInput",
        "onKeyDown",
        "onKeyUp",
        "onKeyPress",
        "onPress",
        "onSelect",
    }
    | {"onBlur", "onMouseDown", "onMouseUp", "onPointerDown", "onPointerUp", "onDrop", "onDoubleClick"}
)
_LATER = frozenset({"setTimeout", "requestAnimationFrame", "queueMicrotask", "requestIdleCallback"})


@dataclass(frozen=True, slots=True)
class Run:
    """One way in which a function comes to run. `at` is the attribute, registration or call at the top."""

    trigger: Trigger
    at: At[tree.Node]


@dataclass(frozen=True, slots=True)
class Handlers:
    """The socket's own handlers, by node."""

    of: dict[tree.Node, Trigger]


def socket_handlers(view: View) -> Handlers:
    """The functions that the socket itself runs."""
    found: dict[tree.Node, Trigger] = {}
    events: tuple[tuple[str, Trigger], ...] = (
        ("open", "open"),
        ("message", "message"),
        ("close", "close"),
        ("error", "close"),
    )
    for event, trigger in events:
        for handler in view.socket.handlers(view.program, view.held, event):
            found.setdefault(handler.node, trigger)
    return Handlers(found)


def runs_of(program: Program, function: At[tree.Function], handlers: Handlers) -> list[Run]:
    """Every way in which a function comes to run, climbing through its callers."""
    return climb(program, function, handlers)[0]


def climb(
    program: Program, function: At[tree.Function], handlers: Handlers
) -> tuple[list[Run], list[At[tree.Function]]]:
    """Every way in which a function comes to run, and the functions passed on the way up, itself first."""
    passed: list[At[tree.Function]] = []
    found: dict[tuple[Trigger, tree.Node], Run] = {}
    seen: set[tree.Node] = set()
    waiting = [function]
    while waiting and len(seen) < _MOST_FUNCTIONS:
        current = waiting.pop(0)
        if current.node in seen:
            continue
        seen.add(current.node)
        passed.append(current)
        program.queries.note(current.unit)
        if current.node in handlers.of:
            found.setdefault(
                (handlers.of[current.node], current.node), Run(handlers.of[current.node], current)
            )
            continue
        if effect_with_callback(program, current) is not None:
            found.setdefault(("effect", current.node), Run("effect", current))
            continue
        for step in _steps(program, current):
            if isinstance(step, Run):
                found.setdefault((step.trigger, step.at.node), step)
            else:
                waiting.append(step)
    return list(found.values()), passed


def _steps(program: Program, function: At[tree.Function]) -> Iterator[Run | At[tree.Function]]:
    """What runs a function directly: a trigger, or a function that calls it or hands it on."""
    used = False
    seen: set[tree.Node] = set()
    inline = isinstance(function.parent, tree.Argument | tree.Attribute)
    uses: Sequence[At[tree.Expr]] = [*([function] if inline else []), *references(program, function)]
    calls = [call.to(call.node.callee) for call in callers(program, function)]
    for use in [*uses, *calls]:
        if use.node in seen or not is_shipped(use.path):
            continue
        seen.add(use.node)
        for step in _use(program, use):
            used = True
            yield step
    if not used:
        top = function.index.function_of(function.node) is None
        in_page = is_page(function.path) or file_of(function.path) != function.path
        yield Run("user" if top and in_page else "nobody", function)


def _use(program: Program, use: At[tree.Expr]) -> Iterator[Run | At[tree.Function]]:
    parent = use.parent
    match parent:
        case tree.Call(callee=callee) if callee is use.node:
            yield from _around(use)
        case tree.Attribute(name=name):
            if (
                name is not None
                and name.startswith("on")
                and name[2:3].isupper()
                and (name in _DOM_EVENTS or _leaves(program, use, parent))
            ):
                yield Run("user", use.to(parent))
        case tree.Assign(targets=(tree.Member(name=name), *_)) if name.startswith("on") and name.islower():
            yield Run("user", use.to(parent))
        case tree.Argument():
            call = use.index.parents.get(parent)
            if not isinstance(call, tree.Call) or call.callee is use.node:
                return
            name = _name(call.callee)
            if name == "setInterval":
                yield Run("timer", use.to(call))
            elif name in _LISTENERS and call.arguments and call.arguments[0] is not parent:
                yield Run("user", use.to(call))
            elif name in _LATER or name in ("then", "catch", "finally", "forEach", "map", "Promise"):
                yield from _around(use)
            elif not (name or "").startswith("use"):
                yield Run("handed-on", use.to(call))
        case _:
            return


def _leaves(program: Program, use: At[tree.Expr], attribute: tree.Attribute) -> bool:
    """Whether an attribute belongs to an element that no component of the workspace makes."""
    element = use.index.parents.get(attribute)
    if not isinstance(element, tree.Element) or element.tag is None:
        return False
    return not functions(program, use.to(element.tag))


def _around(use: At[tree.Expr]) -> Iterator[Run | At[tree.Function]]:
    function = use.index.function_of(use.node)
    if function is None:
        yield Run("code", use)
    else:
        yield use.to(function)


def _name(callee: tree.Expr) -> str | None:
    match callee:
        case tree.Name(id=name) | tree.Member(name=name):
            return name
        case _:
            return None
