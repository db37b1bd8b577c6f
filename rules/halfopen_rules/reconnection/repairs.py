"""The fixes of reconnection: a delay that grows, is bounded and holds chance, from modules put beside the file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from halfopen.audit.finding import Fix, TextOf
from halfopen.edits.changes import FileChanges, apply
from halfopen.edits.difference import changes_between
from halfopen.semantics.unit import Span
from halfopen_rules.snippets import add_snippet

if TYPE_CHECKING:
    from halfopen.connections.dossier import Owner
    from halfopen.connections.reconnection.facts import ConnectRepair, EffectRepair

Locate: TypeAlias = Callable[[Span], tuple[int, int] | None]
_Build: TypeAlias = Callable[[TextOf, Locate], Mapping[str, FileChanges]]

_DELAYS = "reconnectDelay"
_OF_ATTEMPT = "(attempt) => reconnectDelayMs(attempt)"
LONGEST_MS = 30_000
_NONE: FileChanges = ()


def jitter_fix(delay: Span, bounded: bool) -> Fix:
    """Half of the delay is drawn by chance; one without a bound gets that of 30 s too."""
    code = "withJitter({})" if bounded else f"withJitter(Math.min({{}}, {LONGEST_MS}))"
    title = (
        "Draw half of the delay by chance" if bounded else "Bound the delay, and draw half of it by chance"
    )

    def build(text: TextOf, locate: Locate) -> Mapping[str, FileChanges]:
        from halfopen.edits.typescript import replace_expression

        place, source = locate(delay), text(delay.path)
        if place is None or source is None:
            return {}
        return _with_module(text, delay.path, ("withJitter",), replace_expression(source.data, place, code))

    return Fix(title, safe=False, build=build)


def endless_fix(limits: tuple[Span, ...], unbounded_delay: Span | None) -> Fix:
    """The number of attempts has no end any more; a delay that grew without a bound gets that of 30 s."""
    title = "Never give up" if unbounded_delay is None else "Never give up, and wait 30 s at most"

    def build(text: TextOf, locate: Locate) -> Mapping[str, FileChanges]:
        from halfopen.edits.typescript import replace_expression

        made: dict[str, FileChanges] = {}
        for limit in limits:
            place, source = locate(limit), text(limit.path)
            changes = replace_expression(source.data, place, "Infinity") if place and source else _NONE
            if not changes:
                return {}
            made[limit.path] = (*made.get(limit.path, _NONE), *changes)
        if unbounded_delay is not None:
            place, source = locate(unbounded_delay), text(unbounded_delay.path)
            bound = f"Math.min({{}}, {LONGEST_MS})"
            changes = replace_expression(source.data, place, bound) if place and source else _NONE
            if not changes:
                return {}
            path = unbounded_delay.path
            made[path] = (*made.get(path, _NONE), *changes)
        return made

    return Fix(title, safe=False, build=build)


def backoff_fix(delay: Span, owner: Owner) -> Fix | None:
    """A delay that is always the same becomes that of a `Backoff`, which lives as long as the socket's owner."""
    if owner.span.path != delay.path:
        return None

    def build(text: TextOf, locate: Locate) -> Mapping[str, FileChanges]:
        from halfopen.edits.typescript import (
            add_class_field,
            add_first_statements,
            add_named_import,
            insert_at_top_level,
            replace_expression,
        )

        place, home, source = locate(delay), locate(owner.span), text(delay.path)
        if place is None or home is None or source is None:
            return {}
        name = "backoff" if b"backoff" not in source.data else "reconnectBackoff"
        made, imported = f"const {name} = new Backoff();", _NONE
        match owner.kind:
            case "class":
                visibility = "private readonly " if delay.path.endswith((".ts", ".tsx")) else ""
                declared = add_class_field(source.data, home, f"{visibility}{name} = new Backoff()")
                code = f"this.{name}.nextDelayMs()"
            case "effect" | "component" | "hook":
                made = f"const {name} = useRef(new Backoff());"
                declared = add_first_statements(source.data, home, [made])
                imported = add_named_import(source.data, "react", "useRef")
                code = f"{name}.current.nextDelayMs()"
            case _:
                declared = insert_at_top_level(source.data, place[0], made)
                code = f"{name}.nextDelayMs()"
        replaced = replace_expression(source.data, place, code)
        if not declared or not replaced:
            return {}
        return _with_module(text, delay.path, ("Backoff",), (*imported, *declared, *replaced))

    return Fix("Let the delay grow to 30 s, half of it by chance", safe=False, build=build)


def interval_fix(call: Span, value: Span | None) -> Fix:
    """`reconnectInterval` of react-use-websocket becomes a function of the attempt."""

    def build(text: TextOf, locate: Locate) -> Mapping[str, FileChanges]:
        from halfopen.edits.typescript import add_options, replace_expression

        place, given, source = locate(call), locate(value) if value is not None else None, text(call.path)
        if place is None or source is None or (value is not None and value.path != call.path):
            return {}
        if given is not None:
            changes = replace_expression(source.data, given, _OF_ATTEMPT)
        else:
            changes = add_options(source.data, place, 1, [("reconnectInterval", _OF_ATTEMPT)])
        return _with_module(text, call.path, ("reconnectDelayMs",), changes)

    return Fix("Let the interval grow to 30 s, half of it by chance", safe=False, build=build)


