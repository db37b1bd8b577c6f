"""`add_effect_cleanup`: what it makes of the shapes that effects have, and what holds for any."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halfopen.edits.changes import apply
from halfopen.edits.typescript import add_effect_cleanup
from halfopen.source import Language, parse

CLOSE = ("ws.close();",)


def cleaned(code: str, *statements: str, effect: str = "useEffect(", after: str | None = None) -> str:
    """The code with a cleanup in the first effect; `after` names what is released."""
    text = code.encode()
    call = text.index(effect.encode())
    node = parse(text, Language.TSX).root_node.descendant_for_byte_range(call, call + len(effect))
    while node is not None and node.type != "call_expression":
        node = node.parent
    assert node is not None
    arguments = node.child_by_field_name("arguments")
    assert arguments is not None
    callback = next(each for each in arguments.named_children if each.type != "comment")
    position = text.index(after.encode()) if after is not None else None
    span = (callback.start_byte, callback.end_byte)
    return apply(text, add_effect_cleanup(text, span, statements or CLOSE, after=position)).decode()


CASES = {
    "no cleanup": (
        """
        useEffect(() => {
          const ws = new WebSocket(url);
          ws.onmessage = (event) => {
            return handle(event);
          }; // done
          // the end
        }, [url]);
        """,
        """
        useEffect(() => {
          const ws = new WebSocket(url);
          ws.onmessage = (event) => {
            return handle(event);
          }; // done
          // the end
          return () => {
            ws.close();
          };
        }, [url]);
        """,
    ),
    "no cleanup, no semicolons, tabs": (
        """
        useEffect(() => {
        \tconst ws = new WebSocket(url)
        \tws.onopen = () => setOpen(true)
        }, [url])
        """,
        """
        useEffect(() => {
        \tconst ws = new WebSocket(url)
        \tws.onopen = () => setOpen(true)
        \treturn () => {
        \t\tws.close()
        \t}
        }, [url])
        """,
    ),
    "a cleanup in a block": (
        """
        React.useEffect(function connect() {
            const ws = new WebSocket(url);

            return () => {
                // stop the beat
                clearInterval(beat);
            };
        }, [url]);
        """,
        """
        React.useEffect(function connect() {
            const ws = new WebSocket(url);

            return () => {
                ws.close();
                // stop the beat
                clearInterval(beat);
            };
        }, [url]);
        """,
    ),
    "a cleanup in a block of one line": (
        """
        useEffect(() => {
          const ws = new WebSocket(url)
          return () => { clearInterval(beat) }
        }, [])
        """,
        """
        useEffect(() => {
          const ws = new WebSocket(url)
          return () => {
            ws.close()
            clearInterval(beat)
          }
        }, [])
        """,
    ),
    "an empty cleanup": (
        """
        useEffect(() => {
          const ws = new WebSocket(url);
          return () => {};
        }, []);
        """,
        """
        useEffect(() => {
          const ws = new WebSocket(url);
          return () => {
            ws.close();
          };
        }, []);
        """,
    ),
    "a cleanup with a comment on its first line": (
        """
        useEffect(() => {
          const ws = new WebSocket(url);
          return function cleanup() { // bye
            clearInterval(beat);
          };
        }, []);
        """,
        """
        useEffect(() => {
          const ws = new WebSocket(url);
          return function cleanup() { // bye
            ws.close();
            clearInterval(beat);
          };
        }, []);
        """,
    ),
    "a cleanup of one expression": (
        """
        useEffect(() => {
          const ws = new WebSocket(url);
          return () => clearInterval(beat);
        }, []);
        """,
        """
        useEffect(() => {
          const ws = new WebSocket(url);
          return () => {
            ws.close();
            clearInterval(beat);
          };
        }, []);
        """,
    ),
    "a cleanup of one expression on the next line": (
        """
        useEffect(() => {
          const ws = new WebSocket(url)
          return () =>
            (clearInterval(beat))
        }, [])
        """,
        """
        useEffect(() => {
          const ws = new WebSocket(url)
          return () => {
            ws.close()
            clearInterval(beat)
          }
        }, [])
        """,
    ),
    "what follows without semicolons must not continue the statement": (
        """
        useEffect(() => {
          const ws = new WebSocket(url)
          return () => {
            ;[a, b].forEach(stop)
            clearInterval(beat)
          }
        }, [])
        """,
        """
        useEffect(() => {
          const ws = new WebSocket(url)
          return () => {
            ws.close()
            ;[a, b].forEach(stop)
            clearInterval(beat)
          }
        }, [])
        """,
    ),
    "a cleanup by name, used nowhere else": (
        """
        useEffect(() => {
          const ws = new WebSocket(url);
          function cleanup() {
            clearInterval(beat);
          }
          return cleanup;
        }, []);
        """,
        """
        useEffect(() => {
          const ws = new WebSocket(url);
          function cleanup() {
            ws.close();
            clearInterval(beat);
          }
          return cleanup;
        }, []);
        """,
    ),
    "a cleanup by name, used elsewhere too": (
        """
        useEffect(() => {
          const ws = new WebSocket(url);
          const stop = () => clearInterval(beat);
          ws.onerror = stop;
          return stop;
        }, []);
        """,
        """
        useEffect(() => {
          const ws = new WebSocket(url);
          const stop = () => clearInterval(beat);
          ws.onerror = stop;
          return () => {
            ws.close();
            stop();
          };
        }, []);
        """,
    ),
    "a cleanup by name from outside the effect": (
        """
        function useFeed(url) {
          const stop = useCallback(() => clearInterval(beat), []);
          useEffect(() => {
            const ws = new WebSocket(url);
            return stop;
          }, []);
        }
        """,
        """
        function useFeed(url) {
          const stop = useCallback(() => clearInterval(beat), []);
          useEffect(() => {
            const ws = new WebSocket(url);
            return () => {
              ws.close();
              stop();
            };
          }, []);
        }
        """,
    ),
    "early exits before there is anything to release": (
        """
        useEffect(() => {
          if (!url) return;
          if (off) {
            return undefined;
          }
          const ws = new WebSocket(url);
        }, [url]);
        """,
        """
        useEffect(() => {
          if (!url) return;
          if (off) {
            return undefined;
          }
          const ws = new WebSocket(url);
          return () => {
            ws.close();
          };
        }, [url]);
        """,
    ),
    "a last return of nothing": (
        """
        useEffect(() => {
          const ws = new WebSocket(url);
          return undefined; // TypeScript wants it
        }, [url]);
        """,
        """
        useEffect(() => {
          const ws = new WebSocket(url);
          return () => {
            ws.close();
          }; // TypeScript wants it
        }, [url]);
        """,
    ),
    "a cleanup in the branch that opens the socket": (
        """
        useEffect(() => {
          if (enabled) {
            const ws = new WebSocket(url);
            return () => clearInterval(beat);
          }
        }, [url, enabled]);
        """,
        """
        useEffect(() => {
          if (enabled) {
            const ws = new WebSocket(url);
            return () => {
              ws.close();
              clearInterval(beat);
            };
          }
        }, [url, enabled]);
        """,
    ),
    "a block on one line": (
        """
        useEffect(() => { const ws = new WebSocket(url); }, [url]);
        """,
        """
        useEffect(() => {
          const ws = new WebSocket(url);
          return () => {
            ws.close();
          };
        }, [url]);
        """,
    ),
}

REFUSED = {
    "the cleanup has it": """
        useEffect(() => {
          const ws = new WebSocket(url)
          return () => {
            ws.close()
          }
        }, [])
        """,
    "the cleanup is it": """
        useEffect(() => {
          const ws = new WebSocket(url);
          return () => ws.close();
        }, []);
        """,
    "an async effect has no cleanup": """
        useEffect(async () => {
          const ws = new WebSocket(url);
        }, []);
        """,
    "the name is not in reach of a cleanup": """
        useEffect(() => {
          const connect = () => {
            const ws = new WebSocket(url);
          };
          connect();
        }, []);
        """,
    "the cleanup has a variable of that name": """
        useEffect(() => {
          const ws = new WebSocket(url);
          return () => {
            const ws = ref.current;
            forget(ws);
          };
        }, []);
        """,
    "the cleanup is the result of a call": """
        useEffect(() => {
          const ws = new WebSocket(url);
          return subscribe(ws);
        }, []);
        """,
    "the cleanup is a property that may be missing": """
        function useFeed({ url, stop }) {
          useEffect(() => {
            const ws = new WebSocket(url);
            return stop;
          }, []);
        }
        """,
    "cleanups in several branches": """
        useEffect(() => {
          const ws = new WebSocket(url);
          if (a) return () => stop(a);
          return () => stop(b);
        }, []);
        """,
    "an exit without cleanup behind the socket": """
        useEffect(() => {
          const ws = new WebSocket(url);
          if (!beat) return;
          return () => stop(beat);
        }, []);
        """,
    "a cleanup in another branch than the socket": """
        useEffect(() => {
          if (beat) {
            return () => stop(beat);
          }
          const ws = new WebSocket(url);
        }, []);
        """,
    "an expression whose value may be a cleanup": """
        useEffect(() => subscribe(ws), []);
        """,
    "an effect that ends by throwing": """
        useEffect(() => {
          const ws = new WebSocket(url);
          throw new Error('not here');
        }, []);
        """,
}


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES)
def test_the_cleanup_is_added_or_extended(before: str, after: str) -> None:
    assert cleaned(dedent(before)) == dedent(after)
    assert cleaned(dedent(after)) == dedent(after)


@pytest.mark.parametrize("code", REFUSED.values(), ids=REFUSED)
def test_what_needs_nothing_or_cannot_be_done_safely_stays(code: str) -> None:
    assert cleaned(dedent(code)) == dedent(code)


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES)
def test_line_ends_are_kept(before: str, after: str) -> None:
    def crlf(code: str) -> str:
        return dedent(code).replace("\n", "\r\n")

    assert cleaned(crlf(before)) == crlf(after)


@pytest.mark.parametrize(
    ("effect", "result"),
    [
        ("() => void connect()", "() => {\n  connect();\n  return () => {\n    stop();\n  };\n}"),
        ("() =>\n  connect()", "() => {\n  connect();\n  return () => {\n    stop();\n  };\n}"),
        ("() => () => forget()", "() => () => {\n  stop();\n  forget();\n}"),
        ("() => (() => forget())", "() => (() => {\n  stop();\n  forget();\n})"),
        ("() => () => {}", "() => () => {\n  stop();\n}"),
        ("() => {}", "() => {\n  return () => {\n    stop();\n  };\n}"),
    ],
)
def test_effects_of_one_expression_get_a_block(effect: str, result: str) -> None:
    head = "function connect() {\n  open();\n}\n"
    before, after = f"{head}useEffect({effect}, []);\n", f"{head}useEffect({result}, []);\n"
    assert cleaned(before, "stop();") == after
    assert cleaned(after, "stop();") == after


def test_the_files_quotes_and_semicolons_are_followed() -> None:
    before = 'import x from "x"\nuseEffect(() => {\n  const ws = open("a")\n}, [])\n'
    after = (
        'import x from "x"\nuseEffect(() => {\n  const ws = open("a")\n  return () => {\n'
        '    if (ws.readyState === 1) {\n      ws.close(1000, "bye")\n    }\n    log("it\'s")\n  }\n}, [])\n'
    )
    statements = ("if (ws.readyState === 1) {\n  ws.close(1000, 'bye');\n}", 'log("it\'s");')
    assert cleaned(before, *statements) == after
    assert cleaned(after, *statements) == after


def test_statements_may_be_given_without_semicolons() -> None:
    before = "useEffect(() => {\n  const ws = open();\n}, []);\n"
    close = "if (ws) {\n  ws.close()\n}"
    after = before.replace("\n}", "\n  return () => {\n    if (ws) {\n      ws.close();\n    }\n  };\n}")
    assert cleaned(before, close) == after
    assert cleaned(after, close) == after


def test_only_the_missing_statements_are_added() -> None:
    before = "useEffect(() => {\n  const ws = open();\n  return () => {\n    ws.close();\n  };\n}, []);\n"
    after = before.replace("    ws.close", "    active = false;\n    ws.close")
    assert cleaned(before, "active = false;", "ws.close();") == after


def test_after_says_where_the_resource_is_acquired() -> None:
    code = "useEffect(() => {\n  if (!on) return;\n  connect();\n  if (x) return;\n}, []);\n"
    assert cleaned(code, "stop();", after="connect()") == code
    fine = "useEffect(() => {\n  if (!on) return;\n  connect();\n}, []);\n"
    assert "return () => {\n    stop();\n  };\n}, [])" in cleaned(fine, "stop();", after="connect()")


def test_casts_of_plain_typescript_are_understood() -> None:
    code = b"const a = <string>b;\nuseEffect(() => {\n  const ws = open();\n}, []);\n"
    at = code.index(b"() =>")
    changes = add_effect_cleanup(code, (at, code.index(b"}, []") + 1), CLOSE)
    assert b"ws.close();\n  };\n}, []" in apply(code, changes)


def test_a_callback_with_a_syntax_error_is_left_alone() -> None:
    code = b"useEffect(() => {\n  const ws = ;\n  foo(\n}, []);\n"
    assert add_effect_cleanup(code, (10, len(code) - 6), CLOSE) == ()
    assert add_effect_cleanup(b"\xff", (0, 1), CLOSE) == ()
    assert add_effect_cleanup(b"x", (0, 1), ("not a statement (",)) == ()


# --- any effect at all --------------------------------------------------------------------------------

_STATEMENTS = st.sampled_from(
    (
        "const ws = new WebSocket(url)",
        "let beat = 1; beat++",
        "ws.onmessage = (event) => {\n  return handle(event)\n}",
        "// a note é 😀",
        "/* two\n   lines */",
        "if (!url) return",
        "if (off) {\n  return undefined\n}",
        "return",
        "return () => ws.close()",
        "return () => { clearInterval(beat) }",
        "return function () {\n  // bye\n}",
        "const text = `a\n  ${b}`",
        "function cleanup() {\n  stop()\n}",
        "return cleanup",
        "return subscribe()",
        ";[a].map(b)",
        "for (const a of b) {\n  const ws = a\n}",
        'render(<div a="b">{`x`}</div>)',
    )
)


def _parses(code: str) -> bool:
    return not parse(code.encode(), Language.TSX).root_node.has_error


@settings(deadline=None)
@given(
    st.lists(_STATEMENTS, max_size=6),
    st.sampled_from(("\n", "\r\n")),
    st.sampled_from(("  ", "    ", "\t")),
    st.booleans(),
    st.sampled_from(("() => {", "function () {", "async () => {")),
)
def test_any_effect_still_parses_and_a_second_time_changes_nothing(
    statements: list[str], newline: str, unit: str, semicolons: bool, head: str
) -> None:
    end = ";" if semicolons else ""
    lines = "\n".join(
        f"{each}{end}" if not each.startswith(("/", "function")) else each for each in statements
    )
    body = indent(lines, "  ", lambda line: bool(line.strip()))
    code = f"import a from 'a'{end}\nuseEffect({head}\n{body}\n}}, []){end}\nlast(){end}\n"
    code = code.replace("  ", unit).replace("\n", newline)
    assert _parses(code)

    once = cleaned(code)

    assert _parses(once)
    assert cleaned(once) == once
    assert once.startswith(f"import a from 'a'{end}{newline}useEffect({head}")
    assert once.endswith(f"}}, []){end}{newline}last(){end}{newline}")
    assert [word for word in once.split() if word in {"//", "/*", "😀"}] == [
        word for word in code.split() if word in {"//", "/*", "😀"}
    ]
    if newline == "\r\n":
        assert "\n" not in once.replace("\r\n", "")
