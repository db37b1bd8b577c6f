"""What WS5B says of one connection: which closes are taken for which, and what follows."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.account import Account, Assessment, Mitigation
from halfopen.audit.finding import Finding
from halfopen.audit.targets import Targets
from halfopen.connections.closing.facts import Close
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Known
from halfopen_rules.errors.undistinguished_closes.client import reads_its_token_anew, refuses_nobody
from halfopen_rules.estimates import attempts_of, delay_of, seconds


def assess(finding: Finding, dossier: Dossier, targets: Targets) -> Assessment:
    """By the side, and whether the code is looked at."""
    if dossier.connection.side == "server":
        closing = dossier.closing
        close = (
            next((each for each in closing.closes if each.place == finding.span), None)
            if closing is not None
            else None
        )
        before = close.before_accept if close is not None else None
        if isinstance(before, Known) and before.value:
            return Assessment(
                "Before accept there is no WebSocket yet: the handshake fails with HTTP 403, and the browser shows its page "
                "1006 and no reason.",
                "100 % of the refusals look like a lost network: a client that retries 1006, as it should, retries a refusal "
                "for ever.",
            )
        if close is not None and close.is_default:
            return Assessment(
                "1000 means that all is done, and a client that reads codes stays away after it.",
                "100 % of the clients that take 1000 for the end do not come back after this close, however short its cause was.",
                example=1,
            )
        return Assessment(
            "The code does not say what happened, so the other side cannot choose between retrying, signing in and stopping.",
            "100 % of these closes are handled as something else: a failure of the server as a lost network (1006), or the reverse.",
            example=1,
        )
    delay = delay_of(dossier)
    closing = dossier.closing
    asks = closing.asks_code if closing is not None else None
    if isinstance(asks, Known) and asks.value:
        return Assessment(
            "Which codes may be retried is decided here, and not as the server means them.", _told(dossier)
        )
    limit = attempts_of(dossier)
    if refuses_nobody(dossier):
        often = f"{limit} times" if limit is not None else "for ever"
        return Assessment(
            "Nothing that its server closes with today calls for another answer: a refusal that is added later gets the one for "
            "a lost network.",
            f"0 % of today's closes are answered wrongly; of a refusal's, 100 %, {often}.",
        )
    rate = ""
    if limit is not None:
        return Assessment(
            "A refusal, an expired session, a message that is too big and a restart call for different answers, and get the "
            "same.",
            f"A page with an expired token (1008, 4401) asks {limit} times more, each time in vain, and then stops as if the "
            "network were gone: the user is never asked to sign in.",
        )
    if delay is not None and delay.initial_ms is not None:
        longest = (delay.max_ms if delay.max_ms is not None else delay.initial_ms) / 1000
        rate = (
            f" At the delays of this code that is a refused handshake up to every {seconds(max(longest, 0.05))} from each "
            f"such page, {3600 / max(longest, 0.05):,.0f} an hour, for as long as it is open."
        )
    return Assessment(
        "A refusal, an expired session, a message that is too big and a restart call for different answers, and get the same.",
        f"A page with an expired token (1008, 4401) asks again {_until(dossier)}.{rate}",
    )


def _until(dossier: Dossier) -> str:
    if reads_its_token_anew(dossier):
        return "until something else has renewed that token, and 100 % of its attempts before that fail"
    return "for ever: 100 % of its attempts fail"


def _refuses(close: Close) -> bool:
    """Whether it answers the handshake, so that the browser never sees its code."""
    return isinstance(close.before_accept, Known) and close.before_accept.value


def _told(dossier: Dossier) -> str:
    """Which codes the client tells apart, and which ones its server closes with beside them."""
    apart = dossier.closing.told_apart if dossier.closing is not None else ()
    said = f"Told apart: {', '.join(map(str, apart)) or 'none by number'}."
    sent = {
        close.code.value
        for other in dossier.surroundings.others
        for close in (other.dossier.closing.closes if other.dossier.closing is not None else ())
        if isinstance(close.code, Known)
        and close.code.value != 1000
        and close.is_sent
        and not _refuses(close)
    }
    beside = sorted(sent - set(apart))
    if beside:
        limit = attempts_of(dossier)
        often = f"{limit} times" if limit is not None else "for ever"
        return (
            f"{said} This server also closes with {', '.join(map(str, beside))}: 100 % of these closes get the answer for a "
            f"lost network. Where it is to retry, the same refusal is asked for {often}; where it is to stop, the page stays "
            "deaf until it is reloaded."
        )
    return (
        f"{said} 100 % of the closes with another code get the same answer: a refusal that is retried is refused again, and a "
        "restart (1012) that is not retried leaves the page deaf until it is reloaded."
    )


def mitigations(dossier: Dossier) -> Iterator[Mitigation]:
    """The code is looked at."""
    closing = dossier.closing
    if closing is None or dossier.connection.side != "client":
        return
    if isinstance(closing.asks_code, Known) and closing.asks_code.value:
        told = f": {', '.join(str(each) for each in closing.told_apart)}" if closing.told_apart else ""
        yield Mitigation(f"the close handler tells codes apart{told}", closing.asks_code.evidence[:2])


ACCOUNT = Account(assess, mitigations)
