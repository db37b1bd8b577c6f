"""Where a value goes: every expression of the workspace that may evaluate to it.

The mirror image of `semantics.values`: from the expression that makes a value, forward through
assignments, destructuring, fields, refs, objects, parameters, returns, React state and context, and
Zustand stores. Control flow is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers, functions
from halfopen.semantics.function_shape import argument_of, is_receiver, name_of_function
from halfopen.semantics.injection import dependency_calls
from halfopen.semantics.instances import classes
from halfopen.semantics.members import fields_given
from halfopen.semantics.names import bound_to, last_name
from halfopen.semantics.object_methods import object_of_this, uses_of_this
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, Program
from halfopen.semantics.refs import is_ref
from halfopen.semantics.scopes import Step
from halfopen.semantics.stores import (
    Reader,
    initializers,
    is_shallow,
    readers,
    state_readers,
    store_around,
    store_setter_of,
)
from halfopen.semantics.values import origins

Path: TypeAlias = tuple[Step, ...]
"""How to get from an expression to the value: () is the value itself, ("current",) a ref that holds it."""

_Item: TypeAlias = tuple[At[tree.Expr], Path]
_ELEMENTS = frozenset({"get", "pop", "shift", "at", "find"})
"""Methods that hand out an element of their container (the member access has taken the step into it)."""
_ITERATIONS = frozenset({"forEach", "map", "filter", "some", "every", "find"})
"""Methods that call a function with each element."""
_VIEWS: dict[str, Path] = {"values": (), "items": (1,), "entries": (1,)}
"""Methods that go through a dict's or map's values, and where the value stands in what each turn gives."""
_COPIES = frozenset({"list", "tuple", "set", "frozenset", "sorted", "reversed"})
"""Builtins of Python that give a container's elements anew (of a dict its keys, which hold no value)."""
_ADDING = frozenset({"append", "add", "push", "set", "setdefault", "put_nowait"})
"""Methods that put what they are given into their container."""
_MOST_ITEMS = 1200
_LONGEST_PATH = 5


def aliases(program: Program, at: At[tree.Expr]) -> list[At[tree.Expr]]:
    """Every expression that may evaluate to the value `at` makes, itself first."""
    key = ("aliases", at.node)
    return program.queries.search(key, lambda: _Flow(program).run(at))


def aliases_of_target(program: Program, target: At[tree.Expr]) -> list[At[tree.Expr]]:
    """Every expression that may evaluate to what a parameter or variable was given."""
    key = ("aliases of target", target.node)
    return program.queries.search(key, lambda: _Flow(program).run_from(target))


def calls_of(program: Program, function: At[tree.Function]) -> list[At[tree.Call]]:
    """The calls that run a function: by its name, or, of one that is handed on as a value, where that is called."""
    found = callers(program, function)
    if not found or isinstance(function.parent, tree.Argument):
        found = [*found, *calls_as_value(program, function)]
    return list(dict.fromkeys(found))


def calls_as_value(program: Program, function: At[tree.Function]) -> list[At[tree.Call]]:
    """The calls of a function where it was handed to: `self._announce(...)` of `Pipeline(announce)`."""
    places = aliases(program, function)
    return [
        each.to(each.parent)
        for each in places
        if isinstance(each.parent, tree.Call) and each.parent.callee is each.node
    ]


