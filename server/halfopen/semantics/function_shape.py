"""What a function takes, gives and is called by, as its own text says."""

from __future__ import annotations

from halfopen.semantics import tree
from halfopen.semantics.program import At, own_nodes


def is_receiver(at: At[tree.Expr], name: str) -> bool:
    """Whether a name is the receiver (`self`) of the method it stands in."""
    function = at.index.function_of(at.node)
    while function is not None:
        if function.receiver == name:
            return True
        if any(isinstance(p.target, tree.Name) and p.target.id == name for p in function.parameters):
            return False
        function = at.index.function_of(function)
    return False


def argument_of(call: tree.Call, function: tree.Function, parameter: tree.Parameter) -> tree.Expr | None:
    """The argument that a call gives to a parameter, or None where it gives none or spreads hide it."""
    if isinstance(parameter.target, tree.Name):
        for argument in call.arguments:
            if argument.name == parameter.target.id:
                return argument.value
    parameters = list(function.parameters)
    if function.receiver is not None and function.receiver != "this" and parameters:
        parameters = parameters[1:]
    if parameter not in parameters:
        return None
    position = parameters.index(parameter)
    positional = [argument for argument in call.arguments if argument.name is None]
    if any(argument.spread for argument in positional[: position + 1]):
        return None
    return positional[position].value if position < len(positional) else None


def returned(function: At[tree.Function]) -> list[At[tree.Expr]]:
    """The expressions a function returns."""
    return [
        function.to(node.value)
        for node in own_nodes(function)
        if isinstance(node, tree.Return) and node.value is not None
    ]


def yielded(function: At[tree.Function]) -> list[At[tree.Expr]]:
    """The expressions a generator yields."""
    return [
        function.to(node.value)
        for node in own_nodes(function)
        if isinstance(node, tree.Yield) and node.value is not None
    ]


def name_of_function(at: At[tree.Function]) -> tuple[str | None, tree.Node]:
    """The name a function is known by, and the node that gives it (its definition, or the variable's)."""
    if at.node.name:
        return at.node.name, at.node
    node: tree.Node = at.node
    parent = at.parent
    while isinstance(parent, tree.Argument | tree.Call):
        node, parent = parent, at.index.parents.get(parent)
    if isinstance(parent, tree.Assign) and parent.targets:
        target = parent.targets[0]
        if isinstance(target, tree.Name):
            return target.id, parent
        if isinstance(target, tree.Member):
            return target.name, parent
    if (
        isinstance(parent, tree.Entry)
        and isinstance(parent.key, tree.Literal)
        and isinstance(parent.key.value, str)
    ):
        return parent.key.value, parent
    return None, node


def promise_for(function: At[tree.Function], parameter: tree.Parameter) -> At[tree.Expr] | None:
    """The promise whose value a callback gets: `address().then((url) => ...)`."""
    given = function.parent
    call = function.index.parents.get(given) if isinstance(given, tree.Argument) else None
    if (
        isinstance(call, tree.Call)
        and isinstance(call.callee, tree.Member)
        and call.callee.name == "then"
        and call.arguments[0] is given
        and function.node.parameters[0] is parameter
    ):
        return function.to(call.callee.object)
    return None
