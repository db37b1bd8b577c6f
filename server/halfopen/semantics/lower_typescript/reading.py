"""What every part of the lowering shares: the bytes being read, the dispatch by node type, and types.

Each of the other modules adds its node types to `EXPRESSIONS` and `STATEMENTS`, because expressions
contain statements (function bodies) as often as statements contain expressions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from sys import intern

from tree_sitter import Node as SyntaxNode

from halfopen.semantics.tree import Block, Do, Expr, Failed, Name, Opaque, Statement, TypeText

MAX_DEPTH = 100
"""Levels of nesting that are read; what lies deeper becomes `Opaque("too deep")`.

Code that people write stays under 60. A level costs up to seven Python frames and the interpreter
allows 1,000. Chains (operands, method calls, `else if`, `? :`) are read in loops and count as one
level, whatever their length.
"""

COMMENTS = frozenset({"comment", "html_comment"})
NOT_CODE = COMMENTS | {"ERROR"}
"""Named nodes that may stand between any two others and are never one of a construct's own parts."""


class Reading:
    """One top-level statement being lowered. `base` is subtracted from every offset."""

    __slots__ = ("base", "broken", "data", "depth", "recovered")

    def __init__(self, data: bytes, base: int, broken: bool) -> None:
        self.data = data
        self.base = base
        self.broken = broken
        """Whether there is an ERROR or MISSING node anywhere: only then are they searched for."""
        self.depth = 0
        self.recovered: set[tuple[int, int]] = set()
        """The spans of the ERROR nodes whose contents have a place in the tree already."""

    def text(self, start: int, end: int) -> str:
        """The source between two absolute offsets."""
        raw = self.data[start:end]
        try:
            return raw.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            return raw.decode("utf-8", "replace")


ExpressionReader = Callable[[SyntaxNode, Reading], Expr]
StatementReader = Callable[[SyntaxNode, Reading], "tuple[Statement, ...]"]

EXPRESSIONS: dict[str, ExpressionReader] = {}
STATEMENTS: dict[str, StatementReader] = {}


# --- expressions -------------------------------------------------------------------------------


def expression(node: SyntaxNode, reading: Reading) -> Expr:
    """Any expression or pattern."""
    return expression_of_type(node, node.type, reading)


def expression_of_type(node: SyntaxNode, kind: str, reading: Reading) -> Expr:
    """`expression` for a caller that has looked at the node's type already (each look costs)."""
    if reading.depth >= MAX_DEPTH:
        return opaque(node, "too deep", reading)
    reading.depth += 1
    result = EXPRESSIONS.get(kind, _unknown)(node, reading)
    reading.depth -= 1
    return result


def field(node: SyntaxNode, name: str, reading: Reading) -> Expr:
    """The expression in a field that the grammar requires."""
    found = node.child_by_field_name(name)
    if found is None:
        end = node.end_byte - reading.base
        return Opaque(end, end, "missing")
    return expression(found, reading)


def first_part(nodes: Iterable[SyntaxNode]) -> SyntaxNode | None:
    """The first node that is neither a comment nor an error."""
    for node in nodes:
        if node.type not in NOT_CODE:
            return node
    return None


def only_expression(node: SyntaxNode, reading: Reading) -> Expr:
    """The one expression inside a node that has no meaning of its own (parentheses, `x as T`, `x!`)."""
    inner = first_part(node.named_children)
    return opaque(node, "missing", reading) if inner is None else expression(inner, reading)


def name(node: SyntaxNode, reading: Reading) -> Expr:
    """An identifier, or `Opaque("missing")` where the parser had to invent one."""
    start, end = node.start_byte, node.end_byte
    if start == end:
        return opaque(node, "missing", reading)
    return Name(start - reading.base, end - reading.base, intern(reading.text(start, end)))


def opaque(node: SyntaxNode, kind: str, reading: Reading, children: tuple[Expr, ...] = ()) -> Opaque:
    return Opaque(node.start_byte - reading.base, node.end_byte - reading.base, kind, children)


def _unknown(node: SyntaxNode, reading: Reading) -> Expr:
    kind = node.type
    if kind == "ERROR":
        return opaque(node, "error", reading)
    known = [child for child in node.named_children if child.type in EXPRESSIONS]
    return opaque(node, kind, reading, tuple(expression(child, reading) for child in known))


# --- statements --------------------------------------------------------------------------------


