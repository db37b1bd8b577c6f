"""The full report of an audit, made once for all formats."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence

from halfopen import __version__
from halfopen.audit.finding import Confidence
from halfopen.audit.rule import registered_rules
from halfopen.audit.score import readiness
from halfopen.audit.targets import Targets
from halfopen.report.document.model import (
    EnvironmentItem,
    FindingSection,
    Kept,
    Node,
    Question,
    Report,
    Suspicion,
)
from halfopen.report.document.names import naming
from halfopen.report.document.once import shown_once
from halfopen.report.document.planning import plan_of, priorities_of, score_of
from halfopen.report.document.sections import finding_section, rule_section
from halfopen.report.document.trials import local_of, trials_of
from halfopen.report.document.watching import monitoring_of
from halfopen.report.result import (
    AuditResult,
    ReportedConnection,
    ReportedFact,
    ReportedFinding,
    ReportedMitigation,
    ReportedSuspicion,
)

_ITEMS = {
    "endpoints": (
        "WebSocket endpoint structure",
        "one endpoint for each use, under a common prefix such as `/ws/`",
    ),
    "message_format": (
        "Message format",
        "JSON objects with a `type`, an id and a sequence number, checked by a schema on both sides",
    ),
    "authentication": (
        "Authentication",
        "a single-use ticket checked before `accept()`, and the Origin header compared",
    ),
    "state_management": (
        "State management",
        "one Zustand store for what the messages change, replaced by a snapshot at each open",
    ),
    "deployment": (
        "Deployment model",
        "a single process; several only behind a broker that carries every broadcast",
    ),
    "reverse_proxy": (
        "Reverse proxy",
        "nginx with the Upgrade and Connection headers passed on and its idle limit of 60 s; no sticky sessions, "
        "which a plain WebSocket does not need",
    ),
}
"""The six items, in the specification's order: title, and the best practice that is assumed where nothing tells."""


def compose(result: AuditResult) -> Report:
    """The report of what the audit shows; suppressed findings are only counted."""
    connections = {each.id: each for each in result.connections}
    named = naming(_names(result))
    targets = result.depth.targets if result.depth is not None else Targets()
    local = local_of(result.depth.starts() if result.depth is not None else (), result.lines_of)
    nodes = _nodes(result)
    ordered = sorted(result.shown, key=_rank)
    certain = [each for each in ordered if each.confidence > Confidence.LOW]
    doubtful = [each for each in ordered if each.confidence <= Confidence.LOW]

    def sections(findings: Sequence[ReportedFinding], first: int) -> tuple[FindingSection, ...]:
        return tuple(
            finding_section(number, each, result, connections, local.address, named)
            for number, each in enumerate(findings, first)
        )

    everything = shown_once((*sections(certain, 1), *sections(doubtful, len(certain) + 1)))
    found, suspicious = everything[: len(certain)], everything[len(certain) :]
    suspicions = _suspicions(result, named)
    kept = _kept(result)
    return Report(
        root=result.root,
        name=result.name or result.root,
        version=__version__,
        files=result.files,
        clients=sum(each.side == "client" for each in result.connections),
        endpoints=sum(each.side == "server" for each in result.connections),
        suppressed=len(result.findings) - len(result.shown),
        environment=tuple(_environment(result)) if result.connections else (),
        nodes=nodes,
        score=score_of(result, nodes, named),
        findings=found,
        suspicious=suspicious,
        suspicions=suspicions,
        priorities=tuple(priorities_of(found, result.shown, named)),
        plan=plan_of(found, suspicious),
        monitoring=monitoring_of(everything, _paths(nodes), _clients(result), targets),
        trials=trials_of(result.connections, local, targets) if result.connections else (),
        kept=kept,
        clean=_clean(result, kept),
        questions=_questions(result, suspicions),
        notes=tuple(
            f"{each.path}{f':{each.line}' if each.line is not None else ''}: {each.message}"
            for each in result.problems
        ),
    )


def _names(result: AuditResult) -> Iterator[str]:
    """What the connections, and the classes and functions that resources and evidence name, are called."""
    for each in result.connections:
        yield each.name
        for resource in each.resources:
            yield from (resource.owner, *resource.what.split("."))


def _rank(finding: ReportedFinding) -> tuple[object, ...]:
    return (
        -finding.severity,
        -finding.confidence,
        finding.code,
        finding.place,
        finding.connection,
        finding.message,
    )


# --- environment -------------------------------------------------------------------------------


def _environment(result: AuditResult) -> list[EnvironmentItem]:
    items: list[EnvironmentItem] = []
    for name, (title, assumed) in _ITEMS.items():
        fact = result.environment.get(name)
        known = fact is not None and fact.known
        items.append(
            EnvironmentItem(
                name,
                title,
                _item_text(name, fact, result) if fact is not None and known else None,
                fact.confidence if fact is not None else None,
                (fact.settled_by or "") if fact is not None else "the code of both sides",
                assumed,
                tuple(dict.fromkeys(fact.evidence)) if fact is not None else (),
            )
        )
    return items