class _Flow:
    """One run of the worklist."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.seen: set[tuple[tree.Node, Path]] = set()
        self.held: set[tuple[tree.Node, Path]] = set()
        self.waiting: list[_Item] = []

    def run(self, at: At[tree.Expr]) -> list[At[tree.Expr]]:
        self.push(at, ())
        return self.drain()

    def run_from(self, target: At[tree.Expr]) -> list[At[tree.Expr]]:
        self.program.queries.note(target.unit)
        self.bind(target, ())
        return self.drain()

    def drain(self) -> list[At[tree.Expr]]:
        found: dict[At[tree.Expr], None] = {}
        while self.waiting and len(self.seen) < _MOST_ITEMS:
            item, path = self.waiting.pop()
            self.program.queries.note(item.unit)
            if not path:
                found[item] = None
            self.follow(item, path)
        return list(found)

    def push(self, at: At[tree.Expr], path: Path) -> None:
        if len(path) <= _LONGEST_PATH and (at.node, path) not in self.seen:
            self.seen.add((at.node, path))
            self.waiting.append((at, path))

    # -- one step outward --

    def follow(self, at: At[tree.Expr], path: Path) -> None:
        node, parent = at.node, at.parent
        match parent:
            case tree.Member(object=inner, name=name) if inner is node:
                call = at.index.parents.get(parent)
                if path and name in _VIEWS and isinstance(call, tree.Call) and call.callee is parent:
                    self.push(at.to(call), (None, *_VIEWS[name], *path[1:]))
                elif path and (path[0] == name or name in _ELEMENTS or name in _ITERATIONS):
                    self.push(at.to(parent), path[1:])
            case tree.Index(object=inner, key=key) if inner is node:
                step = key.value if isinstance(key, tree.Literal) else None
                if path and (path[0] == step or step is None or path[0] is None):
                    self.push(at.to(parent), path[1:])
            case tree.Assign(value=value, targets=targets, operator="" | "??" | "or") if value is node:
                for target in targets:
                    self.bind(at.to(target), path)
            case tree.AssignExpr(value=value, target=target) if value is node:
                self.bind(at.to(target), path)
                self.push(at.to(parent), path)
            case tree.Await() | tree.Spread():
                self.push(at.to(parent), path)
            case tree.Conditional(then=then, otherwise=otherwise) if node in (then, otherwise):
                self.push(at.to(parent), path)
            case tree.Operation(operator="or" | "??") | tree.Operation(operator="and"):
                if parent.operator != "and" or parent.operands[-1] is node:
                    self.push(at.to(parent), path)
            case tree.Entry(key=key, value=value) if value is node:
                self.entry(at, parent, path)
            case tree.Sequence(items=items):
                self.push(at.to(parent), (items.index(node), *path))
            case tree.Return():
                self.returned(at, path)
            case tree.Yield(value=value) if value is node:
                self.yielded(at, path)
            case tree.Item(context=context, target=target) if context is node:
                if target is not None:
                    self.bind(at.to(target), path)
            case tree.Argument():
                self.argument(at, parent, path)
            case tree.Attribute(name=name, value=value) if value is node and name is not None:
                self.attribute(at, parent, name, path)
            case tree.Loop(iterable=iterable, target=target) if iterable is node and target is not None:
                if path:
                    self.bind(at.to(_value_of_pair(target, path[1:])), path[1:])
            case tree.Call(callee=tree.Member(name=name) as callee) if callee is node and name in _ELEMENTS:
                self.push(at.to(parent), path)
            case tree.Call(callee=tree.Member(name=name) as callee, arguments=(first, *_)) if (
                callee is node and name in _ITERATIONS
            ):
                for function in functions(self.program, at.to(first.value)):
                    if function.node.parameters:
                        self.bind(function.to(function.node.parameters[0].target), path)
            case _:
                pass

    def entry(self, at: At[tree.Expr], entry: tree.Entry, path: Path) -> None:
        display = at.index.parents.get(entry)
        if not isinstance(display, tree.Object):
            return
        if entry.key is None:
            self.push(at.to(display), path)
        else:
            step = entry.key.value if isinstance(entry.key, tree.Literal) else None
            self.push(at.to(display), (step if isinstance(step, str) else None, *path))

    def bind(self, target: At[tree.Expr], path: Path) -> None:
        """The value at `path` of what is assigned now also stands in `target`."""
        match target.node:
            case tree.Name():
                for read in self.program.reads(self.program.variable(target.to(target.node))):
                    self.push(read, path)
                klass = target.index.class_of(target.node)
                if klass is not None and self.stands_in(target, klass):
                    self.field(target.to(klass), (target.node.id, *path))
            case tree.Object(entries=entries):
                for entry in entries:
                    key = entry.key.value if isinstance(entry.key, tree.Literal) else None
                    if entry.key is None:
                        self.bind(target.to(entry.value), path)
                    elif path and path[0] in (key, None):
                        self.bind(target.to(entry.value), path[1:])
            case tree.Sequence(items=items):
                for position, item in enumerate(items):
                    if path and path[0] in (position, None):
                        self.bind(target.to(item), path[1:])
            case tree.AssignExpr(target=inner):
                self.bind(target.to(inner), path)
            case tree.Member(object=inner, name=name):
                self.hold(target.to(inner), (name, *path))
            case tree.Index(object=inner, key=key):
                step = key.value if isinstance(key, tree.Literal) and isinstance(key.value, str) else None
                self.hold(target.to(inner), (step, *path))
            case _:
                pass

    def hold(self, owner: At[tree.Expr], path: Path) -> None:
        """The object that `owner` evaluates to now holds the value at `path`."""
        node = owner.node
        if len(path) > _LONGEST_PATH or (node, path) in self.held:
            return
        self.held.add((node, path))
        if isinstance(node, tree.Member):
            self.hold(owner.to(node.object), (node.name, *path))
        elif isinstance(node, tree.Index):
            self.hold(owner.to(node.object), (None, *path))
        elif isinstance(node, tree.Name):
            display = object_of_this(owner)
            if display is not None:
                self.member(display, path)
            elif is_receiver(owner, node.id):
                klass = owner.index.class_of(node)
                if klass is not None:
                    self.field(owner.to(klass), path)
            else:
                for read in self.program.reads(self.program.variable(owner.to(node))):
                    self.push(read, path)
                self.through_parameter(owner.to(node), path)
        elif isinstance(node, tree.Call):
            self.push(owner, path)

    def member(self, display: At[tree.Object], path: Path) -> None:
        """`this.x` in a method of an object literal: every use in its methods, and of the object elsewhere."""
        for node in uses_of_this(display):
            self.push(display.to(node), path)
        self.push(display, path)

    def through_parameter(self, name: At[tree.Name], path: Path) -> None:
        """A ref or object handed to a function as a parameter is the caller's own."""
        for origin in origins(self.program, name):
            if isinstance(origin, ParameterOf):
                for call in callers(self.program, origin.function):
                    given = argument_of(call.node, origin.function.node, origin.parameter)
                    if given is not None:
                        self.hold(call.to(given), (*origin.steps, *path))
            elif isinstance(origin, At) and isinstance(origin.node, tree.Call | tree.Object):
                for variable in bound_to(self.program, origin):
                    for read in self.program.reads(variable):
                        self.push(read, path)

    @staticmethod
    def stands_in(target: At[tree.Expr], klass: tree.Class) -> bool:
        """Whether an assigned name is a field that the class's own body declares (`socket = new WebSocket(url)`)."""
        parent = target.parent
        return isinstance(parent, tree.Assign) and target.index.parents.get(parent) is klass.body

    def field(self, klass: At[tree.Class], path: Path) -> None:
        """`self.x` / `this.x`: every use of the field in the class, and on its instances elsewhere."""
        for node in tree.walk(klass.node.body):
            if isinstance(node, tree.Name) and is_receiver(klass.to(node), node.id):
                self.push(klass.to(node), path)
        name = path[0]
        if isinstance(name, str):
            for at in self.instance_members(klass, name):
                self.push(at, path[1:])

    def instance_members(self, klass: At[tree.Class], name: str) -> Iterator[At[tree.Expr]]:
        for module, unit in self.program.units_with(name, klass.unit.language, as_member=True):
            at: At[tree.Node] = At(module.path, unit, klass.node)
            for node in at.index.parents:
                if isinstance(node, tree.Member) and node.name == name:
                    inner = at.to(node.object)
                    if isinstance(node.object, tree.Name) and is_receiver(inner, node.object.id):
                        continue
                    if klass in classes(self.program, inner):
                        yield at.to(node)

    # -- through functions --

    def returned(self, at: At[tree.Expr], path: Path) -> None:
        function = at.index.function_of(at.node)
        if function is None:
            return
        here = at.to(function)
        self.program.queries.note(at.unit)
        for call in callers(self.program, here):
            self.push(call, path)
        parent = here.parent
        if isinstance(parent, tree.Argument):
            call = here.index.parents.get(parent)
            if is_shallow(call):
                outer = here.index.parents.get(call) if call is not None else None
                call = here.index.parents.get(outer) if isinstance(outer, tree.Argument) else None
            if isinstance(call, tree.Call):
                name = last_name(call.callee)
                if name == "useMemo":
                    self.push(at.to(call), path)
                elif name == "useState":
                    self.push(at.to(call), (0, *path))
                elif any(state_readers(self.program, at.to(call), at.to(call.callee))):
                    self.push(at.to(call), path)
                elif self.set_state(at.to(call), path):
                    pass
                else:
                    store = store_around(self.program, here)
                    if store is not None and here in initializers(self.program, store):
                        for reader in readers(self.program, store):
                            self.store_reader(reader, path)
        if isinstance(parent, tree.Assign | tree.Entry) or here.node.name is not None:
            self.injected(here, path)

    def yielded(self, at: At[tree.Expr], path: Path) -> None:
        """A generator's value reaches `with` targets and injected parameters."""
        function = at.index.function_of(at.node)
        if function is not None:
            for call in callers(self.program, at.to(function)):
                self.push(call, path)
            self.injected(at.to(function), path)

    def injected(self, function: At[tree.Function], path: Path) -> None:
        """`Depends(function)` hands the result to parameters."""
        name, _ = name_of_function(function)
        if name is None or function.unit.language != "python":
            return
        for module, unit in self.program.units_with(name, "python"):
            if b"Depends" not in unit.words:
                continue
            at: At[tree.Node] = At(module.path, unit, function.node)
            for other in at.index.functions:
                for parameter in other.parameters:
                    for call in dependency_calls(self.program, at.to(other), parameter):
                        for argument in call.node.arguments:
                            if function in functions(self.program, call.to(argument.value)):
                                self.bind(at.to(parameter.target), path)

    def argument(self, at: At[tree.Expr], argument: tree.Argument, path: Path) -> None:
        call = at.index.parents.get(argument)
        if not isinstance(call, tree.Call):
            return
        here = at.to(call)
        if self.known_call(at, here, argument, path):
            return
        for function in functions(self.program, at.to(call.callee)):
            for parameter in function.node.parameters:
                if argument_of(call, function.node, parameter) is argument.value:
                    self.bind(function.to(parameter.target), path)
        for klass, name in fields_given(self.program, here, argument):
            self.push(here, (name, *path))
            self.field(klass, (name, *path))

    def known_call(self, at: At[tree.Expr], call: At[tree.Call], argument: tree.Argument, path: Path) -> bool:
        """Calls whose meaning is a framework's: refs, state, promises, stores, containers."""
        callee = call.node.callee
        name = last_name(callee)
        if name in ("useRef", "createRef") and is_ref(self.program, call):
            self.push(call, ("current", *path))
            return True
        if name == "useState":
            self.push(call, (0, *path))
            return True
        if name in _COPIES and isinstance(callee, tree.Name) and path and at.unit.language == "python":
            self.push(call, (None, *path[1:]))
            return True
        if name in ("values", "from") and isinstance(callee, tree.Member) and path:
            self.push(call, (None, *path[1:]))
            return True
        if name in ("useMemo", "useCallback", "useEffectEvent", "markRaw", "memo"):
            self.push(call, path)
            return True
        if self.set_state(call, path):
            return True
        if isinstance(callee, tree.Name):
            promise = _promise_of(self.program, at.to(callee))
            if promise is not None:
                self.push(promise, path)
                return True
        if isinstance(callee, tree.Member) and (
            callee.name in _ADDING or _is_put(call.node, callee.name, at)
        ):
            self.hold(at.to(callee.object), (None, *path))
        return False

    def set_state(self, call: At[tree.Call], path: Path) -> bool:
        """Whether a call sets React state or a store's, which now holds the value."""
        callee = call.node.callee
        state = _state_of_setter(self.program, call.to(callee)) if isinstance(callee, tree.Name) else None
        if state is not None:
            self.bind(state, path)
            return True
        readers_of_store = store_setter_of(self.program, call)
        for reader in readers_of_store or ():
            self.store_reader(reader, path)
        return readers_of_store is not None

    def store_reader(self, reader: Reader, path: Path) -> None:
        """An expression that is a store's state, or a selector's parameter that receives it."""
        if isinstance(reader.node, tree.Parameter):
            self.bind(reader.to(reader.node.target), path)
        else:
            self.push(reader.to(reader.node), path)

    def attribute(self, at: At[tree.Expr], attribute: tree.Attribute, name: str, path: Path) -> None:
        """A JSX attribute reaches the component's props; a context provider's value its consumers."""
        element = at.index.parents.get(attribute)
        if not isinstance(element, tree.Element) or element.tag is None:
            return
        tag = element.tag
        if name == "value" and isinstance(tag, tree.Member) and tag.name == "Provider":
            self.context(at.to(tag.object), path)
            return
        targets = functions(self.program, at.to(tag))
        if name == "value" and not targets:
            self.context(at.to(tag), path)
        for function in targets:
            if function.node.parameters:
                self.bind(function.to(function.node.parameters[0].target), (name, *path))

    def context(self, context: At[tree.Expr], path: Path) -> None:
        made = [each for each in origins(self.program, context) if isinstance(each, At)]
        for hook in ("useContext", "use"):
            for module, unit in self.program.units_with(hook, "typescript"):
                at: At[tree.Node] = At(module.path, unit, context.node)
                for call in at.index.calls:
                    if last_name(call.callee) == hook and call.arguments:
                        found = origins(self.program, at.to(call.arguments[0].value))
                        if any(each in made for each in found):
                            self.push(at.to(call), path)


