"""Values that say nothing of a message: what stands in the code."""

from __future__ import annotations

import re

from halfopen.connections.client_view import View
from halfopen.semantics import tree
from halfopen.semantics.program import At
from halfopen.semantics.values import origins

_WORDS = re.compile(r"[^\W\d_]{3}")


def is_own_text(view: View, value: At[tree.Expr]) -> bool:
    """Whether a state is set to a sentence that the code puts together, itself or by a name for it."""
    if _is_sentence(value.node):
        return True
    found = origins(view.program, value) if isinstance(value.node, tree.Name) else ()
    return bool(found) and all(
        isinstance(each, At) and isinstance(each.node, tree.Template) for each in found
    )


def _is_sentence(value: tree.Expr) -> bool:
    """A template with words of its own: `Could not load ${id}`; `${before}${part}` has none."""
    return isinstance(value, tree.Template) and any(
        isinstance(part, str) and _WORDS.search(part) for part in value.parts
    )


def is_constant(value: tree.Expr) -> bool:
    """A value that says nothing of a message: a literal, an empty list, an error text."""
    match value:
        case tree.Literal():
            return True
        case tree.Sequence(items=items):
            return not items
        case tree.Object(entries=entries):
            return not entries
        case tree.Call(is_new=True, arguments=arguments):
            return not arguments
        case tree.Function(body=body):
            results = [each.value for each in body.statements if isinstance(each, tree.Return)]
            return len(results) == 1 and results[0] is not None and is_constant(results[0])
        case _:
            return False


def sets_constant(call: At[tree.Call], key: str) -> bool:
    if not call.node.arguments:
        return True
    value = call.node.arguments[0].value
    if key and isinstance(value, tree.Object):
        return all(
            _is_fixed(entry.value)
            for entry in value.entries
            if isinstance(entry.key, tree.Literal) and entry.key.value == key
        )
    return _is_fixed(value)


def _is_fixed(value: tree.Expr) -> bool:
    """A value that stands in the code, parts and all: `{ Chicken: { total: 0 } }`, `[]`, a sentence."""
    match value:
        case tree.Object(entries=entries):
            return all(each.key is not None and _is_fixed(each.value) for each in entries)
        case tree.Sequence(items=items):
            return all(not isinstance(each, tree.Spread) and _is_fixed(each) for each in items)
        case _:
            return is_constant(value) or _is_sentence(value)
