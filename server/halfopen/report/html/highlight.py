"""Code in colour, as HTML that is safe whatever the code holds. The colours are the page's own (`style.css`)."""

from __future__ import annotations

from functools import cache
from typing import Any

from markupsafe import Markup, escape
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name  # pyright: ignore[reportUnknownVariableType]
from pygments.util import ClassNotFound

from halfopen.report.document.model import Excerpt
from halfopen.report.printable import printable

LONGEST_LINE = 240
"""Characters of a line that are shown: the rest of a minified line says nothing."""
_BY_ENDING = {
    "py": "python",
    "pyi": "python",
    "ts": "typescript",
    "tsx": "tsx",
    "js": "javascript",
    "jsx": "jsx",
    "mjs": "javascript",
    "conf": "nginx",
    "yml": "yaml",
    "yaml": "yaml",
    "toml": "toml",
    "json": "json",
}
_OTHER_NAMES = {"tsx": "typescript", "jsx": "javascript", "ts": "typescript"}
"""What stands in where the lexer of that name is not installed."""


def code_block(code: str, language: str) -> Markup:
    """A block of code."""
    lines = code.rstrip("\n").split("\n")
    return Markup('<pre class="code" tabindex="0"><code>{}</code></pre>').format(
        Markup("\n").join(coloured(lines, language))
    )


def excerpt_block(excerpt: Excerpt) -> Markup:
    """Lines of the audited code with their numbers, those of the finding marked."""
    language = _BY_ENDING.get(excerpt.path.rsplit(".", 1)[-1].lower(), "text")
    row = Markup('<span class="row{}"><span class="number">{}</span>{}</span>')
    rows = [
        row.format(" marked" if number in excerpt.marked else "", number, line)
        for number, line in enumerate(coloured(excerpt.lines, language), excerpt.first)
    ]
    return Markup('<pre class="code numbered" tabindex="0"><code>{}</code></pre>').format(
        Markup("\n").join(rows)
    )


def diff_block(diff: str) -> Markup:
    """A unified diff, its added and removed lines told apart by sign and colour."""
    row = Markup('<span class="{}">{}</span>')
    rows = [row.format(_kind(line), escape(_shown(line))) for line in diff.rstrip("\n").split("\n")]
    return Markup('<pre class="code diff" tabindex="0"><code>{}</code></pre>').format(Markup("\n").join(rows))


def coloured(lines: tuple[str, ...] | list[str], language: str) -> list[Markup]:
    """Each line in colour; the lexer sees them together, so that strings over several lines stay whole."""
    shown = [_shown(line) for line in lines]
    formatter: HtmlFormatter[str] = HtmlFormatter(nowrap=True)
    text = highlight("\n".join(shown), _lexer(language), formatter)
    found = text.removesuffix("\n").split("\n")
    if len(found) != len(shown):  # a lexer that made other lines of it: plain text is right as well
        return [escape(line) for line in shown]
    return [Markup(line) for line in found]  # Pygments escapes what it writes


def _shown(line: str) -> str:
    line = printable(line.replace("\t", "    "))
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 1]}…"


def _kind(line: str) -> str:
    if line.startswith(("+++", "---")):
        return "file"
    return {"+": "added", "-": "removed", "@": "hunk"}.get(line[:1], "same")


@cache
def _lexer(language: str) -> Lexer:
    options: dict[str, Any] = {"stripnl": False, "ensurenl": False}
    for name in (language, _OTHER_NAMES.get(language, "text")):
        try:
            return get_lexer_by_name(name, **options)
        except ClassNotFound:
            continue
    return get_lexer_by_name("text", **options)
