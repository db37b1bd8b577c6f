"""Where a value goes: the expressions that may evaluate to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from halfopen.semantics.flow import aliases

from .samples import first, workspace_of

Files = dict[str, str]

REACHED: dict[str, tuple[Files, list[str]]] = {
    # What `make()` of the first file reaches: the text of each call `use...(x)` that it is handed to.
    "an assignment": ({"a.py": "x = make()\ny = x\nuse(y)\n"}, ["use(y)"]),
    "nothing else": ({"a.py": "x = make()\ny = other()\nuse(y)\n"}, []),
    "another file": ({"a.py": "x = make()\n", "b.py": "from a import x as y\nuse(y)\n"}, ["use(y)"]),
    "a barrel": (
        {
            "a.ts": "export const x = make();",
            "index.ts": "export * from './a';",
            "b.ts": "import { x } from '.';\nuse(x);",
        },
        ["use(x)"],
    ),
    "a branch": ({"a.py": "x = make() if a else None\nuse(x)\n"}, ["use(x)"]),
    "a fallback": ({"a.ts": "let x;\nx = x ?? make();\nuse(x);"}, ["use(x)"]),
    "a destructured display": ({"a.ts": "const { k: x, z } = { k: make() };\nuse(x);\nuse(z);"}, ["use(x)"]),
    "an unpacked tuple": ({"a.py": "x, y = make(), 1\nuse(x)\nuse(y)\n"}, ["use(x)"]),
    "a field": (
        {
            "a.py": "class A:\n    def f(self):\n        self.x = make()\n    def g(self):\n        use(self.x)\n        use(self.y)\n"
        },
        ["use(self.x)"],
    ),
    "a field of an instance": (
        {
            "a.py": "class A:\n    def __init__(self):\n        self.x = make()\n",
            "b.py": "from a import A\nthing = A()\nuse(thing.x)\n",
        },
        ["use(thing.x)"],
    ),
    "a field of a dataclass": (
        {
            "a.py": "class A:\n    n: int\n    x: object = None\na = A(1, make())\nb = A(2, x=3)\nuse(a.x)\nuse(a.n)\n"
        },
        ["use(a.x)"],
    ),
    "a field in TypeScript": (
        {"a.ts": "class A { x = null; f() { this.x = make(); } g() { use(this.x); } }"},
        ["use(this.x)"],
    ),
    "a member of an object": ({"a.ts": "const o = {};\no.x = make();\nuse(o.x);\nuse(o.y);"}, ["use(o.x)"]),
    "a member that a method gives its own object": (
        {
            "a.ts": "const o = { x: null, f() { run(() => { this.x = make(); }); }, g: function () { use(this.x); } };\nuse(o.x);\nuse(o.y);"
        },
        ["use(o.x)", "use(this.x)"],
    ),
    "no member of an object around a class": (
        {"a.ts": "const o = { x: 1, f() { return class { g() { this.x = make(); } }; } };\nuse(o.x);"},
        [],
    ),
    "an element": (
        {"a.py": "d = {}\nd['k'] = make()\nuse(d['k'])\nfor x in d.values():\n    pass\n"},
        ["use(d['k'])"],
    ),
    "a value of a dict in a loop over its values": (
        {
            "a.py": "d = {}\nd['k'] = make()\nfor x in d.values():\n    use(x)\nfor k in d.keys():\n    see(k)\n"
        },
        ["use(x)"],
    ),
    "a value of a dict of dicts in a loop over pairs": (
        {
            "a.py": "d = {}\nd['k'] = {}\nd['k']['l'] = make()\nfor k, x in list(d['k'].items()):\n    use(x)\n    use(k)\n"
        },
        ["use(x)"],
    ),
    "a value of a map in a loop over its values": (
        {"a.ts": "const m = new Map();\nm.set('k', make());\nfor (const x of m.values()) { use(x); }"},
        ["use(x)"],
    ),
    "an element of a list in a loop": (
        {"a.py": "xs = []\nxs.append(make())\nfor x in xs:\n    use(x)\n"},
        ["use(x)"],
    ),
    "a parameter": ({"a.py": "def f(x, y):\n    use(x)\n    use(y)\nf(make(), 1)\n"}, ["use(x)"]),
    "a keyword": ({"a.py": "def f(x=None, y=None):\n    use(y)\nf(y=make())\n"}, ["use(y)"]),
    "a parameter in another file": (
        {"a.ts": "import { f } from './b';\nf(make());", "b.ts": "export function f(x) { use(x); }"},
        ["use(x)"],
    ),
    "a result": ({"a.py": "def f():\n    return make()\nx = f()\nuse(x)\n"}, ["use(x)"]),
    "an awaited result": (
        {"a.py": "async def f():\n    return make()\nasync def g():\n    x = await f()\n    use(x)\n"},
        ["use(x)"],
    ),
    "with": ({"a.py": "with make() as x:\n    use(x)\n"}, ["use(x)"]),
    "a dependency": (
        {
            "a.py": "from fastapi import Depends\ndef get():\n    yield make()\ndef f(x=Depends(get)):\n    use(x)\n"
        },
        ["use(x)"],
    ),
    "a ref": (
        {
            "a.tsx": "import { useRef } from 'react';\nfunction C() { const r = useRef(null); r.current = make(); use(r.current); use(r); }"
        },
        ["use(r.current)"],
    ),
    "a ref made with it": (
        {
            "a.tsx": "import { useRef } from 'react';\nfunction C() { const r = useRef(make()); use(r.current); }"
        },
        ["use(r.current)"],
    ),
    "a ref that is handed on": (
        {
            "a.tsx": "import { useRef } from 'react';\nfunction f(q) { q.current = make(); }\nfunction C() { const r = useRef(null); f(r); use(r.current); }"
        },
        ["use(r.current)"],
    ),
    "a hook's object": (
        {
            "a.ts": "export function useThing() { const x = make(); return { x, y: 1 }; }",
            "b.tsx": "import { useThing } from './a';\nfunction C() { const { x: z, y } = useThing(); use(z); use(y); }",
        },
        ["use(z)"],
    ),
    "a hook's ref": (
        {
            "a.ts": "import { useRef } from 'react';\nexport function useThing() { const r = useRef(null); r.current = make(); return r; }",
            "b.tsx": "import { useThing } from './a';\nfunction C() { const q = useThing(); use(q.current); }",
        },
        ["use(q.current)"],
    ),
    "a state setter": (
        {
            "a.tsx": "import { useState } from 'react';\nfunction C() { const [x, setX] = useState(null); setX(make()); use(x); use(setX); }"
        },
        ["use(x)"],
    ),
    "a state setter's updater": (
        {
            "a.tsx": "import { useState } from 'react';\nfunction C() { const [x, setX] = useState(null); setX((old) => old ?? make()); use(x); }"
        },
        ["use(x)"],
    ),
    "a parameter that is handed on for ever": (
        {
            "a.py": "def f(q, n):\n    q.x = make()\n    f(q.x, n)\n    f(q, n)\no = Thing()\nf(o, 1)\nuse(o.x)\n"
        },
        ["use(o.x)"],
    ),
    "a first state": (
        {
            "a.tsx": "import { useState } from 'react';\nfunction C() { const [x] = useState(() => make()); use(x); }"
        },
        ["use(x)"],
    ),
    "a memo": (
        {
            "a.tsx": "import { useMemo } from 'react';\nfunction C() { const x = useMemo(() => make(), []); use(x); }"
        },
        ["use(x)"],
    ),
    "a context": (
        {
            "a.tsx": "import { createContext } from 'react';\nexport const K = createContext(null);\nexport function P({ children }) { const x = make(); return <K.Provider value={x}>{children}</K.Provider>; }",
            "b.tsx": "import { useContext } from 'react';\nimport { K } from './a';\nfunction C() { const y = useContext(K); use(y); }",
        },
        ["use(y)"],
    ),
    "a context's object": (
        {
            "a.tsx": "import { createContext } from 'react';\nexport const K = createContext(null);\nexport function P() { const x = make(); return <K.Provider value={{ x }} />; }",
            "b.tsx": "import { useContext } from 'react';\nimport { K } from './a';\nfunction C() { const { x, z } = useContext(K); use(x); use(z); }",
        },
        ["use(x)"],
    ),
    "a property of a component": (
        {
            "a.tsx": "import { D } from './b';\nfunction C() { return <D x={make()} y={1} />; }",
            "b.tsx": "export function D({ x, y }) { use(x); use(y); }",
        },
        ["use(x)"],
    ),
    "a promise": (
        {"a.ts": "async function f() { const x = await new Promise((done) => { done(make()); }); use(x); }"},
        ["use(x)"],
    ),
    "a store, by set and get": (
        {
            "a.ts": "import { create } from 'zustand';\nconst useS = create((set, get) => ({ x: null, f() { set({ x: make() }); }, g() { use(get().x); } }));"
        },
        ["use(get().x)"],
    ),
    "a store, by selector": (
        {
            "a.ts": "import { create } from 'zustand';\nexport const useS = create((set) => ({ x: null, f() { set({ x: make() }); } }));",
            "b.tsx": "import { useS } from './a';\nfunction C() { const x = useS((s) => s.x); const y = useS((s) => s.y); use(x); use(y); }",
        },
        ["use(x)"],
    ),
    "a store, by destructuring": (
        {
            "a.ts": "import { create } from 'zustand';\nexport const useS = create<T>()((set) => ({ x: null, f: () => set(() => ({ x: make() })) }));",
            "b.tsx": "import { useS } from './a';\nfunction C() { const { x } = useS(); use(x); }",
        },
        ["use(x)"],
    ),
    "a store, from outside": (
        {
            "a.ts": "import { create } from 'zustand';\nexport const useS = create(() => ({ x: null }));\nexport function f() { useS.setState({ x: make() }); }\nexport function g() { use(useS.getState().x); }",
        },
        ["use(useS.getState().x)"],
    ),
    "a store behind middleware": (
        {
            "a.ts": "import { create } from 'zustand';\nimport { devtools } from 'zustand/middleware';\nconst useS = create(devtools((set, get) => ({ x: make(), g() { use(get().x); } })));",
        },
        ["use(get().x)"],
    ),
    "a value of a map in a loop": (
        {
            "a.ts": "const m = new Map();\nm.set('k', { x: make() });\nfor (const [k, v] of m) { use(k); use(v.x); }"
        },
        ["use(v.x)"],
    ),
    "itself, for ever": ({"a.py": "x = make()\nwhile a:\n    x = [x]\n    x = x[0]\nuse(x)\n"}, ["use(x)"]),
}


@pytest.mark.parametrize("case", REACHED)
def test_what_a_value_reaches(tmp_path: Path, case: str) -> None:
    files, expected = REACHED[case]
    program = workspace_of(tmp_path, files).program
    path = next(path for path, text in files.items() if "make()" in text)
    reached = aliases(program, first(program, path, "make()"))
    calls: list[str] = []
    for each in reached:
        call = each.index.parents.get(each.parent) if each.parent is not None else None
        text = each.to(call).text if call is not None else ""
        if text.startswith("use("):
            calls.append(text)
    assert sorted(set(calls)) == expected
