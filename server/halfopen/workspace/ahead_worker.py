"""A process that parses and lowers the files it is given, until its input ends. See `halfopen.workspace.ahead`."""

from __future__ import annotations

import contextlib
import signal
import sys
from typing import cast

from halfopen.source import Language, ParseTooSlow
from halfopen.workspace.ahead import LANGUAGES, REPLY, REQUEST, exactly
from halfopen.workspace.extracts import Extract, plain_outline
from halfopen.workspace.packing import packed


def reading_of(data: bytes, language: Language) -> bytes:
    """What a text gives, packed; packed None where it cannot be read in time."""
    try:
        extract = Extract(data, language)
        bodies = [(each.position, packed(extract.lower(each))) for each in extract.outline.statements]
    except (ParseTooSlow, RecursionError):
        return packed(None) or b""
    kept = tuple((position, body) for position, body in bodies if body is not None)
    return packed((plain_outline(extract.outline), kept)) or b""


def main() -> None:
    # Ctrl-C is the command's to answer: this process ends with its input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    given, taken = sys.stdin.buffer, sys.stdout.buffer
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            size, number = cast("tuple[int, int]", REQUEST.unpack(exactly(given, REQUEST.size)))
            reply = reading_of(exactly(given, size), LANGUAGES[number])
            taken.write(REPLY.pack(len(reply)) + reply)
            taken.flush()


if __name__ == "__main__":
    main()
