"""WS1D: an endpoint takes any number of connections from one client."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.audit.rule import Category, Rule
from halfopen.audit.targets import Targets
from halfopen.connections.admission.facts import Admission, Exposed
from halfopen.connections.dossier import Dossier, Resource
from halfopen.connections.facts import Evidence, Fact, Known
from halfopen.semantics.unit import Span

CODE = "WS1D"
SLUG = "unlimited-connections"

_COST = {
    "registration": "an entry in {what}",
    "task": "a task",
    "subscription": "a connection to the broker",
    "interval": "a timer",
}
_HEAVY = frozenset({"task", "subscription"})


def check(dossier: Dossier, targets: Targets) -> Iterator[Finding]:
    """One finding where nothing counts connections; endpoints that share the accept share it."""
    admission = dossier.admission
    if not isinstance(admission, Admission) or _is_limited(admission):
        return
    exposes = admission.exposes
    seen = isinstance(admission.authentication, Known) or admission.accepted is not None
    if not seen or not isinstance(exposes, Known):
        return
    costs = list(_costs(dossier, admission))
    if exposes.value == "echo" and not costs:
        return
    total = dossier.surroundings.serving.max_connections
    whole = total.value if isinstance(total, Known) else None
    is_open = not admission.is_authenticated
    who = "anyone" if is_open else _peer(dossier)
    message = f"{dossier.connection.name} takes any number of connections from {who}"
    message += f", and each costs {_listed(costs)}" if costs else ", and each is served with work of its own"
    if whole is not None:
        message += (
            f"; only the {whole} connections of the whole process are a limit, which {who} can use up alone"
        )
    elif isinstance(dossier.surroundings.serving.listens_on, Known):
        message += "; it listens on its own machine alone, unless told otherwise"
    else:
        message += f"; the target is {targets.connections_per_client} for each client"
    yield Finding(
        code=CODE,
        slug=SLUG,
        severity=_severity(dossier, admission, whole is not None),
        confidence=_confidence(dossier, admission, exposes),
        span=_place(dossier, admission),
        message=message,
        connection=dossier.connection.id,
        evidence=tuple(dict.fromkeys(_evidence(dossier, admission))),
    )


def _peer(dossier: Dossier) -> str:
    """Who shows the credential: a person, or the program that is its only client in the workspace."""
    clients = [each.dossier.connection for each in dossier.surroundings.others]
    programs = bool(clients) and all(each.site.unit.language == "python" for each in clients)
    return "one program with a valid credential" if programs else "one user"


def _is_limited(admission: Admission) -> bool:
    """A count limits; one slot for each key does where the key is not the client's own choice."""
    return any(each.kind == "count" or admission.is_authenticated for each in admission.connection_limits)


def _severity(dossier: Dossier, admission: Admission, whole_is_limited: bool) -> Severity:
    """HIGH where few connections suffice: each holds a pooled session, or strangers make the server work.

    A server with one secret of its own has one operator, one that listens on its own machine alone one user: that is
    MONITOR.
    """
    if isinstance(dossier.surroundings.serving.listens_on, Known):
        return Severity.MONITOR
    if admission.pooled:
        return Severity.HIGH
    lifetime = admission.lifetime
    one_operator = isinstance(lifetime, Known) and lifetime.value == "no expiry"
    if whole_is_limited or one_operator:
        return Severity.MONITOR
    acts = isinstance(admission.exposes, Known) and admission.exposes.value == "actions"
    heavy = acts or any(each.kind in _HEAVY for each in dossier.resources)
    return Severity.HIGH if heavy and not admission.is_authenticated else Severity.MEDIUM


def _confidence(dossier: Dossier, admission: Admission, exposes: Fact[Exposed]) -> Confidence:
    """LOW where one more connection costs next to nothing: an idle task and an entry that no send goes through."""
    if isinstance(dossier.surroundings.serving.listens_on, Known):
        return Confidence.LOW
    only_entries = bool(dossier.resources) and all(each.kind == "registration" for each in dossier.resources)
    if (
        only_entries
        and not admission.pooled
        and not admission.is_authenticated
        and _is_idle(dossier, admission)
    ):
        return Confidence.LOW
    known = exposes if isinstance(exposes, Known) else None
    return known.confidence if known is not None and known.value != "echo" else Confidence.MEDIUM


def _is_idle(dossier: Dossier, admission: Admission) -> bool:
    """Whether a stranger's connection makes nobody else's slower, and its messages lead to no work, or to none but its answer (WS7C)."""
    if isinstance(admission.exposes, Known) and admission.exposes.value == "actions":
        return False
    alone = isinstance(admission.walked_over, Known) and not admission.walked_over.value
    answers = isinstance(admission.exposes, Known) and admission.exposes.value == "echo"
    no_work = answers or (dossier.receiving is not None and not dossier.receiving.work)
    return no_work and (alone or bool(admission.capability))


def _costs(dossier: Dossier, admission: Admission) -> Iterator[str]:
    for pooled in admission.pooled:
        yield f"the database session {pooled.what}"
    for resource in dossier.resources:
        if resource.kind in _COST:
            yield _COST[resource.kind].format(what=resource.what)
    if dossier.receiving is not None and dossier.receiving.pushing:
        yield "a loop that looks for news as long as it lives"


def _evidence(dossier: Dossier, admission: Admission) -> Iterator[Evidence]:
    listens = dossier.surroundings.serving.listens_on
    if isinstance(listens, Known):
        yield listens.evidence[0]
    if admission.accepted is not None:
        yield admission.accepted
    for pooled in admission.pooled:
        yield Evidence(pooled.span, f"each connection holds {pooled.what}")
    for resource in dossier.resources:
        if resource.kind in _COST:
            yield Evidence(resource.acquired, _said(resource))
    for loop in dossier.receiving.pushing if dossier.receiving is not None else ():
        yield Evidence(loop.span, "each connection runs this loop")


def _said(resource: Resource) -> str:
    return f"each connection costs {_COST[resource.kind].format(what=resource.what)}"


def _listed(costs: list[str]) -> str:
    own = list(dict.fromkeys(costs))
    return own[0] if len(own) == 1 else f"{', '.join(own[:-1])} and {own[-1]}"


def _place(dossier: Dossier, admission: Admission) -> Span:
    accepted = admission.accepted
    if accepted is not None and isinstance(accepted.place, Span):
        return accepted.place
    return admission.name or dossier.connection.site


RULE = Rule(
    code=CODE,
    slug=SLUG,
    title="Unlimited connections",
    section="1D Concurrent Connection Handling",
    category=Category.CONNECTION,
    severity=Severity.MEDIUM,
    effort_hours=(1.0, 4.0),
    check=check,
    monitoring=(
        "open connections per user and per address: alert above the limit",
        "connections refused because of the limit",
    ),
    sides=frozenset({"server"}),
)
