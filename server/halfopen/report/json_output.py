"""The JSON output, `schema` 1: versioned and stable, for machines.

Additions keep the number; a field that goes or changes its meaning raises it. The order of findings
and connections is that of their places, so two runs on the same code give the same bytes.
"""

from __future__ import annotations

import dataclasses
import enum
import json
import math
from collections.abc import Mapping
from typing import Literal, cast

from pydantic import BaseModel, ConfigDict, Field

from halfopen import __version__
from halfopen.audit.views import Suppression
from halfopen.connections.facts import Evidence, Known, Line, Unknown
from halfopen.report.result import (
    AuditResult,
    Place,
    ReportedConnection,
    ReportedEvidence,
    ReportedFact,
    ReportedFinding,
)

Side = Literal["client", "server"]
SeverityName = Literal["CRITICAL", "HIGH", "MEDIUM", "MONITOR"]
ConfidenceName = Literal["high", "medium", "low"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EvidenceJson(_Strict):
    """One reason for a finding; `line` counts from 1."""

    path: str
    line: int
    text: str


class FixJson(_Strict):
    """A fix that an editor offers. A safe one keeps behaviour but for the defect."""

    title: str
    safe: bool


class FactJson(_Strict):
    """A fact of the environment: known with a value, or unknown with what would settle it."""

    known: bool
    value: object = None
    confidence: ConfidenceName | None = None
    settled_by: str | None = None
    evidence: tuple[EvidenceJson, ...]


class ProblemJson(_Strict):
    """Something about the input that a person should know: a file left out, a wrong setting. `line` counts from 1."""

    path: str
    line: int | None
    kind: str
    message: str


class SuppressionJson(_Strict):
    """Why a finding is suppressed: a comment with its place and reason, or the baseline file."""

    kind: Literal["comment", "baseline"]
    reason: str
    path: str
    line: int | None


class FindingJson(_Strict):
    """A finding. Lines and columns count from 1, columns in code points; the end column is exclusive."""

    code: str
    slug: str
    severity: SeverityName
    confidence: ConfidenceName
    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    message: str
    connection: str
    evidence: tuple[EvidenceJson, ...]
    fixes: tuple[FixJson, ...]
    suppressed: bool
    suppression: SuppressionJson | None = None
    effects: tuple[str, ...] = Field(
        default=(), description="Further rules whose defect has this same root cause, by code."
    )
    fingerprint: str = Field(default="", description="Stays the same while the lines of the file move.")


class ConnectionJson(_Strict):
    """A connection. `linked_to` holds the ids of its other sides."""

    id: str
    side: Side
    path: str
    line: int
    end_line: int
    name: str
    library: str
    linked_to: tuple[str, ...]
    facts: Mapping[str, object] = Field(
        description="By name. A fact is an object with `known`; records of a kind are a list."
    )


class ReportJson(_Strict):
    """One audit. `root` is the audited directory, `score` the readiness from 1 to 10, or null."""

    schema_number: Literal[1] = Field(alias="schema")
    halfopen: str
    root: str
    score: int | None = Field(ge=1, le=10)
    environment: Mapping[str, FactJson]
    connections: tuple[ConnectionJson, ...]
    findings: tuple[FindingJson, ...]
    problems: tuple[ProblemJson, ...] = ()


class ConnectionsJson(_Strict):
    """The connections alone, in the shape that they have in a report."""

    schema_number: Literal[1] = Field(alias="schema")
    halfopen: str
    root: str
    environment: Mapping[str, FactJson]
    connections: tuple[ConnectionJson, ...]


def connections_json_text(result: AuditResult) -> str:
    """The connections and their environment as indented JSON with a final line end."""
    report = json_report(result)
    document = ConnectionsJson(
        schema=1,
        halfopen=report.halfopen,
        root=report.root,
        environment=report.environment,
        connections=report.connections,
    ).model_dump(by_alias=True)
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def json_text(result: AuditResult) -> str:
    """The audit as indented JSON with a final line end."""
    document = json_report(result).model_dump(by_alias=True)
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def json_report(result: AuditResult) -> ReportJson:
    """The audit in the shape of schema 1."""
    return ReportJson(
        schema=1,
        halfopen=__version__,
        root=result.root,
        score=result.score,
        environment={name: _environment_fact(fact) for name, fact in result.environment.items()},
        connections=tuple(
            _connection(each) for each in sorted(result.connections, key=lambda each: (each.place, each.id))
        ),
        findings=tuple(
            _finding(each)
            for each in sorted(
                result.findings, key=lambda each: (each.place, each.code, each.connection, each.message)
            )
        ),
        problems=tuple(
            ProblemJson(path=each.path, line=each.line, kind=each.kind, message=each.message)
            for each in result.problems
        ),
    )


def _finding(finding: ReportedFinding) -> FindingJson:
    place = finding.place
    return FindingJson(
        code=finding.code,
        slug=finding.slug,
        severity=finding.severity.name,
        confidence=cast(ConfidenceName, finding.confidence.word),
        path=place.path,
        line=place.line,
        column=place.column,
        end_line=place.end_line,
        end_column=place.end_column,
        message=finding.message,
        connection=finding.connection,
        evidence=tuple(
            EvidenceJson(path=each.place.path, line=each.place.line, text=each.text)
            for each in finding.evidence
        ),
        fixes=tuple(FixJson(title=each.title, safe=each.safe) for each in finding.fixes),
        suppressed=finding.suppressed,
        suppression=_suppression(finding.suppression),
        effects=finding.effects,
        fingerprint=finding.fingerprint,
    )


def _suppression(suppression: Suppression | None) -> SuppressionJson | None:
    if suppression is None:
        return None
    return SuppressionJson(
        kind="comment" if suppression.kind == "comment" else "baseline",
        reason=suppression.reason,
        path=suppression.path,
        line=suppression.line,
    )


def _environment_fact(fact: ReportedFact) -> FactJson:
    return FactJson.model_validate(plain(fact))


def _connection(connection: ReportedConnection) -> ConnectionJson:
    place = connection.place
    return ConnectionJson(
        id=connection.id,
        side="client" if connection.side == "client" else "server",
        path=place.path,
        line=place.line,
        end_line=place.end_line,
        name=connection.name,
        library=connection.library,
        linked_to=tuple(sorted(connection.linked_to)),
        facts=_facts(connection),
    )


def _facts(connection: ReportedConnection) -> Mapping[str, object]:
    facts = {name: plain(fact) for name, fact in connection.facts.items()}
    if connection.links:
        facts["links"] = [plain(each) for each in connection.links]
    if connection.resources:
        facts["resources"] = [plain(each) for each in connection.resources]
    return dict(sorted(facts.items()))


def _fact(fact: ReportedFact) -> Mapping[str, object]:
    evidence = [plain(each) for each in fact.evidence]
    if fact.known:
        value = plain(fact.value)
        return {"known": True, "value": value, "confidence": fact.confidence, "evidence": evidence}
    return {"known": False, "settled_by": fact.settled_by, "evidence": evidence}


def plain(value: object) -> object:
    """A fact in the types of JSON. Sets are sorted: their order differs from run to run."""
    match value:
        case enum.Enum():
            return value.name.lower()
        case float() if not math.isfinite(value):
            return str(value)
        case None | bool() | int() | float() | str():
            return value
        case Known():
            known = cast(Known[object], value)
            return {
                "known": True,
                "value": plain(known.value),
                "confidence": known.confidence.word,
                "evidence": [plain(each) for each in known.evidence],
            }
        case Unknown():
            return {
                "known": False,
                "settled_by": value.settled_by,
                "evidence": [plain(each) for each in value.evidence],
            }
        case ReportedFact():
            return _fact(value)
        case ReportedEvidence():
            return {"path": value.place.path, "line": value.place.line, "text": value.text}
        case Place():
            return {"path": value.path, "line": value.line, "end_line": value.end_line}
        case Evidence():
            line = {"line": value.place.line} if isinstance(value.place, Line) else {}
            return {"path": value.place.path, **line, "text": value.text}
        case Mapping():
            items = cast(Mapping[object, object], value).items()
            return {str(key): plain(each) for key, each in items}
        case list() | tuple():
            return [plain(each) for each in cast(tuple[object, ...], value)]
        case set() | frozenset():
            return sorted((plain(each) for each in cast(frozenset[object], value)), key=str)
        case _ if dataclasses.is_dataclass(value):
            return {each.name: plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
        case _:
            return str(value)
