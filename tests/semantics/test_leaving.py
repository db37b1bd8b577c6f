"""Whether the body of a loop in `f` always leaves, or may leave, what it stands in."""

from __future__ import annotations

from pathlib import Path

import pytest

from halfopen.semantics import tree
from halfopen.semantics.leaving import JUMPS, OUT_OF_FUNCTION, OUT_OF_LOOP, leaves, may_leave

from .samples import function, workspace_of

# body of `while a`: (always leaves the loop, may leave the loop)
PYTHON: dict[str, tuple[str, bool, bool]] = {
    "returns": ("return", True, True),
    "raises": ("raise", True, True),
    "breaks": ("break", True, True),
    "goes on": ("continue", False, False),
    "works": ("g()", False, False),
    "on one condition": ("if b: return", False, True),
    "on both branches": ("if b: return\nelse: raise", True, True),
    "on each branch of a chain": ("if b: return\nelif c: break\nelse: raise", True, True),
    "on each branch but the rest": ("if b: return\nelif c: break", False, True),
    "within a context": ("with b: return", True, True),
    "in a try whose clause goes on": ("try: return g()\nexcept E: pass", False, True),
    "in a try whose clause leaves too": ("try: return g()\nexcept E: raise", True, True),
    "in finally": ("try: g()\nfinally: return", True, True),
    "a break of a loop within": ("for b in c: break", False, False),
    "a return of a loop within": ("for b in c: return", False, True),
    "a break of a match": ("match b:\n    case 1: break", False, True),
    "a return of a function within": ("def h(): return 1", False, False),
}


def body_of_loop(root: Path, name: str, text: str) -> tree.Block:
    program = workspace_of(root, {name: text}).program
    loop = function(program, name, "f").node.body.statements[0]
    assert isinstance(loop, tree.Loop)
    return loop.body


@pytest.mark.parametrize("case", PYTHON)
def test_python(tmp_path: Path, case: str) -> None:
    text, always, perhaps = PYTHON[case]
    indented = text.replace("\n", "\n        ")
    body = body_of_loop(tmp_path, "a.py", f"def f():\n    while a:\n        {indented}\n")
    assert (leaves(body, OUT_OF_LOOP), may_leave(body)) == (always, perhaps)


def test_a_switch_takes_its_own_break(tmp_path: Path) -> None:
    text = "function f() { while (a) { switch (b) { case 1: break; } } }"
    assert not may_leave(body_of_loop(tmp_path, "a.ts", text))
    text = "function f() { while (a) { switch (b) { case 1: return; } } }"
    assert may_leave(body_of_loop(tmp_path, "b.ts", text))


def test_which_jumps_count_is_for_who_asks(tmp_path: Path) -> None:
    goes_on = body_of_loop(tmp_path, "a.py", "def f():\n    while a:\n        continue\n")
    assert leaves(goes_on)
    assert may_leave(goes_on, JUMPS)
    breaks = body_of_loop(tmp_path, "b.py", "def f():\n    while a:\n        break\n")
    assert not leaves(breaks, OUT_OF_FUNCTION)
    assert not may_leave(breaks, OUT_OF_FUNCTION)


def test_a_chain_of_thousands_of_branches_has_an_answer(tmp_path: Path) -> None:
    branches = "".join(f"        elif a == {number}: return\n" for number in range(3000))
    text = f"def f(a):\n    while a:\n        if a is None: return\n{branches}        else: break\n"
    assert leaves(body_of_loop(tmp_path, "a.py", text), OUT_OF_LOOP)
