"""A schema of the messages that a connection takes, from the fields that its code reads: the change for WS7B."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from halfopen.connections.messages.facts import Inbound
from halfopen_rules.estimates import text_between

_KEYWORDS = frozenset(
    {"from", "in", "is", "class", "def", "import", "pass", "global", "async", "await", "None"}
)
_MOST_FIELDS = 12


def schema_in_python(inbound: Inbound, types: tuple[str, tuple[str, ...]]) -> str:
    """A model of Pydantic, and the parsing with it; empty where the place of the parsing shows no names."""
    parsing = _parsing(inbound)
    fields = [each for each in _fields(inbound, types[0]) if each.isidentifier() and each not in _KEYWORDS]
    if parsing is None or not fields:
        return ""
    name, raw, _ = parsing
    field, values = types
    told = [f"    {field}: Literal[{_listed(values)}]"] if field.isidentifier() and values else []
    given = [
        f"    {each}: {'str' if not told else 'str | None'}{'' if not told else ' = None'}" for each in fields
    ]
    return "\n".join(
        (
            'class Message(BaseModel, extra="forbid"):  # give each field its real type and bounds',
            *told,
            *given,
            "",
            "",
            "try:",
            f"    {name} = Message.model_validate_json({raw})",
            "except ValidationError:",
            "    ...  # answer with an error frame, and go on with the next message",
        )
    )


def schema_in_typescript(inbound: Inbound, types: tuple[str, tuple[str, ...]]) -> str:
    """A schema of Zod, and the parsing with it; empty where the place of the parsing shows no names."""
    parsing = _parsing(inbound)
    fields = [each for each in _fields(inbound, types[0]) if re.fullmatch(r"[A-Za-z_$][\w$]*", each)]
    if parsing is None or not fields or not parsing[2].startswith("JSON.parse"):
        return ""
    name, _, parsed = parsing
    field, values = types
    told = [f"  {field}: z.enum([{_listed(values)}]),"] if re.fullmatch(r"[\w$]+", field) and values else []
    optional = ".optional()" if told else ""
    return "\n".join(
        (
            "const Message = z.object({ // give each field its real type",
            *told,
            *(f"  {each}: z.string(){optional}," for each in fields),
            "});",
            "",
            f"const checked = Message.safeParse({parsed});",
            "if (!checked.success) {",
            '  console.warn("message refused", checked.error.issues);',
            "  return;",
            "}",
            f"const {name} = checked.data;",
        )
    )


def _parsing(inbound: Inbound) -> tuple[str, str, str] | None:
    """What the message is called once it is parsed, what is parsed, and the call."""
    span = inbound.parsed
    if span is None:
        return None
    text = span.unit.text
    line = text.rfind(b"\n", 0, span.start) + 1
    before = text[line : span.start].decode("utf-8", "replace")
    name = re.search(r"(\w+)\s*(?::[^=]+)?=\s*(?:await\s+)?$", before)
    call = text_between(span, span.start, span.end)
    raw = re.fullmatch(r"[\w.]+\((.+)\)", call, re.DOTALL)
    if name is None or raw is None or "\n" in call:
        return None
    return name[1], raw[1], call


def _fields(inbound: Inbound, discriminator: str) -> list[str]:
    return list(dict.fromkeys(each.key for each in inbound.used() if each.key != discriminator))[
        :_MOST_FIELDS
    ]


def _listed(values: Iterable[str]) -> str:
    return ", ".join(json.dumps(each, ensure_ascii=False) for each in values)
