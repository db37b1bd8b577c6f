"""What every part of the lowering shares: the bytes being read and the dispatch by node type.

Each of the other modules adds its node types to `EXPRESSIONS` and `STATEMENTS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from keyword import iskeyword
from sys import intern

from tree_sitter import Node as SyntaxNode

from halfopen.semantics.tree import Block, Do, Expr, Failed, Name, Opaque, Statement

MAX_DEPTH = 150
"""Levels of nesting that are read; what lies deeper becomes `Opaque("too deep")`.

Each level costs up to three Python frames and the interpreter allows 1,000. CPython itself refuses
more than 100 levels of indentation and 200 of brackets. Chains (operands, method calls, `elif`,
`a = b = c`, brackets around brackets) are read in loops and count as one level, whatever their length.
"""

NOT_CODE = frozenset({"comment", "line_continuation", "ERROR"})
"""Named nodes that may stand between any two others and are never one of a construct's own parts."""

COMMENTS = frozenset({"comment", "line_continuation"})


class Reading:
    """One top-level statement being lowered. `base` is subtracted from every offset."""

    __slots__ = ("base", "broken", "data", "depth", "in_class", "yields")

    def __init__(self, data: bytes, base: int, broken: bool) -> None:
        self.data = data
        self.base = base
        self.broken = broken
        """Whether there is an ERROR or MISSING node anywhere: only then are they searched for."""
        self.depth = 0
        self.in_class = False
        """Whether a `def` met now is a method: the innermost definition around it is a class."""
        self.yields = False
        """Whether a `yield` was met since the innermost function or lambda began."""

    def text(self, start: int, end: int) -> str:
        """The source between two absolute offsets."""
        raw = self.data[start:end]
        try:
            return raw.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            return raw.decode("utf-8", "replace")


ExpressionReader = Callable[[SyntaxNode, Reading], Expr]
StatementReader = Callable[[SyntaxNode, Reading, list[Statement]], None]

EXPRESSIONS: dict[str, ExpressionReader] = {}
STATEMENTS: dict[str, StatementReader] = {}
"""A statement's reader appends what it means: nothing (`pass`), one statement or several (imports)."""


# --- expressions -------------------------------------------------------------------------------


def expression(node: SyntaxNode, reading: Reading) -> Expr:
    """Any expression, target, type or pattern of an assignment."""
    return expression_of_type(node, node.type, reading)


def expression_of_type(node: SyntaxNode, kind: str, reading: Reading) -> Expr:
    """`expression` for a caller that has looked at the node's type already (each look costs)."""
    if kind == "identifier":
        start, end = node.start_byte, node.end_byte
        base = reading.base
        if start == end:
            return Opaque(start - base, end - base, "missing")
        return Name(start - base, end - base, intern(reading.data[start:end].decode("utf-8", "replace")))
    if reading.depth >= MAX_DEPTH:
        return opaque(node, "too deep", reading)
    reading.depth += 1
    result = EXPRESSIONS.get(kind, _unknown)(node, reading)
    reading.depth -= 1
    return result


def parts_of(node: SyntaxNode) -> list[SyntaxNode]:
    """The named parts of a construct, without comments and errors."""
    return [child for child in node.named_children if child.type not in NOT_CODE]


def pair_of(node: SyntaxNode, reading: Reading) -> tuple[SyntaxNode, SyntaxNode] | None:
    """The two parts of a construct that has two."""
    parts = node.named_children
    if len(parts) != 2 or reading.broken:
        parts = parts_of(node)
        if len(parts) < 2:
            return None
    return parts[0], parts[1]


def only_expression(node: SyntaxNode, reading: Reading) -> Expr:
    """The one expression inside a node that has no meaning of its own."""
    for child in node.named_children:
        kind = child.type
        if kind not in NOT_CODE:
            return expression_of_type(child, kind, reading)
    return opaque(node, "missing", reading)


def expressions(nodes: Iterable[SyntaxNode], reading: Reading) -> tuple[Expr, ...]:
    """Every expression among `nodes`; what did not parse is an `Opaque("error")` in its place."""
    result: list[Expr] = []
    for node in nodes:
        kind = node.type
        if kind not in COMMENTS:
            result.append(expression_of_type(node, kind, reading))
    return tuple(result)


def opaque(node: SyntaxNode, kind: str, reading: Reading, children: tuple[Expr, ...] = ()) -> Opaque:
    return Opaque(node.start_byte - reading.base, node.end_byte - reading.base, kind, children)


def _unknown(node: SyntaxNode, reading: Reading) -> Expr:
    kind = node.type
    children = expressions([child for child in node.named_children if child.type not in _TOKENS], reading)
    return opaque(node, "error" if kind == "ERROR" else kind.replace("_", " "), reading, children)


_TOKENS = frozenset(
    {
        "escape_interpolation",
        "escape_sequence",
        "import_prefix",
        "keyword_separator",
        "positional_separator",
        "string_content",
        "string_end",
        "string_start",
        "type_conversion",
    }
)


# --- statements --------------------------------------------------------------------------------


