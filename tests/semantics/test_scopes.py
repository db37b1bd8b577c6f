"""Which declaration a name refers to, by the rules of each language."""

from __future__ import annotations

from pathlib import Path

import pytest

from .samples import names_by_scope, workspace_of

PYTHON: dict[str, tuple[str, list[str]]] = {
    "a name that a function assigns is its own": (
        "x = 1\ndef f():\n    x = 2\n    return x\n",
        ["module", "f", "f"],
    ),
    "a name that a function only reads is the module's": (
        "x = 1\ndef f():\n    return x\n",
        ["module", "module"],
    ),
    "an assignment after the read binds it all the same": (
        "x = 1\ndef f():\n    print(x)\n    x = 2\n",
        ["module", "f", "f"],
    ),
    "global reaches the module from any depth": (
        "def f():\n    x = 1\n    def g():\n        global x\n        x = 2\n        return x\n    return x\n",
        ["f", "module", "module", "f"],
    ),
    "nonlocal reaches the function around": (
        "x = 0\ndef f():\n    x = 1\n    def g():\n        nonlocal x\n        x = 2\n    return x\n",
        ["module", "f", "f", "f"],
    ),
    "methods do not see the names of their class": (
        "x = 0\nclass A:\n    x = 1\n    y = x\n    def f(self):\n        return x\n",
        ["module", "A", "A", "module"],
    ),
    "a comprehension has its own names": (
        "def f(x):\n    a = [x for x in x]\n    return x\n",
        ["f", "comprehension", "comprehension", "f", "f"],
    ),
    "a walrus in a comprehension binds around it": (
        "def f(a):\n    any((x := b) for b in a)\n    return x\n",
        ["f", "f"],
    ),
    "loops, with and except bind in the function": (
        "def f():\n    for x in a: pass\n    with b as x: pass\n    try: pass\n    except E as x: pass\n    return x\n",
        ["f", "f", "f", "f"],
    ),
    "a default is evaluated outside": (
        "x = 1\ndef f(x=x):\n    return x\n",
        ["module", "f", "module", "f"],
    ),
    "a match captures": (
        "def f(m):\n    match m:\n        case {'a': x}:\n            return x\n",
        ["f", "f"],
    ),
    "a lambda's parameter is its own": (
        "x = 1\nf = lambda x: x\n",
        ["module", "function", "function"],
    ),
}

TYPESCRIPT: dict[str, tuple[str, list[str]]] = {
    "let and const are the block's": (
        "function f() { const x = 1; { const x = 2; x; } return x; }",
        ["f", "block", "block", "f"],
    ),
    "var is the function's": (
        "function f() { if (a) { var x = 1; } return x; }",
        ["f", "f"],
    ),
    "var is hoisted above a read": (
        "const x = 0;\nfunction f() { g(x); { var x = 1; } }",
        ["module", "f", "f"],
    ),
    "a parameter shadows": ("const x = 0;\nfunction f(x) { return x; }", ["module", "f", "f"]),
    "an inner function sees the outer's": (
        "function f() { let x = 1; return () => { x = 2; return x; }; }",
        ["f", "f", "f"],
    ),
    "an assignment without declaration is the module's": (
        "let x;\nfunction f() { x = 1; }",
        ["module", "module"],
    ),
    "destructuring declares every name in it": (
        "function f(p) { const { a: x, ...rest } = p; const [y, { z = x }] = rest; return x; }",
        ["f", "f", "f"],
    ),
    "a default may use what stands before it": (
        "function f({ x = 1, y = x }) { return x; }",
        ["f", "f", "f"],
    ),
    "catch has its own name": (
        "function f() { const x = 1; try {} catch (x) { x; } return x; }",
        ["f", "block", "block", "f"],
    ),
    "a loop's let is the loop's": (
        "function f() { for (let x = 0; x < 3; x++) { x; } }\nx;",
        ["block", "block", "block", "block", "module"],
    ),
    "for of declares for its body": (
        "const x = [];\nfunction f() { for (const x of y) { x; } return x; }",
        ["module", "block", "block", "module"],
    ),
    "a function declaration is hoisted in its function": (
        "function f() { x(); function x() {} }",
        ["f", "f"],
    ),
    "a field is no variable": (
        "const x = 0;\nclass A { x = 1; f() { return x; } }",
        ["module", "A", "module"],
    ),
    "switch cases share one block": (
        "function f(a) { switch (a) { case 1: const x = 1; case 2: x; } return x; }",
        ["block", "block", "module"],
    ),
}


@pytest.mark.parametrize("case", PYTHON)
def test_python(tmp_path: Path, case: str) -> None:
    text, expected = PYTHON[case]
    program = workspace_of(tmp_path, {"a.py": text}).program
    assert sorted(names_by_scope(program, "a.py", "x")) == sorted(expected)


@pytest.mark.parametrize("case", TYPESCRIPT)
def test_typescript(tmp_path: Path, case: str) -> None:
    text, expected = TYPESCRIPT[case]
    program = workspace_of(tmp_path, {"a.ts": text}).program
    assert sorted(names_by_scope(program, "a.ts", "x")) == sorted(expected)
