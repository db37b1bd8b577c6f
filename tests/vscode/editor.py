"""What a person does in VS Code, in the page's own terms. Every wait is for something to appear or to go."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect

from .code import Code

PATIENCE_MS = 90_000
MOST_TRIES = 6
"""How often something on the screen is asked for that may be drawn anew meanwhile: a menu, a row of the quick pick."""
ARTEFACTS = Path(__file__).parents[2] / "artefacts" / "vscode"
SQUIGGLES = ".squiggly-error, .squiggly-warning, .squiggly-info, .squiggly-hint"


class Editor:
    """A window of VS Code on one folder."""

    def __init__(self, page: Page, name: str) -> None:
        self.page = page
        self._name = name

    # -- files --

    def open(self, name: str) -> None:
        """Open a file by its name and wait for its text."""
        self.page.keyboard.press("Control+p")
        self.page.locator(".quick-input-widget input").fill(name)
        self._pick(name)
        expect(self.page.locator(".tab.active", has_text=name)).to_be_visible()
        expect(self.page.locator(".editor-instance .view-line").first).not_to_be_empty()

    def save(self) -> None:
        self.page.keyboard.press("Control+s")
        expect(self.page.locator(".tab.active.dirty")).to_have_count(0)

    def replace_text(self, text: str) -> None:
        """Put another text into the file in front, and save it."""
        self.page.locator(".editor-instance .view-line").first.click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(text)
        self.save()

    def active_file(self, name: str) -> Locator:
        """The tab in front, if it is this file's."""
        return self.page.locator(f'.tab.active[data-resource-name="{name}"]')

    def command(self, title: str) -> None:
        """Run a command of the palette by its title."""
        self.page.keyboard.press("F1")
        self.page.locator(".quick-input-widget input").fill(f">{title}")
        self._pick(title)

    def _pick(self, title: str) -> None:
        """Take a row of the quick pick. Its list is drawn anew while it searches, and a click on an old row does nothing."""
        row = self.page.locator(".quick-input-list .monaco-list-row", has_text=title).first
        for _ in range(MOST_TRIES):
            row.click()
            try:
                expect(row).to_be_hidden(timeout=PATIENCE_MS / MOST_TRIES)
                return
            except AssertionError:
                continue
        expect(row).to_be_hidden()

    # -- the text --

    def line(self, text: str) -> Locator:
        """A line on the screen that holds a text."""
        return self.page.locator(".editor-instance .view-line", has_text=text).first

    def word(self, line: str, word: str) -> Locator:
        """A piece of a line, as the editor colours it."""
        return self.line(line).locator("span span", has_text=word).first

    def squiggles(self) -> Locator:
        return self.page.locator(SQUIGGLES)

    def hover(self, place: Locator) -> Locator:
        """Rest on a place until the hover is there."""
        place.hover()
        shown = self.page.locator(".monaco-hover:not(.hidden) .monaco-hover-content").last
        expect(shown).to_be_visible()
        return shown

    def leave(self) -> None:
        """Take the mouse off the text until no hover is there."""
        self.page.mouse.move(700, 5)
        expect(self.page.locator(".monaco-hover:not(.hidden) .monaco-hover-content")).to_have_count(0)

    def put_cursor(self, place: Locator) -> None:
        place.click()

    def quick_fix(self, title: str) -> None:
        """Apply a quick fix at the cursor. The menu shows what is known when it opens: it is asked again until it has it."""
        menu = self.page.locator(".action-widget")
        fix = menu.locator(".action-item, .monaco-list-row", has_text=title).first
        for _ in range(MOST_TRIES):
            self.page.keyboard.press("Control+.")
            try:
                expect(fix).to_be_visible(timeout=PATIENCE_MS / MOST_TRIES)
                break
            except AssertionError:
                self.page.keyboard.press("Escape")
        fix.click()

    def type_at_end_of(self, line: str, text: str) -> None:
        self.line(line).click()
        self.page.keyboard.press("End")
        self.page.keyboard.type(text)

    # -- the extension --

    def status(self) -> Locator:
        """What halfopen says in the language status."""
        self.page.locator('[id="status.languageStatus"]').hover()
        return self.page.locator(".hover-language-status .element", has_text="halfopen")

    def notice(self, saying: str) -> Locator:
        """The message in the corner that says this: an earlier one may still stand beside it."""
        return self.page.locator(".notification-toast", has_text=saying)

    def activation_milliseconds(self) -> int:
        """How long VS Code took to load and activate the extension, by its own measure."""
        self.command("Show Running Extensions")
        row = self.page.locator(".runtime-extensions-editor .monaco-list-row", has_text="halfopen")
        time = row.locator(".activation-time")
        expect(time).to_have_text(re.compile(r"\d+ms"))
        found = re.search(r"(\d+)ms", time.inner_text())
        assert found is not None
        return int(found[1])

    # -- findings --

    def problems(self) -> Locator:
        """The rows of the Problems view that are findings."""
        panel = self.page.locator(".markers-panel")
        if not panel.is_visible():
            self.command("Problems: Focus on Problems View")
        expect(panel).to_be_visible()
        return panel.locator(".monaco-list-row", has=self.page.locator(".marker-source", has_text="halfopen"))

    def screenshot(self, step: str) -> None:
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=ARTEFACTS / f"{self._name}-{step}.png")


@contextmanager
def window(browser: Browser, code: Code, folder: Path, name: str) -> Iterator[Editor]:
    """VS Code on a folder; a picture is kept of what it showed last."""
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    editor = Editor(page, name)
    try:
        page.goto(f"{code.url}/?folder={os.fspath(folder)}")
        expect(page.locator(".monaco-workbench .explorer-viewlet .monaco-list-row").first).to_be_visible()
        yield editor
    finally:
        editor.screenshot("end")
        page.close()
