"""A client as the extractors of its facts see it."""

from __future__ import annotations

from dataclasses import dataclass

from halfopen.connections.client_view import Client, View, view_of
from halfopen.connections.library_clients import LibraryClient
from halfopen.semantics import tree
from halfopen.semantics.program import At, Program


@dataclass(frozen=True, slots=True)
class ClientSite:
    """A client with all that its facts are read from.

    `view` has its aliases, owner and release; None for a client in Python. `made_with` is the library's
    constructor, None for the browser's own WebSocket.
    """

    program: Program
    client: Client
    view: View | None
    made_with: LibraryClient | None = None

    @property
    def call(self) -> At[tree.Call]:
        return self.client.call

    @property
    def library(self) -> str:
        """ "native", or the name of the library's table."""
        return self.client.library

    @property
    def is_python(self) -> bool:
        return self.client.call.unit.language == "python"


def client_site(program: Program, client: Client, made_with: LibraryClient | None = None) -> ClientSite:
    """The site of a client."""
    is_python = client.call.unit.language == "python"
    return ClientSite(program, client, None if is_python else view_of(program, client), made_with)
