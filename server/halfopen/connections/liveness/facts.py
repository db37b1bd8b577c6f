"""How each side notices that the other is gone: application heartbeats, their answers, deadlines, watchdogs.

Ping frames of the protocol are no part of this: they belong to the server program (`connections.serving`),
browsers answer them by themselves, and no page ever sees one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf
from typing import TypeAlias

from halfopen.connections.facts import Evidence, Fact, Unknown
from halfopen.semantics.unit import Span

Format: TypeAlias = OneOf["text", "json", "frame", "unknown"]


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent, as far as the code fixes it.

    `fields` are the constant texts in it: of a JSON object by key, `("type", "ping")`, of a plain text
    the text under the empty key. A "frame" is a ping of the protocol, which a program may send: no text at all.
    """

    format: Format
    fields: tuple[tuple[str, str], ...] = ()

    @property
    def shown(self) -> str:
        """As a person writes it: `ping`, `{"type": "ping"}`."""
        if self.format == "text" and self.fields:
            return self.fields[0][1]
        if self.format == "json" and not self.fields:
            return "{...}"
        if self.format == "json":
            return "{" + ", ".join(f'"{key}": "{value}"' for key, value in self.fields) + "}"
        return "ping()" if self.format == "frame" else "a message"

    @property
    def words(self) -> frozenset[str]:
        """The constant texts in it, in small letters."""
        return frozenset(value.lower() for _, value in self.fields)


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A message that this side sends again and again, by a timer.

    `is_ping`: it is there to keep the connection, told by its words or by the names of what sends it;
    other periodic messages keep proxies from cutting the connection as well.
    """

    message: Message
    interval_seconds: Fact[float]
    is_ping: bool
    sent: Span
    """The call that sends it."""
    timer: Span
    """The timer, or the loop with its pause."""
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Watchdog:
    """What ends or renews the connection when nothing, or no answer, has come for too long.

    `watches` is what it waits for: "messages" (any of them), "answer" (that to a heartbeat), "page"
    (it looks when the page is shown again or the network is back), "library" (the library does it).
    `renewed_by` are the words of the messages that alone count as life; empty where any message does.
    """

    watches: OneOf["messages", "answer", "page", "library"]
    deadline_seconds: Fact[float]
    place: Span
    renewed_by: tuple[str, ...] = ()
    asked: Span | None = None
    """The pause of the loop that asks whether the deadline has passed; None where a timer of its own does."""
    asked_every_seconds: Fact[float] = Unknown("what asks for the deadline")
    only_when_closed: bool = False
    """Whether it acts on a socket that already knows that it is closed, and on no other."""
    waived_by: tuple[Evidence, ...] = ()
    """Where another sign of life, such as an HTTP route that answers, keeps the silent socket."""
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """A branch on a message that looks like a heartbeat: the words that enter it, and what it sends back.

    `reply` None: nothing is sent in it.
    """

    to: tuple[str, ...]
    reply: Message | None
    place: Span
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Liveness:
    """How one side notices that the other is gone."""

    heartbeats: tuple[Heartbeat, ...] = ()
    watchdogs: tuple[Watchdog, ...] = ()
    answers: tuple[Answer, ...] = ()
    reads: Fact[tuple[Format, ...]] = Unknown("the code that receives")
    """The formats that this side can take without failing; empty where it never receives."""
    detects_silence: Fact[bool] = Unknown("the client's code")
    """Whether this side would notice a peer that vanished without a close, without any help of the server program."""
    ends_itself: bool = False
    """Whether it closes as soon as it is open, or as its one answer has come under a time limit."""
    answers_everything: bool = False
    """Whether each message makes it send, whatever the message says."""
    is_used_here: bool = True
    """Whether anything in the workspace makes this client; what only others import leaves choices to them."""
