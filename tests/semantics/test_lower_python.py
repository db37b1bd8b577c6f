"""Python as the neutral tree: each construct, broken code, and what holds of every tree."""

from __future__ import annotations

import sysconfig
from pathlib import Path
from textwrap import dedent
from typing import TypeVar

import pytest
import tree_sitter_python
from hypothesis import given, settings
from hypothesis import strategies as st
from tree_sitter import Language, Parser

from halfopen.semantics import tree
from halfopen.semantics.dump import dump
from halfopen.semantics.lower_python import lower

T = TypeVar("T", bound=tree.Node)
PARSER = Parser(Language(tree_sitter_python.language()))


def lowered(data: bytes) -> list[tuple[int, tree.Statement]]:
    """Every top-level statement with the offset that its nodes are relative to."""
    found: list[tuple[int, tree.Statement]] = []
    for node in PARSER.parse(data).root_node.children:
        base = node.start_byte
        found += [(base, statement) for statement in lower(node, data, base)]
    return found


def dumped(source: str) -> str:
    return dump(*(statement for _, statement in lowered(dedent(source).strip().encode())))


def first(source: str) -> tree.Statement:
    return lowered(dedent(source).strip().encode())[0][1]


def of_type(source: str, kind: type[T]) -> list[T]:
    return [
        node
        for _, statement in lowered(dedent(source).strip().encode())
        for node in tree.walk(statement)
        if isinstance(node, kind)
    ]


# --- statements --------------------------------------------------------------------------------

STATEMENTS = {
    "a = b = c": "(= a b c)",
    "a = b = yield c": "(= a b (yield c))",
    "a, *b = c": "(= (tuple a *b) c)",
    "[a, (b, c)] = d": "(= (list a (tuple b c)) d)",
    "(a) = b": "(= a b)",
    "(a,) = b": "(= (tuple a) b)",
    "a.b[c] = d": "(= ([] (. a b) c) d)",
    "a += 1": "(+= a 1)",
    "a //= 1": "(//= a 1)",
    "a >>= 1": "(>>= a 1)",
    "a @= b": "(@= a b)",
    "a: int": "(= a :int)",
    "a: int = 3": "(= a :int 3)",
    "self.a: 'B | None' = None": "(= (. self a) :'B | None' None)",
    "a": "a",
    "a, b": "(tuple a b)",
    "a,": "(tuple a)",
    "a; b = 1; c()": "a\n(= b 1)\n(call c)",
    "pass": "",
    "...": "(opaque:ellipsis)",
    "del a, b[c], (d, [e])": "(del a ([] b c) d e)",
    "assert a": "(if (not a) {(raise (call AssertionError))})",
    "assert a, b": "(if (not a) {(raise (call AssertionError b))})",
    "raise": "(raise)",
    "raise A": "(raise A)",
    "raise A(b) from c": "(raise (call A b))",
    "return": "(return)",
    "return a, b": "(return (tuple a b))",
    "return *a.b, c": "(return (tuple *(. a b) c))",
    "global a, b": "(global a b)",
    "nonlocal a": "(nonlocal a)",
    "print a, b": "(call print a b)",
    "print >>f, a": "(call print (opaque:chevron f) a)",
    "exec code in scope": "(call exec code scope)",
    "type X = int": "(= X int)",
    "type X[T] = list[T] | None": "(= X (| ([] list T) None))",
    "type(a).b = c": "(= (. (call type a) b) c)",
    "type[a].b = c": "(= (. ([] type a) b) c)",
    "match = type = case = 1": "(= match type case 1)",
    "if a: b": "(if a {b})",
    "if a: b\nelse: c": "(if a {b} {c})",
    "if a: b\nelif c: d\nelse: e": "(if a {b} {(if c {d} {e})})",
    "while a:\n  break\nelse:\n  continue": "(while a {(break)} else {(continue)})",
    "for a, b in c: d": "(for (tuple a b) c {d})",
    "for a in b, c: d\nelse: e": "(for a (tuple b c) {d} else {e})",
    "async for a in b: c": "(async-for a b {c})",
    "with a: b": "(with a {b})",
    "with a as b, c as (d, e): f": "(with a as b, c as (tuple d e) {f})",
    "with (a as b, c as d,): e": "(with a as b, c as d {e})",
    "with (a as b): c": "(with a as b {c})",
    "with (a, b): c": "(with a, b {c})",
    "with (a): c": "(with a {c})",
    "with (yield a) as b: c": "(with (yield a) as b {c})",
    "async with a() as b.c: d": "(async-with (call a) as (. b c) {d})",
    "import a": "(import a *=a)",
    "import a.b.c": "(import a *=a)",
    "import a.b as c, d": "(import a.b *=c)\n(import d *=d)",
    "from a.b import c, d as e": "(import a.b c d=e)",
    "from . import a": "(import . a)",
    "from ..a.b import (c,\n  d as e,\n)": "(import ..a.b c d=e)",
    "from ... import a": "(import ... a)",
    "from a . b import *": "(import a.b *)",
    "from __future__ import annotations as a, b": "(import __future__ annotations=a b)",
    "try: a\nexcept: b": "(try {a} (except {b}))",
    "try: a\nexcept (A, b.C) as e: c\nelse: d\nfinally: e": (
        "(try {a} (except A (. b C) as e {c}) else {d} finally {e})"
    ),
    "try: a\nexcept* A as e: b": "(try {a} (except A as e {b}))",
    "try: a\nexcept A, B: b": "(try {a} (except A B {b}))",
    "try: a\nfinally: b": "(try {a} finally {b})",
}


