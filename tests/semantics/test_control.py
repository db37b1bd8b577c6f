"""On which ways out something acquired is still held. `take()` acquires, `drop()` releases, `risk()` may throw
"error", `lost()` throws "gone"; `except Gone` stops "gone" alone, a bare `except` or `catch` everything."""

from __future__ import annotations

from pathlib import Path

import pytest

from halfopen.semantics import tree
from halfopen.semantics.control import Question, held_exits, thrown_kinds

from .samples import function, workspace_of


def _calls(node: tree.Node, name: str) -> bool:
    return isinstance(node, tree.Call) and isinstance(node.callee, tree.Name) and node.callee.id == name


def _throws(node: tree.Node) -> frozenset[str]:
    if _calls(node, "risk"):
        return frozenset({"error"})
    if _calls(node, "lost"):
        return frozenset({"gone"})
    if isinstance(node, tree.Raise) and node.value is not None:
        return frozenset({"error"})
    if isinstance(node, tree.Raise):
        return frozenset({"again"})
    return frozenset()


def _catches(handler: tree.Handler) -> frozenset[str]:
    if not handler.types:
        return frozenset({"*"})
    names = {each.id for each in handler.types if isinstance(each, tree.Name)}
    return frozenset({"gone"} if "Gone" in names else {"error"} if "Fault" in names else {"*"})


def _suppresses(item: tree.Item) -> frozenset[str]:
    return frozenset({"gone"}) if _calls(item.context, "suppress") else frozenset()


QUESTION = Question(
    acquires=lambda node: _calls(node, "take"),
    releases=lambda node: _calls(node, "drop"),
    implied=lambda test: isinstance(test, tree.Name) and test.id == "held",
    throws=_throws,
    catches=_catches,
    suppresses=_suppresses,
)

PYTHON: dict[str, tuple[str, list[str]]] = {
    "nothing taken": ("risk()", []),
    "taken and dropped": ("take(); drop()", []),
    "never dropped": ("take()", ["end"]),
    "return before the drop": ("take()\nif a: return\ndrop()", ["return"]),
    "return before the take": ("if a: return\ntake(); drop()", []),
    "an error before the drop": ("take(); risk(); drop()", ["exception error"]),
    "an error before the take": ("risk(); take(); drop()", []),
    "dropped in one branch": ("take()\nif a: drop()", ["end"]),
    "dropped in both branches": ("take()\nif a: drop()\nelse: drop()", []),
    "dropped under a condition that being held implies": ("take()\nif held: drop()", []),
    "dropped where being held is excluded": ("take()\nif not held: pass\nelse: drop()", []),
    "dropped under if True": ("take()\nif True: drop()", []),
    "finally drops on every way": (
        "take()\ntry:\n  if a: return\n  risk(); lost()\nfinally: drop()",
        [],
    ),
    "finally that returns swallows the error": (
        "take()\ntry: risk()\nfinally: return",
        ["return"],
    ),
    "finally that may fail first": (
        "take()\ntry: pass\nfinally:\n  risk()\n  drop()",
        ["exception error"],
    ),
    "an except for one kind lets the other pass": (
        "take()\ntry: risk(); lost()\nexcept Gone: pass\ndrop()",
        ["exception error"],
    ),
    "kinds are caught in turn": (
        "take()\ntry: risk(); lost()\nexcept Gone: pass\nexcept Fault: pass\ndrop()",
        [],
    ),
    "except that drops, and no drop without an error": (
        "take()\ntry: risk()\nexcept: drop()",
        ["end"],
    ),
    "else drops": ("take()\ntry: risk()\nexcept: drop()\nelse: drop()", []),
    "an error in else is not caught": (
        "take()\ntry: pass\nexcept: drop()\nelse: risk(); drop()",
        ["exception error"],
    ),
    "a bare raise hands on what was caught": (
        "take()\ntry: risk()\nexcept: raise\ndrop()",
        ["exception error"],
    ),
    "a bare raise after the drop": ("take()\ntry: risk()\nexcept:\n  drop()\n  raise\ndrop()", []),
    "a raise of one's own": ("take()\nif a: raise E()\ndrop()", ["exception error"]),
    "suppress stops its kind": ("take()\nwith suppress(): lost()\ndrop()", []),
    "suppress lets others pass": ("take()\nwith suppress(): risk()\ndrop()", ["exception error"]),
    "suppress skips the drop": ("take()\nwith suppress():\n  lost()\n  drop()", ["end"]),
    "an endless loop is left by break alone": ("take()\nwhile True:\n  if a: break\ndrop()", []),
    "an endless loop without break never ends": ("take()\nwhile True: pass", []),
    "an endless loop is left by an error": ("take()\nwhile True: lost()\ndrop()", ["exception gone"]),
    "taken in each turn, dropped after": ("for a in b: take()\ndrop()", []),
    "taken in each turn, dropped in it": ("for a in b:\n  take()\n  drop()", []),
    "continue skips the drop": ("for a in b:\n  take()\n  if c: continue\n  drop()", ["end"]),
    "break skips the drop": ("while a:\n  take()\n  if c: break\n  drop()", ["end"]),
    "loop else runs without break": ("take()\nfor a in b:\n  if c: break\nelse: drop()", ["end"]),
    "the drop in a loop may never run": ("take()\nfor a in b: drop()", ["end"]),
    "match without default": ("take()\nmatch a:\n  case 1: drop()", ["end"]),
    "match with default": ("take()\nmatch a:\n  case 1: drop()\n  case _: drop()", []),
    "a function inside is not run": ("take()\ndef g(): drop()", ["end"]),
    "code after return is not run": ("take(); drop()\nreturn\ntake()", []),
}

