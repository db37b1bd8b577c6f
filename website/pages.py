"""The pages of the site, in the order in which it lists them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from website.rules import index_of_rules, rule_pages
from website.settings import settings_reference

REPOSITORY = Path(__file__).parents[1]
DOCS = REPOSITORY / "docs"
CLIENTS = REPOSITORY / "clients"

FIRST = ("index", "getting-started", "ci", "settings")
"""What a reader needs first, in this order. Other pages of docs/ follow, and what is for contributors is last."""
LAST = ("library-tables", "rule-packs", "architecture")
EDITORS = ("vscode", "neovim", "emacs", "helix", "zed", "sublime")
GENERATED = {"settings": settings_reference}
"""What is added at the end of a written page."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its place in the site, its text, the heading it is listed under, and the file it came from."""

    name: str
    text: str
    title: str
    heading: str | None = None
    source: Path | None = None


def pages() -> tuple[Page, ...]:
    """Every page of the site."""
    names = {path.stem for path in DOCS.glob("*.md")}
    between = sorted(names - {*FIRST, *LAST})
    return (
        *(_written(DOCS / f"{name}.md", f"{name}.md", None) for name in FIRST),
        *(_written(CLIENTS / name / "README.md", f"editors/{name}.md", "Editors") for name in EDITORS),
        *(_written(DOCS / f"{name}.md", f"{name}.md", "Reference") for name in between),
        index_of_rules_page(),
        *(Page(name, text, title, "Rules") for name, title, text in rule_pages()),
        *(_written(DOCS / f"{name}.md", f"{name}.md", "Extending") for name in LAST if name in names),
        _written(REPOSITORY / "CONTRIBUTING.md", "contributing.md", "Extending"),
        _written(REPOSITORY / "CHANGELOG.md", "changelog.md", None),
    )


def index_of_rules_page() -> Page:
    return Page("rules/index.md", index_of_rules(), "All rules", "Rules")


def _written(source: Path, name: str, heading: str | None) -> Page:
    text = source.read_text(encoding="utf-8")
    first = re.search(r"^# (.+)$", text, re.MULTILINE)
    title = first[1] if first else source.stem
    if heading == "Editors":
        title = re.sub(r"^halfopen (in|for) ", "", title)
    more = GENERATED.get(source.stem) if source.parent == DOCS else None
    return Page(name, text + (more() if more else ""), title, heading, source.resolve())
