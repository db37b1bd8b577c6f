"""What both sides of WS7B share."""

from __future__ import annotations

from collections.abc import Iterable

from halfopen.connections.messages.facts import MessageField

CODE = "WS7B"
SLUG = "unvalidated-messages"


def listed(names: Iterable[str], most: int = 3) -> str:
    """`a`, `b` and `c`; the rest as a number."""
    given = [f"`{each}`" for each in dict.fromkeys(names)]
    if len(given) > most:
        return ", ".join(given[:most]) + f" and {len(given) - most} more"
    return " and ".join([", ".join(given[:-1]), given[-1]]) if len(given) > 1 else "".join(given)


def keys(fields: Iterable[MessageField]) -> list[str]:
    """The names of fields, those that are parts of another left out."""
    given = [each.key for each in fields]
    return [each for each in given if not any(each.startswith(f"{other}.") for other in given)]
