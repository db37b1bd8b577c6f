"""The ways on which an event of the socket leads to a place: which of them can be gone, and which exclude each other."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.client_view import View
from halfopen.connections.presentation.running import Running, called, makes_socket, reconnects_at
from halfopen.semantics import tree
from halfopen.semantics.function_shape import argument_of
from halfopen.semantics.leaving import OUT_OF_FUNCTION, leaves
from halfopen.semantics.program import At

_DEEPEST = 6
_MOST_WAYS = 400
_REASON = frozenset({"code", "reason", "wasClean"})
"""What a close event says of its reason."""


def ways(view: View, root: At[tree.Function]) -> list[Running] | None:
    """The functions that run when an event's handler runs, once for each way there; None where these are too many.

    A way that a constant rules out is none: `become({ state: "open" })` does not lead into `case "lost"`.
    """
    key = ("ways", view.call.node, root.node)
    return view.program.queries.get(key, lambda: _ways(view, root))


def _ways(view: View, root: At[tree.Function]) -> list[Running] | None:
    found: list[Running] = []
    waiting = [Running(root)]
    while waiting:
        current = waiting.pop(0)
        if len(found) >= _MOST_WAYS:
            return None
        found.append(current)
        view.program.queries.note(current.function.unit)
        on_the_way = {current.function.node, *(_home(each) for each in current.chain)}
        for at in current.nodes():
            if not isinstance(at.node, tree.Call) or len(current.chain) >= _DEEPEST:
                continue
            call = at.to(at.node)
            inner = [
                each
                for each in called(view, call)
                if each.node not in on_the_way and not makes_socket(view, each)
            ]
            if inner and is_possible(current, at):
                waiting += [Running(each, (*current.chain, call)) for each in inner]
    return found


def retries_on(view: View, running: list[Running]) -> Iterator[tuple[At[tree.Node], ...]]:
    """The ways to a call that sets the socket up again."""
    for current in running:
        for at in current.nodes():
            if (
                isinstance(at.node, tree.Call)
                and reconnects_at(view, at.to(at.node))
                and is_possible(current, at)
            ):
                yield (*current.chain, at)


def is_possible(current: Running, at: At[tree.Node]) -> bool:
    """Whether what the calls on a way give lets a node of its last function run."""
    inner: tree.Node = at.node
    for ancestor in at.index.ancestors(at.node):
        match ancestor:
            case tree.Function():
                return True
            case tree.If(test=test) if inner is not test:
                holds = _holds(current, at.to(test))
                if holds is not None and holds != (inner is ancestor.then):
                    return False
            case tree.Switch() if isinstance(inner, tree.Case):
                if not _is_taken(current, at.to(ancestor), inner):
                    return False
            case tree.Block():
                if _is_left_before(current, at.to(ancestor), inner):
                    return False
            case _:
                pass
        inner = ancestor
    return True


def exclude_each_other(one: tuple[At[tree.Node], ...], other: tuple[At[tree.Node], ...]) -> bool:
    """Whether a close that goes one way never goes the other: the reason that it gives decides, and not, say, how many
    attempts there were before."""
    for position, (here, there) in enumerate(zip(one, other, strict=False)):
        if here.node is not there.node:
            before = tuple(each.to(each.node) for each in one[:position] if isinstance(each.node, tree.Call))
            return here.unit is there.unit and (_parts(before, here, there) or _parts(before, there, here))
    return False


def _home(call: At[tree.Call]) -> tree.Function | None:
    return call.index.function_of(call.node)


def _parts(chain: tuple[At[tree.Call], ...], here: At[tree.Node], there: At[tree.Node]) -> bool:
    """Whether a node stands in a branch that the reason chooses, and that does not lead to the other node."""
    around = {there.node, *there.index.ancestors(there.node)}
    inner: tree.Node = here.node
    for ancestor in here.index.ancestors(here.node):
        if isinstance(ancestor, tree.Function):
            return False
        if isinstance(ancestor, tree.If) and inner is not ancestor.test and inner not in around:
            branch = ancestor.then if inner is ancestor.then else ancestor.otherwise
            beside = ancestor in around and there.node.start >= ancestor.then.start
            left = leaves(branch) and there.node.start >= ancestor.end
            if (beside or left) and _asks_for_reason(chain, here.to(ancestor.test)):
                return True
        if isinstance(ancestor, tree.Case) and ancestor not in around and leaves(ancestor.body):
            switch = here.index.parents.get(ancestor)
            left = leaves(ancestor.body, OUT_OF_FUNCTION) and there.node.start >= ancestor.end
            if (
                isinstance(switch, tree.Switch)
                and (switch in around or left)
                and _asks_for_reason(chain, here.to(switch.subject))
            ):
                return True
        inner = ancestor
    return False


def _asks_for_reason(chain: tuple[At[tree.Call], ...], test: At[tree.Expr], depth: int = 3) -> bool:
    """Whether a condition is about the close event's code or reason, or about what was made of them on the way."""
    for node in tree.walk(test.node):
        if isinstance(node, tree.Member) and node.name in _REASON:
            return True
        if not isinstance(node, tree.Name) or depth <= 0:
            continue
        given = _argument(chain, test.to(node))
        if given is not None and _asks_for_reason(chain[:-1], given, depth - 1):
            return True
        binding = test.index.bindings.get(node)
        for definition in binding.definitions if binding is not None else ():
            value = definition.value
            if (
                definition.kind == "value"
                and value is not None
                and _asks_for_reason(chain, test.to(value), depth - 1)
            ):
                return True
    return False


