"""The fix of a broadcast over a registry that changes meanwhile: it goes over a copy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from halfopen.audit.finding import Fix, TextOf
from halfopen.edits.changes import FileChanges, Replacement
from halfopen.semantics.unit import Span

if TYPE_CHECKING:
    from halfopen.connections.sending.facts import Broadcast


def copy_fix(live: Sequence[Broadcast]) -> Iterator[Fix]:
    """Every loop of a finding goes over a copy; none where one of them has no expression to copy."""
    places = list(dict.fromkeys(each.iterated for each in live if each.iterated is not None))
    if not places or any(each.iterated is None for each in live):
        return

    def build(text: TextOf, locate: Callable[[Span], tuple[int, int] | None]) -> Mapping[str, FileChanges]:
        from halfopen.edits.python import replace_expression

        made: dict[str, list[Replacement]] = {}
        for each in places:
            source, place = text(each.path), locate(each)
            changes = replace_expression(source.data, place, "list({})") if source and place else ()
            if not changes:
                return {}
            made.setdefault(each.path, []).extend(changes)
        return {path: tuple(changes) for path, changes in made.items()}

    what = "the clients" if len(places) == 1 else f"the clients in each of the {len(places)} loops"
    yield Fix(f"Go over a copy of {what}", safe=True, build=build)
