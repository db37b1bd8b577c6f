"""The command end to end, as a person or a script runs it, on good and on bad input."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from halfopen.report.json_output import ReportJson

if TYPE_CHECKING:
    from .conftest import Run

CLIENT = """\
import { useEffect, useState } from "react";

export function useProgress(url: string) {
  const [done, setDone] = useState(0);
  useEffect(() => {
    const ws = new WebSocket(url);
    ws.onmessage = (event) => setDone(JSON.parse(event.data).done);
  }, [url]);
  return done;
}
"""

SERVER = """\
from fastapi import FastAPI, WebSocket

app = FastAPI()
clients: dict[str, WebSocket] = {}


@app.websocket("/ws/progress/{client_id}")
async def progress(websocket: WebSocket, client_id: str):
    await websocket.accept()
    clients[client_id] = websocket
    while True:
        message = await websocket.receive_text()
        await clients[client_id].send_text(message)
"""

CLEAN = """\
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def index() -> dict[str, str]:
    return {"hello": "there"}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    write(root / "api" / "main.py", SERVER)
    write(root / "web" / "src" / "useProgress.tsx", CLIENT)
    write(root / "halfopen.toml", 'select = ["WS1B"]\n')
    return root


def write(path: Path, text: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def report(run: Run, *arguments: str | Path, cwd: Path) -> ReportJson:
    done = run("audit", "--format", "json", "--exit-zero", *arguments, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return ReportJson.model_validate_json(done.stdout)


def test_both_sides_are_found_and_the_exit_status_says_so(run: Run, project: Path) -> None:
    done = run("audit", cwd=project)
    assert done.returncode == 1
    assert done.stderr == ""
    assert "WS1B unclosed-connection" in done.stdout
    assert "web/src/useProgress.tsx:" in done.stdout
    assert "api/main.py:" in done.stdout
    assert "Next: halfopen explain WS1B" in done.stdout


def test_the_text_of_a_whole_audit(run: Run, project: Path, snapshot: object) -> None:
    assert run("audit", cwd=project).stdout == snapshot


def test_the_exit_status_follows_the_options(run: Run, project: Path) -> None:
    worst = max(
        ["MONITOR", "MEDIUM", "HIGH", "CRITICAL"].index(each.severity)
        for each in report(run, cwd=project).findings
    )
    assert run("audit", "--fail-on", "monitor", cwd=project).returncode == 1
    assert run("audit", "--fail-on", "CRITICAL", cwd=project).returncode == (1 if worst == 3 else 0)
    assert run("audit", "--exit-zero", cwd=project).returncode == 0
    shutil.rmtree(project / "web")
    write(project / "api" / "main.py", CLEAN)
    assert run("audit", cwd=project).returncode == 0


def test_json_paths_are_relative_to_the_audited_directory(run: Run, project: Path, tmp_path: Path) -> None:
    found = report(run, "project", cwd=tmp_path)
    assert found.root == "project"
    assert {each.path for each in found.findings} == {"api/main.py", "web/src/useProgress.tsx"}
    inside = report(run, cwd=project)
    assert inside.root == "."
    assert inside.findings == found.findings
    assert inside.connections == found.connections


def test_json_positions_count_from_one_in_code_points(run: Run, project: Path) -> None:
    path = project / "web" / "src" / "useProgress.tsx"
    path.write_text(CLIENT.replace("    const ws", "    /* 🙂名 */ const ws"), encoding="utf-8")
    [finding] = [each for each in report(run, cwd=project).findings if each.path.endswith(".tsx")]
    line = path.read_text(encoding="utf-8").split("\n")[finding.line - 1]
    assert finding.line == finding.end_line
    assert line[finding.column - 1 : finding.end_column - 1] == "new WebSocket(url)"


def test_two_runs_give_the_same_bytes(run: Run, project: Path) -> None:
    assert (
        run("audit", "--format", "json", cwd=project).stdout
        == run("audit", "--format", "json", cwd=project).stdout
    )


def test_a_file_alone_shows_its_findings_and_reads_the_rest(run: Run, project: Path) -> None:
    found = report(run, "web/src/useProgress.tsx", cwd=project)
    assert {each.path for each in found.findings} == {"web/src/useProgress.tsx"}


def test_least_confidence_leaves_findings_out(run: Run, project: Path) -> None:
    every = report(run, cwd=project).findings
    sure = report(run, "--min-confidence", "high", cwd=project).findings
    assert sure == tuple(each for each in every if each.confidence == "high")


def test_output_goes_to_a_file(run: Run, project: Path, tmp_path: Path) -> None:
    done = run("audit", "--format", "json", "--output", tmp_path / "report.json", cwd=project)
    assert (done.returncode, done.stdout) == (1, "")
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["schema"] == 1
    done = run("audit", "--output", tmp_path / "none" / "report.txt", cwd=project)
    assert done.returncode == 2
    assert "there is no directory" in done.stderr


def test_quiet_writes_findings_only(run: Run, project: Path) -> None:
    write(project / "pyproject.toml", "[tool.halfopen]\nexlude = []\n")
    assert "Notes on the input" not in run("audit", "--quiet", cwd=project).stdout
    assert run("audit", "--quiet", "--format", "json", cwd=project).stderr == ""


# Bad input gets a clear word.


def test_a_path_that_does_not_exist(run: Run, project: Path) -> None:
    done = run("audit", "api", "frontend/missing", cwd=project)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "halfopen: frontend/missing: no such file or directory\n"


def test_an_unknown_option_and_an_unknown_format(run: Run, project: Path) -> None:
    assert run("audit", "--frobnicate", cwd=project).returncode == 2
    done = run("audit", "--format", "yaml", cwd=project)
    assert done.returncode == 2
    assert "yaml" in done.stderr


def test_a_file_that_is_not_utf8_is_noted_and_the_rest_audited(run: Run, project: Path) -> None:
    write(project / "api" / "latin.py", b"# WebSocket\nname = 'caf\xe9'\n")
    done = run("audit", cwd=project)
    assert done.returncode == 1
    assert "api/latin.py:2:" in done.stdout
    assert "UTF-8" in done.stdout
    assert "web/src/useProgress.tsx:6" in done.stdout


def test_a_syntax_error_in_the_middle_leaves_the_rest_audited(run: Run, project: Path) -> None:
    broken = SERVER.replace("clients: dict", "def broken(:\n    pass\n\nclients: dict")
    write(project / "api" / "main.py", broken)
    done = run("audit", cwd=project)
    line = next(n for n, text in enumerate(broken.splitlines(), 1) if "def broken" in text)
    assert f"api/main.py:{line}: " in done.stdout
    found = [each for each in report(run, cwd=project).findings if each.path == "api/main.py"]
    assert found


def test_a_broken_pyproject_is_said_at_its_line_and_defaults_are_used(run: Run, project: Path) -> None:
    (project / "halfopen.toml").unlink()
    write(project / "pyproject.toml", "[project]\nname = 'x'\n\n[tool.halfopen\n")
    done = run("audit", cwd=project)
    assert done.returncode == 1
    assert "pyproject.toml:4: is not valid TOML" in done.stdout
    done = run("audit", "--format", "json", cwd=project)
    assert done.stderr.startswith("halfopen: pyproject.toml:4: is not valid TOML")
    assert json.loads(done.stdout)["findings"]


def test_an_unknown_setting_is_said_with_a_suggestion(run: Run, project: Path) -> None:
    (project / "halfopen.toml").unlink()
    write(project / "pyproject.toml", "[tool.halfopen]\nexlude = ['web']\n")
    done = run("audit", cwd=project)
    assert 'pyproject.toml:2: unknown setting "exlude"; did you mean "exclude"?' in done.stdout


def test_settings_are_obeyed(run: Run, project: Path) -> None:
    (project / "halfopen.toml").unlink()
    write(project / "pyproject.toml", "[tool.halfopen]\nexclude = ['web/']\n")
    assert {each.path for each in report(run, cwd=project).findings} == {"api/main.py"}
    done = run("audit", "web/src/useProgress.tsx", cwd=project)
    assert done.returncode == 0
    assert "web/src/useProgress.tsx: not audited" in done.stdout


def test_a_clean_file_named_alone_is_not_noted(run: Run, project: Path) -> None:
    write(project / "api" / "index.py", CLEAN)
    done = run("audit", "api/index.py", cwd=project)
    assert done.returncode == 0
    assert "Notes on the input" not in done.stdout


def test_huge_files_are_noted(run: Run, project: Path) -> None:
    write(project / "web" / "src" / "bundle.ts", CLIENT + "// " + "x" * 2_100_000)
    done = run("audit", cwd=project)
    assert "web/src/bundle.ts" in done.stdout
    assert "useProgress.tsx:6" in done.stdout
    assert "web/src/bundle.ts" not in {each.path for each in report(run, cwd=project).findings}


def test_binary_files_are_noted(run: Run, project: Path) -> None:
    write(project / "api" / "image.py", b"\x89PNG\r\n\x1a\n\x00\x00WebSocket\xff\xfe" * 20)
    done = run("audit", cwd=project)
    assert done.returncode == 1
    assert "api/image.py" in done.stdout


def test_links_out_of_the_root_are_not_followed(run: Run, project: Path, tmp_path: Path) -> None:
    write(tmp_path / "outside" / "secret.tsx", CLIENT)
    (project / "web" / "linked").symlink_to(tmp_path / "outside", target_is_directory=True)
    (project / "web" / "linked.tsx").symlink_to(tmp_path / "outside" / "secret.tsx")
    found = report(run, cwd=project)
    assert {each.path for each in found.connections} == {"api/main.py", "web/src/useProgress.tsx"}


def test_an_empty_directory(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = run("audit", "empty", cwd=tmp_path)
    assert done.returncode == 0
    assert "no Python, TypeScript or JavaScript here" in done.stdout


# Terminals and pipes.


def on_a_terminal(*arguments: str, cwd: Path, environment: dict[str, str]) -> str:
    """What the command writes to a terminal of 80 columns."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    kept = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR")}
    process = subprocess.Popen(
        [sys.executable, "-m", "halfopen", *arguments],
        cwd=cwd,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=kept | {"TERM": "xterm-256color", "COLUMNS": "80"} | environment,
    )
    os.close(theirs)
    written = bytearray()
    while True:
        try:
            more = os.read(ours, 65536)
        except OSError:
            # Linux says so when the last process has closed its side.
            break
        if not more:
            break
        written += more
    os.close(ours)
    process.wait(60)
    return written.decode()


def test_a_terminal_gets_colours_and_a_pipe_none(run: Run, project: Path) -> None:
    assert "\x1b[" not in run("audit", cwd=project).stdout
    assert "\x1b[1" in on_a_terminal("audit", cwd=project, environment={})


def test_no_color_is_obeyed_on_a_terminal(project: Path) -> None:
    written = on_a_terminal("audit", cwd=project, environment={"NO_COLOR": "1"})
    assert "WS1B" in written
    for colour in ("\x1b[31", "\x1b[36", ";41m", ";43m"):
        assert colour not in written


def test_explain_is_formatted_on_a_terminal_and_markdown_elsewhere(run: Run, tmp_path: Path) -> None:
    piped = run("explain", "ws1b").stdout
    assert piped.startswith("# ")
    assert "## How to verify" in piped
    assert run("explain", "unclosed-connection").stdout == piped
    shown = on_a_terminal("explain", "WS1B", cwd=tmp_path, environment={})
    assert "How to verify" in shown
    assert "## How to verify" not in shown


def test_explain_suggests_and_says_where_the_rules_are(run: Run) -> None:
    done = run("explain", "unclosed-conection")
    assert done.returncode == 2
    assert done.stderr == ('halfopen: no rule "unclosed-conection"; did you mean "unclosed-connection"?\n')
    assert "halfopen rules lists them" in run("explain", "teapot").stderr


def test_rules_are_listed_one_a_line_when_piped(run: Run) -> None:
    lines = run("rules").stdout.splitlines()
    assert any(line.startswith("WS1B") and "unclosed-connection" in line for line in lines)


def test_names_outside_the_streams_encoding_are_escaped(run: Run, tmp_path: Path) -> None:
    write(tmp_path / "名前" / "a.tsx", CLIENT)
    done = run("audit", environment={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 1
    assert "\\u540d\\u524d/a.tsx" in done.stdout
    done = run("audit", "--format", "json", environment={"PYTHONIOENCODING": "ascii"})
    assert json.loads(done.stdout)["findings"][0]["path"] == "名前/a.tsx"


# What is imported.


def imported(*arguments: str, cwd: Path) -> set[str]:
    """The modules that a run of the command imports."""
    code = (
        "import sys\nfrom halfopen.cli import main\n"
        f"sys.argv = ['halfopen', *{list(arguments)!r}]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "sys.stderr.write('\\n'.join(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True, timeout=120, check=True
    )
    return set(done.stderr.split())


def test_the_version_is_answered_before_anything_is_imported(tmp_path: Path) -> None:
    assert not imported("--version", cwd=tmp_path) & {"typer", "rich", "pydantic", "tree_sitter", "pygls"}


@pytest.mark.parametrize("arguments", [("explain", "WS1B"), ("rules",), ("audit", "--exit-zero")])
def test_no_command_imports_the_language_server_or_libcst(project: Path, arguments: tuple[str, ...]) -> None:
    assert not imported(*arguments, cwd=project) & {"pygls", "lsprotocol", "halfopen.lsp"}
    for each in project.rglob("*.py"):  # whose fixes LibCST makes, before they are named
        each.unlink()
    assert "libcst" not in imported(*arguments, cwd=project)


def test_the_version_is_the_packages(run: Run) -> None:
    from halfopen import __version__

    assert run("--version").stdout == f"halfopen {__version__}\n"
    assert run("-V").stdout == f"halfopen {__version__}\n"


def test_an_internal_error_is_no_finding(project: Path) -> None:
    code = (
        "import sys, halfopen.cli.audit_command as command\n"
        "def fail(*_, **__): raise RuntimeError('out of luck')\n"
        "command.audited = fail\n"
        "sys.argv = ['halfopen', 'audit']\n"
        "from halfopen.cli import main\n"
        "sys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "out of luck" in done.stderr
    assert "halfopen: internal error. Please report it" in done.stderr


def test_a_reader_that_leaves_early_is_no_error(project: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "halfopen", "audit"],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert b"Traceback" not in process.stderr.read()
    process.stderr.close()
    process.wait(60)
