"""What an nginx configuration does to WebSocket connections, location by location."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from halfopen.deployment.idle_limits import IdleLimit, layer_defaults
from halfopen.deployment.nginx_syntax import Directive, SyntaxFault, parse_nginx

Modifier = Literal["", "=", "^~", "~", "~*", "@"]

IncludedFiles = Callable[[str], Iterable[tuple[str, str]]]
"""For an `include`'s pattern: the path and text of each file it names that the workspace holds."""

_MAX_INCLUDES = 200


@dataclass(frozen=True, slots=True)
class Timeout:
    """A timeout in force. `line` None: nothing sets it, this is nginx's default."""

    seconds: float
    path: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class NginxLocation:
    """One location with all that it inherits.

    Three answers are three-valued, None meaning that an included file which the workspace does
    not hold may decide: `passes_upgrade`, `limits_connections`, `authenticates`.
    """

    modifier: Modifier
    pattern: str
    path: str
    line: int
    proxy_pass: str | None
    proxy_pass_line: int | None
    passes_upgrade: bool | None
    """Are both hop-by-hop headers, Upgrade and Connection, handed on?"""
    upgrade_lost_line: int | None
    """The line of a proxy_set_header here that replaces inherited ones, the upgrade headers among them."""
    http_version: str | None
    """As `proxy_http_version` sets it; None: nginx's default, 1.0 before 1.29.7 and 1.1 since."""
    read_timeout: Timeout
    send_timeout: Timeout
    limits_connections: bool | None
    authenticates: bool | None
    buffers: bool
    returns: str | None
    """The status of a `return` that answers instead of proxying."""
    locations: tuple[NginxLocation, ...] = ()

    def idle_limit(self) -> IdleLimit:
        """How long a silent upgraded connection lives here.

        The read timer is set anew by an event in either direction
        (nginx 1.31.5 ngx_http_upstream_process_upgraded).
        """
        default = layer_defaults()["nginx"]
        return IdleLimit(
            "nginx",
            self.read_timeout.seconds,
            "idle",
            default.source if self.read_timeout.line is None else "proxy_read_timeout",
            "high",
            self.read_timeout.path or self.path,
            self.read_timeout.line or self.line,
            set_here=self.read_timeout.line is not None,
        )


@dataclass(frozen=True, slots=True)
class NginxServer:
    """A `server` block. Locations that stand in a file of their own form a server without names."""

    names: tuple[str, ...]
    listens: tuple[str, ...]
    path: str
    line: int
    locations: tuple[NginxLocation, ...]
    redirects: bool
    """Does a `return` at its own level answer every request?"""
    unread_includes: tuple[str, ...] = ()
    """Files that may hold more locations."""


@dataclass(frozen=True, slots=True)
class NginxConfig:
    """One file with what it includes. `unread_includes`: patterns that the workspace does not hold."""

    path: str
    servers: tuple[NginxServer, ...]
    upstreams: tuple[str, ...]
    unread_includes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Scope:
    """What a level hands down. `headers` are replaced as a whole by a level that sets any."""

    headers: tuple[Directive, ...] = ()
    single: dict[str, Directive] = field(default_factory=dict[str, Directive])
    unread: bool = False


_INHERITED = (
    "proxy_http_version",
    "proxy_read_timeout",
    "proxy_send_timeout",
    "proxy_buffering",
    "limit_conn",
    "auth_request",
    "auth_basic",
)
_BLOCKS_READ_THROUGH = ("", "http", "if", "events")


def read_nginx(
    path: str, text: str, included: IncludedFiles | None = None
) -> tuple[NginxConfig, tuple[SyntaxFault, ...]]:
    """The configuration in `text`, with what `included` gives for its includes. Never raises."""
    directives, faults = parse_nginx(path, text)
    unread: list[str] = []
    directives = _expand(directives, included, unread, [_MAX_INCLUDES], (path,))
    servers: list[NginxServer] = []
    upstreams: list[str] = []
    _servers(directives, _Scope(), servers, upstreams)
    loose = tuple(each for each in directives if each.name == "location" and each.block is not None)
    if loose:
        scope = _enter(_Scope(unread=True), directives)
        servers.append(
            NginxServer(
                (), (), path, loose[0].line, tuple(_location(each, scope) for each in loose), redirects=False
            )
        )
    return NginxConfig(path, tuple(servers), tuple(upstreams), tuple(unread)), faults


def _expand(
    directives: tuple[Directive, ...],
    included: IncludedFiles | None,
    unread: list[str],
    left: list[int],
    within: tuple[str, ...],
) -> tuple[Directive, ...]:
    """The directives with each include replaced by the files it names; the others stay in place."""
    expanded: list[Directive] = []
    for directive in directives:
        if directive.block is not None:
            block = _expand(directive.block, included, unread, left, within)
            expanded.append(Directive(directive.name, directive.args, directive.path, directive.line, block))
            continue
        if directive.name != "include" or not directive.args:
            expanded.append(directive)
            continue
        pattern = directive.args[0]
        files = list(included(pattern)) if included is not None else []
        if not files:
            unread.append(pattern)
            expanded.append(directive)
        for path, text in files:
            left[0] -= 1
            if left[0] < 0 or path in within or len(within) > 8:
                continue
            inner, _ = parse_nginx(path, text)
            expanded.extend(_expand(inner, included, unread, left, (*within, path)))
    return tuple(expanded)


