"""What "The fix" of a rule's text holds: a block of code for each variant, with the words that belong to it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_BLOCK = re.compile(r"^```([\w-]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_AFTER = re.compile(r"^\s*(?:#|//|\{/\*|--)\s*after\b[^\n]*\n?", re.MULTILINE)
_NO_FIX = re.compile(r"^No automatic fix: (.+)$", re.MULTILINE)
_ABOUT_FIXES = re.compile(
    r"(No automatic fix: |Not every case has an automatic fix|The automatic fix |The fix does )"
)
"""How a paragraph begins that says for which code halfopen makes the change itself."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to mend it. `lead` is said before the code, `remark` after it; both are Markdown."""

    language: str
    lead: str
    code: str
    """The code as it is after the change; empty where the block shows none."""
    remark: str


@dataclass(frozen=True, slots=True)
class FixText:
    """The variants in order, and why no fix is offered."""

    variants: tuple[Variant, ...]
    no_fix: str

    def variant(self, languages: Sequence[str], position: int) -> Variant | None:
        """The one at `position` among those of the languages; among all where there is none in these."""
        fitting = [each for each in self.variants if each.language in languages] or self.variants
        return fitting[min(position, len(fitting) - 1)] if fitting else None


def fix_text(markdown: str) -> FixText:
    """Read the section. Between two blocks the last paragraph leads the next one, what stands before it is a remark on
    the one above; a block that follows another with nothing between has the same lead.
    """
    blocks = list(_BLOCK.finditer(markdown))
    ends = [0, *(each.end() for each in blocks)]
    starts = [*(each.start() for each in blocks), len(markdown)]
    between = [_paragraphs(markdown[end:start]) for end, start in zip(ends, starts, strict=True)]
    leads = [list(between[0])]
    for said in between[1 : len(blocks)]:
        leads.append(said[-1:] or leads[-1])
    remarks = [said[:-1] for said in between[1 : len(blocks)]] + between[len(blocks) :]
    reason = _NO_FIX.search(markdown)
    return FixText(
        tuple(
            Variant(block[1], "\n\n".join(lead), _after(block[2]), "\n\n".join(remark))
            for block, lead, remark in zip(blocks, leads, remarks, strict=False)
        ),
        reason[1] if reason is not None else "",
    )


def _paragraphs(markdown: str) -> list[str]:
    said = (each.strip() for each in markdown.split("\n\n"))
    return [each for each in said if each and not _ABOUT_FIXES.match(each)]


def _after(code: str) -> str:
    return _AFTER.split(code, maxsplit=1)[-1].strip("\n")
