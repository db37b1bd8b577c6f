"""Whether the declared type of a message says that it holds nothing but ids, types and states."""

from __future__ import annotations

import re

from halfopen.semantics import tree
from halfopen.semantics.program import At, Program

_OF_FIELDS = re.compile(r"^\s*\{(?P<fields>[^{}]*)\}\s*$", re.DOTALL)
_FIELD = re.compile(r"^\s*(?:readonly\s+)?['\"]?(?P<name>\w+)['\"]?\??\s*:")
_PLAIN = re.compile(
    r"^(type|kind|event|id|status|state|stage|phase|step|progress|percent|percentage|count|total|timestamp|ts|version|seq)$"
    r"|([a-z0-9]Ids?|_ids?|[a-z0-9]At|_at|[a-z0-9]Count|_count)$"
)
"""Names of fields that tell about whom and what, and not what was said."""


def holds_only_plain_fields(program: Program, at: At[tree.Expr]) -> bool:
    """Of a parameter that is declared with its fields: `(update: { jobId: string; status: string }) => ...`."""
    if not isinstance(at.node, tree.Name):
        return False
    for _, _, definition in program.definitions_of(program.variable(at.to(at.node))):
        parameter = at.index.parents.get(definition.target)
        annotation = parameter.annotation if isinstance(parameter, tree.Parameter) else None
        if not isinstance(annotation, tree.TypeText):
            return False
        written = _OF_FIELDS.match(annotation.text)
        if written is None:
            return False
        fields = [each for each in re.split(r"[;,\n]", written["fields"]) if each.strip()]
        names = [_FIELD.match(each) for each in fields]
        return bool(names) and all(each is not None and _PLAIN.search(each["name"]) for each in names)
    return False
