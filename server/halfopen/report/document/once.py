"""What several findings need alike is shown with the first of them; the others name that one."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace

from halfopen.report.document.model import Example, FindingSection, Module
from halfopen.report.result import ChangedFile, ReportedChange


def shown_once(sections: Sequence[FindingSection]) -> tuple[FindingSection, ...]:
    """The findings in their order; examples, modules and new files that an earlier one shows refer to it."""
    seen: dict[Hashable, int] = {}

    def first(number: int, *key: Hashable) -> int | None:
        at = seen.setdefault(key, number)
        return at if at != number else None

    def example(number: int, shown: Example) -> Example:
        return replace(shown, shown_at=first(number, shown.language, shown.code))

    def module(number: int, shown: Module) -> Module:
        return replace(shown, shown_at=first(number, shown.name, shown.code))

    def changed(number: int, shown: ChangedFile) -> ChangedFile:
        return replace(shown, shown_at=first(number, shown.path, shown.diff)) if shown.is_new else shown

    def change(number: int, shown: ReportedChange) -> ReportedChange:
        return replace(shown, files=tuple(changed(number, each) for each in shown.files))

    return tuple(
        replace(
            each,
            example=example(each.number, each.example) if each.example is not None else None,
            modules=tuple(module(each.number, one) for one in each.modules),
            changes=tuple(change(each.number, one) for one in each.changes),
        )
        for each in sections
    )
