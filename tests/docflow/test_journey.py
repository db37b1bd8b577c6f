"""A person with several documents, and all that can fail between them and the server, in a real browser."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser, FilePayload, Locator, Page, expect

from .stack import PASSWORD, USER, Stack

PATIENCE_MS = 40_000
SLOW_STEP_SECONDS = 4.0
"""17 of them make a document, which is therefore not finished before the server is killed."""
QUICK_STEP_SECONDS = 0.05


def test_documents_are_watched_through_a_cut_and_a_crash(
    stack: Stack, chromium: Browser, tmp_path: Path
) -> None:
    stack.start_server(SLOW_STEP_SECONDS)
    stack.start_proxy()
    page = chromium.new_page(viewport={"width": 900, "height": 760})
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console", lambda said: errors.append(said.text) if "Content Security Policy" in said.text else None
    )

    page.goto(stack.url)
    sign_in(page)
    expect(status(page)).to_have_text("Live")
    page.locator("input[type=file]").set_input_files([text("report"), text("minutes"), text("letter")])
    expect(page.locator(".documents li")).to_have_count(3)
    expect(row(page, "report").locator(".stage")).to_have_text("Extracting")
    expect(page.locator("progress:not([value='0'])")).to_have_count(3)

    row(page, "letter").get_by_role("button", name="Cancel").click()
    expect(row(page, "letter").locator(".stage")).to_have_text("Cancelled")

    stack.stop_proxy()
    expect(status(page)).to_have_text("Connection lost.")
    expect(page.get_by_label("Connection")).to_contain_text(re.compile(r"Last update \d+ s ago"))
    expect(row(page, "report").locator(".stage")).to_have_text(re.compile("Extracting|Analysing"))
    stack.start_proxy()
    expect(status(page)).to_have_text("Live")

    stack.kill_server()
    expect(status(page)).to_have_text("Connection lost.")
    stack.start_server(QUICK_STEP_SECONDS)
    expect(status(page)).to_have_text("Live")
    for name in ("report", "minutes"):
        expect(row(page, name).locator(".stage")).to_have_text("Completed")
        expect(row(page, name)).to_contain_text("4 words")
    expect(row(page, "letter").locator(".stage")).to_have_text("Cancelled")
    assert errors == []

    # A network that lets no socket through: documents are uploaded and complete all the same.
    page.route_web_socket(re.compile("/ws"), lambda socket: socket.close(code=1013))
    page.reload()
    page.locator("input[type=file]").set_input_files([text("memo")])
    expect(row(page, "memo").locator(".stage")).to_have_text("Completed")
    expect(status(page)).not_to_have_text("Live")

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    page.close()

    stack.stop()
    logged = stack.logs + (stack.here / "access.log").read_text(encoding="utf-8")
    assert "socket of ada opens" in logged
    assert re.search(r"/ws\?\S*ticket=…", logged)
    assert not re.search(r"ticket=[\w-]", logged)


def sign_in(page: Page) -> None:
    page.get_by_label("User").fill(USER)
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("Unknown user, or wrong password.")
    page.get_by_label("User").fill(USER)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def status(page: Page) -> Locator:
    return page.get_by_role("status")


def row(page: Page, name: str) -> Locator:
    return page.locator(".documents li", has=page.get_by_text(f"{name}.txt", exact=True))


def text(name: str) -> FilePayload:
    return {"name": f"{name}.txt", "mimeType": "text/plain", "buffer": f"the {name} says so".encode()}
