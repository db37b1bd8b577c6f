"""A native client with all that its release is judged by: aliases, owner, and what lets go of it."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from halfopen.connections.client_owner import Reach, owner_of, reach_of
from halfopen.connections.client_release import Socket, closure_of, release_roots, statements_of
from halfopen.connections.dossier import Owner
from halfopen.connections.tables import table_of_client
from halfopen.semantics import tree
from halfopen.semantics.flow import aliases
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program
from halfopen.semantics.qualified_names import qualified


@dataclass(frozen=True, slots=True)
class Client:
    """One place that makes a socket: `new WebSocket(...)`, or a library's call."""

    call: At[tree.Call]
    library: str
    """"native", or the name of the library's table."""

    def __hash__(self) -> int:
        return hash(self.call.node)


@dataclass(frozen=True, slots=True)
class View:
    """A client with all that its release is judged by."""

    program: Program
    call: At[tree.Call]
    held: list[At[tree.Expr]]
    socket: Socket
    reach: Reach
    owner: Owner
    roots: list[At[tree.Function]]
    """The functions that let go of the socket."""
    released: list[At[tree.Function]]
    """All that runs when they run."""


def view_key(client: Client) -> Hashable:
    """The key of the answer that a client's view is."""
    return ("client view", client)


def view_of(program: Program, client: Client) -> View:
    return program.queries.get(view_key(client), lambda: _make_view(program, client))


def _make_view(program: Program, client: Client) -> View:
    call = client.call
    program.queries.note(call.unit)
    held = aliases(program, call)
    table = table_of_client(program, client.library)
    socket = Socket(frozenset(each.node for each in held), table.interface)
    reach = reach_of(program, call)
    owner = owner_of(program, call, reach, held)
    roots = release_roots(program, call, owner, reach, socket, held)
    return View(program, call, held, socket, reach, owner, roots, closure_of(program, roots))


def is_timer(program: Program, call: At[tree.Call], name: str = "setTimeout") -> bool:
    """Whether a call is the browser's or Node's own timer of that name."""
    callee = call.node.callee
    return last_name(callee) == name and name in qualified(program, call.to(callee))


def is_cleared(program: Program, timer: At[tree.Call], code: list[At[tree.Function]]) -> bool:
    """Whether code clears a timer: by the handle that setting it gave."""
    handles = {each.node for each in aliases(program, timer)}
    return any(
        isinstance(at.node, tree.Call)
        and last_name(at.node.callee) in ("clearInterval", "clearTimeout")
        and bool(at.node.arguments)
        and at.node.arguments[0].value in handles
        for at in statements_of(code)
    )
