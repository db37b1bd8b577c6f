"""Finds the native WebSocket clients of a unit, and what each acquires that must end with its owner."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from halfopen.connections.client_owner import Reach, owner_of, reach_of
from halfopen.connections.client_release import (
    Socket,
    cleanups_of,
    closers,
    closure_of,
    effects_of_owner,
    guards_of,
    only_when_open,
    release_roots,
    requires_open,
    statements_of,
    tested_names,
    written_names,
)
from halfopen.connections.dossier import CleanupRepair, Leak, Owner, Resource
from halfopen.connections.facts import Confidence, Evidence, Fact, Known
from halfopen.libraries import built_in_catalogue
from halfopen.semantics import tree
from halfopen.semantics.flow import aliases
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.react import Effect
from halfopen.semantics.unit import Unit
from halfopen.semantics.values import callbacks, functions, qualified

MARKERS = (b"WebSocket",)
"""A file without any of these words makes no native socket."""

_TEST_FILE = re.compile(
    r"(^|/)(__tests__|__mocks__|e2e|cypress)/|\.(test|spec|stories)\.[cm]?[jt]sx?$|\.d\.[cm]?ts$"
)


@dataclass(frozen=True, slots=True)
class Client:
    """One place that makes a socket: `new WebSocket(...)`, or a library's call."""

    call: At[tree.Call]
    library: str
    """"native", or the name of the library's table."""


def clients_in(program: Program, path: str, unit: Unit) -> list[Client]:
    """The sockets that a unit's code makes; `a ? new WebSocket(x) : new WebSocket(y)` makes one.

    Tests and declarations make none that ship.
    """
    if not any(marker in unit.text for marker in MARKERS) or _TEST_FILE.search(path):
        return []
    from halfopen.semantics.scopes import index_of

    program.queries.note(unit)
    index = index_of(unit)
    found: list[Client] = []
    choices: set[tree.Node] = set()
    for call in index.calls:
        if not call.is_new or not isinstance(call.callee, tree.Name | tree.Member):
            continue
        if "WebSocket" not in qualified(program, At(path, unit, call.callee)):
            continue
        choice = index.parents.get(call)
        if isinstance(choice, tree.Conditional):
            if choice in choices:
                continue
            choices.add(choice)
        found.append(Client(At(path, unit, call), "native"))
    return found


@dataclass(frozen=True, slots=True)
class View:
    """A client with all that its release is judged by."""

    program: Program
    call: At[tree.Call]
    held: list[At[tree.Expr]]
    socket: Socket
    reach: Reach
    owner: Owner
    roots: list[At[tree.Function]]
    """The functions that let go of the socket."""
    released: list[At[tree.Function]]
    """All that runs when they run."""


def _view(program: Program, client: Client) -> View:
    key = ("client view", client.call.node)
    return program.queries.get(key, lambda: _make_view(program, client))


def _make_view(program: Program, client: Client) -> View:
    call = client.call
    program.queries.note(call.unit)
    held = aliases(program, call)
    table = built_in_catalogue().table("browser" if client.library == "native" else client.library)
    socket = Socket(frozenset(each.node for each in held), table.interface)
    reach = reach_of(program, call)
    owner = owner_of(program, call, reach, held)
    roots = release_roots(program, call, owner, reach, socket, held)
    return View(program, call, held, socket, reach, owner, roots, closure_of(program, roots))


def owner_of_client(program: Program, client: Client) -> Fact[Owner]:
    """Who the socket lives and dies with."""
    owner = _view(program, client).owner
    return Known(owner, (Evidence(owner.span, f"{owner.name} makes the socket"),))


def client_resources(program: Program, client: Client) -> tuple[Resource, ...]:
    """The socket, its reconnect timers, intervals and listeners, with the leaks of each."""
    view = _view(program, client)
    found = [_socket_resource(view)]
    if not found[0].leaks or found[0].leaks[0].kind in ("after-await", "only-when-open"):
        found += _reconnects(view)
    if view.roots:
        found += _intervals(view)
        found += _listeners(view)
    return tuple(found)


