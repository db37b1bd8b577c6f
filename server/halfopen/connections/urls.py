"""The address a client asks for: scheme, host, path with gaps, and the names of its query parameters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal as OneOf
from typing import TypeAlias

from halfopen.connections.facts import Confidence, Evidence, Fact, Known, Unknown
from halfopen.connections.paths import Segment, Segments, path_text, segments_of
from halfopen.connections.shipped import is_shipped
from halfopen.connections.strings import texts_of
from halfopen.connections.texts import Gap, Piece, Text
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callbacks, callers, functions
from halfopen.semantics.function_shape import argument_of, promise_for, returned
from halfopen.semantics.program import At, Program

HostKind: TypeAlias = OneOf["known", "page", "setting", "unknown"]

_NAME = re.compile(r"[A-Za-z_][\w.-]*")


@dataclass(frozen=True, slots=True)
class Url:
    """One address. `scheme` is "ws", "wss", "page" for the page's own, or None.

    `host` is as shown ("localhost:8000", "{VITE_WS_URL}"); `host_kind` says whether it is written in
    the code, the page's own, the value of a setting, or otherwise unknown. `pieces` is the text it was
    read from.
    """

    scheme: str | None
    host: str
    host_kind: HostKind
    path: Segments
    slash_at_end: bool
    query: tuple[str, ...]
    gaps: tuple[Gap, ...]
    """Those in front of the query."""
    pieces: Text

    @property
    def text(self) -> str:
        """The address as a person writes it: "wss://{the page's host}/ws/{id}?token"."""
        shown = "".join(piece if isinstance(piece, str) else f"{{{piece.name}}}" for piece in self.pieces)
        return shown or "{}"

    @property
    def path_text(self) -> str:
        return path_text(self.path, self.slash_at_end)

    @property
    def is_open(self) -> bool:
        """Whether the host, or how many parts the path has, is not known: a parameter alone leaves nothing open."""
        return self.host_kind in ("unknown", "setting") or any(each.many for each in self.path)

    @property
    def settings(self) -> tuple[str, ...]:
        """The environment variables that it depends on."""
        return tuple(gap.name for gap in self.gaps if gap.kind == "setting")


@dataclass(frozen=True, slots=True)
class ClientUrls:
    """Every address a client's URL expression may be, with where they were read."""

    urls: tuple[Url, ...]
    evidence: tuple[Evidence, ...]

    @property
    def settled_by(self) -> tuple[str, ...]:
        """What would settle the parts that the code leaves open, each once."""
        gaps = (gap for url in self.urls for gap in url.gaps if gap.kind == "setting" or url.is_open)
        return tuple(dict.fromkeys(gap.settled_by for gap in gaps if gap.kind in ("setting", "value")))

    def fact(self) -> Fact[str]:
        """The address to show: the fullest one, alternatives after it."""
        shown = [url for url in self.urls if url.path or url.host_kind in ("known", "page", "setting")]
        if not shown:
            return Unknown(", ".join(self.settled_by) or "the value of the URL expression", self.evidence)
        texts = list(dict.fromkeys(url.text for url in sorted(shown, key=_openness)))
        sure = len(texts) == 1 and not any(url.settings for url in shown)
        return Known(" or ".join(texts[:3]), self.evidence, Confidence.HIGH if sure else Confidence.MEDIUM)


def _openness(url: Url) -> int:
    return {"known": 0, "page": 0, "setting": 1, "unknown": 2}[url.host_kind]


def client_urls(program: Program, at: At[tree.Expr] | None) -> ClientUrls:
    """The addresses of a URL expression."""
    if at is None:
        return ClientUrls((), ())
    found = texts_of(program, at)
    query = _query_of(program, at)
    urls = _merged(url_of(text, query) for text in found.texts)
    telling = [each for each in found.places if _tells(each)] or found.places
    evidence = tuple(Evidence(each.span, _said(each)) for each in telling[:4])
    return ClientUrls(urls, evidence or (Evidence(at.span, f"{at.text} is not a constant"),))


def _tells(at: At[tree.Expr]) -> bool:
    """Whether a place says something of the address: more than a scheme or a separator."""
    value = at.node.value if isinstance(at.node, tree.Literal) else None
    return not isinstance(value, str) or re.fullmatch(r"(wss?|https?)?(:(//)?)?|[/?&=#]*", value) is None


def _merged(urls: Iterable[Url]) -> tuple[Url, ...]:
    """Addresses that differ in their query only are one, with the parameters of all."""
    found: dict[tuple[object, ...], Url] = {}
    for url in urls:
        key = (url.scheme, url.host, url.path, url.slash_at_end)
        same = found.get(key)
        if same is not None:
            longer = max(same, url, key=lambda each: len(each.query))
            url = replace(longer, query=tuple(dict.fromkeys((*same.query, *url.query))))
        found[key] = url
    return tuple(found.values())


