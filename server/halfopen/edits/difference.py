"""Two versions of a file become the fewest changes that lead from one to the other.

Lines are matched by what stands on them, so that a re-indented line is a change of its indentation
alone: comments, strings and trailing spaces are not even touched.
"""

from __future__ import annotations

from difflib import SequenceMatcher
from itertools import accumulate

from halfopen.edits.changes import FileChanges, Replacement


def changes_between(before: bytes, after: bytes) -> FileChanges:
    """The changes that make `after` of `before`; both are UTF-8."""
    if before == after:
        return ()
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    starts = [0, *accumulate(len(line) for line in old)]
    matcher = SequenceMatcher(
        None, [line.strip() for line in old], [line.strip() for line in new], autojunk=False
    )
    changes: list[Replacement] = []
    for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if tag == "equal":
            for old_index, new_index in zip(range(old_from, old_to), range(new_from, new_to), strict=True):
                changes += _within_line(old[old_index], new[new_index], starts[old_index])
        else:
            text = b"".join(new[new_from:new_to]).decode()
            changes.append(Replacement(starts[old_from], starts[old_to], text))
    return tuple(changes)


def _within_line(old: bytes, new: bytes, start: int) -> FileChanges:
    """The changes to the white space around a line's content, which is the same in both."""
    if old == new:
        return ()
    content = old.strip()
    old_lead, new_lead = old.index(content), new.index(content)
    old_tail, new_tail = old_lead + len(content), new_lead + len(content)
    changes: list[Replacement] = []
    if old[:old_lead] != new[:new_lead]:
        changes.append(Replacement(start, start + old_lead, new[:new_lead].decode()))
    if old[old_tail:] != new[new_tail:]:
        changes.append(Replacement(start + old_tail, start + len(old), new[new_tail:].decode()))
    return tuple(changes)