# --- the socket --------------------------------------------------------------------------------


def _socket_resource(view: View) -> Resource:
    leaks, repair = _socket_leaks(view)
    released_by = tuple(
        Evidence(each.span, f"{view.owner.name} closes it here")
        for each in closers(view.socket, view.released)
    )
    return Resource("socket", _socket_name(view), view.owner.name, view.call.span, leaks, released_by, repair)


def _socket_name(view: View) -> str:
    for alias in view.held[1:]:
        if isinstance(alias.node, tree.Name | tree.Member):
            return alias.text.replace("?.", ".").replace("!", "")
    return "the socket"


def _socket_leaks(view: View) -> tuple[tuple[Leak, ...], CleanupRepair | None]:
    owner = view.owner
    if owner.kind in ("component", "hook") and _runs_in_render(view):
        return (Leak("each-render", (Evidence(owner.span, f"each render of {owner.name} runs this"),)),), None
    if _closes_itself(view):
        return (), None
    if owner.lifetime == "mount" and owner.kind in ("effect", "component", "hook"):
        if not view.roots:
            leaks = _mount_without_release(view)
            return leaks, _cleanup_repair(view) if leaks else None
        found = closers(view.socket, view.released)
        if not found:
            if _hands_out(view):
                return (), None
            kind = "not-in-cleanup" if owner.kind == "effect" or view.roots else "no-cleanup"
            return (
                (
                    Leak(
                        kind,
                        tuple(
                            Evidence(root.span, "this cleanup does not close it") for root in view.roots[:2]
                        ),
                    ),
                ),
                _cleanup_repair(view),
            )
        conditions = [(each, only_when_open(each)) for each in found]
        if all(condition is not None for _, condition in conditions):
            closer, condition = conditions[0]
            assert condition is not None
            text = (
                f"closes it only when {closer.to(condition).text}: a socket still connecting is left to open"
            )
            return (Leak("only-when-open", (Evidence(closer.span, text),)),), None
    elif view.roots:
        conditions = [only_when_open(each) for each in closers(view.socket, view.released)]
        if conditions and all(condition is not None for condition in conditions):
            closer = closers(view.socket, view.released)[0]
            return (
                (
                    Leak(
                        "only-when-open",
                        (Evidence(closer.span, "does nothing while the socket is still connecting"),),
                    ),
                ),
                None,
            )
    late = _after_pause(view)
    return ((late,), None) if late is not None else ((), None)


def _runs_in_render(view: View) -> bool:
    """Whether the creation stands in the component's or hook's own body, not in a function or initializer."""
    if view.reach.creating is None:
        return False
    if (
        view.reach.creating.span.start != view.owner.span.start
        or view.reach.creating.unit is not view.owner.span.unit
    ):
        return False
    for ancestor in view.call.index.ancestors(view.call.node):
        if ancestor is view.reach.creating.node:
            return True
        if isinstance(ancestor, tree.If):
            return False
    return False


def _closes_itself(view: View) -> bool:
    """A one-shot socket: its own handlers close it when the answer is there, and nothing else holds it."""
    function = view.reach.creating
    if function is None or view.owner.kind not in ("function", "component", "hook"):
        return False
    handlers = [
        each for event in ("open", "message") for each in view.socket.handlers(view.program, view.held, event)
    ]
    return bool(closers(view.socket, closure_of(view.program, handlers)))


def _mount_without_release(view: View) -> tuple[Leak, ...]:
    if view.owner.kind == "effect":
        effect = view.reach.effects[0]
        return (Leak("no-cleanup", (Evidence(effect.call.span, "this effect returns no cleanup"),)),)
    if _hands_out(view) or _closed_somewhere(view):
        return ()
    return (Leak("never", (Evidence(view.owner.span, f"nothing in {view.owner.name} closes it"),)),)


