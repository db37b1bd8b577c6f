"""Long work in the terminal: it shows how far it is, and Ctrl-C ends it and all that it started."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from halfopen.workspace.ahead import LEAST_BYTES, spare_cores

PATIENCE_SECONDS = 120
MODULE = "from fastapi import WebSocket\n\n" + "".join(
    f"async def step_{number}(websocket: WebSocket, left: int):\n"
    f"    for each in range(left):\n"
    f"        await websocket.send_json({{'step': {number}, 'left': left - each}})\n\n\n"
    for number in range(20)
)
MODULE += 'NOTES = """' + "what nobody reads any more, and takes no time\n" * 800 + '"""\n'


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More code than one process reads alone."""
    root = tmp_path_factory.mktemp("large")
    for number in range(2 * LEAST_BYTES // len(MODULE)):
        # each text is another one, so that none stands for the others
        (root / f"module_{number}.py").write_text(f"# {number}\n{MODULE}", encoding="utf-8")
    return root


def command(root: Path) -> list[str]:
    return [sys.executable, "-m", "halfopen", "audit", "--no-cache", str(root)]


def heeds_interrupts() -> None:
    # A shell's background job ignores Ctrl-C, and so would what it starts.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.setpgid(0, 0)


def workers_of(process: int) -> list[int]:
    """The processes that a process has started."""
    children = Path(f"/proc/{process}/task/{process}/children")
    try:
        return [int(each) for each in children.read_text().split()]
    except OSError:
        return []


def is_alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.fixture
def auditing(large: Path) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """An audit whose workers are at it."""
    process = subprocess.Popen(
        command(large),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heeds_interrupts,
    )
    wanted, ends = spare_cores(), time.monotonic() + PATIENCE_SECONDS
    while len(workers_of(process.pid)) < wanted:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < ends
    yield process, workers_of(process.pid)
    process.kill()
    process.communicate()


@pytest.mark.parametrize("whom", ["command", "terminal"])
def test_ctrl_c_ends_the_command_and_its_workers(
    auditing: tuple[subprocess.Popen[str], list[int]], whom: str
) -> None:
    process, workers = auditing
    if whom == "terminal":  # which tells everything that runs in the foreground
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130
    assert output == ""
    assert errors.strip() == ""
    await_end_of(workers)


def await_end_of(workers: list[int]) -> None:
    ends = time.monotonic() + PATIENCE_SECONDS
    while any(map(is_alive, workers)):
        assert time.monotonic() < ends


def test_workers_end_with_a_command_that_is_killed(
    auditing: tuple[subprocess.Popen[str], list[int]],
) -> None:
    process, workers = auditing
    process.kill()
    process.communicate()
    await_end_of(workers)


IMPATIENT = """\
import sys
from halfopen.cli import main, progress
progress.PATIENCE_SECONDS = 0
sys.exit(main())
"""
"""The command, for which any work is long: how long a machine takes decides nothing."""


def on_a_terminal(called: list[str]) -> str:
    """What a command writes on a terminal beside its output."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        called,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color"},
    ):
        os.close(theirs)
        seen = b""
        while True:
            try:
                read = os.read(ours, 65_536)
            except OSError:  # Linux says so at the end
                break
            if not read:
                break
            seen += read
        os.close(ours)
    return seen.decode()


def test_a_person_sees_how_far_it_is(large: Path) -> None:
    files = len(list(large.iterdir()))
    shown = on_a_terminal([sys.executable, "-c", IMPATIENT, *command(large)[3:]])
    assert "Auditing" in shown
    assert f"/{files}" in shown
    assert shown.rstrip().endswith("\x1b[2K") or "\x1b[2K" in shown[-40:], "the bar goes at the end"


def test_nothing_is_shown_to_a_pipe_or_for_short_work(large: Path, tmp_path: Path) -> None:
    piped = subprocess.run(command(large), capture_output=True, text=True, check=False)
    assert piped.stderr == ""
    (tmp_path / "main.py").write_text("print()\n", encoding="utf-8")
    assert on_a_terminal(command(tmp_path)) == ""
