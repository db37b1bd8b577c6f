"""Which calls and comparisons check a credential, and how much that is worth."""

from __future__ import annotations

import re
from dataclasses import dataclass

from halfopen.connections.admission.credentials import credential_in, credential_name
from halfopen.connections.admission.facts import CheckStrength
from halfopen.connections.facts import Evidence
from halfopen.connections.trusted import trusted_to
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.names import name_behind_calls
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.values import origins
from halfopen.source.text import one_line

_LONGEST_TEXT = 60
"""Characters of the code that evidence repeats."""

_JWT = re.compile(r"(^|[._])(py)?(jwt|jose|joserfc|authlib|jwcrypto|jwskate)([._(]|$)", re.IGNORECASE)
_DECODES = frozenset({"decode", "decode_complete", "verify", "validate", "jwt_decode", "loads"})
_UNVERIFIED = re.compile(r"(get_)?unverified_(claims|header|payload)|decode_unverified|insecure_decode")
_KNOWN: dict[str, bool | None] = {
    "hmac.compare_digest": False,
    "secrets.compare_digest": False,
    "bcrypt.checkpw": False,
    "django.core.signing.loads": None,
    "firebase_admin.auth.verify_id_token": True,
    "firebase_admin.auth.verify_session_cookie": True,
    "google.oauth2.id_token.verify_oauth2_token": True,
    "google.oauth2.id_token.verify_firebase_token": True,
    "django.contrib.auth.authenticate": True,
}
"""Functions that verify, and whether what they verify runs out (None: it may)."""

NAMED = re.compile(
    r"^_?(async_?)?(jwt_?)?(verify|decode|validate|authenticate|authorize|check|require|resolve|load|introspect|consume|redeem)_?\w*"
    r"(token|jwt|auth|api_?key|credential|ticket|user|session|websocket|ws|permission|access|bearer|signature)\w*$"
    r"|^_?(get|fetch|require)_?(current|authenticated|active|ws|websocket)\w*user\w*$"
    r"|^_?(get|fetch|find|lookup|load)_?\w*user\w*_?(from|by|for|via)_?(access_?|auth_?)?(token|jwt|session|cookie|ticket|api_?key|ws|websocket)\w*$"
    r"|^_?(ws_?|websocket_?)?(authenticate|authorize|auth)(_?\w+)?$|^_?is_?(authenticated|authorized|valid_?(token|session|api_?key|ticket))\w*$"
    r"|^_?\w*auth\w*_(required|check|guard|helper)$|^_?verify$"
    r"|^_?\w*(tokens?|secrets?|keys?)_(equal|match(es)?|valid)$|^_?(constant_time|timing_safe|safe)_?(compare|equals?|eq)$",
    re.IGNORECASE,
)
"""What code that checks a credential is called. A name alone is evidence of medium confidence."""
_NOT_A_CHECK = re.compile(
    r"enabled|configured|required$|rate|limit|log|header|url|create|issue|generate|encode|message|payload|params"
    r"|settings|config|prefer|input|schema|state|history|title|agent|error",
    re.IGNORECASE,
)
_SAYS_WHO = re.compile(
    r"^_?(async_?)?(ws_?|websocket_?)?(authenticate|authori[sz]e)_(the_)?"
    r"(ws|web_?socket|socket|connection|client|user|request|handshake|session|from|by|via|with|using)(_|$)",
    re.IGNORECASE,
)
"""Names that leave no doubt, also where they go on: `authenticate_websocket_from_headers`, `authenticate_by_message`."""
_HOW_OFTEN = re.compile(r"rate_?limit|limiter|throttl|quota", re.IGNORECASE)
_LOOKUPS = frozenset(
    {"get", "pop", "getdel", "hget", "hgetall", "exists", "scalar", "get_session", "sismember"}
)


@dataclass(frozen=True, slots=True)
class Verification:
    """One check of a credential: its strength, what does it, and whether the credential runs out."""

    strength: CheckStrength
    by: str
    at: At[tree.Expr]
    expires: bool | None = None
    said: tuple[Evidence, ...] = ()
    """What else says so: the settings."""
    hands_on: bool = False
    """What a middleware found is asked for, and not the credential."""


