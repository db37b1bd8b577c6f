"""Questions to a unit's text before its tree is made: whether it may define what is looked for."""

from __future__ import annotations

import re

from halfopen.semantics.unit import Unit


def may_define_member(unit: Unit, name: str) -> bool:
    """Whether a unit may have a class that defines a member of this name; often wrong only where it says yes."""
    encoded = name.encode()
    if b"class" not in unit.words or encoded not in unit.text:
        return False
    word = re.escape(encoded)
    if unit.language == "python":
        pattern = rb"\bdef\s+%b\b|^[ \t]*%b[ \t]*[:=]" % (word, word)
    else:
        pattern = rb"(?<![\w$.])%b['\"]?\s*[?!]?\s*[(<=:]" % word
    return re.search(pattern, unit.text, re.MULTILINE) is not None
