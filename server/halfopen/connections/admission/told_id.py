"""An id in the path that is all there is to know: what is sent goes to that id alone, and ids are drawn at random."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.admission.capability import is_random
from halfopen.connections.admission.guarded_beside import asked
from halfopen.connections.facts import Evidence
from halfopen.connections.handling import Handling
from halfopen.connections.registries import Registration, container_of, registrations_in
from halfopen.connections.sending.processes import sends_to
from halfopen.connections.sending.registered import Entered
from halfopen.semantics import tree
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, Program
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.scopes import index_of
from halfopen.semantics.values import origins

_DEPTH = 3


def told_id(handling: Handling) -> tuple[Evidence, ...]:
    """Why nobody who was not told an id gets what is sent; nothing where the workspace knows of users otherwise."""
    found = _typed(handling) or sent_to_drawn_ids(handling)
    return found if found and not _asks_who_calls(handling.program) else ()


def _typed(handling: Handling) -> tuple[Evidence, ...]:
    """`job_id: UUID` in the path, which the handler goes by."""
    program, root = handling.program, handling.root
    for parameter in root.node.parameters:
        annotation, target = parameter.annotation, parameter.target
        if annotation is None or parameter.default is not None or not isinstance(target, tree.Name):
            continue
        is_uuid = isinstance(annotation, tree.Name | tree.Member) and "uuid.UUID" in qualified(
            program, root.to(annotation)
        )
        if is_uuid and any(
            isinstance(node, tree.Name) and node.id == target.id for node in tree.walk(root.node.body)
        ):
            return (Evidence(root.to(parameter).span, "a UUID, which nobody guesses"),)
    return ()


def sent_to_drawn_ids(handling: Handling) -> tuple[Evidence, ...]:
    """The client stands under an id of its choice, and all that is sent goes to ids that are drawn at random."""
    program = handling.program
    entered = [
        registration
        for function in handling.reachable
        for registration in registrations_in(program, function)
        if handling.sockets.mentions(registration.value.node)
    ]
    said: list[Evidence] = []
    for registration in entered:
        key = _key(registration)
        if key is None or not _is_the_clients(handling, key):
            return ()
        sent = sends_to(program, Entered(registration.container, handling, (registration,), "sockets"))
        for function, call in sent:
            keys = list(_keys(program, function, registration))
            if not keys or not all(is_random(program, each, _DEPTH) for each in keys):
                return ()
            said.append(Evidence(call.span, "is sent only to an id that was drawn at random"))
    return tuple(dict.fromkeys(said))[:2]


def _key(registration: Registration) -> At[tree.Expr] | None:
    """`jobs[job_id] = websocket`, `jobs[job_id].add(websocket)`, `jobs.setdefault(job_id, []).append(websocket)`."""
    if registration.key is not None:
        return registration.key
    node = registration.node.node
    held = (
        node.callee.object if isinstance(node, tree.Call) and isinstance(node.callee, tree.Member) else None
    )
    match held:
        case tree.Index(key=key):
            return registration.node.to(key)
        case tree.Call(callee=tree.Member(name="setdefault" | "get"), arguments=(first, *_)):
            return registration.node.to(first.value)
        case _:
            return None


def _is_the_clients(handling: Handling, key: At[tree.Expr]) -> bool:
    """Whether a key is what the client wrote into the URL."""
    found = origins(handling.program, key)
    return bool(found) and all(isinstance(each, ParameterOf) and not each.steps for each in found)


def _keys(
    program: Program, function: At[tree.Function], registration: Registration
) -> Iterator[At[tree.Expr]]:
    """The keys that a function looks up in the registry; none where it goes through the whole of it."""
    for node in tree.walk(function.node.body, tree.same_function):
        match node:
            case tree.Index(object=held, key=key) if _is(program, function.to(held), registration):
                yield function.to(key)
            case tree.Call(callee=tree.Member(object=held, name="get"), arguments=(first, *_)) if _is(
                program, function.to(held), registration
            ):
                yield function.to(first.value)
            case _:
                pass


def _is(program: Program, held: At[tree.Expr], registration: Registration) -> bool:
    return container_of(program, held) == registration.container


def _asks_who_calls(program: Program) -> bool:
    """Whether anything of the workspace asks who calls: then there are users, and an id is not all that is asked."""
    return program.queries.search("asks who calls", lambda: _any_asks(program))


_OF_USERS = (
    "login",
    "jwt",
    "OAuth2PasswordBearer",
    "HTTPBearer",
    "APIKeyHeader",
    "SessionMiddleware",
    "get_current_user",
)
"""What a program that knows its users names somewhere."""


def _any_asks(program: Program) -> bool:
    if any(True for word in _OF_USERS for _ in program.units_with(word, "python")):
        return True
    for word in ("Depends", "Security"):
        for module, unit in program.units_with(word, "python"):
            program.queries.note(unit)
            for function in index_of(unit).functions:
                if any(asked(At(module.path, unit, function))):
                    return True
    return False