@pytest.mark.parametrize(("source", "wanted"), STATEMENTS.items())
def test_statements(source: str, wanted: str) -> None:
    assert dumped(source) == wanted


EXPRESSIONS = {
    "None": "None",
    "True": "True",
    "0x1F": "31",
    "0b11": "3",
    "0o17": "15",
    "017": "15",
    "10L": "10",
    "1_000": "1000",
    "1_0.5e-1_0": "1.05e-09",
    "3j": "(opaque:complex)",
    "a.b.c": "(. (. a b) c)",
    "a[b]": "([] a b)",
    "a[b, c]": "([] a (tuple b c))",
    "a[b,]": "([] a (tuple b))",
    "a[(b)]": "([] a b)",
    "a[b(1, 2)]": "([] a (call b 1 2))",
    "a[1:2]": "([] a (opaque:slice 1 2))",
    "a[::b, ...]": "([] a (tuple (opaque:slice b) (opaque:ellipsis)))",
    "a[*b]": "([] a (tuple *b))",
    "f(a, *b, c=d, **e)": "(call f a *b c=d **e)",
    "f(a for a in b)": "(call f (comp-generator a (for a b)))",
    "f((a), (b, c))": "(call f a (tuple b c))",
    "f(*a.b(), *c + d)": "(call f *(call (. a b)) *(+ c d))",
    "f(\n  a,  # comment\n  b=c,\n  # another\n)": "(call f a b=c)",
    "a.b(c).d[e](f=g).h": "(. (call ([] (. (call (. a b) c) d) e) f=g) h)",
    "(\n  a  # comment\n  .b\n)": "(. a b)",
    "a \\\n + b": "(+ a b)",
    "((((a))))": "a",
    "()": "(tuple)",
    "(a,)": "(tuple a)",
    "(a, *b)": "(tuple a *b)",
    "[a, *b.c]": "(list a *(. b c))",
    "[*a if b else c, *d or e]": "(list *(? b a c) *(or d e))",
    "g([*a.b()], [*a + b], [*a < b])": "(call g (list *(call (. a b))) (list *(+ a b)) (list *(< a b)))",
    "{a, *b}": "(set a *b)",
    "{}": "(object)",
    "{'a': b, c: d, **e}": "(object 'a':b c:d ...e)",
    "a + b + c": "(+ a b c)",
    "a - b - c": "(- (- a b) c)",
    "a + b - c + d": "(+ (- (+ a b) c) d)",
    "(a + b) + c": "(+ (+ a b) c)",
    "a ** b ** c": "(** a (** b c))",
    "a | b & c << d >> e // f @ g % h": "(| a (& b (>> (<< c d) (% (@ (// e f) g) h))))",
    "a and b and c or d or not e": "(or (and a b c) d (not e))",
    "-a + ~b": "(+ (- a) (~ b))",
    "a < b": "(< a b)",
    "a <> b": "(!= a b)",
    "a is not b": "(is-not a b)",
    "a not  in b": "(not-in a b)",
    "a < b.c <= d": "(and (< a (. b c)) (<= (. b c) d))",
    "0 < f() < g() == 3": "(and (< 0 (call f)) (< (opaque:repeated) (call g)) (== (opaque:repeated) 3))",
    "a if b else c if d else e": "(? b a (? d c e))",
    "(a := b)": "(:= a b)",
    "f(a := b, c=(d := e))": "(call f (:= a b) c=(:= d e))",
    "await a.b()": "(await (call (. a b)))",
    "lambda: a": "(function _ [] {(return a)})",
    "lambda a, /, b=1, *c, d, e=2, **f: g": (
        "(function _ [(positional a) b=1 *c (keyword d) (keyword e=2) **f] {(return g)})"
    ),
    "lambda: (yield)": "(function* _ [] {(return (yield))})",
    "[a for a in b if c if d for e in f]": "(comp-list a (for a b (if c) (if d)) (for e f))",
    "{a: b async for a, b in c}": "(comp-dict (tuple a b) (async-for (tuple a b) c))",
    "{a for a in b}": "(comp-set a (for a b))",
    "(yield)": "(yield)",
    "(yield a, b)": "(yield (tuple a b))",
    "(yield from a)": "(yield-from a)",
}


