"""What an edit of a file changed, in the tokens that answers rest on."""

from __future__ import annotations

from collections.abc import Iterable

from halfopen.semantics.module import Module, names_in
from halfopen.semantics.queries import (
    CallToken,
    FileToken,
    MemberToken,
    NameToken,
    PresenceToken,
    Token,
    WordToken,
)
from halfopen.semantics.unit import Unit


def changed_tokens(path: str, before: Module | None, after: Module | None, *, known: bool) -> set[Token]:
    """The tokens that differ between two states of a file, None where it is not there.

    `known`: whether the file was asked for before, so that answers may rest on its names.
    """
    changed: set[Token] = set()
    if (before is None) != (after is None) or not known:
        changed.add(FileToken(path))
    old, new = set(before.units if before else ()), set(after.units if after else ())
    for unit in old ^ new:
        changed.add(unit)
        changed.update(WordToken(word) for word in unit.words)
        changed.update(MemberToken(word) for word in unit.members)
        changed.update(CallToken(word) for word in unit.called)
    changed.update(map(PresenceToken, _words_of(old - new) ^ _words_of(new - old)))
    if known and changed:
        # Where no unit changed its place among the others, a name of none that changed means what it did.
        kept = [unit for unit in before.units if unit in new] if before else []
        in_order = kept == [unit for unit in after.units if unit in old] if after else not kept
        doubtful = old ^ new if in_order else old | new
        for name in {name for unit in doubtful for name in names_in(unit)}:
            if _meaning(before, name) != _meaning(after, name):
                changed.add(NameToken(path, name))
    return changed


def _meaning(module: Module | None, name: str) -> tuple[object, ...]:
    """What a name of a module stands for, comparable before and after an edit; "*" is all that is handed on."""
    if module is None:
        return ()
    if name == "*":
        return module.star_exports
    exported = module.exported(name)
    told = (exported.local, exported.module, exported.unit) if exported is not None else None
    return (*(unit for unit, _ in module.defined(name)), told)


def _words_of(units: Iterable[Unit]) -> set[bytes]:
    return {word for unit in units for word in unit.words}