def _closed_somewhere(view: View) -> bool:
    return any(
        isinstance(member, tree.Member) and member.name in view.socket.interface.close
        for member in (alias.parent for alias in view.held)
    )


def _hands_out(view: View) -> bool:
    """Whether the socket leaves its owner (returned by a function that nobody in the workspace calls)."""
    if view.owner.kind == "effect":
        return False
    return any(isinstance(alias.parent, tree.Return) for alias in view.held)


def _cleanup_repair(view: View) -> CleanupRepair | None:
    """Close in the cleanup of the effect whose own body makes the socket and keeps it in a name."""
    if not view.reach.effects:
        return None
    effect = view.reach.effects[0]
    callback = effect.callback
    parent = view.call.parent
    if callback.node.is_async or not isinstance(parent, tree.Assign):
        return None
    target = parent.targets[0]
    close = view.socket.interface.close[0]
    inside = view.call.index.function_of(view.call.node) is callback.node
    top = any(statement is parent for statement in callback.node.body.statements)
    if inside and top and isinstance(target, tree.Name):
        return CleanupRepair(callback.span, (f"{target.id}.{close}()",))
    text = view.call.to(target).text
    if isinstance(target, tree.Member) and target.name == "current" and isinstance(target.object, tree.Name):
        return (
            CleanupRepair(callback.span, (f"{text}?.{close}()",)) if view.call.unit is callback.unit else None
        )
    if inside and isinstance(target, tree.Name) and _declared_at_top(callback, target.id):
        return CleanupRepair(callback.span, (f"{target.id}?.{close}()",))
    return None


def _declared_at_top(callback: At[tree.Function], name: str) -> bool:
    return any(
        isinstance(statement, tree.Assign)
        and any(isinstance(target, tree.Name) and target.id == name for target in statement.targets)
        for statement in callback.node.body.statements
    )


# --- made after a pause ------------------------------------------------------------------------


def _after_pause(view: View) -> Leak | None:
    """Made after an await or in a `.then`, with nothing that asks whether the owner is still there."""
    if not view.roots:
        return None
    written = written_names(view.released)
    home = {view.call.unit, view.owner.span.unit}
    for function in view.reach.functions.values():
        if function.unit not in home or _rearming(view, function):
            continue
        pause = _pause_before(view, function)
        if pause is None:
            continue
        asked = [test for test in _conditions_in(view.program, function) if _is_after(function, test, pause)]
        if any(tested_names(test) & written for test in asked) or _asked_within(view, function, written):
            continue
        return Leak(
            "after-await",
            (
                Evidence(function.to(pause).span, f"{view.owner.name} may be gone when this is done"),
                *(
                    Evidence(root.span, "this release has nothing to close yet then")
                    for root in view.roots[:1]
                ),
            ),
        )
    return None


def _asked_within(view: View, function: At[tree.Function], written: frozenset[str]) -> bool:
    """Whether the functions called after the pause ask before they make the socket."""
    for node in own_nodes(function):
        if isinstance(node, tree.Call) and view.reach.enters(view.program, function.to(node)):
            for callee in functions(view.program, function.to(node.callee)):
                if any(tested_names(test) & written for test in _entry_tests(view, callee)):
                    return True
    return False


def _is_after(function: At[tree.Function], test: tree.Expr, pause: tree.Node) -> bool:
    """Whether a condition is asked once the pause is over; one of a called function is taken to be."""
    within = function.node.start <= test.start and test.end <= function.node.end
    return not within or test.start >= pause.end or pause.start <= test.start


def _rearming(view: View, function: At[tree.Function]) -> bool:
    """A pause inside a socket's own handler is the reconnect's matter."""
    handlers = [
        each for event in ("close", "error") for each in view.socket.handlers(view.program, view.held, event)
    ]
    return function in handlers


