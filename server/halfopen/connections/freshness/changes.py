"""When the value of an expression changes between two renders: what a dependency array compares.

The identity of functions, objects and arrays made in a component is new on each render; state changes where
its setter is called; what a hook is given changes as its callers' values do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal as OneOf
from typing import TypeAlias

from halfopen.connections.facts import Evidence
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers, functions
from halfopen.semantics.flow import aliases_of_target
from halfopen.semantics.function_shape import argument_of, name_of_function, returned
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Global, Program
from halfopen.semantics.react import attribute_of, elements_of, kind_of_name
from halfopen.semantics.scopes import Definition, Step
from halfopen.semantics.stores import initializers, is_store_factory
from halfopen.semantics.values import origins

ChangeKind: TypeAlias = OneOf["identity", "value", "state", "store", "unknown"]
"""identity: a function, object or array made anew on each render. value: another value on each render
(`Date.now()`). state: React state. store: state of a store. unknown: it may, such as a part of some state, or
what nothing in the workspace tells."""

_DEEPEST = 12
_MEMOISED = frozenset({"useCallback", "useMemo"})
_STABLE_HOOKS = frozenset(
    {
        "useRef",
        "createRef",
        "useEffectEvent",
        "useEvent",
        "useMemoizedFn",
        "useEventCallback",
        "useId",
        "useDispatch",
        "useStore",
        "useQueryClient",
        "useNavigate",
        "useTransition",
    }
)
"""Hooks whose result keeps its identity, by their documentation."""
_FRESH_METHODS = frozenset({"map", "filter", "slice", "concat", "flatMap", "split", "bind", "toSorted"})
_FRESH_STATICS = frozenset({"Object.keys", "Object.values", "Object.entries", "Array.from", "JSON.parse"})
_IMPURE = frozenset({"Date.now", "Math.random", "performance.now", "crypto.randomUUID", "uuidv4", "nanoid"})


@dataclass(frozen=True, slots=True)
class Change:
    """One way in which a value changes. `at` is the state's hook or store, or the expression made anew."""

    kind: ChangeKind
    what: str
    at: At[tree.Node]
    key: str = ""
    """Of a store: the name of the state."""
    evidence: tuple[Evidence, ...] = ()
    part: str = ""
    """Of React state whose part is meant: the name of that part."""


def changes_of(program: Program, at: At[tree.Expr]) -> tuple[Change, ...]:
    """The ways in which an expression's value changes between renders; () where it stays the same."""
    return program.queries.get(("changes", at.node), lambda: _Search(program).run(at))