def verification_of(program: Program, at: At[tree.Expr]) -> Verification | None:
    """What an expression checks by itself; functions of the workspace are for the caller to look into."""
    match at.node:
        case tree.Call():
            return _call(program, at.to(at.node))
        case tree.Operation(operator="==" | "!=" | "in" | "not in", operands=(left, right)):
            return _comparison(at, left, right)
        case tree.Name(id="AnonymousUser"):
            return Verification("known", "the comparison with AnonymousUser", at, True, hands_on=True)
        case tree.Member(name="session", object=tree.Name(id="websocket" | "ws")):
            return Verification("known", "the signed session cookie", at, True)
        case tree.Index(key=tree.Literal(value="user"), object=inner) if name_behind_calls(inner) == "scope":
            if _only_notes(at, inner):
                return None
            return Verification("named", 'scope["user"]', at, True, hands_on=True)
        case tree.Member(name="is_authenticated" | "is_anonymous", object=inner):
            if name_behind_calls(inner) in ("user", "current_user") or "user" in _keys(inner):
                by = f"{name_behind_calls(inner) or 'user'}.{at.node.name}"
                return Verification("known", by, at, True, hands_on=True)
            return None
        case _:
            return None


def _only_notes(at: At[tree.Expr], scope: tree.Expr) -> bool:
    """`scope["user"] = None` makes room for who is found later; a handler's `self.scope["user"] = user` keeps whom it found."""
    match at.parent:
        case tree.Assign(targets=targets, value=value) if at.node in targets:
            return isinstance(scope, tree.Member) or (isinstance(value, tree.Literal) and value.value is None)
        case _:
            return False


def _call(program: Program, call: At[tree.Call]) -> Verification | None:
    callee = call.node.callee
    last = name_behind_calls(callee)
    if not isinstance(callee, tree.Name | tree.Member):
        return None
    trusted = trusted_to(program, "authenticates", call.to(callee))
    if trusted is not None:
        return Verification("known", last, call, None, trusted)
    names = qualified(program, call.to(callee))
    if _UNVERIFIED.search(last):
        return Verification("unverified", last, call)
    for name in names:
        if name in _KNOWN:
            return Verification("known", name, call, _KNOWN[name])
        if _JWT.search(name) and last in _DECODES:
            strength = "unverified" if _leaves_signature_out(program, call) else "known"
            return Verification(strength, f"{_short_name(name)}", call, True)
        if name.startswith("itsdangerous.") and last in ("loads", "unsign"):
            return Verification("known", f"itsdangerous {last}", call, None)
    if functions(program, call.to(callee)):
        return None
    if last in _LOOKUPS and any(credential_in(each.value) for each in call.node.arguments):
        if credential_name(call.node) is None and not _reads_handshake(callee):
            return Verification("compared", f"{_text(call, callee)}", call, None)
        return None
    if last in ("filter_by", "get_or_none", "find_one") and any(
        credential_in(each.value) for each in call.node.arguments
    ):
        return Verification("compared", last, call, None)
    if is_check_name(last) and call.node.arguments:
        return Verification("named", last, call, None)
    if _asks_elsewhere(names) and any(_is_given(call, each.value) for each in call.node.arguments):
        return Verification("named", _text(call, callee), call, None)
    if last == "get_user" and "auth" in _text(call, callee) and call.node.arguments:
        return Verification("named", _text(call, callee), call, True)
    return None


def looked_up(program: Program, call: At[tree.Call], shown: frozenset[tree.Node]) -> Verification | None:
    """`self._sessions.get(digest(key))`: a credential under another name, looked up in what the server keeps."""
    callee = call.node.callee
    if (
        isinstance(callee, tree.Member)
        and callee.name in _LOOKUPS
        and not _reads_handshake(callee)
        and not functions(program, call.to(callee))
        and any(
            node in shown
            for argument in call.node.arguments
            for node in tree.walk(argument.value, tree.same_function)
        )
    ):
        return Verification("compared", f"{_text(call, callee)}", call, None)
    return None


_STANDARD = re.compile(
    r"^(builtins|json|orjson|ujson|logging|loguru|structlog|str|re|os|base64|hashlib|urllib|time|datetime|uuid|asyncio|typing|copy"
    r"|dataclasses|contextlib|functools|random|string|html|binascii|traceback|sys|fastapi|starlette|pydantic|sentry_sdk|opentelemetry)\b"
)


def _asks_elsewhere(names: frozenset[str]) -> bool:
    """Whether a credential goes to a package that is neither the language's nor the framework's: it may check it."""
    return any("." in name for name in names) and not any(_STANDARD.match(name) for name in names)


