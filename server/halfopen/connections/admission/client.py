"""What a client shows to be let in: the credentials in its URL."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from halfopen.connections.admission.credentials import is_credential_name
from halfopen.connections.admission.facts import ClientAdmission, CredentialInUrl
from halfopen.connections.admission.rereading import is_read_each_time
from halfopen.connections.admission.token_origin import lifetime_of
from halfopen.connections.client_site import ClientSite
from halfopen.connections.facts import Evidence
from halfopen.connections.library_clients import LibraryClient
from halfopen.connections.strings import texts_of
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.function_shape import returned
from halfopen.semantics.origin import Origin, ParameterOf
from halfopen.semantics.program import At, Program
from halfopen.semantics.values import origins
from halfopen.source.text import one_line

_LONGEST_TEXT = 50
"""Characters of the code that evidence repeats."""

_PARAMETER = re.compile(r"[?&]([\w.-]+)=$")
_MOST_STEPS = 60


def admission_of_client(site: ClientSite) -> ClientAdmission:
    """The facts of one client. A client in Python has none: it can send headers."""
    if site.is_python:
        return ClientAdmission()
    url = _url(site)
    if url is None:
        return ClientAdmission()
    found: dict[tuple[str, tree.Node], CredentialInUrl] = {}
    for piece in _pieces(site.program, url):
        for parameter, value in _credentials_in(site.program, piece):
            found.setdefault((parameter, value.node), _credential(site, parameter, value))
    return ClientAdmission(tuple(found.values()))


def address_with_credential(site: ClientSite) -> tuple[str, frozenset[Origin]]:
    """The name of a credential in the client's address, and what stands for the whole address with it in; nothing without."""
    url = _url(site)
    name = _credential_name(site.program, url) if url is not None and not site.is_python else ""
    if url is None or not name:
        return "", frozenset()
    # `token ? `${base}?token=${token}` : base` may be the bare address as well.
    whole = (
        each
        for each in values_of(site.program, url)
        if isinstance(each, ParameterOf) or (isinstance(each, At) and _credential_name(site.program, each))
    )
    return name, frozenset(whole)


def _credential_name(program: Program, at: At[tree.Expr]) -> str:
    return next((name for piece in _pieces(program, at) for name, _ in _credentials_in(program, piece)), "")


def values_of(program: Program, at: At[tree.Expr]) -> frozenset[Origin]:
    """What a value is, as a whole: where it comes from, and what the functions return that it is the answer of."""
    found: set[Origin] = set()
    waiting = [at]
    while waiting and len(found) < _MOST_STEPS:
        for origin in origins(program, waiting.pop()):
            if origin in found:
                continue
            found.add(origin)
            if isinstance(origin, At) and isinstance(origin.node, tree.Call):
                for function in functions(program, origin.to(origin.node.callee)):
                    waiting += returned(function)
    return frozenset(found)


def _url(site: ClientSite) -> At[tree.Expr] | None:
    made: LibraryClient | None = site.made_with
    if made is not None:
        return made.url
    arguments = site.call.node.arguments
    return site.call.to(arguments[0].value) if arguments else None


def _pieces(program: Program, url: At[tree.Expr]) -> Iterator[At[tree.Expr]]:
    """Every expression that the address may be made of: its own, those of its variables and of helpers that return it."""
    waiting: list[At[tree.Expr]] = [url]
    waiting += list(texts_of(program, url).places)
    seen: set[tree.Node] = set()
    while waiting and len(seen) < _MOST_STEPS:
        at = waiting.pop(0)
        if at.node in seen:
            continue
        seen.add(at.node)
        program.queries.note(at.unit)
        yield at
        for node in tree.walk(at.node, tree.same_function):
            if isinstance(node, tree.Name | tree.Member | tree.Call):
                for origin in origins(program, at.to(node)):
                    if isinstance(origin, At) and origin.node not in seen:
                        waiting.append(origin)
            if isinstance(node, tree.Call):
                for origin in origins(program, at.to(node.callee)):
                    if isinstance(origin, At) and isinstance(origin.node, tree.Function):
                        waiting += returned(origin.to(origin.node))
        around = _enclosing_text(at)
        if around is not None and around.node not in seen:
            waiting.append(around)


def _enclosing_text(at: At[tree.Expr]) -> At[tree.Expr] | None:
    """The template or sum that a piece of text is a part of."""
    parent = at.parent
    if isinstance(parent, tree.Template) or (isinstance(parent, tree.Operation) and parent.operator == "+"):
        return at.to(parent)
    return None