class _Search:
    """One search from an expression back to what makes its value."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.seen: set[tuple[tree.Node, tuple[Step, ...]]] = set()
        self.depth = 0

    def run(self, at: At[tree.Expr]) -> tuple[Change, ...]:
        return tuple(dict.fromkeys(self.value(at, ())))

    def value(self, at: At[tree.Expr], steps: tuple[Step, ...]) -> Iterator[Change]:
        if (at.node, steps) in self.seen or self.depth > _DEEPEST:
            return
        self.seen.add((at.node, steps))
        self.program.queries.note(at.unit)
        self.depth += 1
        yield from list(self._value(at, steps))
        self.depth -= 1

    def _value(self, at: At[tree.Expr], steps: tuple[Step, ...]) -> Iterator[Change]:
        node = at.node
        match node:
            case tree.Name():
                yield from self.name(at.to(node), steps)
            case tree.Member(object=inner, name=name):
                if name != "current":
                    yield from self.value(at.to(inner), (name, *steps))
            case tree.Object(entries=entries):
                if not steps:
                    yield from _fresh(at, "an object made")
                for entry in entries if steps else ():
                    if entry.key is None:
                        yield from self.value(at.to(entry.value), steps)
                    elif isinstance(entry.key, tree.Literal) and entry.key.value == steps[0]:
                        found = list(self.value(at.to(entry.value), steps[1:]))
                        yield from _told(found, str(steps[0]), entry.value)
            case tree.Sequence(items=items):
                if not steps:
                    yield from _fresh(at, "an array made")
                elif isinstance(steps[0], int) and steps[0] < len(items):
                    yield from self.value(at.to(items[steps[0]]), steps[1:])
            case tree.Function():
                if not steps:
                    yield from _fresh(at, "a function made")
            case tree.Conditional(then=then, otherwise=otherwise):
                yield from self.value(at.to(then), steps)
                yield from self.value(at.to(otherwise), steps)
            case tree.Operation(operator="or" | "??" | "and", operands=operands):
                for operand in operands:
                    yield from self.value(at.to(operand), steps)
            case tree.Operation(operands=operands):
                for operand in operands:
                    yield from _by_value(self.value(at.to(operand), ()))
            case tree.Template(parts=parts):
                for part in parts:
                    if not isinstance(part, str):
                        yield from _by_value(self.value(at.to(part), ()))
            case tree.Call():
                yield from self.call(at.to(node), steps)
            case _:
                return

    # -- names --

    def name(self, at: At[tree.Name], steps: tuple[Step, ...]) -> Iterator[Change]:
        variable = self.program.variable(at)
        if isinstance(variable, Global):
            return
        for path, unit, definition in self.program.definitions_of(variable):
            target: At[tree.Node] = At(path, unit, definition.target)
            if definition.kind == "parameter":
                yield from self.parameter(target, definition, steps)
            elif definition.kind == "value" and definition.value is not None:
                found = list(self.value(target.to(definition.value), (*definition.steps, *steps)))
                yield from _told(found, at.node.id, definition.value)

    def parameter(
        self, target: At[tree.Node], definition: Definition, steps: tuple[Step, ...]
    ) -> Iterator[Change]:
        function = target.index.parents.get(definition.node)
        if not isinstance(function, tree.Function) or not isinstance(definition.node, tree.Parameter):
            return
        home = target.to(function)
        path = (*definition.steps, *steps)
        default, rest = definition.node.default, path
        if isinstance(target.parent, tree.AssignExpr):
            default, rest = target.parent.value, steps
        name = name_of_function(home)[0]
        kind = kind_of_name(name)
        if kind == "other":
            return
        given: list[At[tree.Expr] | None]
        if kind == "hook":
            given = [
                call.to(value) if (value := argument_of(call.node, function, definition.node)) else None
                for call in callers(self.program, home)
            ]
        elif path and isinstance(path[0], str):
            given = [attribute_of(element, path[0]) for element in elements_of(self.program, home)]
            path = path[1:]
        else:
            return
        if not given:
            yield Change("unknown", f"what {name} is given", home)
        for each in given:
            if each is not None:
                yield from self.given(each, path, target, default, name or "")
            elif default is not None:
                yield from self.value(target.to(default), rest)

    def given(
        self,
        argument: At[tree.Expr],
        path: tuple[Step, ...],
        target: At[tree.Node],
        default: tree.Expr | None,
        name: str,
    ) -> Iterator[Change]:
        if path and _lacks(argument.node, path[0]):
            if isinstance(target.parent, tree.AssignExpr) and default is not None:
                yield from self.value(target.to(default), ())
            return
        for change in list(self.value(argument, path)):
            yield replace(
                change, evidence=(*change.evidence, Evidence(argument.span, f"what {name} is given here"))
            )

    # -- calls --

    def call(self, at: At[tree.Call], steps: tuple[Step, ...]) -> Iterator[Change]:
        callee = at.node.callee
        last = last_name(callee)
        if last in ("useState", "useReducer"):
            if steps[:1] == (0,):
                kind = "state" if steps == (0,) else "unknown"
                part = str(steps[1]) if len(steps) == 2 else ""
                yield Change(kind, _state_name(at), at, evidence=(Evidence(at.span, "the state"),), part=part)
            return
        if last in _MEMOISED:
            yield from self.memoised(at, steps)
            return
        stores = store_calls(self.program, at.to(callee))
        if stores:
            yield from self.store(at, stores, steps)
            return
        if last in _STABLE_HOOKS:
            return
        written = at.to(callee).text
        if written in _IMPURE or last in _IMPURE:
            yield Change(
                "value", f"{written}()", at, evidence=(Evidence(at.span, "another value each time"),)
            )
            return
        found = functions(self.program, at.to(callee))
        if found:
            if kind_of_name(last) == "hook":
                for function in found:
                    for value in returned(function):
                        yield from self.value(value, steps)
            return
        if steps:
            if kind_of_name(last) == "hook":
                yield Change("unknown", f"what {last} returns", at)
            return
        if (isinstance(callee, tree.Member) and last in _FRESH_METHODS) or written in _FRESH_STATICS:
            if _in_render(at):
                yield from _fresh(at, "an array made")
        elif at.node.is_new:
            yield from _fresh(at, "an object made")
        elif kind_of_name(last) == "hook":
            yield Change("unknown", f"what {last} returns", at)

    def memoised(self, at: At[tree.Call], steps: tuple[Step, ...]) -> Iterator[Change]:
        arguments = at.node.arguments
        if len(arguments) < 2:
            yield Change(
                "identity", at.text[:40], at, evidence=(Evidence(at.span, "has no dependency array"),)
            )
            return
        dependencies = arguments[1].value
        for item in dependencies.items if isinstance(dependencies, tree.Sequence) else ():
            for change in list(self.value(at.to(item), ())):
                yield replace(
                    change, evidence=(*change.evidence, Evidence(at.to(item).span, "changes this callback"))
                )

    def store(
        self, at: At[tree.Call], stores: list[At[tree.Call]], steps: tuple[Step, ...]
    ) -> Iterator[Change]:
        for store in stores:
            for key, part in _selected(self.program, at, steps):
                values = store_values(self.program, store, key)
                if not values:
                    continue
                if all(_is_function(self.program, value) for value in values):
                    continue
                kind = "unknown" if part else "store"
                yield Change(kind, key, store, key, (Evidence(values[0].span, "state of the store"),))


def _fresh(at: At[tree.Expr], made: str) -> Iterator[Change]:
    """Something that a component or hook makes in its own body, not at the module's top or in a callback."""
    if _in_render(at):
        yield Change("identity", made, at, evidence=(Evidence(at.span, f"{made} on each render"),))


