"""Text put into Markdown as it is."""

from __future__ import annotations

import re


def escaped(text: str) -> str:
    """The text with the signs that Markdown reads as its own taken literally; code in backticks stays code."""
    return "`".join(
        part if number % 2 else re.sub(r"([\\*_\[\]<>#])", r"\\\1", part)
        for number, part in enumerate(text.split("`"))
    )
