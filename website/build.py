"""Lay out every page as Markdown, and have Zensical make the site of it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from website.links import relinked
from website.pages import REPOSITORY, Page, pages

__all__ = ["REPOSITORY", "build"]

HERE = Path(__file__).parent
CONFIGURATION = "zensical.toml"
STYLE = "style.css"


def build(folder: Path) -> int:
    """Build the site into `folder`/site. Gives the exit status: a warning is an error."""
    shutil.rmtree(folder, ignore_errors=True)
    content = folder / "content"
    every = pages()
    places = {page.source: page.name for page in every if page.source is not None}
    for page in every:
        path = content / page.name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = page.text if page.source is None else relinked(page.text, page.source, path, places, content)
        path.write_text(text, encoding="utf-8")
    shutil.copyfile(HERE / STYLE, content / STYLE)
    shutil.copyfile(REPOSITORY / "clients" / "vscode" / "icon.png", content / "icon.png")
    shutil.copytree(REPOSITORY / "docs" / "schema", content / "schema")
    configuration = (HERE / CONFIGURATION).read_text(encoding="utf-8").replace("@nav@", _nav(every))
    (folder / CONFIGURATION).write_text(configuration, encoding="utf-8")
    zensical = [sys.executable, "-m", "zensical", "build", "--strict", "--clean"]
    return subprocess.run(zensical, cwd=folder, check=False).returncode


def _nav(every: tuple[Page, ...]) -> str:
    """The pages below their headings, as TOML; a page without a heading stands by itself."""
    lines: list[str] = []
    below: dict[str, list[str]] = {}
    for page in every:
        entry = f"{{ {json.dumps(page.title)} = {json.dumps(page.name)} }}"
        if page.heading is None:
            lines.append(f"  {entry},")
            continue
        if page.heading not in below:
            below[page.heading] = []
            lines.append(page.heading)
        below[page.heading].append(f"    {entry},")
    return "\n".join(
        f"  {{ {json.dumps(line)} = [\n" + "\n".join(below[line]) + "\n  ] }," if line in below else line
        for line in lines
    )
