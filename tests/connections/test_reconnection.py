"""The facts of the groups `reconnection` and `closing`, from small samples of code."""

from __future__ import annotations

from pathlib import Path

import pytest

from halfopen.connections.closing.facts import Closing
from halfopen.connections.facts import Known
from halfopen.connections.reconnection.facts import Delay, Reconnection

from .finding import dossiers

CONNECT = """
let attempts = 0;
export function connect() {{
  const ws = new WebSocket('wss://h/ws');
  ws.onopen = () => {{ attempts = 0; }};
  ws.onclose = (event) => {{ {close} }};
}}
"""


def reconnection(root: Path, files: dict[str, str]) -> Reconnection:
    made = [each.reconnection for each in dossiers(root, files)[1] if each.connection.side == "client"]
    assert len(made) == 1
    assert made[0] is not None
    return made[0]


def closing(root: Path, files: dict[str, str], side: str) -> Closing:
    [made] = [each.closing for each in dossiers(root, files)[1] if each.connection.side == side]
    assert made is not None
    return made


DELAYS = [
    ("3000", "fixed", 3000, 3000, "none"),
    ("Math.random() * 5000", "fixed", 5000, 5000, "per_attempt"),
    ("1000 * attempts++", "linear", 1000, None, "none"),
    ("1000 * 2 ** attempts++", "exponential", 1000, None, "none"),
    ("Math.min(1000 * Math.pow(2, attempts++), 30_000)", "exponential", 1000, 30_000, "none"),
    ("[1000, 2000, 8000][attempts++] ?? 8000", "table", 1000, 8000, "none"),
    ("Math.min(30_000, 500 * 1.5 ** attempts++) * (0.5 + Math.random() / 2)", "exponential", 500, 30_000, "per_attempt"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "growth", "initial", "longest", "jitter"), DELAYS)
def test_a_delay_is_evaluated(
    tmp_path: Path, expression: str, growth: str, initial: float, longest: float | None, jitter: str
) -> None:
    facts = reconnection(tmp_path, {"a.ts": CONNECT.format(close=f"setTimeout(connect, {expression});")})
    assert facts.automatic == Known(True, facts.automatic.evidence)
    assert facts.first is not None
    assert isinstance(facts.first.delay, Known)
    delay = facts.first.delay.value
    assert isinstance(delay, Delay)
    assert (delay.growth, delay.jitter) == (growth, jitter)
    if jitter == "none":
        assert (delay.initial_ms, delay.max_ms) == (initial, longest)


STARTS = [
    ("attempts++; const wait = 1000 * 2 ** attempts; setTimeout(connect, wait);", 2000),
    ("attempts += 1; setTimeout(connect, 1000 * 2 ** (attempts - 1));", 1000),
    ("const wait = 1000 * 2 ** attempts; attempts++; setTimeout(connect, wait);", 1000),
    ("setTimeout(() => { attempts++; connect(); }, 1000 * 2 ** attempts);", 1000),
    ("const next = attempts + 1; attempts = next; setTimeout(connect, 1000 * 2 ** next);", 2000),
]


@pytest.mark.parametrize(("close", "initial"), STARTS)
def test_what_the_attempts_count_from_sets_the_first_delay(
    tmp_path: Path, close: str, initial: float
) -> None:
    facts = reconnection(tmp_path, {"a.ts": CONNECT.format(close=close)})
    assert facts.first is not None
    assert isinstance(facts.first.delay, Known)
    delay = facts.first.delay.value
    assert (delay.growth, delay.initial_ms, delay.wait_ms(2)) == ("exponential", initial, initial * 4)


def test_constants_of_other_modules_fields_and_options_count(tmp_path: Path) -> None:
    files = {
        "config.ts": "export const WS = { base: 250, max: 4000 };",
        "a.ts": """
        import { WS } from './config';
        export class Feed {
          private delay = WS.base;
          open() {
            const ws = new WebSocket('wss://h/ws');
            ws.onclose = () => {
              setTimeout(() => this.open(), this.delay);
              this.delay = Math.min(this.delay * 2, WS.max);
            };
          }
        }
        """,
    }
    first = reconnection(tmp_path, files).first
    assert first is not None
    assert isinstance(first.delay, Known)
    assert first.delay.value == Delay("exponential", 250, 4000, "none", 2)


def test_a_delay_that_a_helper_makes_of_the_last_one_has_the_helpers_bound(tmp_path: Path) -> None:
    sample = """
    const longer = (ms: number) => Math.min(ms * 2, 30_000);
    export class Feed {
      delay = 1_000;
      connect() {
        const ws = new WebSocket('wss://h/ws');
        ws.onclose = () => this.again();
      }
      again() {
        const delay = this.delay;
        this.delay = longer(this.delay);
        setTimeout(() => this.connect(), delay);
      }
    }
    """
    first = reconnection(tmp_path, {"a.ts": sample}).first
    assert first is not None
    assert isinstance(first.delay, Known)
    assert first.delay.value == Delay("exponential", 1000, 30_000, "none", 2)


CONDITIONS = [
    ("setTimeout(connect, 1);", None, None),
    ("if (event.code !== 1000) setTimeout(connect, 1);", 1000, None),
    ("if (event.code === 4001) return; setTimeout(connect, 1);", 4001, None),
    ("if (![1008, 4401].includes(event.code)) setTimeout(connect, 1);", 4401, None),
    ("switch (event.code) { case 1008: break; default: setTimeout(connect, 1); }", 1008, None),
    ("if (!event.wasClean) setTimeout(connect, 1);", 1012, None),
    ("if (attempts++ < 5) setTimeout(connect, 1);", None, 5),
    ("if (attempts >= 3) return; attempts += 1; setTimeout(connect, 1);", None, 3),
]


