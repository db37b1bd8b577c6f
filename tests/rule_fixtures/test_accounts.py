"""What each rule says in a full report of the findings of its own fixtures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from halfopen.audit.rule import Registered, registered_rules
from halfopen.report.gather import gather

from .workspaces import auditor_of, workspaces

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z`0-9])")


@pytest.mark.parametrize("rule", registered_rules().values(), ids=registered_rules())
def test_each_finding_is_assessed_in_numbers(rule: Registered, tmp_path: Path) -> None:
    """A failure in one or two sentences, and an estimate with a number in it."""
    assert rule.account() is not None
    code = rule.rule.code
    estimates: set[str] = set()
    for number, each in enumerate(each for each in workspaces() if each.code == code and each.is_bad):
        result = gather(auditor_of(each.copy_to(tmp_path / str(number))), ".")
        assert result.depth is not None
        own = [finding for finding in result.findings if finding.code == code]
        assert own, each.name
        for finding in own:
            assessment = result.depth.assess(finding)
            assert assessment is not None, finding.message
            assert len(_SENTENCE.split(assessment.failure)) <= 2, assessment.failure
            assert assessment.failure.endswith("."), assessment.failure
            assert re.search(r"\d|\bone\b", assessment.estimate, re.IGNORECASE), assessment.estimate
            assert assessment.estimate.endswith("."), assessment.estimate
            assert "None" not in assessment.estimate
            estimates.add(assessment.estimate)
    assert estimates


def test_estimates_follow_the_code(tmp_path: Path) -> None:
    """Another delay, another number."""
    client = (
        "import {{ useEffect }} from 'react';\n"
        "export function Ticker() {{\n"
        "  useEffect(() => {{\n"
        "    let ws: WebSocket;\n"
        "    const connect = () => {{\n"
        "      ws = new WebSocket('wss://example.com/ws/ticker');\n"
        "      ws.onclose = () => setTimeout(connect, {delay});\n"
        "    }};\n"
        "    connect();\n"
        "  }}, []);\n"
        "  return null;\n"
        "}}\n"
    )
    said: list[str] = []
    for delay in (2000, 5000):
        root = tmp_path / str(delay)
        root.mkdir()
        (root / "Ticker.tsx").write_text(client.format(delay=delay), encoding="utf-8")
        result = gather(auditor_of(root), ".")
        assert result.depth is not None
        finding = next(each for each in result.findings if each.code == "WS2B")
        assessment = result.depth.assess(finding)
        assert assessment is not None
        said.append(assessment.estimate)
    assert "Every 2 s" in said[0]
    assert "30,000 a minute" in said[0]
    assert "Every 5 s" in said[1]
    assert "12,000 a minute" in said[1]


def test_an_outage_may_outlast_the_attempts(tmp_path: Path) -> None:
    (tmp_path / "feed.ts").write_text(
        "const items: string[] = [];\n"
        "let tries = 0;\n"
        "export function connect() {\n"
        "  const ws = new WebSocket('wss://example.com/ws/feed');\n"
        "  ws.onmessage = (event) => { items.push(JSON.parse(event.data).item); };\n"
        "  ws.onclose = () => {\n"
        "    if (tries < 3) {\n"
        "      tries += 1;\n"
        "      setTimeout(connect, 2000);\n"
        "    }\n"
        "  };\n"
        "}\n"
        "connect();\n",
        encoding="utf-8",
    )
    result = gather(auditor_of(tmp_path), ".")
    assert result.depth is not None
    estimates = {each.code: result.depth.assess(each) for each in result.findings}
    said = estimates["WS5B"]
    assert said is not None
    assert "asks 3 times more" in said.estimate
    for assessment in estimates.values():
        assert assessment is not None
        assert "retry 5 succeeds" not in assessment.estimate
