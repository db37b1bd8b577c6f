"""Where values come from, across names, files, classes and hooks."""

from __future__ import annotations

from pathlib import Path

import pytest

from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers, functions
from halfopen.semantics.instances import classes
from halfopen.semantics.members import members
from halfopen.semantics.qualified_names import qualified

from .samples import first, function, last, named, nodes, workspace_of

Files = dict[str, str]

ORIGINS: dict[str, tuple[Files, str, str, list[str]]] = {
    "an import": ({"a.py": "from m import f\nuse(f)\n"}, "a.py", "f", ["m.f"]),
    "a module's member": ({"a.py": "import m.n as k\nuse(k.f)\n"}, "a.py", "k.f", ["m.n.f"]),
    "a dotted import": ({"a.py": "import m.n\nuse(m.n.f)\n"}, "a.py", "m.n.f", ["m.n.f"]),
    "a builtin": ({"a.ts": "use(fetch);"}, "a.ts", "fetch", ["fetch"]),
    "a member of the window": ({"a.ts": "use(window.fetch);"}, "a.ts", "window.fetch", ["fetch"]),
    "a function of another file": (
        {"a.py": "from b import f\nuse(f)\n", "b.py": "def f(): ...\n"},
        "a.py",
        "f",
        ["b.py:f"],
    ),
    "an entry of a dict": (
        {"a.py": "from m import f, g\ndef h(): ...\ntable = {'f': f, 'h': h, 'n': 3}\nuse(table['h'])\n"},
        "a.py",
        "table['h']",
        ["a.py:h"],
    ),
    "any entry of a table of handlers": (
        {"a.py": "def g(): ...\ndef h(): ...\ntable = {'g': g, 'h': h, 'n': 3}\nuse(table.get(kind))\n"},
        "a.py",
        "table.get(kind)",
        ["a.py:g", "a.py:h"],
    ),
    "a method of the same object": (
        {"a.ts": "const o = { f() { later(() => use(this.g)); }, g() {} };"},
        "a.ts",
        "this.g",
        ["a.ts:g"],
    ),
    "what a method gave a member of its object": (
        {"a.ts": "import { f } from 'm';\nconst o = { g() { this.h = f; } };\nuse(o.h);"},
        "a.ts",
        "o.h",
        ["m.f"],
    ),
    "a relative import": (
        {"p/a.py": "from .q.b import f\nuse(f)\n", "p/q/b.py": "def f(): ...\n"},
        "p/a.py",
        "f",
        ["p/q/b.py:f"],
    ),
    "two folders up": (
        {"p/q/a.py": "from ..b import f\nuse(f)\n", "p/b.py": "def f(): ...\n"},
        "p/q/a.py",
        "f",
        ["p/b.py:f"],
    ),
    "what a package hands on": (
        {
            "a.py": "from p import g\nuse(g)\n",
            "p/__init__.py": "from .b import f as g\n",
            "p/b.py": "def f(): ...\n",
        },
        "a.py",
        "g",
        ["p/b.py:f"],
    ),
    "a package that imports from itself": (
        {
            "p/a.py": "from p import b\nuse(b.f)\n",
            "p/__init__.py": "from . import b\n",
            "p/b.py": "def f(): ...\n",
        },
        "p/a.py",
        "b.f",
        ["p/b.py:f"],
    ),
    "what a context's provider gives": (
        {
            "a.tsx": "export const K = createContext(null);\nfunction f() {}\nexport const P = () => <K.Provider value={f} />;",
            "b.tsx": "import { K } from './a';\nfunction C() { const y = useContext(K); use(y); }",
        },
        "b.tsx",
        "y",
        ["a.tsx:f"],
    ),
    "a part of what a context gives, by a hook": (
        {
            "a.tsx": "const K = createContext(null);\nfunction f() {}\nexport const P = () => <K value={{ f, n: 1 }} />;\n"
            "export const useK = () => { const k = useContext(K); if (!k) throw Error(); return k; };",
            "b.tsx": "import { useK } from './a';\nfunction C() { const { f } = useK(); use(f); }",
        },
        "b.tsx",
        "f",
        ["a.tsx:f"],
    ),
    "a package's submodule": (
        {"a.py": "from p import b\nuse(b.f)\n", "p/__init__.py": "", "p/b.py": "def f(): ...\n"},
        "a.py",
        "b.f",
        ["p/b.py:f"],
    ),
    "a star import": (
        {
            "a.py": "from p import f\nuse(f)\n",
            "p/__init__.py": "from .b import *\n",
            "p/b.py": "def f(): ...\n",
        },
        "a.py",
        "f",
        ["p/b.py:f"],
    ),
    "a barrel": (
        {
            "a.ts": "import { f } from './lib';\nuse(f);",
            "lib/index.ts": "export * from './b';",
            "lib/b.ts": "export function f() {}",
        },
        "a.ts",
        "f",
        ["lib/b.ts:f"],
    ),
    "a barrel that renames": (
        {
            "a.ts": "import { g } from './lib';\nuse(g);",
            "lib/index.ts": "export { f as g } from './b';",
            "lib/b.ts": "export const f = () => {};",
        },
        "a.ts",
        "g",
        ["lib/b.ts:anonymous"],
    ),
    "a default export": (
        {"a.ts": "import g from './b';\nuse(g);", "b.ts": "export default function f() {}"},
        "a.ts",
        "g",
        ["b.ts:f"],
    ),
    "a default export of a value": (
        {"a.ts": "import g from './b';\nuse(g);", "b.ts": "function f() {}\nexport default f;"},
        "a.ts",
        "g",
        ["b.ts:f"],
    ),
    "a namespace": (
        {"a.ts": "import * as b from './b';\nuse(b.f);", "b.ts": "export function f() {}"},
        "a.ts",
        "b.f",
        ["b.ts:f"],
    ),
    "an alias of tsconfig.json": (
        {
            "web/src/a.ts": "import { f } from '#lib/b';\nuse(f);",
            "web/lib/b.ts": "export function f() {}",
            "web/tsconfig.json": '{ // paths\n "compilerOptions": {"baseUrl": ".", "paths": {"#lib/*": ["lib/*"],}}}',
        },
        "web/src/a.ts",
        "f",
        ["web/lib/b.ts:f"],
    ),
    "barrels that import each other": (
        {"a.ts": "export * from './b';\nimport { f } from './b';\nuse(f);", "b.ts": "export * from './a';"},
        "a.ts",
        "f",
        [],
    ),
    "both branches": (
        {"a.py": "def f(): ...\nx = f if a else None\nuse(x)\n"},
        "a.py",
        "x",
        ["None", "a.py:f"],
    ),
    "every assignment": ({"a.py": "x = m()\nx = n()\nuse(x)\n"}, "a.py", "x", ["m()", "n()"]),
    "a fallback": ({"a.ts": "const x = m() ?? n();\nuse(x);"}, "a.ts", "x", ["m()", "n()"]),
    "destructured": ({"a.ts": "const { f: g } = { f: m() };\nuse(g);"}, "a.ts", "g", ["m()"]),
    "unpacked": ({"a.py": "a, b = m(), n()\nuse(b)\n"}, "a.py", "b", ["n()"]),
    "a spread display": (
        {"a.ts": "const o = { f: m() };\nconst { f } = { ...o };\nuse(f);"},
        "a.ts",
        "f",
        ["m()"],
    ),
    "a parameter": ({"a.py": "def f(x):\n    use(x)\n"}, "a.py", "x", ["x of f"]),
    "a destructured parameter": (
        {"a.ts": "function f({ x }) { use(x); }"},
        "a.ts",
        "x",
        ["{...}.x of f"],
    ),
    "what a function returns": (
        {"a.py": "def f():\n    return m()\nx = f()\nuse(x)\n"},
        "a.py",
        "x",
        ["m()"],
    ),
    "a function that returns its parameter": (
        {"a.py": "def f(x):\n    return x\ny = f(m())\nuse(y)\n"},
        "a.py",
        "y",
        ["m()"],
    ),
    "a field": (
        {
            "a.py": "class A:\n    def __init__(self):\n        self.x = m()\n    def f(self):\n        use(self.x)\n"
        },
        "a.py",
        "self.x",
        ["m()"],
    ),
    "a field of an instance elsewhere": (
        {
            "a.py": "from b import thing\nuse(thing.x)\n",
            "b.py": "class A:\n    def __init__(self):\n        self.x = m()\nthing = A()\n",
        },
        "a.py",
        "thing.x",
        ["m()"],
    ),
    "an inherited method": (
        {
            "a.py": "from b import Base\nclass A(Base): ...\nuse(A().f)\n",
            "b.py": "class Base:\n    def f(self): ...\n",
        },
        "a.py",
        "A().f",
        ["b.py:f"],
    ),
    "classes that inherit from each other": (
        {"a.py": "class A(B): ...\nclass B(A): ...\nuse(A().f)\n"},
        "a.py",
        "A().f",
        ["A().f"],
    ),
    "a field of a TypeScript class": (
        {"a.ts": "class A { x = m(); f() { use(this.x); } }"},
        "a.ts",
        "this.x",
        ["m()"],
    ),
    "a method of a variable whose declared type is the only hint": (
        {"a.py": "class A:\n    def f(self): return m()\ns: A = app.state.s\nuse(s.f)\n"},
        "a.py",
        "s.f",
        ["a.py:f", "app.state.s.f"],
    ),
    "a declared field, also where the type is written as text": (
        {"a.py": "class A:\n    b: 'B | None' = None\nclass B:\n    def f(self): return m()\nuse(A().b.f)\n"},
        "a.py",
        "A().b.f",
        ["a.py:f"],
    ),
    "no method of what a list is declared to hold": (
        {"a.py": "class A:\n    def f(self): return m()\ns: list[A] = app.state.s\nuse(s.f)\n"},
        "a.py",
        "s.f",
        ["app.state.s.f"],
    ),
    "what implements an abstract method": (
        {
            "a.py": "from abc import abstractmethod\nclass A:\n    @abstractmethod\n    def f(self): ...\n"
            "def g(a: A):\n    use(a.f)\n",
            "b.py": "from a import A\nclass B(A):\n    def f(self): return m()\n",
        },
        "a.py",
        "a.f",
        ["b.py:f"],
    ),
    "an abstract method that nothing implements": (
        {"a.py": "class A:\n    def f(self):\n        raise NotImplementedError\nuse(A().f)\n"},
        "a.py",
        "A().f",
        ["a.py:f"],
    ),
    "what a property gives": (
        {"a.py": "class A:\n    @property\n    def p(self):\n        return m()\nuse(A().p)\n"},
        "a.py",
        "A().p",
        ["m()"],
    ),
    "a ref": (
        {
            "a.tsx": "import { useRef } from 'react';\nfunction C() { const r = useRef(null); r.current = m(); use(r.current); }"
        },
        "a.tsx",
        "r.current",
        ["m()", "null"],
    ),
    "a callback": (
        {
            "a.tsx": "import { useCallback } from 'react';\nfunction C() { const f = useCallback(function g() {}, []); use(f); }"
        },
        "a.tsx",
        "f",
        ["a.tsx:g"],
    ),
    "a memo": (
        {
            "a.tsx": "import { useMemo } from 'react';\nfunction C() { const x = useMemo(() => m(), []); use(x); }"
        },
        "a.tsx",
        "x",
        ["m()"],
    ),
    "a bound method": ({"a.ts": "function f() {}\nconst g = f.bind(x);\nuse(g);"}, "a.ts", "g", ["a.ts:f"]),
    "partial": (
        {"a.py": "from functools import partial\ndef f(x): ...\ng = partial(f, 1)\nuse(g)\n"},
        "a.py",
        "g",
        ["a.py:f"],
    ),
    "awaited": ({"a.py": "async def f():\n    x = await m()\n    use(x)\n"}, "a.py", "x", ["m()"]),
    "itself": ({"a.py": "x = x\nuse(x)\n"}, "a.py", "x", []),
    "each other": ({"a.py": "x = y\ny = x or m()\nuse(x)\n"}, "a.py", "x", ["m()"]),
}


