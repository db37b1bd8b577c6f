"""The report as one HTML file: complete, self-contained, and harmless whatever the audited code says."""

from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser
from pathlib import Path

from hypothesis import HealthCheck, given, settings

from halfopen.report.html.output import write_html
from halfopen.report.json_output import json_report
from halfopen.report.printable import one_line
from halfopen.report.result import AuditResult

from .conftest import audited, shop_in
from .hostile import results

_NAMES = """
html head meta title style body a div header h1 h2 h3 h4 p code pre span button nav ol ul li main section svg circle text
path rect g form fieldset legend label input select option article details summary dl dt dd br wbr table thead tbody tr
th td strong em footer script
"""
ALLOWED = frozenset(_NAMES.split())
VOID = frozenset({"meta", "input", "br", "wbr"})


class Page(HTMLParser):
    """What a browser makes of the text: elements, and the text of each article."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.articles: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        assert not self._open, f"left open: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag == "article":
            self.articles.append("")
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in ("style", "script"):
            return
        self.text += data
        if "article" in self._open:
            self.articles[-1] += data


def without_ticks(text: str) -> str:
    return one_line(text).replace("`", "")


def test_every_finding_of_the_json_is_in_it(shop: AuditResult) -> None:
    page = Page(write_html(shop))
    assert len(page.articles) == len(shop.shown)
    for finding in json_report(shop).findings:
        own = [each for each in page.articles if without_ticks(finding.message) in " ".join(each.split())]
        assert own, finding.message
        assert any(f"{finding.path}:{finding.line}" in each for each in own)


def test_it_needs_nothing_else(shop: AuditResult) -> None:
    text = write_html(shop)
    page = Page(text)
    assert page.tags.count("script") == 1
    loads = [each for each in page.attributes if each[1] in ("src", "srcset", "action", "data", "poster")]
    assert not loads
    assert all(value.startswith("#") for tag, name, value in page.attributes if name == "href"), (
        page.attributes
    )
    policy = next(value for tag, name, value in page.attributes if value.startswith("default-src"))
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "url(" not in text.split("</style>")[0]


def test_ids_are_unique_and_links_lead_somewhere(shop: AuditResult) -> None:
    page = Page(write_html(shop))
    ids = [value for _, name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    wanted = {value.removeprefix("#") for _, name, value in page.attributes if name == "href"}
    wanted |= {value for _, name, value in page.attributes if name == "aria-labelledby"}
    assert wanted <= set(ids)


def test_two_runs_give_the_same_bytes(tmp_path: Path) -> None:
    root = shop_in(tmp_path)
    assert write_html(audited(root)) == write_html(audited(root))


def test_nothing_to_judge(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("print('no socket here')\n", encoding="utf-8")
    assert "There is no WebSocket endpoint or client here" in Page(write_html(audited(tmp_path))).text


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(results())
def test_the_audited_code_is_never_markup(result: AuditResult) -> None:
    text = write_html(result)
    assert "\u202e" not in text
    page = Page(text)
    assert set(page.tags) <= ALLOWED
    assert page.tags.count("script") == 1
    assert not [each for each in page.attributes if each[1].startswith("on") or each[1] == "style"]
    assert all(value.startswith("#") for tag, name, value in page.attributes if name == "href")
    assert len(page.articles) == len(result.shown)
    for finding in result.shown:
        if finding.message.count("`") % 2 == 0:
            assert without_ticks(finding.message) in "".join(page.articles)


def test_five_hundred_findings_make_a_page_of_some_megabytes(shop: AuditResult) -> None:
    many = tuple(
        dataclasses.replace(each, message=f"{each.message} (number {number})")
        for number in range(500 // len(shop.findings) + 1)
        for each in shop.findings
    )
    text = write_html(dataclasses.replace(shop, findings=many))
    assert len(re.findall("<article", text)) == len(many)
    assert len(text.encode()) < 8_000 * len(many)
