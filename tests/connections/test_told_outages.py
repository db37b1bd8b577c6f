"""Whether what a page tells of its connection is on the way to the next attempt, as the dossier tells it."""

from __future__ import annotations

from pathlib import Path

import pytest

from halfopen.connections.facts import Known

from .finding import dossiers

ENDED = """
import {{ useEffect, useState }} from 'react'
const asNumber = (code) => code
export function Live() {{
  const [note, setNote] = useState('')
  useEffect(() => {{
    let tries = 0
    const become = (state) => {{
      switch (state.name) {{
        case 'lost':
        case 'over':
          setNote(`the connection is ${{state.name}}`)
          break
        default:
          console.info(state.name)
      }}
    }}
    const next = (over) => {{ if (over) {{ setNote('over'); return }} setTimeout(connect, 1000) }}
    const connect = () => {{
      const ws = new WebSocket('wss://h/x')
      ws.onopen = () => become({{ name: 'open' }})
      ws.onclose = (event) => {{ {closed} }}
    }}
    connect()
  }}, [])
  return <b>{{note}}</b>
}}
"""


@pytest.mark.parametrize(
    ("closed", "expected"),
    [
        ("setTimeout(connect, 1000)", False),
        ("setNote('lost'); setTimeout(connect, 1000)", True),
        ("if (event.code === 4401) { setNote('over'); return } setTimeout(connect, 1000)", False),
        ("if (event.code === 4401) { setNote('over') } else { setTimeout(connect, 1000) }", False),
        ("if (event.code === 4401) { setNote('over') } setTimeout(connect, 1000)", True),
        ("if (tries++ > 3) { setNote('over'); return } setTimeout(connect, 1000)", True),
        ("switch (event.code) { case 4401: setNote('over'); break; default: setTimeout(connect, 1000) }", False),
        ("switch (event.code) { case 4401: setNote('over'); default: setTimeout(connect, 1000) }", True),
        ("const code = asNumber(event.code); if (code === 4401) { setNote('over'); return } setTimeout(connect, 1000)", False),
        ("next(event.wasClean)", False),
        ("become({ name: 'waiting' }); setTimeout(connect, 1000)", False),
        ("become({ name: 'lost' }); setTimeout(connect, 1000)", True),
        ("const state = { name: 'lost' }; become(state); setTimeout(connect, 1000)", True),
    ],
)  # fmt: skip
def test_what_is_told_of_an_outage_is_on_the_way_to_the_next_attempt(
    tmp_path: Path, closed: str, expected: bool
) -> None:
    _, [dossier] = dossiers(tmp_path, {"Live.tsx": ENDED.format(closed=closed)})
    assert dossier.presentation is not None
    assert isinstance(dossier.presentation.status_shown, Known)
    assert dossier.presentation.status_shown.value is expected
