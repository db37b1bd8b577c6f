"""Exceptions' texts that reach the clients from elsewhere: a job that broadcasts, or publishes to a broker, what went wrong."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.facts import Evidence
from halfopen.connections.handler_flow import Sockets
from halfopen.connections.messages.disclosures import internal_handlers, shown_texts
from halfopen.connections.messages.facts import Disclosed
from halfopen.connections.messages.reaching import Reaching
from halfopen.connections.sending.calling import callers_up, calls_member
from halfopen.connections.sending.channels import reaches, subscribed
from halfopen.connections.sending.forwarding import LISTENING, published
from halfopen.connections.sending.instances import uses_another_instance
from halfopen.connections.sending.processes import sends_to
from halfopen.connections.sending.registered import entered_by
from halfopen.connections.server_site import ServerSite
from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.unit import Span

_PARSERS = frozenset({"loads", "parse_raw", "model_validate_json"})
_PAYLOADS = frozenset({"data", "body", "payload", "value"})


def published_errors(
    site: ServerSite, running: tuple[At[tree.Function], ...], sockets: Sockets
) -> Iterator[Disclosed]:
    """The texts that functions outside the endpoint's own code send to its registries, or publish to its channels."""
    program = site.program
    own = {each.node for each in running}
    sends: set[tree.Node] = set()
    telling: dict[tree.Node, At[tree.Function]] = {}
    for registry in entered_by(site):
        for function, send in sends_to(program, registry):
            sends.add(send.node)
            telling |= {
                each.node: each
                for each in callers_up(program, function)
                if not uses_another_instance(program, registry, each)
            }
    listeners = [*running, *telling.values()]
    reaching = Reaching(program, sockets)
    for listener in listeners:
        if not is_shipped(listener.path) or calls_member(listener, LISTENING) is None:
            continue
        if not _hands_on(listener, reaching):
            continue
        channels = subscribed(program, listener)
        for call, inside, _ in published(program) if channels else ():
            if reaches(program, call, channels):
                sends.add(call.node)
                telling |= {each.node: each for each in callers_up(program, inside)}
    if sends:
        yield from _told(program, [each for each in telling.values() if each.node not in own], sends, sockets)


def _told(
    program: Program, functions: list[At[tree.Function]], sends: set[tree.Node], sockets: Sockets
) -> Iterator[Disclosed]:
    """Each text once, at the place where it is put into words."""
    reaching = Reaching(program, sockets, also=frozenset(sends))
    found: dict[Span, Disclosed] = {}
    for function in functions:
        if not is_shipped(function.path):
            continue
        for handler in internal_handlers(program, function):
            for name, shown in shown_texts(program, handler):
                for sent in reaching.sends(shown):
                    if sent.call.node in sends:
                        said = Evidence(sent.call.span, "goes out to the clients from here")
                        found.setdefault(
                            shown.span, Disclosed("exception", name, "broadcast", shown.span, (said,))
                        )
                        break
    yield from found.values()


def _hands_on(listener: At[tree.Function], reaching: Reaching) -> bool:
    """Whether a listener sends on what a message of the broker holds, and does not only act on it."""
    for node in own_nodes(listener):
        match node:
            case tree.Index(key=tree.Literal(value=str() as key)) if key in _PAYLOADS:
                held = listener.to(node)
            case tree.Member(name=name) if name in _PAYLOADS:
                held = listener.to(node)
            case tree.Call(callee=tree.Member(name="get"), arguments=(first, *_)) if (
                isinstance(first.value, tree.Literal) and first.value.value in _PAYLOADS
            ):
                held = listener.to(node)
            case _:
                continue
        if any(True for each in (held, *_parsed(held)) for _ in reaching.sends(each)):
            return True
    return False


def _parsed(held: At[tree.Expr]) -> Iterator[At[tree.Expr]]:
    """`json.loads(message["data"])`."""
    parent = held.parent
    call = held.index.parents.get(parent) if isinstance(parent, tree.Argument) else None
    if isinstance(call, tree.Call) and last_name(call.callee) in _PARSERS:
        yield held.to(call)