def _is_left_before(current: Running, block: At[tree.Block], inner: tree.Node) -> bool:
    """Whether a statement before, `if (state === "closed") return`, has left already."""
    for statement in block.node.statements:
        if statement is inner:
            return False
        if isinstance(statement, tree.If):
            holds = _holds(current, block.to(statement.test))
            if (holds is True and leaves(statement.then)) or (holds is False and leaves(statement.otherwise)):
                return True
    return False


def _holds(current: Running, test: At[tree.Expr]) -> bool | None:
    """Whether `state === "open"` holds on a way; None where the way does not tell."""
    match test.node:
        case tree.Operation(operator="==" | "!=" as operator, operands=(left, right)):
            values = [_constant(current, test.to(each)) for each in (left, right)]
            if None in values:
                return None
            return (values[0] == values[1]) is (operator == "==")
        case tree.Operation(operator="not", operands=(inner,)):
            holds = _holds(current, test.to(inner))
            return None if holds is None else not holds
        case _:
            return None


def _is_taken(current: Running, switch: At[tree.Switch], case: tree.Case) -> bool:
    value = _constant(current, switch.to(switch.node.subject))
    if value is None:
        return True
    patterns: list[str | None] = []
    for each in switch.node.cases:
        pattern = each.pattern
        if pattern is not None and not isinstance(pattern, tree.Literal):
            return True
        patterns.append(str(pattern.value) if pattern is not None else None)
    position = switch.node.cases.index(case)
    chosen = patterns.index(value) if value in patterns else patterns.index(None) if None in patterns else -1
    between = switch.node.cases[chosen:position]
    return chosen >= 0 and chosen <= position and not any(leaves(each.body) for each in between)


def _constant(current: Running, at: At[tree.Expr]) -> str | None:
    """The text that an expression is on a way: a literal, or what a call on the way gives for a parameter."""
    node = at.node
    if isinstance(node, tree.Literal):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, tree.Name):
        return _given(current.chain, at.to(node), None)
    if isinstance(node, tree.Member) and isinstance(node.object, tree.Name):
        return _given(current.chain, at.to(node.object), node.name)
    return None


def _given(chain: tuple[At[tree.Call], ...], name: At[tree.Name], key: str | None) -> str | None:
    """The text that the last call of a way gives for a parameter, or for a part of it."""
    given = _argument(chain, name)
    match given.node if given is not None else None:
        case tree.Literal(value=str() as value) if key is None:
            return value
        case tree.Object(entries=entries) if key is not None:
            spread = any(each.key is None for each in entries)
            found = [
                each.value for each in entries if isinstance(each.key, tree.Literal) and each.key.value == key
            ]
            value = found[0] if found and not spread else None
            return value.value if isinstance(value, tree.Literal) and isinstance(value.value, str) else None
        case tree.Name() as outer:
            return _given(chain[:-1], chain[-1].to(outer), key)
        case _:
            return None


def _argument(chain: tuple[At[tree.Call], ...], name: At[tree.Name]) -> At[tree.Expr] | None:
    """What the last call of a way gives for a parameter of the function that it leads to."""
    function = name.index.function_of(name.node)
    binding = name.index.bindings.get(name.node)
    if not chain or function is None or binding is None:
        return None
    for parameter in function.parameters:
        if isinstance(parameter.target, tree.Name) and name.index.bindings.get(parameter.target) is binding:
            given = argument_of(chain[-1].node, function, parameter)
            return chain[-1].to(given) if given is not None else None
    return None
