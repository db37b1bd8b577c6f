"""The flawed application that the editor is opened on."""

from __future__ import annotations

from pathlib import Path

HOOK = """\
import { useEffect, useState } from 'react';

export function useProgress(documentId: string): number {
  const [percent, setPercent] = useState(0);

  useEffect(() => {
    const ws = new WebSocket(`/ws/documents/${documentId}`);
    ws.onmessage = (event) => setPercent(JSON.parse(event.data).percent);
  }, [documentId]);

  return percent;
}
"""
MAIN = """\
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()
watchers: list[WebSocket] = []


@app.websocket("/ws/documents/{document_id}")
async def document_progress(websocket: WebSocket, document_id: str) -> None:
    await websocket.accept()
    watchers.append(websocket)
    try:
        while True:
            await websocket.receive_text()
    except WebSocketDisconnect:
        watchers.remove(websocket)
"""
SETTINGS = '[tool.halfopen]\nselect = ["WS1B"]\n'


def written(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def docflow(root: Path) -> Path:
    """A client and its endpoint, each with a connection that outlives its owner."""
    return written(root, {"web/useProgress.ts": HOOK, "api/main.py": MAIN, "pyproject.toml": SETTINGS})
