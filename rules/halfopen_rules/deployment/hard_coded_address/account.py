"""What WS8E says of one client: for whom its address works."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.account import Account, Assessment, Mitigation
from halfopen.audit.finding import Finding
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Known
from halfopen.connections.urls import Url


def assess(finding: Finding, dossier: Dossier, targets: Targets) -> Assessment:
    """By the address as it is written."""
    address = dossier.url.value if isinstance(dossier.url, Known) else "the address"
    local = any(each in str(address) for each in ("localhost", "127.0.0.1", "0.0.0.0", "[::1]"))
    names = {"/ws/jobs": url.path_text} if (url := _only(dossier)) is not None else {}
    if local and dossier.surroundings.desktop is not None:
        return Assessment(
            "Where the page is opened from another machine than the server's, nothing listens there, or something else does.",
            f"100 % of the users of a desktop program whose server runs beside it connect to `{address}`, and 0 % of those who "
            "open the page from elsewhere.",
            names=names,
        )
    if local:
        return Assessment(
            "On a user's computer nothing listens there, or something else does.",
            f"0 % of the users connect to `{address}`, and 100 % of the developers do: no test on a developer's machine shows it.",
            names=names,
        )
    return Assessment(
        "A page that came over https may not open `ws://`: the constructor throws SecurityError before anything is sent.",
        f"0 % of the connections to `{address}` succeed from a page over https.",
        names=names,
    )


def _only(dossier: Dossier) -> Url | None:
    urls = dossier.urls.urls if dossier.urls is not None else ()
    return urls[0] if len(urls) == 1 and urls[0].path_text.startswith("/") else None


def mitigations(dossier: Dossier) -> Iterator[Mitigation]:
    """The address comes from the page or a setting."""
    urls = dossier.urls
    if urls is None or not urls.urls:
        return
    if all(each.host_kind in ("page", "setting") for each in urls.urls):
        kinds = {each.host_kind for each in urls.urls}
        words = "the page's own host" if kinds == {"page"} else "a setting or the page's own host"
        yield Mitigation(f"the address comes from {words}", urls.evidence[:2])


ACCOUNT = Account(assess, mitigations)