@pytest.mark.parametrize(("source", "wanted"), EXPRESSIONS.items())
def test_expressions(source: str, wanted: str) -> None:
    assert dumped(source) == wanted


# --- strings -----------------------------------------------------------------------------------

VALUES = {
    r"'a'": "a",
    r'"""a"b"""': 'a"b',
    r"''": "",
    r"'a\n\t\\\'\"\x41\u00e9\U0001F600\101\0'": "a\n\t\\'\"A\u00e9\U0001f600A\0",
    r"'\N{EURO SIGN}\N{no such}'": "\u20ac\\N{no such}",
    r"'\d\U00110000\xg \8'": r"\d\U00110000\xg \8",
    r"'\ud800'": "\ud800",
    r"r'\n\''": r"\n\'",
    r"R'a'": "a",
    r"u'a'": "a",
    "'a\\\nb'": "ab",
    "'''a\r\nb'''": "a\nb",
    r"b'a\x00\xff\u0041'": b"a\x00\xff\\u0041",
    r"Rb'\x00'": rb"\x00",
    r"b'a' B'b'": b"ab",
    r"'a' 'b'  r'\c'": r"ab\c",
    "('a'  # comment\n 'b')": "ab",
    r"f'a{{b}}\x41'": "a{b}A",
    r"'a' f'b'": "ab",
    r"rf'\x{{'": r"\x{",
}


@pytest.mark.parametrize(("source", "wanted"), VALUES.items())
def test_string_values(source: str, wanted: str | bytes) -> None:
    statement = lowered(source.encode())[0][1]
    assert isinstance(statement, tree.Do)
    assert isinstance(statement.value, tree.Literal)
    assert statement.value.value == wanted


TEMPLATES = {
    "f'{a}'": "(template {a})",
    "f'ws://{host}:{port}/{path!r}'": '(template "ws://" {host} ":" {port} "/" {path})',
    "f'{a:>10}{b:%H:%M}'": "(template {a} {b})",
    "f'{a:{b}.{c}}'": "(template {(opaque:format a b c)})",
    "f'{a=}, {b = }'": '(template "a=" {a} ", b = " {b})',
    "f'{a, b}'": "(template {(tuple a b)})",
    "f'{f\"{a}\"}'": "(template {(template {a})})",
    'f"{d["k"]}"': "(template {([] d 'k')})",
    "'a' f'{b}c' 'd' rf'\\d{e}'": '(template "a" {b} "cd\\\\d" {e})',
    "f'{ {1: 2}[a] }'": "(template {([] (object 1:2) a)})",
    "f'''{\na\n}'''": "(template {a})",
    "t'{a} b'": '(template {a} " b")',
    "b'a' f'{b}'": "(opaque:string b)",
}


