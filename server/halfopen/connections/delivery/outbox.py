"""Where messages wait while there is no connection: a client's own array, or its library's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from halfopen.connections.client_site import ClientSite
from halfopen.connections.client_view import View
from halfopen.connections.delivery.facts import Outbox, Send, Trigger
from halfopen.connections.delivery.sends import send_calls
from halfopen.connections.facts import Evidence, Fact, Known, Unknown
from halfopen.connections.library_clients import argument, option
from halfopen.connections.tables import catalogue_of
from halfopen.libraries import Default
from halfopen.semantics import tree
from halfopen.semantics.program import At, Program, own_nodes

_ADDS = frozenset({"push", "unshift", "enqueue"})


def outboxes_of(site: ClientSite, view: View, sends: Iterable[Send]) -> Iterator[Outbox]:
    """The outboxes of a client. Where nothing is sent, a library's stays empty."""
    sent = [each for each in sends if each.purpose != "heartbeat"]
    triggers: tuple[Trigger, ...] = tuple(dict.fromkeys(each for one in sent for each in one.triggers))
    library = _library_outbox(site, triggers)
    if library is not None and sent:
        yield library
    seen: set[tree.Node] = set()
    for call in send_calls(view):
        around = call.index.function_of(call.node)
        if around is None or around in seen:
            continue
        seen.add(around)
        feeding = [each.triggers for each in sent if each.sent == call.span]
        fed: tuple[Trigger, ...] = tuple(dict.fromkeys(each for one in feeding for each in one))
        yield from _own(view.program, call, call.to(around), fed)


def _library_outbox(site: ClientSite, fed_by: tuple[Trigger, ...]) -> Outbox | None:
    if site.library == "native" or site.made_with is None:
        return None
    catalogue = catalogue_of(site.program)
    outbox = catalogue.model(site.library).outbox
    match outbox.while_closed, outbox.limit_messages:
        case Default(value="queue"), Default(value=None):
            pass
        case _:
            return None
    for each in catalogue.table(site.library).options:
        position = site.made_with.constructor.options_argument
        options = argument(site.call, position) if position is not None else None
        if each.sets == "outbox.limit_messages" and options is not None:
            given = option(site.program, options, each.name)
            if given is not None:
                return Outbox(f"the queue of {site.library}", site.call.span, given.text, False, fed_by)
    return Outbox(f"The queue of {site.library}", site.call.span, None, False, fed_by)


def _own(
    program: Program, sent: At[tree.Call], function: At[tree.Function], fed_by: tuple[Trigger, ...]
) -> Iterator[Outbox]:
    """`this.queue.push(message)` in the function that sends."""
    names = {node.id for node in tree.walk(sent.node.arguments[0].value) if isinstance(node, tree.Name)}
    for node in own_nodes(function):
        if not isinstance(node, tree.Call) or not isinstance(node.callee, tree.Member) or node is sent.node:
            continue
        given = {
            inner.id for each in node.arguments for inner in tree.walk(each) if isinstance(inner, tree.Name)
        }
        if node.callee.name not in _ADDS or not given & names or node.callee.object is sent.node:
            continue
        container = function.to(node.callee.object).text
        limit = _limit(function, container)
        is_option = limit is not None and _may_be_infinite(program, limit)
        yield Outbox(
            f"`{container}`",
            function.to(node).span,
            limit.text if limit is not None else None,
            is_option,
            fed_by,
            (Evidence(limit.span, "bounded by this, which is no limit by default"),)
            if limit is not None and is_option
            else (),
            _is_read(program, function.to(node.callee.object)),
        )


def _is_read(program: Program, container: At[tree.Expr]) -> Fact[bool]:
    """Whether anything in the file does more with the container than to fill it and to ask for its length."""
    name = _name_of(container.node)
    module = program.module(container.path)
    if name is None or module is None:
        return Unknown("what reads the outbox")
    for unit in module.units:
        program.queries.note(unit)
        for node in (each for statement in unit.body for each in tree.walk(statement)):
            if _is_named(node, name) and _takes(At(container.path, unit, node)):
                return Known(True, (Evidence(At(container.path, unit, node).span, "is read here"),))
    return Known(False)


def _name_of(container: tree.Expr) -> str | None:
    """The name of a variable, a ref or a field that is the code's own; None for what comes from elsewhere."""
    match container:
        case tree.Name(id=name) | tree.Member(object=tree.Name(id=name), name="current"):
            return name
        case tree.Member(object=tree.Name(id="this"), name=name):
            return name
        case _:
            return None


def _is_named(node: tree.Node, name: str) -> bool:
    return (isinstance(node, tree.Name) and node.id == name) or (
        isinstance(node, tree.Member) and node.name == name
    )


def _takes(use: At[tree.Node]) -> bool:
    """Whether a use of a container may take something out, or hands the container on."""
    parents = use.index.parents
    node, parent = use.node, parents.get(use.node)
    while isinstance(parent, tree.Member) and parent.object is node and parent.name == "current":
        node, parent = parent, parents.get(parent)
    match parent:
        case tree.Assign(targets=targets) if node in targets:
            return False
        case tree.Member(object=inner, name=name) if inner is node:
            return name not in _ADDS and name != "length"
        case _:
            return True


def _limit(function: At[tree.Function], container: str) -> At[tree.Expr] | None:
    """What the container's length is compared with, or where it is cut."""
    for node in own_nodes(function):
        if isinstance(node, tree.Operation) and node.operator in ("<", "<=", ">", ">=", "=="):
            for length, other in (node.operands, node.operands[::-1]):
                if function.to(length).text == f"{container}.length":
                    return function.to(other)
        if (
            isinstance(node, tree.Call)
            and isinstance(node.callee, tree.Member)
            and node.callee.name in ("shift", "splice")
            and function.to(node.callee.object).text == container
        ):
            return function.to(node)
    return None


def _may_be_infinite(program: Program, limit: At[tree.Expr]) -> bool:
    """Whether a limit is an option whose default is no limit."""
    if not isinstance(limit.node, tree.Name):
        return False
    for path, unit, definition in program.definitions_of(program.variable(limit.to(limit.node))):
        here: At[tree.Node] = At(path, unit, definition.target)
        fallback = here.parent
        values = [fallback.value] if isinstance(fallback, tree.AssignExpr) else []
        if definition.value is not None and not definition.steps:
            values.append(definition.value)
        for value in values:
            if isinstance(value, tree.Name) and value.id == "Infinity":
                return True
            if isinstance(value, tree.Member) and isinstance(value.object, tree.Name):
                for found in _entries(program, here.to(value.object), value.name):
                    if isinstance(found, tree.Name) and found.id == "Infinity":
                        return True
    return False


def _entries(program: Program, name: At[tree.Name], key: str) -> Iterator[tree.Expr]:
    for _, _, definition in program.definitions_of(program.variable(name)):
        if isinstance(definition.value, tree.Object):
            for entry in definition.value.entries:
                if isinstance(entry.key, tree.Literal) and entry.key.value == key:
                    yield entry.value
