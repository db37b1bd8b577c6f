"""Whether handlers see current props and state: what a client's code says of it."""

from __future__ import annotations

from halfopen.connections.client_site import ClientSite
from halfopen.connections.facts import Evidence, Fact, Known
from halfopen.connections.freshness.captured import frozen_hooks, stale_reads
from halfopen.connections.freshness.churn import churn_of
from halfopen.connections.freshness.facts import Freshness
from halfopen.connections.freshness.provided import provided_anew
from halfopen.connections.freshness.reapplied import reapplied
from halfopen.semantics.program import Program
from halfopen.semantics.unit import Span


def freshness_of_client(site: ClientSite) -> Freshness:
    """The facts of one client; a library's hook reads its options anew on each render."""
    view = site.view
    if view is None or (site.made_with is not None and site.made_with.constructor.kind == "hook"):
        again = tuple(reapplied(view)) if view is not None else ()
        return Freshness(reapplied=again, compiled=_build(site.program))
    return Freshness(
        (*churn_of(view), *provided_anew(view)),
        stale_reads(view),
        frozen_hooks(view),
        tuple(reapplied(view)),
        _build(site.program),
    )


def _build(program: Program) -> Fact[bool]:
    return program.queries.search(("React Compiler",), lambda: _compiled(program))


def _compiled(program: Program) -> Fact[bool]:
    """Whether a build configuration names the React Compiler's plug-in."""
    for module, unit in program.units_with("compiler", "typescript"):
        if b"babel-plugin-react-compiler" in unit.text:
            whole = Span(module.path, unit, 0, min(len(unit.text), 80))
            return Known(True, (Evidence(whole, "sets up the React Compiler"),))
    for module, unit in program.units_with("reactCompiler", "typescript"):
        if b"reactCompiler: true" in unit.text or b"reactCompiler: {" in unit.text:
            whole = Span(module.path, unit, 0, min(len(unit.text), 80))
            return Known(True, (Evidence(whole, "sets up the React Compiler"),))
    return Known(False)
