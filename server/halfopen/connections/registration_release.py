"""How an endpoint would take its client out of a container again, in its own words."""

from __future__ import annotations

import re
from collections.abc import Callable

from halfopen.connections.handling import Handling
from halfopen.connections.registries import Container, FieldOf, is_own, removals_in
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.function_shape import argument_of
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, own_nodes

_LETTING_GO = re.compile(
    r"disconnect|remove|unregister|deregister|unsubscribe|detach|release|delete|discard|forget|clean|close|leave|drop|evict|logout|pop"
    r"|stop|exit|quit|finish|shutdown|terminate|deactivate|expire|offline|(^|_)(end|free|off)(_|$)",
    re.IGNORECASE,
)
"""What a method is called that is there to let go: one that handles messages may do so in passing."""


def release_text(
    handling: Handling,
    container: Container,
    node: tree.Node,
    releases: Callable[[tree.Node], bool],
    directly: bool,
) -> str | None:
    """The removal as the endpoint writes it somewhere, else the counterpart of a registration.

    `node` is what enters the client, `directly` whether it does so itself and not in a function that it calls.
    """
    root = handling.root
    for each in own_nodes(root):
        if each is node or not isinstance(each, tree.Call | tree.Delete) or not releases(each):
            continue
        if isinstance(each, tree.Delete) or _LETTING_GO.search(last_name(each.callee)):
            parent = root.index.parents.get(each)
            whole = parent if isinstance(parent, tree.Await) else each
            text = root.to(whole).text
            return text if "\n" not in text else None
    if isinstance(node, tree.Call) and isinstance(node.callee, tree.Member) and directly:
        held = root.to(node.callee.object).text
        argument = root.to(node.arguments[0].value).text if node.arguments else ""
        if node.callee.name == "add":
            return f"{held}.discard({argument})"
        if node.callee.name == "append" and "\n" not in held:
            return f"{held}.remove({argument})"
    if isinstance(node, tree.Assign) and isinstance(node.targets[0], tree.Index):
        target = node.targets[0]
        return f"{root.to(target.object).text}.pop({root.to(target.key).text}, None)"
    return _counterpart(handling, container, node)


def is_thrown_away(call: At[tree.Call]) -> bool:
    """Whether nobody takes what a call gives: it stands as a statement, without `await`."""
    return isinstance(call.parent, tree.Do)


def _counterpart(handling: Handling, container: Container, node: tree.Node) -> str | None:
    """A method of the same object that removes what this call registered: `manager.disconnect(websocket)`."""
    root = handling.root
    if not isinstance(node, tree.Call) or not isinstance(node.callee, tree.Member):
        return None
    if not isinstance(container, FieldOf):
        return None
    klass = container.klass
    given = {
        parameter.target.id: root.to(argument.value).text
        for callee in functions(handling.program, root.to(node.callee))
        for parameter in callee.node.parameters
        if isinstance(parameter.target, tree.Name)
        for argument in node.arguments
        if argument_of(node, callee.node, parameter) is argument.value
    }
    for statement in klass.node.body.statements:
        if not isinstance(statement, tree.Assign) or not isinstance(statement.value, tree.Function):
            continue
        method = klass.to(statement.value)
        own = [
            each
            for each in removals_in(handling.program, method)
            if each.container == container and is_own(each)
        ]
        names = [
            each.target.id
            for each in method.node.parameters[1:]
            if isinstance(each.target, tree.Name) and each.default is None
        ]
        if own and _LETTING_GO.search(method.node.name or "") and all(name in given for name in names):
            call = f"{root.to(node.callee.object).text}.{method.node.name}({', '.join(given[name] for name in names)})"
            return f"await {call}" if method.node.is_async else call
    return None
