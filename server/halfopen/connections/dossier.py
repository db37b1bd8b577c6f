"""The dossier of a connection: everything known that bears on it, gathered across files.

Rules read dossiers and nothing else. A dossier's facts are immutable and hold no positions but spans,
so it stays valid while the code it was read from stays the same, wherever that code moves.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal as OneOf
from typing import TypeAlias

from halfopen.connections.admission.facts import Admission, ClientAdmission
from halfopen.connections.background.facts import Background
from halfopen.connections.closing.facts import Closing
from halfopen.connections.delivery.facts import Delivery
from halfopen.connections.facts import Evidence, Fact, Known, Unknown
from halfopen.connections.freshness.facts import Freshness
from halfopen.connections.liveness.facts import Liveness
from halfopen.connections.messages.facts import Messages
from halfopen.connections.presentation.facts import Presentation
from halfopen.connections.receiving.facts import Receiving
from halfopen.connections.reconnection.facts import Reconnection
from halfopen.connections.routes import Route
from halfopen.connections.sending.facts import Sending
from halfopen.connections.serving import Serving
from halfopen.connections.updates.facts import Updates
from halfopen.connections.urls import ClientUrls
from halfopen.semantics.unit import Span

Side: TypeAlias = OneOf["server", "client"]


@dataclass(frozen=True, slots=True)
class Connection:
    """One place where a socket is made or accepted: an endpoint (server) or a client (browser)."""

    id: str
    """Stable across edits elsewhere: the file and the name, numbered where a name repeats."""
    side: Side
    name: str
    library: str
    """"fastapi", "starlette", "native"."""
    site: Span
    """The `new WebSocket(...)`, or the endpoint function's definition."""
    extent: Span
    """The component, hook, class, store or function that the connection lives in."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Who a connection lives and dies with.

    `lifetime` is "mount" (an effect or component), "instance" (an object), "page" (a module, a store, a
    singleton), "call" (one run of the endpoint).
    """

    kind: OneOf["effect", "component", "hook", "class", "store", "function", "module", "endpoint"]
    name: str
    lifetime: OneOf["mount", "instance", "page", "call"]
    span: Span


LeakKind: TypeAlias = OneOf[
    "never",
    "no-cleanup",
    "not-in-cleanup",
    "each-render",
    "only-when-open",
    "first-alone",
    "previous",
    "after-await",
    "rearmed",
    "rearmed-connecting",
    "flag-set-anew",
    "uncleared",
    "on-disconnect",
    "on-send",
    "on-error",
    "uncovered",
    "unreached",
    "shadowed",
    "not-awaited",
    "successor",
    "one-key",
    "unread",
    "overwritten",
    "reopened",
    "gathered",
    "awaited",
    "closed-under",
    "left",
]
"""How a resource outlives its owner.

never: nothing releases it. no-cleanup: the effect returns no cleanup. not-in-cleanup: the cleanup
does something else. each-render: made in a component's body. only-when-open: released only in one
state. first-alone: only the first of those that a reconnect makes is.
previous: only what a state held before. after-await: made after a pause in which the owner may have gone. rearmed: the release itself
sets off a handler that acquires anew. rearmed-connecting: only one of a socket that is not open yet does, which
the browser reports as 1006 whatever code was given. flag-set-anew: so it does, since its flag is reset by the effect's
next run. uncleared: the release leaves it running. on-disconnect: a
disconnect skips the release. on-send: only a client that leaves during a send before the guarded part
skips it. on-error: any other exception than the disconnect skips it. uncovered: so does an exception
where not even the disconnect is caught. unreached: the handler ends normally without it. shadowed: a broader
clause in front takes the disconnect from the clause that does it. not-awaited: the release is a coroutine that
nobody awaits, and so never runs.
successor: the release may remove another connection's entry. one-key: all connections have the same entry. unread: nothing notices that the
client left. overwritten: a person can have a second one made, which takes the first one's only place. reopened:
an effect that runs again has one made so.
gathered: a gather waits for it, or lets it run on, when the coroutine that reads has ended. awaited: the cleanup waits
first for a task that may have failed, whose exception skips it. closed-under: a task goes on
with a database session that its handler closes. left: a hook offers its users a function that releases it, and none of
their effects' cleanups calls that.
"""


