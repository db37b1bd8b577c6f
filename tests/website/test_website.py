"""The documentation's site: every rule and setting is in it, every link leads somewhere, nothing comes from elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from halfopen.audit.rule import HEADINGS, registered_rules
from halfopen.audit.settings import Settings, load_settings

REPOSITORY = Path(__file__).parents[2]
DOCS = REPOSITORY / "docs"
RULE = REPOSITORY / "tests" / "rule_pack" / "acme" / "acme_rules" / "unrouted_endpoint"

MOST_BYTES = 200_000
"""Of a picture: a page should not wait for it."""


@dataclass
class Html(HTMLParser):
    """What a page refers to, and what can be referred to in it."""

    links: set[str] = field(default_factory=set)
    loaded: set[str] = field(default_factory=set)
    anchors: set[str] = field(default_factory=set)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value for name, value in attrs if value}
        if "id" in values:
            self.anchors.add(values["id"])
        if tag == "a" and "href" in values:
            self.links.add(values["href"].removeprefix("./"))
        elif tag == "link" and values.get("rel") != "canonical":
            self.loaded.add(values.get("href", ""))
        elif "src" in values:
            self.loaded.add(values["src"])

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` builds it."""
    folder = tmp_path_factory.mktemp("website")
    built = subprocess.run(
        [sys.executable, "-m", "website", folder],
        cwd=REPOSITORY, capture_output=True, encoding="utf-8", timeout=300, check=False,
    )  # fmt: skip
    said = built.stdout + built.stderr
    assert built.returncode == 0, said
    assert "No issues found" in said
    return folder / "site"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Html]:
    found: dict[Path, Html] = {}
    # Where a page is missing, the server is elsewhere than the reader thinks: its links start at the root.
    for path in sorted(set(site.rglob("*.html")) - {site / "404.html"}):
        found[path] = Html()
        found[path].feed(path.read_text(encoding="utf-8"))
    return found


def test_every_rule_has_a_page_with_its_text(site: Path, pages: dict[Path, Html]) -> None:
    listed = pages[site / "rules" / "index.html"]
    for code, registered in registered_rules().items():
        name = f"{registered.rule.slug}.html"
        page = pages[site / "rules" / name]
        assert f"{code} {registered.rule.title}" in page.text
        assert all(heading in page.text for heading in HEADINGS)
        assert name in listed.links


def test_every_written_page_and_editor_is_in_the_site(site: Path, pages: dict[Path, Html]) -> None:
    home = pages[site / "index.html"]
    written = {f"{path.stem}.html" for path in DOCS.glob("*.md")}
    editors = {f"editors/{path.parent.name}.html" for path in REPOSITORY.glob("clients/*/README.md")}
    assert written | editors <= home.links | {"index.html"}, "reached from the first page"


def test_every_setting_is_in_the_reference(site: Path, pages: dict[Path, Html]) -> None:
    text = pages[site / "settings.html"].text
    for name, told in Settings.model_fields.items():
        assert name.replace("_", "-") in text
        assert told.description


def test_links_within_the_site_lead_somewhere(site: Path, pages: dict[Path, Html]) -> None:
    lost: list[str] = []
    for path, page in pages.items():
        for link in page.links | page.loaded:
            parts = urlsplit(link)
            if parts.scheme:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            named = pages[target].anchors if target in pages else {parts.fragment}
            if not target.is_file() or (parts.fragment and unquote(parts.fragment) not in named):
                lost.append(f"{path.relative_to(site)}: {link}")
    assert not lost


def test_nothing_is_loaded_from_elsewhere(pages: dict[Path, Html]) -> None:
    elsewhere = {link for page in pages.values() for link in page.loaded if urlsplit(link).netloc}
    assert not elsewhere


def test_pictures_are_small_and_told_in_words(pages: dict[Path, Html]) -> None:
    pictures = list((DOCS / "images").iterdir())
    assert pictures
    for picture in pictures:
        assert picture.stat().st_size < MOST_BYTES, picture.name
        assert any(link.endswith(f"/{picture.name}") for page in pages.values() for link in page.loaded)
    texts = "".join(path.read_text(encoding="utf-8") for path in DOCS.glob("*.md"))
    assert "![](" not in texts


def test_the_settings_shown_are_right(tmp_path: Path) -> None:
    [shown] = re.findall(r"```toml\n(.*?)```", (DOCS / "settings.md").read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "halfopen.toml").write_text(shown, encoding="utf-8")
    settings, problems = load_settings(tmp_path)
    assert not problems
    assert settings != Settings()


def test_the_rule_shown_is_the_one_that_is_tested() -> None:
    shown = (DOCS / "rule-packs.md").read_text(encoding="utf-8")
    for name in ("rule.py", "account.py"):
        assert f"```python\n{(RULE / name).read_text(encoding='utf-8')}```" in shown


def test_the_audit_shown_is_that_of_the_readme() -> None:
    """README's own is compared with what the command prints."""
    started = (DOCS / "getting-started.md").read_text(encoding="utf-8")
    [shown] = re.findall(r"```text\n(.*?)```", started, re.DOTALL)
    assert shown in (REPOSITORY / "README.md").read_text(encoding="utf-8")


def test_make_docs_builds_it_although_a_folder_has_its_name() -> None:
    planned = subprocess.run(
        ["make", "--dry-run", "docs"], cwd=REPOSITORY, capture_output=True, encoding="utf-8", check=True
    )
    assert "-m website" in planned.stdout