@pytest.mark.parametrize("case", ORIGINS)
def test_origins(tmp_path: Path, case: str) -> None:
    files, path, text, expected = ORIGINS[case]
    program = workspace_of(tmp_path, files).program
    assert named(program, last(program, path, text)) == expected


NAMES: dict[str, tuple[str, str, str, set[str]]] = {
    "a class": ("a.py", "from m import A\nuse(A)\n", "A", {"m.A"}),
    "a method of an instance": ("a.py", "from m import A\na = A()\nuse(a.f)\n", "a.f", {"m.A().f"}),
    "an annotated parameter": (
        "a.py",
        "from m import A\ndef f(a: A | None):\n    use(a.g)\n",
        "a.g",
        {"m.A().g"},
    ),
    "a string that is stripped": (
        "a.py",
        "from m import text\ns = text()\ns = s.strip()\nuse(s)\n",
        "s",
        {"m.text()", "m.text().strip()"},
    ),
    "a hook": (
        "a.tsx",
        "import React from 'react';\nuse(React.useEffect);",
        "React.useEffect",
        {"react.default.useEffect"},
    ),
    "nothing outside": ("a.py", "def f(): ...\nuse(f)\n", "f", set()),
}


@pytest.mark.parametrize("case", NAMES)
def test_qualified_names(tmp_path: Path, case: str) -> None:
    path, code, text, expected = NAMES[case]
    program = workspace_of(tmp_path, {path: code}).program
    assert qualified(program, last(program, path, text)) == expected


