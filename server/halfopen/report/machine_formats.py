"""The output formats that programs read, each imported when it is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Callable

from halfopen.report.result import AuditResult

MACHINE_FORMATS = {
    "json": "json_output.json_text",
    "sarif": "sarif_output.sarif_text",
    "github": "github_output.github_text",
    "gitlab": "gitlab_output.gitlab_text",
    "junit": "junit_output.junit_text",
}
"""The module and the function that writes each format."""


def machine_text(name: str, result: AuditResult) -> str:
    """The audit in a format of `MACHINE_FORMATS`."""
    module, _, function = MACHINE_FORMATS[name].partition(".")
    write: Callable[[AuditResult], str] = getattr(
        importlib.import_module(f"halfopen.report.{module}"), function
    )
    return write(result)
