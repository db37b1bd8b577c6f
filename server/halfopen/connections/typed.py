"""Text fields, and the setters of state that each key typed into them runs."""

from __future__ import annotations

import re

from halfopen.connections.client_owner import references
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers
from halfopen.semantics.function_shape import name_of_function
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program
from halfopen.semantics.react import kind_of_name

_FIELD = re.compile(
    r"^(input|textarea)$|(Input|TextField|TextArea|Textarea|SearchInput|Editor|CodeMirror|Quill)$"
)
_NOT_TYPED = (
    "checkbox", "radio", "range", "date", "file", "color", "submit", "button", "number", "time", "hidden"
)  # fmt: skip


def typed_in(program: Program, setter: At[tree.Call]) -> At[tree.Element] | None:
    """The text field whose change handler leads to a setter."""
    typed = typing_of(program, setter)
    return typed[0] if typed is not None else None


def typing_of(program: Program, setter: At[tree.Call]) -> tuple[At[tree.Element], At[tree.Function]] | None:
    """The text field whose change handler leads to a setter, and that handler."""
    function = setter.index.function_of(setter.node)
    waiting = [setter.to(function)] if function is not None else []
    for _ in range(3):
        following: list[At[tree.Function]] = []
        for each in waiting:
            field = _field_of(each)
            if field is not None:
                return field, each
            if kind_of_name(name_of_function(each)[0]) != "other":
                continue
            for call in callers(program, each):
                around = call.index.function_of(call.node)
                if around is not None:
                    following.append(call.to(around))
            for reference in references(program, each):
                if isinstance(reference.parent, tree.Attribute):
                    field = _field_with(reference.to(reference.parent))
                    if field is not None:
                        return field, each
        waiting = following
    return None


def _field_of(function: At[tree.Function]) -> At[tree.Element] | None:
    """The text field whose `onChange` a function is."""
    attribute = function.parent
    return _field_with(function.to(attribute)) if isinstance(attribute, tree.Attribute) else None


def _field_with(attribute: At[tree.Attribute]) -> At[tree.Element] | None:
    element = attribute.parent
    if attribute.node.name not in ("onChange", "onInput", "onChangeText") or not isinstance(
        element, tree.Element
    ):
        return None
    tag = element.tag
    name = "" if tag is None else str(tag.value) if isinstance(tag, tree.Literal) else last_name(tag)
    if not _FIELD.search(name or ""):
        return None
    for other in element.attributes:
        if other.name == "type" and isinstance(other.value, tree.Literal) and other.value.value in _NOT_TYPED:
            return None
    return attribute.to(element)