def _pause_before(view: View, function: At[tree.Function]) -> tree.Node | None:
    """The await after which a function makes the socket or calls what makes it; or the `.then` it is given to."""
    makes = [
        node
        for node in own_nodes(function)
        if node is view.call.node
        or (
            isinstance(node, tree.Call)
            and not _waits(function, node)
            and _calls_maker(view, function.to(node))
        )
    ]
    if not makes:
        return None
    if function.node.is_async:
        for each in own_nodes(function):
            if isinstance(each, tree.Await) and each.end <= makes[0].start:
                return each
    parent = function.parent
    call = function.index.parents.get(parent) if isinstance(parent, tree.Argument) else None
    if isinstance(call, tree.Call) and isinstance(call.callee, tree.Member) and call.callee.name == "then":
        return call
    return None


def _waits(function: At[tree.Function], call: tree.Call) -> bool:
    """An awaited call may be the pause itself, and what follows it then belongs to the function called."""
    return isinstance(function.index.parents.get(call), tree.Await)


def _calls_maker(view: View, call: At[tree.Call]) -> bool:
    return any(
        each.node in view.reach.functions for each in functions(view.program, call.to(call.node.callee))
    )


def _conditions_in(program: Program, function: At[tree.Function]) -> Iterator[tree.Expr]:
    for node in own_nodes(function):
        match node:
            case tree.If(test=test) | tree.Conditional(test=test):
                yield test
                for inner in tree.walk(test):
                    if isinstance(inner, tree.Call):
                        for called in functions(program, function.to(inner.callee)):
                            for each in own_nodes(called):
                                if isinstance(each, tree.Return) and each.value is not None:
                                    yield each.value
            case tree.Operation(operator="and" | "or"):
                yield node
            case tree.Call(arguments=arguments):
                for argument in arguments:
                    if isinstance(argument.value, tree.Object):
                        for entry in argument.value.entries:
                            if isinstance(entry.key, tree.Literal) and entry.key.value == "signal":
                                yield entry.value
            case _:
                pass


# --- reconnecting after release ----------------------------------------------------------------


def _reconnects(view: View) -> Iterator[Resource]:
    """What sets the socket up again after its owner let go: the close handler, or a timer it left running."""
    if not view.roots or not closers(view.socket, view.released) or _detaches(view):
        handlers: list[At[tree.Function]] = []
    else:
        handlers = view.socket.handlers(view.program, view.held, "close")
    if not view.roots:
        return
    written = written_names(view.released) - _set_again(view)
    told: set[tree.Node] = set()
    for handler in handlers:
        for trigger, chain in _triggers(view, handler):
            if trigger.node in told or _guarded(view, trigger, chain, written):
                continue
            told.add(trigger.node)
            release = closers(view.socket, view.released)[0]
            only_by_code = any(_asks_code(test) for each in chain for test in guards_of(view.program, each))
            text = "closing here fires the close handler, which sets the socket up again"
            if only_by_code:
                text = "closing here while the socket is connecting is reported as code 1006, not as the code given"
            yield Resource(
                "timer",
                "the reconnect",
                view.owner.name,
                trigger.span,
                (
                    Leak(
                        "rearmed",
                        (
                            Evidence(release.span, text),
                            Evidence(view.call.span, "the socket that comes back"),
                        ),
                    ),
                ),
            )
    for trigger in _timers(view):
        if trigger.node in told:
            continue
        chain = [trigger]
        if _cleared(view, trigger, "clearTimeout") or _guarded(view, trigger, chain, written, pending=True):
            continue
        told.add(trigger.node)
        root = view.roots[0]
        yield Resource(
            "timer",
            "the reconnect timer",
            view.owner.name,
            trigger.span,
            (Leak("uncleared", (Evidence(root.span, "this release leaves a pending timer running"),)),),
        )


def _set_again(view: View) -> frozenset[str]:
    """Refs that the effect sets anew each time it runs: after a change of its dependencies the close event
    of the socket before, which comes later, finds the flag of the run after it."""
    found: set[str] = set()
    for effect in view.reach.effects:
        if effect.dependencies == ():
            continue
        for node in own_nodes(effect.callback):
            if isinstance(node, tree.Assign) and isinstance(node.value, tree.Literal):
                for target in node.targets:
                    if (
                        isinstance(target, tree.Member)
                        and target.name == "current"
                        and isinstance(target.object, tree.Name)
                    ):
                        found.add(target.object.id)
    return frozenset(found)


