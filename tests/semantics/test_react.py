"""Effects, their owners, and stores."""

from __future__ import annotations

from pathlib import Path

import pytest

from halfopen.semantics import tree
from halfopen.semantics.react import (
    effect_around,
    effects_in,
    is_effect,
    kind_of_name,
    react_owner,
)
from halfopen.semantics.stores import initializers, is_store_factory, readers, store_around

from .samples import first, function, last, nodes, workspace_of

COMPONENT = """\
import React, { useEffect as onMount, useLayoutEffect } from 'react';

export function Panel({ id }) {
  onMount(() => { inside(); return () => cleanup(); }, [id]);
  React.useEffect(function named() { if (id) return; helper(() => { deep(); }); });
  useLayoutEffect(effect, []);
  function effect() { apart(); }
  outside();
  return <p>{id}</p>;
}

const useThing = () => { hooked(); };
function plain() { nothing(); }
class Service { run() { service(); } }
"""


def test_effects_with_their_callbacks_and_dependencies(tmp_path: Path) -> None:
    program = workspace_of(tmp_path, {"a.tsx": COMPONENT}).program
    found = effects_in(program, function(program, "a.tsx", "Panel"))
    dependencies = [None if each.dependencies is None else len(each.dependencies) for each in found]
    assert dependencies == [1, None, 0]
    assert [each.callback.node.name for each in found] == [None, "named", "effect"]
    assert [len(each.returns()) for each in found] == [1, 1, 0]


@pytest.mark.parametrize(
    ("call", "around"),
    [("inside()", True), ("cleanup()", True), ("deep()", True), ("outside()", False), ("nothing()", False)],
)
def test_the_effect_around_a_call(tmp_path: Path, call: str, around: bool) -> None:
    program = workspace_of(tmp_path, {"a.tsx": COMPONENT}).program
    assert (effect_around(program, first(program, "a.tsx", call)) is not None) is around


@pytest.mark.parametrize(
    ("call", "owner"),
    [
        ("inside()", ("component", "Panel")),
        ("apart()", ("component", "Panel")),
        ("hooked()", ("hook", "useThing")),
        ("nothing()", None),
        ("service()", None),
    ],
)
def test_the_owner_of_a_call(tmp_path: Path, call: str, owner: tuple[str, str] | None) -> None:
    program = workspace_of(tmp_path, {"a.tsx": COMPONENT}).program
    found = react_owner(first(program, "a.tsx", call))
    assert (None if found is None else (found.kind, found.name)) == owner


def test_an_effect_of_another_library_is_none(tmp_path: Path) -> None:
    text = "import { useEffect } from './own';\nfunction C() { useEffect(() => {}); return <p/>; }\n"
    program = workspace_of(
        tmp_path, {"a.tsx": text, "own.ts": "export function useEffect(f) { f(); }"}
    ).program
    calls = [at.to(at.node) for at in nodes(program, "a.tsx") if isinstance(at.node, tree.Call)]
    assert not any(is_effect(program, call) for call in calls)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("useThing", "hook"),
        ("use3D", "hook"),
        ("user", "other"),
        ("use", "other"),
        ("Panel", "component"),
        ("", "other"),
        (None, "other"),
    ],
)
def test_kinds_of_names(name: str | None, kind: str) -> None:
    assert kind_of_name(name) == kind


STORE = """\
import { create } from 'zustand';
import { immer } from 'zustand/middleware/immer';
import { makeSlice } from './slice';

export const useStore = create<State>()(immer((set, get) => ({
  a: 1,
  act() { set((s) => { s.a = 2; }); inner(get()); },
  ...makeSlice(set, get),
})));
const other = makeStore((set) => ({}));
"""

SLICE = "export const makeSlice = (set, get) => ({ b: 1, read() { sliced(get()); } });\n"
READER = """\
import { useStore } from './store';
const a = useStore((state) => state.a);
const all = useStore();
const now = useStore.getState();
useStore.subscribe((later) => {});
"""


def test_stores_their_initializers_and_readers(tmp_path: Path) -> None:
    files = {"store.ts": STORE, "slice.ts": SLICE, "reader.ts": READER}
    program = workspace_of(tmp_path, files).program
    made = [
        at.to(at.node)
        for at in nodes(program, "store.ts")
        if isinstance(at.node, tree.Call) and is_store_factory(program, at.to(at.node))
    ]
    store = max(made, key=lambda each: each.node.end - each.node.start)
    assert store.text.startswith("create<State>()(")
    assert sorted(each.path for each in initializers(program, store)) == ["slice.ts", "store.ts"]
    found = {each.text for each in readers(program, store)}
    assert {"s", "get()", "state", "useStore()", "useStore.getState()", "later"} <= found
    assert store_around(program, last(program, "store.ts", "inner(get())")) == store
    assert store_around(program, last(program, "slice.ts", "sliced(get())")) is None