def test_a_dependency_provides_the_class_of_a_parameter(tmp_path: Path) -> None:
    text = """\
from typing import Annotated
from fastapi import Depends

class Store: ...

def provide():
    yield Store()

Provided = Annotated[object, Depends(provide)]

def endpoint(a=Depends(provide), b: Annotated[object, Depends(Store)] = None, c: Provided = None):
    use(a, b, c)
"""
    program = workspace_of(tmp_path, {"a.py": text}).program
    for name in "abc":
        found = classes(program, last(program, "a.py", name))
        assert [each.node.name for each in found] == ["Store"], name


@pytest.mark.parametrize("declared", ["Store", "'Store'", "'Store | None'", "Optional['Store']"])
def test_a_parameter_is_what_its_annotation_says(tmp_path: Path, declared: str) -> None:
    text = f"from typing import Optional\nclass Store: ...\ndef f(store: {declared}):\n    use(store)\n"
    program = workspace_of(tmp_path, {"a.py": text}).program
    assert [each.node.name for each in classes(program, last(program, "a.py", "store"))] == ["Store"]


@pytest.mark.parametrize(
    ("declared", "looked_up"),
    [
        ("rooms: dict[str, Room] = {}", "rooms[key]"),
        ("rooms: Dict[str, 'Room'] = {}", "rooms.get(key)"),
        ("rooms = {}\ndef join(key):\n    rooms[key] = Room()", "rooms.get(key)"),
        ("rooms = defaultdict(Room)\nrooms['hall'] = Room()", "rooms[key]"),
        (
            "class Lobby:\n    def join(self, key): self.rooms[key] = Room()\nlobby = Lobby()",
            "lobby.rooms.pop(key)",
        ),
        ("class Lobby:\n    rooms: dict[str, Room]\nlobby = Lobby()", "lobby.rooms[key]"),
    ],
)
def test_what_is_looked_up_is_what_was_put_in(tmp_path: Path, declared: str, looked_up: str) -> None:
    text = (
        f"class Room: ...\nclass Other: ...\n{declared}\ndef f(key):\n    room = {looked_up}\n    use(room)\n"
    )
    program = workspace_of(tmp_path, {"a.py": text}).program
    assert [each.node.name for each in classes(program, last(program, "a.py", "room"))] == ["Room"]


