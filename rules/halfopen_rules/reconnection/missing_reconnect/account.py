"""What WS2A says of one client: for how long it tries, and what outlasts that."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.account import Account, Assessment, Mitigation
from halfopen.audit.finding import Finding
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Known
from halfopen_rules.estimates import PAGES, outside_react, seconds, tried_seconds
from halfopen_rules.snippets import source_of

_WAYS = {
    "close": "the close handler connects again",
    "error": "the error handler connects again",
    "state": "a change of state in the close handler lets the effect connect again",
    "interval": "an interval connects again",
    "library": "the library connects again",
    "loop": "a loop around the connection makes a new one",
}


_OPTIONS, _OBJECT, _COUNTED = 1, 2, 3
"""The rule's examples, after the one of an effect."""


def assess(finding: Finding, dossier: Dossier, targets: Targets) -> Assessment:
    """By how long the code tries, if it tries at all."""
    reconnection = dossier.reconnection
    attempts = reconnection.attempts if reconnection is not None else None
    count = attempts.value if isinstance(attempts, Known) else None
    total = tried_seconds(dossier)
    if count and total is not None:
        return Assessment(
            "The attempts are counted, and nothing starts the count again once they are used up: the connection is lost "
            "for good while the page goes on looking alive.",
            f"{count} attempts within about {seconds(total)}: an outage that is longer, such as a deployment with a "
            f"migration or a tunnel, leaves 100 % of the open pages deaf until each is reloaded. The target is "
            f"{targets.recovery_seconds:g} s after the server is back.",
            example=_COUNTED,
        )
    position, modules = _way_back(dossier)
    return Assessment(
        "A browser's WebSocket never connects again by itself, and servers restart, proxies cut, phones change networks.",
        f"One restart of the server ends {PAGES:,} of {PAGES:,} open connections and brings back none: recovery takes "
        f"until each page is reloaded, against a target of {targets.recovery_seconds:g} s. With one deployment a day "
        "every page that stays open overnight shows yesterday's data.",
        example=position,
        modules={f"{name}.ts": source_of(name) for name in modules},
    )


def _way_back(dossier: Dossier) -> tuple[int, tuple[str, ...]]:
    """Which of the rule's examples fits, and the modules that it imports."""
    if dossier.connection.library == "react-use-websocket":
        return _OPTIONS, ("reconnectDelay",)
    if outside_react(dossier):
        return _OBJECT, ("reconnector", "reconnectDelay")
    return 0, ("useReconnect", "reconnectDelay")


def mitigations(dossier: Dossier) -> Iterator[Mitigation]:
    """The client comes back by itself."""
    reconnection = dossier.reconnection
    if reconnection is None:
        return
    if isinstance(reconnection.automatic, Known) and reconnection.automatic.value:
        trigger = reconnection.first
        way = (
            _WAYS.get(trigger.kind, "it connects again by itself")
            if trigger is not None
            else "it connects again"
        )
        yield Mitigation(
            way, (trigger.evidence if trigger is not None else reconnection.automatic.evidence)[:2]
        )
    for fact, words in (
        (reconnection.one_shot, "the socket is opened for one answer, and needs no way back"),
        (reconnection.falls_back, "the close handler starts to poll instead"),
        (reconnection.polls, "the same data are polled all along"),
    ):
        if isinstance(fact, Known) and fact.value:
            yield Mitigation(words, fact.evidence[:2])


ACCOUNT = Account(assess, mitigations)
