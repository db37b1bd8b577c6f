"""What a string expression may be: text with gaps, followed through constants, templates and helper functions.

Control flow is not looked at: a conditional gives both of its texts. What the code does not fix stays
in the text as a gap, with its name and what would settle it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal as OneOf
from typing import TypeAlias

from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callbacks, callers, functions
from halfopen.semantics.function_shape import argument_of, returned
from halfopen.semantics.mentions import may_define_member
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, External, Global, Local, Program, Variable
from halfopen.semantics.scopes import Definition, Step, index_of
from halfopen.semantics.values import origins

_MOST_TEXTS = 8
_DEEPEST = 24
_MOST_CALLERS = 6

GapKind: TypeAlias = OneOf["value", "setting", "scheme", "host", "origin", "path", "search"]


@dataclass(frozen=True, slots=True)
class Gap:
    """A part of a text that the code does not fix.

    "setting": the value of an environment variable, `name`. "scheme", "host", "origin", "path" and
    "search": that part of the page's own address. "value": anything else, as the code names it.
    """

    name: str
    kind: GapKind = "value"

    @property
    def settled_by(self) -> str:
        """What a person would look at to know it."""
        match self.kind:
            case "setting":
                return f"the value of {self.name}: a .env file or the build's environment"
            case "value":
                return f"the value of {self.name}"
            case _:
                return "where the page is served"


Piece: TypeAlias = str | Gap
Text: TypeAlias = tuple[Piece, ...]
"""Pieces in order; neighbouring strings are one."""


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts an expression may be, each once, and the places they were read from."""

    texts: tuple[Text, ...]
    places: tuple[At[tree.Expr], ...] = ()


_PAGE: Mapping[str, Text] = {
    "location.host": (Gap("the page's host", "host"),),
    "location.hostname": (Gap("the page's host name", "host"),),
    "location.port": (Gap("the page's port", "value"),),
    "location.origin": (Gap("the page's origin", "origin"),),
    "location.protocol": (Gap("the page's scheme", "scheme"), ":"),
    "location.pathname": ("/", Gap("the page's path", "path")),
    "location.search": ("?", Gap("the page's query", "search")),
    "location": (Gap("the page's origin", "origin"), "/", Gap("the page's path", "path")),
    "location.href": (Gap("the page's origin", "origin"), "/", Gap("the page's path", "path")),
    "origin": (Gap("the page's origin", "origin"),),
}
_SETTINGS = ("import.meta.env.", "process.env.", "os.environ.", "Deno.env.")
_SAME_TEXT = frozenset({"toString", "trim", "valueOf", "toLowerCase", "strip", "lower", "unicode_string"})
_COMMON_MEMBERS = frozenset(
    {"get", "set", "toString", "join", "create", "build", "open", "connect", "value", "current"}
)
_SCHEMES = frozenset({frozenset({"ws", "wss"}), frozenset({"http", "https"})})


