"""Text of the audited code made harmless for a terminal.

The code is untrusted: an escape sequence in a string literal must not move the cursor, and an
override of the writing direction must not show other code than there is (CVE-2021-42574).
"""

from __future__ import annotations

import re

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

# C0 and C1 controls but for the tab; line separators; direction marks, embeddings, overrides and
# isolates; lone surrogates, which no encoding of a terminal holds.
_HARMFUL = re.compile(
    r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def printable(text: str) -> str:
    """One line of text with every character that would command the terminal replaced, one by one."""
    return _HARMFUL.sub(REPLACEMENT, text)


def one_line(text: str) -> str:
    """A text with its line breaks and runs of blanks made single spaces, and made printable."""
    return printable(" ".join(text.split()))
