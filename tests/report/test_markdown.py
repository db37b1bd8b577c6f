"""The report as Markdown: complete, the same each time, and harmless whatever the audited code says."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from markdown_it import MarkdownIt
from markdown_it.token import Token
from syrupy.assertion import SnapshotAssertion

from halfopen.audit.settings import Settings
from halfopen.report.json_output import json_report
from halfopen.report.markdown_output import code_span, fence, prose, write_markdown
from halfopen.report.result import AuditResult

from .conftest import audited, shop_in
from .hostile import results

SECTIONS = (
    "Environment and assumptions",
    "Readiness score",
    "Top 3 fixes",
    "Findings",
    "Suspicious patterns",
    "Summary and action plan",
    "Monitoring to add before deploying",
    "Testing recommendations",
    "Looked for and not reported",
    "Needs confirmation",
)
PARTS = (
    "**Location:**",
    "**Risk Category:**",
    "**The Problem:**",
    "**Reliability Impact:**",
    "Confidence: ",
    "**How to Verify:**",
    "**The Fix:**",
    "**Trade-off Consideration:**",
)


def tokens_of(text: str) -> list[Token]:
    """Every token, those within paragraphs too."""
    found: list[Token] = []
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        found += [token, *(token.children or ())]
    return found


def plain(markdown: str) -> str:
    """Without the backticks that set names as code, and the escapes that code does not need."""
    return re.sub(r"[`\\]", "", markdown)


def test_it_reads_like_this(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    result = audited(shop_in(tmp_path), Settings(select=("WS1B", "WS2B")))
    assert write_markdown(result) == snapshot


def test_it_has_every_section_in_order(shop: AuditResult) -> None:
    headings = re.findall(r"^## ([^:\n]+)", write_markdown(shop), re.MULTILINE)
    assert tuple(headings[: len(SECTIONS)]) == SECTIONS


def test_each_finding_has_the_mandatory_form(shop: AuditResult) -> None:
    parts = re.split(r"^### F\d+\. ", write_markdown(shop).split("\n## Summary")[0], flags=re.MULTILINE)[1:]
    assert len(parts) == len(shop.shown)
    for part in parts:
        assert re.search(r"\*\*\[SEVERITY: (CRITICAL|HIGH|MEDIUM|MONITOR)\]\*\*", part)
        places = [part.index(each) for each in PARTS]
        assert places == sorted(places)
        problem = part[places[2] : places[3]].split("\n\n")[0]
        assert 2 <= len(re.findall(r"[.!?](?=\s|$)", problem)) <= 4, problem
        assert "```" in part[places[6] :], "the fix shows code"


def test_it_says_what_is_known_of_this_code(shop: AuditResult) -> None:
    text = write_markdown(shop)
    assert "# WebSocket reliability audit of `shop`" in text
    assert "With 4 processes a message reaches about 25 % of the clients" in text
    assert "Every 2 s, in the same moment: 1,000 pages" in text
    assert "docker compose --file docker-compose.yml restart api" in text
    assert "ws://localhost:9000/ws/orders/1" in text
    assert "**Needs Confirmation.** Look at: what stands in front of the server" in text
    assert "+++ api/main.py" in text
    assert "+        watchers.remove(websocket)" in text


def test_every_finding_of_the_json_is_in_it(shop: AuditResult) -> None:
    text = write_markdown(shop)
    for finding in json_report(shop).findings:
        assert plain(prose(finding.message)) in plain(text)
        assert f"**Location:** `{finding.path}` : {finding.line}" in text


def test_two_runs_give_the_same_bytes(tmp_path: Path) -> None:
    root = shop_in(tmp_path)
    assert write_markdown(audited(root)) == write_markdown(audited(root))


def test_nothing_to_judge(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("print('no socket here')\n", encoding="utf-8")
    assert "There is no WebSocket endpoint or client here" in write_markdown(audited(tmp_path))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(results())
def test_the_audited_code_is_never_markup(result: AuditResult) -> None:
    text = write_markdown(result)
    assert "\x1b" not in text
    assert "\u202e" not in text
    tokens = tokens_of(text)
    shown = len(result.shown)
    anchors = [each.content for each in tokens if each.type in ("html_inline", "html_block")]
    assert [each.strip() for each in anchors if each.strip() != "</a>"] == [
        anchor for number in range(1, shown + 1) for anchor in [f'<a id="f{number}">']
    ]
    links = [str(each.attrs["href"]) for each in tokens if each.type == "link_open"]
    assert all(re.fullmatch(r"#f\d+", each) for each in links), links
    assert not [each for each in tokens if each.type == "image"]
    headings = [each for each in tokens if each.type == "heading_open" and each.tag == "h2"]
    assert len(headings) == len(SECTIONS)


@given(results())
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_finding_is_in_it_whatever_its_words(result: AuditResult) -> None:
    text = write_markdown(result)
    for finding in result.shown:
        assert code_span(finding.place.path) in text
        assert plain(prose(finding.message)) in plain(text)


def test_code_cannot_leave_its_fence() -> None:
    hostile = "```\n````\n# heading\n~~~"
    found = [each for each in tokens_of(fence(hostile, "py")) if each.type == "fence"]
    assert [each.content.strip() for each in found] == [hostile]
