"""What lets only certain types of message pass: models and schemas, and what becomes of those that passed."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.messages.declared import Declaration, declared_by
from halfopen.connections.messages.journey import Root
from halfopen.semantics import tree
from halfopen.semantics.flow import aliases
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program

_OF_RECEIVER = frozenset(
    {
        "model_validate", "model_validate_json", "validate_python", "validate_json", "validate_strings", "parse_obj",
        "parse_raw", "parse", "safeParse", "parseAsync", "safeParseAsync",
    }
)  # fmt: skip
"""Methods of the model, adapter or schema itself."""
_OF_ARGUMENT = frozenset({"parse_obj_as", "parse_raw_as", "convert", "decode"})
"""Functions that are given the type: pydantic's (first) and msgspec's (`type=`)."""
_WRAPPED = {"safeParse": "data", "safeParseAsync": "data"}
"""Where a result that may be a failure holds the message."""


def accepted_by(program: Program, call: At[tree.Call]) -> Declaration | None:
    """What a validating call lets pass; None where it does not say."""
    schema = _schema(program, call)
    if schema is None:
        return None
    found = declared_by(program, schema)
    return found if found.types else None


def _schema(program: Program, call: At[tree.Call]) -> At[tree.Expr] | None:
    callee = call.node.callee
    name = last_name(callee)
    if _is_of_valibot(program, call):
        return call.to(call.node.arguments[0].value) if call.node.arguments else None
    if isinstance(callee, tree.Member) and name in _OF_RECEIVER:
        return call.to(callee.object)
    if name in _OF_ARGUMENT:
        given = [each.value for each in call.node.arguments if each.name in ("type", "type_")]
        if not given and name.endswith("_as"):
            given = [each.value for each in call.node.arguments[:1]]
        return call.to(given[0]) if given else None
    if any(each.spread == "**" for each in call.node.arguments):
        return call.to(callee)
    return None


def _is_of_valibot(program: Program, call: At[tree.Call]) -> bool:
    """`v.parse(Schema, data)`: the schema comes first."""
    return last_name(call.node.callee) in ("parse", "safeParse") and len(call.node.arguments) == 2


def passed_by(program: Program, call: At[tree.Call]) -> Iterator[Root]:
    """The expressions that hold a message once it has passed."""
    held = _WRAPPED.get(last_name(call.node.callee))
    if held is None or call.unit.language == "python":
        yield Root(call, "parsed")
        return
    for alias in aliases(program, call):
        match alias.parent:
            case tree.Member(object=inner, name=name) as member if inner is alias.node and name in (
                held,
                "output",
            ):
                yield Root(alias.to(member), "parsed")
            case tree.Assign(targets=(tree.Object(entries=entries), *_), value=value) if value is alias.node:
                for entry in entries:
                    if isinstance(entry.key, tree.Literal) and entry.key.value in (held, "output"):
                        yield Root(alias.to(entry.value), "parsed", is_target=True)
            case _:
                pass
