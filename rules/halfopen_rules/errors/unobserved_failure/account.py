"""What WS5D says of one connection: whose failure nobody sees, and what stops with it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from halfopen.audit.account import Account, Assessment, Mitigation
from halfopen.audit.finding import Finding
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen_rules.estimates import share, spanned, text_of


def assess(finding: Finding, dossier: Dossier, targets: Targets) -> Assessment:
    """By what runs on its own."""
    background = dossier.background
    if dossier.connection.side == "client":
        floating = spanned(finding, background.floating) if background is not None else None
        if floating is not None and floating.event == "connect":
            return Assessment(
                "The rejection ends the attempt before there is a socket, so no close event follows, and nothing that "
                "reconnects ever runs.",
                f"One failure of `{floating.risk}` (a refused token request, a network that is not back yet) leaves the page "
                "without a connection until it is reloaded.",
            )
        if floating is not None and floating.kind == "promise":
            return Assessment(
                "The promise rejects for whoever called first; the retry's call has nobody who handles it.",
                "100 % of the failed attempts are “Uncaught (in promise)”: in an outage each waiting page reports one per attempt, "
                "which buries every other error in the error tracking.",
            )
        if floating is not None and floating.event == "beside":
            return Assessment(
                "Nobody waits for the request beside the socket, so its rejection reaches no handler, and nothing asks again.",
                f"One failure of `{floating.risk}` leaves the page connected and empty until it is reloaded: the messages change a list that "
                "was never loaded.",
            )
        risk = f"`{floating.risk}`" if floating is not None else "it"
        return Assessment(
            "Nobody waits for the promise, so its rejection reaches no handler: the work is not done, and the page does not know.",
            f"100 % of the failures of {risk} are lost unseen; what fails for 1 % of the messages is missing from 1 % of the "
            "updates, with an “Uncaught (in promise)” in the user's console as the only trace.",
        )
    exposure = spanned(finding, background.exposures) if background is not None else None
    if exposure is not None and exposure.request is not None:
        return Assessment(
            "A send to a client that is gone raises in the request of somebody else.",
            "Each departure that meets a request turns its answer into a 500; a caller who tries again makes the same change "
            "twice, or is refused because it exists already.",
        )
    if exposure is not None:
        return Assessment(
            "A send to a client that is gone raises in the sender's own loop: two connections and the rest of the broadcast "
            "pay for one that left.",
            f"Each departure that meets a broadcast ends one healthy connection and keeps that message from the clients "
            f"after it, on average half of them{share(dossier)}.",
        )
    if background is not None and spanned(finding, background.broken_steps) is not None:
        return Assessment(
            "A cancelled step finishes its asynchronous generator, which looks like the end of the feed.",
            "The first pause that is longer than the limit, or the first message that comes before an event, ends the feed of "
            "that connection: quiet feeds lose 100 % of their clients this way, busy ones look healthy in every test.",
        )
    task = spanned(finding, background.tasks) if background is not None else None
    what = f"`{task.what}()`" if task is not None else "the task"
    if task is not None and task.fate == "never-starts":
        return Assessment(
            "A thread of the pool that FastAPI runs plain `def` functions in has no event loop to start a task in.",
            f"100 % of the calls raise: {what} has never told a client anything from there.",
        )
    if task is not None and task.writes is not None:
        return Assessment(
            "The task that writes the state ends with an exception, and the loops that send the state do not know.",
            f"One exception freezes `{task.writes}` for 100 % of the clients until the process restarts; the messages go on, so "
            "every monitor shows a healthy feed.",
            code=_kept(finding),
        )
    if task is not None and task.fate == "dropped":
        return Assessment(
            "The event loop holds tasks weakly: one that nothing refers to may be collected in the middle of its work.",
            f"{what} may stop without an error whenever the garbage collector runs, which is seldom in a test and many times "
            "a minute under load. 100 % of its exceptions are seen at best when it is collected, minutes later.",
            code=_kept(finding),
        )
    if task is not None and task.feeds:
        return Assessment(
            "The task that feeds the clients ends with its first exception, and the connections stay open without it.",
            f"One exception stops 100 % of the messages of {what}{share(dossier)}, until the process restarts; heartbeats go "
            "on, so every monitor shows healthy connections.",
        )
    return Assessment(
        "Nobody awaits the task or asks it for its exception.",
        f"100 % of the failures of {what} are unseen: the work is not done, and neither the client nor the log is told.",
        code=_kept(finding) if task is not None else "",
    )


def _kept(finding: Finding) -> str:
    """The start of the task as it stands there, with somebody who looks at how it ends."""
    start = text_of(finding.span)
    if not re.match(r"[\w.]*(create_task|ensure_future)\(", start):
        return ""
    return (
        f"task = {start}\n"
        "tasks.add(task)\n"
        "task.add_done_callback(tasks.discard)\n"
        "task.add_done_callback(log_failure)\n"
        "\n"
        "\n"
        "def log_failure(task: asyncio.Task[object]) -> None:\n"
        "    if not task.cancelled() and (error := task.exception()):\n"
        '        logger.error("%s failed", task.get_name(), exc_info=error)'
    )


def mitigations(dossier: Dossier) -> Iterator[Mitigation]:
    """A failure reaches somebody."""
    background = dossier.background
    if background is None:
        return
    for task in background.tasks:
        if task.fate == "observed":
            yield Mitigation(f"a failure of `{task.what}()` reaches somebody", task.evidence[:2])
    if background.rejections_are_reported:
        yield Mitigation("unhandled rejections are reported", background.rejections_are_reported[:2])


ACCOUNT = Account(assess, mitigations)
