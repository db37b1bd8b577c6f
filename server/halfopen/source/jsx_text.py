"""A bare `&` in the text of JSX (`Terms & Conditions`): legal, and unknown to the grammar.

tree-sitter-typescript 0.23.2 takes each `&` in text for the start of a character reference. Where none
follows it recovers as it can, at times by giving up every element around. Such bytes are read as
another one that stands for nothing in text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tree_sitter

_AMPERSAND = ord("&")
_PLAIN = ord("+")
_IN_TEXT = frozenset({"jsx_element", "jsx_fragment", "string"})
_NO_REFERENCE = re.compile(rb"&(?!#?\w+;)")


def without_bare_ampersands(data: bytes, tree: tree_sitter.Tree) -> bytes | None:
    """The text with those that this tree shows read as plain text; None where it shows none.

    A tree with errors may hide some: ask again of the tree of what this gives.
    """
    places = set(_bare(data, tree)) if tree.root_node.has_error and _AMPERSAND in data else set[int]()
    if not places:
        return None
    readable = bytearray(data)
    for place in places:
        readable[place] = _PLAIN
    return bytes(readable)


def holds_bare_ampersand(data: bytes, tree: tree_sitter.Tree) -> bool:
    """Whether a tree takes one for text already: a part of it was kept from a tree that was read without them."""
    return any(
        _is_text(tree.root_node.descendant_for_byte_range(place.start(), place.end()))
        for place in _NO_REFERENCE.finditer(data)
    )


def _is_text(node: tree_sitter.Node | None) -> bool:
    if node is None or node.type != "string_fragment":
        return node is not None and node.type == "jsx_text"
    attribute = node.parent.parent if node.parent is not None else None
    return attribute is not None and attribute.type == "jsx_attribute"


def _bare(data: bytes, tree: tree_sitter.Tree) -> Iterator[int]:
    """Where the grammar stumbles over one: right behind text, which no operator can be, or in what is text."""
    stack = [tree.root_node]
    while stack:
        node = stack.pop()
        if node.type == "jsx_text":
            if node.end_byte < len(data) and data[node.end_byte] == _AMPERSAND:
                yield node.end_byte
            continue
        for child in node.children:
            if child.is_error and data[child.start_byte] == _AMPERSAND and node.type in _IN_TEXT:
                yield child.start_byte
            if child.has_error or child.type == "jsx_text":
                stack.append(child)
