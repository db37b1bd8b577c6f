"""Functions that FastAPI or Starlette calls for a request over HTTP."""

from __future__ import annotations

from halfopen.semantics import tree
from halfopen.semantics.program import At, Program
from halfopen.semantics.qualified_names import qualified

_METHODS = frozenset({"get", "post", "put", "patch", "delete", "api_route", "route"})


def answers_requests(program: Program, function: At[tree.Function]) -> bool:
    """Whether a function is a route: `@router.post("/items")`."""
    return any(
        isinstance(each, tree.Call)
        and isinstance(each.callee, tree.Member)
        and each.callee.name in _METHODS
        and any(
            name.startswith(("fastapi.", "starlette."))
            for name in qualified(program, function.to(each.callee))
        )
        for each in function.node.decorators
    )
