"""Server starts in code (`uvicorn.run(app, ...)`, `websockets.serve(handle, ...)`), and what their arguments say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal as OneOf

from halfopen.connections.facts import Line, Place
from halfopen.connections.library_clients import argument as argument_at
from halfopen.connections.liveness.durations import numbers_of
from halfopen.connections.shipped import is_shipped
from halfopen.connections.strings import texts_of
from halfopen.deployment import DeploymentFacts, ServerLaunch, launch_from_keywords
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.scopes import index_of
from halfopen.semantics.unit import Span
from halfopen.semantics.values import origins
from halfopen.source.text import one_line

_LONGEST_TEXT = 80
"""Characters of a start command that evidence repeats."""

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_STARTS: Mapping[str, OneOf["uvicorn", "hypercorn", "granian"]] = {
    "uvicorn.run": "uvicorn",
    "uvicorn.Config": "uvicorn",
    "uvicorn.config.Config": "uvicorn",
    "granian.Granian": "granian",
}


@dataclass(frozen=True, slots=True)
class Start:
    """One place that starts a server, in a deployment file or in code."""

    launch: ServerLaunch
    place: Place
    said: str
    """As it is written there, cut short."""
    keywords: tuple[tuple[str, Span], ...] = ()
    """In code: where each keyword stands."""
    service: str | None = None
    """What the service is called that it starts, in a compose file or the like."""
    published: int | None = None
    """The port on the machine that leads to it, where the file says."""
    stays_on_machine: bool = False
    """Whether it says to listen on the loopback address, or does unless an option or a setting says otherwise."""

    def place_of(self, *keywords: str) -> Place:
        """Where one of the keywords is given, else the start itself."""
        return next((span for name, span in self.keywords if name in keywords), self.place)


@dataclass(frozen=True, slots=True)
class HandlerStart:
    """A call that serves connections with a handler of its own: `websockets.serve(handle, "localhost", 8765)`."""

    handlers: tuple[Span, ...]
    """The functions that it runs for each connection."""
    place: Span
    said: str
    stays_on_machine: bool
    """As of `Start`."""


_SERVES_HANDLER = frozenset(
    {
        "websockets.serve",
        "websockets.server.serve",
        "websockets.asyncio.server.serve",
        "websockets.legacy.server.serve",
        "websockets.sync.server.serve",
    }
)
"""They take the handler, the host and the port in this order (websockets 17.4 asyncio/server.py, sync/server.py)."""


def handler_starts(program: Program) -> tuple[HandlerStart, ...]:
    """The servers of the `websockets` library that the workspace's Python starts, tests aside."""
    return program.queries.search(("handlers served in code",), lambda: tuple(_handler_starts(program)))


def _handler_starts(program: Program) -> Iterator[HandlerStart]:
    for module, unit in program.units_with("websockets", "python"):
        if not is_shipped(module.path):
            continue
        program.queries.note(unit)
        for node in index_of(unit).calls:
            if last_name(node.callee) != "serve":
                continue
            call = At(module.path, unit, node)
            if not qualified(program, call.to(node.callee)) & _SERVES_HANDLER:
                continue
            handler, host = argument_at(call, 0, "handler", "ws_handler"), argument_at(call, 1, "host")
            yield HandlerStart(
                tuple(each.span for each in functions(program, handler)) if handler is not None else (),
                call.span,
                one_line(call.text, _LONGEST_TEXT),
                host is not None and _is_loopback(program, host),
            )


def starts_in_code(program: Program) -> tuple[Start, ...]:
    """The servers that the workspace's Python starts, tests aside."""
    return program.queries.search(("server starts in code",), lambda: tuple(_starts(program)))


def _starts(program: Program) -> list[Start]:
    found: list[Start] = []
    for word in ("uvicorn", "granian"):
        for module, unit in program.units_with(word, "python"):
            if not is_shipped(module.path):
                continue
            program.queries.note(unit)
            for call in index_of(unit).calls:
                at = At(module.path, unit, call)
                if not isinstance(call.callee, tree.Name | tree.Member):
                    continue
                for name in sorted(qualified(program, at.to(call.callee)) & _STARTS.keys()):
                    found.append(_start(program, at, _STARTS[name]))
    return found


def _start(program: Program, at: At[tree.Call], server: OneOf["uvicorn", "hypercorn", "granian"]) -> Start:
    given: dict[str, object] = {}
    unresolved: list[str] = []
    places: list[tuple[str, Span]] = []
    arguments = [("app" if index == 0 else "", each) for index, each in enumerate(at.node.arguments)]
    for position, argument in arguments:
        name = argument.name or position
        if not name:
            continue
        places.append((name, at.to(argument.value).span))
        known, value = _literal(program, at.to(argument.value))
        if known:
            given[name] = value
        else:
            unresolved.append(name)
    said = " ".join(at.text.split())
    launch = launch_from_keywords(
        server, given, path=at.path, line=1, command=said[:120], unresolved=tuple(unresolved)
    )
    host = next((each.value for each in at.node.arguments if each.name == "host"), None)
    local = host is not None and _is_loopback(program, at.to(host))
    return Start(launch, at.span, one_line(said, _LONGEST_TEXT), tuple(places), stays_on_machine=local)


def _is_loopback(program: Program, host: At[tree.Expr]) -> bool:
    """Whether a server's host is the loopback address, or may be, and is no other one but by an option."""
    if any(len(each) == 1 and each[0] in LOOPBACK for each in texts_of(program, host).texts):
        return True
    return any(
        isinstance(default, tree.Literal) and default.value in LOOPBACK
        for origin in origins(program, host)
        if isinstance(origin, At)
        for default in _default_of_field(origin.node)
    )


def _default_of_field(node: tree.Node) -> Iterator[tree.Expr]:
    """`host: str = Field(default="127.0.0.1")` of a settings class."""
    if isinstance(node, tree.Call) and last_name(node.callee) == "Field":
        yield from (each.value for each in node.arguments if each.name in (None, "default"))


def _literal(program: Program, at: At[tree.Expr]) -> tuple[bool, object]:
    """Whether an argument is fixed, and its value; numbers are followed through settings with a default."""
    if isinstance(at.node, tree.Literal):
        return True, at.node.value
    for origin in origins(program, at):
        if isinstance(origin, At) and isinstance(origin.node, tree.Literal):
            return True, origin.node.value
    numbers = numbers_of(program, at)
    return (True, numbers[0]) if len(numbers) == 1 else (False, None)


def starts_in_files(facts: DeploymentFacts) -> Iterator[Start]:
    """The servers that deployment files start."""
    for launch in facts.launches:
        yield _start_of(launch)
    for service in facts.services:
        for launch in service.launches:
            published = _published(service.ports, launch.port)
            yield replace(_start_of(launch), service=service.name, published=published)


def _published(ports: Iterable[str], own: int | None) -> int | None:
    """The port before the colon: `8080:8000`, `127.0.0.1:8080:8000/tcp`; of several the one for the server's own port."""
    pairs = [each.partition("/")[0].split(":") for each in ports]
    numbers = [(int(each[-2]), each[-1]) for each in pairs if len(each) > 1 and each[-2].isdecimal()]
    meant = [outer for outer, inner in numbers if inner == str(own)]
    return next(iter(meant or [outer for outer, _ in numbers[:1] if own is None]), None)


def _start_of(launch: ServerLaunch) -> Start:
    said = " ".join(launch.command.split()) or launch.server
    return Start(
        launch,
        Line(launch.path, launch.line),
        one_line(said, _LONGEST_TEXT),
        stays_on_machine=(launch.host or "").partition(":")[0] in LOOPBACK,
    )
