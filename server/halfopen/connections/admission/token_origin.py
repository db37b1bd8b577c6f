"""Where a token in a client's URL comes from, and so for how long it is good to whoever reads it in a log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from halfopen.connections.facts import Confidence, Evidence, Fact, Known, Unknown
from halfopen.semantics import tree
from halfopen.semantics.function_shape import returned
from halfopen.semantics.program import At, External, Program
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.values import origins

_TICKET = re.compile(
    r"ticket|one[_-]?time|single[_-]?use|short[_-]?lived|ephemeral|nonce|(ws|socket|stream|websocket)[_-]?token|temp[_-]?token",
    re.IGNORECASE,
)
_STORAGES = (
    "localStorage",
    "sessionStorage",
    "window.localStorage",
    "window.sessionStorage",
    "Cookies",
    "js-cookie",
)
_MOST_STEPS = 60
_RENEWED_SECONDS = 3600.0
"""Firebase's ID tokens hold for an hour (firebase.google.com/docs/auth/admin/manage-sessions), Supabase's access tokens
by default too (supabase.com/docs/guides/auth/sessions); their libraries renew them."""


@dataclass(frozen=True, slots=True)
class Lifetime:
    """For how long a token is good.

    `is_short`: a ticket for this one connection. `valid_seconds`: of a token that its library renews, else None.
    """

    is_short: Fact[bool]
    valid_seconds: float | None = None
    evidence: tuple[Evidence, ...] = ()


def lifetime_of(program: Program, parameter: str, value: At[tree.Expr]) -> Lifetime:
    """A ticket by its name or by the request it comes from; a token that is kept in a storage or store is none."""
    if _TICKET.search(parameter) or _TICKET.search(value.text):
        return Lifetime(Known(True, (), Confidence.MEDIUM))
    made_of = tuple(_made_of(program, value))
    renewed = any(_is_renewed(program, each) for each in made_of)
    valid_seconds = _RENEWED_SECONDS if renewed else None
    for at in made_of:
        if _asks_for_a_ticket(at):
            asked = Evidence(at.span, "asked for this connection")
            return Lifetime(Known(True, (asked,), Confidence.MEDIUM), valid_seconds)
        kept = _kept(program, at)
        if kept is not None:
            return Lifetime(Known(False, (kept,)), valid_seconds, (kept,))
    source = " ".join(value.text.split())
    return Lifetime(Unknown(f"where {source[:50]} comes from, and how long it is valid"), valid_seconds)


def _made_of(program: Program, value: At[tree.Expr]) -> Iterator[At[tree.Expr]]:
    """Every expression that a value is made of: its own, those of its variables, of arguments, of what calls return."""
    waiting, seen = [value], set[tree.Node]()
    while waiting and len(seen) < _MOST_STEPS:
        at = waiting.pop(0)
        if at.node in seen:
            continue
        seen.add(at.node)
        for node in tree.walk(at.node, tree.same_function):
            if isinstance(node, tree.Literal):
                yield at.to(node)
            if not isinstance(node, tree.Name | tree.Member | tree.Call):
                continue
            yield at.to(node)
            waiting += _written(program, at.to(node))
            for origin in origins(program, at.to(node)):
                if isinstance(origin, At):
                    waiting.append(origin)
                    if isinstance(origin.node, tree.Call):
                        waiting += [origin.to(each.value) for each in origin.node.arguments]
                        waiting += _results(program, origin.to(origin.node))


def _written(program: Program, at: At[tree.Expr]) -> list[At[tree.Expr]]:
    """What a variable is given, as it is written: the request that is made, and not what it answers."""
    if not isinstance(at.node, tree.Name):
        return []
    definitions = program.definitions_of(program.variable(at.to(at.node)))
    return [At(path, unit, each.value) for path, unit, each in definitions if each.value is not None]


def _results(program: Program, call: At[tree.Call]) -> list[At[tree.Expr]]:
    found: list[At[tree.Expr]] = []
    for origin in origins(program, call.to(call.node.callee)):
        if isinstance(origin, At) and isinstance(origin.node, tree.Function):
            found += returned(origin.to(origin.node))
    return found


def _asks_for_a_ticket(at: At[tree.Expr]) -> bool:
    match at.node:
        case tree.Literal(value=str() as text):
            return _TICKET.search(text) is not None
        case tree.Call(callee=callee):
            return _TICKET.search(at.to(callee).text) is not None
        case _:
            return False


def _kept(program: Program, at: At[tree.Expr]) -> Evidence | None:
    for origin in origins(program, at):
        if isinstance(origin, External) and str(origin).startswith(_STORAGES):
            return Evidence(at.span, f"kept in {str(origin).rpartition('.')[0] or origin}")
    return None


def _is_renewed(program: Program, at: At[tree.Expr]) -> bool:
    """`await user.getIdToken()` of Firebase, `await supabase.auth.getSession()`."""
    match at.node:
        case tree.Call(callee=tree.Member(name="getIdToken")):
            return True
        case tree.Call(callee=tree.Member(object=tree.Member(object=client, name="auth"), name="getSession")):
            return any(name.startswith("@supabase/") for name in qualified(program, at.to(client)))
        case _:
            return False
