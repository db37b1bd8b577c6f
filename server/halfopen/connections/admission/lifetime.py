"""How long an admission lasts: until the credential runs out, until a limit, or as long as the client stays."""

from __future__ import annotations

import re

from halfopen.connections.admission.facts import Check, Lifetime
from halfopen.connections.admission.timeline import Event, carriers_of_event
from halfopen.connections.admission.verification import is_check_name
from halfopen.connections.facts import Confidence, Evidence, Fact, Known, Unknown
from halfopen.semantics import tree
from halfopen.semantics.program import At, Program, own_nodes

_EXPIRY = re.compile(
    r"^(token_)?(exp|expiry|expires|expires_at|expires_in|expiration|expired|exp_at)$", re.IGNORECASE
)
_AGE = re.compile(
    r"max_(connection_|session_|socket_|ws_)?(age|lifetime|duration)|revalidat|reauth|token_refresh",
    re.IGNORECASE,
)
_ABOUT_USER = re.compile(r"user|member|access|permission|allowed|active|session|auth|token", re.IGNORECASE)


def lifetime_of(
    program: Program, checks: tuple[Check, ...], before: list[Event], events: list[Event]
) -> Fact[Lifetime]:
    """What ends the admission of a client that was let in once. `before` is what happens ahead of the handler."""
    again = _checked_again(program, checks, before, events)
    if again is not None:
        return Known("revalidated", (again,))
    bound = _bounded(events)
    if bound is not None:
        return Known("bounded", (bound,), Confidence.MEDIUM)
    running_out = [each.expires for each in _of_the_credential(checks) if each.strength != "unverified"]
    said = tuple(evidence for each in checks[:1] for evidence in each.evidence)
    if any(running_out):
        return Known("unbounded", said)
    if all(each is False for each in running_out):
        return Known("no expiry", said, Confidence.MEDIUM)
    return Unknown("whether the credential runs out, and what ends the connection then", said)


def _of_the_credential(checks: tuple[Check, ...]) -> tuple[Check, ...]:
    """The checks of the credential itself, where they are seen: `scope["user"]` only hands on what they found."""
    own = tuple(each for each in checks if not each.hands_on)
    surely = any(each.strength in ("known", "compared") for each in own)
    return own if surely else checks


def _checked_again(
    program: Program, checks: tuple[Check, ...], before: list[Event], events: list[Event]
) -> Evidence | None:
    """A check that runs again in a loop, with what was known at connect and not with a message's own token."""
    once = [each for each in checks if not each.in_loop]
    for check in checks:
        if check.in_loop and once and "message" not in check.carriers and _is_of_a_client(check, once):
            return Evidence(check.span, f"{check.by} runs again while the connection lives")
    first = {
        event.function.node
        for event in (*before, *events)
        if event.function is not None and not event.in_loop
    }
    for event in events:
        function = event.function
        if (
            function is not None
            and event.in_loop
            and function.node in first
            and function.node.name is not None
            and _ABOUT_USER.search(function.node.name)
            and any(_ABOUT_USER.search(event.at.to(each.value).text) for each in _arguments(event.at))
            and "message" not in carriers_of_event(program, event)
            and _is_tested(event.at)
        ):
            return Evidence(event.at.span, f"{function.node.name} is asked again while the connection lives")
    return None


def _is_of_a_client(check: Check, once: list[Check]) -> bool:
    """Whether a check says who is there: a key that only goes to another package (`init_chat_model(api_key=key)`) does not."""
    return (
        check.strength != "named"
        or is_check_name(check.by.rpartition(".")[2])
        or any(each.by == check.by for each in once)
    )


def _arguments(at: At[tree.Expr]) -> tuple[tree.Argument, ...]:
    return at.node.arguments if isinstance(at.node, tree.Call) else ()


def _is_tested(at: At[tree.Expr]) -> bool:
    """Whether the answer decides something: it stands in a condition, or in a variable that does."""
    node: tree.Node = at.node
    for parent in at.index.ancestors(node):
        if isinstance(parent, tree.If) and parent.test.start <= node.start < parent.test.end:
            return True
        if isinstance(parent, tree.Assign):
            names = {each.id for each in parent.targets if isinstance(each, tree.Name)}
            function = at.index.function_of(parent)
            return function is not None and any(
                isinstance(each, tree.If)
                and any(isinstance(name, tree.Name) and name.id in names for name in tree.walk(each.test))
                for each in tree.walk(function.body)
            )
        if isinstance(parent, tree.Function):
            return False
    return False


def _bounded(events: list[Event]) -> Evidence | None:
    """A use of the expiry, or a largest age, in the functions that serve the connection."""
    functions: dict[tree.Node, At[tree.Function]] = {}
    for event in events:
        function = event.at.index.function_of(event.at.node)
        if function is not None and event.kind in ("receive", "send", "close", "accept", "sleep"):
            functions.setdefault(function, event.at.to(function))
    for event in events:
        if event.kind == "receive" and event.in_loop and event.limited and _outside_loop(event):
            return Evidence(event.at.span, "a time limit stands around the whole connection")
    for function in functions.values():
        for node in own_nodes(function):
            match node:
                case tree.Index(key=tree.Literal(value=str() as key)) if _EXPIRY.match(key):
                    return Evidence(function.to(node).span, "the expiry is looked at")
                case tree.Call(callee=tree.Member(name="get"), arguments=(first, *_)):
                    if isinstance(first.value, tree.Literal) and _EXPIRY.match(str(first.value.value)):
                        return Evidence(function.to(node).span, "the expiry is looked at")
                case tree.Name(id=name) | tree.Member(name=name):
                    if _EXPIRY.match(name) or _AGE.search(name):
                        return Evidence(function.to(node).span, f"{name} limits the connection")
                case _:
                    pass
    return None


def _outside_loop(event: Event) -> bool:
    """Whether the time limit is around the loop and not within it."""
    for parent in event.at.index.ancestors(event.at.node):
        if isinstance(parent, tree.Loop):
            return True
        if isinstance(parent, tree.With) or (isinstance(parent, tree.Call) and _is_wait_for(parent)):
            return False
    return False


def _is_wait_for(call: tree.Call) -> bool:
    callee = call.callee
    return (callee.id if isinstance(callee, tree.Name) else getattr(callee, "name", "")) == "wait_for"
