"""`wrap_in_finally`: what it makes of real shapes, and what holds for any."""

from __future__ import annotations

import ast
import itertools
from textwrap import dedent, indent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halfopen.edits.changes import apply
from halfopen.edits.python import wrap_in_finally

RELEASE = "pool.drop(ws)"


def wrapped(code: str, *, cleanup: str = RELEASE, acquire: str = "pool.add(ws)", inside: bool = False) -> str:
    """The code with what follows `acquire` protected, in the last function defined before it."""
    text = code.encode()
    at = text.index(acquire.encode())
    function = text.rfind(b"async def ", 0, at)
    end = _end_of_definition(text, function)
    changes = wrap_in_finally(text, (function, end), cleanup, (at, at + len(acquire.encode())), inside=inside)
    return apply(text, changes).decode()


def _end_of_definition(text: bytes, start: int) -> int:
    """Where the definition at `start` ends, as a parser says it: its last character."""
    code = text.decode("utf-8-sig")
    line = text[:start].count(b"\n") + 1
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.lineno == line:
            before = text.splitlines(keepends=True)[: (node.end_lineno or 1) - 1]
            return sum(map(len, before)) + (node.end_col_offset or 0)
    raise AssertionError("no function there")


CASES = {
    "the rest is wrapped; blank lines stay outside, comments inside": (
        """
        async def endpoint(ws):
            await ws.accept()
            pool.add(ws)  # from now on it is ours

            # the loop
            while True:
                text = await ws.receive_text()  # a line

                await ws.send_text(text)
        """,
        """
        async def endpoint(ws):
            await ws.accept()
            pool.add(ws)  # from now on it is ours

            try:
                # the loop
                while True:
                    text = await ws.receive_text()  # a line

                    await ws.send_text(text)
            finally:
                pool.drop(ws)
        """,
    ),
    "a cleanup after the loop moves into the finally with its comments": (
        """
        async def endpoint(ws):
            pool.add(ws)
            async for text in ws.iter_text():
                await ws.send_text(text)
            # tidy up
            pool.drop(ws)  # at last
            await ws.close()
        """,
        """
        async def endpoint(ws):
            pool.add(ws)
            try:
                async for text in ws.iter_text():
                    await ws.send_text(text)
            finally:
                # tidy up
                pool.drop(ws)  # at last
            await ws.close()
        """,
    ),
    "a try that covers the rest gets the finally": (
        """
        async def endpoint(ws):
            pool.add(ws)
            try:
                await serve(ws)
            except WebSocketDisconnect:
                log.info("left")
            # the end
        """,
        """
        async def endpoint(ws):
            pool.add(ws)
            try:
                await serve(ws)
            except WebSocketDisconnect:
                log.info("left")
            finally:
                pool.drop(ws)
            # the end
        """,
    ),
    "the cleanup leaves an except that would run it twice": (
        """
        async def endpoint(ws):
            pool.add(ws)
            try:
                await serve(ws)
            except WebSocketDisconnect:
                pool.drop( ws )
        """,
        """
        async def endpoint(ws):
            pool.add(ws)
            try:
                await serve(ws)
            except WebSocketDisconnect:
                pass
            finally:
                pool.drop( ws )
        """,
    ),
    "two excepts, an else and a re-raise": (
        """
        async def endpoint(ws):
            pool.add(ws)
            try:
                await serve(ws)
            except WebSocketDisconnect:
                pool.drop(ws)
            except Exception as error:
                # unexpected
                pool.drop(ws)
                logger.exception("lost: %s", error)
                raise
            else:
                logger.info("done")
        """,
        """
        async def endpoint(ws):
            pool.add(ws)
            try:
                await serve(ws)
            except WebSocketDisconnect:
                pass
            except Exception as error:
                # unexpected
                logger.exception("lost: %s", error)
                raise
            else:
                logger.info("done")
            finally:
                pool.drop(ws)
        """,
    ),
    "where the order in the except matters, the cleanup still comes first": (
        """
        async def endpoint(ws, name):
            pool.add(ws)
            try:
                while True:
                    await pool.broadcast(await ws.receive_text())
            except WebSocketDisconnect:
                pool.drop(ws)
                await pool.broadcast(f"{name} left")
        """,
        """
        async def endpoint(ws, name):
            pool.add(ws)
            try:
                try:
                    while True:
                        await pool.broadcast(await ws.receive_text())
                finally:
                    pool.drop(ws)
            except WebSocketDisconnect:
                await pool.broadcast(f"{name} left")
        """,
    ),
    "an existing finally is extended at its beginning": (
        """
        async def endpoint(ws):
            pool.add(ws)
            try:
                await serve(ws)
            finally:
                # always
                await session.close()
        """,
        """
        async def endpoint(ws):
            pool.add(ws)
            try:
                await serve(ws)
            finally:
                pool.drop(ws)
                # always
                await session.close()
        """,
    ),
    "a try whose finally releases begins earlier": (
        """
        async def endpoint(ws):
            pool.add(ws)

            # say hello
            await ws.send_text("hello")
            # the loop
            try:
                await serve(ws)
            except WebSocketDisconnect:
                pass
            finally:
                pool.drop(ws)
        """,
        """
        async def endpoint(ws):
            pool.add(ws)

            try:
                # say hello
                await ws.send_text("hello")
                # the loop
                await serve(ws)
            except WebSocketDisconnect:
                pass
            finally:
                pool.drop(ws)
        """,
    ),
    "a broad except must not see more than it did: a second try": (
        """
        async def endpoint(ws):
            pool.add(ws)
            await ws.send_text("hello")
            try:
                await serve(ws)
            except Exception:
                log.exception("lost")
            finally:
                pool.drop(ws)
        """,
        """
        async def endpoint(ws):
            pool.add(ws)
            try:
                await ws.send_text("hello")
                try:
                    await serve(ws)
                except Exception:
                    log.exception("lost")
            finally:
                pool.drop(ws)
        """,
    ),
    "an acquisition inside a try keeps its handlers around the new one": (
        """
        async def endpoint(ws):
            try:
                await ws.accept()
                pool.add(ws)
                await serve(ws)
            except WebSocketDisconnect:
                pool.drop(ws)
        """,
        """
        async def endpoint(ws):
            try:
                await ws.accept()
                pool.add(ws)
                try:
                    await serve(ws)
                finally:
                    pool.drop(ws)
            except WebSocketDisconnect:
                pass
        """,
    ),
    "a jump out of the loop is a way to the finally": (
        """
        async def endpoint(ws):
            pool.add(ws)
            while True:
                try:
                    text = await ws.receive_text()
                except WebSocketDisconnect:
                    pool.drop(ws)
                    break
                await handle(text)
        """,
        """
        async def endpoint(ws):
            pool.add(ws)
            try:
                while True:
                    try:
                        text = await ws.receive_text()
                    except WebSocketDisconnect:
                        break
                    await handle(text)
            finally:
                pool.drop(ws)
        """,
    ),
    "async with, decorator, nested function and multi-line strings": (
        '''
        class Endpoints:
            @router.websocket("/ws")
            async def endpoint(self, ws):
                async with session() as db:
                    pool.add(ws)

                    async def forward(
                        event,
                    ):
                        await ws.send_text(
                            f"""event:
          {event}
        """
                        )

                    db.listen(forward)
                    await serve(
                        ws,
                        # with care
                        db,
                    )
        ''',
        '''
        class Endpoints:
            @router.websocket("/ws")
            async def endpoint(self, ws):
                async with session() as db:
                    pool.add(ws)

                    try:
                        async def forward(
                            event,
                        ):
                            await ws.send_text(
                                f"""event:
          {event}
        """
                            )

                        db.listen(forward)
                        await serve(
                            ws,
                            # with care
                            db,
                        )
                    finally:
                        pool.drop(ws)
        ''',
    ),
    "a generator's yield": (
        """
        async def registered(ws):
            pool.add(ws)
            yield ws
            pool.drop(ws)
        """,
        """
        async def registered(ws):
            pool.add(ws)
            try:
                yield ws
            finally:
                pool.drop(ws)
        """,
    ),
    "only the method that was meant": (
        """
        class Endpoint:
            def first(self, ws):
                return None

            async def serve(self, ws):
                pool.add(ws)
                await serve(ws)

            async def other(self, ws):
                await serve(ws)
        """,
        """
        class Endpoint:
            def first(self, ws):
                return None

            async def serve(self, ws):
                pool.add(ws)
                try:
                    await serve(ws)
                finally:
                    pool.drop(ws)

            async def other(self, ws):
                await serve(ws)
        """,
    ),
}

