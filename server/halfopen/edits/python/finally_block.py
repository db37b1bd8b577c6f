"""`try/finally` around what follows an acquisition."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import libcst as cst

from halfopen.edits.changes import FileChanges
from halfopen.edits.python.source import TopLevel, read
from halfopen.edits.python.statements import (
    LEAVING,
    AnyTry,
    Cleanup,
    Exits,
    Line,
    Removal,
    leading_lines,
    lines,
    names_in,
    with_leading_lines,
)


def wrap(
    text: bytes, function: tuple[int, int], cleanup: str, after: tuple[int, int], inside: bool
) -> FileChanges:
    """See `halfopen.edits.python.wrap_in_finally`."""
    wanted = Cleanup.parse(cleanup)
    source = read(text)
    top = source.around(after[0]) if source is not None else None
    place = _place(top, function, after) if top is not None else None
    if wanted is None or top is None or place is None:
        return ()
    edited = _around(top, wanted, place, inside)
    return top.changes(edited) if edited is not None else ()


@dataclass(frozen=True, slots=True)
class _Place:
    """A statement of a block, and the function whose block it is at some depth."""

    function: cst.FunctionDef
    block: cst.IndentedBlock
    index: int


def _place(top: TopLevel, function: tuple[int, int], after: tuple[int, int]) -> _Place | None:
    """Where the statement around the byte range `after` stands, in the function of that range."""
    statement = top.innermost(cst.SimpleStatementLine, after)
    definition = top.innermost(cst.FunctionDef, after)
    if statement is None or definition is None:
        return None
    start, end = top.span(definition)
    if not function[0] <= start <= end <= function[1]:
        return None
    outer = top.parents[definition]
    while not isinstance(outer, cst.Module):
        if isinstance(outer, cst.FunctionDef) and top.span(outer)[0] >= function[0]:
            return None
        outer = top.parents[outer]
    block = top.parents[statement]
    if not isinstance(block, cst.IndentedBlock):
        return None
    return _Place(definition, block, lines(block).index(statement))


def _around(top: TopLevel, wanted: Cleanup, place: _Place, inside: bool) -> cst.Module | None:
    """The module with everything after `place` protected; None where it is, or cannot be."""
    block, start = place.block, place.index if inside else place.index + 1
    alone = False
    owner = top.parents[block]
    if start == 0 and isinstance(owner, cst.Try | cst.TryStar) and owner.body is block:
        # The acquisition is the first thing in a try: that try is what protects it.
        outer = top.parents[owner]
        if not isinstance(outer, cst.IndentedBlock):
            return None
        block, start, alone = outer, lines(outer).index(owner), True

    enclosing = _enclosing(top, place.function, block)
    if enclosing is None:
        return None
    for owner, _ in enclosing:
        if isinstance(owner, cst.Try | cst.TryStar) and owner.finalbody is not None:
            wanted = wanted.without(wanted.of(owner.finalbody.body.body))
    if not wanted.statements:
        return None

    removal = Removal(wanted)
    statements = lines(block)
    divided = _divide(statements[start:], removal, alone)
    if divided is None:
        return None
    rest, tail = divided
    cleaned = [_without_cleanup(owner, outer, removal) for owner, outer in enclosing]
    protected = _protected(rest, removal, block.indent)
    if protected is None or removal.failed:
        return None

    edited = block.with_changes(body=[*statements[:start], *protected, *tail])
    for (owner, outer), (new_owner, after) in zip(enclosing, cleaned, strict=True):
        before = lines(outer)[: lines(outer).index(owner)]
        edited = outer.with_changes(body=[*before, new_owner.with_changes(body=edited), *after])
    outermost = enclosing[-1][1] if enclosing else block
    return top.replaced(outermost, edited)


_Owner: TypeAlias = cst.With | cst.Try | cst.TryStar


def _enclosing(
    top: TopLevel, function: cst.FunctionDef, block: cst.IndentedBlock
) -> list[tuple[_Owner, cst.IndentedBlock]] | None:
    """What stands around a block in its function, each with the block that it stands in.

    None where the block may be left with the rest of the function still to run on what it acquired:
    a branch or a loop, or a block with more code after it.
    """
    found: list[tuple[_Owner, cst.IndentedBlock]] = []
    while (owner := top.parents[block]) is not function:
        outer = top.parents[owner]
        if not isinstance(owner, _Owner) or owner.body is not block:
            return None
        if not isinstance(outer, cst.IndentedBlock) or getattr(owner, "orelse", None) is not None:
            return None
        found.append((owner, outer))
        block = outer
    return found


def _without_cleanup(owner: _Owner, outer: cst.IndentedBlock, removal: Removal) -> tuple[_Owner, list[Line]]:
    """A statement around the new `try`, and what follows it, which all run after its `finally`."""
    late = Removal(removal.cleanup, always=True, taken=removal.taken)
    after = lines(outer)[lines(outer).index(owner) + 1 :]
    removal.failed |= not removal.leads_out(after, Exits(falls=True))
    if isinstance(owner, cst.Try | cst.TryStar):
        handlers = [each.with_changes(body=late.from_block(each.body, LEAVING)) for each in owner.handlers]
        owner = owner.with_changes(handlers=handlers)
    kept = [each for each in after if not late.is_cleanup(each)]
    for each in after:
        if late.is_cleanup(each):
            late.take(each)
    removal.failed |= late.failed
    return owner, kept


def _divide(statements: list[Line], removal: Removal, alone: bool) -> tuple[list[Line], list[Line]] | None:
    """The statements to protect, and those that stay behind them; cleanup in between is taken out.

    With `alone` only the first is to be protected. None where nothing is to be protected, or where
    cleanup stands in several places.
    """
    first = next((i for i, each in enumerate(statements) if removal.is_cleanup(each)), len(statements))
    end = first
    while end < len(statements) and removal.is_cleanup(statements[end]):
        removal.take(statements[end])
        end += 1
    if alone and first > 1:
        first = end = 1
    tail = statements[end:]
    if first == 0 or removal.cleanup.of(tail):
        return None
    return statements[:first], tail


def _protected(body: list[Line], removal: Removal, indent: str | None) -> list[Line] | None:
    """These statements with the cleanup in a `finally`; None where they have it already."""
    first, last = body[0], body[-1]
    if isinstance(first, AnyTry) and not _missing(first, removal.cleanup):
        return None
    if len(body) == 1 and isinstance(first, AnyTry):
        return [_extended(first, removal, indent)]
    if (
        isinstance(last, cst.Try)
        and not _missing(last, removal.cleanup)
        and _only_for_disconnects(last)
        and not _rest_on(last.handlers, body[:-1])
    ):
        return [_stretched(body[:-1], last)]
    kept = removal.from_statements(body, LEAVING)
    blank, leading = _blank_lines_first(kept[0])
    kept[0] = kept[0].with_changes(leading_lines=leading)
    return [cst.Try(_block(kept, indent), finalbody=_finally(removal, indent), leading_lines=blank)]


def _missing(node: AnyTry, cleanup: Cleanup) -> list[str]:
    """The keys of the cleanup statements that the `finally` of a `try` lacks."""
    there = cleanup.of(node.finalbody.body.body) if node.finalbody is not None else []
    return [key for key in cleanup.statements if key not in there]


def _extended(node: AnyTry, removal: Removal, indent: str | None) -> AnyTry:
    """A `try` with the cleanup in its own `finally`, or in that of a new one around its body."""
    final = node.finalbody
    if final is not None:
        if not isinstance(final.body, cst.IndentedBlock):
            removal.failed = True
            return node
        missing = _missing(node, removal.cleanup)
        node = removal.from_try(node, LEAVING)
        added = [each for key, each in removal.statements().items() if key in missing]
        body = final.body.with_changes(body=[*added, *lines(final.body)])
        return node.with_changes(finalbody=final.with_changes(body=body))

    attempt = Removal(removal.cleanup, taken=dict(removal.taken))
    extended = attempt.from_try(node, LEAVING)
    if not attempt.failed:
        return extended.with_changes(finalbody=_finally(attempt, indent))
    return _nested(node, removal, indent)


def _nested(node: AnyTry, removal: Removal, indent: str | None) -> AnyTry:
    """The body of a `try` in a `try/finally` of its own, for handlers that begin with the cleanup.

    The cleanup still comes before the rest of the handler.
    """
    if node.orelse is not None or not isinstance(node.body, cst.IndentedBlock):
        removal.failed = True
        return node
    body = removal.from_statements(lines(node.body), LEAVING)
    handlers: list[cst.CSTNode] = []
    for handler in node.handlers:
        suite = handler.body
        if isinstance(suite, cst.IndentedBlock):
            count = next((i for i, each in enumerate(lines(suite)) if not removal.is_cleanup(each)), 0)
            comments = [line for each in lines(suite)[:count] for line in removal.take(each)]
            rest = lines(suite)[count:]
            rest[0] = with_leading_lines(rest[0], comments)
            suite = suite.with_changes(body=rest)
        left = Removal(removal.cleanup, always=True)
        left.from_block(suite, LEAVING)
        removal.failed |= bool(left.taken)
        handlers.append(handler.with_changes(body=suite))
    inner = cst.Try(_block(body, indent), finalbody=_finally(removal, indent))
    return node.with_changes(body=_block([inner], indent), handlers=handlers)


def _only_for_disconnects(node: cst.Try) -> bool:
    """Whether it is harmless that the handlers of a `try` see the errors of more statements."""
    return all(
        handler.type is not None and names_in(handler.type)[-1:] == ["WebSocketDisconnect"]
        for handler in node.handlers
    )


def _rest_on(handlers: Sequence[cst.ExceptHandler], before: list[Line]) -> bool:
    """Whether a handler uses a name that statements bind which it would stand behind: it might be unbound there."""
    bound = {name for statement in before for name in _bound_in(statement)}
    return any(bound & set(names_in(handler.body)) for handler in handlers)


def _bound_in(node: cst.CSTNode) -> Iterator[str]:
    if isinstance(node, cst.AssignTarget | cst.AnnAssign | cst.NamedExpr):
        yield from names_in(node.target)
    for child in node.children:
        yield from _bound_in(child)


def _stretched(before: list[Line], node: cst.Try) -> Line:
    """A `try` that begins earlier, with the statements before it as the first of its body."""
    if not isinstance(node.body, cst.IndentedBlock):
        return node
    body = lines(node.body)
    body[0] = with_leading_lines(body[0], node.leading_lines)
    blank, leading = _blank_lines_first(before[0])
    first = before[0].with_changes(leading_lines=leading)
    whole = node.body.with_changes(body=[first, *before[1:], *body])
    return node.with_changes(body=whole, leading_lines=blank)


def _finally(removal: Removal, indent: str | None) -> cst.Finally:
    return cst.Finally(_block(list(removal.statements().values()), indent))


def _block(body: list[Line], indent: str | None) -> cst.IndentedBlock:
    return cst.IndentedBlock(body, indent=indent)


def _blank_lines_first(statement: Line) -> tuple[list[cst.EmptyLine], list[cst.EmptyLine]]:
    """The blank lines above a statement, and what follows them: its comments."""
    leading = list(leading_lines(statement))
    blank = next((i for i, line in enumerate(leading) if line.comment is not None), len(leading))
    return leading[:blank], leading[blank:]