def texts_of(program: Program, at: At[tree.Expr]) -> Texts:
    """What a string expression may be. At most a few texts: the rest is left out."""

    def compute() -> Texts:
        reader = _Reader(program)
        found = reader.read(at, {}, 0)
        return Texts(tuple(found), tuple(reader.places))

    return program.queries.get_or(("texts", at.node), compute, Texts(((Gap(_name(at)),),)))


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
            return [(Gap(_name(at)),)]
        self.program.queries.note(at.unit)
        self.reading.add(node)
        try:
            return _distinct(self._read(at, bound, depth + 1)) or [(Gap(_name(at)),)]
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
                return _joined(pieces)
            case tree.Operation(operator="+", operands=operands):
                return _joined([self.read(at.to(each), bound, depth) for each in operands])
            case tree.Operation(operator="or" | "??", operands=operands):
                return [text for each in operands for text in self.read(at.to(each), bound, depth)]
            case tree.Operation(operator="and", operands=operands):
                return self.read(at.to(operands[-1]), bound, depth)
            case tree.Conditional(then=then, otherwise=otherwise):
                return _either(
                    self.read(at.to(then), bound, depth), self.read(at.to(otherwise), bound, depth)
                )
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
        if found and all(map(_says_nothing, found)):
            # What is only fetched or computed elsewhere is best known by the variable that holds it.
            found = [(Gap(_name(at)),)]
        if added:
            found = _joined([found or [()], *([each] for each in added)])
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
                found = [_with_part(text, member.name, value) for text in found for value in given]
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
        name = _parameter_name(at, origin)
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
        # A value that only ever comes from further away keeps the parameter's own name.
        said = [text for text in found if not _says_nothing(text)]
        return said or [(Gap(name),)]

    # -- members --

    def _member(self, at: At[tree.Expr], bound: _Bindings, depth: int) -> Iterable[Text]:
        node = at.node
        setting = _setting(at)
        if setting is not None:
            self.places[at] = None
            return [(Gap(setting, "setting"),)]
        if isinstance(node, tree.Member) and node.name in ("href", "value"):
            inner = self.read(at.to(node.object), bound, depth)
            if any(not _says_nothing(text) for text in inner):
                return inner
        return self._followed(at, bound, depth)

    def _followed(self, at: At[tree.Expr], bound: _Bindings, depth: int) -> Iterable[Text]:
        """What the general following of values finds."""
        found: list[Text] = []
        for origin in origins(self.program, at):
            if isinstance(origin, External):
                page = _PAGE.get(str(origin).removeprefix("document."))
                setting = _setting_name(str(origin))
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
            only = self._only_member(at, at.node.name)
            is_getter = (
                only is not None and isinstance(only.node, tree.Function) and only.node.kind == "getter"
            )
            if only is not None and is_getter:
                found += self.read(only, {}, depth)
        return found

    def _only_member(self, at: At[tree.Expr], name: str) -> At[tree.Expr] | None:
        """The member of that name, where the program has one class that defines it: types would say no more."""
        if name in _COMMON_MEMBERS:
            return None
        language = at.unit.language
        found = self.program.queries.search(
            ("members named", language, name), lambda: _members_named(self.program, language, name)
        )
        return found[0] if len(found) == 1 else None

    # -- calls --

    def _call(self, at: At[tree.Call], bound: _Bindings, depth: int) -> Iterable[Text]:
        callee, arguments = at.node.callee, [each.value for each in at.node.arguments]
        name = callee.id if isinstance(callee, tree.Name) else getattr(callee, "name", "")
        if name == "URL" and at.node.is_new and arguments:
            return self._url(at, arguments, bound, depth)
        if name in ("String", "encodeURI", "URL", "str", "quote", "encodeURIComponent") and arguments:
            return self.read(at.to(arguments[0]), bound, depth)
        if name in ("getenv", "get") and arguments and _is_environment(at.node.callee):
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
            only = self._only_member(at, callee.name)
            called = [only.to(only.node)] if only is not None and isinstance(only.node, tree.Function) else []
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
            path if _has_scheme(path) else _compact((*_origin_of(base), *_rooted(path)))
            for base, path in itertools.product(bases[:_MOST_TEXTS], paths[:_MOST_TEXTS])
        ]

    def _environment(
        self, at: At[tree.Call], arguments: list[tree.Expr], bound: _Bindings, depth: int
    ) -> Iterable[Text]:
        name = self.read(at.to(arguments[0]), bound, depth)[0]
        default = self.read(at.to(arguments[1]), bound, depth) if len(arguments) > 1 else []
        self.places[at] = None
        known = name[0] if len(name) == 1 and isinstance(name[0], str) else _name(at)
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
                return [_replaced(text, old, new.value) for text in self.read(subject, bound, depth)]
            return self.read(subject, bound, depth)
        if callee.name == "concat":
            return _joined([self.read(each, bound, depth) for each in (subject, *map(at.to, arguments))])
        if callee.name in ("substr", "slice", "substring") and len(arguments) == 1:
            start = arguments[0]
            count = start.value if isinstance(start, tree.Literal) and isinstance(start.value, int) else 0
            return [_without_start(text, count) for text in self.read(subject, bound, depth)]
        if callee.name in ("rstrip", "removesuffix"):
            return [_without_end(text) for text in self.read(subject, bound, depth)]
        return None


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


def promise_for(function: At[tree.Function], parameter: tree.Parameter) -> At[tree.Expr] | None:
    """The promise whose value a callback gets: `address().then((url) => ...)`."""
    given = function.parent
    call = function.index.parents.get(given) if isinstance(given, tree.Argument) else None
    if (
        isinstance(call, tree.Call)
        and isinstance(call.callee, tree.Member)
        and call.callee.name == "then"
        and call.arguments[0] is given
        and function.node.parameters[0] is parameter
    ):
        return function.to(call.callee.object)
    return None


