"""The server's half: tasks that may vanish or fail unseen, and clients that fall with each other."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.connections.background.facts import BrokenStep, Exposure, Fate, Task
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Evidence
from halfopen_rules.heartbeat.pings import pinging

CODE = "WS5D"
SLUG = "unobserved-failure"

_ORDER: dict[Fate, int] = {
    "never-awaited": 5,
    "never-starts": 4,
    "dropped": 3,
    "unasked": 2,
    "discarded": 2,
    "collected": 2,
    "unobserved": 2,
    "ends-quietly": 1,
}
"""The fates that are a defect, by weight."""


def check_server(dossier: Dossier) -> Iterator[Finding]:
    """One finding for the tasks, one for broadcasts whose failure ends the sender."""
    background = dossier.background
    if background is None:
        return
    lost = sorted(
        (each for each in background.tasks if each.fate in _ORDER),
        key=lambda each: (_ORDER[each.fate], each.feeds),
        reverse=True,
    )
    if lost:
        yield _of_tasks(dossier, lost)
    if background.exposures:
        yield _of_exposures(dossier, background.exposures)
    # A client's ping that cancels the step is WS4D.
    broken = [each for each in background.broken_steps if each.by == "time" or not any(pinging(dossier))]
    if broken:
        yield _of_step(dossier, broken[0])


def _of_tasks(dossier: Dossier, lost: list[Task]) -> Finding:
    first = lost[0]
    more = tuple(Evidence(each.span, _also(each, first)) for each in lost[1:5])
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=_severity(first),
        confidence=Confidence.MEDIUM if first.fate == "ends-quietly" else first.confidence,
        span=first.span,
        message=_message(dossier.connection.name, first),
        connection=dossier.connection.id,
        evidence=(*first.evidence, *more),
    )


def _also(task: Task, first: Task) -> str:
    """What becomes of a further task."""
    if task.fate == first.fate:
        return f"{task.what}() too"
    match task.fate:
        case "never-awaited":
            return f"{task.what}() is not awaited here either"
        case "never-starts":
            return f"{task.what}() never starts here"
        case "unasked":
            return f"nobody asks the future of {task.what}()"
        case "ends-quietly":
            return f"{task.what}() ends with one failure of its source"
        case "dropped":
            return f"nothing keeps {task.what}()"
        case _:
            return f"{task.what}() is kept, and nobody asks it for its exception"


def _severity(task: Task) -> Severity:
    """High where what ends is what all clients, or this one, are fed by; a short task that catches all is a note."""
    if task.fate in ("never-awaited", "never-starts"):
        return Severity.HIGH if task.feeds else Severity.MEDIUM
    if task.fate == "dropped" and not task.fails and not task.goes_on:
        return Severity.MONITOR
    deaf = task.feeds and task.goes_on and (task.fate == "unobserved" or task.of_process)
    return Severity.HIGH if deaf else Severity.MEDIUM


def _message(name: str, task: Task) -> str:
    what = f"`{task.what}()`"
    if task.writes is not None:
        unseen = (
            "which is only written down" if task.fate == "ends-quietly" else "which nobody asks the task for"
        )
        return (
            f"One exception, {unseen}, ends {what} for good: nothing brings `{task.writes}` up to date any more, and {name} "
            "goes on with what is there as if it were new"
        )
    match task.fate:
        case "never-awaited" if not task.feeds:
            return (
                f"{what} is called without `await`: that makes a coroutine which never runs, so for the clients of {name} "
                "it does nothing"
            )
        case "never-awaited":
            return (
                f"{what} is called without `await`: that makes a coroutine which never runs, and the clients of {name} are "
                "sent nothing"
            )
        case "unasked":
            return (
                f"A thread hands {what} to the event loop and drops the future: its exception is taken over by that future and "
                f"shown nowhere, and what the clients of {name} were to get is missing"
            )
        case "never-starts":
            then = f", the request {task.request} fails with it," if task.request is not None else ""
            return (
                f"The task {what}, which the clients of {name} are to be told by, is started in a thread that has no event "
                f"loop: that raises RuntimeError{then} and nothing is ever sent from there"
            )
        case "dropped" if task.of_process:
            return (
                f"Nothing keeps the task {what}, which the clients of {name} are told by: when it fails, nobody sees the "
                "exception and they wait on, and the event loop, which holds it only weakly, may collect it before"
            )
        case "dropped":
            weakly = "the event loop holds it only weakly, so it may be collected before it is done"
            if not task.fails:
                return f"Nothing keeps the task {what} of {name}: {weakly}, and it cannot be cancelled"
            return (
                f"Nothing keeps the task {what} of {name}: {weakly}, it cannot be cancelled, and its exception is told "
                "of at best when it is collected"
            )
        case "discarded":
            return (
                f"{name} waits for {what} and never asks it for its exception: an error in it is taken for the end of the "
                "connection, and at best a note of asyncio tells of it when the task is collected"
            )
        case "collected":
            return (
                f"An exception of {what} becomes a result that {name} drops (`return_exceptions=True`): that part of the "
                "connection stops without a line in any log, and the rest goes on as if nothing had happened"
            )
        case "ends-quietly" if task.of_process:
            return (
                f"One failure of its source ends {what}, which only writes it down: nothing starts it again, and all clients of "
                f"{name} stay connected and receive nothing more"
            )
        case "ends-quietly":
            return (
                f"One failure of its source ends {what} for good while the connection of {name} stays open: its client "
                "goes on waiting for messages that never come"
            )
        case _:
            if task.feeds and not task.goes_on:
                return (
                    f"Nobody asks {what} of {name} for its exception: the client that waits for its answer "
                    "gets neither that nor an error"
                )
            if task.feeds:
                return (
                    f"One exception ends {what} for good, and nobody asks the task for it: the clients of {name} stay "
                    "connected and receive nothing more from it"
                )
            return (
                f"Nobody asks {what} of {name} for its exception: the task ends, its work is not done, and at best a note "
                "of asyncio tells of it when the task is collected"
            )


def _of_step(dossier: Dossier, step: BrokenStep) -> Finding:
    when = "A message of the client" if step.by == "message" else "The time limit"
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
        span=step.span,
        message=(
            f"{when} cancels the pending step of `{step.what}`, which ends that generator for good: the next step of "
            f"{dossier.connection.name} raises StopAsyncIteration, and nothing more comes"
        ),
        connection=dossier.connection.id,
        evidence=step.evidence,
    )


def _of_exposures(dossier: Dossier, exposures: tuple[Exposure, ...]) -> Finding:
    first = exposures[0]
    others = (
        Evidence(each.span, f"{each.request} waits for it too") for each in exposures[1:4] if each.request
    )
    own = (one for each in exposures if each.request is None or each is first for one in each.evidence)
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.MEDIUM,
        confidence=Confidence.HIGH if first.request is None else Confidence.MEDIUM,
        span=first.span,
        message=_of_exposure(dossier.connection.name, first),
        connection=dossier.connection.id,
        evidence=(*dict.fromkeys(own), *others),
    )


def _of_exposure(name: str, exposure: Exposure) -> str:
    if exposure.request is None:
        return (
            f"`{exposure.what}` sends to every client within {name}'s own loop and guards none of these "
            "sends: one client that is gone raises here, ends the sender's connection, and keeps the message from "
            "the clients after it"
        )
    answer = "a 500 for a change that is already saved" if exposure.saved else "a 500"
    return (
        f"The request {exposure.request} waits for `{exposure.what}`, which guards none of its sends to the clients of "
        f"{name}: one that is gone raises here, the caller gets {answer}, and the clients after it miss the message"
    )
