"""React: components, hooks, effects and their cleanups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal as OneOf

from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.function_shape import name_of_function
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, External, Program
from halfopen.semantics.values import origins

_EFFECTS = frozenset({"useEffect", "useLayoutEffect", "useInsertionEffect"})


@dataclass(frozen=True, slots=True)
class Effect:
    """One `useEffect`-like call. `dependencies` is None where the array is left out (runs on each render)."""

    call: At[tree.Call]
    callback: At[tree.Function]
    dependencies: tuple[tree.Expr, ...] | None

    def returns(self) -> list[tree.Return]:
        """The `return` statements of the callback itself."""
        return [
            node
            for node in tree.walk(self.callback.node.body, tree.same_function)
            if isinstance(node, tree.Return)
        ]


@dataclass(frozen=True, slots=True)
class Owner:
    """The React function that code belongs to."""

    kind: OneOf["component", "hook"]
    name: str
    function: At[tree.Function]


def is_effect(program: Program, call: At[tree.Call]) -> bool:
    """Whether a call is React's `useEffect`, `useLayoutEffect` or `useInsertionEffect`."""
    callee = call.node.callee
    name = last_name(callee)
    if name not in _EFFECTS and not isinstance(callee, tree.Name):
        return False
    return any(
        isinstance(origin, External)
        and origin.name.rpartition(".")[2] in _EFFECTS
        and (origin.module in ("react", "preact/hooks", "", "preact/compat"))
        for origin in origins(program, call.to(callee))
    )


def effect_of(program: Program, call: At[tree.Call]) -> Effect | None:
    """The effect that a call sets up, if it is one with a callback of the workspace."""
    if not call.node.arguments or not is_effect(program, call):
        return None
    for callback in functions(program, call.to(call.node.arguments[0].value)):
        dependencies = call.node.arguments[1].value if len(call.node.arguments) > 1 else None
        items = (
            dependencies.items if isinstance(dependencies, tree.Sequence) else () if dependencies else None
        )
        return Effect(call, callback, items)
    return None


def effects_in(program: Program, function: At[tree.Function]) -> list[Effect]:
    """The effects that a component or hook sets up, in order."""
    found: list[Effect] = []
    for node in tree.walk(function.node.body, tree.same_function):
        if isinstance(node, tree.Call):
            effect = effect_of(program, function.to(node))
            if effect is not None:
                found.append(effect)
    return found


def effect_around(program: Program, at: At[tree.Node]) -> Effect | None:
    """The effect whose callback a node stands in, at any depth."""
    for node in at.index.ancestors(at.node):
        if isinstance(node, tree.Call):
            effect = effect_of(program, at.to(node))
            if effect is not None and _within(effect.callback.node, at.node):
                return effect
    return None


def _within(outer: tree.Node, inner: tree.Node) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def react_owner(at: At[tree.Node]) -> Owner | None:
    """The outermost component or hook around a node, told by React's naming rule."""
    found: Owner | None = None
    for function in functions_around(at):
        name, _ = name_of_function(function)
        kind = kind_of_name(name)
        if kind == "hook" or (kind == "component" and _makes_elements(function)):
            found = Owner(kind, name or "", function)
    return found


def kind_of_name(name: str | None) -> OneOf["component", "hook", "other"]:
    """`useThing` is a hook, `Thing` may be a component."""
    if name is None:
        return "other"
    if len(name) > 3 and name.startswith("use") and (name[3].isupper() or name[3].isdigit()):
        return "hook"
    return "component" if name[:1].isupper() else "other"


def _makes_elements(function: At[tree.Function]) -> bool:
    """Whether a function uses JSX or hooks, as a component does and a constructor function does not."""
    for node in tree.walk(function.node.body):
        if isinstance(node, tree.Element):
            return True
        if isinstance(node, tree.Call):
            name = last_name(node.callee)
            if kind_of_name(name) == "hook":
                return True
    return False


def functions_around(at: At[tree.Node]) -> Iterator[At[tree.Function]]:
    """The functions around a node, innermost first; a function node counts itself."""
    if isinstance(at.node, tree.Function):
        yield at.to(at.node)
    for node in at.index.ancestors(at.node):
        if isinstance(node, tree.Function):
            yield at.to(node)


def elements_of(program: Program, component: At[tree.Function]) -> list[At[tree.Element]]:
    """The elements of the workspace that render a component."""
    key = ("elements of", component.node)
    return program.queries.search(key, lambda: list(_elements_of(program, component)))


def _elements_of(program: Program, component: At[tree.Function]) -> Iterator[At[tree.Element]]:
    name = name_of_function(component)[0]
    if name is None:
        return
    for module, unit in program.units_with(name, "typescript"):
        program.queries.note(unit)
        at: At[tree.Node] = At(module.path, unit, component.node)
        for node in at.index.parents:
            if (
                isinstance(node, tree.Element)
                and node.tag is not None
                and last_name(node.tag) == name
                and component in functions(program, at.to(node.tag))
            ):
                yield at.to(node)


def attribute_of(element: At[tree.Element], name: str) -> At[tree.Expr] | None:
    """What an element gives for a property; None where it gives nothing or spreads hide it."""
    for attribute in element.node.attributes:
        if attribute.name == name and attribute.value is not None:
            return element.to(attribute.value)
    return None
