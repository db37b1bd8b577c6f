"""The command `halfopen`. Each command imports what it needs when it runs; only `lsp` imports pygls."""

from __future__ import annotations

import io
import sys

__all__ = ["main"]

INTERNAL_ERROR = 2


def main() -> int:
    """Run the command line in `sys.argv`; the exit status is 0, 1 (findings) or 2 (usage or internal error)."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        # Answered before anything is imported: tools ask for it at every start.
        from halfopen import __version__

        sys.stdout.write(f"halfopen {__version__}\n")
        return 0
    if sys.argv[1:] in (["lsp"], ["lsp", "--stdio"]):
        # An editor waits for this start: the server needs nothing of the command line.
        from halfopen.lsp import main as serve

        return serve()
    _write_whatever_the_encoding()
    from halfopen.cli.app import app

    try:
        app(prog_name="halfopen")
    except Exception:
        import traceback

        traceback.print_exc()
        sys.stderr.write(
            "halfopen: internal error. Please report it with the lines above and, if you can, the file.\n"
        )
        return INTERNAL_ERROR
    return 0


def _write_whatever_the_encoding() -> None:
    """Names and code hold characters that a stream's encoding may lack: they are escaped, never an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