def _is_given(call: At[tree.Call], argument: tree.Expr) -> bool:
    """Whether an argument holds a credential that the function was given, and not one of the server's own."""
    for node in tree.walk(argument, tree.same_function):
        if isinstance(node, tree.Name) and credential_name(node) is not None:
            binding = call.index.bindings.get(node)
            if binding is not None and any(each.kind == "parameter" for each in binding.definitions):
                return True
    return False


def is_check_name(name: str) -> bool:
    if _SAYS_WHO.match(name):
        return True
    return NAMED.match(name) is not None and not _NOT_A_CHECK.search(name)


def is_limiter(text: str) -> bool:
    """Whether a callee, as it is written, asks how often and not who: `rate_limiter.check_websocket`."""
    return _HOW_OFTEN.search(text) is not None


def _comparison(at: At[tree.Expr], left: tree.Expr, right: tree.Expr) -> Verification | None:
    """`token == settings.token`, `ApiKey.key == api_key`, `token in tokens`; not `token == ""`."""
    for one, other in ((left, right), (right, left)):
        name = credential_name(one)
        if (
            name is None
            or name.lower() == "auth"
            or (isinstance(other, tree.Member) and other.name == "type")
        ):
            continue
        if isinstance(other, tree.Literal) and (other.value is None or other.value == ""):
            continue
        if isinstance(other, tree.Literal) and not isinstance(other.value, str):
            continue
        if isinstance(one, tree.Literal):
            continue
        by = f"the comparison with {one_line(at.to(other).text, _LONGEST_TEXT)}"
        return Verification("compared", by, at, None if _in_query(at) else False)
    return None


def _in_query(at: At[tree.Expr]) -> bool:
    """Whether a comparison is a database's: `select(Token).where(Token.value == token)`."""
    for parent in at.index.ancestors(at.node):
        if isinstance(parent, tree.Call):
            return name_behind_calls(parent.callee) in (
                "where",
                "filter",
                "select",
                "having",
                "exists",
                "and_",
                "delete",
                "update",
            )
        if isinstance(parent, tree.If | tree.Assign | tree.Function):
            return False
    return False


def _reads_handshake(callee: tree.Expr) -> bool:
    """`headers.get(...)`, `data.get(...)` read a credential; `sessions.get(token)` looks one up."""
    return isinstance(callee, tree.Member) and name_behind_calls(callee.object) in (
        "query_params", "headers", "cookies", "data", "message", "payload", "msg", "params", "environ",
    )  # fmt: skip


def _leaves_signature_out(program: Program, call: At[tree.Call]) -> bool:
    """`verify=False`, `options={"verify_signature": False}`."""
    for argument in call.node.arguments:
        if argument.name == "verify" and _is_false(argument.value):
            return True
        if argument.name == "options":
            for origin in origins(program, call.to(argument.value)):
                for entry in getattr(getattr(origin, "node", None), "entries", ()):
                    key = getattr(entry.key, "value", None)
                    if key == "verify_signature" and _is_false(entry.value):
                        return True
    return False


def _is_false(node: tree.Expr) -> bool:
    return isinstance(node, tree.Literal) and node.value is False


def is_stub(program: Program, function: At[tree.Function]) -> bool:
    """Whether a function that is named like a check does nothing with what it is given: it calls and compares nothing."""
    for node in own_nodes(function):
        if isinstance(node, tree.Call) and name_behind_calls(node.callee) not in (
            "debug", "info", "warning", "error", "print", "bool", "len", "str", "strip", "startswith",
            "split", "replace", "removeprefix", "get", "HTTPException", "WebSocketException", "close",
        ):  # fmt: skip
            return False
        if (
            isinstance(node, tree.Operation)
            and node.operator in ("==", "!=", "in", "not in")
            and not any(isinstance(each, tree.Literal) and each.value in ("", None) for each in node.operands)
        ):
            return False
        if (
            isinstance(node, tree.Call)
            and credential_name(node) is None
            and name_behind_calls(node.callee) == "get"
        ):
            return False
    return True


def _keys(node: tree.Expr) -> str:
    return " ".join(
        str(each.value)
        for each in tree.walk(node)
        if isinstance(each, tree.Literal) and isinstance(each.value, str)
    )


def _short_name(name: str) -> str:
    parts = name.replace("()", "").split(".")
    return ".".join(parts[-2:])


def _text(at: At[tree.Call], node: tree.Expr) -> str:
    return one_line(at.to(node).text, _LONGEST_TEXT)
