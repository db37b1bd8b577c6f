"""The specification's own example snippets have faults, and the audit finds them.

`fixtures/specification` holds each snippet with the least code that makes it whole. The numbers are those of the
faults by snippet: 1 the reconnect delay, 2 the bounded queue, 3 the heartbeat, 4 the close codes, 5 the hook with the
latest handler, 6 the endpoint, 7 the connection manager, 8 the cleanup on unmount, 9 the safe send, 10 the store and
its middleware.

No check covers these, and why:

1. Jitter that comes after the bound (33 s for 30 s): the retry is late by a tenth and nothing fails. A bound that
   conflicts with a recovery within 5 s: every growing delay does, and the spread is worth more.
2. No bound in bytes, no lifetime, no ids of messages: the count is a bound, and an id only matters where a message
   comes twice. `Optional` given to `>=` is the type checker's. What the title says of eviction and the code does not
   do is a matter of words: whether the newest or the oldest may go is the product's choice, and the count of what
   went is kept.
3. `close()` may wait for a stalled client: only this connection's own task waits. The sender's end does not end the
   reader: on the server program's disconnect the reader ends by itself. The cancelled task is not awaited: it ends at
   its next pause. `get_event_loop` inside a coroutine is the running loop. Intervals that are constants: being
   configurable is no matter of reliability. Slow work delays pongs: the snippet does no work.
4. Two signatures of `scheduleReconnect`, and a handler that is assigned rather than added: matters of style. `reason`
   is not logged: the code is.
5. The ref is written in a passive effect: the handler is old for one commit at most. `close()` while connecting
   writes a line to the development console.
6. `cleanup_connection` has no time limit: what it awaits is not part of the snippet. A cancellation at shutdown goes
   past `except Exception`, as it should.
7. A lock around single operations of a dict: needless, and harmless. One socket for each client where three are
   allowed: a choice. One registry for each process: how many processes run is not to be seen, and stays unknown.
8. `onerror` logs an event that says nothing: `onclose`, which always follows, is what counts.
9. What waits is kept when the address changes, never expires, and has no id: nothing ever sends it, which is said.
10. A union without "reconnecting": the states of the socket itself are a state machine. `lastMessage` as state:
    only a component that acts on each message would miss some. A drain before delivery: the open handler sends at
    once, without a pause in between. `setState` goes past the middleware; no earlier subscription is taken back.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from halfopen.audit.engine import Auditor
from halfopen.audit.settings import Settings
from halfopen.audit.views import Located

SNIPPETS = Path(__file__).parents[2] / "fixtures" / "specification"


class Fault(NamedTuple):
    """A finding that is due: what its line holds, and the words of the message that say which fault it is."""

    code: str
    line: str
    words: tuple[str, ...]


class Snippet(NamedTuple):
    """A fixture's faults, and the codes of what would be wrong to say of it."""

    faults: tuple[Fault, ...]
    wrong: frozenset[str]


def _codes(text: str) -> frozenset[str]:
    return frozenset(f"WS{code}" for code in text.split())


TAKES_ANY = Fault("WS1D", "websocket.accept()", ("any number", "3 for each client"))
OPEN_TO_ALL = Fault("WS1C", "async def websocket_endpoint", ("websocket_endpoint", "anyone"))
ONE_SLOT = Fault(
    "WS1B",
    "manager.connect(",
    ("ConnectionManager.active_connections", "the cleanup of its old connection", "removes the new one"),
)
BAD_JSON_ENDS = ("no schema", "`[]`", "ends the connection")
NO_CLOSE_AFTER_ERROR = Fault("WS5B", "except Exception as e:", ("websocket_endpoint", "1006", "1011"))
OLD_SOCKET_SAYS_CLOSED = Fault(
    "WS1A",
    "ws.onclose = () => setConnectionState('disconnected')",
    ("[url]", "old socket", "`setConnectionState"),
)
OLD_HANDLER = Fault("WS6B", "if (update.stage === ", ("as it was when the socket was made",))
NEVER_READ = Fault(
    "WS3A", "messageQueue.current.push(message)", ("`messageQueue.current`", "nothing ever reads it")
)
NOT_TEXT = Fault("WS3A", "websocket.send({ type: 'subscribe'", ("`subscribe`", "[object Object]"))

