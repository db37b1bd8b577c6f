"""Code that a `.gitignore` for Python hides in a client's folders is read all the same."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from halfopen.workspace.discovery import Scope, discover
from halfopen.workspace.git_index import tracked_files

PYTHON = "__pycache__/\n\nlib/\nlib64/\nvar/\n*.egg-info/\nlocal/\n"


def put(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("{}\n")


def found(root: Path) -> list[str]:
    return [path for path in discover(root, Scope()) if path.endswith(".ts")]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / ".gitignore").write_text(PYTHON)
    put(tmp_path, "web/package.json", "web/src/lib/api.ts", "web/src/local/mine.ts", "lib/built.ts")
    return tmp_path


def git(root: Path, *arguments: str) -> None:
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@b.example", *arguments]
    subprocess.run(command, cwd=root, check=True, capture_output=True)


def test_without_git_the_folders_of_python_builds_are_code_inside_packages_of_npm(repository: Path) -> None:
    assert found(repository) == ["web/src/lib/api.ts"]


def test_without_git_a_file_that_is_named_outright_is_read_and_one_that_a_pattern_meets_is_not(
    repository: Path,
) -> None:
    (repository / ".gitignore").write_text("mine.ts\n/web/app.ts\nscratch*.ts\nlogs/\n")
    put(repository, "web/app.ts", "web/scratch1.ts", "web/logs/mine.ts", "web/src/local/theirs.ts")
    assert found(repository) == [
        "lib/built.ts",
        "web/app.ts",
        "web/src/lib/api.ts",
        "web/src/local/mine.ts",
        "web/src/local/theirs.ts",
    ]


def test_a_gitignore_of_the_package_itself_counts(repository: Path) -> None:
    (repository / "web" / ".gitignore").write_text("lib/\n")
    assert found(repository) == []


@pytest.mark.parametrize("version", ["2", "4"])
def test_what_git_tracks_is_not_ignored_and_what_it_does_not_track_is(repository: Path, version: str) -> None:
    git(repository, "init", "-q")
    git(repository, "config", "index.version", version)
    tracked = ["web/src/local/mine.ts", "lib/built.ts", "web/src/local/ünï.ts"]
    put(repository, *tracked, *(f"web/src/local/many/{'x' * length}.py" for length in range(1, 12)))
    git(repository, "add", "-f", *tracked, "web/src/local/many")
    put(repository, "web/src/local/new.ts")
    assert found(repository) == sorted(tracked)
    listed = tracked_files(repository)
    assert listed is not None
    assert len(listed.files) == 14
    assert listed.folders == {"web", "web/src", "web/src/local", "web/src/local/many", "lib"}


@pytest.mark.parametrize("data", [b"", b"DIRC", b"DIRC\0\0\0\2\0\0\xff\xff" + b"x" * 900, b"PACK" * 9])
def test_an_index_that_cannot_be_read_is_none(repository: Path, data: bytes) -> None:
    git(repository, "init", "-q")
    (repository / ".git" / "index").write_bytes(data)
    assert tracked_files(repository) is None
    assert found(repository) == ["web/src/lib/api.ts"]