@dataclass(frozen=True, slots=True)
class Leak:
    """One way in which a resource outlives its owner, with the places that show it."""

    kind: LeakKind
    evidence: tuple[Evidence, ...] = ()
    is_refused: bool = False
    """Whether what would make the socket anew leaves where it finds another one open."""


@dataclass(frozen=True, slots=True)
class FinallyRepair:
    """Where a `finally` would go: the function, the statement after which to guard, and what to call."""

    function: Span
    statement: Span
    release: str
    """The source text of the release statement, in the function's own names."""


@dataclass(frozen=True, slots=True)
class CleanupRepair:
    """Where an effect's cleanup would go, and its statements."""

    callback: Span
    statements: tuple[str, ...]
    declare: tuple[Span, str] | None = None
    """An expression to be kept in a new variable first: where, and the variable's name."""


@dataclass(frozen=True, slots=True)
class ConditionRepair:
    """Conditions that keep a release from happening, each with the source text to stand in its place."""

    conditions: tuple[tuple[Span, str], ...]


Repair: TypeAlias = FinallyRepair | CleanupRepair | ConditionRepair


@dataclass(frozen=True, slots=True)
class Resource:
    """Something a connection acquires that must not outlive it.

    `what` is how the code names it ("manager.active_connections", "the reconnect timer"), `owner` what it should
    end with, in words ("useProgress", "the handler").
    """

    kind: OneOf["socket", "timer", "interval", "listener", "registration", "task", "subscription", "handler"]
    what: str
    owner: str
    acquired: Span
    leaks: tuple[Leak, ...] = ()
    released_by: tuple[Evidence, ...] = ()
    repair: Repair | None = None


@dataclass(frozen=True, slots=True)
class Other:
    """The other side of a connection. Its own `surroundings` are left empty."""

    dossier: Dossier
    strength: OneOf["certain", "likely"]
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands around a connection: the other side, and what serves it on the way."""

    others: tuple[Other, ...] = ()
    serving: Serving = field(default_factory=Serving)
    desktop: Evidence | None = None
    """What says that a client's page runs in a program on its user's machine (Electron, Tauri)."""


@dataclass(frozen=True, slots=True)
class Dossier:
    """A connection with its facts.

    `url` is what a person reads: a client's address, an endpoint's full path. `urls` (of a client) and
    `routes` (of an endpoint) are the same taken apart, every alternative of it. The groups of facts are
    None on the side that they do not apply to; `surroundings` are what other files and the deployment add.
    `reachable` says whether anything runs the connection's code (an application that includes the router, a module
    that imports the client's); None where that is open.
    """

    connection: Connection
    owner: Fact[Owner] = Unknown("where the connection is created")
    url: Fact[str] = Unknown("the expression that gives the URL or path")
    resources: tuple[Resource, ...] = field(default=())
    urls: ClientUrls | None = None
    routes: tuple[Route, ...] = ()
    reachable: Known[bool] | None = None
    admission: Admission | ClientAdmission | None = None
    receiving: Receiving | None = None
    sending: Sending | None = None
    closing: Closing | None = None
    liveness: Liveness | None = None
    messages: Messages | None = None
    background: Background | None = None
    reconnection: Reconnection | None = None
    presentation: Presentation | None = None
    freshness: Freshness | None = None
    delivery: Delivery | None = None
    updates: Updates | None = None
    surroundings: Surroundings = field(default_factory=Surroundings)
    failures: tuple[str, ...] = ()
    """Groups of facts that could not be read, and why; they are None."""
