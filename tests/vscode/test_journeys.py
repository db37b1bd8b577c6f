"""A real VS Code in a real browser: what a person sees and does with a flawed application."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect

from .applications import written
from .code import Code
from .editor import window

COMMANDING_HOOK = """\
import { useEffect, useRef } from 'react';

export function useProcessing(documentId: string) {
  const socket = useRef<WebSocket | null>(null);

  useEffect(() => {
    const ws = new WebSocket(`/ws/processing/${documentId}`);
    socket.current = ws;
    return () => ws.close();
  }, [documentId]);

  return () => socket.current?.send(JSON.stringify({ type: 'cancel' }));
}
"""
COMMANDED = """\
from fastapi import FastAPI, WebSocket

app = FastAPI()


@app.websocket("/ws/processing/{document_id}")
async def processing(websocket: WebSocket, document_id: str) -> None:
    await websocket.accept()
    async for message in websocket.iter_json():
        if message["type"] == "abort":
            await websocket.send_json({"percent": 0})
"""


def test_a_finding_is_seen_read_and_fixed(vscode: Code, browser: Browser, application: Path) -> None:
    with window(browser, vscode, application, "finding") as editor:
        editor.open("useProgress.ts")
        expect(editor.squiggles()).to_have_count(1)
        expect(editor.problems()).to_have_count(2)
        expect(editor.problems().first).to_contain_text("WS1B")
        editor.screenshot("problems")

        hover = editor.hover(editor.word("new WebSocket", "WebSocket"))
        for part in ("The problem", "How to verify", "Trade-off", "HIGH · high confidence"):
            expect(hover).to_contain_text(part)
        editor.screenshot("hover")
        editor.leave()

        editor.put_cursor(editor.word("new WebSocket", "WebSocket"))
        editor.quick_fix("in the effect's cleanup")
        editor.leave()
        expect(editor.line("ws.close();")).to_be_visible()
        editor.save()
        expect(editor.squiggles()).to_have_count(0)
        expect(editor.problems()).to_have_count(1)
        editor.screenshot("fixed")
    assert "ws.close();" in (application / "web/useProgress.ts").read_text(encoding="utf-8")


def test_from_the_client_to_its_endpoint_and_back(vscode: Code, browser: Browser, application: Path) -> None:
    with window(browser, vscode, application, "jump") as editor:
        editor.open("useProgress.ts")
        expect(editor.squiggles()).to_have_count(1)
        lens = editor.page.locator(".codelens-decoration")
        expect(lens.first).to_contain_text("1 HIGH; readiness")
        expect(lens.first).to_contain_text("endpoint: document_progress")
        editor.screenshot("lens")

        editor.put_cursor(editor.word("new WebSocket", "documents"))
        editor.page.keyboard.press("F12")
        expect(editor.active_file("main.py")).to_be_visible()
        expect(editor.line("async def document_progress")).to_be_visible()

        editor.put_cursor(editor.word("@app.websocket", "documents"))
        editor.page.keyboard.press("Shift+F12")
        expect(editor.active_file("useProgress.ts")).to_be_visible()

        hover = editor.hover(editor.word("new WebSocket", "WebSocket"))
        hover.get_by_role("link", name="WS1B unclosed-connection").click()
        expect(editor.active_file("rule.md")).to_be_visible()


def test_a_finding_in_the_client_goes_when_the_server_is_fixed(
    vscode: Code, browser: Browser, tmp_path: Path
) -> None:
    files = {
        "web/useProcessing.ts": COMMANDING_HOOK,
        "api/main.py": COMMANDED,
        "halfopen.toml": 'select = ["WS8G"]\n',
    }
    folder = written(tmp_path / "docflow", files)
    with window(browser, vscode, folder, "both-sides") as editor:
        editor.open("useProcessing.ts")
        expect(editor.squiggles()).to_have_count(1)
        expect(editor.problems()).to_contain_text(
            ["sends `cancel`, and no branch of `processing` handles it"]
        )
        editor.screenshot("unhandled")

        editor.open("main.py")
        editor.word('message["type"]', "abort").dblclick()
        editor.page.keyboard.type("cancel")
        editor.save()
        expect(editor.problems()).to_have_count(0)
        editor.open("useProcessing.ts")
        expect(editor.squiggles()).to_have_count(0)