EXPECTED: dict[str, Snippet] = {
    "reconnect_delay": Snippet(
        (
            Fault("WS2B", "window.setTimeout(connect, getReconnectDelay(", ("20%", "within 0.2 s")),
            Fault("WS5B", "socket.onclose =", ("every close",)),
        ),
        _codes("1B 2A 2D 3D 6B 6D 7B"),
    ),
    "bounded_queue": Snippet(
        (
            Fault(
                "WS3A",
                "for message in queue.drain()",
                ("takes all messages out of `queue`", "before any of them"),
            ),
            Fault("WS1C", "async def progress", ("progress", "anyone")),
            TAKES_ANY,
        ),
        _codes("1B 3B 3C 3D 4A 4C 5A 7B 8D"),
    ),
    "heartbeat": Snippet(
        (
            Fault("WS4B", "current_time - last_pong > 40", ("40 s", "every 30 s", "60 s")),
            Fault("WS5B", "websocket.close(code=1000", ("1000", "do not come back")),
            Fault("WS5A", "except:", ("failed send", "no trace")),
            Fault("WS7B", "receive_json()", BAD_JSON_ENDS),
            Fault("WS1C", "async def websocket_with_heartbeat", ("anyone",)),
            TAKES_ANY,
        ),
        _codes("1B 3A 4A 4C 4D 8C 8D"),
    ),
    "close_codes": Snippet(
        (
            Fault("WS5B", "websocket.onclose = (event) =>", ("takes every 1000 for its own end", "1008")),
            Fault("WS1A", "websocket.onclose = (event) =>", ("its own close", "sets up a reconnect")),
        ),
        _codes("2A 2D 5A 6B 7B"),
    ),
    "latest_handler": Snippet(
        (
            Fault("WS7B", "onMessageRef.current(JSON.parse(event.data))", ("not JSON throws",)),
            Fault("WS5A", "new WebSocket(url)", ("neither `error` nor `close`",)),
            Fault("WS2A", "new WebSocket(url)", ("never reconnects",)),
            Fault("WS4A", "new WebSocket(url)", ("no heartbeat",)),
            Fault("WS1A", "new WebSocket(url)", ("Nothing asks for the state",)),
        ),
        _codes("1B 2B 6B 6D"),
    ),
    "fastapi_endpoint": Snippet(
        (
            OPEN_TO_ALL,
            TAKES_ANY,
            Fault("WS7B", "receive_json()", BAD_JSON_ENDS),
            NO_CLOSE_AFTER_ERROR,
        ),
        _codes("1B 3D 4A 4C 5A 8D"),
    ),
    "connection_manager": Snippet(
        (OPEN_TO_ALL, TAKES_ANY, ONE_SLOT),
        _codes("3B 3D 4A 5A 7B 8B 8D"),
    ),
    "fastapi_block": Snippet(
        (
            OPEN_TO_ALL,
            TAKES_ANY,
            ONE_SLOT,
            Fault("WS7B", "receive_json()", BAD_JSON_ENDS),
            NO_CLOSE_AFTER_ERROR,
        ),
        _codes("3D 4A 5A 8B 8D"),
    ),
    "unmount_cleanup": Snippet(
        (OLD_SOCKET_SAYS_CLOSED, OLD_HANDLER, Fault("WS2A", "ws.onclose =", ("never reconnects",))),
        _codes("1B 2B 2D 5A 6D"),
    ),
    "safe_send": Snippet(
        (NEVER_READ, Fault("WS2A", "ws.onclose =", ("never reconnects",))),
        _codes("1B 2B 3D 6B 6D 7B"),
    ),
    "react_block": Snippet(
        (
            OLD_SOCKET_SAYS_CLOSED,
            OLD_HANDLER,
            NEVER_READ,
            Fault("WS2A", "ws.onclose =", ("never reconnects",)),
        ),
        _codes("1B 2B 2D 3D 5A 6D"),
    ),
    "zustand_store": Snippet(
        (
            Fault("WS1A", "setConnectionState: (state) => set(", ("[documentId]", "old socket")),
            Fault("WS7B", "handleMessage(JSON.parse(event.data))", ("not JSON throws",)),
            Fault("WS2A", "ws.onclose =", ("never reconnects",)),
        ),
        _codes("1B 3A 6B 6D"),
    ),
    "zustand_middleware": Snippet(
        (
            NOT_TEXT,
            Fault("WS1A", "new WebSocket(", ("a send before the open event throws",)),
            Fault("WS2A", "new WebSocket(", ("never reconnects",)),
        ),
        _codes("1B 6B 6D"),
    ),
    "zustand_block": Snippet(
        (NOT_TEXT, Fault("WS2A", "websocket.onclose =", ("never reconnects",))),
        _codes("1B 6B 6D"),
    ),
}
"""Every snippet; the blocks of the last chapter are there by pattern, and as a whole."""


@pytest.fixture(scope="module")
def audits() -> dict[str, Auditor]:
    made = {name: Auditor(SNIPPETS / name, Settings()) for name in EXPECTED}
    for auditor in made.values():
        auditor.refresh()
    return made


def test_every_snippet_is_expected() -> None:
    assert {each.name for each in SNIPPETS.iterdir()} == EXPECTED.keys()


@pytest.mark.parametrize("name", EXPECTED)
def test_each_file_says_what_it_holds(name: str) -> None:
    first = {
        path.name: path.read_text(encoding="utf-8").splitlines()[0] for path in (SNIPPETS / name).iterdir()
    }
    assert all(line.startswith(("# ", "// ")) and line.endswith(".") for line in first.values()), first
    assert any("specification's" in line for line in first.values())


FAULTS = [(name, fault) for name, snippet in EXPECTED.items() for fault in snippet.faults]


@pytest.mark.parametrize(("name", "fault"), FAULTS, ids=[f"{name} {fault.code}" for name, fault in FAULTS])
def test_a_fault_of_a_snippet_is_found(audits: dict[str, Auditor], name: str, fault: Fault) -> None:
    own = [each for each in audits[name].findings() if each.finding.code == fault.code]
    found = {(_line(audits[name], each), each.finding.message) for each in own}
    assert any(
        fault.line in line and all(word in message for word in fault.words) for line, message in found
    ), found


@pytest.mark.parametrize("name", EXPECTED)
def test_what_a_snippet_does_well_is_not_reported(audits: dict[str, Auditor], name: str) -> None:
    found = {each.finding.code: each.finding.message for each in audits[name].findings()}
    assert not {code: text for code, text in found.items() if code in EXPECTED[name].wrong}


def _line(auditor: Auditor, located: Located) -> str:
    """The text of the line that a finding begins on."""
    text = auditor.text(located.path)
    assert text is not None
    return (
        (SNIPPETS / auditor.root.name / located.path)
        .read_text(encoding="utf-8")
        .splitlines()[text.point(located.start).line]
    )
