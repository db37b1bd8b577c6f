"""What a client's sends, and what brings it up to date: read from small samples."""

from __future__ import annotations

from pathlib import Path

import pytest

from .finding import dossiers

_FRAME = """
let ws: WebSocket;
export function connect() {{
  ws = new WebSocket("wss://h/ws");
  ws.onopen = () => {{ {opened} }};
  ws.onmessage = (event) => {{ {received} }};
  return () => ws.close();
}}
function act(text: string) {{
  {act}
}}
document.querySelector("#go")!.addEventListener("click", () => act("x"));
"""


def _files(act: str = "", opened: str = "", received: str = "") -> dict[str, str]:
    return {"src/live.ts": _FRAME.format(act=act, opened=opened, received=received)}


@pytest.mark.parametrize(
    ("act", "guard", "refusal"),
    [
        ("ws.send(text);", "none", "silent"),
        ("if (ws) ws.send(text);", "present", "silent"),
        ("if (ws.readyState === WebSocket.OPEN) ws.send(text);", "open", "silent"),
        ("if (ws.readyState === 1) { ws.send(text); } else { console.warn('no'); }", "open", "logged"),
        ("if (ws?.readyState !== WebSocket.OPEN) throw new Error('no'); ws.send(text);", "open", "throws"),
        ("if (ws.readyState !== WebSocket.OPEN) { alert('no'); return; } ws.send(text);", "open", "shown"),
        ("if (ws.readyState === WebSocket.OPEN) ws.send(text); else later.push(text);", "open", "queued"),
        ("const isOpen = ws.readyState === WebSocket.OPEN; if (isOpen) ws.send(text);", "open", "silent"),
    ],
)
def test_a_send_has_its_guard_and_what_is_refused(tmp_path: Path, act: str, guard: str, refusal: str) -> None:
    _, [dossier] = dossiers(tmp_path, _files(act))
    assert dossier.delivery is not None
    [send] = dossier.delivery.sends
    assert (send.guard, send.refusal, send.triggers) == (guard, refusal, ("user",))


@pytest.mark.parametrize(
    ("message", "purpose"),
    [
        ("'ping'", "heartbeat"),
        ("JSON.stringify({ type: 'subscribe', topic: text })", "subscription"),
        ("JSON.stringify({ action: 'auth', token: text })", "authentication"),
        ("JSON.stringify({ event: 'typing' })", "presence"),
        ("`start ${JSON.stringify({ text })}`", "command"),
        ("text", "command"),
    ],
)
def test_a_message_has_its_purpose(tmp_path: Path, message: str, purpose: str) -> None:
    _, [dossier] = dossiers(tmp_path, _files(f"ws.send({message});"))
    assert dossier.delivery is not None
    assert [each.purpose for each in dossier.delivery.sends] == [purpose]


@pytest.mark.parametrize(
    ("opened", "received", "caught"),
    [
        ("fetch('/api/state');", "", [("fetch", "open")]),
        ("queryClient.invalidateQueries();", "", [("refresh", "open")]),
        ("ws.send(JSON.stringify({ type: 'get_state' }));", "", [("message", "open")]),
        ("", "if (JSON.parse(event.data).type === 'welcome') fetch('/api/state');", [("fetch", "greeting")]),
        ("fetch('/api/seen', { method: 'POST' });", "", []),
        ("console.log('open');", "", []),
    ],
)
def test_what_brings_a_client_up_to_date(
    tmp_path: Path, opened: str, received: str, caught: list[tuple[str, str]]
) -> None:
    _, [dossier] = dossiers(tmp_path, _files(opened=opened, received=received))
    assert dossier.delivery is not None
    assert [(each.kind, each.trigger) for each in dossier.delivery.catch_up] == caught
