"""Links of a page that was written for the repository, as they are on the site."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

_LINK = re.compile(r"(?P<text>\]\()(?P<target>[^)#\s:]+)(?P<anchor>#[^)\s]*)?\)")


def relinked(text: str, source: Path, page: Path, places: Mapping[Path, str], content: Path) -> str:
    """The text with its links to files of the repository leading to their pages.

    A file that is no page (a picture, a piece of configuration) is taken along, beside the page. What
    is neither stays as it is: the build then says so.
    """

    def link(found: re.Match[str]) -> str:
        target = (source.parent / found["target"]).resolve()
        if target in places:
            reached = content / places[target]
        elif target.is_file():
            reached = page.parent / "files" / target.name
            reached.parent.mkdir(exist_ok=True)
            shutil.copyfile(target, reached)
        else:
            return found[0]
        relative = Path(os.path.relpath(reached, page.parent)).as_posix()
        return f"{found['text']}{relative}{found['anchor'] or ''})"

    return _LINK.sub(link, text)
