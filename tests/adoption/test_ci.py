"""What docs/ci.md offers, run as far as it can be without its host.

The action's steps run in bash with the variables that a GitHub runner sets; its expressions are filled in
here. GitLab's job runs its script; that the two hosts read what is written is their documentation's word.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from .conftest import REPOSITORY, git

INSTALL_SECONDS = 500


def environment(**more: str) -> dict[str, str]:
    """The surroundings of these tests, with its programs first on the PATH, and more."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    return {**os.environ, "PATH": path, **more}


def test_the_hook_fails_on_the_flaw_and_tells_it(
    source: Path, application: Path, shown: dict[str, str], tmp_path: Path
) -> None:
    config = yaml.safe_load(shown[".pre-commit-config.yaml"])
    [repository] = config["repos"]
    repository |= {"repo": str(source), "rev": git(source, "rev-parse", "HEAD")}
    home = environment(PRE_COMMIT_HOME=str(tmp_path / "pre-commit"))

    def run() -> subprocess.CompletedProcess[str]:
        (application / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
        git(application, "add", "--all")
        return subprocess.run(
            [sys.executable, "-m", "pre_commit", "run"],
            cwd=application, env=home, capture_output=True, encoding="utf-8", timeout=INSTALL_SECONDS, check=False,
        )  # fmt: skip

    (application / "web" / "Card.tsx").open("a").write("// the card of one document\n")
    done = run()
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Card never closes ws" in done.stdout
    assert "web/Card.tsx:6" in done.stdout

    repository["hooks"][0]["args"] = ["--fail-on", "critical"]
    done = run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Passed" in done.stdout


def test_the_hook_runs_for_code_and_for_what_serves_it() -> None:
    [hook] = yaml.safe_load((REPOSITORY / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    for path in (
        "api/main.py", "web/Card.tsx", "web/socket.mjs", "web/use.ts", "deploy/nginx.conf", "Dockerfile",
        "api/Dockerfile.dev", "compose.yaml", "requirements-dev.txt", "pyproject.toml", "web/package.json",
    ):  # fmt: skip
        assert re.search(hook["files"], path), path
    for path in ("README.md", "web/logo.svg", "notes/requirements.docx", "web/style.css"):
        assert not re.search(hook["files"], path), path


def test_the_action_annotates_writes_its_summary_and_fails(
    source: Path, application: Path, shown: dict[str, str], tmp_path: Path
) -> None:
    action = yaml.safe_load((source / "action.yml").read_text(encoding="utf-8"))
    job = yaml.safe_load(shown[".github/workflows/halfopen.yml"])["jobs"]["halfopen"]
    given = job["steps"][1]["with"]
    assert given.keys() <= action["inputs"].keys()
    inputs = {name: str(each["default"]) for name, each in action["inputs"].items()} | given
    inputs["sarif"] = "halfopen.sarif"
    summary = tmp_path / "summary.md"
    runner = environment(
        RUNNER_TEMP=str(tmp_path), GITHUB_ACTION_PATH=str(source), GITHUB_STEP_SUMMARY=str(summary)
    )

    def run(step: dict[str, Any], inputs: dict[str, str]) -> subprocess.CompletedProcess[str]:
        def filled(text: str) -> str:
            return re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: inputs[found[1]], text)

        assert step["shell"] == "bash"
        assert "${{" not in step["run"], "what a person gives is no part of a script"
        variables = {name: filled(value) for name, value in step.get("env", {}).items()}
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=application, env=runner | variables, capture_output=True, encoding="utf-8",
            timeout=INSTALL_SECONDS, check=False,
        )  # fmt: skip

    *before, audit = action["runs"]["steps"]
    for step in before:
        done = run(step, inputs)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "Card never closes ws" in summary.read_text(encoding="utf-8")
    sarif = json.loads((application / "halfopen.sarif").read_text(encoding="utf-8"))
    assert "WS1B" in {each["ruleId"] for each in sarif["runs"][0]["results"]}
    failed = run(audit, inputs)
    assert failed.returncode == 1, failed.stdout + failed.stderr
    assert re.search(r"^::\w+ .*file=web/Card\.tsx,line=6\b", failed.stdout, re.MULTILINE)
    assert run(audit, inputs | {"fail-on": "critical"}).returncode == 0

    conditions = [step["if"] for step in before if "if" in step]
    assert conditions == ["inputs.summary == 'true'", "inputs.sarif != ''"]


def test_the_job_for_gitlab_writes_the_report_that_it_names(application: Path, shown: dict[str, str]) -> None:
    job = yaml.safe_load(shown[".gitlab-ci.yml"])["halfopen"]
    done = subprocess.run(
        ["bash", "-e", "-c", "\n".join(job["script"])],
        cwd=application, env=environment(), capture_output=True, encoding="utf-8",
        timeout=INSTALL_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    report = application / job["artifacts"]["reports"]["codequality"]
    issues = json.loads(report.read_text(encoding="utf-8"))
    paths = {(each["check_name"], each["location"]["path"]) for each in issues}
    assert ("WS1B", "web/Card.tsx") in paths
    assert job["artifacts"]["when"] == "always", "a job that fails has a report too"
