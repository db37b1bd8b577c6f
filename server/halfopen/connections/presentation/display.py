"""Whether a value reaches the screen: an element, a property of one, or a notice."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass

from halfopen.connections.facts import Evidence
from halfopen.connections.presentation.derived import derived_from
from halfopen.connections.presentation.notices import is_notice
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers, functions
from halfopen.semantics.flow import aliases, aliases_of_target
from halfopen.semantics.function_shape import name_of_function
from halfopen.semantics.program import At, Program
from halfopen.semantics.react import elements_of, kind_of_name

_DEEPEST = 4
_MOST_USES = 250
_PAGE = frozenset(
    {"textContent", "innerHTML", "innerText", "className", "hidden", "disabled", "title", "backgroundColor"}
)
"""Properties of a page's node that a user sees."""


class Reach(enum.IntEnum):
    """How far a value comes: nowhere that a user sees, somewhere that the workspace does not tell, or the screen."""

    HIDDEN = 0
    UNTOLD = 1
    SHOWN = 2


@dataclass(frozen=True, slots=True)
class Found:
    reach: Reach
    evidence: tuple[Evidence, ...] = ()


HIDDEN = Found(Reach.HIDDEN)


def reach_of_value(program: Program, at: At[tree.Expr]) -> Found:
    """Where the value of an expression comes to."""
    key = ("shown value", at.node)
    return program.queries.search(key, lambda: _best(_reaches(program, aliases(program, at), at, 0)))


def reach_of_use(program: Program, use: At[tree.Expr]) -> Found:
    """Where the value that is read here comes to, this place included."""
    key = ("shown use", use.node)
    return program.queries.search(
        key, lambda: _best(_reaches(program, list(dict.fromkeys([use, *aliases(program, use)])), None, 0))
    )


def reach_of_target(program: Program, target: At[tree.Expr]) -> Found:
    """Where what a variable holds comes to."""
    key = ("shown target", target.node)
    return program.queries.search(
        key, lambda: _best(_reaches(program, aliases_of_target(program, target), None, 0))
    )


def _best(found: Iterator[Found]) -> Found:
    best = HIDDEN
    for each in found:
        if each.reach > best.reach:
            best = each
        if best.reach is Reach.SHOWN:
            break
    return best


def _reaches(
    program: Program, uses: list[At[tree.Expr]], start: At[tree.Expr] | None, depth: int
) -> Iterator[Found]:
    for use in uses[:_MOST_USES]:
        program.queries.note(use.unit)
        yield from _reach_of_use(program, use, depth, is_start=start is not None and use.node is start.node)


def _reach_of_use(program: Program, use: At[tree.Expr], depth: int, is_start: bool) -> Iterator[Found]:
    top = derived_from(use)
    element = _element_around(program, top)
    if element is not None:
        yield Found(Reach.SHOWN, (Evidence(use.span, "shown here"),))
        return
    if is_start:
        return
    parent = top.parent
    if isinstance(parent, tree.If) and parent.test is top.node:
        yield from _branch(program, top.to(parent))
        yield from _chosen(program, top.to(parent), depth)
        return
    if isinstance(parent, tree.Switch) and parent.subject is top.node:
        if _has_element(parent):
            yield Found(Reach.SHOWN, (Evidence(use.span, "decides what is shown"),))
            return
        yield from _chosen(program, top.to(parent), depth)
    if isinstance(parent, tree.Argument):
        call = top.index.parents.get(parent)
        if isinstance(call, tree.Call) and is_notice(program, top.to(call)):
            yield Found(Reach.SHOWN, (Evidence(top.to(call).span, "tells the user"),))
            return
    if isinstance(parent, tree.Return) or _is_part_of_returned(top):
        yield from _returned(program, top)
    if top.node is not use.node and depth < _DEEPEST:
        yield from _reaches(program, aliases(program, top), top, depth + 1)


