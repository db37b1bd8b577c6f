"""What a string expression may be: text with gaps, followed through constants, templates and helper functions.

Control flow is not looked at: a conditional gives both of its texts. What the code does not fix stays
in the text as a gap, with its name and what would settle it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from halfopen.connections.gap_names import (
    is_environment,
    name_of,
    page_setting,
    parameter_name,
    setting_named,
    setting_read,
)
from halfopen.connections.shipped import is_shipped
from halfopen.connections.state_values import state_values
from halfopen.connections.texts import MOST_TEXTS, Gap, Text, Texts, compact, distinct, joined, says_nothing
from halfopen.connections.url_texts import (
    PAGE,
    either,
    has_scheme,
    origin_of,
    replaced,
    rooted,
    with_part,
    without_end,
    without_start,
)
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callbacks, callers, functions
from halfopen.semantics.function_shape import argument_of, name_of_function, promise_for, returned
from halfopen.semantics.members import only_method
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, External, Global, Local, Program, Variable
from halfopen.semantics.react import attribute_of, elements_of, kind_of_name
from halfopen.semantics.scopes import Definition, Step
from halfopen.semantics.values import origins

_DEEPEST = 24
_MOST_CALLERS = 6
_SAME_TEXT = frozenset({"toString", "trim", "valueOf", "toLowerCase", "strip", "lower", "unicode_string"})


def texts_of(program: Program, at: At[tree.Expr]) -> Texts:
    """What a string expression may be. At most a few texts: the rest is left out."""

    def compute() -> Texts:
        reader = _Reader(program)
        found = reader.read(at, {}, 0)
        return Texts(tuple(found), tuple(reader.places))

    return program.queries.get_or(("texts", at.node), compute, Texts(((Gap(name_of(at)),),)))


_Bindings: TypeAlias = Mapping[tuple[tree.Parameter, tuple[Step, ...]], list[Text]]
"""What a call gives for a parameter, or for the part of it that steps lead to."""


@dataclass(slots=True)
class _Reader:
    """One reading of an expression. `places` gathers the literals and settings on the way."""

    program: Program
    places: dict[At[tree.Expr], None] = field(default_factory=dict[At[tree.Expr], None])
    reading: set[tree.Node] = field(default_factory=set[tree.Node])

    def read(self, at: At[tree.Expr], bound: _Bindings, depth: int) -> list[Text]:
        """The texts of an expression, parameters standing for what `bound` says."""
        node = at.node
        if depth > _DEEPEST or node in self.reading:
            return [(Gap(name_of(at)),)]
        self.program.queries.note(at.unit)
        self.reading.add(node)
        try:
            return distinct(self._read(at, bound, depth + 1)) or [(Gap(name_of(at)),)]
        finally:
            self.reading.discard(node)

    def _read(self, at: At[tree.Expr], bound: _Bindings, depth: int) -> Iterable[Text]:
        match at.node:
            case tree.Literal(value=None):
                return []
            case tree.Literal(value=value):
                self.places[at] = None
                return [(value,)] if isinstance(value, str) else [(str(value),)]
            case tree.Template(parts=parts):
                self.places[at] = None
                pieces: list[list[Text]] = [
                    [(part,)] if isinstance(part, str) else self.read(at.to(part), bound, depth)
                    for part in parts
                ]
                return joined(pieces)
            case tree.Operation(operator="+", operands=operands):
                return joined([self.read(at.to(each), bound, depth) for each in operands])
            case tree.Operation(operator="or" | "??", operands=operands):
                return [text for each in operands for text in self.read(at.to(each), bound, depth)]
            case tree.Operation(operator="and", operands=operands):
                return self.read(at.to(operands[-1]), bound, depth)
            case tree.Conditional(then=then, otherwise=otherwise):
                return either(self.read(at.to(then), bound, depth), self.read(at.to(otherwise), bound, depth))
            case tree.Await(value=value) | tree.AssignExpr(value=value):
                return self.read(at.to(value), bound, depth)
            case tree.Function():
                results = [self.read(each, bound, depth) for each in _results(at.to(at.node))]
                return [text for each in results for text in each]
            case tree.Call():
                return self._call(at.to(at.node), bound, depth)
            case tree.Name():
                return self._variable(at.to(at.node), bound, depth)
            case tree.Member() | tree.Index():
                return self._member(at, bound, depth)
            case _:
                return []

    # -- names --

    def _variable(self, at: At[tree.Name], bound: _Bindings, depth: int) -> Iterable[Text]:
        return self._named(at, self.program.variable(at), bound, depth)

    def _named(self, at: At[tree.Expr], variable: Variable, bound: _Bindings, depth: int) -> Iterable[Text]:
        if depth > _DEEPEST:
            return []
        found: list[Text] = []
        added: list[Text] = []
        rest: list[Definition] = []
        for path, unit, definition in self.program.definitions_of(variable):
            here: At[tree.Node] = At(path, unit, definition.target)
            if definition.kind == "value" and not definition.steps and definition.value is not None:
                found += self.read(here.to(definition.value), bound, depth)
            elif definition.kind == "augmented" and definition.value is not None:
                added += self.read(here.to(definition.value), bound, depth)[:1]
            elif (given := state_values(self.program, here, definition)) is not None:
                found += [text for each in given[:_MOST_CALLERS] for text in self.read(each, {}, depth)]
            elif definition.kind == "import":
                found += self._imported(at, path, definition, bound, depth)
            elif definition.kind == "parameter" and isinstance(definition.node, tree.Parameter):
                function = here.index.parents.get(definition.node)
                if isinstance(function, tree.Function):
                    origin = ParameterOf(here.to(function), definition.node, definition.steps)
                    found += self._parameter(at, origin, bound, depth)
            else:
                rest.append(definition)
        if not found and (rest or not added):
            found += self._followed(at, bound, depth)
        found = self._with_assigned_parts(variable, found, bound, depth)
        if found and all(map(says_nothing, found)):
            # What is only fetched or computed elsewhere is best known by the variable that holds it.
            found = [(Gap(name_of(at)),)]
        if added:
            found = joined([found or [()], *([each] for each in added)])
        return found

    def _with_assigned_parts(
        self, variable: Variable, found: list[Text], bound: _Bindings, depth: int
    ) -> list[Text]:
        """`url.protocol = ...`, `url.pathname = ...` on a URL object that a variable of a function holds."""
        if not isinstance(variable, Local):
            return found
        for read in self.program.reads(variable):
            member = read.parent
            if not isinstance(member, tree.Member) or member.object is not read.node:
                continue
            assign = read.index.parents.get(member)
            if not isinstance(assign, tree.Assign) or assign.value is None or member not in assign.targets:
                continue
            if member.name == "protocol" and _rests_on(assign.value, member):
                continue  # `url.protocol = url.protocol.replace('http', 'ws')`: an address of http reads as one of ws
            if member.name in ("protocol", "pathname", "host"):
                given = self.read(read.to(assign.value), bound, depth)[:1]
                found = [with_part(text, member.name, value) for text in found for value in given]
        return found

    def _imported(
        self, at: At[tree.Expr], path: str, definition: Definition, bound: _Bindings, depth: int
    ) -> Iterable[Text]:
        target = self.program.imported(path, definition)
        if not isinstance(target, Global):
            return self._followed(at, bound, depth)
        default = self.program.default_export(target.path) if target.name == "default" else None
        if default is not None:
            return self.read(At(target.path, *default), bound, depth)
        return self._named(at, target, bound, depth + 1)

    def _parameter(
        self, at: At[tree.Expr], origin: ParameterOf, bound: _Bindings, depth: int
    ) -> Iterable[Text]:
        """What callers give for a parameter; a gap with the parameter's name where they do not say."""
        parameter, function = origin.parameter, origin.function
        name = parameter_name(at, origin)
        if (parameter, origin.steps) in bound:
            return bound[parameter, origin.steps]
        promised = promise_for(function, parameter)
        if promised is not None and not origin.steps:
            return self.read(promised, bound, depth)
        found: list[Text] = []
        if parameter.default is not None and not origin.steps:
            found += self.read(function.to(parameter.default), {}, depth)
        calls = [each for each in callers(self.program, function) if is_shipped(each.path)]
        if len(calls) <= _MOST_CALLERS:
            for call in calls:
                argument = argument_of(call.node, function.node, parameter)
                part = _part(call.to(argument), origin.steps) if argument is not None else None
                if part is not None:
                    found += self.read(part, {}, depth)
        for given in _properties(self.program, origin)[:_MOST_CALLERS]:
            found += self.read(given, {}, depth)
        # A value that only ever comes from further away keeps the parameter's own name.
        said = [text for text in found if not says_nothing(text)]
        return said or [(Gap(name),)]

    # -- members --

    def _member(self, at: At[tree.Expr], bound: _Bindings, depth: int) -> Iterable[Text]:
        node = at.node
        setting = setting_read(at)
        if setting is not None:
            self.places[at] = None
            return [(Gap(setting, "setting"),)]
        if isinstance(node, tree.Member) and node.name in ("href", "value"):
            inner = self.read(at.to(node.object), bound, depth)
            if any(not says_nothing(text) for text in inner):
                return inner
        return self._followed(at, bound, depth)

    def _followed(self, at: At[tree.Expr], bound: _Bindings, depth: int) -> Iterable[Text]:
        """What the general following of values finds."""
        found: list[Text] = []
        for origin in origins(self.program, at):
            if isinstance(origin, External):
                page = PAGE.get(str(origin).removeprefix("document."))
                setting = setting_named(str(origin)) or page_setting(str(origin))
                if page is not None:
                    found.append(page)
                elif setting is not None:
                    self.places[at] = None
                    found.append((Gap(setting, "setting"),))
            elif isinstance(origin, ParameterOf):
                found += self._parameter(at, origin, bound, depth)
            elif origin.node is not at.node:
                found += self.read(origin, bound, depth)
        if not found and isinstance(at.node, tree.Member):
            only = only_method(self.program, at.unit.language, at.node.name)
            if only is not None and only.node.kind == "getter":
                found += self.read(only, {}, depth)
        return found

    # -- calls --

    def _call(self, at: At[tree.Call], bound: _Bindings, depth: int) -> Iterable[Text]:
        callee, arguments = at.node.callee, [each.value for each in at.node.arguments]
        name = callee.id if isinstance(callee, tree.Name) else getattr(callee, "name", "")
        if name == "URL" and at.node.is_new and arguments:
            return self._url(at, arguments, bound, depth)
        if name in ("String", "encodeURI", "URL", "str", "quote", "encodeURIComponent") and arguments:
            return self.read(at.to(arguments[0]), bound, depth)
        if name in ("getenv", "get") and arguments and is_environment(at.node.callee):
            return self._environment(at, arguments, bound, depth)
        if isinstance(callee, tree.Member):
            found = self._method(at, callee, arguments, bound, depth)
            if found is not None:
                return found
        if name == "useMemo" and arguments:
            return self.read(at.to(arguments[0]), bound, depth)
        found_here: list[Text] = []
        called = functions(self.program, at.to(callee)) or [
            given for given in callbacks(self.program, at.to(callee)) if is_shipped(given.path)
        ]
        if not called and isinstance(callee, tree.Member):
            only = only_method(self.program, at.unit.language, callee.name)
            called = [only] if only is not None else []
        for function in called:
            if function.node.name in ("constructor", "__init__") or function.node.is_generator:
                continue
            found_here += self._returned(at, function, bound, depth)
        return found_here

    def _returned(
        self, at: At[tree.Call], function: At[tree.Function], bound: _Bindings, depth: int
    ) -> Iterable[Text]:
        given: dict[tuple[tree.Parameter, tuple[Step, ...]], list[Text]] = {}
        for parameter in function.node.parameters:
            argument = argument_of(at.node, function.node, parameter)
            if isinstance(argument, tree.Object):
                for entry in argument.entries:
                    if isinstance(entry.key, tree.Literal) and isinstance(entry.key.value, str):
                        given[parameter, (entry.key.value,)] = self.read(at.to(entry.value), bound, depth)
            elif argument is not None:
                given[parameter, ()] = self.read(at.to(argument), bound, depth)
            elif parameter.default is not None:
                given[parameter, ()] = self.read(function.to(parameter.default), {}, depth)
        return [text for each in _results(function) for text in self.read(each, given, depth)]

    def _url(
        self, at: At[tree.Call], arguments: list[tree.Expr], bound: _Bindings, depth: int
    ) -> Iterable[Text]:
        """`new URL(path, base)`: the base's origin before an absolute path."""
        paths = self.read(at.to(arguments[0]), bound, depth)
        if len(arguments) < 2:
            return paths
        bases = self.read(at.to(arguments[1]), bound, depth)
        return [
            path if has_scheme(path) else compact((*origin_of(base), *rooted(path)))
            for base, path in itertools.product(bases[:MOST_TEXTS], paths[:MOST_TEXTS])
        ]

    def _environment(
        self, at: At[tree.Call], arguments: list[tree.Expr], bound: _Bindings, depth: int
    ) -> Iterable[Text]:
        name = self.read(at.to(arguments[0]), bound, depth)[0]
        default = self.read(at.to(arguments[1]), bound, depth) if len(arguments) > 1 else []
        self.places[at] = None
        known = name[0] if len(name) == 1 and isinstance(name[0], str) else name_of(at)
        return [(Gap(known, "setting"),), *default]

    def _method(
        self, at: At[tree.Call], callee: tree.Member, arguments: list[tree.Expr], bound: _Bindings, depth: int
    ) -> list[Text] | None:
        """Methods of strings. None where the name is none of theirs."""
        subject = at.to(callee.object)
        if callee.name in _SAME_TEXT:
            return self.read(subject, bound, depth)
        if callee.name in ("replace", "replaceAll") and len(arguments) == 2:
            old, new = at.to(arguments[0]), arguments[1]
            if isinstance(new, tree.Literal) and isinstance(new.value, str):
                return [replaced(text, old, new.value) for text in self.read(subject, bound, depth)]
            return self.read(subject, bound, depth)
        if callee.name == "concat":
            return joined([self.read(each, bound, depth) for each in (subject, *map(at.to, arguments))])
        if callee.name in ("substr", "slice", "substring") and len(arguments) == 1:
            start = arguments[0]
            count = start.value if isinstance(start, tree.Literal) and isinstance(start.value, int) else 0
            return [without_start(text, count) for text in self.read(subject, bound, depth)]
        if callee.name in ("rstrip", "removesuffix"):
            return [without_end(text) for text in self.read(subject, bound, depth)]
        return None