@pytest.mark.parametrize(("source", "wanted"), TEMPLATES.items())
def test_templates(source: str, wanted: str) -> None:
    assert dumped(source) == wanted


# --- definitions -------------------------------------------------------------------------------

DEFINITIONS = {
    "def f(): pass": "(function f (function f [] {}))",
    "async def f(): return 1": "(function f (async function f [] {(return 1)}))",
    "def f(a, b: int, c=1, d: 'x'=2, /, e=3, *f: g, h, i: j=4, **k: l) -> m.n: pass": (
        "(function f (function f [(positional a) (positional b:int) (positional c=1) (positional d:'x'=2) "
        "e=3 *f:g (keyword h) (keyword i:j=4) **k:l] -> (. m n) {}))"
    ),
    "def f(a, *, b): pass": "(function f (function f [a (keyword b)] {}))",
    "def f((a, b), c): pass": "(function f (function f [(tuple a b) c] {}))",
    "def f(a: list[int] | None, b: A | B, c: a.b[c, d]): pass": (
        "(function f (function f [a:(| ([] list int) None) b:(| A B) c:([] (. a b) (tuple c d))] {}))"
    ),
    "def f(a: b[c:d]): pass": "(function f (function f [a:([] b (opaque:slice c d))] {}))",
    "def f(a: list[A] | B | C): pass": "(function f (function f [a:(| ([] list A) B C)] {}))",
    "def f[T: int, *Ts, **P](a: T, *b: *Ts) -> T: pass": "(function f (function f [a:T *b:*Ts] -> T {}))",
    "def f[T = int](a: T): pass": "(function f (function f [a:T] {}))",
    "def f(): yield": "(function f (function* f [] {(yield)}))",
    "def f():\n  g = lambda: (yield)\n  def h(): yield": (
        "(function f (function f [] {(= g (function* _ [] {(return (yield))})); "
        "(function h (function* h [] {(yield)}))}))"
    ),
    "@a.b(c)\n@d\nasync def f(): pass": "(function f (async function f [] @(call (. a b) c) @d {}))",
    "class A: pass": "(class A (class A [] {}))",
    "class A(B, c.D, *e, metaclass=M, **k): pass": "(class A (class A [B (. c D) *e] {}))",
    "class A[T: int](B[T]): pass": "(class A (class A [([] B T)] {}))",
    "@d\nclass A:\n  a: int = 1\n  b = 2": "(class A (class A [] @d {(= a :int 1); (= b 2)}))",
}


@pytest.mark.parametrize(("source", "wanted"), DEFINITIONS.items())
def test_definitions(source: str, wanted: str) -> None:
    assert dumped(source) == wanted


def test_methods_know_their_kind_and_receiver() -> None:
    source = """
    def outside(self): pass
    class A:
        def __init__(this, a): pass
        def __new__(cls): pass
        def method(self, /):
            def nested(self): pass
        async def with_rest(*args): pass
        @staticmethod
        def static(a): pass
        @classmethod
        def of_class(klass): pass
        @property
        def got(self): pass
        @got.setter
        def put(self, value): pass
        @functools.cached_property
        def cached(self): pass
        @decorated(staticmethod)
        def decorated(self): pass
        if TYPE_CHECKING:
            def checked(self): pass
        class Inner:
            def inner(me): pass
    """
    found = {node.name: (node.kind, node.receiver) for node in of_type(source, tree.Function)}
    assert found == {
        "outside": ("function", None),
        "__init__": ("constructor", "this"),
        "__new__": ("class", "cls"),
        "method": ("method", "self"),
        "nested": ("function", None),
        "with_rest": ("method", None),
        "static": ("static", None),
        "of_class": ("class", "klass"),
        "got": ("getter", "self"),
        "put": ("setter", "self"),
        "cached": ("getter", "self"),
        "decorated": ("method", "self"),
        "checked": ("method", "self"),
        "inner": ("method", "me"),
    }


