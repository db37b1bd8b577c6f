"""The language server: the engine's findings as an editor shows them.

What an editor sends is handled on the thread of the event loop and answered from what was last
published; documents and audits belong to one worker thread alone (`worker`, `desk`). Nothing that
analyses is imported before the client has its answer to `initialize`.
"""

from __future__ import annotations

__all__ = ["main", "serve"]


def serve() -> int:
    """Speak LSP over standard input and output until the client is done, and give the exit status."""
    import gc

    # The protocol's thousand classes are made once and never go away: the collector need not look at
    # them, neither while they are made nor at any later time.
    gc.disable()
    from halfopen.lsp.stdio import serve

    gc.freeze()
    gc.enable()
    return serve()


def main() -> int:
    """The entry point of `halfopen lsp`."""
    return serve()