REFUSED = {
    "it is protected": """
        async def endpoint(ws):
            pool.add(ws)
            try:
                await serve(ws)
            finally:
                pool.drop(ws)
        """,
    "a try around it protects it": """
        async def endpoint(ws):
            try:
                pool.add(ws)
                await serve(ws)
            finally:
                await db.close()
                pool.drop(ws)
        """,
    "nothing follows": """
        async def endpoint(ws):
            await ws.accept()
            pool.add(ws)
        """,
    "a branch: the rest of the function goes on with it": """
        async def endpoint(ws, listen):
            if listen:
                pool.add(ws)
                log.info("listening")
            await serve(ws)
        """,
    "a block with more code after it": """
        async def endpoint(ws):
            async with lock:
                pool.add(ws)
                log.info("added")
            await serve(ws)
        """,
    "a cleanup with work between it and the end": """
        async def endpoint(ws):
            pool.add(ws)
            while True:
                try:
                    text = await ws.receive_text()
                except WebSocketDisconnect:
                    pool.drop(ws)
                    await db.mark_offline()
                    break
                await handle(text)
        """,
    "a cleanup in two places of the block": """
        async def endpoint(ws):
            pool.add(ws)
            await serve(ws)
            pool.drop(ws)
            await serve_more(ws)
            pool.drop(ws)
        """,
    "a function of one line": """
        async def endpoint(ws): pool.add(ws); await serve(ws)
        """,
}


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES)
def test_the_rest_is_protected(before: str, after: str) -> None:
    assert wrapped(dedent(before)) == dedent(after)
    assert wrapped(dedent(after)) == dedent(after)