def test_a_definition_starts_after_its_decorators_and_its_assignment_before_them() -> None:
    source = "@a\n@b(c)\nasync  def name(x): pass"
    statement = first(source)
    assert isinstance(statement, tree.Assign)
    function = statement.value
    assert isinstance(function, tree.Function)
    assert source[statement.start :] == source
    assert source[function.start : function.end] == "async  def name(x): pass"
    assert source[function.name_start :].startswith("name(")
    assert [source[node.start : node.end] for node in function.decorators] == ["a", "b(c)"]
    (target,) = statement.targets
    assert target.start == function.name_start


# --- patterns ----------------------------------------------------------------------------------

PATTERNS = {
    "1": "(case 1 {})",
    "-1": "(case -1 {})",
    "-1.5 | 2": "(case (| -1.5 2) {})",
    "1 - 2j": "(case (opaque:complex) {})",
    "'a' 'b'": "(case 'ab' {})",
    "None | True": "(case (| None True) {})",
    "a": "(case a {})",
    "a if b": "(case a if b {})",
    "_": "(default {})",
    "_ if a": "(default if a {})",
    "(_)": "(default {})",
    "a.b.c": "(case (. (. a b) c) {})",
    "(a)": "(case a {})",
    "(a,)": "(case (tuple a) {})",
    "a,": "(case (tuple a) {})",
    "a, *b": "(case (tuple a *b) {})",
    "[a, *_]": "(case (list a *(opaque:wildcard)) {})",
    "[[a], (b, _)]": "(case (list (list a) (tuple b (opaque:wildcard))) {})",
    "[]": "(case (list) {})",
    "()": "(case (tuple) {})",
    "{}": "(case (object) {})",
    "{'a': b, -1: {'c': d}, e.f: _, **g}": (
        "(case (object 'a':b -1:(object 'c':d) (. e f):(opaque:wildcard) ...g) {})"
    ),
    "C()": "(case (call C) {})",
    "a.C(b, d=1, e=-2, f=D(g))": "(case (call (. a C) b d=1 e=-2 f=(call D g)) {})",
    "C(a) | D(a) as b": "(case (:= b (| (call C a) (call D a))) {})",
    "(1 | 2) as a, b": "(case (tuple (:= a (| 1 2)) b) {})",
}


@pytest.mark.parametrize(("pattern", "wanted"), PATTERNS.items())
def test_patterns(pattern: str, wanted: str) -> None:
    assert dumped(f"match subject:\n  case {pattern}: pass") == f"(match subject {wanted})"


def test_match_has_its_subjects_and_cases_in_order() -> None:
    source = """
    match a, b:
        # a comment
        case 1: x
        case _:
            y
    """
    assert dumped(source) == "(match (tuple a b) (case 1 {x}) (default {y}))"


# --- broken code -------------------------------------------------------------------------------


def test_the_methods_of_a_broken_class_are_still_there() -> None:
    source = """
    class A(:
        x =
        def f(self):
            await self.ws.
            return 1

        async def g(self, x):
            foo(

        def h(self): pass

    def after(): pass
    """
    assert dumped(source) == (
        "(class A (class A [] {(failed ); (failed x); "
        "(function f (method:self f [self] {(failed (. self ws)); (return 1)})); "
        "(function g (async method:self g [self x] {(failed foo)})); "
        "(function h (method:self h [self] {}))}))\n"
        "(function after (function after [] {}))"
    )


BROKEN = {
    "foo(a, ,b)": "(call foo a (opaque:error) b)",
    "a.b(c d)": "(call (. a b) c (opaque:error d))",
    "for x in :\n  y": "(for x (opaque:missing) {y})",
    "x = {1: 2, 3: }": "(= x (object 1:2 3:(opaque:missing)))",
    "def f(:\n  a = 1": "(function f (function f [] {(= a 1)}))",
    "try:\n  a\nx = 2": "(try {a})\n(= x 2)",
    "with open(x) as :\n  y": "(with (call open x) {(failed ); y})",
    "if x\n  a = 1\nelse:\n  b": "(if x {(failed a; 1); b})",
    'x = "abc\ny = 1': "(failed )\n(= x abc)\n(= y 1)",
    "def f(self, \nasync def g(): pass": "(failed f; self)\n(function g (async function g [] {}))",
}


