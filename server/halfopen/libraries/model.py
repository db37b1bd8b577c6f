"""What the product knows of a library: a few aspects, each a set of settings with their source.

A setting is one of three things:

* `Default`: the value that holds, with the source it was read from and how sure that is;
* `DependsOnVersion`: the version is not known well enough, and these are the values it may have;
* `None`: the library's table does not speak of it.

Durations of servers are in seconds and those of browser clients in milliseconds, as their own
options are. In a value, None means "off", "no limit" or "never", as each field says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Literal, TypeAlias, TypeVar

from halfopen.libraries.recognition import NO_INTERFACE, Constructor, Interface, Option
from halfopen.libraries.versions import Ecosystem

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

TableConfidence = Literal["high", "medium"]
"""`high`: read in the source or measured. `medium`: general knowledge that was not read again."""


@dataclass(frozen=True, slots=True)
class Default(Generic[T_co]):
    """What a library does when nothing is said. `source` names the version and file it was read in."""

    value: T_co
    source: str
    confidence: TableConfidence = "high"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Possibility(Generic[T_co]):
    """One of several defaults: the one of these versions, as `>=0.35,<0.44`."""

    versions: str
    default: Default[T_co]


@dataclass(frozen=True, slots=True)
class DependsOnVersion(Generic[T_co]):
    """Defaults that differ between the versions that may be installed.

    `settled_by` names what would decide, in words for a reader.
    """

    possibilities: tuple[Possibility[T_co], ...]
    settled_by: str


Setting: TypeAlias = Default[T] | DependsOnVersion[T] | None


@dataclass(frozen=True, slots=True)
class Keepalive:
    """Ping frames of the protocol (RFC 6455, 5.5.2), which browsers answer by themselves."""

    sends_pings: Setting[bool] = None
    """With its defaults, does this side send ping frames?"""
    answers_pings: Setting[bool] = None
    ping_interval_seconds: Setting[float | None] = None
    """None: off."""
    ping_timeout_seconds: Setting[float | None] = None
    """How long a pong may take before the connection is closed. None: it is never closed for that."""
    reading_pauses_while_unread: Setting[bool] = None
    """Does one message that the application has not received stop reading, pongs and close frames too?"""
    frees_blocked_send: Setting[bool] = None
    """Does the timeout end a send that waits for a peer that does not read?"""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a connection may cost. None as a value: no limit."""

    max_message_bytes: Setting[int | None] = None
    receive_queue_messages: Setting[int | None] = None
    """Received and not yet read by the application."""
    send_waits_for_peer: Setting[bool] = None
    """Does sending wait when the peer does not read? If not, memory grows instead."""
    max_connections: Setting[int | None] = None
    max_age_seconds: Setting[float | None] = None
    """A connection is ended at this age, busy or not."""
    blocked_loop_kill_seconds: Setting[float | None] = None
    """A worker whose event loop does not turn for so long is killed, with all its connections."""
    open_timeout_seconds: Setting[float | None] = None
    per_message_deflate: Setting[bool] = None


@dataclass(frozen=True, slots=True)
class Closing:
    """How connections end, and what each side sees of it."""

    code_on_return: Setting[int | None] = None
    """Client's close code when the handler returns without closing. None: the socket stays open."""
    code_on_error: Setting[int | None] = None
    """Client's close code when the handler raises."""
    code_on_shutdown: Setting[int] = None
    code_on_keepalive_failure: Setting[int] = None
    code_on_oversize: Setting[int] = None
    code_on_invalid_utf8: Setting[int] = None
    status_before_accept: Setting[int] = None
    """HTTP status of a close before accept; a browser sees only 1006."""
    status_on_handshake_error: Setting[int] = None
    application_code_on_drop: Setting[int] = None
    """Close code that the handler is told when the peer vanished or stopped answering pings."""
    application_code_on_shutdown: Setting[int] = None
    default_code: Setting[int] = None
    """The code of `close()` without one."""
    close_timeout_seconds: Setting[float | None] = None
    """How long the peer's close frame is waited for."""
    shutdown_timeout_seconds: Setting[float | None] = None
    """How long a graceful stop waits for handlers. None: without limit."""
    disconnect_exceptions: Setting[tuple[str, ...]] = None
    """What the first receive after a disconnect raises."""
    receive_after_disconnect: Setting[tuple[str, ...]] = None
    """What a further receive raises, at once and without suspending."""
    send_after_disconnect: Setting[tuple[str, ...]] = None
    """What a send to a peer known to be gone raises. Empty: nothing, the message is dropped."""
    iteration_hides_disconnect: Setting[tuple[str, ...]] = None
    """Methods whose iteration ends in silence when the connection does."""
    returns_disconnect_message: Setting[tuple[str, ...]] = None
    """Receiving methods that return the disconnect as a message instead of raising."""


