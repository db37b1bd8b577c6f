"""A page of text for a person: paragraphs with indents, wrapped on a terminal, plain anywhere else."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

WIDEST_TEXT_CELLS = 110
"""Longer lines of prose are hard to read, however wide the terminal."""


@dataclass(frozen=True, slots=True)
class Page:
    """Where the text goes: what it may be written with. `width` is None where nothing is wrapped."""

    console: Console
    width: int | None
    bar: str
    both_ways: str
    line: str

    def write(self, text: Text, indent: int = 0, hanging: int = 0) -> None:
        """One paragraph; its lines after the first are indented by `hanging` more."""
        if self.width is None:
            self.console.print(Text.assemble(" " * indent, text), soft_wrap=True)
            return
        wrapped = text.wrap(self.console, max(20, min(self.width, WIDEST_TEXT_CELLS) - indent - hanging))
        for number, line in enumerate(wrapped):
            line.rstrip()
            margin = " " * (indent + (hanging if number else 0))
            self.console.print(Text.assemble(margin, line), soft_wrap=True)

    def labelled(self, label: Text, text: Text, indent: int = 0) -> None:
        """A paragraph beside its label; what does not fit goes on under the text, not under the label."""
        cells = cell_len(label.plain)
        if self.width is None:
            self.console.print(Text.assemble(" " * indent, label, text), soft_wrap=True)
            return
        room = max(20, min(self.width, WIDEST_TEXT_CELLS) - indent - cells)
        for number, line in enumerate(text.wrap(self.console, room)):
            line.rstrip()
            lead = Text.assemble(" " * indent, " " * cells if number else label)
            self.console.print(Text.assemble(lead, line), soft_wrap=True)

    def blank(self) -> None:
        self.console.print()

    def heading(self, title: Text, where: str) -> None:
        """A title with a place, and a line to the edge of a terminal."""
        text = Text.assemble(title, "  ", (where, "cyan")) if where else title
        if self.width is None:
            self.write(text)
            return
        rest = self.width - cell_len(text.plain) - 1
        if rest > 2:
            self.console.print(Text.assemble(text, (f" {self.line * rest}", "dim")), soft_wrap=True)
        else:
            self.write(text, 0, 4)


def page_for(console: Console) -> Page:
    """The page that a console can show."""
    width = console.width if console.is_terminal else None
    if console.options.ascii_only:
        return Page(console, width, bar="|", both_ways="<->", line="-")
    return Page(console, width, bar="│", both_ways="↔", line="─")