@pytest.mark.parametrize(("source", "wanted"), BROKEN.items())
def test_what_can_be_read_of_broken_code_is_read(source: str, wanted: str) -> None:
    assert dumped(source) == wanted


# --- size and depth ----------------------------------------------------------------------------


def test_wide_code_is_read_whole() -> None:
    count = 5000
    sums = of_type(" + ".join(f"a{i}" for i in range(count)), tree.Operation)
    assert [len(node.operands) for node in sums] == [count]
    mixed = "".join(f" {'+-'[i % 2]} a{i}" for i in range(count))
    assert len(of_type("x" + mixed, tree.Name)) == count + 1
    chain = "a" + "".join(f".b{i}(c)" for i in range(count))
    assert len(of_type(chain, tree.Call)) == count
    branches = "if x: y\n" + "\n".join(f"elif a{i}: b" for i in range(2000))
    assert len(of_type(branches, tree.If)) == 2001
    ternary = "".join(f"a if b{i} else " for i in range(1000)) + "c"
    assert len(of_type(ternary, tree.Conditional)) == 1000
    assert dumped("".join(f"a{i} = " for i in range(1000)) + "b").count("a") == 1000
    assert len(of_type("[" + "1, " * count + "]", tree.Literal)) == count
    assert len(of_type("'a' " * count, tree.Literal)) == 1
    assert dumped("(" * 500 + "a" + ")" * 500) == "a"


def test_chained_comparisons_inside_each_other_do_not_double() -> None:
    source = "a"
    for _ in range(40):
        source = f"(x < ({source}) < y)"
    assert len(of_type(source, tree.Name)) < 200


@pytest.mark.parametrize(
    ("opening", "closing"),
    [("[", "]"), ("f(", ")"), ("{1: ", "}"), ("-", ""), ("lambda: ", ""), ("a[", "]"), ("a ** ", "")],
)
def test_deep_expressions_end_in_an_opaque(opening: str, closing: str) -> None:
    source = opening * 800 + "x" + closing * 800
    assert [node.kind for node in of_type(source, tree.Opaque)][-1] == "too deep"


def test_deep_statements_end_in_an_opaque() -> None:
    source = "".join("\t" * i + "if a:\n" for i in range(400)) + "\t" * 400 + "b\n"
    assert [node.kind for node in of_type(source, tree.Opaque)] == ["too deep"]
    source = "".join(" " * i + f"def f{i}():\n" for i in range(80)) + " " * 80 + "b\n"
    assert len(of_type(source, tree.Function)) == 80


def test_deep_patterns_end_in_an_opaque() -> None:
    source = "match a:\n case " + "[" * 400 + "b" + "]" * 400 + ": pass"
    assert [node.kind for node in of_type(source, tree.Opaque)] == ["too deep"]


# --- what holds of every tree ------------------------------------------------------------------


def check_offsets(data: bytes) -> None:
    """Children lie within their parents, names stand where they say."""
    for base, root in lowered(data):
        pending: list[tree.Node] = [root]
        while pending:
            node = pending.pop()
            where = (type(node).__name__, node.start, node.end)
            assert 0 <= node.start <= node.end <= len(data) - base, where
            # A name without width is written nowhere: the `AssertionError` of an `assert`.
            if isinstance(node, tree.Name) and node.start != node.end:
                assert data[base + node.start : base + node.end].decode() == node.id, where
            if isinstance(node, tree.Member):
                assert data[base + node.name_start :].startswith(node.name.encode()), where
            if isinstance(node, tree.Function | tree.Class) and node.name:
                assert data[base + node.name_start :].startswith(node.name.encode()), where
            decorators = node.decorators if isinstance(node, tree.Function | tree.Class) else ()
            for child in tree.children(node):
                if child in decorators:
                    assert child.end <= node.start, where
                else:
                    inner = (type(child).__name__, child.start, child.end)
                    assert node.start <= child.start <= child.end <= node.end, (where, inner)
                pending.append(child)