@dataclass(frozen=True, slots=True)
class Access:
    """Who gets in, and what is written about them."""

    checks_origin: Setting[bool] = None
    accepts_everyone: Setting[bool] = None
    """Is a connection accepted by the library when the application does not decide?"""
    logs_query_string: Setting[bool] = None
    trusted_proxies: Setting[tuple[str, ...]] = None
    """Proxies whose forwarded client address is believed."""
    sees_websockets: Setting[bool] = None
    """Middleware and limiters: do they act on WebSocket connections at all?"""
    breaks_websockets: Setting[bool] = None
    """Does its use on a WebSocket endpoint raise at run time?"""
    websocket_middleware: Setting[tuple[str, ...]] = None
    http_only_middleware: Setting[tuple[str, ...]] = None
    http_exception_before_accept: Setting[bool] = None
    """Does an HTTPException before accept answer with its own status?"""
    router_dependencies_apply: Setting[bool] = None
    """Do the dependencies of a router or application run for its WebSocket routes?"""
    code_on_invalid_parameters: Setting[int] = None
    request_only_dependencies: Setting[tuple[str, ...]] = None
    """Dependencies that need an HTTP request and fail on WebSocket routes."""


Growth = Literal["fixed", "exponential", "table"]
Jitter = Literal["none", "per_client", "per_attempt"]
"""`per_client`: one random number for the page's or process's life, so retries of one client stay regular."""


@dataclass(frozen=True, slots=True)
class Reconnection:
    """What a client does after its connection ended by itself."""

    reconnects: Setting[bool] = None
    """With its defaults."""
    retries_first_connect: Setting[bool] = None
    after_server_close: Setting[bool] = None
    """Also when the server closed on purpose, in the library's own sense."""
    close_codes: Setting[Literal["all", "all_but_fatal", "abnormal"]] = None
    fatal_codes: Setting[tuple[int, ...]] = None
    initial_delay_ms: Setting[float] = None
    max_delay_ms: Setting[float | None] = None
    growth: Setting[Growth] = None
    growth_factor: Setting[float] = None
    delays_ms: Setting[tuple[float, ...]] = None
    """With growth `table`: the delays in order."""
    jitter: Setting[Jitter] = None
    max_attempts: Setting[int | None] = None
    reset: Setting[Literal["on_open", "stable_uptime"]] = None
    """When the attempts are counted from zero again; `on_open` makes a flapping server always attempt 0."""
    stable_uptime_ms: Setting[float] = None
    connect_timeout_ms: Setting[float | None] = None
    renews_credentials: Setting[bool] = None
    """Are URL, token or parameters given as a function evaluated again for each attempt?"""


Outcome = Literal["queue", "drop", "throw", "callback"]