@pytest.mark.parametrize("code", REFUSED.values(), ids=REFUSED)
def test_what_needs_nothing_or_cannot_be_done_safely_stays(code: str) -> None:
    assert wrapped(dedent(code)) == dedent(code)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("unit", ["    ", "  ", "\t"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_indentation_line_ends_and_bom_of_the_file_are_kept(newline: str, unit: str, bom: str) -> None:
    before, after = CASES["two excepts, an else and a re-raise"]

    def style(code: str) -> str:
        return bom + dedent(code).replace("    ", unit).replace("\n", newline)

    assert wrapped(style(before)) == style(after)


def test_several_statements_of_cleanup_keep_their_order() -> None:
    before = """
        async def updates(ws):
            await pubsub.subscribe("updates")
            async for message in pubsub.listen():
                await ws.send_json(message)
            await pubsub.unsubscribe("updates")
            await ws.close()
        """
    after = """
        async def updates(ws):
            await pubsub.subscribe("updates")
            try:
                async for message in pubsub.listen():
                    await ws.send_json(message)
            finally:
                await pubsub.unsubscribe("updates")
                await pubsub.aclose()
            await ws.close()
        """
    cleanup = "await pubsub.unsubscribe('updates')\nawait pubsub.aclose()"
    assert wrapped(dedent(before), cleanup=cleanup, acquire="await pubsub.subscribe") == dedent(after)


def test_a_compound_cleanup_takes_the_files_indentation() -> None:
    before = "async def f(ws):\n\ttask = create_task(beat(ws))\n\tawait serve(ws)\n"
    after = (
        "async def f(ws):\n\ttask = create_task(beat(ws))\n\ttry:\n\t\tawait serve(ws)\n"
        "\tfinally:\n\t\ttask.cancel()\n\t\twith suppress(CancelledError):\n\t\t\tawait task\n"
    )
    cleanup = "task.cancel()\nwith suppress(CancelledError):\n    await task"
    assert wrapped(before, cleanup=cleanup, acquire="task = create_task") == after
    assert wrapped(after, cleanup=cleanup, acquire="task = create_task") == after


def test_inside_puts_the_acquisition_itself_under_protection() -> None:
    before = """
        async def endpoint(ws):
            await pool.add(ws)
            try:
                await serve(ws)
            except WebSocketDisconnect:
                pool.drop(ws)
        """
    after = """
        async def endpoint(ws):
            try:
                await pool.add(ws)
                try:
                    await serve(ws)
                except WebSocketDisconnect:
                    pass
            finally:
                pool.drop(ws)
        """
    assert wrapped(dedent(before), inside=True) == dedent(after)
    assert wrapped(dedent(after), inside=True) == dedent(after)


def test_inside_extends_the_try_that_the_acquisition_begins() -> None:
    before = """
        async def endpoint(ws):
            try:
                await pool.add(ws)
                await serve(ws)
            except WebSocketDisconnect:
                pass
        """
    after = before.rstrip() + "\n            finally:\n                pool.drop(ws)\n        "
    assert wrapped(dedent(before), inside=True) == dedent(after)
    assert wrapped(dedent(after), inside=True) == dedent(after)


def test_a_file_that_does_not_parse_is_left_alone() -> None:
    text = b"async def f(ws):\n    pool.add(ws)\n    await serve(\n"
    assert wrap_in_finally(text, (0, len(text)), RELEASE, (21, 33)) == ()
    assert wrap_in_finally(b"\xff", (0, 1), RELEASE, (0, 1)) == ()


def test_a_cleanup_that_is_no_statement_is_refused() -> None:
    text = b"async def f(ws):\n    pool.add(ws)\n    await serve(ws)\n"
    assert wrap_in_finally(text, (0, len(text)), "pool.drop(", (21, 33)) == ()


def test_the_changes_touch_only_what_changes() -> None:
    text = b"async def f(ws):\n    pool.add(ws)\n    s = 'a'  \n    await serve(ws)\n\n\nx = 1\n"
    changes = wrap_in_finally(text, (0, text.index(b"\n\n\nx")), RELEASE, (21, 33))
    kept = b"".join(text[a.end : b.start] for a, b in itertools.pairwise(changes))
    assert b"s = 'a'  \n" in kept
    assert changes[-1].end <= text.index(b"\n\nx")


# --- any function at all -----------------------------------------------------------------------------

_SIMPLE = st.sampled_from(
    (
        "await serve(ws)",
        "text = await ws.receive_text()  # é 😀",
        "pool.drop(ws)",
        "pool.drop(ws)  # bye",
        "# a note\nlogger.info('x')",
        "return",
        "raise",
        's = """a\n  b\n"""',
        "call(\n    1,\n    2,\n)",
        "",
    )
)


def _blocks(statement: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    body = st.lists(statement, min_size=1, max_size=3).map(lambda parts: "\n".join((*parts, "pass")))

    def block(head: str, code: str) -> str:
        return f"{head}\n{indent(code, '    ', lambda line: bool(line.strip()))}"

    tries = st.builds(
        lambda code, handlers, orelse, final: "\n".join(
            (
                block("try:", code),
                *(block(f"except {kind}:", each) for kind, each in handlers),
                *((block("else:", orelse),) if orelse is not None and handlers else ()),
                *((block("finally:", final),) if final is not None or not handlers else ()),
            )
        ),
        body,
        st.lists(st.tuples(st.sampled_from(("WebSocketDisconnect", "ValueError")), body), max_size=2),
        st.none() | body,
        body | st.just("pool.drop(ws)"),
    )
    heads = st.sampled_from(
        ("while True:", "if x:", "with a as b:", "async with a:", "for x in y:", "async def inner(ws):")
    )
    return tries | st.builds(block, heads, body)


_BODIES = st.lists(st.recursive(_SIMPLE, _blocks, max_leaves=12), max_size=4).map("\n".join)


@settings(deadline=None, max_examples=50)
@given(_BODIES, _BODIES, st.booleans(), st.sampled_from(("    ", "\t", "  ")), st.booleans())
def test_any_function_still_parses_and_a_second_time_changes_nothing(
    above: str, below: str, inside: bool, unit: str, crlf: bool
) -> None:
    body = indent(f"{above}\npool.add(ws)\n{below}", "    ", lambda line: bool(line.strip()))
    code = f"async def endpoint(ws):\n{body}\n\n\nafter = 1\n".replace("    ", unit)
    code = code.replace("\n", "\r\n") if crlf else code
    ast.parse(code)

    once = wrapped(code, inside=inside)

    ast.parse(once)
    assert wrapped(once, inside=inside) == once
    assert once.endswith(code[-len("after = 1\n") :])
    assert sorted(_comments(once)) == sorted(_comments(code))


def _comments(code: str) -> list[str]:
    return [line[line.index("#") :].strip() for line in code.splitlines() if "#" in line]
