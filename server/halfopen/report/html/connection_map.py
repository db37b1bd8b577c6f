"""The map of clients, proxies and endpoints: where each box stands and how the lines run. No colours, no markup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from halfopen.report.document.model import Node
from halfopen.report.printable import one_line
from halfopen.report.result import ReportedConnection, ReportedFact

BOX_WIDTH = 268
BOX_HEIGHT = 62
PROXY_WIDTH = 150
GAP = 22
MARGIN = 12
HEAD = 34
"""Above the boxes: the names of the columns."""
LANE = 150
"""Between two columns, where the lines run."""
_WIDEST_NAME = 30
_WIDEST_LINE = 36


@dataclass(frozen=True, slots=True)
class Box:
    """A client, proxy or endpoint. `anchor` is the id of what it leads to, `full` all of its words."""

    kind: str
    x: float
    y: float
    width: float
    title: str
    detail: str
    note: str
    full: str
    connection: str
    worst: str
    """The severity of its gravest finding, in small letters; empty for none."""


@dataclass(frozen=True, slots=True)
class Line:
    """A link; `kind` is "certain" or "likely", `broken` where the proxy does not pass handshakes."""

    path: str
    kind: str
    broken: bool
    words: str


@dataclass(frozen=True, slots=True)
class Map:
    """The whole drawing, in CSS pixels."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    columns: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class _Hop:
    layer: str
    rule: str
    upgrades: bool | None
    idle_seconds: float | None


def map_of(nodes: Sequence[Node]) -> Map:
    """Clients on the left, endpoints on the right in the order of those who talk to them, proxies between."""
    clients = [each for each in nodes if each.connection.side == "client"]
    order = {each.connection.id: position for position, each in enumerate(clients)}
    endpoints = sorted(
        (each for each in nodes if each.connection.side == "server"),
        key=lambda node: (_middle(node, order), node.connection.place),
    )
    hops = list(dict.fromkeys(hop for each in endpoints for hop in _hops(each.connection)))
    rows = max(len(clients), len(endpoints), len(hops), 1)
    height = HEAD + rows * (BOX_HEIGHT + GAP) - GAP + MARGIN
    middle = MARGIN + BOX_WIDTH + LANE
    right = middle + (PROXY_WIDTH + LANE if hops else 0)
    boxes: dict[str, Box] = {}
    for kind, column, x in (("client", clients, MARGIN), ("endpoint", endpoints, right)):
        for y, node in zip(_tops(len(column), height), column, strict=True):
            boxes[node.connection.id] = _box(kind, x, y, node)
    proxies = {hop: _proxy_box(hop, middle, y) for y, hop in zip(_tops(len(hops), height), hops, strict=True)}
    columns = [(MARGIN, "Clients"), (right, "Endpoints")]
    if hops:
        columns.insert(1, (middle, "Proxies"))
    return Map(
        right + BOX_WIDTH + MARGIN,
        height,
        (*boxes.values(), *proxies.values()),
        tuple(_lines(clients, endpoints, boxes, proxies)),
        tuple(columns),
    )


def _middle(node: Node, order: Mapping[str, int]) -> float:
    """Where an endpoint stands best: amid its clients; below all others where it has none."""
    places = [order[each] for each in node.connection.linked_to if each in order]
    return sum(places) / len(places) if places else float("inf")


def _tops(count: int, height: float) -> list[float]:
    """Where the boxes of a column begin: the column stands amid the height."""
    used = count * (BOX_HEIGHT + GAP) - GAP
    first = HEAD + (height - HEAD - MARGIN - used) / 2
    return [first + position * (BOX_HEIGHT + GAP) for position in range(count)]


