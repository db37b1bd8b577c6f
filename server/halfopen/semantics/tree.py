"""The language-neutral tree: what Python and TypeScript code both mean, in one set of nodes.

A file is cut into *units*, one for each top-level statement. A unit's nodes carry byte offsets
relative to the unit's start, so a unit whose text did not change is reused as it is, wherever
the lines above it moved to. Nodes are compared by identity and never change after lowering.

Conventions that keep the two languages in one form:

* `def f`, `class C`, `function f`, `class C {}` are `Assign`s of a `Function` or `Class` to a `Name`.
* `this` is `Name("this")`; a Python method's receiver is its first parameter (`Function.receiver`).
* `new X()` is a `Call` with `is_new`; `a?.b` is a `Member` with `optional`; `throw` is `Raise`.
* `require("m")` bound to a name is an `Import`, `assert x` is `If(not x, Raise)`.
* `useEffect(...)` and every other framework notion are plain calls here.
* TypeScript types are kept as text (`TypeText`); Python annotations are expressions.
* What has no form of its own is `Opaque`, with its sub-expressions kept as children.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Literal as OneOf
from typing import TypeVar, dataclass_transform

_T = TypeVar("_T")


@dataclass_transform(frozen_default=True, eq_default=False, kw_only_default=False)
def node(cls: type[_T]) -> type[_T]:
    """A slotted node compared by identity.

    Immutability is checked by the type checker only: `frozen=True` would triple the cost of
    building a tree, and building trees is what a save waits for.
    """
    return dataclasses.dataclass(slots=True, eq=False)(cls)


# --- expressions -------------------------------------------------------------------------------


@node
class Name:
    """An identifier that is read, or bound when it stands as a target."""

    start: int
    end: int
    id: str


@node
class Member:
    """`object.name`, `object?.name`. `name_start` is where the property's name begins."""

    start: int
    end: int
    object: Expr
    name: str
    name_start: int
    optional: bool = False


@node
class Index:
    """`object[key]`; a Python slice is an `Opaque` key."""

    start: int
    end: int
    object: Expr
    key: Expr
    optional: bool = False


@node
class Argument:
    """One argument. `name` is the keyword; `spread` is "*" or "**" (JS `...x` is "*")."""

    start: int
    end: int
    value: Expr
    name: str | None = None
    spread: OneOf["", "*", "**"] = ""


@node
class Call:
    """A call or, with `is_new`, a construction. `type_arguments` is TypeScript's `<...>`, as text."""

    start: int
    end: int
    callee: Expr
    arguments: tuple[Argument, ...]
    is_new: bool = False
    optional: bool = False
    type_arguments: TypeText | None = None


@node
class Literal:
    """A constant: str, bytes, int, float, bool, or None for `None`, `null` and `undefined`.

    A regular expression is `Opaque`. JS numbers are int when integral.
    """

    start: int
    end: int
    value: str | bytes | int | float | bool | None


@node
class Template:
    """An f-string or a template literal: text and expressions in order (a tag is a `Call`)."""

    start: int
    end: int
    parts: tuple[str | Expr, ...]


@node
class Entry:
    """One entry of an `Object`: `key: value`, `[key]: value`, or a spread (key None).

    A plain or quoted property name is a `Literal` string key; shorthand `{a}` has a `Name` value.
    Methods are `Function` values.
    """

    start: int
    end: int
    key: Expr | None
    value: Expr


@node
class Object:
    """A dict display or an object literal. As a target: object destructuring (defaults kept as
    `AssignExpr` values, the rest element as an entry without key)."""

    start: int
    end: int
    entries: tuple[Entry, ...]


@node
class Sequence:
    """A list, tuple, set or array display. As a target: unpacking. `Spread` items are `...x`/`*x`."""

    start: int
    end: int
    items: tuple[Expr, ...]
    kind: OneOf["list", "tuple", "set"] = "list"


@node
class Spread:
    """`*x` or `...x` inside a `Sequence` (or a target)."""

    start: int
    end: int
    value: Expr


@node
class Operation:
    """An operator on one or more operands.

    `operator` in one spelling for both languages: "and" (also `&&`), "or" (`||`), "??", "not" (`!`),
    "==" (`===` too), "!=" (`!==` too), "is" and "is not" (Python), "in", "not in", "instanceof",
    "typeof", "void", "-", "+", "*", "/", "%", "**", "<", "<=", ">", ">=", "&", "|", "^", "~", "<<",
    ">>", "//", "@", "++", "--" (update, one operand). Chained comparisons become "and" of pairs.
    """

    start: int
    end: int
    operator: str
    operands: tuple[Expr, ...]


@node
class Conditional:
    """`a if test else b`, `test ? a : b`."""

    start: int
    end: int
    test: Expr
    then: Expr
    otherwise: Expr


@node
class AssignExpr:
    """An assignment used as an expression: walrus, JS `a = b` inside an expression, and defaults in
    targets and patterns. `operator` as in `Assign`."""

    start: int
    end: int
    target: Expr
    value: Expr
    operator: str = ""