REALISTIC = '''
from __future__ import annotations
import asyncio, json as j
from fastapi import APIRouter, WebSocket, WebSocketDisconnect

router = APIRouter(prefix=f"/api/{VERSION!r:>{width}}")

class Manager[T](Base, metaclass=Meta):
    """Connections, é."""
    active: dict[str, list[WebSocket]] | None = {}
    limit = 1_000 if DEBUG else 0xFF

    def __init__(self, *, limit: int = 10, **options: T) -> None:
        self.active, (self.limit, *rest) = {}, [limit, *options.values()]

    @property
    async def count(self): return sum(len(v) for k, v in self.active.items() if v is not None)

    async def broadcast(self, message: str | bytes, /, *, skip=(), key=lambda w: -w.id):
        async with self.lock, timeout(5) as scope:
            for ws in sorted(self.active[message], key=key)[1:-1]:
                try:
                    await ws.send_text(message)
                except (WebSocketDisconnect, RuntimeError) as error:
                    if 0 < error.code < 1001 and not (code := error.code) or code == 3:
                        continue
                    elif error:
                        raise ValueError("gone" "\\n" b"") from error
                    else:
                        del self.active[ws.id], scope
                except* OSError:
                    break
                finally:
                    yield ws
            else:
                yield from self.rest

@router.websocket("/ws/{name}")
async def endpoint(ws: WebSocket, name: str = "a"):
    global counter
    await ws.accept(); counter += 1
    while True:
        data = json.loads(await ws.receive_text())
        match data:
            case {"type": "ping", "id": -1 | [1, *_], **rest} if rest:
                await ws.send_json({"type": "pong", **rest, "at": {x: y for x, y in rest}})
            case Message(kind=Kind.CLOSE, body=(a, b)) as message:
                assert a, b
                return
            case _: pass
type Handler[T] = list[T] | None
print(*args.all, sep="")
'''


FRAGMENTS = (
    *("", "(", ")", "[", "{", "}", '"', "'''", ":", ",", "=", ".", "*", "@", "\\", "#", "0", "é"),
    *("\n", "\n    ", "\t", "\x00", "\ud800", "f'", "{x", "def ", "class A:", "lambda", " if ", "else:"),
    *("match x:\n", "async ", "await ", "except", "as ", "import ", "from ", "type ", "with (", "*a.b"),
)
EDITS = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.integers(0, 12),
        st.one_of(
            st.sampled_from(FRAGMENTS),
            st.text(max_size=3),
        ),
    ),
    min_size=1,
    max_size=6,
)


@given(EDITS)
@settings(max_examples=300, deadline=None)
def test_no_edit_breaks_the_lowering(edits: list[tuple[float, int, str]]) -> None:
    source = REALISTIC
    for place, deleted, inserted in edits:
        at = int(place * len(source))
        source = source[:at] + inserted + source[at + deleted :]
    check_offsets(source.encode("utf-8", "replace"))


@given(st.binary(max_size=60))
@settings(max_examples=200, deadline=None)
def test_no_bytes_break_the_lowering(data: bytes) -> None:
    for _, statement in lowered(b"x = '" + data + b"'\n" + data):
        dump(statement)


def test_nothing_is_read_of_tokens_and_comments() -> None:
    data = b"# comment\nclass\n"
    root = PARSER.parse(data).root_node
    assert all(lower(node, data, 0) == () for node in root.children if node.type in ("comment", "class"))


def test_offsets_are_relative_to_the_base() -> None:
    data = b"\n\n# comment\nname.attribute(other)\n"
    ((base, statement),) = lowered(data)
    assert base == data.index(b"name")
    assert (statement.start, statement.end) == (0, len("name.attribute(other)"))


STANDARD_LIBRARY = sorted(Path(sysconfig.get_path("stdlib")).glob("[a-z]*/[a-z]*.py"))


@pytest.mark.parametrize("path", STANDARD_LIBRARY[:: len(STANDARD_LIBRARY) // 60], ids=lambda path: path.name)
def test_offsets_hold_in_the_standard_library(path: Path) -> None:
    check_offsets(path.read_bytes())
