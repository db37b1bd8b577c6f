"""No text, however odd or long, makes a reader raise, or answer outside of its file."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import fields, is_dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halfopen.deployment import read
from halfopen.deployment.reading import FILE_KINDS, FileKind

WORDS = [
    "server", "location", "{", "}", ";", "proxy_pass", "include", "~*", '"', "'", "\\", "$", "${", "$(", "`", "\n", "\n  ",
    "\t", " ", "#", "services:", "command:", "- ", ": ", "&a", "*a", "<<", "[", "]", "[[package]]", 'name = "a"',
    'version = "1"', "FROM x", "CMD", "ENV", "uvicorn", "a:b", "--workers", "4", "sh -c", "python -m", "{{", "}}", "{%", "%}",
    "apiVersion: v1", "kind: Ingress", "==", ">=", "^1.2", "[program:x]", "command=", "ExecStart=", "web:", "\u2028", "\0", "é",
    '{"dependencies": {', "}}", "reverse_proxy", "timeout tunnel 1h", "backend", "workers =", "importers:", "<<EOF",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(WORDS), max_size=40).map("".join) | st.text(max_size=60)


@given(st.sampled_from(FILE_KINDS), TEXTS)
@settings(max_examples=600, deadline=None)
def test_any_text_of_any_kind(kind: FileKind, text: str) -> None:
    facts = read("some/file", text, kind=kind)
    last = max(len(text.splitlines()), text.count("\n") + 1)
    for path, line in places(facts):
        assert path == "some/file"
        assert 1 <= line <= last + 1


def places(fact: object) -> Iterator[tuple[str, int]]:
    if isinstance(fact, tuple):
        for each in fact:
            yield from places(each)
    elif is_dataclass(fact):
        values = {field.name: getattr(fact, field.name) for field in fields(fact)}
        if isinstance(values.get("path"), str) and isinstance(values.get("line"), int):
            yield values["path"], values["line"]
        for value in values.values():
            yield from places(value)


UNITS = [
    "\n", " ", "{", "[", "{{", "{{ ", "'", '"', "\\\n", "# \n", "- ", "a: ", "- - ", "a:\n ", "$(", "`", "(", "python -m ",
    "exec ", "[[package]]\n", 'name = "a"\n', "location / {", "include x;", "x=1 ", "FROM a AS b\n", "FROM b AS b\n", "a@",
    '"a":', ": \n", "&a ", "sh -c ", "a ", "\t", "%}", "<<", "=", "--", "\r", "1", "a.",
]  # fmt: skip


@pytest.mark.parametrize("kind", FILE_KINDS)
def test_long_files_cost_no_more_than_their_length(kind: FileKind) -> None:
    for unit in UNITS:
        text = unit * (20_000 // len(unit))
        started = time.process_time()
        read("some/file", text, kind=kind)
        # The square of the length would take minutes. Processor time: other processes do not count.
        assert time.process_time() - started < 20, unit
