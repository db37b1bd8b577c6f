"""The expressions that are a registered connection: what a registry's container holds, followed to where it is used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from halfopen.connections.registries import Container, FieldOf, ModuleName, container_of
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers, functions
from halfopen.semantics.function_shape import argument_of, is_receiver
from halfopen.semantics.program import At, Global, Program
from halfopen.semantics.scopes import index_of

_VIEWS = frozenset({"values", "items", "keys", "get", "setdefault", "pop"})
_BY_KEY = frozenset({"get", "pop"})
_COPIES = frozenset({"list", "tuple", "set", "sorted", "dict", "frozenset"})
_PASSING = frozenset({"enumerate", "reversed", "zip", "iter"})
_ADDING = frozenset({"append", "add", "appendleft"})
_MOST_STEPS = 600
_DEPTH = 3

Loop: TypeAlias = At[tree.Loop] | At[tree.Comprehension]


@dataclass(frozen=True, slots=True)
class Member:
    """An expression that is one of the registered connections, or a part of one.

    `loop` goes through the registry, or through keys that are looked up in it, None where one connection was
    looked up. `is_copied`: it goes over a copy, or over something else than the registry. `handed_on` are the calls that gave the connection to other functions, the outermost first.
    """

    at: At[tree.Expr]
    loop: Loop | None
    is_copied: bool
    handed_on: tuple[At[tree.Call], ...] = ()


def members_of(program: Program, container: Container) -> tuple[Member, ...]:
    """Every expression of the workspace that is a connection of a registry, or the registry itself."""
    key = ("members of", container)
    return program.queries.search(key, lambda: tuple(_Trail(program).run(container)))


def uses_of(program: Program, container: Container) -> tuple[At[tree.Expr], ...]:
    """Every expression that names the container."""
    key = ("uses of", container)
    return program.queries.search(key, lambda: tuple(dict.fromkeys(_uses(program, container))))


def _uses(program: Program, container: Container) -> Iterator[At[tree.Expr]]:
    match container:
        case ModuleName(path=path, name=name):
            language = "python"
            yield from program.reads(Global(path, name))
        case FieldOf(klass=klass, name=name):
            language = klass.unit.language
            program.queries.note(klass.unit)
            for node in tree.walk(klass.node.body):
                if isinstance(node, tree.Member) and node.name == name and _is_own(klass.to(node.object)):
                    yield klass.to(node)
    # `manager.active`, `state.clients`: from outside of the class or the module.
    for module, unit in program.units_with(name, language, as_member=True):
        for node in index_of(unit).parents:
            if isinstance(node, tree.Member) and node.name == name:
                at = At(module.path, unit, node)
                if not _is_own(at.to(node.object)) and container_of(program, at) == container:
                    yield at


def _is_own(at: At[tree.Expr]) -> bool:
    return isinstance(at.node, tree.Name) and is_receiver(at, at.node.id)


def _rests_on(key: At[tree.Expr]) -> set[object]:
    """The local names that a key is made of, through one assignment: `name = str(member.name)`."""
    bindings = key.index.bindings
    found = {bindings.get(each) for each in tree.walk(key.node) if isinstance(each, tree.Name)} - {None}
    behind = {
        bindings.get(each)
        for binding in found
        if binding is not None
        for definition in binding.definitions
        if definition.kind == "value" and definition.value is not None
        for each in tree.walk(definition.value)
        if isinstance(each, tree.Name)
    }
    return {*found, *(behind - {None})}


def _given(program: Program, key: At[tree.Expr]) -> Iterator[tuple[At[tree.Call], tree.Expr]]:
    """What calls give for a key that is a parameter of the function that looks it up."""
    function = key.index.function_of(key.node)
    binding = key.index.bindings.get(key.node) if isinstance(key.node, tree.Name) else None
    if function is None or binding is None:
        return
    for parameter in function.parameters:
        if isinstance(parameter.target, tree.Name) and key.index.bindings.get(parameter.target) is binding:
            for call in callers(program, key.to(function)):
                given = argument_of(call.node, function, parameter)
                if given is not None:
                    yield call, given


class _Trail:
    """One run of the worklist, from a container outward."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.seen: set[tuple[tree.Node, tree.Node | None]] = set()
        self.waiting: list[Member] = []
        self.container: Container | None = None

    def run(self, container: Container) -> Iterator[Member]:
        self.container = container
        for use in uses_of(self.program, container):
            self.push(Member(use, None, False))
        while self.waiting and len(self.seen) < _MOST_STEPS:
            member = self.waiting.pop(0)
            self.program.queries.note(member.at.unit)
            yield member
            self.follow(member)

    def push(self, member: Member) -> None:
        key = (member.at.node, member.loop.node if member.loop is not None else None)
        if key not in self.seen:
            self.seen.add(key)
            self.waiting.append(member)

    def at(self, member: Member, node: tree.Expr, is_copied: bool | None = None) -> None:
        copied = member.is_copied if is_copied is None else is_copied
        self.push(Member(member.at.to(node), member.loop, copied, member.handed_on))

    def follow(self, member: Member) -> None:
        node, parent = member.at.node, member.at.parent
        match parent:
            case tree.Member(object=inner, name=name) if inner is node:
                call = member.at.index.parents.get(parent)
                if isinstance(call, tree.Call) and call.callee is parent:
                    if name in _VIEWS or name == "copy":
                        self.at(member, call, True if name == "copy" else None)
                    if name in _BY_KEY and call.arguments:
                        self.looked_up(member, call, call.arguments[0].value)
                else:
                    self.at(member, parent)
            case tree.Index(object=inner, key=key) if inner is node or self.is_container(member.at.to(inner)):
                is_slice = isinstance(key, tree.Opaque) and key.kind == "slice"
                self.at(member, parent, True if is_slice else None)
                if inner is node:
                    self.looked_up(member, parent, key)
            case tree.Await() | tree.Conditional() | tree.Spread():
                self.at(member, parent)
            case tree.Operation(operator="or" | "??" | "and") | tree.Sequence():
                self.at(member, parent)
            case tree.AssignExpr(value=value, target=target) if value is node:
                self.at(member, parent)
                self.bind(member, target)
            case tree.Assign(value=value, targets=targets, operator="") if value is node:
                for target in targets:
                    self.bind(member, target)
            case tree.Loop(iterable=iterable, target=target) if iterable is node and target is not None:
                self.bind(self.within(member, member.at.to(parent)), target)
            case tree.Clause(iterable=iterable, target=target) if iterable is node:
                comprehension = member.at.index.parents.get(parent)
                if isinstance(comprehension, tree.Comprehension):
                    self.bind(self.within(member, member.at.to(comprehension)), target)
            case tree.Comprehension(element=element) if element is node:
                self.push(Member(member.at.to(parent), None, True, member.handed_on))
            case tree.Return():
                self.returned(member)
            case tree.Argument():
                self.argument(member, parent)
            case _:
                pass

    def looked_up(self, member: Member, lookup: tree.Expr, key: tree.Expr) -> None:
        """`for name in room.members: await self.active[name].send_text(text)`: the loop goes through the keys.

        So does the one of a caller that hands each key to the function that looks it up.
        """
        if member.loop is not None or not self.is_container(member.at):
            return
        at = member.at.to(lookup)
        loop = self.loop_over(at, key)
        if loop is not None:
            self.push(Member(at, loop, True, member.handed_on))
            return
        for call, given in _given(self.program, at.to(key)):
            loop = self.loop_over(call, given)
            if loop is not None:
                self.push(Member(at, loop, True, (*member.handed_on, call)))

    def loop_over(self, at: At[tree.Expr], key: tree.Expr) -> Loop | None:
        """The innermost loop around an expression whose target a key rests on, unless it goes through the registry."""
        names = _rests_on(at.to(key))
        for ancestor in at.index.ancestors(at.node):
            match ancestor:
                case tree.Function():
                    return None
                case tree.Loop(iterable=iterable, target=target, is_async=False) if (
                    target is not None and iterable is not None
                ):
                    if self.gives_keys(at, iterable, target, names):
                        return at.to(ancestor)
                case tree.Comprehension(clauses=clauses):
                    if any(self.gives_keys(at, each.iterable, each.target, names) for each in clauses):
                        return at.to(ancestor)
                case _:
                    pass
        return None

    def gives_keys(
        self, at: At[tree.Expr], iterable: tree.Expr, target: tree.Expr, names: set[object]
    ) -> bool:
        """Whether a loop gives one of the names, and goes through something else than the registry itself."""
        bound = {at.index.bindings.get(each) for each in tree.walk(target) if isinstance(each, tree.Name)}
        return (
            bool((bound - {None}) & names) and container_of(self.program, at.to(iterable)) != self.container
        )

    @staticmethod
    def within(member: Member, loop: Loop) -> Member:
        """The loop that goes through the registry is the innermost one: outer ones go through its groups."""
        return Member(member.at, loop, member.is_copied, member.handed_on)

    def bind(self, member: Member, target: tree.Expr) -> None:
        """A local name that now is the connection; fields and other containers are followed by themselves."""
        match target:
            case tree.Name():
                binding = member.at.index.bindings.get(target)
                for read in binding.reads if binding is not None else ():
                    self.at(member, read)
            case tree.Sequence(items=items):
                for item in items:
                    self.bind(member, item)
            case _:
                pass

    def is_container(self, at: At[tree.Expr]) -> bool:
        """Whether an expression is the registry, so that a key of it leads back to its connection."""
        return (
            isinstance(at.node, tree.Name | tree.Member) and container_of(self.program, at) == self.container
        )

    def returned(self, member: Member) -> None:
        function = member.at.index.function_of(member.at.node)
        if function is None or len(member.handed_on) >= _DEPTH:
            return
        for call in callers(self.program, member.at.to(function)):
            self.push(Member(call, None, member.is_copied, (*member.handed_on, call)))

    def argument(self, member: Member, argument: tree.Argument) -> None:
        call = member.at.index.parents.get(argument)
        if not isinstance(call, tree.Call):
            return
        callee = call.callee
        if (
            isinstance(callee, tree.Member)
            and callee.name in _VIEWS
            and self.is_container(member.at.to(callee.object))
        ):
            self.at(member, call)
            return
        if isinstance(callee, tree.Name) and callee.id in _COPIES | _PASSING:
            self.at(member, call, True if callee.id in _COPIES else None)
            return
        if isinstance(callee, tree.Member) and callee.name in _ADDING:
            if isinstance(callee.object, tree.Name):
                binding = member.at.index.bindings.get(callee.object)
                for read in binding.reads if binding is not None else ():
                    self.push(Member(member.at.to(read), None, True, member.handed_on))
            return
        if len(member.handed_on) >= _DEPTH:
            return
        here = member.at.to(call)
        for function in functions(self.program, here.to(callee)):
            for parameter in function.node.parameters:
                if argument_of(call, function.node, parameter) is argument.value and isinstance(
                    parameter.target, tree.Name
                ):
                    binding = function.index.bindings.get(parameter.target)
                    for read in binding.reads if binding is not None else ():
                        self.push(
                            Member(
                                function.to(read), member.loop, member.is_copied, (*member.handed_on, here)
                            )
                        )
