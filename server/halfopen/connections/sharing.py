"""One socket behind several hooks: `useWebSocket(url, { share: true })` gives each component the same one."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.client_site import ClientSite
from halfopen.connections.facts import Evidence
from halfopen.connections.library_clients import LibraryClient, argument, library_clients_in, option
from halfopen.semantics import tree
from halfopen.semantics.program import Program


def told_elsewhere(site: ClientSite) -> Evidence | None:
    """Where another hook takes the messages of the very socket that a hook shares; None where this one does.

    What is wrong with a shared socket is told once, at the hook that listens.
    """
    made = site.made_with
    if made is None or not _is_shared(site.program, made):
        return None
    others = list(_sharing(site.program, made))
    if not others or _rank(made) <= min(_rank(each) for each in others):
        return None
    first = min(others, key=_rank)
    return Evidence(first.client.call.span, "shares the same socket, and takes its messages")


def _is_shared(program: Program, made: LibraryClient) -> bool:
    position = made.constructor.options_argument
    options = argument(made.client.call, position) if position is not None else None
    given = option(program, options, "share") if options is not None else None
    return given is not None and isinstance(given.node, tree.Literal) and given.node.value is True


def _sharing(program: Program, made: LibraryClient) -> Iterator[LibraryClient]:
    """The other hooks with the same address, as it is written."""
    for module, unit in program.units_with("share", "typescript"):
        for each in library_clients_in(program, module.path, unit):
            if (
                each.client.call.node is not made.client.call.node
                and each.client.library == made.client.library
                and made.url is not None
                and each.url is not None
                and each.url.text == made.url.text
                and _is_shared(program, each)
            ):
                program.queries.note(unit)
                yield each


_TAKES = frozenset({"lastMessage", "lastJsonMessage", "onMessage", "readyState"})


def _rank(made: LibraryClient) -> tuple[int, str, int]:
    """The hook that takes messages first; among those the first in the workspace."""
    call = made.client.call
    around = call.parent
    takes = any(
        isinstance(node, tree.Entry) and isinstance(node.key, tree.Literal) and node.key.value in _TAKES
        for node in tree.walk(around if isinstance(around, tree.Assign) else call.node)
    )
    return (0 if takes else 1, call.path, call.span.start)
