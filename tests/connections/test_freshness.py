"""What makes an effect run again, and what a handler sees of state, as the dossier tells it."""

from __future__ import annotations

from pathlib import Path

import pytest

from .finding import dossiers

COMPONENT = """
import {{ useCallback, useEffect, useMemo, useState }} from 'react'
const FIXED = ['a']
export function Live({{ url }}) {{
  const [count, setCount] = useState(0)
  {before}
  useEffect(() => {{
    const ws = new WebSocket(url)
    ws.onmessage = (event) => {{ {handler} }}
    return () => ws.close()
  }}, [{dependencies}])
  return <b onClick={{() => setCount(0)}}>{{count}}</b>
}}
"""


@pytest.mark.parametrize(
    ("before", "dependencies", "causes"),
    [
        ("const options = { a: 1 }", "options", ["each-render"]),
        ("const now = Date.now()", "now", ["each-render"]),
        ("const f = useCallback(() => count, [count])", "f", ["own-message"]),
        ("const f = useCallback(() => 1, [])", "f", []),
        ("const list = useMemo(() => ['a'], [])", "list", []),
        ("const name = `x-${url}`", "name", []),
        ("", "FIXED, setCount", []),
        ("", "count", ["own-message"]),
    ],
)
def test_what_makes_the_socket_anew(
    tmp_path: Path, before: str, dependencies: str, causes: list[str]
) -> None:
    code = COMPONENT.format(before=before, dependencies=dependencies, handler="setCount(Number(event.data))")
    _, [dossier] = dossiers(tmp_path, {"Live.tsx": code})
    assert dossier.freshness is not None
    assert [each.cause for each in dossier.freshness.churn] == causes


@pytest.mark.parametrize(
    ("handler", "dependencies", "stale"),
    [
        ("setCount(count + 1)", "url", ["count"]),
        ("if (count === 3) setCount(0)", "", ["count"]),
        ("setCount((n) => n + 1)", "", []),
        ("console.log(count)", "", []),
        ("setCount(count + 1)", "url, count", []),
    ],
)
def test_what_a_handler_does_not_see(
    tmp_path: Path, handler: str, dependencies: str, stale: list[str]
) -> None:
    code = COMPONENT.format(before="", dependencies=dependencies, handler=handler)
    _, [dossier] = dossiers(tmp_path, {"Live.tsx": code})
    assert dossier.freshness is not None
    assert [each.name for each in dossier.freshness.stale_reads] == stale