def statement(node: SyntaxNode, reading: Reading) -> tuple[Statement, ...]:
    """What one statement means: none (a comment, `;`), one, or several (`const a = 1, b = 2`).

    Whatever an ERROR inside it holds comes first, in a `Failed`: after a `return` it would look dead.
    """
    kind = node.type
    reader = STATEMENTS.get(kind)
    if reader is None:
        if kind in COMMENTS:
            return ()
        reader = _expression_as_statement if kind in EXPRESSIONS else _fragment
    if reading.depth >= MAX_DEPTH:
        return (do(node, opaque(node, "too deep", reading), reading),)
    reading.depth += 1
    result = reader(node, reading)
    if reading.broken and node.has_error:
        result = (*unread_errors(node, reading), *result)
    reading.depth -= 1
    return result


def do(node: SyntaxNode, value: Expr, reading: Reading) -> Do:
    return Do(node.start_byte - reading.base, node.end_byte - reading.base, value)


def _expression_as_statement(node: SyntaxNode, reading: Reading) -> tuple[Statement, ...]:
    return (do(node, expression(node, reading), reading),)


def _fragment(node: SyntaxNode, reading: Reading) -> tuple[Statement, ...]:
    """A part of a construct that did not parse as a whole, such as a lone `switch_case` or a keyword."""
    if not node.is_named or _is_type(node.type):
        return ()
    found = failed(node, reading)
    return (found,) if found.statements else ()


def statements(nodes: Iterable[SyntaxNode], reading: Reading) -> tuple[Statement, ...]:
    result: list[Statement] = []
    for node in nodes:
        result += statement(node, reading)
    return tuple(result)


def block(node: SyntaxNode, reading: Reading) -> Block:
    """A `{...}`, or the single statement that stands in its place."""
    found = statements(node.named_children if node.type == "statement_block" else (node,), reading)
    return Block(node.start_byte - reading.base, node.end_byte - reading.base, found, True)


def block_field(node: SyntaxNode, name: str, reading: Reading) -> Block:
    """The block in a field that the grammar requires."""
    found = node.child_by_field_name(name)
    if found is None:
        end = node.end_byte - reading.base
        return Block(end, end, (), True)
    return block(found, reading)


# --- types -------------------------------------------------------------------------------------


def type_text(node: SyntaxNode, reading: Reading) -> TypeText:
    start, end = node.start_byte, node.end_byte
    return TypeText(start - reading.base, end - reading.base, reading.text(start, end))


def type_arguments(node: SyntaxNode, reading: Reading) -> TypeText:
    """What stands between the angle brackets of `f<T, U>()`."""
    start, end = node.start_byte, node.end_byte
    start += reading.data.startswith(b"<", start)
    end -= start < end and reading.data[end - 1 : end] == b">"
    return TypeText(start - reading.base, end - reading.base, reading.text(start, end))


def annotation(node: SyntaxNode, reading: Reading) -> TypeText:
    """The type in a `: T`."""
    return type_text(first_part(node.named_children) or node, reading)


# --- errors ------------------------------------------------------------------------------------


def unread_errors(node: SyntaxNode, reading: Reading) -> list[Statement]:
    """A `Failed` for each ERROR inside `node` that nothing inside it has accounted for, types aside."""
    found: list[SyntaxNode] = []
    pending = [node]
    while pending:
        for child in pending.pop().children:
            if child.is_error:
                if (child.start_byte, child.end_byte) not in reading.recovered:
                    found.append(child)
            elif child.has_error and not _is_type(child.type):
                pending.append(child)
    found.sort(key=lambda error: error.start_byte)
    return [failed(error, reading) for error in found]


def failed(error: SyntaxNode, reading: Reading) -> Failed:
    """An ERROR node or a fragment, with the statements, class members and expressions that can be read of it."""
    start, end = error.start_byte, error.end_byte
    reading.recovered.add((start, end))
    return Failed(start - reading.base, end - reading.base, _legible(error, reading))


def _legible(node: SyntaxNode, reading: Reading) -> tuple[Statement, ...]:
    result: list[Statement] = []
    for child in node.named_children:
        kind = child.type
        if kind in COMMENTS or kind == "formal_parameters" or _is_type(kind):
            continue
        if kind in STATEMENTS or kind in EXPRESSIONS:
            result += statement(child, reading)
        elif reading.depth < MAX_DEPTH:
            reading.depth += 1
            result += _legible(child, reading)
            reading.depth -= 1
    return tuple(result)


def _is_type(kind: str) -> bool:
    return kind in _TYPE_PARTS or kind.endswith("_type")


_TYPE_PARTS = frozenset({"type_annotation", "type_arguments", "type_parameters", "interface_body"})


def _failed_statement(node: SyntaxNode, reading: Reading) -> tuple[Statement, ...]:
    return (failed(node, reading),)


STATEMENTS["ERROR"] = _failed_statement
