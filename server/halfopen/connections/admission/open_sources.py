"""Sources that anyone may read: an address of another service that is asked without any credential."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from halfopen.connections.facts import Evidence
from halfopen.connections.library_clients import argument
from halfopen.connections.shipped import is_shipped
from halfopen.connections.strings import texts_of
from halfopen.semantics import tree
from halfopen.semantics.program import At, Program
from halfopen.semantics.qualified_names import qualified

_OPENING = re.compile(r"^(websockets\.(asyncio\.client\.|client\.|legacy\.client\.)?connect|.*\.ws_connect)$")
_ASKING = re.compile(r"^(requests|httpx|aiohttp)(\..+)?\.get$")
_CREDENTIAL = re.compile(
    r"[a-z][_-]?key\b|secret|token|passw|signature|bearer|authori[sz]|credential|login|headers", re.IGNORECASE
)
"""Words of code that shows a credential: where one of them stands, the source is not taken for an open one."""
_OWN_NAMES = re.compile(r"^(localhost|\d+\.\d+\.\d+\.\d+|\[.*|.*\.(local|internal|lan|svc|test)|[^.]*)$")


def open_source(program: Program, call: At[tree.Call]) -> Evidence | None:
    """`websockets.connect("wss://stream.example.com/ticker")`: what it gives is given to whoever asks."""
    names = qualified(program, call.to(call.node.callee))
    if not names or not all(_OPENING.match(each) or _ASKING.match(each) for each in names):
        return None
    address = argument(call, 0, "uri") or argument(call, 0, "url")
    if address is None or not is_shipped(call.path):
        return None
    host = _host(program, address)
    function = call.index.function_of(call.node)
    around = call.to(function).text if function is not None else call.text
    if not host or _OWN_NAMES.match(host) or _CREDENTIAL.search(around):
        return None
    return Evidence(call.span, f"what it sends comes from {host}, which gives it to whoever asks")


def _host(program: Program, address: At[tree.Expr]) -> str:
    """The host that every text of an address names; "" where one of them leaves it open or shows a credential."""
    hosts: set[str] = set()
    for text in texts_of(program, address).texts:
        head = text[0] if text and isinstance(text[0], str) else ""
        parts = urlsplit(head)
        whole = len(text) == 1 or "/" in head.partition("://")[2]
        shown = _CREDENTIAL.search("".join(each if isinstance(each, str) else each.name for each in text))
        if parts.scheme not in ("ws", "wss", "http", "https") or not whole or shown or "@" in parts.netloc:
            return ""
        hosts.add(parts.hostname or "")
    return hosts.pop() if len(hosts) == 1 else ""
