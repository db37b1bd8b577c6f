"""Who is let in: authentication, origin, limits and how long an admission lasts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf
from typing import TypeAlias

from halfopen.connections.facts import Evidence, Fact, Known, Unknown
from halfopen.semantics.unit import Span

Carrier: TypeAlias = OneOf[
    "query string", "header", "cookie", "subprotocol", "message", "parameter", "transport"
]
"""What brings a credential. "parameter": handed on by a function, its first source is not seen.
"transport": what the server or a middleware already knows of the connection (`websocket.user`)."""

CheckPlace: TypeAlias = OneOf["middleware", "application", "router", "dependency", "handler"]
"""What runs the check. All but the handler run before accept."""

Authentication: TypeAlias = OneOf[
    "verified", "presence", "unverified", "unheeded", "not read", "optional", "none"
]
"""verified: something checks the credential. optional: so it does, and a client that shows none is taken in under
a name that is made up for it. presence: it only has to be there. unverified: it is
decoded without its signature. unheeded: it is checked, and nobody looks at what the check found. not
read: the handler takes a credential and never looks at it."""

CheckStrength: TypeAlias = OneOf["known", "compared", "named", "unverified"]
"""known: a library's function that verifies. compared: the value is compared or looked up. named: code that
cannot be read here, or of an unknown kind, whose name says that it checks. unverified: a decoding that
leaves the signature out."""

Exposed: TypeAlias = OneOf["echo", "public", "unsent", "invented", "data", "actions"]
"""What a stranger gets: the client's own words back, what another service gives to whoever asks it, nothing until somebody
calls the broadcasts that are there, random numbers that the program makes up, data, or acts that follow from its
messages."""

Lifetime: TypeAlias = OneOf["revalidated", "bounded", "unbounded", "no expiry"]
"""How long an admission lasts. bounded: the connection ends by itself in time. unbounded: what was
true at connect counts until the client leaves. no expiry: the credential has none to run out."""

OriginCheck: TypeAlias = OneOf["exact", "weak", "none"]
"""weak: a prefix, a suffix or a part of the origin is compared, which others can register."""


@dataclass(frozen=True, slots=True)
class Credential:
    """Something that should tell who connects, as the code names it ("token", "session")."""

    carrier: Carrier
    name: str
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """One place that checks a credential.

    `by` is what checks ("jwt.decode", "verify_token"). `expires` says whether the credential runs out
    (a JWT, a session); None where that cannot be told. `after_accept`: the client is already let in
    when it runs. `in_loop`: it runs again while the connection lives.
    """

    place: CheckPlace
    by: str
    carrier: Carrier
    span: Span
    expires: bool | None = None
    after_accept: bool = False
    in_loop: bool = False
    evidence: tuple[Evidence, ...] = ()
    strength: CheckStrength = "known"
    hands_on: bool = False
    """It asks for what a middleware found (`scope["user"]`), and not for the credential."""
    other_carriers: tuple[Carrier, ...] = ()
    """Where the credential may be brought in one of several ways, the others."""

    @property
    def carriers(self) -> tuple[Carrier, ...]:
        """Everything that may bring the credential."""
        return (self.carrier, *self.other_carriers)


@dataclass(frozen=True, slots=True)
class ConnectionLimit:
    """A test that refuses a connection because there are too many, as it is written.

    "slot": one connection for each key, whose old one is closed. That bounds nothing where the client
    chooses the key.
    """

    test: str
    span: Span
    evidence: tuple[Evidence, ...] = ()
    kind: OneOf["count", "slot"] = "count"


@dataclass(frozen=True, slots=True)
class PooledResource:
    """Something of a pool (a database session) that a connection keeps for its whole life.

    `what` is how the code names it, `held_by` the dependency or statement that holds it.
    """

    what: str
    held_by: str
    span: Span
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Ignored:
    """A refusal that refuses nobody: it closes the socket and the code goes on, or it is only asked of some.

    `what` is what is wrong, in words; of a check that is only asked of some, the credential's name.
    """

    what: str
    span: Span
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Admission:
    """Who is let in: authentication, origin, limits and how long an admission lasts.

    `accepted` is the call that accepts, where it is found. `first_message_deadline_seconds` is there for
    a credential that comes in a message: how long the handler waits for it (a value of None: without
    limit). `same_site_cookie` is there where a cookie lets in, `lifetime` where anything is checked.
    `optional_checks` are there where a client that shows nothing is not asked at all. `exposes` is what a stranger gets: "echo" is only what the client itself sent. `privileged`: only
    administrators are let in. `guarded_beside`: routes of the same file that do ask who calls.
    """

    credentials: tuple[Credential, ...] = ()
    authentication: Fact[Authentication] = Unknown("the code that serves the connection")
    checks: tuple[Check, ...] = ()
    accepted: Evidence | None = None
    first_message_deadline_seconds: Fact[float | None] | None = None
    ignored_refusals: tuple[Ignored, ...] = ()
    optional_checks: tuple[Ignored, ...] = ()
    origin_check: Fact[OriginCheck] = Unknown("the code that serves the connection")
    same_site_cookie: Fact[str] | None = None
    lifetime: Fact[Lifetime] | None = None
    privileged: bool = False
    connection_limits: tuple[ConnectionLimit, ...] = ()
    exposes: Fact[Exposed] = Unknown("the code that serves the connection")
    pooled: tuple[PooledResource, ...] = ()
    guarded_beside: tuple[Evidence, ...] = ()
    capability: tuple[Evidence, ...] = ()
    """Where an id that was drawn at random lets in: an unknown one is turned away, or is sent nothing."""
    sent_by_id: tuple[Evidence, ...] = ()
    """Where all that it sends goes to clients of one id that was drawn at random, and to no others."""
    walked_over: Fact[bool] = Unknown("the code that serves the connection")
    """Whether sends go through the clients that it keeps together, so that each makes them longer for all."""
    name: Span | None = None
    """The handler's name, for findings about all of it."""

    @property
    def outlives_its_checks(self) -> bool:
        """Whether a client that was let in is known to stay in whatever becomes of its credential."""
        lifetime = self.lifetime
        known = isinstance(lifetime, Known) and lifetime.value == "unbounded"
        return known and bool(self.checks) and self.is_authenticated

    @property
    def in_query_string(self) -> tuple[Credential, ...]:
        """The credentials that stand in the URL; a ticket is no longer worth anything when a log is read."""
        return tuple(
            each
            for each in self.credentials
            if each.carrier == "query string" and "ticket" not in each.name.lower() and each.evidence
        )

    @property
    def is_authenticated(self) -> bool:
        """Whether something checks who connects, or may do so where the code does not show it."""
        match self.authentication:
            case Known(value=value):
                return value == "verified"
            case _:
                return True


@dataclass(frozen=True, slots=True)
class CredentialInUrl:
    """A credential that a client puts into its URL.

    `parameter` is the query parameter's name, `value` the expression that gives it. `short_lived`: it
    is a ticket or comes from a request made for this connection. `valid_seconds`: how long a token of an identity
    service holds that its library renews; None where the code does not tell. `read_each_time`: each attempt to connect
    asks for it anew, and so finds one that was renewed meanwhile.
    """

    parameter: str
    value: str
    span: Span
    short_lived: Fact[bool] = Unknown("where the value comes from")
    valid_seconds: float | None = None
    read_each_time: bool = False
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class ClientAdmission:
    """What a client shows to be let in, where it stands in the URL."""

    in_url: tuple[CredentialInUrl, ...] = ()
