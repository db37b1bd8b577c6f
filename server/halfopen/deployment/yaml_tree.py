"""YAML with line numbers, kept at arm's length: only asked for by key, never loaded as objects.

The tree is built here from the parser's events. PyYAML's own composers will not do for files of
unknown origin: the one in C overflows the stack on deep nesting and ends the process. Nothing is
constructed, so tags have no effect; an alias is the node it points to, so a document that
multiplies itself costs no more than its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MAX_MERGES = 10
_MAX_DEPTH = 60
MAX_SERVICES = 300
"""More entries of one kind are not read: aliases could make each of them as long as the file."""
TEMPLATE_VALUE = "$template"
"""Stands for `{{ ... }}`; like a shell's variable, it is a value that is not written out."""


@dataclass(frozen=True, slots=True)
class YamlFault:
    line: int
    message: str


@dataclass(slots=True, eq=False)
class YamlNode:
    """A node that may be asked for what it may not have: what is missing or of another kind is empty.

    A scalar has `scalar`; a sequence `children`; a mapping `children` too, key and value in turn.
    """

    line: int
    """Counted from 1."""
    kind: str
    scalar: str | None = None
    children: list[YamlNode] = field(default_factory=list["YamlNode"])

    def text(self) -> str | None:
        """A scalar's text; None for null and for anything else."""
        return self.scalar

    def number(self) -> int | None:
        """A scalar as a whole number."""
        text = self.scalar
        return int(text) if text is not None and re.fullmatch(r"[+-]?\d{1,9}", text) else None

    def items(self) -> tuple[YamlNode, ...]:
        """The items of a sequence."""
        return tuple(self.children) if self.kind == "sequence" else ()

    def pairs(self) -> Iterator[tuple[YamlNode, YamlNode]]:
        """Keys and values of a mapping as they are written, merges unexpanded."""
        if self.kind == "mapping":
            yield from zip(self.children[::2], self.children[1::2], strict=False)

    def entries(self, merges: int = _MAX_MERGES) -> Iterator[tuple[str, YamlNode]]:
        """Keys and values of a mapping, those merged by `<<` last. Keys that are no scalars are left out."""
        merged: list[YamlNode] = []
        for key, value in self.pairs():
            if key.scalar == "<<":
                merged += value.items() or (value,)
            elif key.scalar is not None:
                yield key.scalar, value
        if merges > 0:
            for node in merged[:_MAX_MERGES]:
                yield from node.entries(merges - (_MAX_MERGES // 2 if len(merged) > 1 else 1))

    def get(self, *keys: str) -> YamlNode | None:
        """The node under a path of keys."""
        found: YamlNode | None = self
        for key in keys:
            found = next((value for name, value in found.entries() if name == key), None)
            if found is None:
                return None
        return found

    def text_at(self, *keys: str) -> str | None:
        found = self.get(*keys)
        return None if found is None else found.text()

    def items_at(self, *keys: str) -> tuple[YamlNode, ...]:
        found = self.get(*keys)
        return () if found is None else found.items()

    def entries_at(self, *keys: str) -> tuple[tuple[str, YamlNode], ...]:
        found = self.get(*keys)
        return () if found is None else tuple(found.entries())


def parse_yaml(text: str) -> tuple[tuple[YamlNode, ...], tuple[YamlFault, ...]]:
    """The documents of `text` up to the first error, and what is wrong. Never raises.

    Template syntax is read as far as it goes: a line that is only a template's statement is
    skipped, a value in `{{ }}` is unknown.
    """
    faults: list[YamlFault] = []
    template = _TEMPLATE.search(text)
    if template is not None:
        line = text.count("\n", 0, template.start()) + 1
        faults.append(YamlFault(line, "a template: what it fills in is not known"))
        text = _without_templates(text)
    documents: list[YamlNode] = []
    try:
        for document in _documents(text):
            documents.append(document)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        faults.append(YamlFault(mark.line + 1 if mark else 1, error.problem or "not YAML"))
    except (yaml.YAMLError, ValueError) as error:
        faults.append(YamlFault(1, str(error).partition("\n")[0] or "not YAML"))
    return tuple(documents), tuple(faults)


def _documents(text: str) -> Iterator[YamlNode]:
    """Raises yaml.YAMLError where the text stops being YAML, ValueError where it nests too deeply."""
    open_nodes: list[YamlNode] = []
    anchors: dict[str, YamlNode] = {}
    document: YamlNode | None = None
    # The stub of yaml.parse is untyped.
    for event in cast("Iterator[Any]", yaml.parse(text, Loader=_LOADER)):  # pyright: ignore[reportUnknownMemberType]
        if isinstance(event, yaml.DocumentStartEvent):
            open_nodes, anchors, document = [], {}, None
        elif isinstance(event, yaml.DocumentEndEvent):
            if document is not None:
                yield document
        elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            open_nodes.pop()
        elif isinstance(event, yaml.NodeEvent):
            node = _node(event, anchors)
            if open_nodes:
                open_nodes[-1].children.append(node)
            else:
                document = node
            if isinstance(event, yaml.CollectionStartEvent):
                if len(open_nodes) >= _MAX_DEPTH:
                    raise ValueError(f"nested more than {_MAX_DEPTH} levels deep")
                open_nodes.append(node)


def _node(event: Any, anchors: dict[str, YamlNode]) -> YamlNode:
    line = cast(int, event.start_mark.line) + 1
    name = cast("str | None", event.anchor)
    if isinstance(event, yaml.AliasEvent):
        return anchors.get(name or "") or YamlNode(line, "unknown alias")
    if isinstance(event, yaml.ScalarEvent):
        value = cast(str, event.value)
        # `style` is None for a plain scalar in Python, and the empty string in C.
        null = not event.style and value in ("", "~", "null", "Null", "NULL")
        node = YamlNode(line, "scalar", None if null else value)
    else:
        node = YamlNode(line, "sequence" if isinstance(event, yaml.SequenceStartEvent) else "mapping")
    if name is not None:
        anchors[name] = node
    return node


_TEMPLATE = re.compile(r"\{\{|\{%")
_STATEMENT_LINE = re.compile(r"^[ \t]*(?:-[ \t]+)?(?:\{\{[^\n]*?\}\}|\{%[^\n]*?%\})[ \t]*$", re.MULTILINE)


def _without_templates(text: str) -> str:
    text = _STATEMENT_LINE.sub("", text)
    pieces: list[str] = []
    end = 0
    for opening in _TEMPLATE.finditer(text):
        if opening.start() < end:
            continue
        close = text.find("}}" if opening[0] == "{{" else "%}", opening.end())
        if close < 0:
            break
        pieces += [text[end : opening.start()], TEMPLATE_VALUE]
        pieces.append("\n" * text.count("\n", opening.start(), close))
        end = close + 2
    return "".join([*pieces, text[end:]])
