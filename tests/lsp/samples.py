"""Code with defects, and the same code without."""

from pathlib import Path

LEAKY_TSX = """\
import { useEffect, useState } from 'react';

export function ProcessingStatus({ documentId }: { documentId: string }) {
  const [progress, setProgress] = useState(0);

  useEffect(() => {
    /* 😀 */ const ws = new WebSocket(`wss://api.example.com/ws/documents/${documentId}`);
    ws.onmessage = (event) => setProgress(JSON.parse(event.data).progress);
  }, [documentId]);

  return <progress max={100} value={progress} />;
}
"""
SOCKET = "new WebSocket(`wss://api.example.com/ws/documents/${documentId}`)"
CLEAN_TSX = LEAKY_TSX.replace("  }, [documentId]", "    return () => ws.close();\n  }, [documentId]")

LEAKY_PYTHON = """\
from collections import defaultdict

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()
watchers = defaultdict(list)


@app.websocket("/documents/{document_id}/watch")
async def watch(websocket: WebSocket, document_id: str):
    await websocket.accept()
    watchers[document_id].append(websocket)
    try:
        while True:
            await websocket.receive_text()
    except WebSocketDisconnect:
        return
"""
REGISTRATION = "watchers[document_id].append(websocket)"

API = """\
export function openProgressSocket(documentId: string, onEvent: (percent: number) => void): WebSocket {
  const ws = new WebSocket(`/api/documents/${documentId}/progress`);
  ws.onmessage = (message) => onEvent(JSON.parse(message.data).percent);
  return ws;
}
"""
LEAKY_HOOK = """\
import { useEffect, useState } from 'react';
import { openProgressSocket } from './api';

export function useProgress(documentId: string): number {
  const [percent, setPercent] = useState(0);

  useEffect(() => {
    openProgressSocket(documentId, setPercent);
  }, [documentId]);

  return percent;
}
"""
CLEAN_HOOK = LEAKY_HOOK.replace(
    "    openProgressSocket(documentId, setPercent);\n",
    "    const socket = openProgressSocket(documentId, setPercent);\n    return () => socket.close();\n",
)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8"))
    return path


def hook_and_api(root: Path, hook: str = LEAKY_HOOK) -> tuple[Path, Path]:
    """A hook that uses the socket that another file makes; the finding is in the other file."""
    return write(root / "src" / "useProgress.ts", hook), write(root / "src" / "api.ts", API)
