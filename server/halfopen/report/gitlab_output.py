"""Findings as GitLab's code quality report, which merge requests show beside their changes."""

from __future__ import annotations

import json
from collections import Counter

from halfopen.audit.finding import Severity
from halfopen.report.result import AuditResult

SEVERITIES = {
    Severity.CRITICAL: "critical",
    Severity.HIGH: "major",
    Severity.MEDIUM: "minor",
    Severity.MONITOR: "info",
}


def gitlab_text(result: AuditResult) -> str:
    """A JSON list of issues with fingerprints that stay while lines move."""
    seen: Counter[str] = Counter()
    issues: list[dict[str, object]] = []
    for each in sorted(result.shown, key=lambda each: (each.place, each.code, each.message)):
        seen[each.fingerprint] += 1
        again = seen[each.fingerprint]
        issues.append(
            {
                "description": f"{each.code} {each.slug}: {each.message}",
                "check_name": each.code,
                # GitLab drops what has a fingerprint that was there before.
                "fingerprint": each.fingerprint if again == 1 else f"{each.fingerprint}-{again}",
                "severity": SEVERITIES[each.severity],
                "location": {
                    "path": result.from_here(each.place.path),
                    "positions": {
                        "begin": {"line": each.place.line, "column": each.place.column},
                        "end": {"line": each.place.end_line, "column": each.place.end_column},
                    },
                },
            }
        )
    return json.dumps(issues, indent=2, ensure_ascii=False) + "\n"
