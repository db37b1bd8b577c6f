"""The map of clients and endpoints as a Graphviz graph."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.report.printable import one_line
from halfopen.report.result import AuditResult, ReportedConnection, ReportedFact

_WIDEST_LABEL = 60


def dot_text(result: AuditResult) -> str:
    """A `digraph`: clients on the left, endpoints on the right, likely links dashed."""
    return "\n".join(_lines(result)) + "\n"


def _lines(result: AuditResult) -> Iterator[str]:
    yield "digraph halfopen {"
    yield "  rankdir=LR;"
    yield '  node [shape=box, fontname="sans-serif"];'
    for side, name in (("client", "clients"), ("server", "endpoints")):
        members = [each for each in result.connections if each.side == side]
        if members:
            yield f"  subgraph {name} {{"
            yield f"    rank={'min' if side == 'client' else 'max'};"
            for each in members:
                style = ", style=rounded" if side == "client" else ""
                yield f"    {_quoted(each.id)} [label={_quoted(_label(each))}{style}];"
            yield "  }"
    known = {each.id for each in result.connections}
    for connection in result.connections:
        for link in connection.links if connection.side == "client" else ():
            if link.other in known:
                likely = link.strength != "certain"
                style = ' [style=dashed, label="likely"]' if likely else ""
                yield f"  {_quoted(connection.id)} -> {_quoted(link.other)}{style};"
    yield "}"


def _label(connection: ReportedConnection) -> str:
    fact = connection.facts.get("url")
    known = isinstance(fact, ReportedFact) and fact.known
    lines = [
        f"{connection.name} ({connection.library})",
        *([str(fact.value)] if known and isinstance(fact, ReportedFact) else []),
        f"{connection.place.path}:{connection.place.line}",
    ]
    return "\n".join(_clipped(one_line(each)) for each in lines)


def _clipped(text: str) -> str:
    return text if len(text) <= _WIDEST_LABEL else f"{text[: _WIDEST_LABEL - 3]}..."


def _quoted(text: str) -> str:
    """A quoted identifier of the DOT language; its only escapes are the quote's and the line's."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
