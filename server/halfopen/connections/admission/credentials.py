"""What counts as a credential, and what brings it.

A name is what tells a credential in code ("token", "api_key", `cookies.get("session")`); whether
it is checked is for `verification`, which looks at what is done with the value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from halfopen.connections.admission.facts import Carrier
from halfopen.semantics import tree
from halfopen.semantics.declared_types import annotation_parts
from halfopen.semantics.names import last_name
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, Program
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.values import origins

_CREDENTIAL = re.compile(
    r"^(?P<prefix>\w*?)"
    r"(?P<base>token|ticket|jwt|auth|authorization|api_?key|apikey|secret|credentials?|password|passwd|signature|bearer"
    r"|(token|cookie)_or_(token|cookie))$",
    re.IGNORECASE,
)
_OTHER_TOKENS = re.compile(
    r"(next|page|continuation|cursor|sync|eos|bos|pad|unk|stop|max|min|last|first|special|sep|cls|mask|new|prompt"
    r"|completion|cancel|cancellation|output|input|support|issue|push|per|each|current|device_push"
    r"|enable|enabled|require|required|use|needs?|skip|no|disable|has|is|with|check|allow)_?$",
    re.IGNORECASE,
)
"""What else is called a token, or a ticket: parts of texts, positions in lists, cases of a help desk."""
_OWN = re.compile(r"^(get_)?(app_?|core_?)?(settings|config|conf|cfg|environ|getenv)$", re.IGNORECASE)
_ENVIRONMENT = ("os.environ", "os.getenv", "decouple.config", "environ.Env")
_HEADERS = frozenset({"authorization", "sec-websocket-protocol", "x-api-key", "x-auth-token", "cookie"})
_PARTS_OF_HANDSHAKE: dict[str, Carrier] = {
    "query_params": "query string",
    "headers": "header",
    "cookies": "cookie",
    "session": "cookie",
    "path_params": "parameter",
}
_INJECTED: dict[str, Carrier] = {"Query": "query string", "Header": "header", "Cookie": "cookie"}
_SECURITY: dict[str, Carrier] = {
    "APIKeyQuery": "query string",
    "APIKeyHeader": "header",
    "APIKeyCookie": "cookie",
    "HTTPBearer": "header",
    "HTTPBasic": "header",
    "OAuth2PasswordBearer": "header",
}
_MOST_STEPS = 40
_MESSAGES = frozenset({"receive_json", "receive_text", "receive", "receive_bytes", "recv", "loads"})


def is_credential_name(name: str) -> bool:
    """Whether a name says that it holds a credential: "token", "access_token", "authToken", "VOICE_TOKEN"."""
    found = _CREDENTIAL.match(name.replace("-", "_").replace(".", "_"))
    if found is None:
        return False
    prefix, base = found["prefix"], found["base"]
    if prefix and not prefix.endswith("_") and not base[0].isupper():
        return False
    return _OTHER_TOKENS.search(prefix) is None


def credential_name(node: tree.Expr) -> str | None:
    """The name under which an expression reads a credential: `token`, `self.token`, `data["token"]`, `.get("token")`."""
    match node:
        case tree.Name(id=name) | tree.Member(name=name):
            return name if is_credential_name(name) else None
        case tree.Index(key=tree.Literal(value=str() as name)):
            return name if is_credential_name(name) or name.lower() in _HEADERS else None
        case tree.Call(callee=tree.Member(name="get" | "pop"), arguments=(first, *_)):
            key = first.value
            if isinstance(key, tree.Literal) and isinstance(key.value, str):
                return key.value if is_credential_name(key.value) or key.value.lower() in _HEADERS else None
            return None
        case tree.Await(value=value):
            return credential_name(value)
        case _:
            return None


def credential_in(node: tree.Node) -> str | None:
    """The first credential that is read anywhere within an expression."""
    for each in tree.walk(node, tree.same_function):
        if isinstance(each, tree.Name | tree.Member | tree.Index | tree.Call):
            found = credential_name(each)
            if found is not None:
                return found
    return None


def is_own_secret(program: Program, at: At[tree.Expr]) -> bool:
    """Whether a credential is the server's own: from its environment, its settings, or a constant."""
    if isinstance(at.node, tree.Name) and at.node.id.isupper():
        return True
    if any(
        isinstance(each, tree.Name | tree.Member) and _OWN.match(last_name(each))
        for each in tree.walk(at.node, tree.same_function)
    ):
        return True
    found = [each for each in origins(program, at) if each != at]
    return bool(found) and all(
        isinstance(each, At) and (isinstance(each.node, tree.Literal) or _of_environment(program, each))
        for each in found
    )


