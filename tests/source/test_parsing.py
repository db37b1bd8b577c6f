"""Languages and parsing: what is read with which grammar, what is broken, and that no text costs more than its time."""

from __future__ import annotations

import contextlib
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from halfopen.source import Language, ParseTooSlow, language_of, parse, syntax_problems
from halfopen.source.parsing import parse_seconds


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("main.py", Language.PYTHON),
        ("stubs/api.pyi", Language.PYTHON),
        ("src/socket.ts", Language.TYPESCRIPT),
        ("src/types.d.ts", Language.TYPESCRIPT),
        ("vite.config.mts", Language.TYPESCRIPT),
        ("old.cts", Language.TYPESCRIPT),
        ("App.TSX", Language.TSX),
        ("App.jsx", Language.TSX),
        ("index.js", Language.TSX),
        ("index.mjs", Language.TSX),
        ("index.cjs", Language.TSX),
        ("C:\\app\\v1.2\\main.py", Language.PYTHON),
        ("README.md", None),
        ("Dockerfile", None),
        (".py", None),
        ("folder.py/file", None),
        ("", None),
    ],
)
def test_the_ending_of_a_file_tells_its_language(path: str, language: Language | None) -> None:
    assert language_of(path) is language


def test_a_dialect_of_javascript_belongs_to_the_typescript_family() -> None:
    assert [language.family for language in Language] == ["python", "typescript", "typescript"]


@pytest.mark.parametrize(
    "code",
    [
        "for (let i = 0; i < n; i++) if (a < b && c > d) f(i);",
        "const less = a < b, more = (c) > d;",
        "x = a<b>c;",
        "f(a < b, c > (d));",
        "const f = async x => { for await (const y of x) yield_(y) };",
        "const el = cond ? <A b='<' {...c}>&lt;{d < 1}</A> : null;",
        "var type = 1, as = 2, of = 3, async = 4, namespace = 5, declare = 6; type = as; async();",
        "class A extends B { #x = 1; static { init(); } get y() { return this.#x } static async *z() {} }",
        "const re = /[<>/]+/gi.test(s) ? a / b / c : a?.b?.[0]?.(1) ?? 1_000n;",
        "const { a, b: { c = 1 }, ...rest } = require('m'); module.exports = { a, [c]: 1, async d() {} };",
        "label: while (true) { switch (x) { case 1: break label; default: continue label } }",
        "tag`a ${`b ${c}`} d`; new.target; import.meta.url; import('x').then(m => m.default);",
        "#!/usr/bin/env node\n'use strict'\nvar a = function () { return arguments }\n",
        "export * as ns from 'm'; export { a as default, b } from 'n'; import d, * as e from 'o';",
        "if (a) function g() {}\nvoid 0, delete a.b, typeof c === 'x'; a ||= b; c **= 2; debugger;",
    ],
)
def test_plain_javascript_is_read_whole_with_the_tsx_grammar(code: str) -> None:
    assert syntax_problems(parse(code.encode(), Language.TSX)) == []


def test_a_type_assertion_in_angle_brackets_is_typescript_only() -> None:
    code = b"const socket = <WebSocket>event.target;\n"
    assert not parse(code, Language.TYPESCRIPT).root_node.has_error
    assert parse(code, Language.TSX).root_node.has_error


def test_the_text_of_a_node_is_right_beyond_the_first_chunk() -> None:
    data = "".join(f"naïve_{number} = '😀' + {number}\n" for number in range(2000)).encode()
    for node in parse(data, Language.PYTHON).root_node.children[::97]:
        assert node.text == data[node.start_byte : node.end_byte]
        assert not node.has_error


def test_parsing_in_several_threads_gives_each_its_own_tree() -> None:
    texts = [f"value_{number} = [{number}]\n".encode() * 200 for number in range(8)]
    with ThreadPoolExecutor(4) as pool:
        trees = list(pool.map(lambda data: parse(data, Language.PYTHON), texts))
    for data, tree in zip(texts, trees, strict=True):
        assert (tree.root_node.end_byte, tree.root_node.child_count) == (len(data), 200)


# --- what could not be read ---------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", b"\n", b"x = 1\n", "é = '😀'\n".encode()])
def test_whole_code_has_no_problems(data: bytes) -> None:
    assert syntax_problems(parse(data, Language.PYTHON)) == []