def test_a_class_that_is_called_runs_its_constructor(tmp_path: Path) -> None:
    program = workspace_of(tmp_path, {"a.py": "class A:\n    def __init__(self): ...\nA()\n"}).program
    assert [each.node.name for each in functions(program, last(program, "a.py", "A"))] == ["__init__"]


def test_members_of_the_class_itself_come_before_those_of_its_bases(tmp_path: Path) -> None:
    text = "class A:\n    x = 1\n    y = 1\nclass B(A):\n    x = 2\n"
    program = workspace_of(tmp_path, {"a.py": text}).program
    klass = next(
        at.to(at.node)
        for at in nodes(program, "a.py")
        if isinstance(at.node, tree.Class) and at.node.name == "B"
    )
    assert [each.text for each in members(program, klass, "x")] == ["2"]
    assert [each.text for each in members(program, klass, "y")] == ["1"]


def test_callers_are_found_by_name_member_and_construction(tmp_path: Path) -> None:
    files = {
        "b.py": "class A:\n    def __init__(self): ...\n    def f(self): ...\n\ndef g(): ...\n",
        "a.py": "from b import A, g as h\nthing = A()\nthing.f()\nh()\nother.f()\n",
        "c.py": "import b\nb.g()\n",
    }
    program = workspace_of(tmp_path, files).program

    def calls(name: str) -> list[str]:
        return sorted(each.text for each in callers(program, function(program, "b.py", name)))

    assert calls("__init__") == ["A()"]
    assert calls("f") == ["thing.f()"]
    assert calls("g") == ["b.g()", "h()"]


