"""Which files hold a word: the same whether the texts are searched or the vocabulary that is gathered of them."""

from __future__ import annotations

import pytest

from halfopen.source import SourceText
from halfopen.workspace import words
from halfopen.workspace.words import WordSearch

TEXTS = {
    "a.py": b"async def feed(websocket):\n    await websocket.accept()\n",
    "b.ts": "const s\u00f6cket = new WebSocket(url, '$x');\n".encode(),
    "c.ts": b"",
    "d.py": b"socket_of_room = 1",
}
ASKED = (
    b"socket",
    b"Socket",
    b"websocket",
    b"s\xc3\xb6cket",
    b"$x",
    b"x",
    b"accept(",
    b"of_room",
    b"none",
    b"new W",
)


@pytest.mark.parametrize("few", [0, 1_000])
def test_parts_of_words_are_found(monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    monkeypatch.setattr(words, "_FEW", few)
    search = WordSearch({path: SourceText(data) for path, data in TEXTS.items()})
    for word in ASKED:
        assert search.paths_with(word) == {path for path, data in TEXTS.items() if word in data}, word


@pytest.mark.parametrize("few", [0, 1_000])
def test_what_was_found_and_what_is_asked_anew_follow_an_edit(
    monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(words, "_FEW", few)
    texts = {path: SourceText(data) for path, data in TEXTS.items()}
    search = WordSearch(texts)
    assert search.paths_with(b"accept") == {"a.py"}
    edited = TEXTS["a.py"].replace(b"accept", b"close")
    texts["a.py"] = SourceText(edited)
    search.edited("a.py", TEXTS["a.py"], edited)
    assert search.paths_with(b"accept") == set()
    assert search.paths_with(b"close") == {"a.py"}
