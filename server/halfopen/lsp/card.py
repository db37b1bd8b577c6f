"""The card of a connection, for hover: what is known of it, by group, and what would settle the rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from halfopen.audit.plain import words_of
from halfopen.lsp.code_lens import standing
from halfopen.lsp.escaping import escaped

if TYPE_CHECKING:
    from halfopen.lsp.connections import ShownConnection

MOST_CHARACTERS = 120
"""What of one fact's value is shown."""
MOST_QUESTIONS = 5


def card(connection: ShownConnection, others: list[ShownConnection]) -> str:
    """The card in Markdown."""
    url = connection.facts.get("url")
    kind = "endpoint" if connection.side == "server" else "client"
    head = f"**{escaped(connection.name)}** · WebSocket {kind} · {escaped(connection.library)}"
    if url is not None and url.known:
        head += f" · `{url.value}`"
    parts = [head, standing(connection)]
    for other in others:
        place = other.head
        line = place.range.start.line + 1
        sure = connection.others[other.id]
        parts.append(f"↔ [{escaped(other.name)}]({place.uri}#L{line}) {escaped(place.path)}:{line} ({sure})")
    rows = list(_rows(connection))
    if rows:
        parts.append("\n".join(("| fact | value |", "|---|---|", *rows)))
    questions = connection.open_questions[:MOST_QUESTIONS]
    if questions:
        more = len(connection.open_questions) - len(questions)
        lines = [f"- {escaped(each)}" for each in questions] + ([f"- and {more} more"] if more else [])
        parts.append("Needs confirmation:\n\n" + "\n".join(lines))
    return "\n\n".join(parts)


def _rows(connection: ShownConnection) -> Iterator[str]:
    """A row for each known fact, with a link to its evidence."""
    for name, fact in connection.facts.items():
        if name == "url" or not fact.known:
            continue
        value = _short(words_of(fact.value))
        if not value:
            continue
        place = connection.evidence.get(name)
        link = f" [↗]({place.uri}#L{place.range.start.line + 1})" if place is not None else ""
        label = name.replace(".", ": ").replace("_", " ")
        yield f"| {label} | {escaped(value).replace('|', chr(92) + '|')}{link} |"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}…"
