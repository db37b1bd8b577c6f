"""What WS7D says of one place: who gets to read what."""

from __future__ import annotations

from halfopen.audit.account import Account, Assessment
from halfopen.audit.finding import Finding
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Known
from halfopen_rules.estimates import spanned
from halfopen_rules.security.sensitive_data.rule import is_on_a_page


def assess(finding: Finding, dossier: Dossier, targets: Targets) -> Assessment:
    """By where the data go."""
    messages = dossier.messages
    disclosed = spanned(finding, messages.disclosed) if messages is not None else None
    if disclosed is not None and disclosed.through == "broadcast":
        return Assessment(
            "The text of an exception is written for developers: it holds statements, paths, addresses and answers of other "
            "services.",
            f"100 % of the errors that reach `{disclosed.name}` are shown to the clients that watch then, also to those who "
            "had no part in them.",
        )
    if disclosed is not None:
        return Assessment(
            "The text of an exception is written for developers: it holds statements, paths, addresses and answers of other "
            "services.",
            f"Whoever can cause an error reads it: 100 % of the errors that reach `{disclosed.name}` are shown to the client, "
            "and an attacker can cause as many as they like.",
        )
    logged = spanned(finding, messages.logged) if messages is not None else None
    if logged is not None and is_on_a_page(dossier):
        return Assessment(
            "The browser's console is read by every extension and error collector of the page, and keeps what it is given.",
            "100 % of the messages, for as long as the page is open; each logged object also stays in memory while the "
            "console is open.",
        )
    if logged is not None:
        said = "what users say" if dossier.connection.side == "server" else "what the server sends"
        what = f"`{logged.what}`" if logged.is_sensitive else said
        return Assessment(
            "A log is read by more people, kept for longer and protected less than the data that it copies.",
            f"{what[0].upper()}{what[1:]} stands in the log as often as this line runs: at 100 messages of 1 KB a second 8 GB "
            "a day, all of it subject to deletion on request.",
        )
    shown = dossier.surroundings.serving.access_log_has_query
    own = " uvicorn's own log does" if isinstance(shown, Known) and shown.value else " every proxy's log does"
    return Assessment(
        "What stands in a URL or a log line is no secret any more.",
        f"100 % of the handshakes leave it there:{own}, for as long as logs are kept, which is weeks as a rule.",
    )


ACCOUNT = Account(assess)
