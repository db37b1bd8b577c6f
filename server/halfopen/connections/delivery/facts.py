"""What becomes of messages: sends and their guard, the outbox, acknowledgement, order, duplicates, what is asked for after a gap."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal as OneOf
from typing import TypeAlias

from halfopen.connections.facts import Evidence, Fact, Unknown
from halfopen.semantics.unit import Span

Purpose: TypeAlias = OneOf["command", "heartbeat", "subscription", "authentication", "presence"]
"""What a message is for, told by its type: a lost command is lost work; the others are sent again."""

Trigger: TypeAlias = OneOf[
    "user", "open", "message", "close", "timer", "effect", "code", "handed-on", "nobody"
]
"""What makes a send happen.

user: an event handler of the page. open, message, close: a handler of the socket itself. timer: each
turn of an interval. effect: an effect of a component or hook. code: the module's own top level.
handed-on: the function leaves what the workspace shows. nobody: nothing calls it.
"""

Guard: TypeAlias = OneOf["open", "flag", "present", "awaited", "none"]
"""What is asked before a send: `readyState`, a flag that the open handler sets, whether a socket is there at all;
or an open socket is waited for."""

Refusal: TypeAlias = OneOf["throws", "returned", "queued", "shown", "logged", "silent"]
"""What becomes of a message that the guard refuses: an exception or a result tells the caller, it waits in an
outbox, the user sees an error, the log tells, or nothing does."""


@dataclass(frozen=True, slots=True)
class SendRepair:
    """A send that an outbox can take over.

    `replaced` gives way: the `call`, or the statement that only asks whether it may. `socket` and
    `message` are the parts of the call that stay. `made` is the statement that makes the socket, `target` what it
    gives it to; `home` is the component or hook, the class or the function that holds it, or the call in
    a module.
    """

    replaced: Span
    call: Span
    socket: Span
    message: Span
    made: Span
    target: str
    kind: OneOf["hook", "class", "module", "function"]
    home: Span
    note: str = ""
    """The comment behind the call, within what gives way."""


@dataclass(frozen=True, slots=True)
class Send:
    """One place from which a message goes out: the send itself, or the call that hands it to a sending function.

    `sent` is the call of the socket's own `send`; `function` names the one that does it.
    `message` is the message's type where that is known (`is_typed`), else how the code names it. `is_kept` says that nothing else happens
    where the guard refuses: the input is still there, and the user can try again. `identified` says that
    the message carries an id by which a copy of it can be told.
    """

    place: Span
    sent: Span
    function: str
    message: str
    purpose: Purpose
    guard: Guard
    refusal: Refusal
    triggers: tuple[Trigger, ...]
    is_typed: bool = False
    is_kept: bool = False
    identified: bool = False
    is_object: bool = False
    """Whether the socket's `send` is given an object as it is, which the browser turns into "[object Object]"."""
    evidence: tuple[Evidence, ...] = ()
    repair: SendRepair | None = None
    set_off: tuple[Span, ...] = ()
    """The attributes of elements by which the user has it sent."""
    is_committed: bool = False
    """Whether the function that sends it also commits it by a request over HTTP, whatever the socket's state."""
    is_held_once_open: bool = False
    """Whether what it is sent on holds the socket only from its open event on: nothing is sent while it connects."""


@dataclass(frozen=True, slots=True)
class Outbox:
    """Messages that wait for the connection.

    `limit` is the expression that bounds it, None where nothing does; `limit_is_option`: it is an option that
    means "no limit" unless it is given. `fed_by` is what makes the sends happen that fill it. `is_read` says
    whether anything takes messages out again, to send them once the connection is back.
    """

    container: str
    place: Span
    limit: str | None = None
    limit_is_option: bool = False
    fed_by: tuple[Trigger, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    is_read: Fact[bool] = Unknown("what reads the outbox")


@dataclass(frozen=True, slots=True)
class Resend:
    """What the user has sent, picked from a list by what runs on a new connection, and sent anew without an id.

    `kept_in` is the list, in the code's words. The first copy may have arrived, and its answer alone may be lost.
    """

    place: Span
    kept_in: str
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class CatchUp:
    """Something that brings a client that is connected (again) up to date.

    fetch: an HTTP request. refresh: cached queries are asked anew. message: it asks the server over the socket for
    its state, or says what it has seen last. address: the address says that, in the parameter `message_type`. `trigger` is what sets it off: the open handler, an effect that
    depends on the connection's state, or the message of the type that follows.
    """

    kind: OneOf["fetch", "refresh", "message", "address"]
    place: Span
    trigger: OneOf["open", "effect", "greeting", "message"]
    message_type: str = ""
    type_is_sent: bool = True
    """Whether the text of that type stands anywhere in the server's code."""
    evidence: tuple[Evidence, ...] = ()
    cursor: str = ""
    """What the request says was seen last, where each message moves it on."""
    asked: Span | None = None
    """The call that is given it."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What becomes of messages: sends and their guard, the outbox, acknowledgement, order, duplicates, what is asked for after a gap."""

    sends: tuple[Send, ...] = field(default=())
    outboxes: tuple[Outbox, ...] = field(default=())
    resends: tuple[Resend, ...] = field(default=())
    catch_up: tuple[CatchUp, ...] = field(default=())
    open_handler: Span | None = None
    """Where the open handler is set."""
    message_handler: Span | None = None
    """Where the message handler is set."""
    last_message: Span | None = None
    """Where a message that tells that a job is through makes the client close its socket: nothing follows it."""
