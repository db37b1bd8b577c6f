"""What files gave is kept on disk: the next run reads it, finds the same, and never suffers from it."""

from __future__ import annotations

import os
import pickle
import shutil
import sqlite3
import subprocess
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from halfopen import semantics
from halfopen.audit.engine import Auditor
from halfopen.audit.settings import Settings
from halfopen.semantics import tree
from halfopen.workspace import extracts, store
from halfopen.workspace.extracts import VARIABLE, ExtractCache, cache_of_user
from halfopen.workspace.packing import Unreadable, packed, unpacked
from halfopen.workspace.store import DAY_SECONDS, FILE_NAME, OLD_SECONDS, Rows, Store

FIXTURES = Path(__file__).parents[2] / "fixtures" / "rules" / "WS1B"

BORROWED = (
    "python/bad_disconnect_removes_the_successor.py",
    "python/good_helper_with_finally.py",
    "react/good_store_with_actions.ts",
    "react/good_closed_through_ref.tsx",
)

PAGE = '''\
from fastapi import FastAPI, WebSocket
from fastapi.responses import HTMLResponse

app = FastAPI()
BORROWED = (
    "python/bad_disconnect_removes_the_successor.py",
    "python/good_helper_with_finally.py",
    "react/good_store_with_actions.ts",
    "react/good_closed_through_ref.tsx",
)

PAGE = """<html><script>
function show() { const socket = new WebSocket("ws://localhost/ws"); socket.onmessage = console.log; }
</script></html>"""


@app.get("/")
async def page():
    return HTMLResponse(PAGE)
'''
BROKEN = "def handler(websocket:\n    await websocket.accept()\n\n\nx = (\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    for name in BORROWED:
        shutil.copy(FIXTURES / name, root)
    (root / "page.py").write_text(PAGE, "utf-8")
    (root / "broken.py").write_text(BROKEN, "utf-8")
    (root / "index.html").write_text("<script>const s = new WebSocket('/ws');</script>", "utf-8")
    return root


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def found(project: Path, cache: ExtractCache | None = None) -> list[object]:
    """All that an audit says of a project."""
    auditor = Auditor(project, Settings(), cache=cache)
    auditor.refresh()
    places = [
        (each.path, each.start, each.end, each.finding.code, each.finding.message, each.evidence)
        for each in auditor.findings()
    ]
    assert places
    texts = [str(each) for each in places]
    return [*texts, *map(str, auditor.connections()), *map(str, auditor.problems())]


def audit(project: Path, folder: Path) -> list[object]:
    """An audit with the cache in a folder, as one run of the program."""
    cache = ExtractCache(Store(folder))
    result = found(project, cache)
    cache.write()
    cache.close()
    return result


@dataclass(slots=True)
class Work:
    """How many texts were parsed and how many statements lowered."""

    parsed: int = 0
    lowered: int = 0


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    done = Work()
    parse, remember = extracts.parse, extracts.ExtractCache.lowered

    def counted_parse(*given: Any, **named: Any) -> Any:
        done.parsed += 1
        return parse(*given, **named)

    def counted_lowering(self: ExtractCache, *given: Any) -> None:
        done.lowered += 1
        remember(self, *given)

    monkeypatch.setattr(extracts, "parse", counted_parse)
    monkeypatch.setattr(extracts.ExtractCache, "lowered", counted_lowering)
    return done


def rows(folder: Path) -> Iterator[tuple[bytes, int, bytes]]:
    connection = sqlite3.connect(folder / FILE_NAME)
    yield from connection.execute("SELECT key, position, body FROM bodies").fetchall()
    connection.close()


def change(folder: Path, statement: str, *values: object) -> None:
    connection = sqlite3.connect(folder / FILE_NAME)
    connection.execute(statement, values)
    connection.commit()
    connection.close()


def test_the_second_run_neither_parses_nor_lowers_and_finds_the_same(
    project: Path, folder: Path, work: Work
) -> None:
    without = found(project)
    first = audit(project, folder)
    assert work.parsed > 0
    assert work.lowered > 0
    work.parsed = work.lowered = 0
    assert audit(project, folder) == first == without
    assert work == Work()


def test_only_a_changed_file_is_parsed_again(project: Path, folder: Path, work: Work) -> None:
    audit(project, folder)
    page = project / "page.py"
    page.write_text(PAGE.replace("console.log", "console.info"), "utf-8")
    work.parsed = 0
    assert audit(project, folder) == found(project)
    assert work.parsed >= 2  # the file and the script in it, and all files of the audit without a cache
    work.parsed = 0
    audit(project, folder)
    assert work.parsed == 0