def _properties(program: Program, origin: ParameterOf) -> list[At[tree.Expr]]:
    """What the elements that render a component give for the property that a part of its parameter is."""
    function = origin.function
    if not origin.steps or origin.parameter is not function.node.parameters[0]:
        return []
    if kind_of_name(name_of_function(function)[0]) != "component":
        return []
    given = [
        attribute_of(element, str(origin.steps[0]))
        for element in elements_of(program, function)
        if is_shipped(element.path)
    ]
    parts = [_part(each, origin.steps[1:]) for each in given if each is not None]
    return [each for each in parts if each is not None]


def _rests_on(value: tree.Expr, member: tree.Member) -> bool:
    """Whether a value is a replacement in the old value of the same member."""
    if not isinstance(value, tree.Call) or not isinstance(value.callee, tree.Member):
        return False
    old = value.callee.object
    return (
        value.callee.name in ("replace", "replaceAll")
        and isinstance(old, tree.Member)
        and old.name == member.name
        and isinstance(old.object, tree.Name)
        and isinstance(member.object, tree.Name)
        and old.object.id == member.object.id
    )


def _results(function: At[tree.Function]) -> list[At[tree.Expr]]:
    """What a function returns where it has something to return: `null` is no text."""
    found = returned(function)
    return [each for each in found if not _is_nothing(each.node)] or found


def _is_nothing(node: tree.Expr) -> bool:
    return isinstance(node, tree.Literal) and node.value is None


def _part(at: At[tree.Expr], steps: tuple[str | int | None, ...]) -> At[tree.Expr] | None:
    """The part of an object literal that steps lead to."""
    for step in steps:
        if not isinstance(at.node, tree.Object):
            return None
        values = [
            entry.value
            for entry in at.node.entries
            if isinstance(entry.key, tree.Literal) and entry.key.value == step
        ]
        if not values:
            return None
        at = at.to(values[-1])
    return at