def _box(kind: str, x: float, y: float, node: Node) -> Box:
    connection = node.connection
    findings = ", ".join(f"{count} {severity.name}" for severity, count in node.counts) or "no findings"
    place = f"{connection.place.path}:{connection.place.line}"
    address = node.address or "address not known"
    return Box(
        kind=kind,
        x=x,
        y=y,
        width=BOX_WIDTH,
        title=_clipped(connection.name, _WIDEST_NAME),
        detail=_clipped(address, _WIDEST_LINE),
        note=_clipped(f"{node.score}/10, {findings}", _WIDEST_LINE),
        full=one_line(f"{kind} {connection.name} ({connection.library}), {place}, {address}: {findings}"),
        connection=connection.id,
        worst=node.counts[0][0].name.lower() if node.counts else "",
    )


def _proxy_box(hop: _Hop, x: float, y: float) -> Box:
    idle = f"idle limit {hop.idle_seconds:g} s" if hop.idle_seconds is not None else "no idle limit"
    passes = {True: "passes upgrades", False: "passes no upgrade", None: "upgrades unknown"}[hop.upgrades]
    return Box(
        "proxy",
        x,
        y,
        PROXY_WIDTH,
        _clipped(hop.layer, 16),
        _clipped(hop.rule, 22),
        passes if hop.upgrades is not True else idle,
        one_line(f"{hop.layer}, {hop.rule}: {passes}, {idle}"),
        "",
        "critical" if hop.upgrades is False else "",
    )


def _lines(
    clients: Sequence[Node], endpoints: Sequence[Node], boxes: Mapping[str, Box], proxies: Mapping[_Hop, Box]
) -> list[Line]:
    """From each client to the proxies that answer for its endpoint, and on to the endpoint; straight where there is none.

    Several proxies of one endpoint are ways beside each other: which one is taken depends on the deployment.
    """
    hops_of = {each.connection.id: list(dict.fromkeys(_hops(each.connection))) for each in endpoints}
    names = {each.connection.id: each.connection.name for each in endpoints}
    drawn: dict[tuple[object, ...], Line] = {}

    def draw(start: Box, end: Box, kind: str, broken: bool, words: str) -> None:
        line = Line(_curve(start, end), kind, broken, one_line(words))
        drawn.setdefault((line.path, kind), line)

    for client in clients:
        for link in client.connection.links:
            if link.other not in names:
                continue
            start, end = boxes[client.connection.id], boxes[link.other]
            kind = "certain" if link.strength == "certain" else "likely"
            words = f"{client.connection.name} to {names[link.other]} ({kind})"
            for hop in hops_of[link.other]:
                draw(start, proxies[hop], kind, hop.upgrades is False, words)
            if not hops_of[link.other]:
                draw(start, end, kind, broken=False, words=words)
    for endpoint, hops in hops_of.items():
        for hop in hops:
            words = f"{hop.layer}, {hop.rule} answers for {names[endpoint]}"
            draw(proxies[hop], boxes[endpoint], "certain", hop.upgrades is False, words)
    return list(drawn.values())


def _curve(start: Box, end: Box) -> str:
    x1, y1 = start.x + start.width, start.y + BOX_HEIGHT / 2
    x2, y2 = end.x, end.y + BOX_HEIGHT / 2
    bend = (x2 - x1) / 2
    return f"M{x1:g} {y1:g}C{x1 + bend:g} {y1:g} {x2 - bend:g} {y2:g} {x2:g} {y2:g}"


def _hops(connection: ReportedConnection) -> list[_Hop]:
    fact = connection.facts.get("serving.proxies")
    value = fact.value if isinstance(fact, ReportedFact) else None
    found: list[_Hop] = []
    for each in cast("Sequence[object]", value) if isinstance(value, list | tuple) else ():
        if not isinstance(each, Mapping):
            continue
        hop = cast("Mapping[str, object]", each)
        upgrades, idle = hop.get("upgrades"), hop.get("idle_limit_seconds")
        found.append(
            _Hop(
                str(hop.get("layer") or "proxy"),
                str(hop.get("rule") or ""),
                upgrades if isinstance(upgrades, bool) else None,
                float(idle) if isinstance(idle, int | float) else None,
            )
        )
    return found


def _clipped(text: str, widest: int) -> str:
    text = one_line(text)
    return text if len(text) <= widest else f"{text[: widest - 1]}…"