def _results(function: At[tree.Function]) -> list[At[tree.Expr]]:
    """What a function returns where it has something to return: `null` is no text."""
    found = returned(function)
    return [each for each in found if not _is_nothing(each.node)] or found


def _is_nothing(node: tree.Expr) -> bool:
    return isinstance(node, tree.Literal) and node.value is None


def _members_named(program: Program, language: str, name: str) -> list[At[tree.Expr]]:
    """The methods of that name; from the second one on nobody asks for more."""
    found: list[At[tree.Expr]] = []
    for module, unit in program.units_with(name, language):
        if len(found) > 1:
            break
        if not may_define_member(unit, name):
            continue
        program.queries.note(unit)
        for klass in index_of(unit).classes:
            for statement in klass.body.statements:
                if not isinstance(statement, tree.Assign) or not isinstance(statement.value, tree.Function):
                    continue
                if any(isinstance(each, tree.Name) and each.id == name for each in statement.targets):
                    found.append(At(module.path, unit, statement.value))
    return found


# --- texts -------------------------------------------------------------------------------------


def _compact(pieces: Iterable[Piece]) -> Text:
    found: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, str) and found and isinstance(found[-1], str):
            found[-1] += piece
        elif piece != "":
            found.append(piece)
    return tuple(found)


def _distinct(texts: Iterable[Text]) -> list[Text]:
    return list(dict.fromkeys(map(_compact, itertools.islice(texts, 4 * _MOST_TEXTS))))[:_MOST_TEXTS]


def _joined(parts: list[list[Text]]) -> list[Text]:
    """Every combination, in order; no more than are looked at."""
    products = itertools.islice(itertools.product(*parts), 4 * _MOST_TEXTS)
    return _distinct(_compact(piece for text in combination for piece in text) for combination in products)


def _either(one: list[Text], other: list[Text]) -> list[Text]:
    """Both texts of a conditional; `secure ? "wss:" : "ws:"` is one text, the page's scheme."""
    words = [text[0] for text in (*one, *other) if len(text) == 1]
    if len(one) == len(other) == 1 and len(words) == 2:
        first, second = (str(word) if isinstance(word, str) else "" for word in words)
        ends = {first.lstrip("whtps"), second.lstrip("whtps")}
        bare = frozenset({first.rstrip(":/"), second.rstrip(":/")})
        if bare in _SCHEMES and len(ends) == 1:
            return [(Gap("the page's scheme", "scheme"), ends.pop())]
    return [*one, *other]


def _says_nothing(text: Text) -> bool:
    return all(isinstance(piece, Gap) and piece.kind == "value" for piece in text)


def _has_scheme(text: Text) -> bool:
    first = text[0] if text else ""
    if isinstance(first, Gap):
        return first.kind in ("scheme", "origin", "setting")
    return "://" in first


def _origin_of(text: Text) -> Text:
    """The text up to the path: what `new URL(path, base)` keeps of its base."""
    found: list[Piece] = []
    slashes = 0
    for piece in text:
        if isinstance(piece, Gap):
            if piece.kind in ("path", "search"):
                break
            found.append(piece)
            slashes = 2 if piece.kind == "origin" else slashes
            continue
        kept = ""
        for character in piece:
            if (character == "/" and slashes == 2) or character in "?#":
                return _compact((*found, kept))
            slashes += character == "/"
            kept += character
        found.append(kept)
    return tuple(found)


def _with_part(text: Text, part: str, value: Text) -> Text:
    """The text of a URL object after `url.protocol = value` and the like."""
    origin = _origin_of(text)
    if part == "pathname":
        return _compact((*origin, *_rooted(value)))
    scheme, host = _scheme_and_host(origin)
    rest = text[len(origin) :] if text[: len(origin)] == origin else ()
    if part == "host":
        return _compact((*scheme, "//", *value, *rest))
    colon = () if isinstance(value[-1] if value else "", str) and str(value[-1]).endswith(":") else (":",)
    return _compact((*value, *colon, "//", *host, *rest))


def _scheme_and_host(origin: Text) -> tuple[Text, Text]:
    """An origin's parts: the scheme with its colon, and the host."""
    first = origin[0] if origin else ""
    if isinstance(first, Gap):
        if first.kind == "origin":
            return (Gap("the page's scheme", "scheme"), ":"), (Gap("the page's host", "host"), *origin[1:])
        if first.kind == "scheme" and len(origin) > 1 and isinstance(origin[1], str):
            return (first, ":"), _compact((origin[1].lstrip(":").lstrip("/"), *origin[2:]))
        return (), origin
    scheme, separator, rest = first.partition("://")
    return ((f"{scheme}:",), _compact((rest, *origin[1:]))) if separator else ((), origin)


