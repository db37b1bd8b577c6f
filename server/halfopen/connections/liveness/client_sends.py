"""Where a client sends, and the functions that run on each of its messages."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.client_release import closure_of
from halfopen.connections.client_site import ClientSite
from halfopen.connections.client_view import View
from halfopen.connections.library_clients import argument, option
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.flow import aliases_of_target
from halfopen.semantics.names import method_call
from halfopen.semantics.program import At, Program
from halfopen.semantics.react import effects_in, react_owner


def sends_of(program: Program, site: ClientSite, view: View) -> list[At[tree.Call]]:
    """The calls that send on the socket: `ws.send(...)`, and `sendMessage(...)` that a hook hands out."""
    found: dict[At[tree.Call], None] = {}
    for alias in view.held:
        called = method_call(alias)
        if called is not None and called[0] in view.socket.interface.send:
            found[called[1]] = None
    for _, name in handed_out(view, view.socket.interface.send):
        for alias in aliases_of_target(program, name):
            call = alias.parent
            if isinstance(call, tree.Call) and call.callee is alias.node:
                found[alias.to(call)] = None
    return list(found)


def handed_out(view: View, names: tuple[str, ...]) -> Iterator[tuple[str, At[tree.Name]]]:
    """The variables that a hook's result is taken apart into: `const { sendMessage: send } = useWebSocket(...)`."""
    for alias in view.held:
        parent = alias.parent
        targets = parent.targets if isinstance(parent, tree.Assign) and parent.value is alias.node else ()
        for target in targets:
            if not isinstance(target, tree.Object):
                continue
            for entry in target.entries:
                value = entry.value.target if isinstance(entry.value, tree.AssignExpr) else entry.value
                if (
                    isinstance(entry.key, tree.Literal)
                    and entry.key.value in names
                    and isinstance(value, tree.Name)
                ):
                    yield str(entry.key.value), alias.to(value)


def message_handlers(site: ClientSite, view: View) -> list[At[tree.Function]]:
    """The functions that are given each message: handlers, options of a hook, effects on its latest message."""
    program = site.program
    found = view.socket.handlers(program, view.held, "message")
    made = site.made_with
    if made is not None and made.constructor.options_argument is not None:
        options = argument(site.call, made.constructor.options_argument)
        given = option(program, options, "onMessage") if options is not None else None
        found += functions(program, given) if given is not None else []
    latest = {
        alias.node
        for _, name in handed_out(view, view.socket.interface.latest_message)
        for alias in aliases_of_target(program, name)
    }
    owner = react_owner(site.call) if latest else None
    for effect in effects_in(program, owner.function) if owner is not None else ():
        if any(node in latest for each in effect.dependencies or () for node in tree.walk(each)):
            found.append(effect.callback)
    return list(dict.fromkeys(found))


def message_code(site: ClientSite, view: View) -> list[At[tree.Function]]:
    """All that runs on each message."""
    return closure_of(site.program, message_handlers(site, view))
