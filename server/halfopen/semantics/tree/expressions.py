"""The expressions: what has a value, or stands as a target."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Literal as OneOf

from halfopen.semantics.tree.node import node

if TYPE_CHECKING:
    from halfopen.semantics.tree.statements import Block


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
