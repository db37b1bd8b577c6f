"""What is said: message types sent and handled, how they are parsed and validated, what of them is logged."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal as OneOf
from typing import TypeAlias

from halfopen.connections.facts import Evidence, Fact, Unknown
from halfopen.semantics.unit import Span

Format: TypeAlias = OneOf["json", "text", "binary"]

Fate: TypeAlias = OneOf["dispatch", "checked", "tested", "echoed", "used", "unread"]
"""What becomes of a field: compared with known values, type-checked or converted, tested for being there,
sent back to its own sender, used as it came, or nothing."""


@dataclass(frozen=True, slots=True)
class MessageField:
    """One field that is read from received messages, with the first place that uses it as it came."""

    key: str
    fate: Fate
    span: Span
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Inbound:
    """Received messages as one parsing of them shows: what checks them and what is done with them.

    `parsed` is the call that parses (None where a library hands over parsed data: `site` then). `ends_on_error`:
    an error raised while a field is read leaves the loop or handler, and the connection ends. `stored_whole`: the
    message goes on as it came, into state or to code that is not read here. `spread_into`: it is spread into a
    constructor that does not validate.
    """

    format: Format
    site: Span
    parsed: Span | None
    parse_guarded: bool
    validated_by: tuple[Evidence, ...] = ()
    shape_checked_by: tuple[Evidence, ...] = ()
    rejected_by: tuple[Evidence, ...] = ()
    """Where a message that lacks what is needed is turned away."""
    default_by: tuple[Evidence, ...] = ()
    """A `switch` over a field of it that has a branch for what it does not know."""
    is_typed: bool = False
    """The code declares a type for it, with the name of the type."""
    ends_on_error: tuple[Evidence, ...] = ()
    fields: tuple[MessageField, ...] = ()
    stored_whole: tuple[Evidence, ...] = ()
    spread_into: tuple[Evidence, ...] = ()
    executed_by: tuple[Evidence, ...] = ()
    rendered_as_html: tuple[Evidence, ...] = ()
    into_state: tuple[Evidence, ...] = ()
    """Where the message, or a field of it that is used as it came, becomes part of the page's state."""
    lacks_into_state: tuple[Evidence, ...] = ()
    """Where a field that is used as it came does."""

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        return (
            *self.validated_by,
            *self.shape_checked_by,
            *self.rejected_by,
            *(each for one in self.fields for each in one.evidence),
        )

    def used(self) -> tuple[MessageField, ...]:
        """The fields that are used as they came."""
        return tuple(each for each in self.fields if each.fate == "used")


@dataclass(frozen=True, slots=True)
class Logged:
    """A log call that writes what a message holds.

    `what` is "message" (the whole of it), the field of it that holds what it says, or the sensitive thing by
    its name. `when`: "always", "on-error" (in a handler of exceptions, or for a message that is turned away),
    "debug" (a level or flag that production leaves off). `of_type`: the only type of message that is written
    here; empty where it may be any. `holds`: the credential within an address that is written.
    """

    what: str
    is_sensitive: bool
    direction: OneOf["received", "sent", "credential"]
    when: OneOf["always", "on-error", "debug"]
    level: str
    span: Span
    evidence: tuple[Evidence, ...] = ()
    of_type: str = ""
    holds: str = ""


@dataclass(frozen=True, slots=True)
class Disclosed:
    """Text or data that reaches the peer and should not: an exception's text, a traceback, a credential, a key of
    another service. Through a "broadcast" it reaches all who watch, from a job or a request elsewhere."""

    what: OneOf["exception", "traceback", "credential", "service-key"]
    name: str
    through: OneOf["message", "close-reason", "broadcast"]
    span: Span
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class MessageType:
    """One message type by its literal value of the discriminator field ("type", "event", "action")."""

    value: str
    discriminator: str
    span: Span
    evidence: tuple[Evidence, ...] = ()
    is_named_elsewhere: bool = False
    """Code in the other side's language writes this value too, whether or not that is the linked peer."""
    is_let_pass: bool = False
    """A model or schema lets it pass and refuses the types that it does not name; no branch has to ask for it."""
    answers: tuple[str, ...] = ()
    """Of a type that is sent: what the conditions around each of its sends look for. Empty where one has none."""
    refuses: bool = False
    """Of a type that is sent: only where a message could not be read, in a clause for what parsing raises."""


@dataclass(frozen=True, slots=True)
class Messages:
    """What is said: message types sent and handled, how they are parsed and validated, what of them is logged.

    `handled` are the types that branches ask for, and those that a model or schema lets pass. `sends_only` and
    `handles_only` tell whether `sent` and `handled` are all types there are: Known(True) where every send and every
    branch could be read. `handles_rest`: a default branch that does something with other types.
    """

    inbound: tuple[Inbound, ...] = ()
    logged: tuple[Logged, ...] = ()
    disclosed: tuple[Disclosed, ...] = ()
    sent: tuple[MessageType, ...] = ()
    handled: tuple[MessageType, ...] = ()
    sends_only: Fact[bool] = field(default=Unknown("what each send is given"))
    handles_only: Fact[bool] = field(default=Unknown("what the message handler compares the type with"))
    handles_rest: Fact[bool] = field(default=Unknown("what the message handler does with other types"))
