"""What a late close event touches and whether a status is shown, as the dossier tells it."""

from __future__ import annotations

from pathlib import Path

import pytest

from halfopen.connections.facts import Known

from .finding import dossiers

HOOK = """
import {{ useEffect, useRef, useState }} from 'react'
export function Live({{ room }}) {{
  const socket = useRef(null)
  const [online, setOnline] = useState(false)
  useEffect(() => {{
    let active = true
    const connect = () => {{
      const ws = new WebSocket(`wss://h/${{room}}`)
      socket.current = ws
      ws.onopen = () => setOnline(true)
      ws.onclose = () => {{ {closed} }}
    }}
    connect()
    return () => {{ active = false; socket.current?.close() }}
  }}, [room])
  return <b>{shown}</b>
}}
"""


@pytest.mark.parametrize(
    ("closed", "overwrites"),
    [
        ("setOnline(false)", ["status"]),
        ("socket.current = null", ["reference"]),
        ("setTimeout(connect, 1000)", ["reconnect"]),
        ("if (!active) return; setOnline(false)", []),
        ("if (socket.current !== ws) return; socket.current = null", []),
    ],
)
def test_what_a_late_close_event_overwrites(tmp_path: Path, closed: str, overwrites: list[str]) -> None:
    _, [dossier] = dossiers(tmp_path, {"Live.tsx": HOOK.format(closed=closed, shown="{online && 'live'}")})
    assert dossier.presentation is not None
    assert [each.overwrites for each in dossier.presentation.late_events] == overwrites


def test_a_status_that_nothing_reads_misleads_nobody(tmp_path: Path) -> None:
    _, [dossier] = dossiers(tmp_path, {"Live.tsx": HOOK.format(closed="setOnline(false)", shown="x")})
    assert dossier.presentation is not None
    assert not dossier.presentation.late_events


@pytest.mark.parametrize(
    ("shown", "expected"),
    [("{online ? 'live' : 'offline'}", True), ("x", False), ("{String(online) + '!'}", True)],
)
def test_whether_the_status_is_shown(tmp_path: Path, shown: str, expected: bool) -> None:
    _, [dossier] = dossiers(tmp_path, {"Live.tsx": HOOK.format(closed="setOnline(false)", shown=shown)})
    assert dossier.presentation is not None
    assert isinstance(dossier.presentation.status_shown, Known)
    assert dossier.presentation.status_shown.value is expected


@pytest.mark.parametrize(
    ("page", "stays"),
    [
        ("createRoot(root).render(<Live room='a' />)", True),
        ("function App() { return <main><Live room='a' /></main> }\ncreateRoot(root).render(<App />)", True),
        ("function App() { const on = useOn(); return <main>{on && <Live room='a' />}</main> }\ncreateRoot(root).render(<App />)", False),
        ("function App() { if (!user) return <p />; return <Live room='a' /> }\ncreateRoot(root).render(<App />)", False),
        ("function App() { return <Route element={<Live room='a' />} /> }\ncreateRoot(root).render(<App />)", False),
        ("export function Page() { return <Live room='a' /> }", False),
    ],
)  # fmt: skip
def test_whether_a_component_is_there_as_long_as_the_page(tmp_path: Path, page: str, stays: bool) -> None:
    live = HOOK.format(closed="setOnline(false)", shown="{online && 'live'}").replace("[room]", "[]")
    _, [dossier] = dossiers(
        tmp_path, {"Live.tsx": live, "main.tsx": f"import {{ Live }} from './Live'\n{page}\n"}
    )
    assert dossier.presentation is not None
    assert dossier.presentation.stays_mounted is stays


LIST = """
import {{ useEffect, useState }} from 'react'
export function Members({{ team }}) {{
  const [members, setMembers] = useState([])
  const load = async () => {{
    const answer = await fetch('/members')
    setMembers(await answer.json())
  }}
  const remove = async (id) => {{
    await fetch('/members', {{ method: 'DELETE' }})
    setMembers((before) => before.map((each) => (each.id === id ? {{ ...each, gone: true }} : each)))
  }}
  useEffect(() => {{
    const ws = new WebSocket('wss://h/members')
    ws.onmessage = (event) => {{
      const member = JSON.parse(event.data)
      setMembers((before) => [...before, member])
    }}
    return () => ws.close()
  }}, [])
  {effect}
  return <ul onClick={{remove}}>{{members.map((each) => <li>{{each.name}}</li>)}}{more}</ul>
}}
"""


@pytest.mark.parametrize(
    ("effect", "more", "loading"),
    [
        ("useEffect(() => { load() }, [])", "", (True, False)),
        ("useEffect(() => { load() }, [team])", "", (False, False)),
        ("useEffect(() => { load() }, [])", "<button onClick={load}>again</button>", (False, True)),
        ("", "<button onClick={load}>show</button>", (False, True)),
        ("useEffect(() => { setInterval(load, 5000) }, [])", "", None),
        ("useEffect(() => { load(); window.addEventListener('focus', load) }, [])", "", None),
        ("useEffect(() => { setMembers(team.members) }, [team])", "", None),
        ("", "", None),
    ],
)
def test_when_what_messages_fill_is_fetched(
    tmp_path: Path, effect: str, more: str, loading: tuple[bool, bool] | None
) -> None:
    _, [dossier] = dossiers(tmp_path, {"Members.tsx": LIST.format(effect=effect, more=more)})
    assert dossier.presentation is not None
    [data] = dossier.presentation.data
    assert (data.loading and (data.loading.is_once, data.loading.by_hand)) == loading