def _element_around(program: Program, at: At[tree.Expr]) -> At[tree.Element] | None:
    """The element that a value is part of; one given to a component of the workspace is followed there instead."""
    child: tree.Node = at.node
    for node in at.index.ancestors(at.node):
        if isinstance(node, tree.Function):
            parent = at.index.parents.get(node)
            if isinstance(parent, tree.Attribute) or not isinstance(parent, tree.Argument):
                return None
        if isinstance(node, tree.Element):
            if isinstance(child, tree.Attribute) and _is_followed(program, at.to(node), child, at.node):
                return None
            return at.to(node)
        child = node
    return None


def _is_followed(
    program: Program, element: At[tree.Element], attribute: tree.Attribute, value: tree.Expr
) -> bool:
    """Whether the component that is given the value is of the workspace, or hands it to a context's readers."""
    tag = element.node.tag
    if tag is None:
        return False
    if isinstance(tag, tree.Member) and tag.name == "Provider":
        return True
    if attribute.name == "value" and isinstance(tag, tree.Name) and tag.id.endswith("Context"):
        return True
    return attribute.value is value and bool(functions(program, element.to(tag)))


def _has_element(node: tree.Node) -> bool:
    return any(isinstance(each, tree.Element) for each in tree.walk(node))


def _branch(program: Program, statement: At[tree.If]) -> Iterator[Found]:
    node = statement.node
    if any(isinstance(each, tree.Element) for each in tree.walk(node, tree.same_function)):
        yield Found(Reach.SHOWN, (Evidence(statement.to(node.test).span, "decides what is shown"),))
        return
    for each in tree.walk(node.then):
        if isinstance(each, tree.Call) and is_notice(program, statement.to(each)):
            yield Found(Reach.SHOWN, (Evidence(statement.to(each).span, "tells the user"),))
    if any(isinstance(each, tree.Return) and _returns_nothing(each) for each in node.then.statements):
        function = statement.index.function_of(node)
        name = name_of_function(statement.to(function))[0] if function is not None else None
        if kind_of_name(name) == "component":
            yield Found(Reach.SHOWN, (Evidence(statement.to(node.test).span, "decides what is shown"),))


def _chosen(program: Program, statement: At[tree.If | tree.Switch], depth: int) -> Iterator[Found]:
    """Where the results of a function come to that a value decides on: `if (connected) return { text: "Connected" }`."""
    function = statement.index.function_of(statement.node)
    if (
        function is None
        or depth >= _DEEPEST
        or not any(
            isinstance(each, tree.Return) and each.value is not None and not _returns_nothing(each)
            for each in tree.walk(statement.node, tree.same_function)
        )
    ):
        return
    for call in callers(program, statement.to(function)):
        yield from _reaches(program, [call, *aliases(program, call)], None, depth + 1)


def _returns_nothing(statement: tree.Return) -> bool:
    return isinstance(statement.value, tree.Literal) and statement.value.value is None


def _is_part_of_returned(at: At[tree.Expr]) -> bool:
    """`return { status }`"""
    entry = at.parent
    display = at.index.parents.get(entry) if isinstance(entry, tree.Entry) else None
    return isinstance(display, tree.Object) and isinstance(at.index.parents.get(display), tree.Return)


def _returned(program: Program, at: At[tree.Expr]) -> Iterator[Found]:
    """What a hook that nobody in the workspace uses returns may be shown by whoever imports it."""
    function = at.index.function_of(at.node)
    if function is None:
        return
    home = at.to(function)
    name = name_of_function(home)[0]
    if kind_of_name(name) == "hook" and not callers(program, home):
        yield Found(Reach.UNTOLD, (Evidence(home.span, f"{name} returns it, and nothing here calls {name}"),))
    if kind_of_name(name) == "component" and not elements_of(program, home):
        yield Found(Reach.UNTOLD, (Evidence(home.span, f"{name} returns it"),))


def is_page_write(target: tree.Expr) -> bool:
    """`badge.textContent = ...`: an assignment that changes the page."""
    return isinstance(target, tree.Member) and target.name in _PAGE
