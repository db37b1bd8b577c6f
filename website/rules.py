"""A page for each rule, from its own text and metadata, and the list of them all."""

from __future__ import annotations

import re
from collections.abc import Iterator

from halfopen.audit.rule import Registered, registered_rules

CHAPTERS = {
    "1": ("Connection", "A socket's life: who owns it, who may open it, how many, and what a close tells."),
    "2": ("Reconnection", "What happens after a drop: when a client comes back, and what it has missed."),
    "3": ("Delivery", "Messages that are lost, doubled, out of order, or piled up."),
    "4": ("Heartbeat", "How each side notices that the other is gone."),
    "5": ("Errors", "What becomes of a failure: swallowed, unseen, or without a way on."),
    "6": ("State", "What a message does to the state that a page shows."),
    "7": ("Security", "Sessions that outlive their token, unchecked messages, floods, leaks."),
    "8": ("Deployment", "Proxies, workers, addresses, and code that stops the event loop."),
}
_FENCED = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)
_CODE = re.compile(r"\bWS[1-8][A-Z]\b")


def rule_pages() -> Iterator[tuple[str, str, str]]:
    """Of each rule the name of its page, its title and its text."""
    for code, registered in registered_rules().items():
        rule = registered.rule
        yield f"rules/{rule.slug}.md", f"{code} {rule.title}", _page(registered)


def index_of_rules() -> str:
    """The list of all rules by chapter."""
    parts = [
        "# Rules\n",
        "A rule's code is `WS`, its chapter, and a letter; where the specification of the audit has the check, "
        "its number is the same. Settings and comments take the code or the name. "
        "`halfopen rules` prints this list, `halfopen explain WS4A` the text of one.\n",
    ]
    for number, (name, about) in CHAPTERS.items():
        parts.append(
            f"## {number} {name}\n\n{about}\n\n| code | name | usual severity | sides |\n|---|---|---|---|"
        )
        parts += (
            f"| [{code}]({each.rule.slug}.md) | [{each.rule.slug}]({each.rule.slug}.md) "
            f"| {_severity(each)} | {_sides(each)} |"
            for code, each in registered_rules().items()
            if code[2] == number
        )
        parts.append("")
    return "\n".join(parts)


def _page(registered: Registered) -> str:
    rule, text = registered.rule, registered.text().markdown
    _, _, body = text.partition("\n")
    low, high = (f"{each:g}" for each in rule.effort_hours)
    facts = [
        ("Name", f"<code>{rule.slug}</code>"),
        ("Usual severity", _severity(registered)),
        ("Looked for in", _sides(registered)),
        ("Risk", rule.category.value),
        ("Specification", rule.section),
        ("Effort of the fix", f"{low} h" if low == high else f"{low} to {high} h"),
    ]
    if rule.related:
        facts.append(("Related", ", ".join(f"<code>{each}</code>" for each in rule.related)))
    head = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts)
    head = f'<dl class="facts">{head}</dl>'
    watched = "".join(f"\n- {each[0].upper()}{each[1:]}" for each in rule.monitoring)
    monitoring = f"\n## To watch in production\n{watched}\n" if watched else ""
    return f"# {rule.code} {rule.title}\n\n{head}\n\n{_linked(body.strip(), rule.code)}\n{monitoring}"


def _linked(text: str, own: str) -> str:
    """The text with other rules' codes leading to their pages; code is left as it is."""
    rules = registered_rules()

    def link(found: re.Match[str]) -> str:
        code = found[0]
        return f"[{code}]({rules[code].rule.slug}.md)" if code in rules and code != own else code

    parts = _FENCED.split(text)
    return "".join(part if number % 2 else _CODE.sub(link, part) for number, part in enumerate(parts))


def _severity(registered: Registered) -> str:
    name = registered.rule.severity.name
    return f'<span class="severity {name.lower()}">{name}</span>'


def _sides(registered: Registered) -> str:
    return " and ".join(sorted(registered.rule.sides))
