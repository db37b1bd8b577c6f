"""`make bench`: the budgets as ratios, measured in one run so that the machine's speed drops out.

The servers run side by side and take turns, round by round: what slows the machine slows them all."""

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.client import Client, Document
from bench.workspace import Dense, Workspace, build

BIN = Path(sys.executable).parent
HALFOPEN = "halfopen"
BARE = "bare pygls"
RUFF = "ruff server"
SERVERS: dict[str, Sequence[str]] = {
    HALFOPEN: [str(BIN / "halfopen"), "lsp"],
    BARE: [sys.executable, str(Path(__file__).with_name("bare_server.py"))],
    RUFF: [str(BIN / "ruff"), "server"],
}

WARM_UP_ROUNDS = 10
QUIET_S = 1.0
MEMORY_BUDGET_MB = 150.0


@dataclass(frozen=True, slots=True)
class Row:
    """One budget: what was measured, for halfopen and for its yardstick, and the ratio that is allowed."""

    what: str
    halfopen: float
    yardstick: str
    reference: float
    unit: str
    budget: float

    @property
    def ratio(self) -> float:
        return self.halfopen / self.reference

    @property
    def within(self) -> bool:
        return self.ratio <= self.budget


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    options.add_argument("--rounds", type=int, default=100, help="edits of each file (default: 100)")
    options.add_argument("--starts", type=int, default=7, help="starts of each server (default: 7)")
    options.add_argument("--check", action="store_true", help="exit with 1 when a budget is exceeded")
    arguments = options.parse_args()

    # An installed program starts from compiled modules; so do those that are measured, after their warm-up.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    console = Console()
    with tempfile.TemporaryDirectory(prefix="halfopen-bench-") as folder:
        workspace = build(Path(folder).resolve())
        with console.status("starting servers"):
            starts = in_turn(
                {name: partial(start_ms, name, workspace.root) for name in (HALFOPEN, BARE)},
                arguments.starts,
                warm_up=1,
            )
        with console.status("saving files"):
            saves, memory_mb = measure_saves(workspace, arguments.rounds)
        with console.status("auditing from cold"):
            audit_us, lint_us = measure_cold(workspace, rounds=3)

    rows = [
        save_row(".py", saves[workspace.python.language], BARE, 2.5),
        save_row(".py", saves[workspace.python.language], RUFF, 1.0),
        save_row(".tsx", saves[workspace.tsx.language], BARE, 2.5),
        Row(
            "initialize, median",
            median(starts[HALFOPEN]),
            BARE,
            median(starts[BARE]),
            "ms",
            1.2,
        ),
        Row("cold audit, a line", audit_us, "ruff check", lint_us, "µs", 10.0),
    ]
    if memory_mb is not None:
        rows.append(Row("memory", memory_mb, "budget", MEMORY_BUDGET_MB, "MB", 1.0))
    console.print(table(rows, workspace, arguments.rounds))
    return 1 if arguments.check and not all(row.within for row in rows) else 0


def measure_saves(
    workspace: Workspace, rounds: int
) -> tuple[dict[str, dict[str, list[float]]], float | None]:
    """Milliseconds of each save, by language and server, and halfopen's resident memory in MB."""
    spent: dict[str, dict[str, list[float]]] = {}
    with contextlib.ExitStack() as stack:
        clients: dict[str, Client] = {}
        for name, command in SERVERS.items():
            clients[name] = Client(command, workspace.root)
            stack.callback(clients[name].close)
            clients[name].initialize()
        peers: list[tuple[Dense, list[str]]] = [
            (workspace.python, [HALFOPEN, BARE, RUFF]),
            (workspace.tsx, [HALFOPEN, BARE]),
        ]
        for dense, names in peers:
            documents = {
                name: Document(
                    clients[name], dense.path, dense.language, dense.inserted_line, dense.inserted_text
                )
                for name in names
            }
            for client in clients.values():
                client.drain(QUIET_S)
            spent[dense.language] = in_turn(
                {name: document.edit_and_save for name, document in documents.items()}, rounds, WARM_UP_ROUNDS
            )
        return spent, resident_mb(clients[HALFOPEN].pid)


def in_turn(measures: dict[str, Callable[[], float]], rounds: int, warm_up: int) -> dict[str, list[float]]:
    """What each measure gave, round by round; the rounds that warm up are left out."""
    spent: dict[str, list[float]] = {name: [] for name in measures}
    for attempt in range(warm_up + rounds):
        for name, measure in measures.items():
            value = measure()
            if attempt >= warm_up:
                spent[name].append(value)
    return spent


def measure_cold(workspace: Workspace, rounds: int) -> tuple[float, float]:
    """Microseconds for each line that is read: `halfopen audit`, and `ruff check` without its cache."""
    python_lines = sum(path.read_text(encoding="utf-8").count("\n") for path in workspace.root.rglob("*.py"))
    root = str(workspace.root)
    audit = [str(BIN / "halfopen"), "audit", "--format", "json", "--exit-zero", root]
    lint = [str(BIN / "ruff"), "check", "--no-cache", "--exit-zero", "--quiet", root]
    spent = in_turn({HALFOPEN: lambda: run_ms(audit), RUFF: lambda: run_ms(lint)}, rounds, warm_up=1)
    return (
        median(spent[HALFOPEN]) * 1000 / workspace.lines,
        median(spent[RUFF]) * 1000 / python_lines,
    )


def start_ms(name: str, root: Path) -> float:
    """Milliseconds from starting a server to its answer to `initialize`."""
    started = time.perf_counter()
    client = Client(SERVERS[name], root)
    client.initialize()
    spent = (time.perf_counter() - started) * 1000
    client.close()
    return spent


def run_ms(command: Sequence[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - started) * 1000


def resident_mb(pid: int) -> float | None:
    """Resident memory of a process in MB, or nothing on a system without /proc."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def save_row(what: str, spent: dict[str, list[float]], yardstick: str, budget: float) -> Row:
    return Row(f"save {what}, p95", p95(spent[HALFOPEN]), yardstick, p95(spent[yardstick]), "ms", budget)


def p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def table(rows: Sequence[Row], workspace: Workspace, rounds: int) -> Table:
    grid = Table(
        title=f"{workspace.lines:,} lines in 1,000 files; {rounds} saves of each dense file",
        title_justify="left",
    )
    grid.add_column("what")
    for name in ("halfopen", "yardstick", "ratio", "budget", ""):
        grid.add_column(name, justify="right")
    for row in rows:
        grid.add_row(
            row.what,
            f"{row.halfopen:.1f} {row.unit}",
            f"{row.yardstick} {row.reference:.1f} {row.unit}",
            f"{row.ratio:.2f}",
            f"{row.budget:.2f}",
            "[green]within[/green]" if row.within else "[red]over[/red]",
        )
    return grid


if __name__ == "__main__":
    sys.exit(main())