@pytest.mark.parametrize(("close", "not_retried", "limit"), CONDITIONS)
def test_codes_and_limits_are_read_from_the_conditions(
    tmp_path: Path, close: str, not_retried: int | None, limit: int | None
) -> None:
    facts = reconnection(tmp_path, {"a.ts": CONNECT.format(close=close)})
    assert facts.first is not None
    assert (facts.first.codes is None) == (not_retried is None)
    assert not_retried is None or (facts.first.codes is not None and not_retried not in facts.first.codes)
    assert facts.first.codes is None or 1006 in facts.first.codes
    assert isinstance(facts.attempts, Known)
    assert facts.attempts.value == limit


def test_who_is_handed_in_from_outside_leaves_it_open(tmp_path: Path) -> None:
    code = "export function open(onEnd: () => void) { const ws = new WebSocket('wss://h'); ws.onclose = () => onEnd(); }"
    assert not isinstance(reconnection(tmp_path, {"a.ts": code}).automatic, Known)


LIBRARIES = [
    ("import useWebSocket from 'react-use-websocket'", "useWebSocket('wss://h')", False),
    ("import useWebSocket from 'react-use-websocket'", "useWebSocket('wss://h', { shouldReconnect: () => true })", True),
    ("import useWebSocket from 'react-use-websocket'", "useWebSocket('wss://h', { shouldReconnect: () => false })", False),
    ("import Socket from 'reconnecting-websocket'", "new Socket('wss://h')", True),
    ("import { io } from 'socket.io-client'", "io('https://h')", True),
    ("import { io } from 'socket.io-client'", "io('https://h', { reconnection: false })", False),
]  # fmt: skip


@pytest.mark.parametrize(("imports", "call", "automatic"), LIBRARIES)
def test_libraries_reconnect_as_their_defaults_and_options_say(
    tmp_path: Path, imports: str, call: str, automatic: bool
) -> None:
    facts = reconnection(
        tmp_path, {"a.ts": f"{imports};\nexport function useIt() {{\n  return {call};\n}}\n"}
    )
    assert isinstance(facts.automatic, Known)
    assert facts.automatic.value is automatic


@pytest.mark.parametrize(("name", "ways"), [("retry", ["library", "manual"]), ("start", ["library"])])
def test_a_button_has_a_library_connect_again(tmp_path: Path, name: str, ways: list[str]) -> None:
    code = f"""
import {{ useCallback, useEffect, useRef }} from 'react';
import {{ io, type Socket }} from 'socket.io-client';

export function useFeed() {{
  const held = useRef<Socket | null>(null);
  useEffect(() => {{
    const socket = io('https://h', {{ reconnectionAttempts: 5 }});
    held.current = socket;
    return () => {{
      socket.disconnect();
    }};
  }}, []);
  const {name} = useCallback(() => {{
    held.current?.connect();
  }}, []);
  return {{ {name} }};
}}
"""
    assert [each.kind for each in reconnection(tmp_path, {"web/useFeed.ts": code}).triggers] == ways


CLOSES = [
    ("await websocket.close(code=4001, reason='bad token')\n    await websocket.accept()", 4001, "refusal", True),
    ("await websocket.accept()\n    await websocket.close()", 1000, "unknown", False),
    ("await websocket.accept()\n    await websocket.close(status.WS_1011_INTERNAL_ERROR)", 1011, "unknown", False),
    ("await websocket.accept()\n    try:\n        await work()\n    except Exception:\n        await websocket.close()", 1000, "error", False),
    ("await websocket.accept()\n    try:\n        await work()\n    finally:\n        await websocket.close()", 1000, "end", False),
    ("await websocket.accept()\n    await websocket.close(1000, 'idle timeout')", 1000, "timeout", False),
]  # fmt: skip


@pytest.mark.parametrize(("body", "code", "why", "before"), CLOSES)
def test_the_closes_of_an_endpoint(tmp_path: Path, body: str, code: int, why: str, before: bool) -> None:
    head = (
        "from fastapi import FastAPI, WebSocket, status\n\napp = FastAPI()\n\n\n"
        '@app.websocket("/ws")\nasync def endpoint(websocket: WebSocket):\n    '
    )
    [close] = closing(tmp_path, {"main.py": head + body + "\n"}, "server").closes
    assert isinstance(close.code, Known)
    assert isinstance(close.before_accept, Known)
    assert (close.code.value, close.why, close.before_accept.value) == (code, why, before)


@pytest.mark.parametrize(
    ("close", "asks", "told_apart"),
    [
        ("console.log(event.code); connect();", False, ()),
        ("if (event.code === 4401) return; connect();", True, (4401,)),
        (
            "const { code } = event; if (code === 1008 || code === 4003) return; connect();",
            True,
            (1008, 4003),
        ),
    ],
)
def test_what_a_client_makes_of_the_code(
    tmp_path: Path, close: str, asks: bool, told_apart: tuple[int, ...]
) -> None:
    facts = closing(tmp_path, {"a.ts": CONNECT.format(close=close)}, "client")
    assert isinstance(facts.asks_code, Known)
    assert (facts.asks_code.value, facts.told_apart) == (asks, told_apart)
