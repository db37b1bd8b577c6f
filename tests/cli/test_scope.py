"""Which directory is the root, and what is shown of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from halfopen.cli.scope import Scope, ScopeError, scope_of


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tmp_path = tmp_path.resolve()
    for name in ("project/api/main.py", "project/web/app.tsx", "other/main.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    return tmp_path


def test_no_path_is_the_current_directory(tree: Path) -> None:
    assert scope_of([], tree / "project") == Scope(tree / "project", ".", ())


@pytest.mark.parametrize(
    ("given", "shown"), [("project", "project"), (".", "."), ("project/api/..", "project")]
)
def test_one_directory_is_the_root(tree: Path, given: str, shown: str) -> None:
    assert scope_of([Path(given)], tree) == Scope((tree / shown).resolve(), shown, ())


def test_a_directory_elsewhere_is_the_root(tree: Path) -> None:
    assert scope_of([tree / "other"], tree / "project") == Scope(tree / "other", "../other", ())


def test_files_and_directories_of_the_current_directory_are_shown_alone(tree: Path) -> None:
    scope = scope_of([Path("api/main.py"), Path("web")], tree / "project")
    assert scope == Scope(
        tree / "project", ".", (tree / "project" / "api" / "main.py", tree / "project" / "web")
    )


def test_paths_elsewhere_have_the_nearest_directory_that_holds_them(tree: Path) -> None:
    scope = scope_of([tree / "project/api/main.py", tree / "project/web"], tree / "other")
    assert (scope.root, scope.shown_root) == (tree / "project", "../project")


def test_a_root_among_the_paths_shows_all_of_it(tree: Path) -> None:
    assert scope_of([tree / "project", tree / "project/web"], tree / "other").only == ()


def test_the_whole_file_system_is_not_audited_by_accident(tree: Path) -> None:
    with pytest.raises(ScopeError, match="no directory in common"):
        scope_of([tree / "other", Path("/usr")], tree / "project")


def test_every_missing_path_is_named(tree: Path) -> None:
    with pytest.raises(ScopeError) as raised:
        scope_of([Path("nowhere"), Path("api"), Path("no\0where")], tree / "project")
    assert raised.value.messages[0] == "nowhere: no such file or directory"
    assert len(raised.value.messages) == 2
