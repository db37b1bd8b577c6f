"""What a client's library does by itself, or by its options, to notice a server that vanished."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.client_site import ClientSite
from halfopen.connections.facts import Evidence, Fact, Known, Unknown
from halfopen.connections.library_clients import argument, option
from halfopen.connections.liveness.facts import Heartbeat, Message, Watchdog
from halfopen.connections.tables import catalogue_of
from halfopen.libraries import Default, LibraryModel, Option, Setting
from halfopen.libraries.recognition import Literalish
from halfopen.semantics import tree
from halfopen.semantics.program import At


def watches_alone(site: ClientSite, watchdogs: tuple[Watchdog, ...]) -> Fact[bool]:
    """Whether the library notices a vanished server with its defaults, or by the options given."""
    model = _model(site)
    if watchdogs:
        return Known(True, watchdogs[0].evidence)
    setting = model.heartbeat.detects_dead_server if model is not None else None
    if setting is None:
        setting = model.keepalive.sends_pings if model is not None else None
    if not isinstance(setting, Default):
        return Unknown(f"the {site.library} version, and its options")
    off = model is not None and _pings_are_off(site, model)
    said = f"{site.library} does by default" if setting.value else f"{site.library} does not by default"
    return Known(setting.value and not off, (Evidence(site.call.span, f"{said} ({setting.source})"),))


def _pings_are_off(site: ClientSite, model: LibraryModel) -> bool:
    """Whether an argument turns the library's own pings off (`ping_interval=None`)."""
    return any(
        each.sets == "keepalive.ping_interval_seconds"
        and _given(site, each) is None
        and _is_given(site, each)
        for each in model.options
    )


def library_heartbeats(site: ClientSite) -> Iterator[Heartbeat]:
    """The heartbeat that an option turns on: `useWebSocket(url, { heartbeat: true })`."""
    model = _model(site)
    if model is None:
        return
    interval = _set_by_options(site, model, "heartbeat.interval_ms")
    if interval is None:
        return
    value, at = interval
    text = _set_by_options(site, model, "heartbeat.message")
    message = text[0] if text is not None and isinstance(text[0], str) else _default(model.heartbeat.message)
    evidence = (Evidence(at.span, f"turns the heartbeat of {site.library} on"),)
    seconds: Fact[float] = (
        Known(value / 1000, evidence)
        if isinstance(value, int | float)
        else Unknown("the interval that is given here", evidence)
    )
    sent = Message("text", (("", message),)) if isinstance(message, str) else Message("unknown")
    yield Heartbeat(sent, seconds, True, at.span, at.span, evidence)


def library_watchdogs(site: ClientSite) -> Iterator[Watchdog]:
    """The silence after which the library closes by itself, where an option turns it on."""
    model = _model(site)
    if model is None:
        return
    deadline = _set_by_options(site, model, "heartbeat.deadline_ms")
    if deadline is None or deadline[0] is None:
        return
    value, at = deadline
    evidence = (Evidence(at.span, f"{site.library} closes after this silence"),)
    seconds: Fact[float] = (
        Known(value / 1000, evidence)
        if isinstance(value, int | float)
        else Unknown("the time-out that is given here", evidence)
    )
    yield Watchdog("library", seconds, at.span, evidence=evidence)


def _model(site: ClientSite) -> LibraryModel | None:
    name = "browser" if site.library == "native" else site.library
    try:
        return catalogue_of(site.program).model(name)
    except KeyError:
        return None


def _default(setting: Setting[str]) -> str | None:
    return setting.value if isinstance(setting, Default) else None


def _set_by_options(
    site: ClientSite, model: LibraryModel, sets: str
) -> tuple[Literalish | tuple[()], At[tree.Expr]] | None:
    """What the options give for a setting, the more precise option last; None where none speaks of it, or turns it off."""
    found: tuple[Literalish | tuple[()], At[tree.Expr]] | None = None
    for each in model.options:
        if each.sets != sets:
            continue
        at = _expression(site, each)
        if at is None:
            continue
        value = _value(each, at)
        if value is None:
            return None
        found = (value, at)
    return found


def _given(site: ClientSite, each: Option) -> Literalish | tuple[()]:
    at = _expression(site, each)
    return _value(each, at) if at is not None else ()


def _is_given(site: ClientSite, each: Option) -> bool:
    return _expression(site, each) is not None


def _value(each: Option, at: At[tree.Expr]) -> Literalish | tuple[()]:
    if isinstance(at.node, tree.Literal) and not isinstance(at.node.value, bytes):
        return each.read(at.node.value)
    return each.when_present


def _expression(site: ClientSite, each: Option) -> At[tree.Expr] | None:
    """Where the code gives an option: a keyword argument, or an entry of the options object."""
    if each.kind == "argument":
        return argument(site.call, 1_000, each.name)
    made = site.made_with
    if made is None or made.constructor.options_argument is None:
        return None
    at = argument(site.call, made.constructor.options_argument)
    for part in each.name.split("."):
        at = option(site.program, at, part) if at is not None else None
    return at