@node
class Await:
    start: int
    end: int
    value: Expr


@node
class Yield:
    start: int
    end: int
    value: Expr | None
    is_from: bool = False


@node
class Clause:
    """One `for target in iterable if conditions` of a comprehension."""

    start: int
    end: int
    target: Expr
    iterable: Expr
    conditions: tuple[Expr, ...]
    is_async: bool = False


@node
class Comprehension:
    """A Python comprehension or generator; a dict comprehension's element is a `Sequence` pair."""

    start: int
    end: int
    element: Expr
    clauses: tuple[Clause, ...]
    kind: OneOf["list", "set", "dict", "generator"] = "list"


@node
class Attribute:
    """One JSX attribute; `name` None is a spread; `value` None is a bare attribute (true)."""

    start: int
    end: int
    name: str | None
    value: Expr | None


@node
class Element:
    """A JSX element or fragment (`tag` None). Text children are `Literal` strings."""

    start: int
    end: int
    tag: Expr | None
    attributes: tuple[Attribute, ...]
    children: tuple[Expr, ...]


@node
class TypeText:
    """A TypeScript type, as written."""

    start: int
    end: int
    text: str


@node
class Parameter:
    """One parameter. `target` is a `Name`, or a destructuring `Object`/`Sequence`.

    `annotation` is an expression in Python and a `TypeText` in TypeScript.
    """

    start: int
    end: int
    target: Expr
    default: Expr | None = None
    annotation: Expr | None = None
    kind: OneOf["normal", "positional", "keyword", "rest", "keyword_rest"] = "normal"


@node
class Function:
    """A function, method, lambda or arrow. An expression body is a block of one `Return`.

    `start`/`end` span the whole definition without decorators, `name_start` is where its name
    begins (the start where it has none). `receiver` is the name that stands for the instance in a
    method: "this" for JS methods and constructors, the first parameter's name for Python methods,
    None elsewhere (arrows and nested functions see the outer receiver through their scope).
    """

    start: int
    end: int
    name: str | None
    name_start: int
    parameters: tuple[Parameter, ...]
    body: Block
    is_async: bool = False
    is_generator: bool = False
    is_arrow: bool = False
    kind: OneOf["function", "method", "constructor", "getter", "setter", "static", "class"] = "function"
    receiver: str | None = None
    decorators: tuple[Expr, ...] = ()
    returns: Expr | None = None


@node
class Class:
    """A class. `body` holds its statements: methods and fields are `Assign`s to a `Name`.

    A JS field or method `x` is `Assign(Name x, ...)` too; parameter properties
    (`constructor(private url: string)`) become an assignment to `this.url` at the constructor's start.
    """

    start: int
    end: int
    name: str | None
    name_start: int
    bases: tuple[Expr, ...]
    body: Block
    decorators: tuple[Expr, ...] = ()


@node
class Opaque:
    """Anything without a form of its own (regular expression, slice, spread of a kind not modelled)."""

    start: int
    end: int
    kind: str
    children: tuple[Expr, ...] = ()


Expr = (
    Name
    | Member
    | Index
    | Call
    | Literal
    | Template
    | Object
    | Sequence
    | Spread
    | Operation
    | Conditional
    | AssignExpr
    | Await
    | Yield
    | Comprehension
    | Element
    | TypeText
    | Function
    | Class
    | Opaque
)


# --- statements --------------------------------------------------------------------------------


@node
class Block:
    """Statements in order. JS blocks scope `let`/`const`; Python blocks do not (`scoped`)."""

    start: int
    end: int
    statements: tuple[Statement, ...]
    scoped: bool = False


@node
class Assign:
    """One or more targets given a value; also declarations, definitions and class fields.

    `declares` is "const", "let", "var", "function", "class", "field" or "" (Python assignment, or an
    assignment to something that exists). `operator` is "" or the one of an augmented assignment
    ("+", "-", "or", "??", ...). `value` is None for a bare declaration. JS `const a = 1, b = 2` gives
    one `Assign` each.
    """

    start: int
    end: int
    targets: tuple[Expr, ...]
    value: Expr | None
    declares: OneOf["", "const", "let", "var", "function", "class", "field"] = ""
    operator: str = ""
    annotation: Expr | None = None


@node
class Do:
    """An expression evaluated for its effect."""

    start: int
    end: int
    value: Expr


@node
class Return:
    start: int
    end: int
    value: Expr | None


@node
class Raise:
    """`raise` or `throw`; `value` None is a bare re-raise."""

    start: int
    end: int
    value: Expr | None


@node
class If:
    start: int
    end: int
    test: Expr
    then: Block
    otherwise: Block | None


@node
class Loop:
    """Any loop. `while` has `test`; `for x of xs` / `for x in xs` / `async for` have `target` and
    `iterable`; a C-style `for` has its init before it in the same `Block`, `test`, and `update`.
    `otherwise` is Python's `else`. `runs_first` marks `do ... while`."""

    start: int
    end: int
    kind: OneOf["while", "for", "count"]
    test: Expr | None
    target: Expr | None
    iterable: Expr | None
    update: Expr | None
    body: Block
    otherwise: Block | None = None
    is_async: bool = False
    runs_first: bool = False


