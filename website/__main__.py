"""`python -m website [FOLDER]`: build the site, or fail with what is wrong."""

from __future__ import annotations

import sys
from pathlib import Path

from website.build import REPOSITORY, build

if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else REPOSITORY / "build" / "website"
    sys.exit(build(folder.resolve()))
