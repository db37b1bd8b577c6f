"""Markdown as plain text, for places that show no formatting."""

from __future__ import annotations

import re


def first_paragraph(markdown: str) -> str:
    """The first paragraph on one line, without the marks of code, emphasis and links."""
    paragraph = markdown.strip().split("\n\n", 1)[0]
    paragraph = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", " ".join(paragraph.split()))
    return re.sub(r"`([^`]*)`", r"\1", paragraph).replace("**", "")