def _triggers(view: View, handler: At[tree.Function]) -> Iterator[tuple[At[tree.Call], list[At[tree.Node]]]]:
    """The calls by which a close handler sets the socket up again, each with the calls that lead to it."""
    waiting: list[tuple[At[tree.Function], list[At[tree.Node]]]] = [(handler, [])]
    seen: set[tree.Node] = set()
    while waiting:
        function, path = waiting.pop(0)
        if function.node in seen or len(path) > 4:
            continue
        seen.add(function.node)
        for node in own_nodes(function):
            if not isinstance(node, tree.Call):
                continue
            call = function.to(node)
            callees = callbacks(view.program, call.to(node.callee))
            if _is_timer(view.program, call) and view.reach.enters(view.program, call):
                yield call, [*path, call]
            elif any(each.node in view.reach.functions for each in callees):
                if _schedules(view, callees):
                    waiting += [(each, [*path, call]) for each in callees]
                else:
                    yield call, [*path, call]
            else:
                waiting += [(each, [*path, call]) for each in callees]


def _schedules(view: View, callees: list[At[tree.Function]]) -> bool:
    """Whether the functions reach the creation only through a timer of their own (`scheduleReconnect()`)."""
    for function in callees:
        for node in own_nodes(function):
            if node is view.call.node:
                return False
            if isinstance(node, tree.Call):
                call = function.to(node)
                if _is_timer(view.program, call) and view.reach.enters(view.program, call):
                    return True
    return False


def _is_timer(program: Program, call: At[tree.Call], name: str = "setTimeout") -> bool:
    callee = call.node.callee
    written = (
        callee.id if isinstance(callee, tree.Name) else callee.name if isinstance(callee, tree.Member) else ""
    )
    return written == name and name in qualified(program, call.to(callee))


def _timers(view: View) -> Iterator[At[tree.Call]]:
    """Every `setTimeout` that leads to the socket's creation."""
    seen: set[tree.Node] = set()
    home = {view.call.unit, view.owner.span.unit}
    for function in view.reach.functions.values():
        if function.unit not in home:
            continue
        for node in tree.walk(function.node.body):
            if isinstance(node, tree.Call) and node not in seen:
                seen.add(node)
                call = function.to(node)
                if _is_timer(view.program, call) and view.reach.enters(view.program, call):
                    yield call


def _detaches(view: View) -> bool:
    """Whether the release takes the close handler off before it closes."""
    for at in statements_of(view.released):
        match at.node:
            case tree.Assign(targets=targets):
                for target in targets:
                    if (
                        isinstance(target, tree.Member)
                        and target.name == "onclose"
                        and target.object in view.socket.nodes
                    ):
                        return True
            case tree.Call(callee=tree.Member(object=inner, name="removeEventListener"), arguments=arguments):
                if (
                    inner in view.socket.nodes
                    and arguments
                    and isinstance(arguments[0].value, tree.Literal)
                    and arguments[0].value.value == "close"
                ):
                    return True
            case _:
                pass
    return False


def _guarded(
    view: View,
    trigger: At[tree.Call],
    chain: Sequence[At[tree.Node]],
    written: frozenset[str],
    pending: bool = False,
) -> bool:
    """Whether a condition on the way to the creation reads what the release writes."""
    tests: list[tree.Expr] = []
    if not pending:
        for each in chain:
            tests += guards_of(view.program, each)
    for argument in trigger.node.arguments:
        for callback in functions(view.program, trigger.to(argument.value)):
            tests += _entry_tests(view, callback)
    if not _is_timer(view.program, trigger):
        for callee in functions(view.program, trigger.to(trigger.node.callee)):
            tests += _entry_tests(view, callee)
    relevant = written - _socket_state_names(view, tests)
    return any(tested_names(test) & relevant for test in tests)


