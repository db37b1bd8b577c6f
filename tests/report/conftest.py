"""A small shop with a flawed live page, audited; and the full report of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from halfopen.audit.engine import Auditor
from halfopen.audit.settings import Settings
from halfopen.report.gather import gather
from halfopen.report.result import AuditResult

FILES = {
    "api/main.py": """\
from fastapi import FastAPI, WebSocket

app = FastAPI()
watchers: list[WebSocket] = []


@app.post("/orders")
async def order(body: dict):
    for watcher in watchers:
        await watcher.send_json({"type": "order", "body": body})


@app.websocket("/ws/orders/{shop_id}")
async def orders(websocket: WebSocket, shop_id: str):
    await websocket.accept()
    watchers.append(websocket)
    while True:
        await websocket.receive_text()
""",
    "web/useOrders.tsx": """\
import { useEffect, useState } from "react";

export function useOrders(shopId: string) {
  const [orders, setOrders] = useState<string[]>([]);
  useEffect(() => {
    let socket: WebSocket;
    const connect = () => {
      socket = new WebSocket(`wss://${window.location.host}/ws/orders/${shopId}`);
      socket.onmessage = (event) => setOrders((all) => [...all, JSON.parse(event.data).body]);
      socket.onclose = () => setTimeout(connect, 2000);
    };
    connect();
  }, [shopId]);
  return orders;
}
""",
    "web/OrderList.tsx": """\
import { useOrders } from "./useOrders";

export function OrderList({ shopId }: { shopId: string }) {
  const orders = useOrders(shopId);
  return <ul>{orders.map((order) => <li key={order}>{order}</li>)}</ul>;
}
""",
    "docker-compose.yml": """\
services:
  api:
    build: .
    command: uvicorn api.main:app --host 0.0.0.0 --port 9000 --workers 4
    ports: ["9000:9000"]
""",
    "requirements.txt": "fastapi==0.115.0\nuvicorn==0.34.0\nwebsockets==14.1\n",
}


def audited(root: Path, settings: Settings | None = None) -> AuditResult:
    """The finished audit of a directory."""
    auditor = Auditor(root, settings or Settings())
    auditor.refresh()
    return gather(auditor, ".")


def shop_in(root: Path) -> Path:
    """The shop as a directory of that name."""
    for name, text in FILES.items():
        path = root / "shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root / "shop"


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> AuditResult:
    """The audit of the shop."""
    return audited(shop_in(tmp_path_factory.mktemp("report")))
