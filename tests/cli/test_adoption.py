"""What lets a team adopt the command: a choice of rules, baselines, changed code only, fixes, standard input."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

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
CLOSED = CLIENT.replace("  }, [url]", "    return () => ws.close();\n  }, [url]")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "web").mkdir(parents=True)
    (root / "web" / "useProgress.tsx").write_text(CLIENT, encoding="utf-8")
    return root


def codes(run: Run, *arguments: str | Path, cwd: Path) -> list[str]:
    return sorted(
        each["code"] for each in document(run, *arguments, cwd=cwd)["findings"] if not each["suppressed"]
    )


def document(run: Run, *arguments: str | Path, cwd: Path) -> Any:
    done = run("audit", "--format", "json", "--exit-zero", *arguments, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def git(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)


def test_rules_are_chosen_and_a_wrong_name_is_told(run: Run, project: Path) -> None:
    assert codes(run, "--select", "WS1B,missing-reconnect", cwd=project) == ["WS1B", "WS2A"]
    assert codes(run, "--select", "WS1", "--select", "WS2A", "--ignore", "WS1A", cwd=project) == [
        "WS1B",
        "WS2A",
    ]
    done = run("audit", "--select", "WS1B,unclosed-conection", cwd=project)
    assert done.returncode == 2
    assert '--select "unclosed-conection": should name rules by code' in done.stderr


def test_a_baseline_from_writing_to_the_last_finding_fixed(run: Run, project: Path) -> None:
    select = ("--select", "WS1B,WS2A")
    done = run("audit", "--write-baseline", "known.json", *select, cwd=project)
    assert (done.returncode, done.stdout) == (0, "2 findings written to known.json\n")
    done = run("audit", "--baseline", "known.json", *select, cwd=project)
    assert done.returncode == 0
    assert "No findings (2 known from the baseline)" in done.stdout
    (project / "web" / "useProgress.tsx").write_text("\n\n" + CLOSED, encoding="utf-8")
    (project / "halfopen.toml").write_text('baseline = "known.json"\nselect = ["WS1B", "WS2A"]\n')
    done = run("audit", cwd=project)
    assert done.returncode == 0
    assert "1 finding of the baseline is gone: --write-baseline takes them out" in done.stdout
    [left] = document(run, cwd=project)["findings"]
    assert left["suppression"] == {"kind": "baseline", "reason": "", "path": "known.json", "line": None}
    done = run("audit", "--baseline", "absent.json", cwd=project)
    assert done.returncode == 2
    assert "--baseline absent.json: there is no such file" in done.stderr


def test_only_findings_on_changed_code(run: Run, project: Path) -> None:
    done = run("audit", "--since", "HEAD", cwd=project)
    assert done.returncode == 2
    assert "is in no git repository" in done.stderr
    source = project / "web" / "useProgress.tsx"
    source.write_text(CLOSED, encoding="utf-8")
    git(project, "init", "-q", "-b", "main")
    git(project, "add", ".")
    git(project, "commit", "-qm", "one")
    assert "WS2A" in codes(run, cwd=project)
    assert codes(run, "--since", "HEAD", cwd=project) == []
    done = run("audit", "--since", "nowhere", cwd=project)
    assert (done.returncode, done.stderr) == (
        2,
        'halfopen: --since nowhere: git knows no revision "nowhere"\n',
    )

    git(project, "checkout", "-qb", "branch")
    source.write_text(CLIENT, encoding="utf-8")
    since = document(run, "--since", "main", cwd=project)
    assert "WS1B" in {each["code"] for each in since["findings"]}, "the cleanup that went is what changed"
    assert since["score"] == document(run, cwd=project)["score"], "the score is of all there is"
    git(project, "commit", "-qam", "two")
    (project / "web" / "näu ü.tsx").write_text(CLIENT.replace("useProgress", "useNew"), encoding="utf-8")
    paths = {each["path"] for each in document(run, "--since", "main", cwd=project)["findings"]}
    assert paths == {"web/useProgress.tsx", "web/näu ü.tsx"}
    git(project, "add", ".")
    assert codes(run, "--since", "main", "web", cwd=project) == codes(run, "--since", "main", cwd=project)


def test_changed_code_needs_git(run: Run, project: Path) -> None:
    done = run("audit", "--since", "main", cwd=project, environment={"PATH": str(project)})
    assert (done.returncode, done.stderr) == (2, "halfopen: --since main: git is not on the PATH\n")


def test_fixes_are_shown_and_made(run: Run, project: Path) -> None:
    source = project / "web" / "useProgress.tsx"
    shown = run("audit", "--diff", "--select", "WS1B", cwd=project)
    assert shown.returncode == 1
    assert "+++ b/web/useProgress.tsx\n" in shown.stdout
    assert "\n+    return () =>" in shown.stdout
    assert source.read_text(encoding="utf-8") == CLIENT
    made = run("audit", "--fix", "--select", "WS1B", cwd=project)
    assert (made.returncode, made.stderr) == (0, "halfopen: 1 fix made in 1 file\n")
    assert "No findings" in made.stdout
    assert "ws.close()" in source.read_text(encoding="utf-8")
    again = run("audit", "--diff", "--select", "WS1B", cwd=project)
    assert (again.returncode, again.stdout) == (0, "")


def test_unsafe_fixes_are_made_only_when_asked_for(run: Run, tmp_path: Path) -> None:
    source = "export function connect() {\n  const ws = new WebSocket('wss://a.example/ws');\n" + (
        "  ws.onclose = (event) => {\n    if (event.code !== 4401) setTimeout(connect, 1000);\n  };\n}\n"
    )
    (tmp_path / "feed.ts").write_text(source, encoding="utf-8")
    run("audit", "--fix", "--select", "WS2B", cwd=tmp_path)
    assert (tmp_path / "feed.ts").read_text(encoding="utf-8") == source
    done = run("audit", "--unsafe-fixes", "--select", "WS2B", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "reconnectDelay.ts").is_file()
    assert "reconnectDelay" in (tmp_path / "feed.ts").read_text(encoding="utf-8")


def piped(text: str | bytes, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "halfopen", "audit", *arguments],
        cwd=cwd,
        input=text if isinstance(text, bytes) else text.encode(),
        capture_output=True,
        timeout=120,
        check=False,
    )


def test_a_file_from_standard_input_stands_for_one_of_the_project(project: Path) -> None:
    name = ("-", "--stdin-filename", "web/useProgress.tsx", "--select", "WS1B")
    done = piped(CLOSED, *name, cwd=project)
    assert done.returncode == 0, "the text that is piped counts, not the one on disk"
    fixed = piped("// 😀\n" + CLIENT, *name, "--fix", cwd=project)
    assert fixed.returncode == 0
    assert fixed.stdout.decode().startswith("// 😀\n")
    assert "ws.close()" in fixed.stdout.decode()
    assert (project / "web" / "useProgress.tsx").read_text(encoding="utf-8") == CLIENT
    for text, arguments, words in (
        (CLIENT, ("-",), "say which file the text stands for: --stdin-filename"),
        (CLIENT, ("-", "--stdin-filename", "../a.tsx"), "is not below the current directory"),
        (CLIENT, ("-", "--stdin-filename", "a.txt"), "not Python, TypeScript or JavaScript"),
        (b"a\n\xff", ("-", "--stdin-filename", "a.py"), "line 2 is not UTF-8"),
    ):
        done = piped(text, *arguments, cwd=project)
        assert done.returncode == 2
        assert words in done.stderr.decode()


def test_statistics_count_by_rule(run: Run, project: Path) -> None:
    (project / "web" / "b.tsx").write_text(CLIENT.replace("useProgress", "useB"), encoding="utf-8")
    arguments = ("audit", "--statistics", "--select", "WS1B,WS2A", "--exit-zero")
    done = run(*arguments, cwd=project)
    assert done.stdout.splitlines() == [
        "2  HIGH      WS1B unclosed-connection  2 with a safe fix",
        "2  HIGH      WS2A missing-reconnect",
    ]
    counted = json.loads(run(*arguments, "--format", "json", cwd=project).stdout)
    assert [(each["code"], each["count"], each["fixable"]) for each in counted] == [
        ("WS1B", 2, 2),
        ("WS2A", 2, 0),
    ]


def test_the_settings_in_force_and_the_files_are_shown(run: Run, project: Path) -> None:
    (project / "halfopen.toml").write_text('ignore = ["WS7"]\n[severity]\nWS1B = "CRITICAL"\n')
    (project / "web" / "halfopen.toml").write_text('[per-file-ignores]\n"*.test.tsx" = ["WS1B"]\n')
    done = run("audit", "--show-settings", "--ignore", "WS6", cwd=project)
    assert done.returncode == 0
    root, nested = done.stdout.split("# web/ and below\n")
    for part in (root, nested):
        settings = tomllib.loads(part)
        assert "WS6" in settings["ignore"]
        assert settings["targets"]["queue-depth"] == 100
    assert tomllib.loads(root)["severity"] == {"WS1B": "CRITICAL"}
    assert tomllib.loads(nested)["per-file-ignores"] == {"*.test.tsx": ["WS1B"]}
    assert (
        run("audit", "--show-files", "project", cwd=project.parent).stdout == "project/web/useProgress.tsx\n"
    )


def test_suppression_comments_in_the_report(run: Run, project: Path) -> None:
    line = "    const ws = new WebSocket(url);\n"
    source = CLIENT.replace(line, f"    // halfopen: ignore[WS1B, WS9Z] one a tab\n{line}")
    (project / "web" / "useProgress.tsx").write_text(source, encoding="utf-8")
    done = run("audit", "--select", "WS1B", cwd=project)
    assert done.returncode == 0
    assert "No findings (1 accepted by a comment)" in done.stdout
    assert 'web/useProgress.tsx:6: invalid-suppression: no rule "WS9Z"' in done.stdout
    found = document(run, "--select", "WS1B", cwd=project)
    [finding] = found["findings"]
    assert finding["suppressed"] is True
    assert finding["suppression"] == {
        "kind": "comment",
        "reason": "one a tab",
        "path": "web/useProgress.tsx",
        "line": 6,
    }
    assert [each["kind"] for each in found["problems"]] == ["suppression"]
    sarif = json.loads(
        run("audit", "--format", "sarif", "--exit-zero", "--select", "WS1B", cwd=project).stdout
    )
    [result] = sarif["runs"][0]["results"]
    assert result["suppressions"] == [
        {"kind": "inSource", "status": "accepted", "justification": "one a tab"}
    ]


def test_watching_audits_again_after_a_change_and_ctrl_c_is_no_error(project: Path) -> None:
    (project.parent / ".git").mkdir()
    path = project / "web" / "useProgress.tsx"
    process = subprocess.Popen(
        [sys.executable, "-m", "halfopen", "audit", "--watch", "--select", "WS1B"],
        cwd=project,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background job ignores Ctrl-C, and so would what it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout is not None
    # What never comes ends the test, and not the patience of whoever runs it.
    patience = threading.Timer(120, process.kill)
    patience.start()

    def next_report() -> str:
        lines: list[str] = []
        for line in process.stdout or ():
            lines.append(line)
            if line.startswith("Watching"):
                break
        return "".join(lines)

    try:
        assert "WS1B unclosed-connection" in next_report()
        path.write_text(CLOSED, encoding="utf-8")
        assert "No findings" in next_report()
        (project / "halfopen.toml").write_text('exclude = ["web/"]\n')
        assert "no Python, TypeScript or JavaScript here" in next_report()
        (project / "halfopen.toml").unlink()
        assert "No findings" in next_report()
        (project.parent / "halfopen.toml").write_text(f'exclude = ["{project.name}/web/"]\n')
        assert "no Python, TypeScript or JavaScript here" in next_report(), "nobody watches what lies above"
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""
    finally:
        patience.cancel()
        process.kill()
        process.communicate()


def test_rules_complete_in_the_shell(run: Run, tmp_path: Path) -> None:
    def completed(*words: str) -> set[str]:
        line = " ".join(("halfopen", *words))
        done = run(
            environment={
                "_HALFOPEN_COMPLETE": "complete_bash",
                "COMP_WORDS": line,
                "COMP_CWORD": str(len(words)),
            }
        )
        return set(done.stdout.split())

    assert completed("explain", "WS4") == {"WS4A", "WS4B", "WS4C", "WS4D"}
    assert "unclosed-connection" in completed("explain", "unclosed")
    assert completed("audit", "--select", "WS1B,WS4A") == {"WS1B,WS4A"}


def test_rules_and_their_texts_as_data(run: Run) -> None:
    listed = json.loads(run("rules", "--format", "json").stdout)
    assert {"WS1B", "WS4A"} <= {each["code"] for each in listed}
    assert run("rules", "--format", "markdown").stdout.startswith("| code | name |")
    told = json.loads(run("explain", "missing-heartbeat", "--format", "json").stdout)
    assert told["code"] == "WS4A"
    assert "How to verify" in told["sections"]
    assert run("explain", "WS4A", "--format", "markdown").stdout == told["text"]


def test_forced_colours_reach_a_pipe(run: Run, project: Path) -> None:
    assert "\x1b[" in run("audit", cwd=project, environment={"FORCE_COLOR": "1"}).stdout
    assert "\x1b[" not in run("audit", cwd=project, environment={"NO_COLOR": "1"}).stdout
