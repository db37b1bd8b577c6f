"""Whether the Origin header of a handshake is looked at, and how strictly."""

from __future__ import annotations

from collections.abc import Iterable

from halfopen.connections.admission.facts import OriginCheck
from halfopen.connections.facts import Confidence, Evidence, Fact, Known
from halfopen.semantics import tree
from halfopen.semantics.program import At, Program
from halfopen.semantics.qualified_names import qualified

_VALIDATORS = ("AllowedHostsOriginValidator", "OriginValidator", "OriginValidatorMiddleware")
_WEAK = frozenset({"startswith", "endswith", "search", "match", "find"})


def origin_check(
    program: Program, functions: Iterable[At[tree.Function]], classes_wrapped: bool
) -> Fact[OriginCheck]:
    """What the functions on the way in do with the origin; `classes_wrapped` asks for Channels' validators too."""
    for function in functions:
        reads = [node for node in tree.walk(function.node.body) if _reads_origin(node)]
        if not reads:
            continue
        at = function.to(reads[0])
        weak = _weak_test(function)
        if weak is not None:
            said = "a part of the origin is compared, which another site's name can have too"
            return Known("weak", (Evidence(function.to(weak).span, said),))
        return Known("exact", (Evidence(at.span, "the origin is looked at here"),), Confidence.MEDIUM)
    if classes_wrapped:
        for word in _VALIDATORS:
            for module, unit in program.units_with(word, "python"):
                program.queries.note(unit)
                at_unit: At[tree.Node] = At(module.path, unit, unit.body[0])
                for call in at_unit.index.calls:
                    if any(
                        name.endswith(_VALIDATORS) for name in qualified(program, at_unit.to(call.callee))
                    ):
                        return Known("exact", (Evidence(at_unit.to(call).span, "checks the origin"),))
    return Known("none")


def _reads_origin(node: tree.Node) -> bool:
    match node:
        case tree.Call(callee=tree.Member(name="get" | "getlist"), arguments=(first, *_)):
            return _is_origin(first.value)
        case tree.Index(key=key):
            return _is_origin(key)
        case tree.Operation(operator="==", operands=operands):
            return any(isinstance(each, tree.Literal) and each.value == b"origin" for each in operands)
        case tree.Parameter(target=tree.Name(id="origin")):
            return True
        case _:
            return False


def _is_origin(key: tree.Expr) -> bool:
    return isinstance(key, tree.Literal) and str(key.value).lower() in ("origin", "b'origin'")


def _weak_test(function: At[tree.Function]) -> tree.Node | None:
    """`origin.startswith(...)`, `"example.com" in origin`."""
    for node in tree.walk(function.node.body):
        match node:
            case tree.Call(callee=tree.Member(name=name, object=inner)) if name in _WEAK:
                if "origin" in function.to(inner).text.lower():
                    return node
            case tree.Operation(operator="in", operands=(left, right)):
                if (
                    isinstance(right, tree.Name)
                    and right.id in ("origin", "origin_header")
                    and "origin" not in function.to(left).text.lower()
                ):
                    return node
            case _:
                pass
    return None