def test_a_web_of_names_costs_little(tmp_path: Path) -> None:
    many = range(14)
    text = "class A:\n    def f(self):\n" + "".join(
        f"        self.v{one} = {' or '.join(f'self.v{two}.x' for two in many if two != one)} or m{one}()\n"
        for one in many
    )
    program = workspace_of(tmp_path, {"a.py": text}).program
    asked = [first(program, "a.py", f"self.v{one}.x") for one in many]
    # Without answers that are shared within a cycle each of these would take longer than anyone waits.
    assert all(isinstance(qualified(program, each), frozenset) for each in asked)


@pytest.mark.parametrize(
    "text",
    [
        "def f(z):\n    return (z" + "".join(f"\n.a{number}(1)" for number in range(3000)) + ")\n",
        "def f(z):\n    return (z" + "\n+ a - b" * 2500 + ")\n",
        "def f(z):\n    if z: a()\n"
        + "".join(f"    elif z == {number}: b({number})\n" for number in range(3000)),
    ],
    ids=["chained calls", "sums", "branches"],
)
def test_depth_costs_no_answer(tmp_path: Path, text: str) -> None:
    program = workspace_of(tmp_path, {"a.py": text}).program
    f = function(program, "a.py", "f")
    assert len(f.index.parents) > 5000
    asked = [node for node in f.index.parents if isinstance(node, tree.Call | tree.Name | tree.Member)]
    for node in (asked[0], asked[len(asked) // 2], asked[-1]):
        assert named(program, f.to(node)) is not None


def test_calls_of_a_deep_unit_are_in_the_order_of_the_text(tmp_path: Path) -> None:
    branches = "".join(f"    elif z == {number}: b({number})\n" for number in range(500))
    program = workspace_of(tmp_path, {"a.py": f"def f(z):\n    if z: a()\n{branches}"}).program
    starts = [call.start for call in function(program, "a.py", "f").index.calls]
    assert len(starts) == 501
    assert starts == sorted(starts)


def test_a_long_chain_of_calls_keeps_the_name_it_begins_with(tmp_path: Path) -> None:
    text = "from m import a\nuse(a" + ".b()" * 30 + ".c)\n"
    program = workspace_of(tmp_path, {"a.py": text}).program
    short = first(program, "a.py", "a.b().b()")
    assert qualified(program, short) == {"m.a.b().b()"}
