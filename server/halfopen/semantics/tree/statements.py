"""The statements, and `Node`: anything of a tree."""

from __future__ import annotations

from typing import Literal as OneOf

from halfopen.semantics.tree.expressions import Argument, Attribute, Clause, Entry, Expr, Parameter
from halfopen.semantics.tree.node import node


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
