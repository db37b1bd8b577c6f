"""What WS3D says of one connection: how fast the queue grows, and what it takes with it."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.account import Account, Assessment, Mitigation
from halfopen.audit.finding import Finding
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Known
from halfopen_rules.estimates import placed, share, spanned, task_names


def assess(finding: Finding, dossier: Dossier, targets: Targets) -> Assessment:
    """By what grows."""
    if dossier.connection.side == "client":
        delivery = dossier.delivery
        if delivery is not None and placed(finding, delivery.outboxes) is not None:
            return Assessment(
                "What is sent without a connection waits in an array without an end, and is all sent at once when the "
                "connection is back.",
                f"With one message each second, an outage of 10 min leaves 600 waiting, six times the alert of "
                f"{targets.queue_depth}; they then reach the server in one burst.",
                example=1,
            )
        return Assessment(
            "Each message makes the list longer, and each render goes through all of it: memory and time grow together.",
            "At one message a second 3,600 entries in an hour, 28,800 in a working day: of 1 KB each some 29 MB, and a list "
            "that takes 100 times as long to render as in the first five minutes.",
        )
    sending = dossier.sending
    task = spanned(finding, sending.tasks_per_message) if sending is not None else None
    if task is not None:
        return Assessment(
            f"`{task.name}` is started for each message, and nothing limits how many run: resource exhaustion by one client.",
            f"A script sends 1,000 messages in a second: 1,000 tasks{share(dossier)}, each with its memory and its "
            "session; at 100 KB each that is 100 MB from one connection.",
            example=1,
            names=task_names(finding, task.name),
        )
    queue = spanned(finding, sending.queues) if sending is not None else None
    if queue is not None and queue.kind == "inbound-buffer":
        return Assessment(
            f"`{queue.name}` takes what the client sends and is never measured: one peer fills the memory of all.",
            "At 10 MB/s, which any connection can do, 1 GB in under two minutes: the process is killed, and with it every "
            "other connection.",
        )
    if queue is not None and queue.kind == "inbound-queue":
        return Assessment(
            f"`{queue.name}` takes the client's messages off the socket at once: backpressure ends there, and what waits to be "
            "worked off is all in memory.",
            f"With work that takes 5 s and 100 messages of 2 KB a second, 60,000 wait after 10 min, 120 MB from one "
            f"connection{share(dossier)}; the alert of {targets.queue_depth} is reached after {targets.queue_depth / 100:g} s.",
        )
    return Assessment(
        "A client that has stopped reading is not noticed by the one who fills its queue: backpressure ends here.",
        f"At 20 messages of 2 KB a second one stalled client costs 144 MB in an hour{share(dossier)}; the alert of "
        f"{targets.queue_depth} waiting messages is reached after {targets.queue_depth / 20:g} s.",
    )


def mitigations(dossier: Dossier) -> Iterator[Mitigation]:
    """Queues with a size, outboxes with a limit."""
    for queue in dossier.sending.queues if dossier.sending is not None else ():
        if isinstance(queue.max_size, Known) and queue.max_size.value:
            yield Mitigation(
                f"`{queue.name}` holds at most {queue.max_size.value}", queue.max_size.evidence[:2]
            )
    for box in dossier.delivery.outboxes if dossier.delivery is not None else ():
        if box.limit is not None and not box.limit_is_option:
            yield Mitigation(f"`{box.container}` is bounded by `{box.limit}`", box.evidence[:2])


ACCOUNT = Account(assess, mitigations)