def _entry_tests(view: View, function: At[tree.Function]) -> list[tree.Expr]:
    """The conditions met between a function's start and the creation, in it and in what it calls on the way."""
    tests: list[tree.Expr] = []
    seen: set[tree.Node] = set()
    waiting = [function]
    while waiting:
        current = waiting.pop()
        if current.node in seen or len(seen) > 8:
            continue
        seen.add(current.node)
        for node in own_nodes(current):
            if isinstance(node, tree.Call):
                call = current.to(node)
                if node is view.call.node or view.reach.enters(view.program, call):
                    tests += guards_of(view.program, call)
                    waiting += [
                        each
                        for each in functions(view.program, call.to(node.callee))
                        if each.node in view.reach.functions
                    ]
    return tests


def _socket_state_names(view: View, tests: list[tree.Expr]) -> frozenset[str]:
    """Names that only say "a socket is there and open", which keeps no new one from being made after release."""
    names: set[str] = set()
    for test in tests:
        for node in tree.walk(test):
            if isinstance(node, tree.Operation) and requires_open(node):
                names |= tested_names(node)
    return frozenset(names)


def _asks_code(test: tree.Expr) -> bool:
    return any(
        isinstance(node, tree.Member) and node.name in ("code", "wasClean") for node in tree.walk(test)
    ) or any(isinstance(node, tree.Name) and node.id in ("code", "wasClean") for node in tree.walk(test))


def _cleared(view: View, timer: At[tree.Call], clearer: str) -> bool:
    """Whether the release clears a timer: by the handle that it was given."""
    handles = {each.node for each in aliases(view.program, timer)}
    for at in statements_of(view.released):
        if isinstance(at.node, tree.Call) and at.node.arguments:
            callee = at.node.callee
            name = (
                callee.id
                if isinstance(callee, tree.Name)
                else callee.name
                if isinstance(callee, tree.Member)
                else ""
            )
            if name in ("clearTimeout", "clearInterval") and at.node.arguments[0].value in handles:
                return True
    return False


# --- intervals and listeners -------------------------------------------------------------------


def _connection_code(view: View) -> list[At[tree.Function]]:
    """The functions that run for this connection: those that make it, its handlers, and what they call."""
    roots = [
        *view.reach.functions.values(),
        *(
            each
            for event in ("open", "message", "close", "error")
            for each in view.socket.handlers(view.program, view.held, event)
        ),
    ]
    same_unit = [
        each for each in closure_of(view.program, roots) if each.unit in {root.unit for root in roots}
    ]
    return list(dict.fromkeys(same_unit))


def _intervals(view: View) -> Iterator[Resource]:
    seen: set[tree.Node] = set()
    code = _connection_code(view)
    for at in statements_of(code):
        if not isinstance(at.node, tree.Call) or at.node in seen:
            continue
        seen.add(at.node)
        call = at.to(at.node)
        if not _is_timer(view.program, call, "setInterval") or not _concerns(view, call):
            continue
        if _cleared_anywhere(view, call, code):
            continue
        root = view.roots[0]
        yield Resource(
            "interval",
            "the interval",
            view.owner.name,
            call.span,
            (Leak("uncleared", (Evidence(root.span, "this release does not clear it"),)),),
            repair=_handle_repair(view, call, "clearInterval"),
        )


def _concerns(view: View, call: At[tree.Call]) -> bool:
    """Whether an interval works with the socket or makes it anew."""
    if view.reach.enters(view.program, call):
        return True
    return any(node in view.socket.nodes for node in tree.walk(call.node)) or any(
        node.node in view.socket.nodes
        for argument in call.node.arguments[:1]
        for function in functions(view.program, call.to(argument.value))
        for node in statements_of([function])
    )