def _is_put(call: tree.Call, name: str, at: At[tree.Expr]) -> bool:
    """Whether a call puts one thing into a queue of Python's; a request's `put` names an address first."""
    return name == "put" and len(call.arguments) == 1 and at.unit.language == "python"


def _value_of_pair(target: tree.Expr, path: Path) -> tree.Expr:
    """The part of `for (const [key, value] of map)` that a map's value goes to."""
    if isinstance(target, tree.Sequence) and len(target.items) == 2 and path and isinstance(path[0], str):
        return target.items[1]
    return target


def state_hook(program: Program, variable: At[tree.Name]) -> tuple[At[tree.Call], Step] | None:
    """The `useState`/`useReducer` call that a variable is destructured from, and which part it is."""
    for path, unit, definition in program.definitions_of(program.variable(variable)):
        if (
            definition.kind == "value"
            and len(definition.steps) == 1
            and isinstance(definition.value, tree.Call)
            and last_name(definition.value.callee) in ("useState", "useReducer")
        ):
            return At(path, unit, definition.value), definition.steps[0]
    return None


def _state_of_setter(program: Program, name: At[tree.Name]) -> At[tree.Expr] | None:
    """The state variable that `setX` sets, as the target it is bound to."""
    hook = state_hook(program, name)
    if hook is None or hook[1] != 1:
        return None
    parent = hook[0].parent
    if (
        isinstance(parent, tree.Assign)
        and isinstance(parent.targets[0], tree.Sequence)
        and parent.targets[0].items
    ):
        return hook[0].to(parent.targets[0].items[0])
    return None


def _promise_of(program: Program, name: At[tree.Name]) -> At[tree.Call] | None:
    """The `new Promise(...)` whose executor's first parameter is called."""
    for path, unit, definition in program.definitions_of(program.variable(name)):
        if definition.kind != "parameter":
            continue
        at: At[tree.Node] = At(path, unit, definition.node)
        function = at.parent
        if (
            isinstance(function, tree.Function)
            and function.parameters
            and function.parameters[0] is definition.node
        ):
            argument = at.index.parents.get(function)
            call = at.index.parents.get(argument) if isinstance(argument, tree.Argument) else None
            if isinstance(call, tree.Call) and call.is_new and last_name(call.callee) == "Promise":
                return at.to(call)
    return None
