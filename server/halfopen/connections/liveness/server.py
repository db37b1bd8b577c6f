"""How each side notices that the other is gone: what an endpoint's code says of it."""

from __future__ import annotations

from halfopen.connections.facts import Evidence, Fact, Known, Unknown
from halfopen.connections.liveness.facts import Format, Liveness
from halfopen.connections.liveness.server_answers import server_answers
from halfopen.connections.liveness.server_code import ServerCode, method_of, server_code
from halfopen.connections.liveness.server_heartbeats import heartbeats_of
from halfopen.connections.liveness.server_signs import waits_for_signs
from halfopen.connections.liveness.server_watchdogs import server_watchdogs
from halfopen.connections.server_site import ServerSite


def liveness_of_endpoint(site: ServerSite) -> Liveness:
    """The facts of one endpoint."""
    code = server_code(site)
    if code is None:
        return Liveness()
    watchdogs = (*server_watchdogs(code), *waits_for_signs(code))
    detects: Fact[bool] = Unknown("the pings of the server program")
    if watchdogs:
        detects = Known(True, watchdogs[0].evidence)
    return Liveness(
        tuple(heartbeats_of(code)),
        watchdogs,
        tuple(server_answers(code)),
        reads=_reads(code),
        detects_silence=detects,
    )


def _reads(code: ServerCode) -> Fact[tuple[Format, ...]]:
    """JSON alone where every receive parses it; anything else is the code's own affair."""
    methods = {method_of(each) for each in code.receives}
    if methods and methods <= {"receive_json", "iter_json"}:
        first = code.receives[0]
        return Known(("json",), (Evidence(first.span, f"{method_of(first)} raises on what is no JSON"),))
    if methods:
        return Known(
            ("text", "json"), tuple(Evidence(each.span, "receives here") for each in code.receives[:1])
        )
    return Unknown("the code that receives")
