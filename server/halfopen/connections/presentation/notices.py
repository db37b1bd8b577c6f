"""Calls that tell the user something, by the name that such functions bear."""

from __future__ import annotations

from halfopen.semantics import tree
from halfopen.semantics.program import At

_NOTICES = (
    "toast",
    "notify",
    "notification",
    "snackbar",
    "alert",
    "banner",
    "message.error",
    "message.warning",
)


def is_notice(call: At[tree.Call]) -> bool:
    """Whether a call tells the user something, by the name that such functions bear (`toast.error`, `alert`)."""
    written = call.to(call.node.callee).text.lower()
    return any(each in written for each in _NOTICES)
