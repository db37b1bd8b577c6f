"""WS8B: connections are kept in the memory of one process while several serve."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.audit.rule import Category, Rule
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Known
from halfopen.connections.sending.facts import Registry
from halfopen.connections.serving import Processes

CODE = "WS8B"
SLUG = "process-local-registry"


def check(dossier: Dossier, targets: Targets) -> Iterator[Finding]:
    """One finding for the registries of an endpoint, where the number of processes is known to exceed one."""
    sending, processes = dossier.sending, dossier.surroundings.serving.processes
    if sending is None or not isinstance(processes, Known) or not processes.value.are_several:
        return
    if isinstance(sending.bridged, Known) and sending.bridged.value:
        return
    reached = [each for each in sending.registries if each.reached_from]
    if reached:
        yield _finding(dossier, reached[0], processes)


def _finding(dossier: Dossier, registry: Registry, processes: Known[Processes]) -> Finding:
    value = processes.value
    surely = (value.workers or 1) * (value.replicas or 1) > 1
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.HIGH if surely else Severity.MEDIUM,
        confidence=min(processes.confidence, Confidence.HIGH if surely else Confidence.MEDIUM),
        span=registry.registered,
        message=(
            f"{registry.name} holds the clients of its own process only, and {_number(value)}: a message reaches "
            f"{_share(value)}, and the others miss it in silence"
        ),
        connection=dossier.connection.id,
        evidence=(*processes.evidence, *registry.reached_from[:2]),
        effects=("WS3A",),
    )


def _number(value: Processes) -> str:
    parts: list[str] = []
    if value.workers is not None and value.workers > 1:
        parts.append(f"{value.workers} workers")
    if value.replicas is not None and value.replicas > 1:
        parts.append(f"{value.replicas} replicas")
    if not parts:
        return "the platform may start more of them"
    return " in ".join(parts) + " serve"


def _share(value: Processes) -> str:
    count = (value.workers or 1) * (value.replicas or 1)
    return f"about one client in {count}" if count > 1 else "only some of the clients"


RULE = Rule(
    code=CODE,
    slug=SLUG,
    title="Process-local registry",
    section="8B Process-Local Connection Registry",
    category=Category.MESSAGING,
    severity=Severity.HIGH,
    effort_hours=(4.0, 12.0),
    check=check,
    monitoring=("connections per process", "messages published against messages sent, per process"),
    sides=frozenset({"server"}),
)