def _credentials_in(program: Program, at: At[tree.Expr]) -> Iterator[tuple[str, At[tree.Expr]]]:
    """`?token=${x}`, `"?token=" + x`, `new URLSearchParams({ token: x })`, `params.set("token", x)`."""
    for node in tree.walk(at.node, tree.same_function):
        match node:
            case tree.Template(parts=parts):
                for position, (before, value) in enumerate(itertools.pairwise(parts)):
                    if isinstance(before, str) and not isinstance(value, str):
                        # `${url}${separator}token=${token}`: what comes before ends with the separator.
                        yield from _after(f"&{before}" if position else before, at.to(value))
            case tree.Operation(operator="+", operands=operands):
                for before, value in itertools.pairwise(operands):
                    text = _last_text(before)
                    if text is not None:
                        yield from _after(text, at.to(value))
            case tree.Call(callee=tree.Name(id="URLSearchParams"), arguments=arguments):
                for first in arguments[:1]:
                    yield from _of_object(program, at.to(first.value))
                yield from _set_later(program, at.to(node))
            case tree.Call(callee=tree.Name(id="URL")):
                yield from _set_later(program, at.to(node))
            case _:
                pass


def _last_text(node: tree.Expr) -> str | None:
    """The text in which a sum ends so far."""
    match node:
        case tree.Literal(value=str() as text):
            return text
        case tree.Template(parts=(*_, str() as text)):
            return text
        case tree.Operation(operator="+", operands=(*_, last)):
            return _last_text(last)
        case _:
            return None


def _after(text: str, value: At[tree.Expr]) -> Iterator[tuple[str, At[tree.Expr]]]:
    """What follows `?token=`, or `?owner=` where the value's own name tells (`ownerToken()`)."""
    found = _PARAMETER.search(text)
    if found is not None and (is_credential_name(found[1]) or _is_called_credential(value.node)):
        yield found[1], value


def _is_called_credential(node: tree.Expr) -> bool:
    """`ownerToken()`, `session.accessToken`, `encodeURIComponent(token)`."""
    match node:
        case tree.Name(id=name) | tree.Member(name=name):
            return is_credential_name(name)
        case tree.Call(callee=tree.Name(id="encodeURIComponent"), arguments=(first, *_)):
            return _is_called_credential(first.value)
        case tree.Call(callee=callee):
            return _is_called_credential(callee)
        case _:
            return False


def _of_object(program: Program, at: At[tree.Expr]) -> Iterator[tuple[str, At[tree.Expr]]]:
    for origin in origins(program, at):
        if isinstance(origin, At) and isinstance(origin.node, tree.Object):
            for entry in origin.node.entries:
                key = entry.key.value if isinstance(entry.key, tree.Literal) else None
                if isinstance(key, str) and is_credential_name(key):
                    yield key, origin.to(entry.value)


def _set_later(program: Program, made: At[tree.Call]) -> Iterator[tuple[str, At[tree.Expr]]]:
    """`url.searchParams.set("token", x)`, `params.append("token", x)` in the function that makes them."""
    function = made.index.function_of(made.node)
    root: tree.Node = function.body if function is not None else made.unit.body[0]
    for node in tree.walk(root):
        match node:
            case tree.Call(
                callee=tree.Member(name="set" | "append", object=inner),
                arguments=(
                    tree.Argument(value=tree.Literal(value=str() as key)),
                    tree.Argument(value=value),
                    *_,
                ),
            ) if is_credential_name(key):
                owner = (
                    inner.object if isinstance(inner, tree.Member) and inner.name == "searchParams" else inner
                )
                if any(
                    isinstance(each, At) and each.node is made.node
                    for each in origins(program, made.to(owner))
                ):
                    yield key, made.to(value)
            case _:
                pass


def _credential(site: ClientSite, parameter: str, value: At[tree.Expr]) -> CredentialInUrl:
    said = Evidence(value.span, f"the value of {parameter} in the URL: {one_line(value.text, _LONGEST_TEXT)}")
    lifetime = lifetime_of(site.program, parameter, value)
    shown = one_line(_plain(value), _LONGEST_TEXT)
    return CredentialInUrl(
        parameter,
        shown,
        value.span,
        lifetime.is_short,
        lifetime.valid_seconds,
        is_read_each_time(site.program, site.call, value),
        (said, *lifetime.evidence),
    )


def _plain(value: At[tree.Expr]) -> str:
    """The value without `encodeURIComponent(...)` around it."""
    node = value.node
    if (
        isinstance(node, tree.Call)
        and isinstance(node.callee, tree.Name)
        and node.callee.id == "encodeURIComponent"
    ):
        return value.to(node.arguments[0].value).text if node.arguments else value.text
    return value.text
