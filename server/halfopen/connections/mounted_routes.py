"""Whether an application serves an endpoint at all: a router that nobody includes answers nobody."""

from __future__ import annotations

import posixpath

from halfopen.connections.endpoints import Endpoint
from halfopen.connections.facts import Evidence, Known
from halfopen.connections.includes import Include, includes
from halfopen.connections.routes import Route, is_application
from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.origin import Origin
from halfopen.semantics.program import At, External, Program
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.values import origins


def mounted(program: Program, endpoint: Endpoint, routes: tuple[Route, ...]) -> Known[bool] | None:
    """Whether an application serves an endpoint; None where the code leaves it open.

    That none does is certain only beside an application that includes others, when each router that anything
    includes is known: one that a loop over modules or a plug-in brings could be the endpoint's own.
    """
    reached = [each for each in routes if each.reached]
    if reached:
        return Known(True, reached[0].evidence)
    if not routes or endpoint.router is None:
        return None
    every = [each for each in includes(program) if is_shipped(each.call.path)]
    including = next((each for each in every if _into_application(program, each)), None)
    if including is None or not all(_is_known(program, each, endpoint) for each in every):
        return None
    said = (
        Evidence(endpoint.router.span, f"no application includes the router of {endpoint.name}"),
        Evidence(including.call.span, "other routers are included here"),
    )
    return Known(False, said)


def _into_application(program: Program, include: Include) -> bool:
    return include.parent is not None and any(
        isinstance(origin, At) and is_application(program, origin)
        for origin in origins(program, include.parent)
    )


def _is_known(program: Program, include: Include, endpoint: Endpoint) -> bool:
    found = origins(program, include.child)
    return bool(found) and all(_is_told(program, each, endpoint) for each in found)


def _is_told(program: Program, origin: Origin, endpoint: Endpoint) -> bool:
    """Whether the code tells what is included: what a call made, or something outside that is not the endpoint's module."""
    if isinstance(origin, External):
        stem = posixpath.splitext(posixpath.basename(endpoint.handler.path))[0]
        return "(" not in str(origin) and stem not in str(origin).split(".")
    if not isinstance(origin, At) or not isinstance(origin.node, tree.Call):
        return False
    return any("." in name for name in qualified(program, origin))
