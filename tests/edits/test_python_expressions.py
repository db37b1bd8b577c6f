"""Python expressions replaced, with all around them as it was."""

from __future__ import annotations

import pytest

from halfopen.edits.changes import apply
from halfopen.edits.python import replace_expression

LOOP = """\
async def broadcast(self, text):  # to all
    for one in {}:  # each
        await one.send_text(text)
"""


@pytest.mark.parametrize(
    "goes_over", ["self.clients", "self.clients.values()", 'rooms["ä"]', "get(\n    room\n)"]
)
def test_an_expression_is_put_into_another(goes_over: str) -> None:
    before = LOOP.format(goes_over).encode()
    start = before.index(goes_over.encode())
    span = (start, start + len(goes_over.encode()))
    assert apply(before, replace_expression(before, span, "list({})")).decode() == LOOP.format(
        f"list({goes_over})"
    )


def test_what_is_no_whole_expression_stays() -> None:
    before = LOOP.format("self.clients").encode()
    start = before.index(b"self.clients")
    assert replace_expression(before, (start, start + 3), "list({})") == ()
    assert replace_expression(b"for one in (:\n", (11, 12), "list({})") == ()