def _of_environment(program: Program, at: At[tree.Expr]) -> bool:
    return any(name.removesuffix("()").startswith(_ENVIRONMENT) for name in qualified(program, at))


def injected_carrier(program: Program, function: At[tree.Function], parameter: tree.Parameter) -> Carrier:
    """What fills a parameter of a handler or dependency: `Query()`, `Cookie()`, `Header()`; else the query string."""
    spoken = [parameter.default, parameter.annotation]
    for each in spoken:
        for node in tree.walk(each) if each is not None else ():
            if isinstance(node, tree.Call) and isinstance(node.callee, tree.Name | tree.Member):
                last = last_name(node.callee)
                if last in _INJECTED:
                    return _INJECTED[last]
                if last in ("Depends", "Security"):
                    for argument in node.arguments[:1]:
                        for name in qualified(program, function.to(argument.value)):
                            made = name.removesuffix("()").rpartition(".")[2]
                            if made in _SECURITY:
                                return _SECURITY[made]
    return "query string"


def carrier_of(program: Program, at: At[tree.Expr]) -> Carrier:
    """What brings the value of an expression; the first, where it may be one of several."""
    found = carriers_of(program, at)
    return found[0] if found else "parameter"


def carriers_of(program: Program, at: At[tree.Expr]) -> tuple[Carrier, ...]:
    """Everything that may bring the value of an expression, as far as its function shows."""
    return tuple(dict.fromkeys(_carriers(program, at, set())))


def _carriers(program: Program, at: At[tree.Expr], seen: set[tree.Node]) -> Iterator[Carrier]:
    if at.node in seen or len(seen) > _MOST_STEPS:
        return
    seen.add(at.node)
    read = _read_here(at)
    if read is not None:
        yield read
        return
    for each in tree.walk(at.node, tree.same_function):
        if not isinstance(each, tree.Name):
            continue
        for origin in _values(program, at.to(each)):
            if isinstance(origin, ParameterOf):
                found = _of_parameter(program, origin)
                if found is not None:
                    yield found
            elif origin.node is not each and not isinstance(origin.node, tree.Literal):
                yield from _carriers(program, origin, seen)


def _read_here(at: At[tree.Expr]) -> Carrier | None:
    """The part of the handshake, or the message, that an expression reads by itself."""
    for each in tree.walk(at.node, tree.same_function):
        match each:
            case tree.Member(name=name) if name in _PARTS_OF_HANDSHAKE:
                return _header_or(at, _PARTS_OF_HANDSHAKE[name])
            case tree.Member(name="subprotocols") | tree.Literal(value="subprotocols"):
                return "subprotocol"
            case tree.Call(callee=tree.Member(name=name)) if name in _MESSAGES:
                return "message"
            case tree.Name(id="cookies"):
                return "cookie"
            case _:
                pass
    return None


def _values(program: Program, name: At[tree.Name]) -> list[At[tree.Expr] | ParameterOf]:
    """What a variable was given, unresolved where it is a plain assignment: `data = json.loads(raw)`."""
    found: list[At[tree.Expr] | ParameterOf] = []
    for path, unit, definition in program.definitions_of(program.variable(name)):
        if definition.kind == "parameter":
            found += [each for each in origins(program, name) if isinstance(each, ParameterOf)]
        elif definition.value is not None:
            found.append(At(path, unit, definition.value))
    return found


def _of_parameter(program: Program, origin: ParameterOf) -> Carrier | None:
    """What fills a parameter, where it says so itself: `Query(...)`, a WebSocket."""
    parameter = origin.parameter
    for each in (parameter.default, parameter.annotation):
        for node in tree.walk(each) if each is not None else ():
            if isinstance(node, tree.Call) and last_name(node.callee) in _INJECTED:
                return _INJECTED[last_name(node.callee)]
    if any(str(name).endswith("WebSocket") for name in _annotations(program, origin)):
        return "transport"
    return None


def _annotations(program: Program, origin: ParameterOf) -> list[str]:
    return [
        name
        for annotation in annotation_parts(origin.parameter)
        for name in qualified(program, origin.function.to(annotation))
    ]


def _header_or(at: At[tree.Expr], carrier: Carrier) -> Carrier:
    """The `Sec-WebSocket-Protocol` header is the subprotocol, the `Cookie` header the cookies."""
    if carrier != "header":
        return carrier
    text = at.text.lower()
    if "sec-websocket-protocol" in text:
        return "subprotocol"
    return "cookie" if "cookie" in text else "header"