@dataclass(frozen=True, slots=True)
class Outbox:
    """What becomes of a message sent while there is no open connection."""

    while_closed: Setting[Outcome] = None
    while_connecting: Setting[Outcome] = None
    limit_messages: Setting[int | None] = None
    overflow: Setting[Literal["drop_newest", "drop_oldest"]] = None
    flushes_before_open_event: Setting[bool] = None
    """Is the queue sent before the application can authenticate or subscribe again?"""
    reports_loss: Setting[bool] = None
    """Can the caller learn that a message was not sent?"""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A heartbeat in application messages, or the library's own watch over the connection."""

    interval_ms: Setting[float | None] = None
    deadline_ms: Setting[float | None] = None
    """Silence after which the connection counts as dead. None: never."""
    direction: Setting[Literal["none", "client_to_server", "server_to_client", "both"]] = None
    detects_dead_server: Setting[bool] = None
    """With its defaults, does the client notice a server that vanished?"""
    message: Setting[str] = None
    """The literal text that is sent."""
    needs_reply: Setting[bool] = None
    """Must the server's application answer with some message?"""


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """How a client fits the life of the page, of a component, of a process."""

    closes_on_unmount: Setting[bool] = None
    stale_closure_safe: Setting[bool] = None
    """Do handlers given to it always see the newest props and state?"""
    reconnects_on_new_url: Setting[bool] = None
    stacked_timers: Setting[tuple[str, ...]] = None
    """Options that, used together, start two retries for one failure."""
    crashes_without_error_handler: Setting[bool] = None
    binary_messages_are: Setting[Literal["Blob", "ArrayBuffer", "bytes", "Buffer"]] = None
    app_close_codes: Setting[tuple[str, ...]] = None
    """Close codes that the application may use, as numbers or ranges; others throw."""
    handles_page_visibility: Setting[bool] = None
    must_remove_handlers: Setting[bool] = None
    """Do handlers stay on the shared socket until they are taken off?"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is promised about messages between publisher and subscriber."""

    guarantee: Setting[Literal["at_most_once", "at_least_once"]] = None
    acknowledgement: Setting[Literal["none", "on_request", "always"]] = None
    replay: Setting[Literal["no", "opt_in", "yes"]] = None
    """Are messages missed during an interruption delivered after it?"""
    resubscribes: Setting[bool] = None
    validates_messages: Setting[bool] = None
    subscriber_queue_messages: Setting[int | None] = None
    """Waiting for one slow subscriber. None: no bound."""
    message_expiry_seconds: Setting[float | None] = None
    membership_expiry_seconds: Setting[float | None] = None
    """A subscription older than this silently receives nothing."""
    drops_silently: Setting[bool] = None
    listener_failure_is_silent: Setting[bool] = None


@dataclass(frozen=True, slots=True)
class State:
    """Stores: when a change is seen."""

    change_detection: Setting[Literal["identity"]] = None
    merge: Setting[Literal["shallow", "replace", "recipe"]] = None
    freezes_results: Setting[bool] = None
    mutable_recipe: Setting[tuple[str, ...]] = None
    """Functions or middleware inside whose recipe mutation is allowed."""
    fresh_reads: Setting[tuple[str, ...]] = None
    """Calls that read the newest state wherever they stand."""


@dataclass(frozen=True, slots=True)
class Validation:
    """Schemas: what was really checked."""

    throwing: Setting[tuple[str, ...]] = None
    """Functions that raise on invalid data."""
    returning_result: Setting[tuple[str, ...]] = None
    """Functions whose result must be looked at."""
    unknown_keys: Setting[Literal["strip", "keep", "reject"]] = None


@dataclass(frozen=True, slots=True)
class LibraryModel:
    """All that the tables say of one library in the versions that may be installed."""

    library: str
    ecosystem: Ecosystem
    packages: tuple[str, ...]
    roles: tuple[str, ...]
    implementation: Setting[str] = None
    """Which of several implementations runs (uvicorn's `ws`, gunicorn's worker class)."""
    delegates_to: Setting[str] = None
    """Another library whose defaults hold for what this one does not say."""
    keepalive: Keepalive = Keepalive()
    limits: Limits = Limits()
    closing: Closing = Closing()
    access: Access = Access()
    reconnection: Reconnection = Reconnection()
    outbox: Outbox = Outbox()
    heartbeat: Heartbeat = Heartbeat()
    lifecycle: Lifecycle = Lifecycle()
    delivery: Delivery = Delivery()
    state: State = State()
    validation: Validation = Validation()
    options: tuple[Option, ...] = ()
    constructors: tuple[Constructor, ...] = ()
    interface: Interface = NO_INTERFACE
