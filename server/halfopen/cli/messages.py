"""What the command says on standard error, and the exit statuses."""

from __future__ import annotations

import sys

CLEAN = 0
FINDINGS = 1
USAGE_ERROR = 2


class CommandError(Exception):
    """What the command cannot do; `messages` say why, one line each."""

    def __init__(self, *messages: str) -> None:
        super().__init__("; ".join(messages))
        self.messages = messages


def complain(*messages: str, status: int = USAGE_ERROR) -> int:
    """Say what is wrong, one line each, and give the exit status to leave with."""
    from halfopen.report.printable import one_line

    for message in messages:
        sys.stderr.write(f"halfopen: {one_line(message)}\n")
    return status