def test_a_tree_that_was_not_kept_is_made_when_it_is_asked_for(project: Path, folder: Path) -> None:
    first = audit(project, folder)
    change(folder, "DELETE FROM bodies WHERE position % 2 = 0")
    assert audit(project, folder) == first


@pytest.mark.parametrize("rest", [b"", b"no database" * 1000])
def test_a_file_that_is_no_database_is_replaced(project: Path, folder: Path, rest: bytes, work: Work) -> None:
    first = audit(project, folder)
    (folder / FILE_NAME).write_bytes(rest)
    assert audit(project, folder) == first
    work.parsed = 0
    assert audit(project, folder) == first
    assert work.parsed == 0


def test_damage_in_the_middle_of_the_file_costs_what_it_hit(project: Path, folder: Path) -> None:
    first = audit(project, folder)
    file = folder / FILE_NAME
    data = bytearray(file.read_bytes())
    for at in range(4096, len(data), 1000):
        data[at : at + 40] = b"\xff" * 40
    file.write_bytes(data)
    assert audit(project, folder) == first
    assert audit(project, folder) == first


def test_another_schema_is_replaced(project: Path, folder: Path, work: Work) -> None:
    first = audit(project, folder)
    change(folder, "DROP TABLE bodies")
    change(folder, "CREATE TABLE bodies (other TEXT)")
    assert audit(project, folder) == first
    work.parsed = 0
    audit(project, folder)
    assert work.parsed == 0


@pytest.mark.parametrize("column", ["bodies SET body", "files SET outline"])
@pytest.mark.parametrize("value", [b"", b"\x80", packed((1, 2)), "text", 3])
def test_answers_that_were_never_written_are_not_believed(
    project: Path, folder: Path, column: str, value: object
) -> None:
    first = audit(project, folder)
    change(folder, f"UPDATE {column} = ?", value)
    assert audit(project, folder) == first


