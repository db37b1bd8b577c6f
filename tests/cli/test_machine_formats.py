"""The formats that other programs read, held against what those programs say they read."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from halfopen.edits.changes import Replacement
from halfopen.report.github_output import github_text
from halfopen.report.gitlab_output import gitlab_text
from halfopen.report.junit_output import junit_text
from halfopen.report.result import AuditResult, ReportedFix
from halfopen.report.sarif_output import sarif_text
from halfopen.source import SourceText

from .conftest import PROGRESS_TSX

if TYPE_CHECKING:
    from .conftest import Run

REPOSITORY = Path(__file__).parents[2]
MULTITOOL = REPOSITORY / "tests/sarif/node_modules/@microsoft/sarif-multitool-linux"


@pytest.fixture(scope="session")
def sarif_schema() -> dict[str, Any]:
    return json.loads((MULTITOOL / "sarif-2.1.0.json").read_text(encoding="utf-8"))


def run_of(text: str) -> dict[str, Any]:
    return json.loads(text)["runs"][0]


def test_json_of_a_real_audit_fits_the_published_schema(run: Run) -> None:
    schema = json.loads((REPOSITORY / "docs/schema/audit-1.json").read_text(encoding="utf-8"))
    done = run("audit", "--format", "json", "--exit-zero", REPOSITORY / "fixtures/docflow-vibecoded")
    document = json.loads(done.stdout)
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    validator.validate(document)
    assert document["findings"]
    document["findings"][0]["severity"] = "terrible"
    assert not validator.is_valid(document)


def test_sarif_of_a_real_audit_passes_the_official_schema_and_validator(
    run: Run, sarif_schema: dict[str, Any], tmp_path: Path
) -> None:
    log = tmp_path / "audit.sarif"
    done = run(
        "audit",
        "--format",
        "sarif",
        "--exit-zero",
        "--output",
        log,
        "fixtures/docflow-vibecoded",
        cwd=REPOSITORY,
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(log.read_text(encoding="utf-8"))
    jsonschema.validators.validator_for(sarif_schema)(sarif_schema).validate(document)
    said = subprocess.run(
        [
            MULTITOOL / "Sarif.Multitool",
            "validate",
            log,
            "--level",
            "Error;Warning",
            "--rule-kind",
            "Sarif;Ghas",
        ],
        env=os.environ | {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Analysis completed successfully" in said.stdout, said.stdout
    assert ": error " not in said.stdout, said.stdout
    warnings = [line for line in said.stdout.splitlines() if ": warning " in line]
    assert [line for line in warnings if "SARIF2005" not in line] == [], (
        "all but the site that there is not yet"
    )

    [one] = document["runs"]
    rules = one["tool"]["driver"]["rules"]
    assert all(rules[each["ruleIndex"]]["id"] == each["ruleId"] for each in one["results"])
    assert all("## How to verify" in each["help"]["markdown"] for each in rules)
    assert any("security-severity" in each["properties"] for each in rules)
    assert len({each["partialFingerprints"]["halfopenFinding/v1"] for each in one["results"]}) == len(
        one["results"]
    )
    paths = {each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for each in one["results"]}
    assert all((REPOSITORY / path).is_file() for path in paths)


def test_the_fixes_of_a_sarif_log_are_the_edits_of_the_editor(run: Run, tmp_path: Path) -> None:
    source = PROGRESS_TSX.replace("const ws", "/* 🙂名 */ const ws")
    (tmp_path / "Progress.tsx").write_text(source, encoding="utf-8")
    done = run("audit", "--format", "sarif", "--exit-zero", cwd=tmp_path)
    [found] = [each for each in run_of(done.stdout)["results"] if each["ruleId"] == "WS1B"]
    [change] = found["fixes"][0]["artifactChanges"]
    lines = source.splitlines(keepends=True)

    def offset(line: int, column: int) -> int:
        return sum(map(len, lines[: line - 1])) + column - 1

    fixed = source
    for each in reversed(change["replacements"]):
        region = each["deletedRegion"]
        start = offset(region["startLine"], region["startColumn"])
        end = offset(region["endLine"], region["endColumn"])
        fixed = fixed[:start] + each["insertedContent"]["text"] + fixed[end:]
    assert "ws.close()" in fixed
    (tmp_path / "Progress.tsx").write_text(fixed, encoding="utf-8")
    again = run_of(run("audit", "--format", "sarif", "--exit-zero", cwd=tmp_path).stdout)
    assert "WS1B" not in {each["ruleId"] for each in again["results"]}


def test_sarif_tells_all_that_is_known_of_a_finding(
    result: AuditResult, sarif_schema: dict[str, Any]
) -> None:
    text = SourceText.from_str(PROGRESS_TSX)
    fix = ReportedFix(
        "Close it",
        True,
        {"web/useProgress.tsx": (Replacement(0, 6, "export"),), "new.ts": (Replacement(0, 0, "x"),)},
    )
    first = dataclasses.replace(result.findings[0], fixes=(fix,), fingerprint="f00")
    document = json.loads(
        sarif_text(
            dataclasses.replace(
                result,
                root="services/a b",
                findings=(first, *result.findings[1:]),
                text_of=lambda path: text if path.startswith("web") else None,
            )
        )
    )
    jsonschema.validators.validator_for(sarif_schema)(sarif_schema).validate(document)
    one = document["runs"][0]
    assert one["columnKind"] == "unicodeCodePoints"
    [found] = [each for each in one["results"] if each["partialFingerprints"]["halfopenFinding/v1"] == "f00"]
    assert found["level"] == "error"
    place = found["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {
        "uri": "services/a%20b/web/useProgress.tsx",
        "uriBaseId": "%SRCROOT%",
    }
    assert place["region"] == {"startLine": 6, "startColumn": 14, "endLine": 6, "endColumn": 32}
    assert "new WebSocket(url)" in place["contextRegion"]["snippet"]["text"]
    assert [each["message"]["text"] for each in found["relatedLocations"]] == [
        "this effect runs again for every `url`",
        "it ends without a cleanup function",
    ]
    first_change, second_change = found["fixes"][0]["artifactChanges"]
    assert first_change["replacements"][0]["deletedRegion"]["endColumn"] == 7
    assert second_change["artifactLocation"]["uri"] == "services/a%20b/new.ts"
    assert [bool(each["suppressions"]) for each in one["results"]].count(True) == 1
    notes = one["invocations"][0]["toolExecutionNotifications"]
    assert [each["properties"]["kind"] for each in notes] == ["settings", "syntax"]


def test_github_annotations_are_escaped_and_the_gravest_come_first(result: AuditResult) -> None:
    nasty = dataclasses.replace(
        result.findings[1],
        message="100 % lost,\r\nalways: yes",
        place=dataclasses.replace(result.findings[1].place, path="api/a,b:c%.py"),
    )
    lines = github_text(
        dataclasses.replace(result, findings=(nasty, *result.findings), root="x")
    ).splitlines()
    assert len(lines) == 4, "the suppressed finding is left out"
    assert lines[0].startswith(
        "::error file=x/web/useProgress.tsx,line=6,endLine=6,title=WS1B unclosed-connection,col=14,endColumn=31::"
    )
    [escaped] = [line for line in lines if "lost" in line]
    assert "file=x/api/a%2Cb%3Ac%25.py," in escaped
    assert "::100 %25 lost,%0D%0Aalways: yes (HIGH, medium confidence)%0A" in escaped
    assert lines[-1].startswith("::warning file=x/web/useChat.ts")


def test_gitlab_gets_a_list_of_issues_with_distinct_fingerprints(run: Run) -> None:
    done = run("audit", "--format", "gitlab", "--exit-zero", "fixtures/docflow-vibecoded", cwd=REPOSITORY)
    issues = json.loads(done.stdout)
    assert issues
    assert len({each["fingerprint"] for each in issues}) == len(issues)
    for each in issues:
        assert each.keys() == {"description", "check_name", "fingerprint", "severity", "location"}
        assert each["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert (REPOSITORY / each["location"]["path"]).is_file()
        assert each["location"]["positions"]["begin"]["line"] >= 1


def test_gitlab_leaves_out_what_is_suppressed(result: AuditResult) -> None:
    issues = json.loads(gitlab_text(result))
    assert [each["check_name"] for each in issues] == ["WS1B", "WS2B", "WS1B"]
    assert [each["severity"] for each in issues] == ["major", "minor", "critical"]


def test_junit_is_xml_whatever_the_code_holds(result: AuditResult) -> None:
    nasty = dataclasses.replace(result.findings[0], message='<b> & "\x1b[31m" \ud800')
    text = junit_text(dataclasses.replace(result, findings=(nasty, *result.findings[1:])))
    root = ElementTree.fromstring(text.encode("utf-8"))
    assert (root.get("tests"), root.get("failures")) == ("4", "3")
    assert len(root.findall(".//failure")) == 3
    assert len(root.findall(".//skipped")) == 1
    [failure] = [each for each in root.iter("failure") if "<b> & " in str(each.get("message"))]
    assert failure.get("type") == "CRITICAL"
    assert "web/useProgress.tsx:8: it ends without a cleanup function" in (failure.text or "")
    clean = ElementTree.fromstring(junit_text(dataclasses.replace(result, findings=())).encode())
    assert [each.get("name") for each in clean.iter("testcase")] == ["No findings"]
    assert clean.get("failures") == "0"


def test_names_that_the_terminal_cannot_show_are_kept(run: Run, tmp_path: Path) -> None:
    (tmp_path / "名前.tsx").write_text(PROGRESS_TSX, encoding="utf-8")
    done = run("audit", "--format", "junit", environment={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 1
    assert 'file="名前.tsx"' in done.stdout


def test_a_finding_keeps_its_fingerprint_where_lines_move_and_two_alike_have_two(
    run: Run, tmp_path: Path
) -> None:
    def prints(source: str) -> list[str]:
        (tmp_path / "Progress.tsx").write_text(source, encoding="utf-8")
        issues = json.loads(run("audit", "--format", "gitlab", "--exit-zero").stdout)
        return [each["fingerprint"] for each in issues if each["check_name"] == "WS1B"]

    [before] = prints(PROGRESS_TSX)
    assert prints("\n// moved\n\n" + PROGRESS_TSX.replace("\t\tconst", "      const")) == [before]
    line = "\t\tconst ws = new WebSocket(url);\n"
    both = prints(PROGRESS_TSX.replace(line, line + line.replace("ws", "ws")))
    assert len(set(both)) == len(both)


def test_the_published_schemas_are_those_of_the_code() -> None:
    import runpy

    made: dict[str, str] = runpy.run_path(str(REPOSITORY / "scripts/write_schemas.py"))["schemas"]()
    folder = REPOSITORY / "docs/schema"
    assert {each.name: each.read_text(encoding="utf-8") for each in folder.iterdir()} == made
