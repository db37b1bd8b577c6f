"""What messages do to state: how each write makes the new value, and what changes it in place."""

from __future__ import annotations

from pathlib import Path

import pytest

from .finding import dossiers

_STORE = """
import {{ create }} from "zustand";

export const useLive = create<any>()((set, get) => ({{
  items: [],
  count: 0,
  last: null,
  open: () => {{
    const ws = new WebSocket("wss://h/ws");
    ws.onmessage = (event) => {{
      const message = JSON.parse(event.data);
      {received}
    }};
    ws.onclose = () => {{ {closed} }};
  }},
}}));
"""
_READER = (
    'import { useLive } from "./store";\nexport const Live = () => <p>{useLive((s) => s.items).length}</p>;\n'
)


def _files(received: str, closed: str = "") -> dict[str, str]:
    return {
        "src/store.ts": _STORE.format(received=received, closed=closed),
        "src/Live.tsx": _READER,
    }


@pytest.mark.parametrize(
    ("received", "state", "how", "bounded"),
    [
        ("set({ last: message });", "last", "replaced", False),
        ("set({ items: [...get().items, message] });", "items", "appended", False),
        ("set((s) => ({ items: [...s.items, message].slice(-9) }));", "items", "appended", True),
        ("set((s) => ({ items: s.items.map((each) => each) }));", "items", "merged", False),
        ("set((s) => ({ items: s.items.filter((each) => each) }));", "items", "removed", False),
        ("set((s) => ({ count: s.count + 1 }));", "count", "counted", False),
        (
            "const next = [...get().items]; next.push(message); set({ items: next });",
            "items",
            "appended",
            False,
        ),
    ],
)
def test_a_write_says_how_it_makes_the_new_value(
    tmp_path: Path, received: str, state: str, how: str, bounded: bool
) -> None:
    _, [dossier] = dossiers(tmp_path, _files(received))
    assert dossier.updates is not None
    assert [(each.state, each.how, each.bounded) for each in dossier.updates.writes] == [
        (state, how, bounded)
    ]


@pytest.mark.parametrize(
    ("received", "how"),
    [
        ("get().items.push(message);", ["push"]),
        ("const { items } = get(); items[0] = message;", ["assignment"]),
        ("useLive.getState().items.sort();", ["sort"]),
        ("for (const each of get().items) each.seen = true;", ["assignment"]),
        ("const copy = [...get().items]; copy.push(message);", []),
        ("get().items.slice().sort();", []),
        ("const items = []; items.push(message);", []),
    ],
)
def test_state_that_is_changed_in_place(tmp_path: Path, received: str, how: list[str]) -> None:
    _, [dossier] = dossiers(tmp_path, _files(received))
    assert dossier.updates is not None
    assert [each.how for each in dossier.updates.mutations] == how


def test_the_close_handler_may_set_the_same_state(tmp_path: Path) -> None:
    _, [dossier] = dossiers(tmp_path, _files("set({ last: message });", "set({ last: null });"))
    assert dossier.updates is not None
    assert [each.after_close for each in dossier.updates.writes] == [True]


@pytest.mark.parametrize(
    ("closed", "received", "restarted"),
    [
        ("", "set((s) => ({ items: [...s.items, message] }));", False),
        ("", "if (message.all) set({ items: [] }); set((s) => ({ items: [...s.items, message] }));", True),
        ("", "if (message.all) set({ items: message.all }); else set({ items: [...get().items, message] });", True),
        ("set({ items: [] });", "set((s) => ({ items: [...s.items, message] }));", False),
    ],
)  # fmt: skip
def test_a_list_that_begins_anew(tmp_path: Path, closed: str, received: str, restarted: bool) -> None:
    _, [dossier] = dossiers(tmp_path, _files(received, closed))
    assert dossier.updates is not None
    [write] = [each for each in dossier.updates.writes if each.state == "items"]
    assert write.restarted is restarted
    assert write.after_close is bool(closed)


_ASKING = "const answer = await fetch(`/api/items/${message.id}`).then((each) => each.json());"


@pytest.mark.parametrize(
    ("received", "waits"),
    [
        ("set({ last: message });", False),
        (_ASKING + " set({ last: answer });", True),
        ("set({ last: await fetch(`/api/items/${message.id}`) });", True),
        ("set({ last: await fetch('/api/items') });", False),
        ("set({ last: await fetch('/api/items', { method: 'POST', body: message.id }) });", True),
        ("set({ last: message }); " + _ASKING, False),
        (_ASKING + " if (answer.version > get().last.version) set({ last: answer });", False),
        ("if (message.id) { " + _ASKING + " } set({ last: message });", True),
        ("if (message.status === 'completed') { " + _ASKING + " set({ last: answer }); }", False),
        ("if (message.id) { " + _ASKING + " return; } set({ last: message });", False),
        ("if (message.id) { " + _ASKING + " } else { set({ last: message }); }", False),
        (
            "switch (message.type) { case 'a': " + _ASKING + " break; case 'b': set({ last: message }); }",
            False,
        ),
        ("const mine = get().turn; " + _ASKING + " if (mine === get().turn) set({ last: answer });", False),
        (
            "const signal = renew(); set({ last: await fetch(`/api/items/${message.id}`, { signal }) });",
            False,
        ),
    ],
)
def test_what_a_handler_waits_for_before_it_sets_a_state(tmp_path: Path, received: str, waits: bool) -> None:
    store = _STORE.format(received=received, closed="").replace("(event) =>", "async (event) =>")
    _, [dossier] = dossiers(tmp_path, {"src/store.ts": store, "src/Live.tsx": _READER})
    assert dossier.updates is not None
    [write] = [each for each in dossier.updates.writes if each.state == "last"]
    assert bool(write.awaited) is waits