class Attack:
    """Pickled, it is a call of a function of the operating system."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, (str(self.path),))


def test_a_hostile_answer_runs_nothing(project: Path, folder: Path, tmp_path: Path) -> None:
    first = audit(project, folder)
    marker = tmp_path / "it ran"
    for protocol in range(6):
        content = pickle.dumps((Attack(marker),), protocol)
        hostile = zlib.crc32(content).to_bytes(4, "big") + content
        with pytest.raises(Unreadable):
            unpacked(hostile)
        change(folder, "UPDATE bodies SET body = ?", hostile)
        assert audit(project, folder) == first
    assert not marker.exists()


def test_no_name_but_those_of_nodes_is_looked_up() -> None:
    for name in ("_read_of", "dataclasses.sys.exit", "Callable", "node"):
        for module in ("", ".node", ".expressions", ".traversal"):
            content = b"\x80\x04" + b"c" + f"{tree.__name__}{module}\n{name}\n".encode() + b"."
            with pytest.raises(Unreadable):
                unpacked(zlib.crc32(content).to_bytes(4, "big") + content)


def test_what_is_nested_too_deep_is_not_kept() -> None:
    nested: tuple[object, ...] = ()
    for _ in range(50_000):
        nested = (nested,)
    assert packed(nested) is None


def test_another_lowering_reads_nothing_of_this_one(
    project: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, work: Work
) -> None:
    monkeypatch.setenv(VARIABLE, str(folder))

    def run() -> None:
        cache = cache_of_user(1.0)
        found(project, cache)
        cache.write()
        cache.close()

    run()
    work.parsed = 0
    run()
    assert work.parsed == 0
    changed = tmp_path / "semantics"
    shutil.copytree(Path(semantics.__path__[0]), changed)
    with (changed / "lower_python" / "statements.py").open("a") as file:
        file.write("# another\n")
    monkeypatch.setattr(semantics, "__path__", [str(changed)])
    extracts._fingerprint.cache_clear()  # pyright: ignore[reportPrivateUsage]
    try:
        run()
    finally:
        extracts._fingerprint.cache_clear()  # pyright: ignore[reportPrivateUsage]
    assert work.parsed > 0
    assert len(list(folder.iterdir())) == 2


def test_a_version_has_a_folder_of_its_own(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(folder))
    for version in ("0.1.0", "0.2.0"):
        monkeypatch.setattr(extracts, "__version__", version)
        cache = cache_of_user(1.0)
        cache.body(b"", 0)
        cache.close()
    assert sorted(each.name.split("-")[0] for each in folder.iterdir()) == ["0.1.0", "0.2.0"]


def test_what_was_used_longest_ago_is_dropped_when_the_file_is_too_large(folder: Path) -> None:
    now = 0.0
    kept = Store(folder, max_bytes=400_000, now=lambda: now)
    for number in range(60):
        now = number * 2.0 * DAY_SECONDS
        key = bytes([number])
        kept.write(Rows({key: b"outline"}, {(key, 0): os.urandom(20_000)}, frozenset({b"\0"})))
        kept.prune()
    assert kept.outline(b"\0") is not None  # used again with every write
    assert kept.outline(bytes([59])) is not None
    assert kept.outline(bytes([1])) is None
    assert kept.body(bytes([1]), 0) is None
    kept.close()
    assert sum(each.stat().st_size for each in folder.iterdir()) < 600_000


def test_a_use_is_told_once_a_day(folder: Path) -> None:
    now = 0.0
    kept = Store(folder, now=lambda: now)
    kept.write(Rows({b"k": b"outline"}, {}, frozenset()))
    assert kept.outline(b"k") == (b"outline", False)
    now = DAY_SECONDS + 1.0
    assert kept.outline(b"k") == (b"outline", True)
    kept.write(Rows({}, {}, frozenset({b"k"})))
    assert kept.outline(b"k") == (b"outline", False)
    kept.close()


def test_old_folders_of_other_versions_go_and_nothing_else_does(folder: Path) -> None:
    names = (
        "0.0.9-0123456789abcdef",
        "0.1.0-0123456789abcdef",
        "0.1.0-own0000000000000",
        "0.0.8-fedcba9876543210",
    )
    for name in (*names, "photographs"):
        (folder / name).mkdir(parents=True)
        (folder / name / FILE_NAME).write_bytes(b"")
    (folder / names[3] / "mine.txt").write_text("mine")
    long_ago = 1_000_000_000.0
    for name in (names[0], names[2], names[3], "photographs"):
        os.utime(folder / name / FILE_NAME, (long_ago, long_ago))
    store.sweep(folder, names[2], long_ago + OLD_SECONDS)
    assert not (folder / names[0]).exists()
    assert (folder / names[1] / FILE_NAME).exists()
    assert (folder / names[2] / FILE_NAME).exists()
    assert (folder / names[3] / "mine.txt").exists()
    assert (folder / "photographs" / FILE_NAME).exists()


def test_where_nothing_can_be_written_there_is_no_cache(project: Path, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    assert audit(project, file / "below") == found(project)
    taken = tmp_path / "taken"
    (taken / FILE_NAME).mkdir(parents=True)
    assert audit(project, taken) == found(project)


@pytest.mark.parametrize("chosen", ["", "relative/folder"])
def test_no_folder_no_cache(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chosen: str
) -> None:
    monkeypatch.setenv(VARIABLE, chosen)
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    cache = cache_of_user(1.0)
    found(project, cache)
    cache.write()
    assert sorted(tmp_path.rglob("*")) == before


def command(project: Path, folder: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "halfopen",
            "audit",
            "--format",
            "json",
            "--exit-zero",
            *options,
            str(project),
        ],
        env={**os.environ, VARIABLE: str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def test_processes_that_run_at_once_share_it(project: Path, folder: Path, work: Work) -> None:
    runs = [command(project, folder) for _ in range(3)]
    told = [each.communicate(timeout=240) for each in runs]
    assert {output for output, _ in told} == {told[0][0]}
    assert [each.returncode for each in runs] == [0, 0, 0]
    [own] = folder.iterdir()
    assert len(list(rows(own))) > 5
    audit(project, own)
    assert work.parsed == 0


def test_the_option_keeps_nothing(project: Path, folder: Path) -> None:
    run = command(project, folder, "--no-cache")
    output, _ = run.communicate(timeout=240)
    assert run.returncode == 0
    assert "WS1B" in output
    assert not folder.exists()


def test_writers_in_each_others_way_give_up_and_lose_nothing_but_time(folder: Path) -> None:
    first, second = Store(folder, wait_seconds=0.01), Store(folder, wait_seconds=0.01)
    assert first.write(Rows({b"a": b"1"}, {}, frozenset()))
    blocker = sqlite3.connect(folder / FILE_NAME, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    assert not second.write(Rows({b"b": b"2"}, {}, frozenset()))
    assert second.outline(b"a") is not None
    blocker.execute("ROLLBACK")
    blocker.close()
    assert second.write(Rows({b"b": b"2"}, {}, frozenset()))
    first.close()
    second.close()


def test_a_write_makes_way_and_goes_on_later(project: Path, folder: Path, work: Work) -> None:
    cache = ExtractCache(Store(folder))
    found(project, cache)
    cache.write(lambda: True)
    assert not folder.exists() or not list(rows(folder))
    cache.write()
    cache.close()
    work.parsed = 0
    audit(project, folder)
    assert work.parsed == 0
