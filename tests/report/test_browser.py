"""The HTML report in Chromium, as a person reads it: filter, theme, map, print, and no barriers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from halfopen.report.html.output import write_html
from halfopen.report.result import AuditResult

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
PATIENCE_MS = 60_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium without a screen."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    assert found is not None, "chromium is missing: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def report(shop: AuditResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report as a file that somebody was sent."""
    path = tmp_path_factory.mktemp("html") / "report.html"
    path.write_text(write_html(shop), encoding="utf-8")
    return path


class Opened:
    """The report in a window, with everything that it asked for or complained of."""

    def __init__(self, browser: Browser, report: Path, width: int, scheme: str) -> None:
        assert scheme in ("light", "dark")
        self.page: Page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self.page.set_default_timeout(PATIENCE_MS)
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda said: self.complaints.append(said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.url = report.as_uri()
        self.page.goto(self.url)

    def finish(self) -> None:
        self.page.close()
        assert self.complaints == []
        assert {each.split("#")[0] for each in self.requests} == {self.url}


def test_a_person_filters_changes_the_theme_and_prints(
    browser: Browser, report: Path, shop: AuditResult
) -> None:
    opened = Opened(browser, report, 1440, "light")
    page = opened.page
    cards = page.locator("article.finding:visible")
    total = len(shop.shown)
    expect(cards).to_have_count(total)

    others = sum(each.severity.name != "MEDIUM" for each in shop.shown)
    assert 0 < others < total
    page.get_by_role("checkbox", name="MEDIUM").uncheck()
    expect(cards).to_have_count(others)
    expect(page.get_by_role("status")).to_have_text(f"{others} of {total} shown")
    page.get_by_role("button", name="Reset").click()
    expect(cards).to_have_count(total)

    page.keyboard.press("/")
    page.keyboard.type("WS2B")
    expect(cards).to_have_count(1)
    expect(cards.locator("h3")).to_contain_text("Uniform retries")
    page.get_by_role("searchbox").fill("no such words anywhere")
    expect(page.get_by_text("No finding fits the filter.")).to_be_visible()
    page.get_by_role("button", name="Reset").click()

    page.get_by_label("Chapter").select_option("8")
    expect(cards).to_have_count(sum(each.code.startswith("WS8") for each in shop.shown))
    page.get_by_role("button", name="Reset").click()
    page.get_by_label("File").select_option("api/main.py")
    expect(cards).to_have_count(sum(each.place.path == "api/main.py" for each in shop.shown))
    page.get_by_role("button", name="Reset").click()

    page.locator("#map svg a", has_text="useOrders").click()
    expect(cards).to_have_count(sum("useOrders" in each.connection for each in shop.shown))
    page.get_by_role("button", name="Reset").click()

    page.locator("#plan a").first.click()
    expect(page.locator(f"article{page.evaluate('location.hash')} .body")).to_be_visible()

    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_role("button", name="Dark theme").click()
    assert page.evaluate(ground) != light
    page.reload()
    assert page.evaluate(ground) != light, "the choice is kept"
    page.get_by_role("button", name="Light theme").click()
    assert page.evaluate(ground) == light

    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("article.finding details:not([open])").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="print")
    expect(page.locator("form.filter")).to_be_hidden()
    assert len(page.pdf()) > 10_000
    opened.finish()


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (900, "light"), (1440, "dark")])
def test_it_has_no_barriers_and_fits(browser: Browser, report: Path, width: int, scheme: str) -> None:
    assert AXE.is_file(), "axe-core is missing: make test installs it"
    opened = Opened(browser, report, width, scheme)
    page = opened.page
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="Unfold all").click()
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        "axe.run().then((result) => result.violations.map((each) => "
        "`${each.id}: ${each.help}: ${each.nodes.slice(0, 3).map((node) => node.html).join(' ')}`))"
    )
    assert found == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    opened.finish()