def _item_text(name: str, fact: ReportedFact, result: AuditResult) -> str:
    value = fact.value
    if name == "endpoints" and isinstance(value, list | tuple):
        paths = [f"`{each}`" for each in value]  # pyright: ignore[reportUnknownVariableType]
        hidden = [each.name for each in result.connections if each.side == "server" and not _address(each)]
        more = (
            f", and {', '.join(f'`{each}`' for each in hidden[:4])}, whose path is not known"
            if hidden
            else ""
        )
        handlers = sum(each.side == "server" for each in result.connections)
        single = len(paths) == 1 and not hidden and handlers <= 1
        lead = "a single endpoint: " if single else f"{max(handlers, len(paths))} endpoints: "
        lead = (
            f"{handlers} endpoints on {len(paths)} paths: " if handlers > len(paths) and not hidden else lead
        )
        return lead + ", ".join(paths) + more
    if name == "authentication" and value == "none":
        return "none: nothing in the code asks who connects"
    return str(value)


# --- connections -------------------------------------------------------------------------------


def _nodes(result: AuditResult) -> tuple[Node, ...]:
    own: dict[str, list[ReportedFinding]] = defaultdict(list)
    for each in result.shown:
        own[each.connection].append(each)
    nodes: list[Node] = []
    for each in sorted(result.connections, key=lambda each: (each.place, each.id)):
        counts = Counter(finding.severity for finding in own[each.id])
        nodes.append(
            Node(each, _address(each), readiness(own[each.id]), tuple(sorted(counts.items(), reverse=True)))
        )
    return tuple(nodes)


def _address(connection: ReportedConnection) -> str | None:
    fact = connection.facts.get("url")
    return str(fact.value) if isinstance(fact, ReportedFact) and fact.known else None


def _paths(nodes: Sequence[Node]) -> list[str]:
    return [each.address for each in nodes if each.connection.side == "server" and each.address]


def _clients(result: AuditResult) -> list[str]:
    """The names of the clients in pages; a script of Python has nobody who looks at it."""
    return list(
        dict.fromkeys(
            each.name
            for each in result.connections
            if each.side == "client" and not each.place.path.endswith(".py")
        )
    )


# --- what is not known, and what was not reported ----------------------------------------------


def _suspicions(result: AuditResult, named: Callable[[str], str]) -> tuple[Suspicion, ...]:
    by_cause: dict[tuple[str, str, str], list[ReportedSuspicion]] = defaultdict(list)
    for each in result.depth.suspicions() if result.depth is not None else ():
        by_cause[(each.settled_by, each.words, each.code)].append(each)
    return tuple(
        Suspicion(
            words,
            settled_by,
            code,
            rule_section(code, code).title,
            max(each.severity for each in same),
            named(same[0].message),
            tuple(dict.fromkeys(each.connection for each in same)),
        )
        for (settled_by, words, code), same in sorted(by_cause.items())
    )


def _kept(result: AuditResult) -> tuple[Kept, ...]:
    by_reason: dict[tuple[str, str], list[ReportedMitigation]] = defaultdict(list)
    for each in result.depth.mitigations() if result.depth is not None else ():
        by_reason[(each.code, each.what)].append(each)
    return tuple(
        Kept(
            code,
            rule_section(code, code).title,
            what,
            tuple(dict.fromkeys(each.connection for each in same)),
            tuple(dict.fromkeys(said for each in same for said in each.evidence)),
        )
        for (code, what), same in sorted(by_reason.items())
    )


def _clean(result: AuditResult, kept: Sequence[Kept]) -> tuple[str, ...]:
    sides = {each.side for each in result.connections}
    said = {each.code for each in result.findings} | {each.code for each in kept}
    return tuple(
        f"{code} {each.rule.title}"
        for code, each in registered_rules().items()
        if code not in said and each.rule.sides & sides
    )


def _questions(result: AuditResult, suspicions: Sequence[Suspicion]) -> tuple[Question, ...]:
    """What would settle each unknown that no rule can do without, and what it matters for."""
    asked: dict[str, dict[str, dict[str, None]]] = defaultdict(lambda: defaultdict(dict))
    for name, (title, _) in _ITEMS.items():
        fact = result.environment.get(name)
        if fact is not None and not fact.known and fact.settled_by:
            asked[fact.settled_by][f"the environment ({title[0].lower()}{title[1:]})"].update({})
    for each in suspicions:
        matter = f"{each.code} {each.title}, which it would bring or rule out"
        asked[each.settled_by][matter].update(dict.fromkeys(each.connections))
    for connection in result.connections:
        facts = connection.facts.items()
        for name, fact in facts:
            wanted = _MATTERS.get(name) if connection.side == "server" or name == "url" else None
            if wanted and isinstance(fact, ReportedFact) and fact.settled_by:
                asked[fact.settled_by][wanted][connection.id] = None
        said = {fact.settled_by for _, fact in facts if isinstance(fact, ReportedFact)}
        for question in connection.open_questions:
            if question not in said and not (connection.links and _RUNNING.fullmatch(question)):
                asked[question][_MATTERS["url"]][connection.id] = None
    return tuple(
        Question(question, tuple((matter, tuple(names)) for matter, names in matters.items()))
        for question, matters in asked.items()
    )


_RUNNING = re.compile(r"the value of [\w.$]+")
"""What only the running page knows, such as the id in an address: no file settles it, and none need where the other
side was found without it."""
_MATTERS = {
    "url": "the address",
    "admission.authentication": "who is let in",
    "admission.origin_check": "which websites may connect",
    "admission.lifetime": "how long an admission lasts",
    "serving.server": "the server program",
    "serving.keepalive": "pings and their timeout",
    "serving.processes": "the number of processes",
    "serving.idle_limit": "the idle limit on the way",
    "serving.max_age": "the longest life of a connection on the way",
}
"""Facts that a file or a setting outside of the code would settle, and what they are about."""
