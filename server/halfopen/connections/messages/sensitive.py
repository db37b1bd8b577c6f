"""Names that stand for a secret or for personal data, and uses of them that show the value."""

from __future__ import annotations

import itertools
import re

from halfopen.semantics import tree
from halfopen.semantics.program import At, Program

_CREDENTIAL = frozenset(
    {"token", "jwt", "password", "passwd", "secret", "apikey", "credentials", "authorization", "cookie", "bearer"}
)  # fmt: skip
_PERSONAL = frozenset({"email", "ssn", "phone", "iban"})
_PAIRS = frozenset(
    {("api", "key"), ("secret", "key"), ("private", "key"), ("access", "key"), ("credit", "card")}
)
_NOT = frozenset(
    {"count", "counts", "length", "len", "type", "id", "name", "limit", "budget", "usage", "expired", "expiry", "valid",
     "present", "retry", "retries", "error", "url", "key", "index", "position", "csrf", "cancel", "cancellation", "max",
     "min", "used", "per", "has", "is", "exists", "status", "hash", "hashed", "age", "stream", "page", "next", "design"}
)  # fmt: skip
"""Words that make a name mean something else: `token_count`, `hasToken`, `next_page_token`, `tokenRetryCount`."""


def kind_of_name(name: str) -> str | None:
    """ "credential" or "personal" where a name stands for such data, None elsewhere."""
    words = [each.lower() for each in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]
    pairs = set(itertools.pairwise(words))
    if pairs & _PAIRS:
        return "credential"
    if set(words) & _NOT:
        return None
    if words and (words[-1] in _CREDENTIAL or (set(words) & _CREDENTIAL and "or" in words)):
        return "credential"
    return "personal" if words and words[-1] in _PERSONAL else None


def name_of(node: tree.Node) -> str | None:
    """The name that an expression reads a value by: `token`, `user.email`, `payload["email"]`, `params.get("token")`."""
    match node:
        case tree.Name(id=name) | tree.Member(name=name):
            return name
        case tree.Index(key=tree.Literal(value=str() as key)):
            return key
        case tree.Call(
            callee=tree.Member(name="get" | "getItem"),
            arguments=(tree.Argument(value=tree.Literal(value=str() as key)), *_),
        ):
            return key
        case _:
            return None


def is_element(program: Program, at: At[tree.Expr]) -> bool:
    """Whether a name is a loop's variable: the tokens of a model's answer, not of a session."""
    if not isinstance(at.node, tree.Name):
        return False
    return any(
        definition.kind == "element"
        for _, _, definition in program.definitions_of(program.variable(at.to(at.node)))
    )
