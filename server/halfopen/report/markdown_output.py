"""The full report as Markdown: for a pull request, a wiki, or a file beside the code.

What comes from the audited code stands in code spans and fences that it cannot close, or is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import cast

import jinja2

from halfopen.report.document.compose import compose
from halfopen.report.document.model import Excerpt, Report
from halfopen.report.document.sections import count_of
from halfopen.report.printable import one_line, printable
from halfopen.report.result import AuditResult

_SPECIAL = re.compile(r"([\\*\[\]<>|#~$!])|(?<!\w)_|_(?!\w)|^(?=[-+=] |\d+[.)] )|(&)(?=#?\w+;)")
_LANGUAGES = {"py": "python", "ts": "ts", "tsx": "tsx", "js": "js", "jsx": "jsx", "conf": "nginx"}
LONGEST_LINE = 200
"""Characters of a code line that are shown: the rest of a minified line says nothing."""


def write_markdown(result: AuditResult) -> str:
    """The report of an audit, with a final line end."""
    return markdown_of(compose(result))


def markdown_of(report: Report) -> str:
    """A report as Markdown."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("halfopen.report"),
        autoescape=False,  # this is no HTML: the filters escape for Markdown
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    filters = cast("dict[str, object]", environment.filters)  # pyright: ignore[reportUnknownMemberType]
    filters.update(
        count_of=count_of,
        prose=prose,
        code=code_span,
        fence=fence,
        excerpt=excerpt,
        place=place_text,
        cell=cell,
    )
    text = environment.get_template("report.md.jinja").render(report=report)
    return "\n".join(_spaced(text.strip().split("\n"))) + "\n"


def _spaced(lines: Iterable[str]) -> Iterator[str]:
    """Never two empty lines in a row, but for those within a block of code."""
    fence, before = "", ""
    for line in lines:
        ticks = re.match("`{3,}", line)
        if fence:
            fence = "" if line == fence else fence
        elif ticks is not None:
            fence = ticks[0]
        elif not line and not before:
            continue
        yield line
        before = line


def prose(text: str) -> str:
    """A sentence: names in backticks stay code, everything else loses its meaning for Markdown."""
    parts = one_line(text).split("`")
    if len(parts) % 2 == 0:  # an odd backtick is a character like others
        return _escaped(one_line(text).replace("`", "'"))
    return "".join(code_span(part) if position % 2 else _escaped(part) for position, part in enumerate(parts))


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda match: f"\\{match[0]}", text)


def code_span(text: str) -> str:
    """A text as code, whatever it holds."""
    text = one_line(text)
    if not text:
        return ""
    ticks = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    pad = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def cell(text: str) -> str:
    """For a table: a bar would end the cell, even within code."""
    return text.replace("\\|", "|").replace("|", "\\|")


def fence(text: str, language: str = "") -> str:
    """A block of code, whatever it holds."""
    lines = [_shortened(printable(line.replace("\t", "    "))) for line in text.rstrip("\n").split("\n")]
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    ticks = "`" * max(3, longest + 1)
    return "\n".join((f"{ticks}{language}", *lines, ticks))


def excerpt(shown: Excerpt) -> str:
    """Lines of the code with their numbers; `>` marks those that the finding is about."""
    last = shown.first + len(shown.lines) - 1
    digits = len(str(last))
    rows = [
        f"{'>' if number in shown.marked else ' '} {number:>{digits}} | {line}"
        for number, line in enumerate(shown.lines, shown.first)
    ]
    return fence("\n".join(rows), _LANGUAGES.get(shown.path.rsplit(".", 1)[-1], ""))


def place_text(path: str, line: int) -> str:
    """`path:line`."""
    return code_span(f"{path}:{line}")


def _shortened(line: str) -> str:
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 1]}…"
