"""A TypeScript or JavaScript file's syntax tree, and the few questions that edits ask of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from halfopen.edits.changes import FileChanges, apply
from halfopen.source import Language, ParseTooSlow, parse, syntax_problems

if TYPE_CHECKING:
    import tree_sitter

    Node: TypeAlias = tree_sitter.Node

FUNCTIONS = frozenset(
    {
        "arrow_function",
        "function_expression",
        "function_declaration",
        "generator_function",
        "generator_function_declaration",
        "method_definition",
    }
)
_SCOPES = FUNCTIONS | {"statement_block", "for_statement", "for_in_statement", "catch_clause", "program"}
STATEMENT_PARENTS = frozenset({"program", "statement_block", "switch_case", "switch_default"})


@dataclass(frozen=True, slots=True, eq=False)
class File:
    """A file's bytes and tree. JSX is read where it is there, `<T>x` casts where they are."""

    text: bytes
    root: Node

    @classmethod
    def read(cls, text: bytes) -> File | None:
        """None where the text is no UTF-8 or takes too long to parse."""
        return _read(text)

    def of(self, node: Node) -> str:
        return self.text[node.start_byte : node.end_byte].decode()

    def node(self, span: tuple[int, int], kinds: frozenset[str]) -> Node | None:
        """The smallest node of these kinds around a byte range."""
        node = self.root.descendant_for_byte_range(span[0], span[1])
        while node is not None and node.type not in kinds:
            node = node.parent
        return node

    def indentation(self, position: int) -> str:
        """The white space that the line of `position` begins with."""
        start = self.text.rfind(b"\n", 0, position) + 1
        line = self.text[start:position]
        return line[: len(line) - len(line.lstrip(b" \t"))].decode()

    def begins_line(self, position: int) -> bool:
        """Whether only white space stands before `position` on its line."""
        start = self.text.rfind(b"\n", 0, position) + 1
        return not self.text[start:position].strip()

    def line_end(self, position: int) -> int:
        """Where the line of `position` ends, before its line break."""
        end = self.text.find(b"\n", position)
        end = len(self.text) if end < 0 else end
        return end - 1 if self.text[position:end].endswith(b"\r") else end

    def safe(self, changes: FileChanges) -> FileChanges:
        """The changes, unless they would make the file read worse than it does."""
        after = File.read(apply(self.text, changes))
        if after is None or (after.root.has_error and not self.root.has_error):
            return ()
        return changes


@lru_cache(maxsize=8)
def _read(text: bytes) -> File | None:
    """The last files stay read: an audit builds the fixes of a file one after the other."""
    try:
        text.decode()
        trees = [parse(text, Language.TSX)]
        if trees[0].root_node.has_error:
            trees.append(parse(text, Language.TYPESCRIPT))
    except (UnicodeDecodeError, ParseTooSlow):
        return None
    return File(text, min(trees, key=lambda tree: len(syntax_problems(tree))).root_node)


def walk(node: Node, *, functions: bool = True) -> Iterator[Node]:
    """A node and what is in it, in order; without `functions`, not what is in nested ones."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        if functions or current is node or not (current.type in FUNCTIONS or current.type == "class_body"):
            stack.extend(reversed(current.children))


def tokens(file: File, node: Node) -> tuple[str, ...]:
    """The tokens of a node, without what is a matter of style: semicolons, quotes, comments."""
    found: list[str] = []
    stack = [node]
    while stack:
        current = stack.pop()
        if current.type == "string":
            found.append(repr(file.of(current)[1:-1]))
        elif current.type == "comment" or current.type == ";":
            continue
        elif current.child_count == 0:
            found.append(file.of(current))
        else:
            stack.extend(reversed(current.children))
    return tuple(found)


def statements_of(block: Node) -> list[Node]:
    """The statements of a block, without its comments."""
    return [child for child in block.named_children if child.type != "comment"]


def own_end(node: Node) -> int:
    """Where a statement ends, without a semicolon that begins the line below it (`;[a].map(f)`)."""
    if len(node.children) > 1 and node.children[-1].type == ";":
        last = node.children[-2]
        if last.end_point.row < node.children[-1].start_point.row:
            return last.end_byte
    return node.end_byte


def unwrapped(node: Node) -> Node:
    """What stands in parentheses, casts and `!`."""
    while node.type in {
        "parenthesized_expression",
        "as_expression",
        "satisfies_expression",
        "non_null_expression",
    }:
        inner = node.named_children
        if not inner:
            break
        node = inner[0]
    return node


def names_used(file: File, node: Node) -> set[str]:
    """The variables that a piece of code mentions."""
    kinds = {"identifier", "shorthand_property_identifier"}
    return {file.of(each) for each in walk(node) if each.type in kinds}


def declared_in(file: File, node: Node) -> Iterator[tuple[str, Node, Node]]:
    """Each name declared inside a node: the name, the declaring node and the scope it belongs to."""
    for each in walk(node):
        match each.type:
            case "variable_declarator":
                pattern = each.child_by_field_name("name")
            case "function_declaration" | "generator_function_declaration" | "class_declaration":
                pattern = each.child_by_field_name("name")
            case "required_parameter" | "optional_parameter":
                pattern = each.child_by_field_name("pattern")
            case "catch_clause":
                pattern = each.child_by_field_name("parameter")
            case "arrow_function":
                pattern = each.child_by_field_name("parameter")
            case _:
                continue
        if pattern is not None:
            scope = _scope_of(each)
            for name in _bound_names(file, pattern):
                yield name, each, scope


def _bound_names(file: File, pattern: Node) -> Iterable[str]:
    kinds = {"identifier", "type_identifier", "shorthand_property_identifier_pattern"}
    return [file.of(each) for each in walk(pattern) if each.type in kinds]


def _scope_of(declaration: Node) -> Node:
    """The block or function that a declaration's name is known in (`var` taken as `let`)."""
    node = declaration if declaration.type in {"catch_clause", "arrow_function"} else declaration.parent
    while node is not None and node.type not in _SCOPES:
        node = node.parent
    return node if node is not None else declaration


def ancestors(node: Node) -> Iterator[Node]:
    """A node and everything around it, innermost first."""
    current: Node | None = node
    while current is not None:
        yield current
        current = current.parent
