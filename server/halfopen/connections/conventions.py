"""What the code of the connections has in common: the form of messages, who is let in, where state is kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from halfopen.connections.admission.facts import Admission
from halfopen.connections.admission.verification import is_limiter
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Confidence, Evidence, Fact, Known, Unknown
from halfopen.connections.reached import reached_from
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.injection import dependency_calls
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Global, Program
from halfopen.semantics.qualified_names import qualified
from halfopen.source.text import one_line

_LONGEST_TEXT = 80
"""Characters of the code that evidence repeats."""

_JSON = frozenset(
    {
        "send_json",
        "receive_json",
        "iter_json",
        "sendJsonMessage",
        "model_validate_json",
        "validate_json",
        "model_dump_json",
        "encode_json",
        "decode_json",
    }
)
_JSON_OF = frozenset(
    {"JSON.parse", "JSON.stringify", "json.loads", "json.dumps", "orjson.loads", "orjson.dumps"}
)
_BINARY = frozenset({"send_bytes", "receive_bytes", "iter_bytes", "arrayBuffer", "packb", "unpackb"})
_TEXT = frozenset({"send_text", "receive_text", "iter_text"})

_SECRET = re.compile(
    r"^(access_?|auth_?|id_?|jwt_?|session_?|bearer_?|ws_?)?(token|ticket|jwt|auth|authorization|api_?key|secret|session)$",
    re.IGNORECASE,
)
_VERIFY = re.compile(
    r"^_?(jwt_)?(verify|decode|validate|authenticate|check|require|resolve|load)_?\w*(token|jwt|user|session|ticket|auth|key|credential|websocket|ws)\w*$"
    r"|^_?(get|fetch|require)_(current|authenticated|active|ws|websocket)\w*user\w*$|^_?get_user_(from|by)_token\w*$|^_?get_user_for_(ws|websocket)\w*$"
    r"|^_?authenticate\w*$|^verify$|^is_authenticated$",
    re.IGNORECASE,
)
_MOST_INJECTED = 30
_JWT = re.compile(r"jwt|jose", re.IGNORECASE)

_STATE = {
    "zustand": "Zustand",
    "@reduxjs/toolkit": "Redux Toolkit",
    "redux": "Redux",
    "react-redux": "Redux",
    "jotai": "Jotai",
    "recoil": "Recoil",
    "mobx": "MobX",
    "valtio": "Valtio",
    "xstate": "XState",
    "@xstate/react": "XState",
    "@tanstack/react-query": "TanStack Query",
    "react-query": "React Query",
    "swr": "SWR",
    "@apollo/client": "Apollo Client",
    "pinia": "Pinia",
    "nanostores": "Nano Stores",
    "rxjs": "RxJS",
}


# --- the form of messages ----------------------------------------------------------------------


def message_format(program: Program, dossiers: Sequence[Dossier]) -> Fact[str]:
    """What messages look like: JSON with or without a type field, text, binary."""
    seen: dict[str, Evidence] = {}
    tagged: Evidence | None = None
    for dossier in dossiers:
        for at in reached_from(program, dossier).nodes():
            form = _form_of(at)
            if form is not None and form not in seen:
                seen[form] = Evidence(at.span, f"{form}: {one_line(at.text, _LONGEST_TEXT)}")
            if tagged is None and _reads_type(at):
                tagged = Evidence(at.span, f"a type tells messages apart: {one_line(at.text, _LONGEST_TEXT)}")
    if not seen:
        return Unknown("the code that sends and handles messages: it calls nothing that fixes their form")
    parts: list[str] = []
    if "JSON" in seen:
        parts.append("JSON, told apart by a type field" if tagged else "JSON without a type field")
    if "binary" in seen:
        parts.append("binary")
    if "text" in seen and "JSON" not in seen:
        parts.append("plain text")
    evidence = (*seen.values(), *((tagged,) if tagged and "JSON" in seen else ()))
    return Known("; ".join(parts), evidence, Confidence.HIGH if len(seen) == 1 else Confidence.MEDIUM)


def _form_of(at: At[tree.Node]) -> str | None:
    node = at.node
    match node:
        case tree.Call(callee=tree.Member(object=tree.Name(id=owner), name=name)):
            if f"{owner}.{name}" in _JSON_OF:
                return "JSON"
            return _form_of_name(name)
        case tree.Call(callee=tree.Member(name=name)) | tree.Call(callee=tree.Name(id=name)):
            return _form_of_name(name)
        case tree.Assign(targets=(tree.Member(name="binaryType"), *_)):
            return "binary"
        case _:
            return None


def _form_of_name(name: str) -> str | None:
    if name in _JSON:
        return "JSON"
    if name in _BINARY:
        return "binary"
    return "text" if name in _TEXT else None


def _reads_type(at: At[tree.Node]) -> bool:
    """`message.type === ...`, `switch (data.type)`, `message.get("type")`, `{type: "..."}`."""
    node = at.node
    match node:
        case tree.Switch(subject=subject):
            return _is_type(subject)
        case tree.Operation(operator="==" | "!=" | "in", operands=operands):
            return any(map(_is_type, operands))
        case tree.Entry(key=tree.Literal(value="type"), value=tree.Literal(value=str())):
            return True
        case tree.Call(callee=tree.Member(name="get"), arguments=(argument, *_)):
            return isinstance(argument.value, tree.Literal) and argument.value.value == "type"
        case _:
            return False


def _is_type(node: tree.Expr) -> bool:
    match node:
        case tree.Member(name="type") | tree.Name(id="type" | "msg_type" | "message_type" | "messageType"):
            return True
        case tree.Index(key=tree.Literal(value="type")):
            return True
        case _:
            return False


# --- who is let in -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Access:
    """How an endpoint learns who connects: where the secret travels, and whether something checks it."""

    carriers: tuple[str, ...]
    checked: bool
    jwt: bool
    evidence: tuple[Evidence, ...]

    @property
    def text(self) -> str:
        if not self.carriers and not self.checked:
            return "none"
        what = "JWT" if self.jwt else "a token"
        where = " or ".join(self.carriers) or "in a message"
        return f"{what} {where}" + ("" if self.checked else ", read but not checked")


def authentication(program: Program, dossiers: Sequence[Dossier]) -> Fact[str]:
    """How clients are told apart: for each endpoint where several differ; by the clients where there is none."""
    endpoints = [each for each in dossiers if each.connection.side == "server"]
    clients = [each for each in dossiers if each.connection.side == "client"]
    if not endpoints:
        return _authentication_of_clients(program, clients)
    by_text: dict[str, list[str]] = {}
    evidence: list[Evidence] = []
    for dossier in endpoints:
        access = _access(program, dossier)
        path = dossier.url.value if isinstance(dossier.url, Known) else dossier.connection.name
        by_text.setdefault(access.text, []).append(path)
        evidence += access.evidence[:3]
    ignored = {
        name
        for each in clients
        for url in (each.urls.urls if each.urls else ())
        for name in url.query
        if _SECRET.match(name)
    }
    if len(by_text) == 1:
        text = next(iter(by_text))
        if text == "none" and ignored:
            text = f"none on the server; a client sends {', '.join(sorted(ignored))} in the query string"
    else:
        text = "; ".join(f"{access}: {', '.join(dict.fromkeys(paths))}" for access, paths in by_text.items())
    return Known(text, tuple(evidence), Confidence.MEDIUM)


def _access(program: Program, dossier: Dossier) -> _Access:
    carriers: dict[str, None] = {}
    evidence: list[Evidence] = []
    checked = jwt = reads_message_secret = asks_in_message = False
    found = dossier.admission.checks if isinstance(dossier.admission, Admission) else ()
    told = next((each for each in found if each.strength != "unverified"), None)
    reached = reached_from(program, dossier)
    injected = _injected(program, reached.roots[0]) if reached.roots else set[tree.Node]()
    for position, root in enumerate(reached.roots):
        for node in tree.walk(root.node):
            at = root.to(node)
            carrier = _carrier(at, is_handler=position == 0 or root.node in injected)
            if carrier is not None:
                if carrier not in carriers:
                    evidence.append(Evidence(at.span, f"{carrier}: {one_line(at.text, _LONGEST_TEXT)}"))
                carriers[carrier] = None
            reads_message_secret = reads_message_secret or _reads_secret(at)
            asks_in_message = asks_in_message or _compares_auth(node)
            if isinstance(node, tree.Call):
                name = last_name(node.callee)
                if (_VERIFY.match(name) and not is_limiter(name)) or _is_jwt_decode(program, at.to(node)):
                    if not checked and told is None:
                        evidence.append(
                            Evidence(at.span, f"checked here: {one_line(at.text, _LONGEST_TEXT)}")
                        )
                    checked = True
                    jwt = jwt or bool(_JWT.search(name)) or _is_jwt_decode(program, at.to(node))
    secret = {"in the query string", "in a header", "in a cookie"} & carriers.keys()
    if told is not None:
        checked = True
        evidence.append(Evidence(told.span, f"checked here: {told.by}"))
    if checked and reads_message_secret and (asks_in_message or not secret):
        carriers["in the first message"] = None
    return _Access(tuple(carriers), checked, jwt, tuple(evidence))


def _injected(program: Program, handler: At[tree.Node]) -> set[tree.Node]:
    """The functions that `Depends` runs for a handler: their parameters are filled from the request, as its own."""
    found: set[tree.Node] = set()
    waiting = [handler]
    while waiting and len(found) < _MOST_INJECTED:
        current = waiting.pop()
        if not isinstance(current.node, tree.Function):
            continue
        for parameter in current.node.parameters:
            for call in dependency_calls(program, current.to(current.node), parameter):
                for argument in call.node.arguments[:1]:
                    for function in functions(program, call.to(argument.value)):
                        if function.node not in found:
                            found.add(function.node)
                            waiting.append(function)
    return found


def _is_jwt_decode(program: Program, call: At[tree.Call]) -> bool:
    callee = call.node.callee
    if not isinstance(callee, tree.Member | tree.Name) or last_name(callee) not in ("decode", "jwt_decode"):
        return False
    return any(_JWT.search(name) for name in qualified(program, call.to(callee)))


def _carrier(at: At[tree.Node], is_handler: bool) -> str | None:
    """Where a secret is read: parameters of the handler, `websocket.query_params`, headers, cookies."""
    match at.node:
        case tree.Parameter(target=tree.Name(id=name), default=default) if _SECRET.match(name):
            if not is_handler and not re.search(r"\b(Query|Cookie|Header)\(", at.text):
                return None
            injected = last_name(default.callee) if isinstance(default, tree.Call) else None
            injected = injected or next(
                (word for word in ("Cookie", "Header", "Depends") if f"{word}(" in at.text), None
            )
            if injected == "Depends":
                return None
            return {"Cookie": "in a cookie", "Header": "in a header"}.get(
                injected or "", "in the query string"
            )
        case tree.Call(callee=tree.Member(object=owner, name="get"), arguments=(argument, *_)):
            return _carrier_of(owner, argument.value)
        case tree.Index(object=owner, key=key):
            return _carrier_of(owner, key)
        case _:
            return None


def _carrier_of(owner: tree.Expr, key: tree.Expr) -> str | None:
    name = key.value if isinstance(key, tree.Literal) and isinstance(key.value, str) else ""
    place = last_name(owner)
    if place == "query_params" and (_SECRET.match(name) or not name):
        return "in the query string"
    if place == "cookies":
        return "in a cookie"
    if place == "headers" and name.lower() in ("authorization", "sec-websocket-protocol", "x-api-key"):
        return "in a header"
    return None


def _compares_auth(node: tree.Node) -> bool:
    """`if kind == "auth"`, `case "authenticate":`: a message that signs in."""
    match node:
        case tree.Operation(operator="==" | "!=", operands=operands):
            texts = [each.value for each in operands if isinstance(each, tree.Literal)]
        case tree.Case(pattern=tree.Literal(value=value)):
            texts = [value]
        case _:
            return False
    return any(isinstance(each, str) and re.fullmatch(r"auth(enticate|orize)?", each) for each in texts)


def _reads_secret(at: At[tree.Node]) -> bool:
    match at.node:
        case tree.Call(callee=tree.Member(name="get"), arguments=(argument, *_)):
            key: tree.Expr = argument.value
        case tree.Index(key=key):
            pass
        case tree.Member(name=name):
            return bool(_SECRET.match(name))
        case _:
            return False
    return isinstance(key, tree.Literal) and isinstance(key.value, str) and bool(_SECRET.match(key.value))


def _authentication_of_clients(program: Program, clients: Sequence[Dossier]) -> Fact[str]:
    if not clients:
        return Unknown("the server's code: none is in the repository")
    evidence: list[Evidence] = []
    found: dict[str, None] = {}
    for dossier in clients:
        names = {name for url in (dossier.urls.urls if dossier.urls else ()) for name in url.query}
        for name in sorted(filter(_SECRET.match, names)):
            found[f"{name} in the query string"] = None
            evidence.append(Evidence(dossier.connection.site, f"the address has the parameter {name}"))
        for at in reached_from(program, dossier).nodes():
            if not isinstance(at.node, tree.Entry) or not isinstance(at.node.key, tree.Literal):
                continue
            if _SECRET.match(str(at.node.key.value)) and _is_sent(at):
                found["a token in a message"] = None
                evidence.append(Evidence(at.span, f"sent here: {one_line(at.text, _LONGEST_TEXT)}"))
    if not found:
        return Unknown("the server's code: none is in the repository, and the client sends no token")
    return Known(", ".join(found), tuple(evidence[:4]), Confidence.MEDIUM)


def _is_sent(at: At[tree.Node]) -> bool:
    """Whether an object literal tells a message of authentication."""
    display = at.index.parents.get(at.node)
    if not isinstance(display, tree.Object):
        return False
    return any(
        isinstance(entry.key, tree.Literal)
        and entry.key.value == "type"
        and isinstance(entry.value, tree.Literal)
        and "auth" in str(entry.value.value).lower()
        for entry in display.entries
    )


# --- where state is kept -----------------------------------------------------------------------


def state_management(program: Program, dossiers: Sequence[Dossier]) -> Fact[str]:
    """The libraries and hooks that keep state in the files around the clients."""
    clients = [
        each
        for each in dossiers
        if each.connection.side == "client" and each.connection.site.unit.language == "typescript"
    ]
    if not clients:
        return Unknown("the browser's code: none is in the repository")
    found: dict[str, Evidence] = {}
    stores: dict[str, None] = {}
    for path in _files_around(program, clients):
        module = program.module(path)
        for unit in module.units if module is not None else ():
            for statement in unit.body:
                if isinstance(statement, tree.Import) and not statement.type_only:
                    name = _state_library(statement.module)
                    if name is not None:
                        found.setdefault(
                            name, Evidence(At(path, unit, statement).span, f"imports {statement.module}")
                        )
                stores.update(dict.fromkeys(_store_names(statement)))
            hook = next(
                (word for word in (b"useReducer", b"useState", b"createContext") if word in unit.words), None
            )
            if hook is not None and b"React" not in unit.text[:12]:
                text = {"useReducer": "useReducer", "useState": "useState", "createContext": "React context"}
                name = text[hook.decode()]
                call = next(
                    (at for at in _calls(path, unit) if last_name(at.node.callee) == hook.decode()), None
                )
                if call is not None:
                    found.setdefault(name, Evidence(call.span, f"{name} here"))
    if not found:
        where = clients[0].connection.site
        return Known(
            "variables and fields, no store", (Evidence(where, "no library or hook keeps state around it"),),
            Confidence.MEDIUM,
        )  # fmt: skip
    names = [
        f"{name} ({', '.join(list(stores)[:3])})" if name == "Zustand" and stores else name for name in found
    ]
    return Known(", ".join(names), tuple(found.values())[:5], Confidence.MEDIUM)


def _calls(path: str, unit: object) -> Iterable[At[tree.Call]]:
    from halfopen.semantics.scopes import index_of
    from halfopen.semantics.unit import Unit

    assert isinstance(unit, Unit)
    return (At(path, unit, call) for call in index_of(unit).calls)


def _state_library(specifier: str) -> str | None:
    parts = specifier.split("/")
    package = "/".join(parts[:2]) if specifier.startswith("@") else parts[0]
    return _STATE.get(package)


def _store_names(statement: tree.Statement) -> list[str]:
    if not isinstance(statement, tree.Assign) or not isinstance(statement.value, tree.Call):
        return []
    return [
        target.id
        for target in statement.targets
        if isinstance(target, tree.Name) and re.fullmatch(r"use\w*Store|\w+Store", target.id)
    ]


def _files_around(program: Program, clients: Sequence[Dossier]) -> list[str]:
    """The files of the clients, what they import, and the files that import them."""
    near = dict.fromkeys(
        span.path for each in clients for span in (each.connection.site, each.connection.extent)
    )
    for path in list(near):
        module = program.module(path)
        for name in (
            [] if module is None else [each.local for each in module.exports.values() if not each.module]
        ):
            near.update(dict.fromkeys(each.path for each in program.importers(Global(path, name))))
    for path in list(near):
        module = program.module(path)
        for unit in module.units if module is not None else ():
            for statement in unit.body:
                if isinstance(statement, tree.Import):
                    near.update(dict.fromkeys(_with_reexports(program, path, statement.module)))
    return [
        path for path in near if not re.search(r"(^|/)(__tests__|tests?)/|\.(test|spec|stories)\.", path)
    ][:60]


def _with_reexports(program: Program, path: str, specifier: str, depth: int = 0) -> Iterator[str]:
    """The file that an import names, and those that it re-exports."""
    target = program.resolve_import(path, specifier)
    module = program.module(target) if target is not None else None
    if target is None or module is None:
        return
    yield target
    others = [*module.star_exports, *(each.module for each in module.exports.values() if each.module)]
    for other in dict.fromkeys(others) if depth < 2 else ():
        yield from _with_reexports(program, target, other, depth + 1)
