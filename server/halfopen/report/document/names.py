"""Names of the audited code in sentences: what is clearly a name is set as code, wherever the sentence comes from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

_CODE = re.compile(r"`[^`]*`")
_SHAPED = re.compile(r"[a-z\d][A-Z]|_|\d|^[A-Z][a-z]+[A-Z]")
"""How a name differs from a word: `useOrders`, `order_feed`, `WebSocketManager`; not `orders`, nor `Live`."""


def naming(names: Iterable[str]) -> Callable[[str], str]:
    """What puts backticks around these names in a text, where they do not stand in backticks already."""
    known = sorted(
        {each for each in names if each.isidentifier() and _SHAPED.search(each)}, key=len, reverse=True
    )
    if not known:
        return lambda text: text
    pattern = re.compile(rf"(?<![\w./$-])(?:{'|'.join(map(re.escape, known))})(?:\.\w+)*(?![\w$/(-]|\.\w)")

    def named(text: str) -> str:
        if text.count("`") % 2:
            return text
        parts: list[str] = []
        end = 0
        for code in _CODE.finditer(text):
            parts += (pattern.sub(r"`\g<0>`", text[end : code.start()]), code[0])
            end = code.end()
        return "".join((*parts, pattern.sub(r"`\g<0>`", text[end:])))

    return named
