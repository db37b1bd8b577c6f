"""What every rule owes its reader: a text, fixtures, a fix or the reason why there is none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from halfopen.audit.rule import HEADINGS, Registered, registered_rules

from .workspaces import CODE, RULES, SIDES, auditor_of, workspaces

CHAPTERS = {
    "1": "connection",
    "2": "reconnection",
    "3": "delivery",
    "4": "heartbeat",
    "5": "errors",
    "6": "state",
    "7": "security",
    "8": "deployment",
}
NO_FIX = "No automatic fix:"
FEWEST = 3
LONGEST = 260
"""Characters of a message: about three lines of a hover."""
_WORD = re.compile(r"[A-Za-z_$][\w$]*")
_API = frozenset({"WebSocket", "close", "error", "onclose", "onerror", "onmessage", "onopen", "readyState"})
"""What every file with a socket may hold: no name of its own."""

rules = pytest.mark.parametrize("rule", registered_rules().values(), ids=registered_rules())


def test_there_are_rules() -> None:
    assert registered_rules()


@rules
def test_its_metadata_is_well_formed(rule: Registered) -> None:
    meta = rule.rule
    assert CODE.fullmatch(meta.code)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)+", meta.slug)
    assert meta.section.startswith(f"{meta.code.removeprefix('WS')} ")
    assert meta.title
    assert not meta.title.endswith(".")
    assert 0 < meta.effort_hours[0] <= meta.effort_hours[1]
    assert meta.sides
    assert meta.sides <= SIDES.keys()
    assert all(re.fullmatch(r"[\w-]+:[\w/@.-]+", each) for each in meta.related)


@rules
def test_it_stands_in_the_folder_of_its_chapter_and_slug(rule: Registered) -> None:
    *_, chapter, folder = rule.package.split(".")
    assert chapter == CHAPTERS[rule.rule.code[2]]
    assert folder == rule.rule.slug.replace("-", "_")


@rules
def test_its_text_has_every_section(rule: Registered) -> None:
    text = rule.text()
    assert text.title
    assert tuple(text.sections) == HEADINGS
    assert all(text.sections.values())


@rules
@pytest.mark.parametrize("kind", ["bad_", "good_"])
def test_each_side_has_fixtures(rule: Registered, kind: str) -> None:
    for side in rule.rule.sides:
        folder = RULES / rule.rule.code / SIDES[side]
        found = [each.name for each in folder.iterdir() if each.name.startswith(kind)]
        assert len(found) >= FEWEST, folder


def test_fixtures_belong_to_rules_and_sides() -> None:
    for each in workspaces():
        assert each.code in registered_rules()
        sides = {SIDES[side] for side in registered_rules()[each.code].rule.sides}
        assert each.folder in sides, each.name


@rules
def test_it_has_a_fix_or_says_why_not(rule: Registered, tmp_path: Path) -> None:
    if NO_FIX in rule.text().sections["The fix"]:
        return
    bad = [each for each in workspaces() if each.code == rule.rule.code and each.is_bad]
    for index, each in enumerate(bad):
        found = auditor_of(each.copy_to(tmp_path / str(index))).findings()
        if any(located.finding.fixes for located in found if located.finding.code == rule.rule.code):
            return
    pytest.fail(f"{rule.rule.code} offers no fix in its fixtures, and its text does not say `{NO_FIX} …`")


@rules
def test_its_messages_name_what_they_are_about(rule: Registered, tmp_path: Path) -> None:
    messages: set[str] = set()
    for index, each in enumerate(w for w in workspaces() if w.code == rule.rule.code):
        auditor = auditor_of(each.copy_to(tmp_path / str(index)))
        words = {word for text in each.files().values() for word in _WORD.findall(text)} - _API
        names = {
            view.id: (view.name, *(resource.what for resource in view.resources))
            for view in auditor.connections()
        }
        for located in auditor.findings():
            finding = located.finding
            own = (located.path, *names[finding.connection])
            is_named = any(
                re.search(rf"(?<!\w){re.escape(name)}(?!\w)", finding.message, re.I) for name in own
            )
            assert is_named or _named(finding.message) & words, f"{each.name}: {finding.message}"
            messages.add(finding.message)

    assert messages, f"no fixture of {rule.rule.code} has a finding"
    assert not [text for text in messages if text.endswith(".")]
    assert not [text for text in messages if len(text) > LONGEST]


def _named(message: str) -> set[str]:
    """The identifiers that a message quotes, or that are no words: `sockets`, Manager.sockets, last_pong."""
    quoted = [word for part in re.findall(r"`([^`]+)`", message) for word in _WORD.findall(part)]
    dotted = [word for part in re.findall(r"[\w$]+(?:\.[\w$]+)+", message) for word in _WORD.findall(part)]
    return {*quoted, *dotted, *re.findall(r"\w+_\w+|\w*[a-z][A-Z]\w*|[A-Z]{4,}", message)} - {"JSON", "HTTP"}
