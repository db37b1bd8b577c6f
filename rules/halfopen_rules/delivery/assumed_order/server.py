"""WS3B on the server: messages that are ahead of the change they tell of."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Evidence, Known
from halfopen.connections.sending.facts import EarlyAnnouncement

CODE = "WS3B"
SLUG = "assumed-order"


def check_server(dossier: Dossier) -> Iterator[Finding]:
    """One finding for all announcements of an endpoint's registries that come before their commit."""
    early = dossier.sending.early_announcements if dossier.sending is not None else ()
    if not early:
        return
    first, *others = sorted(early, key=_order)
    yield Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.MEDIUM,
        confidence=Confidence.HIGH if _runs(first) else Confidence.LOW,
        span=first.span,
        message=(
            f"`{first.what}` announces the change before it is {'written' if first.flushed is None else 'committed'}: a "
            "client that fetches on this message reads the old state, and no later message corrects it"
        ),
        connection=dossier.connection.id,
        evidence=(
            *first.evidence,
            *(first.is_called.evidence if isinstance(first.is_called, Known) and not _runs(first) else ()),
            *(Evidence(each.span, f"{each.what} announces too early as well") for each in others),
        ),
    )


def _runs(each: EarlyAnnouncement) -> bool:
    return not isinstance(each.is_called, Known) or each.is_called.value


def _order(each: EarlyAnnouncement) -> tuple[bool, bool, str, int]:
    """First what something calls, then where somebody else commits, at the end of the request: that is later, and easier
    to miss."""
    commits_itself = each.committed is not None and each.committed.path == each.span.path
    return (not _runs(each), commits_itself, each.span.path, each.span.start)