def _rooted(text: Text) -> Text:
    first = text[0] if text else ""
    return text if isinstance(first, str) and first.startswith("/") else ("/", *text)


def _replaced(text: Text, old: At[tree.Expr], new: str) -> Text:
    """`text.replace(old, new)` for the forms that URLs are written with; other patterns change nothing."""
    pattern = old.node.value if isinstance(old.node, tree.Literal) else old.text
    if not isinstance(pattern, str) or not text:
        return text
    pattern = pattern.removesuffix("g").removesuffix("i").strip("/") if old.text.startswith("/") else pattern
    pattern = pattern.replace("\\/", "/").removeprefix("^")
    first = text[0]
    if pattern in ("/$", "/+$", "/*$") and new == "":
        return _without_end(text)
    if pattern.startswith(("http", "ws")):
        keeps_s = "https" not in pattern or "$1" in new
        return _scheme_replaced(text, first, new, keeps_s=keeps_s)
    if isinstance(old.node, tree.Literal) and pattern:
        return _compact(piece.replace(pattern, new, 1) if isinstance(piece, str) else piece for piece in text)
    return text


def _scheme_replaced(text: Text, first: Piece, new: str, *, keeps_s: bool) -> Text:
    """The text with another scheme; `keeps_s` where the pattern leaves the "s" of "https" standing."""
    wanted = new.partition(":")[0].partition("$")[0]
    if isinstance(first, Gap):
        return text
    if new == "":
        return _compact((re.sub(r"^(https?|wss?)://", "", first), *text[1:]))
    scheme, separator, rest = first.partition("://")
    if wanted not in ("ws", "wss", "http", "https") or not separator:
        return text
    secure = scheme in ("https", "wss") and keeps_s and wanted in ("ws", "http")
    return _compact((f"{wanted}{'s' if secure else ''}{separator}{rest}", *text[1:]))


def _without_start(text: Text, count: int) -> Text:
    """The text less its first characters, where they are written out."""
    first = text[0] if text else ""
    return _compact((first[count:], *text[1:])) if isinstance(first, str) and len(first) >= count else text


def _without_end(text: Text) -> Text:
    last = text[-1] if text else ""
    return _compact((*text[:-1], last.rstrip("/"))) if isinstance(last, str) else text


# --- names -------------------------------------------------------------------------------------


def _name(at: At[tree.Expr]) -> str:
    """An expression as a gap is called: its last name, else its text, short."""
    match at.node:
        case tree.Name(id=name):
            return name
        case tree.Member(name=name) if name not in ("current", "value", "id"):
            return name
        case tree.Call(callee=tree.Name(id=name)) | tree.Call(callee=tree.Member(name=name)):
            return f"{name}()"
        case _:
            text = " ".join(at.text.split())
            return text if len(text) <= 40 else f"{text[:37]}..."


def _parameter_name(at: At[tree.Expr], origin: ParameterOf) -> str:
    if origin.steps and isinstance(origin.steps[-1], str):
        return origin.steps[-1]
    return origin.parameter.target.id if isinstance(origin.parameter.target, tree.Name) else _name(at)


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


def _setting(at: At[tree.Expr]) -> str | None:
    """The variable's name in `import.meta.env.X`, `process.env.X`, `process.env["X"]`, `os.environ["X"]`."""
    return _setting_name("".join(_dotted(at.node)))


def _setting_name(dotted: str) -> str | None:
    for prefix in _SETTINGS:
        if dotted.startswith(prefix) and "." not in dotted[len(prefix) :]:
            return dotted[len(prefix) :]
    return None


def _dotted(node: tree.Expr) -> Iterator[str]:
    match node:
        case tree.Name(id=name):
            yield name
        case tree.Member(object=inner, name=name):
            yield from _dotted(inner)
            yield f".{name}"
        case tree.Index(object=inner, key=tree.Literal(value=str() as name)):
            yield from _dotted(inner)
            yield f".{name}"
        case _:
            yield "?"


def _is_environment(callee: tree.Expr) -> bool:
    text = "".join(_dotted(callee))
    return text in ("os.getenv", "getenv", "os.environ.get", "environ.get", "Deno.env.get")
