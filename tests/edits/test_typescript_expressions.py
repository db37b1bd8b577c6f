"""Expressions replaced, options added, and declarations put where they live long enough."""

from __future__ import annotations

import pytest

from halfopen.edits.changes import apply
from halfopen.edits.typescript import add_class_field, add_options, insert_at_top_level, replace_expression

ENTRY = [("retry", "() => true")]


def span(text: str, part: str) -> tuple[int, int]:
    start = text.encode().index(part.encode())
    return start, start + len(part.encode())


def test_an_expression_is_replaced_and_may_keep_what_was_there() -> None:
    text = "setTimeout(connect, a ?? 1000);\n"
    changes = replace_expression(text.encode(), span(text, "a ?? 1000"), "wrap({})")
    assert apply(text.encode(), changes).decode() == "setTimeout(connect, wrap(a ?? 1000));\n"
    assert replace_expression(text.encode(), span(text, "a ??"), "b") == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f(url);", "f(url, {\n  retry: () => true,\n});"),
        ("f(url, {});", "f(url, {\n  retry: () => true,\n});"),
        ("f(url, { a: 1 });", "f(url, { a: 1, retry: () => true });"),
        ("f(url, {\n  a: 1, // one\n});", "f(url, {\n  a: 1, // one\n  retry: () => true,\n});"),
        ("f(url, {\n  a: 1\n});", "f(url, {\n  a: 1,\n  retry: () => true\n});"),
        ("f(url, { retry: no });", "f(url, { retry: no });"),
        ("f(url, options);", "f(url, options);"),
    ],
)
def test_options_are_added_in_the_form_that_is_there(before: str, after: str) -> None:
    changes = add_options(before.encode(), (0, len(before) - 1), 1, ENTRY)
    assert apply(before.encode(), changes).decode() == after


def test_a_field_stands_first_in_its_class_and_above_no_other_comment() -> None:
    text = "class A {\n  // The socket.\n  ws = null;\n}\n"
    changes = add_class_field(text.encode(), span(text, text.strip()), "backoff = new Backoff()")
    assert apply(text.encode(), changes).decode() == (
        "class A {\n  backoff = new Backoff();\n  // The socket.\n  ws = null;\n}\n"
    )


def test_a_statement_comes_before_the_top_level_one_around_a_place() -> None:
    text = "import a from 'a';\n\n// Connects.\nfunction connect() {\n  setTimeout(connect, 1);\n}\n"
    changes = insert_at_top_level(text.encode(), span(text, "setTimeout")[0], "const b = new B();")
    assert apply(text.encode(), changes).decode() == (
        "import a from 'a';\n\nconst b = new B();\n\n// Connects.\nfunction connect() {\n  setTimeout(connect, 1);\n}\n"
    )