def _servers(
    directives: tuple[Directive, ...], scope: _Scope, servers: list[NginxServer], upstreams: list[str]
) -> None:
    scope = _enter(scope, directives)
    for directive in directives:
        if directive.block is None:
            continue
        if directive.name == "upstream" and directive.args:
            upstreams.append(directive.args[0])
        elif directive.name == "server" and not directive.args:
            servers.append(_server(directive, scope))
        elif directive.name in _BLOCKS_READ_THROUGH:
            _servers(directive.block, scope, servers, upstreams)


def _server(directive: Directive, outer: _Scope) -> NginxServer:
    block = directive.block or ()
    scope = _enter(outer, block)
    return NginxServer(
        names=tuple(name for each in block if each.name == "server_name" for name in each.args),
        listens=tuple(each.args[0] for each in block if each.name == "listen" and each.args),
        path=directive.path,
        line=directive.line,
        locations=tuple(
            _location(each, scope) for each in block if each.name == "location" and each.block is not None
        ),
        redirects=any(each.name == "return" for each in block),
        unread_includes=tuple(each.args[0] for each in block if _may_configure_proxying(each)),
    )


def _enter(outer: _Scope, block: tuple[Directive, ...]) -> _Scope:
    """What holds inside a block: its own settings over the outer ones."""
    headers = tuple(each for each in block if each.name == "proxy_set_header" and len(each.args) >= 2)
    single = dict(outer.single)
    single.update({each.name: each for each in block if each.name in _INHERITED and each.args})
    unread = any(_may_configure_proxying(each) for each in block)
    return _Scope(headers or outer.headers, single, outer.unread or unread)


def _may_configure_proxying(directive: Directive) -> bool:
    """Is this an include that was not read? nginx's own lists of types and languages set no headers."""
    if directive.name != "include" or not directive.args:
        return False
    return not directive.args[0].endswith(("mime.types", "fastcgi_params", "fastcgi.conf", "uwsgi_params"))


def _location(directive: Directive, outer: _Scope) -> NginxLocation:
    block = directive.block or ()
    scope = _enter(outer, block)
    modifier, pattern = _match_of(directive.args)
    # A proxy_pass may stand under an `if` that tests for the upgrade.
    levels = (block, *(each.block or () for each in block if each.name == "if"))
    passes = next(
        (each for level in levels for each in level if each.name == "proxy_pass" and each.args), None
    )
    own_headers = any(each.name == "proxy_set_header" for each in block)
    passed = _passes_upgrade(scope.headers)
    replaced = own_headers and not passed and _passes_upgrade(outer.headers)
    returned = next((each for each in block if each.name == "return" and each.args), None)
    version = scope.single.get("proxy_http_version")
    return NginxLocation(
        modifier=modifier,
        pattern=pattern,
        path=directive.path,
        line=directive.line,
        proxy_pass=passes.args[0] if passes else None,
        proxy_pass_line=passes.line if passes else None,
        passes_upgrade=None if not passed and scope.unread else passed,
        upgrade_lost_line=next((each.line for each in block if each.name == "proxy_set_header"), None)
        if replaced
        else None,
        http_version=version.args[0] if version else None,
        read_timeout=_timeout(scope, "proxy_read_timeout"),
        send_timeout=_timeout(scope, "proxy_send_timeout"),
        limits_connections=True if "limit_conn" in scope.single else (None if scope.unread else False),
        authenticates=_authenticates(scope),
        buffers=(each := scope.single.get("proxy_buffering")) is None or each.args[0] != "off",
        returns=returned.args[0] if returned else None,
        locations=tuple(
            _location(each, scope) for each in block if each.name == "location" and each.block is not None
        ),
    )


_MODIFIERS: tuple[Modifier, ...] = ("^~", "~*", "=", "~", "@")


def _match_of(args: tuple[str, ...]) -> tuple[Modifier, str]:
    """`= /x`, `~ ^/x`, and the forms without a space, `=/x` and `~^/x`, that nginx allows too."""
    text = args[0] if args else "/"
    for modifier in _MODIFIERS:
        if len(args) >= 2 and text == modifier:
            return modifier, args[1]
        if len(args) < 2 and text.startswith(modifier):
            return modifier, text.removeprefix(modifier)
    return "", text


def _passes_upgrade(headers: tuple[Directive, ...]) -> bool:
    values = {each.args[0].lower(): each.args[1].lower() for each in headers}
    upgrade, connection = values.get("upgrade", ""), values.get("connection", "")
    # A variable is a map from $http_upgrade; a literal is right only if it says upgrade.
    return bool(upgrade) and ("upgrade" in connection or connection.startswith("$"))


def _authenticates(scope: _Scope) -> bool | None:
    settings = [scope.single[name] for name in ("auth_request", "auth_basic") if name in scope.single]
    if any(each.args[0] != "off" for each in settings):
        return True
    return None if scope.unread else False


def _timeout(scope: _Scope, name: str) -> Timeout:
    setting = scope.single.get(name)
    seconds = seconds_of(setting.args[0]) if setting else None
    if setting is None or seconds is None:
        # A template's variable: the default is the best guess, and the setting is not evidence.
        return Timeout(layer_defaults()["nginx"].idle_seconds or 60.0)
    return Timeout(seconds, setting.path, setting.line)


_TIME = re.compile(r"(\d+)(ms|s|m|h|d|w|M|y)?")
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "M": 2592000, "y": 31536000}


def seconds_of(text: str) -> float | None:
    """An nginx time (`60`, `1h30m`, `500ms`) in seconds, or None when it is none."""
    if len(text) > 40 or re.fullmatch(r"(?:\d+(?:ms|s|m|h|d|w|M|y)?\s*)+", text) is None:
        return None
    return float(sum(int(number) * _UNITS[unit or "s"] for number, unit in _TIME.findall(text)))