def statements(nodes: Iterable[SyntaxNode], reading: Reading, found: list[Statement]) -> None:
    """Append what each of `nodes` means.

    Whatever the errors inside a statement hold comes before it: after a `return` it would look dead.
    """
    for node in nodes:
        kind = node.type
        reader = STATEMENTS.get(kind)
        if reader is None:
            if kind in COMMENTS or not node.is_named:
                continue
            reader = _expression_as_statement
        if reading.broken and kind in _SIMPLE and node.has_error:
            found += [failed(error, reading) for error in unread_errors(node)]
        reader(node, reading, found)


def block(node: SyntaxNode, reading: Reading) -> Block:
    """An indented block, or the statements that stand on the line of the colon."""
    base = reading.base
    start, end = node.start_byte - base, node.end_byte - base
    if reading.depth >= MAX_DEPTH:
        return Block(start, end, (Do(start, end, opaque(node, "too deep", reading)),))
    reading.depth += 1
    found: list[Statement] = []
    if reading.broken:
        for error in _errors_before(node):
            found.append(failed(error, reading))
        if found:
            start = min(start, found[0].start)
    statements(node.named_children, reading, found)
    reading.depth -= 1
    return Block(start, end, tuple(found))


def block_in(node: SyntaxNode, reading: Reading) -> Block:
    """The block that belongs to a clause."""
    for child in node.named_children:
        if child.type == "block":
            return block(child, reading)
    return no_block(node, reading)


def no_block(node: SyntaxNode, reading: Reading) -> Block:
    """The block of a construct that was cut off before it."""
    end = node.end_byte - reading.base
    return Block(end, end, ())


def _expression_as_statement(node: SyntaxNode, reading: Reading, found: list[Statement]) -> None:
    value = expression(node, reading)
    found.append(Do(node.start_byte - reading.base, node.end_byte - reading.base, value))


# --- errors ------------------------------------------------------------------------------------

_SIMPLE = frozenset(
    {
        "expression_statement",
        "assert_statement",
        "delete_statement",
        "exec_statement",
        "future_import_statement",
        "global_statement",
        "import_from_statement",
        "import_statement",
        "nonlocal_statement",
        "print_statement",
        "raise_statement",
        "return_statement",
        "type_alias_statement",
    }
)
_LISTS = frozenset(
    {
        "argument_list",
        "dictionary",
        "expression_list",
        "list",
        "list_pattern",
        "pattern_list",
        "set",
        "subscript",
        "tuple",
        "tuple_pattern",
    }
)
"""Constructs that keep an ERROR among their items, as an `Opaque("error")`."""

_SUITES = frozenset({"block", "elif_clause", "else_clause", "except_clause", "finally_clause"})

_TYPE_PARAMETERS = "type_parameter"
"""The grammar does not know the defaults of PEP 696 (`def f[T = int]`): such an error is none."""


def unread_errors(node: SyntaxNode) -> list[SyntaxNode]:
    """The ERROR nodes inside `node`, but for those inside blocks and those kept by a list of items."""
    found: list[SyntaxNode] = []
    pending = [node]
    while pending:
        parent = pending.pop()
        keeps_errors = parent.type in _LISTS
        for child in parent.children:
            if child.is_error:
                if not keeps_errors:
                    found.append(child)
            elif child.has_error and (kind := child.type) not in _SUITES and kind != _TYPE_PARAMETERS:
                pending.append(child)
    found.sort(key=lambda error: error.start_byte)
    return found


def _errors_before(node: SyntaxNode) -> list[SyntaxNode]:
    """The errors between a block and the block before it: the parser leaves a broken first
    statement between the colon and the block, and what broke the header stands there too."""
    found: list[SyntaxNode] = []
    sibling = node.prev_named_sibling
    while sibling is not None and sibling.type not in _SUITES:
        if sibling.is_error:
            found.append(sibling)
        elif sibling.has_error and sibling.type != _TYPE_PARAMETERS:
            found += reversed(unread_errors(sibling))
        sibling = sibling.prev_named_sibling
    found.reverse()
    return found


def failed(error: SyntaxNode, reading: Reading) -> Failed:
    """An ERROR node, with the statements and expressions that can be read of it."""
    found: list[Statement] = []
    outer = reading.in_class
    _legible(error, reading, found)
    reading.in_class = outer
    return Failed(error.start_byte - reading.base, error.end_byte - reading.base, tuple(found))


def _legible(node: SyntaxNode, reading: Reading, found: list[Statement]) -> None:
    if reading.depth >= MAX_DEPTH:
        return
    reading.depth += 1
    for child in node.children:
        kind = child.type
        if kind == "class":
            reading.in_class = True
        elif kind == "identifier" and iskeyword(reading.text(child.start_byte, child.end_byte)):
            continue
        elif kind in STATEMENTS or kind in EXPRESSIONS:
            statements((child,), reading, found)
        elif child.is_named and kind not in COMMENTS and kind not in _TYPE_PARTS:
            _legible(child, reading, found)
    reading.depth -= 1


_TYPE_PARTS = frozenset({_TYPE_PARAMETERS, "parameters", "lambda_parameters"})


def _failed_statement(node: SyntaxNode, reading: Reading, found: list[Statement]) -> None:
    found.append(failed(node, reading))


STATEMENTS["ERROR"] = _failed_statement
