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

from halfopen.semantics.tree.expressions import (
    Argument,
    AssignExpr,
    Attribute,
    Await,
    Call,
    Class,
    Clause,
    Comprehension,
    Conditional,
    Element,
    Entry,
    Expr,
    Function,
    Index,
    Literal,
    Member,
    Name,
    Object,
    Opaque,
    Operation,
    Parameter,
    Sequence,
    Spread,
    Template,
    TypeText,
    Yield,
)
from halfopen.semantics.tree.statements import (
    Assign,
    Block,
    Case,
    Delete,
    Do,
    Export,
    Failed,
    Handler,
    If,
    Import,
    Imported,
    Item,
    Jump,
    Loop,
    Node,
    Outer,
    Raise,
    Return,
    Statement,
    Switch,
    Try,
    With,
)
from halfopen.semantics.tree.traversal import children, same_function, walk

__all__ = [
    "Argument",
    "Assign",
    "AssignExpr",
    "Attribute",
    "Await",
    "Block",
    "Call",
    "Case",
    "Class",
    "Clause",
    "Comprehension",
    "Conditional",
    "Delete",
    "Do",
    "Element",
    "Entry",
    "Export",
    "Expr",
    "Failed",
    "Function",
    "Handler",
    "If",
    "Import",
    "Imported",
    "Index",
    "Item",
    "Jump",
    "Literal",
    "Loop",
    "Member",
    "Name",
    "Node",
    "Object",
    "Opaque",
    "Operation",
    "Outer",
    "Parameter",
    "Raise",
    "Return",
    "Sequence",
    "Spread",
    "Statement",
    "Switch",
    "Template",
    "Try",
    "TypeText",
    "With",
    "Yield",
    "children",
    "same_function",
    "walk",
]