def _said(at: At[tree.Expr]) -> str:
    text = " ".join(at.text.split())
    return f"given here: {text if len(text) <= 100 else text[:97] + '...'}"


def with_settings(url: Url, value_of: Callable[[str], Iterable[str]]) -> Iterator[Url]:
    """The address with its environment variables replaced by each of the values known for them."""
    names = url.settings
    values = list(value_of(names[0]))[:4] if names else []
    for value in values:
        pieces = tuple(
            value if isinstance(piece, Gap) and piece.kind == "setting" and piece.name == names[0] else piece
            for piece in url.pieces
        )
        yield url_of(pieces, url.query)


def url_of(text: Text, more_query: tuple[str, ...] = ()) -> Url:
    """Take a text apart as a browser would, gaps standing for themselves."""
    pieces = list(text)
    scheme, pieces = _scheme(pieces)
    host, kind, pieces = _host(pieces, scheme)
    before, query = _split_query(pieces)
    path, slash_at_end = _path(before, kind)
    return Url(
        scheme,
        host,
        kind,
        path,
        slash_at_end,
        tuple(dict.fromkeys((*query, *more_query))),
        tuple(dict.fromkeys(_gaps_before_query(text))),
        text,
    )


def _gaps_before_query(text: Text) -> Iterator[Gap]:
    for piece in text:
        if isinstance(piece, Gap):
            yield piece
        elif "?" in piece or "#" in piece:
            return


def _scheme(pieces: list[Piece]) -> tuple[str | None, list[Piece]]:
    if not pieces:
        return None, pieces
    first = pieces[0]
    if isinstance(first, Gap):
        if first.kind != "scheme":
            return None, pieces
        rest = pieces[1:]
        if rest and isinstance(rest[0], str):
            rest[0] = re.sub(r"^s?:", "", rest[0])
        return "page", rest
    if first in ("ws", "wss", "http", "https") and len(pieces) > 1:
        # `ws${address.slice(4)}`: the rest of an http address.
        return None, pieces[1:]
    match = re.match(r"(wss?|https?):(?=//|$)", first)
    if match is None:
        return None, pieces
    word = {"http": "ws", "https": "wss"}.get(match[1], match[1])
    return word, [first[match.end() :], *pieces[1:]]


def _host(pieces: list[Piece], scheme: str | None) -> tuple[str, HostKind, list[Piece]]:
    """The host and what follows it. Text that starts with one slash has the page's host."""
    if pieces and pieces[0] == "":
        pieces = pieces[1:]
    first = pieces[0] if pieces else ""
    if isinstance(first, str) and first.startswith("//"):
        return _authority([first[2:], *pieces[1:]])
    if isinstance(first, Gap) and scheme is None:
        if first.kind == "origin":
            return "{the page's host}", "page", pieces[1:]
        if first.kind == "host":
            return _authority(pieces)
        if first.kind == "setting":
            return f"{{{first.name}}}", "setting", pieces[1:]
        return f"{{{first.name}}}", "unknown", pieces[1:]
    if isinstance(first, str) and (first.startswith("/") or scheme is None):
        return "{the page's host}", "page", pieces
    return _authority(pieces)


def _authority(pieces: list[Piece]) -> tuple[str, HostKind, list[Piece]]:
    shown, kinds = "", set[str]()
    for position, piece in enumerate(pieces):
        if isinstance(piece, Gap):
            if piece.kind == "path":
                return shown, _host_kind(kinds), pieces[position:]
            shown += f"{{{piece.name}}}"
            kinds.add(piece.kind)
            continue
        end = re.search(r"[/?#]", piece)
        if end is not None:
            kinds |= {"text"} if piece[: end.start()] else set()
            return (
                shown + piece[: end.start()],
                _host_kind(kinds),
                [piece[end.start() :], *pieces[position + 1 :]],
            )
        shown += piece
        kinds |= {"text"} if piece else set()
    return shown, _host_kind(kinds), []


def _host_kind(kinds: set[str]) -> HostKind:
    if "host" in kinds or "origin" in kinds:
        return "page"
    if "setting" in kinds:
        return "setting"
    return "unknown" if "value" in kinds or not kinds else "known"