def options_fix(call: Span) -> Fix:
    """react-use-websocket is told to reconnect, with a growing interval and without an end."""
    entries = [
        ("shouldReconnect", "(event) => mayReconnect(event.code)"),
        ("reconnectInterval", _OF_ATTEMPT),
        ("reconnectAttempts", "Infinity"),
    ]

    def build(text: TextOf, locate: Locate) -> Mapping[str, FileChanges]:
        from halfopen.edits.typescript import add_options

        place, source = locate(call), text(call.path)
        if place is None or source is None:
            return {}
        changes = add_options(source.data, place, 1, entries)
        return _with_module(text, call.path, ("mayReconnect", "reconnectDelayMs"), changes)

    return Fix("Reconnect, with delays that grow to 30 s, half of each by chance", safe=False, build=build)


def effect_fix(repair: EffectRepair) -> Fix:
    """A number among the effect's dependencies changes when the connection was lost and its wait is over."""

    def build(text: TextOf, locate: Locate) -> Mapping[str, FileChanges]:
        from halfopen.edits.typescript import (
            add_effect_cleanup,
            add_named_import,
            insert_statement_after,
            insert_statement_before,
            replace_expression,
        )

        path = repair.effect.path
        source, effect, callback = text(path), locate(repair.effect), locate(repair.callback)
        listed, made = locate(repair.dependencies), locate(repair.made)
        if source is None or effect is None or callback is None or listed is None or made is None:
            return {}
        data = source.data
        attempt = "attempt" if b"attempt" not in data else "reconnectAttempt"
        lost = "lost" if b"lost" not in data else "connectionLost"
        items = data[listed[0] : listed[1]].decode().rstrip("]").rstrip().rstrip(",")
        separator = "" if items.strip() == "[" else ", "
        parts = (
            insert_statement_before(data, effect, f"const [{attempt}, {lost}] = useReconnect();"),
            insert_statement_after(data, made, f"{repair.socket}.addEventListener('close', {lost});"),
            add_effect_cleanup(
                data, callback, [f"{repair.socket}.removeEventListener('close', {lost});"], after=made[0]
            ),
            replace_expression(data, listed, f"{items}{separator}{attempt}]"),
        )
        added = add_snippet(text, path, "useReconnect") if all(parts) else None
        if added is None:
            return {}
        imported = add_named_import(data, added.specifier, "useReconnect")
        return {**added.changes, path: (*imported, *(change for part in parts for change in part))}

    return Fix("Connect again after a loss, with growing delays", safe=False, build=build)


def connect_fix(repair: ConnectRepair) -> Fix:
    """A `Reconnector` watches each socket that the class, store or module makes; closing on purpose stops it."""

    def build(text: TextOf, locate: Locate) -> Mapping[str, FileChanges]:
        from halfopen.edits.typescript import (
            add_class_field,
            add_named_import,
            insert_at_top_level,
            insert_statement_after,
            insert_statement_before,
        )

        path = repair.made.path
        source, home, made = text(path), locate(repair.home), locate(repair.made)
        closes = [locate(each) for each in repair.closes]
        if source is None or home is None or made is None:
            return {}
        data = source.data
        name = "reconnector" if b"reconnector" not in data else "socketReconnector"
        if repair.kind == "class":
            visibility = "private readonly " if path.endswith((".ts", ".tsx", ".mts")) else ""
            declared = add_class_field(data, home, f"{visibility}{name} = new Reconnector()")
            held = f"this.{name}"
        else:
            declared = insert_at_top_level(data, home[0], f"const {name} = new Reconnector();")
            held = name
        watched = insert_statement_after(
            data, made, f"{held}.watch({repair.socket}, () => {repair.connect});"
        )
        stopped = [insert_statement_before(data, each, f"{held}.stop();") for each in closes if each]
        if not declared or not watched or len(stopped) < len(closes) or not all(stopped):
            return {}
        added = add_snippet(text, path, "reconnector")
        if added is None:
            return {}
        imported = add_named_import(data, added.specifier, "Reconnector")
        changed = (*imported, *declared, *watched, *(each for one in stopped for each in one))
        return {**added.changes, path: changed}

    return Fix("Connect again after a loss, with growing delays", safe=False, build=build)


def _with_module(
    text: TextOf, path: str, names: tuple[str, ...], changes: FileChanges
) -> Mapping[str, FileChanges]:
    """The changes of a file with the import of helpers, and the module that they come from."""
    from halfopen.edits.typescript import add_named_import

    source = text(path)
    added = add_snippet(text, path, _DELAYS) if changes else None
    if added is None or source is None:
        return {}
    data = source.data
    for name in names:
        data = apply(data, add_named_import(data, added.specifier, name))
    return {**added.changes, path: (*changes_between(source.data, data), *changes)}
