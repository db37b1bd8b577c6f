"""Texts that are addresses: the page's own, an address's parts, and what `URL` and the methods of strings make of one."""

from __future__ import annotations

import re
from collections.abc import Mapping

from halfopen.connections.texts import Gap, Piece, Text, compact
from halfopen.semantics import tree
from halfopen.semantics.program import At

PAGE: Mapping[str, Text] = {
    "location.host": (Gap("the page's host", "host"),),
    "location.hostname": (Gap("the page's host name", "host"),),
    "location.port": (Gap("the page's port", "value"),),
    "location.origin": (Gap("the page's origin", "origin"),),
    "location.protocol": (Gap("the page's scheme", "scheme"), ":"),
    "location.pathname": ("/", Gap("the page's path", "path")),
    "location.search": ("?", Gap("the page's query", "search")),
    "location": (Gap("the page's origin", "origin"), "/", Gap("the page's path", "path")),
    "location.href": (Gap("the page's origin", "origin"), "/", Gap("the page's path", "path")),
    "origin": (Gap("the page's origin", "origin"),),
}
_SCHEMES = frozenset({frozenset({"ws", "wss"}), frozenset({"http", "https"})})


def either(one: list[Text], other: list[Text]) -> list[Text]:
    """Both texts of a conditional; `secure ? "wss:" : "ws:"` is one text, the page's scheme."""
    words = [text[0] for text in (*one, *other) if len(text) == 1]
    if len(one) == len(other) == 1 and len(words) == 2:
        first, second = (str(word) if isinstance(word, str) else "" for word in words)
        ends = {first.lstrip("whtps"), second.lstrip("whtps")}
        bare = frozenset({first.rstrip(":/"), second.rstrip(":/")})
        if bare in _SCHEMES and len(ends) == 1:
            return [(Gap("the page's scheme", "scheme"), ends.pop())]
    return [*one, *other]


def has_scheme(text: Text) -> bool:
    """Whether an address says where it leads without a base."""
    first = text[0] if text else ""
    if isinstance(first, Gap):
        return first.kind in ("scheme", "origin", "setting")
    return "://" in first


def origin_of(text: Text) -> Text:
    """The text up to the path: what `new URL(path, base)` keeps of its base."""
    found: list[Piece] = []
    slashes = 0
    for piece in text:
        if isinstance(piece, Gap):
            if piece.kind in ("path", "search"):
                break
            found.append(piece)
            slashes = 2 if piece.kind == "origin" else slashes
            continue
        kept = ""
        for character in piece:
            if (character == "/" and slashes == 2) or character in "?#":
                return compact((*found, kept))
            slashes += character == "/"
            kept += character
        found.append(kept)
    return tuple(found)


def with_part(text: Text, part: str, value: Text) -> Text:
    """The text of a URL object after `url.protocol = value` and the like."""
    origin = origin_of(text)
    if part == "pathname":
        return compact((*origin, *rooted(value)))
    scheme, host = _scheme_and_host(origin)
    rest = text[len(origin) :] if text[: len(origin)] == origin else ()
    if part == "host":
        return compact((*scheme, "//", *value, *rest))
    colon = () if isinstance(value[-1] if value else "", str) and str(value[-1]).endswith(":") else (":",)
    return compact((*value, *colon, "//", *host, *rest))


def _scheme_and_host(origin: Text) -> tuple[Text, Text]:
    """An origin's parts: the scheme with its colon, and the host."""
    first = origin[0] if origin else ""
    if isinstance(first, Gap):
        if first.kind == "origin":
            return (Gap("the page's scheme", "scheme"), ":"), (Gap("the page's host", "host"), *origin[1:])
        if first.kind == "scheme" and len(origin) > 1 and isinstance(origin[1], str):
            return (first, ":"), compact((origin[1].lstrip(":").lstrip("/"), *origin[2:]))
        return (), origin
    scheme, separator, rest = first.partition("://")
    return ((f"{scheme}:",), compact((rest, *origin[1:]))) if separator else ((), origin)


def rooted(text: Text) -> Text:
    """A path with its first slash."""
    first = text[0] if text else ""
    return text if isinstance(first, str) and first.startswith("/") else ("/", *text)


def replaced(text: Text, old: At[tree.Expr], new: str) -> Text:
    """`text.replace(old, new)` for the forms that URLs are written with; other patterns change nothing."""
    pattern = old.node.value if isinstance(old.node, tree.Literal) else old.text
    if not isinstance(pattern, str) or not text:
        return text
    pattern = pattern.removesuffix("g").removesuffix("i").strip("/") if old.text.startswith("/") else pattern
    pattern = pattern.replace("\\/", "/").removeprefix("^")
    first = text[0]
    if pattern in ("/$", "/+$", "/*$") and new == "":
        return without_end(text)
    if pattern.startswith(("http", "ws")):
        keeps_s = "https" not in pattern or "$1" in new
        return _scheme_replaced(text, first, new, keeps_s=keeps_s)
    if isinstance(old.node, tree.Literal) and pattern:
        return compact(piece.replace(pattern, new, 1) if isinstance(piece, str) else piece for piece in text)
    return text


def _scheme_replaced(text: Text, first: Piece, new: str, *, keeps_s: bool) -> Text:
    """The text with another scheme; `keeps_s` where the pattern leaves the "s" of "https" standing."""
    wanted = new.partition(":")[0].partition("$")[0]
    if isinstance(first, Gap):
        return text
    if new == "":
        return compact((re.sub(r"^(https?|wss?)://", "", first), *text[1:]))
    scheme, separator, rest = first.partition("://")
    if wanted not in ("ws", "wss", "http", "https") or not separator:
        return text
    secure = scheme in ("https", "wss") and keeps_s and wanted in ("ws", "http")
    return compact((f"{wanted}{'s' if secure else ''}{separator}{rest}", *text[1:]))


def without_start(text: Text, count: int) -> Text:
    """The text less its first characters, where they are written out."""
    first = text[0] if text else ""
    return compact((first[count:], *text[1:])) if isinstance(first, str) and len(first) >= count else text


def without_end(text: Text) -> Text:
    """The text less the slashes at its end."""
    last = text[-1] if text else ""
    return compact((*text[:-1], last.rstrip("/"))) if isinstance(last, str) else text
