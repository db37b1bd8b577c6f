"""The SameSite attribute of the cookies that a project sets: with which pages' sockets a browser sends them."""

from __future__ import annotations

from halfopen.connections.facts import Confidence, Evidence, Fact, Known, Unknown
from halfopen.semantics import tree
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program
from halfopen.semantics.scopes import index_of
from halfopen.semantics.values import origins

_STRICTNESS = ("none", "lax", "strict")
_DEFAULT = "lax"
"""Of Starlette's `Response.set_cookie` and `SessionMiddleware` (starlette 1.10.0 responses.py, middleware/sessions.py)."""
_WORDS = ("set_cookie", "SessionMiddleware", "samesite", "same_site")
_PARAMETERS = ("samesite", "same_site")


def same_site(program: Program, library: str) -> Fact[str]:
    """The weakest attribute with which a cookie is set; not known where one of them is not.

    `library` serves the connection, and so sets the project's cookies as well.
    """
    places: dict[At[tree.Node], str | None] = {}
    for word in _WORDS:
        for module, unit in program.units_with(word, "python"):
            program.queries.note(unit)
            for call in index_of(unit).calls:
                at = At(module.path, unit, call)
                said = next((each for each in call.arguments if each.name in _PARAMETERS), None)
                if said is not None:
                    places[at.to(said)] = _value(program, at.to(said.value))
                elif library in ("fastapi", "starlette") and _sets_cookie(call):
                    places[at] = _DEFAULT
    known = [(value, place) for place, value in places.items() if value is not None]
    if not known or len(known) < len(places):
        return Unknown("where the cookie is set: its SameSite attribute")
    value, place = min(known, key=lambda each: _STRICTNESS.index(each[0]))
    return Known(value, (Evidence(place.span, f"SameSite is {value} here"),), Confidence.MEDIUM)


def _value(program: Program, at: At[tree.Expr]) -> str | None:
    """`"lax"`, a constant, or what a setting is where the environment does not say otherwise."""
    for origin in (at, *origins(program, at)):
        for node in tree.walk(origin.node, tree.same_function) if isinstance(origin, At) else ():
            text = node.value if isinstance(node, tree.Literal) else None
            if isinstance(text, str) and text.lower() in _STRICTNESS:
                return text.lower()
    return None


def _sets_cookie(call: tree.Call) -> bool:
    """`response.set_cookie(...)`, `Middleware(SessionMiddleware, ...)`, `app.add_middleware(SessionMiddleware, ...)`."""
    if any(each.spread for each in call.arguments):
        return False
    name = last_name(call.callee)
    if name in ("add_middleware", "Middleware"):
        return any(last_name(each.value) == "SessionMiddleware" for each in call.arguments[:1])
    return name in ("set_cookie", "SessionMiddleware")