def _cleared_anywhere(view: View, timer: At[tree.Call], code: list[At[tree.Function]]) -> bool:
    handles = {each.node for each in aliases(view.program, timer)}
    for at in statements_of([*view.released, *code]):
        if isinstance(at.node, tree.Call) and at.node.arguments and at.node.arguments[0].value in handles:
            callee = at.node.callee
            name = (
                callee.id
                if isinstance(callee, tree.Name)
                else callee.name
                if isinstance(callee, tree.Member)
                else ""
            )
            if name in ("clearInterval", "clearTimeout"):
                return True
    return False


def _handle_repair(view: View, call: At[tree.Call], clearer: str) -> CleanupRepair | None:
    effect = _effect_with(view, call)
    if effect is None:
        return None
    parent = call.parent
    if (
        isinstance(parent, tree.Assign)
        and isinstance(parent.targets[0], tree.Name)
        and any(statement is parent for statement in effect.callback.node.body.statements)
    ):
        return CleanupRepair(effect.callback.span, (f"{clearer}({parent.targets[0].id})",))
    return None


def _effect_with(view: View, call: At[tree.Call]) -> Effect | None:
    for effect in view.reach.effects:
        if call.index.function_of(call.node) is effect.callback.node:
            return effect
    return None


def _listeners(view: View) -> Iterator[Resource]:
    """`window.addEventListener` in the effect or function that makes the socket, without its removal."""
    if view.owner.lifetime != "mount":
        return
    code = list(view.reach.functions.values())
    released = list(statements_of(view.released))
    for at in statements_of(code):
        node = at.node
        if (
            not isinstance(node, tree.Call)
            or not isinstance(node.callee, tree.Member)
            or len(node.arguments) < 2
        ):
            continue
        if node.callee.name != "addEventListener" or not _is_page(view.program, at.to(node.callee.object)):
            continue
        event = node.arguments[0].value
        if not isinstance(event, tree.Literal) or _has_signal_or_once(node):
            continue
        if not _concerns(view, at.to(node)) and not _handler_concerns(view, at.to(node)):
            continue
        if any(_removes(each.node, event.value) for each in released):
            continue
        effect = _effect_with(view, at.to(node))
        repair = None
        listener = node.arguments[1].value
        if effect is not None and isinstance(listener, tree.Name):
            target = at.to(node.callee.object).text
            quoted = at.to(event).text
            repair = CleanupRepair(
                effect.callback.span, (f"{target}.removeEventListener({quoted}, {listener.id})",)
            )
        yield Resource(
            "listener",
            f"the {event.value} listener",
            view.owner.name,
            at.span,
            (Leak("uncleared", (Evidence(view.roots[0].span, "this cleanup does not remove it"),)),),
            repair=repair,
        )


def _handler_concerns(view: View, call: At[tree.Call]) -> bool:
    callbacks = functions(view.program, call.to(call.node.arguments[1].value))
    return any(
        at.node in view.socket.nodes
        or (isinstance(at.node, tree.Call) and view.reach.enters(view.program, at))
        for at in statements_of(callbacks)
    )


def _is_page(program: Program, at: At[tree.Expr]) -> bool:
    return bool(qualified(program, at) & {"window", "document", "globalThis", "self"})


def _has_signal_or_once(call: tree.Call) -> bool:
    if len(call.arguments) < 3 or not isinstance(call.arguments[2].value, tree.Object):
        return False
    return any(
        isinstance(entry.key, tree.Literal) and entry.key.value in ("signal", "once")
        for entry in call.arguments[2].value.entries
    )


def _removes(node: tree.Node, event: object) -> bool:
    return (
        isinstance(node, tree.Call)
        and isinstance(node.callee, tree.Member)
        and node.callee.name == "removeEventListener"
        and bool(node.arguments)
        and isinstance(node.arguments[0].value, tree.Literal)
        and node.arguments[0].value.value == event
    )


__all__ = [
    "MARKERS",
    "Client",
    "Confidence",
    "cleanups_of",
    "client_resources",
    "clients_in",
    "effects_of_owner",
    "owner_of_client",
]