TYPESCRIPT: dict[str, tuple[str, list[str]]] = {
    "do while runs once": ("take(); do { drop(); } while (a)", []),
    "while may not run": ("take(); while (a) { drop(); }", ["end"]),
    "for without a test is endless": ("take(); for (;;) { if (a) break; } drop();", []),
    "the update runs after continue": ("for (let i = take(); i < 3; drop()) { if (a) continue; }", ["end"]),
    "a case falls into the next": (
        "take(); switch (a) { case 1: case 2: drop(); break; default: drop(); }",
        [],
    ),
    "a case that breaks before": ("take(); switch (a) { case 1: break; default: drop(); }", ["end"]),
    "no default": ("take(); switch (a) { case 1: drop(); }", ["end"]),
    "throw in a case": ("take(); switch (a) { case 1: throw new E(); } drop();", ["exception error"]),
    "continue in a switch is the loop's": (
        "while (a) { take(); switch (b) { case 1: continue; } drop(); }",
        ["end"],
    ),
    "catch and finally": ("take(); try { risk(); } catch (e) { return; } finally { drop(); }", []),
    "catch that throws": ("take(); try { risk(); } catch (e) { throw e; } drop();", ["exception error"]),
    "an arrow inside is not run": ("take(); const x = () => drop();", ["end"]),
}


def exits(body: tree.Block) -> list[str]:
    return [f"{each.kind} {each.raises}".strip() for each in held_exits(body, QUESTION)]


@pytest.mark.parametrize("case", PYTHON)
def test_python(tmp_path: Path, case: str) -> None:
    text, expected = PYTHON[case]
    body = text.replace("\n", "\n    ")
    program = workspace_of(tmp_path, {"a.py": f"def f():\n    {body}\n"}).program
    assert exits(function(program, "a.py", "f").node.body) == expected


@pytest.mark.parametrize("case", TYPESCRIPT)
def test_typescript(tmp_path: Path, case: str) -> None:
    text, expected = TYPESCRIPT[case]
    program = workspace_of(tmp_path, {"a.ts": f"function f() {{ {text} }}"}).program
    assert exits(function(program, "a.ts", "f").node.body) == expected


def test_kinds_that_leave_a_function(tmp_path: Path) -> None:
    text = "def f():\n    try:\n        risk()\n        lost()\n    except Gone:\n        pass\n"
    program = workspace_of(tmp_path, {"a.py": text}).program
    assert thrown_kinds(function(program, "a.py", "f").node.body, QUESTION) == {"error"}


def test_held_at_the_start(tmp_path: Path) -> None:
    program = workspace_of(tmp_path, {"a.py": "def f():\n    if a: return\n    drop()\n"}).program
    body = function(program, "a.py", "f").node.body
    assert [each.kind for each in held_exits(body, QUESTION, held_at_start=True)] == ["return"]


def test_a_chain_of_thousands_of_branches_has_an_answer(tmp_path: Path) -> None:
    branches = "".join(f"    elif a == {number}: drop()\n" for number in range(3000))
    text = f"def f(a):\n    take()\n    if a is None: drop()\n{branches}    else: drop()\n"
    program = workspace_of(tmp_path, {"a.py": text}).program
    assert exits(function(program, "a.py", "f").node.body) == []