@node
class Handler:
    """One `except`/`catch`. `types` empty is catch-all; several for a tuple of types."""

    start: int
    end: int
    types: tuple[Expr, ...]
    target: Expr | None
    body: Block


@node
class Try:
    """`otherwise` is Python's `else`; `final` is `finally`."""

    start: int
    end: int
    body: Block
    handlers: tuple[Handler, ...]
    otherwise: Block | None
    final: Block | None


@node
class Item:
    """One `with` item."""

    start: int
    end: int
    context: Expr
    target: Expr | None


@node
class With:
    start: int
    end: int
    items: tuple[Item, ...]
    body: Block
    is_async: bool = False


@node
class Case:
    """One case of a `Switch`; `pattern` None is the default.

    A Python pattern is an expression: literals as `Literal`, captures as `Name`, `C(x=1)` as `Call`,
    mappings as `Object`, sequences as `Sequence`, `a | b` as `Operation("|")`, `_` as None.
    """

    start: int
    end: int
    pattern: Expr | None
    guard: Expr | None
    body: Block


@node
class Switch:
    """`switch` (cases fall through unless they break) or Python's `match` (they never do)."""

    start: int
    end: int
    subject: Expr
    cases: tuple[Case, ...]
    falls_through: bool


@node
class Jump:
    start: int
    end: int
    kind: OneOf["break", "continue"]


@node
class Delete:
    """`del x`, `delete x`."""

    start: int
    end: int
    targets: tuple[Expr, ...]


@node
class Imported:
    """One imported name. `name` is the exported name, "default", or "*" for the whole module."""

    start: int
    end: int
    name: str
    local: str


@node
class Import:
    """An import of names from `module`.

    Python relative imports keep their dots (`..core.ws`); `import a.b` binds `a` to module "a"
    (name "*"), `import a.b as c` binds `c` to module "a.b". `from m import *` has the one entry
    ("*", "*"). A JS side-effect import has no names. `type_only` is TypeScript's `import type`.
    """

    start: int
    end: int
    module: str
    names: tuple[Imported, ...]
    type_only: bool = False


@node
class Export:
    """Names made visible: `local` as `exported`. With `module` set it is a re-export of that module's
    names (`export * from` is ("*", "*")). `value` is set for `export default <expression>` and
    `module.exports = <expression>` (exported "default"); definitions are an `Assign` beside it."""

    start: int
    end: int
    names: tuple[tuple[str, str], ...]
    module: str | None = None
    value: Expr | None = None


@node
class Outer:
    """Python `global`/`nonlocal` names."""

    start: int
    end: int
    names: tuple[str, ...]
    is_global: bool


@node
class Failed:
    """Source that did not parse; what could be read of it stands in `statements`."""

    start: int
    end: int
    statements: tuple[Statement, ...]


Statement = (
    Block
    | Assign
    | Do
    | Return
    | Raise
    | If
    | Loop
    | Try
    | With
    | Switch
    | Jump
    | Delete
    | Import
    | Export
    | Outer
    | Failed
)

Node = Expr | Statement | Argument | Entry | Clause | Attribute | Parameter | Handler | Item | Case | Imported


# --- traversal ---------------------------------------------------------------------------------

_CHILD_FIELDS: dict[type, tuple[str, ...]] = {}
_NOT_CHILDREN = frozenset({"start", "end", "name_start", "id"})


def _child_fields(kind: type) -> tuple[str, ...]:
    fields = _CHILD_FIELDS.get(kind)
    if fields is None:
        leaf = {"str", "bool", "int", "str | None", "tuple[str, ...]", "tuple[tuple[str, str], ...]"}
        fields = tuple(
            field.name
            for field in dataclasses.fields(kind)
            if field.name not in _NOT_CHILDREN
            and field.type not in leaf
            and not str(field.type).startswith("OneOf[")
        )
        _CHILD_FIELDS[kind] = fields
    return fields


def children(parent: Node) -> Iterator[Node]:
    """The direct children of a node, in source order for all but decorators."""
    for name in _child_fields(type(parent)):
        value = getattr(parent, name)
        if value is None or value.__class__ is str:
            continue
        if value.__class__ is tuple:
            for item in value:
                if item.__class__ is not str:
                    yield item
        elif hasattr(value, "start"):
            yield value


def walk(root: Node, enter: Callable[[Node], bool] | None = None) -> Iterator[Node]:
    """`root` and all its descendants in pre-order.

    `enter` may refuse a node's children (not the node itself): `walk(body, enter=not_a_function)`
    stays within one function.
    """
    stack: list[Node] = [root]
    while stack:
        current = stack.pop()
        yield current
        if enter is None or current is root or enter(current):
            stack.extend(reversed(list(children(current))))


def same_function(candidate: Node) -> bool:
    """For `walk`: do not enter nested functions and classes."""
    return not isinstance(candidate, Function | Class)
