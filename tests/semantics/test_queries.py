"""Answers are forgotten exactly when what they rest on changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halfopen.semantics.program import Global
from halfopen.semantics.queries import FileToken, NameToken, Queries, WordToken
from halfopen.semantics.values import origins

from .samples import last, named, workspace_of

A, B = WordToken(b"a"), WordToken(b"b")


class Asked:
    """Answers by key that note tokens and ask one another, and a journal of what was computed."""

    def __init__(self, rests: dict[str, list[WordToken | str]]) -> None:
        self.queries = Queries()
        self.rests = rests
        self.computed: list[str] = []

    def ask(self, key: str) -> frozenset[str]:
        def compute() -> frozenset[str]:
            self.computed.append(key)
            found = {key}
            for each in self.rests[key]:
                if isinstance(each, str):
                    found |= self.ask(each)
                else:
                    self.queries.note(each)
            return frozenset(found)

        nothing: frozenset[str] = frozenset()
        return self.queries.get_or(key, compute, nothing)

    def recomputed(self, key: str) -> list[str]:
        self.computed.clear()
        self.ask(key)
        return self.computed


def test_an_answer_is_computed_once() -> None:
    asked = Asked({"x": [A]})
    asked.ask("x")
    assert asked.recomputed("x") == []


def test_a_change_forgets_what_rests_on_it_and_no_more() -> None:
    asked = Asked({"x": [A, "y"], "y": [B], "z": ["x"]})
    asked.ask("z")
    assert asked.queries.forget([A]) == {"x", "z"}
    assert asked.recomputed("z") == ["z", "x"]
    assert asked.queries.forget([B]) == {"x", "y", "z"}
    assert asked.queries.forget([B]) == set()


def test_what_an_answer_rests_on_includes_what_its_parts_rest_on() -> None:
    asked = Asked({"x": [A, "y"], "y": [B]})
    asked.ask("x")
    assert {A, B} <= asked.queries.rests_on("x")
    assert A not in asked.queries.rests_on("y")


def test_after_a_failure_nothing_is_kept_and_the_next_question_is_answered() -> None:
    queries = Queries()

    def fail() -> int:
        queries.note(A)
        raise ValueError

    def ask_failing() -> int:
        return queries.get("inner", fail)

    for _ in range(2):
        with pytest.raises(ValueError):
            queries.get("outer", ask_failing)
    assert queries.get("outer", lambda: 1) == 1
    assert queries.forget([A]) == set()


def test_an_answer_that_needs_itself_says_so() -> None:
    queries = Queries()

    def ask() -> int:
        return queries.get("x", ask)

    with pytest.raises(RecursionError):
        queries.get("x", ask)


GRAPHS = st.integers(1, 7).flatmap(
    lambda size: st.lists(
        st.lists(st.integers(0, size - 1), max_size=4, unique=True), min_size=size, max_size=size
    )
)


def reachable(graph: list[list[int]], start: int) -> frozenset[str]:
    found, waiting = {start}, [start]
    while waiting:
        for each in graph[waiting.pop()]:
            if each not in found:
                found.add(each)
                waiting.append(each)
    return frozenset(map(str, found))


@given(GRAPHS, st.permutations(range(7)))
def test_in_whatever_cycles_and_order_answers_are_asked_they_are_whole(
    graph: list[list[int]], order: list[int]
) -> None:
    asked = Asked({str(key): [str(each) for each in parts] for key, parts in enumerate(graph)})
    for key in order:
        if key < len(graph):
            assert asked.ask(str(key)) == reachable(graph, key)


@given(GRAPHS, st.permutations(range(7)), st.integers(0, 6))
def test_a_change_within_a_cycle_reaches_every_answer_that_rests_on_it(
    graph: list[list[int]], order: list[int], changed: int
) -> None:
    changed %= len(graph)
    rests: dict[str, list[WordToken | str]] = {
        str(key): [WordToken(str(key).encode()), *map(str, parts)] for key, parts in enumerate(graph)
    }
    asked = Asked(rests)
    keys = [key for key in order if key < len(graph)]
    for key in keys:
        asked.ask(str(key))
    forgotten = asked.queries.forget([WordToken(str(changed).encode())])
    assert forgotten == {str(key) for key in keys if str(changed) in reachable(graph, key)}


def test_a_full_web_is_answered_in_few_steps() -> None:
    keys = [str(number) for number in range(40)]
    asked = Asked({key: [other for other in keys if other != key] for key in keys})
    assert asked.ask("0") == frozenset(keys)
    assert len(asked.computed) == len(keys)


def test_an_edit_forgets_the_origins_that_rest_on_it(tmp_path: Path) -> None:
    files = {
        "a.py": "from b import f\nfrom c import g\nuse(f)\nuse(g)\n",
        "b.py": "def f(): ...\n\nunrelated = 1\n",
        "c.py": "def g(): ...\n",
    }
    workspace = workspace_of(tmp_path, files)
    program = workspace.program
    f, g = last(program, "a.py", "f"), last(program, "a.py", "g")
    assert named(program, f) == ["b.py:f"]
    assert named(program, g) == ["c.py:g"]

    def edit(path: str, text: str) -> set[object]:
        (tmp_path / path).write_text(text)
        workspace.touched([path])
        return workspace.update()

    assert not {("origins", f.node), ("origins", g.node)} & edit("b.py", "def f(): ...\n\nunrelated = 2\n")
    assert ("origins", f.node) in edit("b.py", "f = make()\n\nunrelated = 2\n")
    assert named(program, f) == ["make()"]
    assert named(program, g) == ["c.py:g"]
    forgotten = edit("b.py", "unrelated = 2\n")
    assert ("origins", f.node) in forgotten
    assert ("origins", g.node) not in forgotten
    assert origins(program, f) == ()


def test_tokens_of_different_kinds_are_told_apart() -> None:
    queries = Queries()
    makers: list[Callable[[], None]] = [
        lambda: queries.note(NameToken("a.py", "x")),
        lambda: queries.note(FileToken("a.py")),
        lambda: queries.note(WordToken(b"x")),
    ]
    for number, make in enumerate(makers):
        queries.get(number, make)
    assert queries.forget([FileToken("a.py")]) == {1}
    assert queries.forget([NameToken("a.py", "x")]) == {0}
    assert queries.forget([WordToken(b"x")]) == {2}


def test_names_that_other_files_give_a_name(tmp_path: Path) -> None:
    files = {
        "b.ts": "export function f() {}\n",
        "index.ts": "export { f as g } from './b';\n",
        "a.ts": "import { g as h } from './index';\nh();\n",
    }
    program = workspace_of(tmp_path, files).program
    assert Global("a.ts", "h") in program.imported_as(Global("b.ts", "f"))


class Sums:
    """A sum that rests on a search, and that on a number which an edit may change."""

    def __init__(self) -> None:
        self.queries = Queries()
        self.number = 1
        self.computed: list[str] = []

    def is_positive(self) -> list[bool]:
        def compute() -> list[bool]:
            self.computed.append("search")
            self.queries.note(A)
            return [self.number > 0]

        return self.queries.search("search", compute)

    def answer(self) -> list[bool]:
        def compute() -> list[bool]:
            self.computed.append("answer")
            return [*self.is_positive(), True]

        return self.queries.get("answer", compute)

    def edited(self, number: int) -> list[str]:
        self.number = number
        self.computed.clear()
        assert "answer" in self.queries.forget([A])
        self.answer()
        return self.computed


def test_what_rests_on_a_search_stays_where_the_search_finds_the_same() -> None:
    sums = Sums()
    before = sums.answer()
    assert sums.edited(2) == ["search"]
    assert sums.answer() is before
    assert sums.edited(-1) == ["search", "answer"]
    assert sums.answer() == [False, True]
    assert sums.edited(-2) == ["search"]


def test_who_goes_on_without_an_answer_rests_on_why_there_was_none() -> None:
    queries = Queries()

    def fail() -> int:
        queries.note(A)
        raise ValueError

    def without() -> int:
        try:
            return queries.get("inner", fail)
        except ValueError:
            return 0

    assert queries.get("outer", without) == 0
    assert queries.forget([A]) == {"outer"}