def _in_render(at: At[tree.Node]) -> bool:
    function = at.index.function_of(at.node)
    return function is not None and kind_of_name(name_of_function(at.to(function))[0]) != "other"


def _by_value(found: Iterator[Change]) -> Iterator[Change]:
    """What is left where only the value is compared, not the identity."""
    for change in found:
        if change.kind != "identity":
            yield change


def _told(found: list[Change], name: str, value: tree.Expr) -> Iterator[Change]:
    """Names a function, object or array that is made anew by the variable or entry that holds it."""
    for change in found:
        if change.kind == "identity" and change.at.node is value:
            yield replace(change, what=name)
        else:
            yield change


def _lacks(argument: tree.Expr, step: Step) -> bool:
    """Whether an object literal plainly has no such entry."""
    return isinstance(argument, tree.Object) and not any(
        entry.key is None or (isinstance(entry.key, tree.Literal) and entry.key.value == step)
        for entry in argument.entries
    )


def _state_name(call: At[tree.Call]) -> str:
    parent = call.parent
    if isinstance(parent, tree.Assign) and isinstance(parent.targets[0], tree.Sequence):
        first = parent.targets[0].items[:1]
        if first and isinstance(first[0], tree.Name):
            return first[0].id
    return "the state"


# --- stores ----------------------------------------------------------------------------------------


def store_calls(program: Program, callee: At[tree.Expr]) -> list[At[tree.Call]]:
    """The stores that an expression may be."""
    return [
        origin.to(origin.node)
        for origin in origins(program, callee)
        if isinstance(origin, At)
        and isinstance(origin.node, tree.Call)
        and is_store_factory(program, origin.to(origin.node))
    ]


def store_values(program: Program, store: At[tree.Call], key: str) -> list[At[tree.Expr]]:
    """What a store's initializer gives for one of its names."""
    found: list[At[tree.Expr]] = []
    for initializer in initializers(program, store):
        program.queries.note(initializer.unit)
        for value in returned(initializer):
            for origin in origins(program, value):
                if isinstance(origin, At) and isinstance(origin.node, tree.Object):
                    found += [
                        origin.to(entry.value)
                        for entry in origin.node.entries
                        if isinstance(entry.key, tree.Literal) and entry.key.value == key
                    ]
    return found


def _is_function(program: Program, value: At[tree.Expr]) -> bool:
    if isinstance(value.node, tree.Function):
        return True
    return any(
        isinstance(each, At) and isinstance(each.node, tree.Function) for each in origins(program, value)
    )


def _selected(program: Program, call: At[tree.Call], steps: tuple[Step, ...]) -> Iterator[tuple[str, bool]]:
    """The names of the store's state that a call of its hook selects, and whether only a part of it is read."""
    if not call.node.arguments:
        if steps and isinstance(steps[0], str):
            yield steps[0], len(steps) > 1
        return
    selector = call.node.arguments[0].value
    if isinstance(selector, tree.Call) and selector.arguments:
        selector = selector.arguments[0].value
    for function in functions(program, call.to(selector)):
        if not function.node.parameters:
            continue
        for value in returned(function):
            yield from _read_keys(value, steps)


def _read_keys(value: At[tree.Expr], steps: tuple[Step, ...]) -> Iterator[tuple[str, bool]]:
    node = value.node
    match node:
        case tree.Member(object=tree.Name(), name=name):
            yield name, bool(steps)
        case tree.Member(object=tree.Member(object=tree.Name(), name=name)):
            yield name, True
        case tree.Object(entries=entries) if steps:
            for entry in entries:
                if isinstance(entry.key, tree.Literal) and entry.key.value == steps[0]:
                    yield from _read_keys(value.to(entry.value), steps[1:])
        case _:
            return


# --- where state is set ----------------------------------------------------------------------------


def setters_of(program: Program, change: Change) -> list[At[tree.Call]]:
    """The calls that set a state: those of its setter, or those that set the store's name."""
    key = ("setters of", change)
    return program.queries.get(key, lambda: list(_setters_of(program, change)))


def _setters_of(program: Program, change: Change) -> Iterator[At[tree.Call]]:
    program.queries.note(change.at.unit)
    if change.kind == "state":
        parent = change.at.parent
        if not isinstance(parent, tree.Assign) or not isinstance(parent.targets[0], tree.Sequence):
            return
        items = parent.targets[0].items
        if len(items) < 2:
            return
        for alias in aliases_of_target(program, change.at.to(items[1])):
            call = alias.parent
            if isinstance(call, tree.Call) and call.callee is alias.node:
                yield alias.to(call)
    elif change.kind == "store" and isinstance(change.at.node, tree.Call):
        for initializer in initializers(program, change.at.to(change.at.node)):
            for call in initializer.index.calls:
                if last_name(call.callee) in ("set", "setState") and _sets_key(call, change.key):
                    yield initializer.to(call)


def _sets_key(call: tree.Call, key: str) -> bool:
    return any(
        isinstance(node, tree.Entry) and isinstance(node.key, tree.Literal) and node.key.value == key
        for argument in call.arguments[:1]
        for node in tree.walk(argument.value)
    )