def _split_query(pieces: list[Piece]) -> tuple[list[Piece], tuple[str, ...]]:
    before: list[Piece] = []
    for position, piece in enumerate(pieces):
        if isinstance(piece, Gap):
            if piece.kind == "search":
                return before, ()
            before.append(piece)
            continue
        cut = re.search(r"[?#]", piece)
        if cut is None:
            before.append(piece)
            continue
        before.append(piece[: cut.start()])
        rest = "".join(
            each if isinstance(each, str) else "{}"
            for each in (piece[cut.start() :], *pieces[position + 1 :])
        )
        return before, _query_names(rest.partition("#")[0])
    return before, ()


def _query_names(query: str) -> tuple[str, ...]:
    names = (part.partition("=")[0] for part in query.lstrip("?").split("&"))
    return tuple(name for name in names if _NAME.fullmatch(name))


def _path(pieces: list[Piece], kind: HostKind) -> tuple[Segments, bool]:
    """The path's segments. A gap that stands where a slash should may hold a whole piece of path."""
    shown = ""
    opened: list[str] = []
    for position, piece in enumerate(pieces):
        if isinstance(piece, str):
            shown += piece
            continue
        name = piece.name.replace("/", "")
        rooted = shown.endswith("/")
        follows = pieces[position + 1] if position + 1 < len(pieces) else ""
        free = piece.kind == "path" or (
            not rooted
            and (isinstance(follows, Gap) or follows[:1] in ("", "/"))
            and (not shown or position == 0)
        )
        if free:
            opened.append(name)
            glued = piece.kind == "path" and isinstance(follows, str) and follows[:1] not in ("", "/")
            shown += f"/{{{name}:path}}" + ("/" if glued else "")
        else:
            shown += f"{{{name}}}"
    segments = segments_of(shown)
    if kind in ("setting", "unknown"):
        # The base may bring a path of its own.
        segments = (Segment("{base}", many=True), *segments)
    return segments, shown.endswith("/") and len(shown) > 1


def _query_of(program: Program, at: At[tree.Expr], depth: int = 0) -> tuple[str, ...]:
    """Names given by `url.searchParams.set("name", ...)` on the URL object, wherever that is made."""
    node = at.node
    while isinstance(node, tree.Await) or (isinstance(node, tree.Member | tree.Call) and _keeps(node)):
        match node:
            case tree.Await(value=value):
                node = value
            case tree.Member(object=inner) | tree.Call(callee=tree.Member(object=inner)):
                node = inner
            case _:
                break
    if depth > _MOST_HELPERS:
        return ()
    if isinstance(node, tree.Call):
        helpers = functions(program, at.to(node.callee)) or [
            given for given in callbacks(program, at.to(node.callee)) if is_shipped(given.path)
        ]
        made = [result for helper in helpers for result in returned(helper)]
        return tuple(dict.fromkeys(name for each in made for name in _query_of(program, each, depth + 1)))
    if not isinstance(node, tree.Name):
        return ()
    variable = program.variable(at.to(node))
    found = [name for read in program.reads(variable) for name in _query_set(read)]
    for path, unit, definition in program.definitions_of(variable):
        value = definition.value
        if isinstance(value, tree.Await | tree.Call) and definition.kind == "value" and not definition.steps:
            found += _query_of(program, At(path, unit, value), depth + 1)
        elif definition.kind == "parameter" and isinstance(definition.node, tree.Parameter):
            here: At[tree.Node] = At(path, unit, definition.target)
            function = here.index.parents.get(definition.node)
            promised = (
                promise_for(here.to(function), definition.node)
                if isinstance(function, tree.Function)
                else None
            )
            if promised is not None:
                found += _query_of(program, promised, depth + 1)
            elif isinstance(function, tree.Function):
                for call in callers(program, here.to(function)):
                    given = argument_of(call.node, function, definition.node)
                    if given is not None and is_shipped(call.path):
                        found += _query_of(program, call.to(given), depth + 1)
    return tuple(dict.fromkeys(found))


_MOST_HELPERS = 3


def _keeps(node: tree.Member | tree.Call) -> bool:
    """Whether an expression is the text of what it is asked of: `url.href`, `url.toString()`."""
    if isinstance(node, tree.Member):
        return node.name == "href"
    return isinstance(node.callee, tree.Member) and node.callee.name in ("toString", "toJSON")


def _query_set(read: At[tree.Name]) -> Iterator[str]:
    params = read.parent
    method = read.index.parents.get(params) if isinstance(params, tree.Member) else None
    call = read.index.parents.get(method) if isinstance(method, tree.Member) else None
    if (
        isinstance(params, tree.Member)
        and params.name == "searchParams"
        and isinstance(method, tree.Member)
        and method.name in ("set", "append")
        and isinstance(call, tree.Call)
        and call.arguments
    ):
        name = call.arguments[0].value
        if isinstance(name, tree.Literal) and isinstance(name.value, str):
            yield name.value
