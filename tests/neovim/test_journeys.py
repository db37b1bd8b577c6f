"""What a user of Neovim does: open, read the finding, ask what it means, fix it, save, see it vanish."""

import os
import signal
from pathlib import Path

import pytest

from .editor import REPOSITORY, Editor, wait_for_end

FIXTURES = REPOSITORY / "fixtures" / "rules" / "WS1B"


def copy(fixture: str, project: Path) -> Path:
    """A fixture, without the comments that say what is expected of it."""
    target = project / Path(fixture).name
    text = (FIXTURES / fixture).read_text(encoding="utf-8")
    target.write_text(text.replace(" // expect: WS1B", "").replace("  # expect: WS1B", ""), encoding="utf-8")
    return target


@pytest.mark.parametrize(
    ("fixture", "bad_line", "cleanup"),
    [
        ("react/bad_effect_without_cleanup.tsx", "new WebSocket(", "ws.close()"),
        ("python/bad_never_removed.py", "watchers[document_id].append(websocket)", "finally:"),
    ],
    ids=["tsx", "python"],
)
def test_a_finding_is_explained_fixed_and_gone_after_the_save(
    neovim: Editor, project: Path, fixture: str, bad_line: str, cleanup: str
) -> None:
    path = copy(fixture, project)
    neovim.open(path)

    [finding] = neovim.diagnostics("WS1B")
    assert finding.source == "halfopen"
    assert bad_line in neovim.text().splitlines()[finding.line]

    neovim.go_to(finding)
    explanation = neovim.hover()
    assert "WS1B" in explanation
    assert "How to verify" in explanation

    assert cleanup not in neovim.text()
    neovim.apply_fix(neovim.fix_titles()[0])
    neovim.save()
    neovim.wait_until_gone("WS1B")
    assert cleanup in path.read_text(encoding="utf-8")


def test_a_defect_that_is_typed_appears_with_the_save(neovim: Editor, project: Path) -> None:
    path = copy("react/good_cleanup.tsx", project)
    neovim.open(path)
    neovim.replace("    return () => ws.close();\n", "")
    neovim.save()
    assert neovim.diagnostics("WS1B")


HOOK = """\
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
ENDPOINT = """\
from fastapi import FastAPI, WebSocket

app = FastAPI()


@app.websocket("/ws/processing/{document_id}")
async def processing(websocket: WebSocket, document_id: str) -> None:
    await websocket.accept()
    async for message in websocket.iter_json():
        if message["type"] == "abort":
            await websocket.send_json({"percent": 0})
"""


def test_from_the_client_to_its_endpoint_and_a_finding_that_goes_when_that_is_fixed(
    neovim: Editor, project: Path
) -> None:
    hook, endpoint = project / "useProcessing.ts", project / "main.py"
    hook.write_text(HOOK, encoding="utf-8")
    endpoint.write_text(ENDPOINT, encoding="utf-8")
    neovim.open(hook)
    [finding] = neovim.diagnostics("WS8G")
    assert "`cancel`" in finding.message

    assert neovim.jump("/ws/processing") == (
        "main.py",
        "async def processing(websocket: WebSocket, document_id: str) -> None:",
    )
    neovim.replace('"abort"', '"cancel"')
    neovim.save()
    neovim.open(hook)
    neovim.wait_until_gone("WS8G")


def test_the_server_ends_when_the_editor_is_killed(neovim: Editor, project: Path) -> None:
    neovim.open(copy("react/bad_effect_without_cleanup.tsx", project))
    servers = neovim.children()
    assert servers
    os.kill(neovim.pid, signal.SIGKILL)
    assert all(wait_for_end(server) for server in servers)
