"""Statements and imports put into TypeScript files."""

from __future__ import annotations

import pytest

from halfopen.edits.changes import FileChanges, apply
from halfopen.edits.typescript import (
    add_first_statements,
    add_named_import,
    insert_statement_after,
    insert_statement_before,
)

FILE = """\
class Service {
  disconnect() {
    if (this.ws) {
      // say goodbye
      this.ws.close(); // now
    }
  }
}
"""


def result(code: str, changes: FileChanges) -> str:
    return apply(code.encode(), changes).decode()


def span(code: str, part: str) -> tuple[int, int]:
    start = code.encode().index(part.encode())
    return start, start + len(part.encode())


def test_before_goes_above_the_comments_of_the_statement() -> None:
    changes = insert_statement_before(FILE.encode(), span(FILE, "this.ws.close()"), "this.ws.onclose = null;")
    expected = FILE.replace("      // say", "      this.ws.onclose = null;\n      // say")
    assert result(FILE, changes) == expected
    again = insert_statement_before(
        expected.encode(), span(expected, "this.ws.close()"), "this.ws.onclose = null;"
    )
    assert again == ()


def test_after_goes_below_the_comment_on_the_statements_line() -> None:
    changes = insert_statement_after(FILE.encode(), span(FILE, "this.ws.close()"), "this.ws = null;")
    expected = FILE.replace("// now\n", "// now\n      this.ws = null;\n")
    assert result(FILE, changes) == expected
    assert (
        insert_statement_after(expected.encode(), span(expected, "this.ws.close()"), "this.ws = null;") == ()
    )


def test_a_statement_without_block_is_refused() -> None:
    code = "if (a) stop();\n"
    at = span(code, "stop()")
    assert "if (a) stop();\nnext();" in result(code, insert_statement_after(code.encode(), at, "next();"))
    nested = "function f() { a(); b(); }\n"
    assert insert_statement_before(nested.encode(), span(nested, "b()"), "c();") == ()
    assert insert_statement_after(nested.encode(), span(nested, "a()"), "c();") == ()


def test_without_semicolons_no_two_statements_become_one() -> None:
    code = "function f() {\n  a()\n  ;(b || c)()\n  d()\n}\n"
    after = result(code, insert_statement_after(code.encode(), span(code, "a()"), "stop();"))
    assert after == "function f() {\n  a()\n  stop()\n  ;(b || c)()\n  d()\n}\n"
    risky = result(code, insert_statement_after(code.encode(), span(code, "d()"), "(x || y)();"))
    assert risky == "function f() {\n  a()\n  ;(b || c)()\n  d();\n  (x || y)()\n}\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "ws.onclose = () => {\n  retry();\n};\n",
            "ws.onclose = () => {\n  if (!on) return;\n  retry();\n};\n",
        ),
        (
            "ws.onclose = () => retry();\n",
            "ws.onclose = () => {\n  if (!on) return;\n  return retry();\n};\n",
        ),
        (
            "ws.onclose = () => ({\n  a,\n});\n",
            "ws.onclose = () => {\n  if (!on) return;\n  return ({\n  a,\n});\n};\n",
        ),
        (
            "class A {\n  stop() {\n    retry();\n  }\n}\n",
            "class A {\n  stop() {\n    if (!on) return;\n    retry();\n  }\n}\n",
        ),
        ("ws.onclose = function () {};\n", "ws.onclose = function () {\n  if (!on) return;\n};\n"),
        ("f(async () => { retry(); });\n", "f(async () => {\n  if (!on) return;\n  retry();\n});\n"),
    ],
)
def test_a_function_gets_first_statements(before: str, after: str) -> None:
    for code in (before, after):
        head = next(each for each in ("stop()", "async () =>", "() =>", "function ()") if each in code)
        changes = add_first_statements(code.encode(), span(code, head), ("if (!on) return;",))
        assert result(code, changes) == after


def test_a_parameter_of_the_same_name_is_not_captured() -> None:
    code = "ws.onclose = (on) => {\n  retry(on);\n};\n"
    assert add_first_statements(code.encode(), span(code, "(on) =>"), ("if (!on) return;",)) == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x();\n", "import { useEffect } from 'react';\n\nx();\n"),
        ('import a from "a"\n', 'import a from "a"\nimport { useEffect } from "react"\n'),
        ("import React from 'react';\n", "import React, { useEffect } from 'react';\n"),
        ("import { useRef } from 'react';\n", "import { useRef, useEffect } from 'react';\n"),
        ("import {} from 'react';\n", "import { useEffect } from 'react';\n"),
        (
            "import {\n  useRef, // r\n  useState\n} from 'react'\n",
            "import {\n  useRef, // r\n  useState,\n  useEffect\n} from 'react'\n",
        ),
        (
            "import React, {\r\n\tuseRef, // r\r\n} from 'react'\r\n",
            "import React, {\r\n\tuseRef, // r\r\n\tuseEffect,\r\n} from 'react'\r\n",
        ),
        (
            "import type { FC } from 'react';\n",
            "import type { FC } from 'react';\nimport { useEffect } from 'react';\n",
        ),
        (
            "import * as React from 'react';\n",
            "import * as React from 'react';\nimport { useEffect } from 'react';\n",
        ),
        ("'use client';\n\nx();\n", "'use client';\n\nimport { useEffect } from 'react';\n\nx();\n"),
        ("// of x\nx();\n", "import { useEffect } from 'react';\n\n// of x\nx();\n"),
        (
            "import { useEffect as effect } from 'react';\n",
            "import { useEffect as effect, useEffect } from 'react';\n",
        ),
    ],
)
def test_a_named_import_is_added_once(before: str, after: str) -> None:
    assert result(before, add_named_import(before.encode(), "react", "useEffect")) == after
    assert add_named_import(after.encode(), "react", "useEffect") == ()
