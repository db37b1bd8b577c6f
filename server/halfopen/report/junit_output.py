"""Findings as JUnit's XML, for CI servers that show tests: a suite for each file, a case for each finding."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

from halfopen.report.result import AuditResult, ReportedFinding

# What XML 1.0 cannot hold, however it is escaped.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_text(result: AuditResult) -> str:
    """The findings as failed cases, suppressed ones as skipped; where there is none, one case that passed."""
    ordered = sorted(result.findings, key=lambda each: (each.place, each.code, each.message))
    suites = [
        _suite(path, list(each), result) for path, each in groupby(ordered, lambda each: each.place.path)
    ]
    if not suites:
        name = _attribute(result.root)
        suites = [
            f'  <testsuite name={name} tests="1" failures="0" errors="0" skipped="0">\n'
            f'    <testcase name="No findings" classname={name}/>\n'
            "  </testsuite>\n"
        ]
    failures = len(result.shown)
    tests = max(1, len(result.findings))
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<testsuites name="halfopen" tests="{tests}" failures="{failures}" errors="0">\n'
        f"{''.join(suites)}</testsuites>\n"
    )


def _suite(path: str, findings: list[ReportedFinding], result: AuditResult) -> str:
    failures = sum(not each.suppressed for each in findings)
    head = (
        f'  <testsuite name={_attribute(result.from_here(path))} tests="{len(findings)}" '
        f'failures="{failures}" errors="0" skipped="{len(findings) - failures}">\n'
    )
    return head + "".join(_case(each, result) for each in findings) + "  </testsuite>\n"


def _case(finding: ReportedFinding, result: AuditResult) -> str:
    place, path = finding.place, result.from_here(finding.place.path)
    name = f"{finding.code} {finding.slug} {place.line}:{place.column}"
    head = f'    <testcase name={_attribute(name)} classname={_attribute(path)} file={_attribute(path)} line="{place.line}">\n'
    if finding.suppressed:
        return f"{head}      <skipped message={_attribute(finding.message)}/>\n    </testcase>\n"
    body = _text("\n".join(_lines(finding, result)))
    failure = f"<failure type={_attribute(finding.severity.name)} message={_attribute(finding.message)}>"
    return f"{head}      {failure}{body}</failure>\n    </testcase>\n"


def _lines(finding: ReportedFinding, result: AuditResult) -> Iterable[str]:
    place = finding.place
    yield f"{result.from_here(place.path)}:{place.line}:{place.column}"
    yield f"{finding.severity.name}, {finding.confidence.word} confidence"
    for each in finding.evidence:
        yield f"{result.from_here(each.place.path)}:{each.place.line}: {each.text}"
    yield f"halfopen explain {finding.code}"


def _text(text: str) -> str:
    return escape(_NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text))


def _attribute(text: str) -> str:
    return quoteattr(_NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text))
