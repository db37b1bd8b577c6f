"""Comments that accept a finding: `# halfopen: ignore[WS1B] reason`, and `ignore-file[...]` for a whole file.

A comment at the end of a line speaks of that line, one on a line of its own of the next line of code (of the
definition, where decorators stand between). Rules are named as in the settings: by code, beginning of a code or
slug. What names no rule, lacks the reason that the settings ask for, or accepts nothing is reported.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from halfopen.audit.rule import registered_rules
from halfopen.audit.settings import Settings, names_rule
from halfopen.audit.views import Located, Suppression, SuppressionFault
from halfopen.source import SourceText

if TYPE_CHECKING:
    import tree_sitter

MARKER = b"halfopen:"
UNUSED = "unused-suppression"
INVALID = "invalid-suppression"

_DIRECTIVE = re.compile(
    r"halfopen:\s*(ignore(?:-file)?)\b(?:\[([^\]\n]*)\])?[ \t]*[-:,;]*[ \t]*(.*)", re.IGNORECASE
)
_CLOSING = re.compile(r"\s*(\*/|-->).*$", re.DOTALL)
_LEXICAL_COMMENT = re.compile(rb"(?:^|[\s;{}])(#|//|/\*|<!--)")


@dataclass(frozen=True, slots=True)
class Directive:
    """One comment. `lines` are those it speaks of, from 0; empty for the whole file. `start` to `end` is the comment."""

    path: str
    start: int
    end: int
    line: int
    lines: frozenset[int]
    whole_file: bool
    selectors: tuple[str, ...]
    reason: str
    alone: bool
    """It has its line for itself."""


def directives_in(path: str, text: SourceText, tree: tree_sitter.Tree | None) -> tuple[Directive, ...]:
    """The comments of a file that speak to halfopen. `tree` is its syntax tree; None for a file that is no code."""
    found: list[Directive] = []
    position = text.data.find(MARKER)
    last_end = 0
    while position >= 0:
        place = _comment_at(text, position, tree)
        if place is not None and place[0] >= last_end:
            directive = _directive(path, text, place, tree)
            if directive is not None:
                found.append(directive)
            last_end = place[1]
        position = text.data.find(MARKER, max(position + len(MARKER), last_end))
    return tuple(found)


def _comment_at(text: SourceText, position: int, tree: tree_sitter.Tree | None) -> tuple[int, int] | None:
    """The bytes of the comment that holds a position; None where that is no comment."""
    if tree is not None:
        node = tree.root_node.descendant_for_byte_range(position, position + 1)
        if node is None or node.type not in ("comment", "html_comment"):
            return None
        return node.start_byte, node.end_byte
    start, end = text.line_range(text.point(position).line)
    opening = _LEXICAL_COMMENT.search(text.data, start, position)
    return (
        (opening.start(1), end - len(text.data[start:end]) + len(text.data[start:end].rstrip()))
        if opening
        else None
    )


def _directive(
    path: str, text: SourceText, place: tuple[int, int], tree: tree_sitter.Tree | None
) -> Directive | None:
    start, end = place
    said = _DIRECTIVE.search(_CLOSING.sub("", text.data[start:end].decode("utf-8", "replace")))
    if said is None:
        return None
    first, last = text.point(start).line, text.point(end).line
    line_start, _ = text.line_range(first)
    _, line_end = text.line_range(last)
    before, after = text.data[line_start:start].strip(), text.data[end:line_end].strip()
    alone = before in (b"", b"{") and after in (b"", b"}")
    return Directive(
        path,
        start,
        end,
        first,
        _next_code(text, last + 1, tree) if alone else frozenset({first, last}),
        said[1].lower() == "ignore-file",
        tuple(each.strip() for each in (said[2] or "").split(",") if each.strip()),
        said[3].splitlines()[0].strip() if said[3].strip() else "",
        alone,
    )


def _next_code(text: SourceText, line: int, tree: tree_sitter.Tree | None) -> frozenset[int]:
    """The next line that holds more than a comment, and with decorators that of what they decorate."""
    while line < text.line_count:
        if not _is_blank_or_comment(text, line, tree):
            break
        line += 1
    else:
        return frozenset()
    lines = {line}
    if tree is not None and text.line_text(line).lstrip().startswith("@"):
        start = text.line_range(line)[0]
        offset = start + len(text.data[start:]) - len(text.data[start:].lstrip())
        node = tree.root_node.descendant_for_byte_range(offset, offset + 1)
        while node is not None and node.type != "decorated_definition":
            node = node.parent
        definition = node.child_by_field_name("definition") if node is not None else None
        if definition is not None:
            lines.add(definition.start_point.row)
    return frozenset(lines)


def _is_blank_or_comment(text: SourceText, line: int, tree: tree_sitter.Tree | None) -> bool:
    start, end = text.line_range(line)
    content = text.data[start:end].strip()
    if not content or tree is None:
        return not content or content.startswith(b"#")
    # In JSX a comment stands in braces.
    position = start + text.data[start:end].index(content) + content.startswith(b"{/*")
    node = tree.root_node.descendant_for_byte_range(position, position + 1)
    if node is None or node.type not in ("comment", "html_comment"):
        return False
    return text.data[node.end_byte : end].strip() in (b"", b"}")


def suppressed_by(
    located: Located, text: SourceText, directives: Iterable[Directive], settings: Settings
) -> tuple[Directive, str] | None:
    """The comment that accepts a finding, and the selector in it that names the rule."""
    finding = located.finding
    lines = {text.point(located.start).line, text.point(max(located.start, located.end)).line}
    for each in directives:
        if not each.whole_file and lines.isdisjoint(each.lines):
            continue
        if settings.require_reasons and not each.reason:
            continue
        for selector in each.selectors:
            if names_rule(selector, finding.code, finding.slug):
                return each, selector
    return None


def suppression_of(directive: Directive) -> Suppression:
    """A comment as surfaces show it beside the finding that it accepts."""
    return Suppression("comment", directive.reason, directive.path, directive.line + 1)


def faults(
    directives: Iterable[Directive],
    used: Collection[tuple[Directive, str]],
    settings: Settings,
    looked_for: Collection[str],
    text: SourceText,
) -> Iterator[SuppressionFault]:
    """What is wrong with the comments of a file whose findings are known.

    `used` are the comments with the names in them that accept something, `looked_for` the codes of the rules
    that the audit looks for in the file at all.
    """
    rules = registered_rules()
    for each in directives:
        if not each.selectors:
            form = "ignore-file" if each.whole_file else "ignore"
            yield _fault(each, INVALID, f"name the rules that are accepted: halfopen: {form}[WS1B] reason")
            continue
        unknown = [
            selector
            for selector in each.selectors
            if not any(names_rule(selector, code, one.rule.slug) for code, one in rules.items())
        ]
        for selector in unknown:
            names = [*rules, *(one.rule.slug for one in rules.values())]
            close = difflib.get_close_matches(selector, names, n=1, cutoff=0.6)
            hint = f'; did you mean "{close[0]}"?' if close else ": halfopen rules lists them"
            yield _fault(each, INVALID, f'no rule "{selector}"{hint}')
        if settings.require_reasons and not each.reason:
            yield _fault(each, INVALID, "says no reason, which the settings require: it accepts nothing")
            continue
        unused = [
            selector
            for selector in each.selectors
            if selector not in unknown
            and (each, selector) not in used
            and any(
                names_rule(selector, code, one.rule.slug) and code in looked_for
                for code, one in rules.items()
            )
        ]
        if unused:
            where = "in this file" if each.whole_file else "here"
            names = " or ".join(unused)
            whole = len(unused) == len(each.selectors)
            removal = _whole_removal(each, text) if whole else _partial_removal(each, unused, text)
            yield _fault(each, UNUSED, f"nothing is reported as {names} {where}: the comment can go", removal)


def _fault(
    directive: Directive, code: str, message: str, removal: tuple[int, int, str] | None = None
) -> SuppressionFault:
    return SuppressionFault(
        directive.path, directive.start, directive.end, directive.line + 1, code, message, removal
    )


def _whole_removal(directive: Directive, text: SourceText) -> tuple[int, int, str]:
    """The comment with its line where it stands alone, else with the blanks before it."""
    if directive.alone:
        start, _ = text.line_range(directive.line)
        last = text.point(directive.end).line
        end = text.line_range(last + 1)[0] if last + 1 < text.line_count else len(text.data)
        return start, end, ""
    before = text.data[: directive.start]
    return len(before) - (len(before) - len(before.rstrip(b" \t"))), directive.end, ""


def _partial_removal(
    directive: Directive, unused: list[str], text: SourceText
) -> tuple[int, int, str] | None:
    """The list of rules without those that accept nothing."""
    said = text.data[directive.start : directive.end]
    opening, closing = said.find(b"["), said.find(b"]")
    if not 0 <= opening < closing:
        return None
    kept = ", ".join(each for each in directive.selectors if each not in unused)
    return directive.start + opening + 1, directive.start + closing, kept
