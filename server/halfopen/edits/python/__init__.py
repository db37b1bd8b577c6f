"""Edits of Python files: what is asked for, without LibCST until it is.

Each builder gives the changes that lead from the text to the wanted one, and none (`()`) where the
text already is as wanted or cannot safely be made so.
"""

from __future__ import annotations

from halfopen.edits.changes import FileChanges

__all__ = ["add_import", "replace_expression", "wrap_in_finally"]


def wrap_in_finally(
    text: bytes,
    function: tuple[int, int],
    cleanup: str,
    after: tuple[int, int],
    *,
    inside: bool = False,
) -> FileChanges:
    """What follows a statement of a function is protected: `cleanup` runs on every way out.

    `function` and `after` are byte ranges: of the function's definition, and of the statement (or
    any part of it) that acquires what `cleanup` releases. `cleanup` is one or more statements. With
    `inside` the acquiring statement itself comes under protection too: for one that acquires first
    and may fail afterwards, with a cleanup that bears that nothing was acquired.

    A `try` that already covers the rest gets the `finally` (or has its own extended); otherwise the
    rest is wrapped. The same cleanup elsewhere - after the loop, in an `except` - is taken out,
    since it would run twice; where its order against other statements matters, a nested `try` keeps
    that order. No other statement moves.
    """
    from halfopen.edits.python.finally_block import wrap

    return wrap(text, function, cleanup, after, inside)


def add_import(text: bytes, module: str, name: str | None = None) -> FileChanges:
    """`from module import name`, or `import module` where `name` is None, unless the file has it.

    A `from module import ...` that exists gets the name; otherwise a new line goes where the order
    of the imports wants it.
    """
    from halfopen.edits.python.imports import add

    return add(text, module, name)


def replace_expression(text: bytes, span: tuple[int, int], code: str) -> FileChanges:
    """`code` in place of the expression at a byte range; `{}` in it stands for what was there."""
    from halfopen.edits.python.expressions import replace

    return replace(text, span, code)