@pytest.mark.parametrize(
    "code",
    [
        "const a = <p>Terms & Conditions</p>",
        "const a = <p>A & B<b>C</b> & {d & e}&<i>R&D</i></p>",
        "const a = <>{x}&{y}&amp;&</>",
        "const a = <a href='/?a=1&section=2' title={b & c}>d & e</a>",
    ],
)
def test_a_bare_ampersand_in_jsx_is_no_problem(code: str) -> None:
    assert syntax_problems(parse(code.encode(), Language.TSX)) == []


@pytest.mark.parametrize("code", ["a & & b", "const a = <p>{b & & c} & d</p>", "const a = <p>A & B"])
def test_an_ampersand_hides_no_problem(code: str) -> None:
    assert syntax_problems(parse(code.encode(), Language.TSX)) != []


def test_problems_come_in_order_with_their_bytes() -> None:
    data = "a = 1\nb = é é\nc = 3\nd = ) 4\n".encode()
    problems = syntax_problems(parse(data, Language.PYTHON))
    assert [problem.start for problem in problems] == sorted(problem.start for problem in problems)
    assert {data.count(b"\n", 0, problem.start) for problem in problems} == {1, 3}
    assert all(0 <= problem.start <= problem.end <= len(data) for problem in problems)


def test_a_token_that_is_missing_is_named() -> None:
    (problem,) = syntax_problems(parse(b"function f() { g(1; }", Language.TSX))
    assert (problem.start, problem.end, problem.missing) == (18, 18, ")")


def test_no_more_problems_are_given_than_asked_for() -> None:
    tree = parse(b"a = [1 2]\n" * 100, Language.PYTHON)
    assert len(syntax_problems(tree, most=3)) == 3
    assert syntax_problems(tree, most=3) == syntax_problems(tree, most=50)[:3]


# --- time ---------------------------------------------------------------------------------------

NESTED = {
    "parentheses": "(",
    "brackets": "[",
    "braces": "{",
    "elements": "<a>",
    "comparisons": "a<",
    "templates": "`${",
    "quotes": 'f"{',
    "arrows": "x=>",
    "negations": "!(",
    "blocks": "if x:\n ",
}
ENDLESS = {
    # github.com/tree-sitter/tree-sitter-typescript/issues/323, as it arises while an attribute is typed
    "style": "<div style={{ textAlign:>Note: This is important. (And this)</div>",
    "attribute": "<a {{b:>c:d(e f)",
    "operators": "e't/'[[}}@|1e",
}


def processor_seconds_of_parsing(data: bytes, language: Language) -> float:
    began = time.thread_time()
    with contextlib.suppress(ParseTooSlow):
        syntax_problems(parse(data, language))
    return time.thread_time() - began


@pytest.mark.parametrize("language", [Language.PYTHON, Language.TSX])
@pytest.mark.parametrize("name", NESTED)
def test_nesting_without_end_costs_a_bounded_time(name: str, language: Language) -> None:
    data = (NESTED[name] * 200_000)[:200_000].encode()
    # The parser looks at the clock between its steps; the longest step is in proportion to the text.
    assert processor_seconds_of_parsing(data, language) < 2 * parse_seconds(len(data))


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", ENDLESS)
def test_a_short_text_the_parser_does_not_end_on_costs_a_bounded_time(name: str, language: Language) -> None:
    assert processor_seconds_of_parsing(ENDLESS[name].encode(), language) < 2 * parse_seconds(100)


def test_a_closed_nest_of_elements_is_read_or_given_up_in_bounded_time() -> None:
    depth = 20_000
    data = b"const a = " + b"<div>" * depth + b"</div>" * depth + b";"
    assert processor_seconds_of_parsing(data, Language.TSX) < 2 * parse_seconds(len(data))


def test_a_parse_that_is_stopped_says_so_and_spoils_no_later_one() -> None:
    with pytest.raises(ParseTooSlow, match=r"^parsing was stopped after 0\.0 s$"):
        parse(b"a = [" * 10_000, Language.PYTHON, seconds=0.0)
    tree = parse(b"x = 1\n", Language.PYTHON)
    assert str(tree.root_node).startswith("(module (expression_statement (assignment")


def test_larger_texts_may_take_longer() -> None:
    assert 0.1 < parse_seconds(0) < parse_seconds(1_000_000) < parse_seconds(2_000_000) < 10
