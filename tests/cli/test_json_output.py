"""The JSON output keeps the shape of its schema's number."""

from __future__ import annotations

import dataclasses
import json
import random
from pathlib import Path

from syrupy.assertion import SnapshotAssertion
from tests.cli.conftest import Run

from halfopen import __version__
from halfopen.connections.facts import Confidence, Evidence, Known, Line, Unknown
from halfopen.report.json_output import ReportJson, json_text
from halfopen.report.result import AuditResult


def test_the_whole_document(result: AuditResult, snapshot: SnapshotAssertion) -> None:
    text = json_text(result)
    assert text.replace(f'"halfopen": "{__version__}"', '"halfopen": "VERSION"') == snapshot


def test_it_validates_against_its_own_models(result: AuditResult) -> None:
    report = ReportJson.model_validate_json(json_text(result))
    assert [finding.code for finding in report.findings] == ["WS4A", "WS1B", "WS2B", "WS1B"]


def test_the_keys_stand_in_the_documented_order(result: AuditResult) -> None:
    document = json.loads(json_text(result))
    assert list(document) == [
        "schema",
        "halfopen",
        "root",
        "score",
        "environment",
        "connections",
        "findings",
        "problems",
    ]
    assert document["schema"] == 1
    assert list(document["findings"][0]) == [
        "code",
        "slug",
        "severity",
        "confidence",
        "path",
        "line",
        "column",
        "end_line",
        "end_column",
        "message",
        "connection",
        "evidence",
        "fixes",
        "suppressed",
        "suppression",
        "effects",
        "fingerprint",
    ]


def test_the_order_of_what_is_found_does_not_show(result: AuditResult) -> None:
    mixed = dataclasses.replace(
        result,
        findings=tuple(random.Random(1).sample(result.findings, len(result.findings))),
        connections=tuple(reversed(result.connections)),
    )
    assert json_text(mixed) == json_text(result)


def test_facts_become_plain_values(result: AuditResult) -> None:
    facts = {
        "keepalive": Known((20.0, float("inf")), (Evidence(Line("requirements.txt", 12), "uvicorn 0.54"),)),
        "names": frozenset({"b", "a"}),
        "proxy": Unknown("nginx.conf"),
        "sure": Confidence.LOW,
    }
    connection = dataclasses.replace(result.connections[0], facts=facts)
    document = json.loads(json_text(dataclasses.replace(result, connections=(connection,))))
    assert document["connections"][0]["facts"] == {
        "keepalive": {
            "known": True,
            "value": [20.0, "inf"],
            "confidence": "high",
            "evidence": [{"path": "requirements.txt", "line": 12, "text": "uvicorn 0.54"}],
        },
        "names": ["a", "b"],
        "proxy": {"known": False, "settled_by": "nginx.conf", "evidence": []},
        "sure": "low",
    }


def test_a_fix_that_cannot_be_made_safely_is_not_told(tmp_path: Path, run: Run) -> None:
    """What is entered only under a condition has no place from which a `finally` would fit."""
    code = """\
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()
watching: set[WebSocket] = set()


@app.websocket("/status")
async def status(websocket: WebSocket, follow: bool = False) -> None:
    await websocket.accept()
    {entered}
    try:
        while True:
            await websocket.receive_text()
    except WebSocketDisconnect:
        watching.discard(websocket)
"""
    fixes: list[bool] = []
    for entered in ("watching.add(websocket)", "if follow:\n        watching.add(websocket)"):
        (tmp_path / "app.py").write_text(code.replace("{entered}", entered), encoding="utf-8")
        told = json.loads(run("audit", "--select=WS1B", "--format=json", "--exit-zero", cwd=tmp_path).stdout)
        [finding] = told["findings"]
        fixes.append(bool(finding["fixes"]))
    assert fixes == [True, False]
