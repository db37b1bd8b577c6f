"""Audits of code whose author wants the report to run or show something else than code."""

from __future__ import annotations

from hypothesis import strategies as st

from halfopen.audit.finding import Confidence, Severity
from halfopen.report.result import (
    AuditResult,
    Place,
    ReportedConnection,
    ReportedEvidence,
    ReportedFact,
    ReportedFinding,
    ReportedLink,
)

PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "</style><script>alert(1)</script>",
    "`<b>x</b>`",
    "```\n</code></pre><script>alert(1)</script>",
    "[click](javascript:alert(1))",
    "![x](https://evil.test/x.png)",
    "<a href='https://evil.test'>x</a>",
    "| a | b |\n|---|---|",
    "{{ 7 * 7 }}{% raw %}",
    "$(touch pwned) `touch pwned`; touch pwned",
    "\u202etxt.exe\u2066",
    "\x1b[31mred",
    "](#f1) <!-- ",
    "&lt;b&gt; &amp;",
)
_WORDS = st.one_of(
    st.sampled_from(PAYLOADS),
    st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=40),
)
_PATHS = _WORDS.map(lambda text: f"src/{text}.tsx".replace("\n", " "))


@st.composite
def _places(draw: st.DrawFn) -> Place:
    line = draw(st.integers(1, 4))
    return Place(draw(_PATHS), line, 1, line, 5)


@st.composite
def results(draw: st.DrawFn) -> AuditResult:
    """An audit whose every text is hostile."""
    names = draw(st.lists(_WORDS, min_size=1, max_size=3, unique=True))
    connections = tuple(
        ReportedConnection(
            id=f"{position}:{name}",
            side="client" if position % 2 else "server",
            name=name,
            library=draw(_WORDS),
            place=draw(_places()),
            facts={"url": ReportedFact(True, f"/ws/{draw(_WORDS)}", "high")},
            links=(ReportedLink(f"0:{names[0]}", "likely"),) if position else (),
            open_questions=(draw(_WORDS),),
        )
        for position, name in enumerate(names)
    )
    codes = st.sampled_from(
        [("WS1B", "unclosed-connection"), ("WS2B", "uniform-retries"), ("XY1A", "own-rule")]
    )
    findings: list[ReportedFinding] = []
    for _ in range(draw(st.integers(0, 4))):
        code, slug = draw(codes)
        findings.append(
            ReportedFinding(
                code,
                slug,
                draw(st.sampled_from(Severity)),
                draw(st.sampled_from(Confidence)),
                draw(_places()),
                draw(_WORDS),
                draw(st.sampled_from([each.id for each in connections])),
                evidence=(ReportedEvidence(draw(_places()), draw(_WORDS)),),
                suppressed=draw(st.booleans()),
            )
        )
    lines = tuple(draw(st.lists(_WORDS.map(lambda text: text.replace("\n", " ")), min_size=4, max_size=4)))
    environment = {
        "endpoints": ReportedFact(True, ["/ws", draw(_WORDS)], "high"),
        "deployment": ReportedFact(False, settled_by=draw(_WORDS)),
        "authentication": ReportedFact(True, draw(_WORDS), "low"),
    }
    return AuditResult(
        root=draw(_WORDS),
        files=1,
        seconds=0.0,
        findings=tuple(findings),
        connections=connections,
        problems=(),
        lines_of=lambda path: lines,
        environment=environment,
    )
