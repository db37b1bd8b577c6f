"""An id that lets in by itself: the server draws it at random, and who shows one that it did not draw is turned away."""

from __future__ import annotations

from dataclasses import replace

from halfopen.connections.admission.limits import refuses
from halfopen.connections.facts import Evidence
from halfopen.connections.registries import Container, Registration, container_of, registrations_in
from halfopen.connections.sending.registered import functions_using
from halfopen.connections.shipped import is_shipped
from halfopen.connections.thread_calls import TAKING_ARGUMENTS
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers, functions
from halfopen.semantics.function_shape import argument_of, returned
from halfopen.semantics.names import last_name
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, Global, Program, own_nodes
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.scopes import index_of
from halfopen.semantics.values import origins

_DRAWS = frozenset({"uuid.uuid4", "secrets.token_urlsafe", "secrets.token_hex", "secrets.token_bytes"})
_RUNNING = frozenset({"add_task", "enqueue", "start_soon"}) | TAKING_ARGUMENTS
"""What runs a function that it is given, with the arguments behind it."""
_TEXTS = frozenset({"str", "hex"})
_DEPTH = 2


def capability(program: Program, entered: list[At[tree.Function]]) -> tuple[Evidence, ...]:
    """Where an unknown id is refused, and where the ids are drawn; nothing where any of them is not random."""
    for function in entered:
        for node in own_nodes(function):
            if not isinstance(node, tree.If) or not refuses(node):
                continue
            container = _missed(program, function.to(node.test))
            drawn = _drawn(program, container) if container is not None else None
            if drawn is not None:
                said = "an id that is not known is turned away here"
                return (Evidence(function.to(node.test).span, said), drawn)
    return ()


def _missed(program: Program, test: At[tree.Expr]) -> Container | None:
    """The container that a test finds nothing in: `if not task`, `if job is None`, `if key not in jobs`."""
    match test.node:
        case tree.Operation(operator="not in", operands=(_, held)):
            return container_of(program, test.to(held))
        case tree.Operation(operator="not", operands=(tree.Operation(operator="in", operands=(_, held)),)):
            return container_of(program, test.to(held))
        case tree.Operation(operator="not", operands=(found,)):
            return _looked_up_in(program, test.to(found))
        case tree.Operation(operator="is" | "==", operands=(found, tree.Literal(value=None))):
            return _looked_up_in(program, test.to(found))
        case _:
            return None


def _looked_up_in(program: Program, found: At[tree.Expr]) -> Container | None:
    """The container that a value was looked up in, by the handler or by a function that it asks."""
    direct = container_of(program, found)
    if direct is not None:
        return direct
    for origin in (found, *origins(program, found)):
        node = origin.node if isinstance(origin, At) else None
        if isinstance(origin, At) and isinstance(node, tree.Call):
            values = [
                value for each in functions(program, origin.to(node.callee)) for value in returned(each)
            ]
            containers = {container_of(program, value) for value in values}
            if len(containers) == 1:
                return containers.pop()
            found_in = container_of(program, origin.to(node))
            if found_in is not None:
                return found_in
    return None


def _drawn(program: Program, container: Container) -> Evidence | None:
    """Where the keys of a container are drawn at random, if all are, and nothing gives out a list of them."""
    using = functions_using(program, container)
    made: list[Registration] = [
        each
        for function in using
        for each in registrations_in(program, function)
        if each.container == container
    ]
    if any(_lists(program, function, container) for function in using):
        return None
    if not made or not all(each.key is not None and is_random(program, each.key) for each in made):
        return None
    first = made[0]
    return Evidence(
        first.node.span, "its ids are drawn at random, and are known to whom the server tells them"
    )


def _lists(program: Program, function: At[tree.Function], container: Container) -> bool:
    """`return list(jobs.values())`, `return [each for each in jobs]`: whoever asks gets to know all ids."""
    for value in returned(function):
        for node in tree.walk(value.node):
            if isinstance(node, tree.Comprehension):
                over = [value.to(each.iterable) for each in node.clauses]
            elif isinstance(node, tree.Call) and isinstance(node.callee, tree.Name):
                over = [value.to(each.value) for each in node.arguments]
            else:
                continue
            if any(container_of(program, each) == container for each in over):
                return True
    return False


def is_random(program: Program, at: At[tree.Expr], depth: int = _DEPTH) -> bool:
    """Whether all that an expression may be is drawn at random, here or by who calls, `depth` calls up at most."""
    found = origins(program, at)
    return bool(found) and all(
        _is_given_at_random(program, origin, depth)
        if isinstance(origin, ParameterOf)
        else isinstance(origin, At) and _draws(program, origin)
        for origin in found
    )


def _is_given_at_random(program: Program, origin: ParameterOf, depth: int) -> bool:
    if not depth or origin.steps:
        return False
    given = [
        (call.to(value) if value is not None else None)
        for call in callers(program, origin.function) or _calls_of_anything(program, origin.function)
        if is_shipped(call.path)
        for value in (argument_of(call.node, origin.function.node, origin.parameter),)
    ]
    given += _given_to_tasks(program, origin)
    return bool(given) and all(value is not None and is_random(program, value, depth - 1) for value in given)


def _calls_of_anything(program: Program, function: At[tree.Function]) -> list[At[tree.Call]]:
    """Where no call is known to be a method's: all of its name on objects of which nothing is known."""
    name = function.node.name
    if name is None or function.node.receiver is None:
        return []
    found: list[At[tree.Call]] = []
    for module, unit in program.units_calling(name, "python"):
        for node in index_of(unit).calls:
            if isinstance(node.callee, tree.Member) and node.callee.name == name:
                call = At(module.path, unit, node)
                if not functions(program, call.to(node.callee)):
                    found.append(call)
    return found


def _given_to_tasks(program: Program, origin: ParameterOf) -> list[At[tree.Expr] | None]:
    """What a function is given where others run it: `tasks.add_task(analyze, task_id=task_id)`, `analyze.delay(task_id)`."""
    function = origin.function
    if function.node.name is None or function.node.receiver is not None:
        return []
    found: list[At[tree.Expr] | None] = []
    for read in program.reads(Global(function.path, function.node.name)):
        parent = read.parent
        call = read.index.parents.get(parent) if parent is not None else None
        if not isinstance(call, tree.Call):
            continue
        if isinstance(parent, tree.Member) and parent.name == "delay":
            value = argument_of(call, function.node, origin.parameter)
        elif isinstance(parent, tree.Argument) and last_name(call.callee) in _RUNNING:
            rest = call.arguments[call.arguments.index(parent) + 1 :]
            value = argument_of(replace(call, arguments=rest), function.node, origin.parameter)
        else:
            continue
        found.append(read.to(value) if value is not None else None)
    return found


def _draws(program: Program, at: At[tree.Expr]) -> bool:
    """`str(uuid.uuid4())`, `uuid.uuid4().hex`, `secrets.token_urlsafe()`; a part of it (`[:8]`) can be guessed."""
    match at.node:
        case tree.Call(callee=tree.Name(id=name), arguments=(only,)) if name in _TEXTS:
            return _draws(program, at.to(only.value)) or is_random(program, at.to(only.value), 0)
        case tree.Call(callee=callee):
            return bool(qualified(program, at.to(callee)) & _DRAWS)
        case tree.Member(object=inner, name=name) if name in _TEXTS:
            return _draws(program, at.to(inner))
        case _:
            return False
