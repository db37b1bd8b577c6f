"""docflow is the model: nothing is found in it, for certain or otherwise."""

from __future__ import annotations

import json
import subprocess
import sys

from .test_docflow import DOCFLOW


def test_nothing_is_found_in_docflow() -> None:
    command = [sys.executable, "-m", "halfopen", "audit", "--format", "json", "--exit-zero", str(DOCFLOW)]
    report = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert [(each["code"], each["path"], each["line"], each["message"]) for each in report["findings"]] == []
    assert report["score"] == 10
    assert sorted((each["side"], each["name"]) for each in report["connections"]) == [
        ("client", "LiveSocket"),
        ("server", "live"),
    ]
