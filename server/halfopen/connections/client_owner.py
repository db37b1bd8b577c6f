"""Who runs the code that makes a client socket, up to the effect, component, class, store or module."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from halfopen.connections.dossier import Owner
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.flow import aliases
from halfopen.semantics.function_shape import name_of_function
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program
from halfopen.semantics.react import Effect, effect_of, kind_of_name, react_owner
from halfopen.semantics.stores import store_around

_MOST_FUNCTIONS = 60


@dataclass(frozen=True, slots=True)
class Reach:
    """The functions from which a socket's creation is reached, and the effects at the top.

    `functions` holds the creating function and every function that calls it or hands it on as a
    callback, by node.
    """

    creating: At[tree.Function] | None
    functions: dict[tree.Node, At[tree.Function]]
    effects: tuple[Effect, ...]

    def enters(self, program: Program, at: At[tree.Node]) -> bool:
        """Whether evaluating a call runs, or schedules, a function that makes the socket."""
        node = at.node
        if not isinstance(node, tree.Call):
            return False
        if any(each.node in self.functions for each in functions(program, at.to(node.callee))):
            return True
        return any(
            each.node in self.functions
            for argument in node.arguments
            if isinstance(argument.value, tree.Name | tree.Member | tree.Function | tree.Call)
            for each in functions(program, at.to(argument.value))
        )


def reach_of(program: Program, call: At[tree.Call]) -> Reach:
    """Climb from a socket's creation to the effects that cause it."""
    creating = call.index.function_of(call.node)
    if creating is None:
        return Reach(None, {}, ())
    start = call.to(creating)
    found: dict[tree.Node, At[tree.Function]] = {}
    effects: dict[tree.Node, Effect] = {}
    waiting = [start]
    while waiting and len(found) < _MOST_FUNCTIONS:
        function = waiting.pop(0)
        if function.node in found:
            continue
        program.queries.note(function.unit)
        effect = effect_with_callback(program, function)
        if effect is not None:
            effects[effect.call.node] = effect
            found[function.node] = function
            continue
        found[function.node] = function
        if kind_of_name(name_of_function(function)[0]) != "other" and function.node.receiver is None:
            continue
        waiting += _users(program, function)
    return Reach(start, found, tuple(effects.values()))


def effect_with_callback(program: Program, function: At[tree.Function]) -> Effect | None:
    """The effect whose callback a function is."""
    parent = function.parent
    if isinstance(parent, tree.Argument):
        call = function.index.parents.get(parent)
        if isinstance(call, tree.Call) and call.arguments and call.arguments[0] is parent:
            return effect_of(program, function.to(call))
    return None


def _users(program: Program, function: At[tree.Function]) -> Iterator[At[tree.Function]]:
    """The functions in which a function is called or handed on; for an inline callback, the one around it."""
    for reference in references(program, function):
        if (
            _in_dependency_array(reference)
            or _is_parameter(reference)
            or is_taken_off(reference)
            or _is_replaced(reference)
        ):
            continue
        user = reference.index.function_of(reference.node)
        if user is not None and not _leaves_component(function, reference):
            yield reference.to(user)


_TAKES_OFF = frozenset({"removeEventListener", "off", "removeListener"})


def is_taken_off(reference: At[tree.Expr]) -> bool:
    """Whether a function is met where it is taken off as a listener, which runs it no more."""
    parent = reference.parent
    call = reference.index.parents.get(parent) if isinstance(parent, tree.Argument) else None
    return (
        isinstance(call, tree.Call)
        and isinstance(call.callee, tree.Member)
        and call.callee.name in _TAKES_OFF
    )


def _is_replaced(reference: At[tree.Expr]) -> bool:
    """Whether a function is met where another value takes its place: `socket.onclose = null`."""
    parent = reference.parent
    return isinstance(parent, tree.Assign) and reference.node in parent.targets


def _is_parameter(reference: At[tree.Expr]) -> bool:
    """Whether a function is met as another one's parameter: a wrapper (`once(fn)`) runs it for whoever calls
    the wrapper, and its other callers have nothing to do with this socket."""
    if not isinstance(reference.node, tree.Name):
        return False
    binding = reference.index.bindings.get(reference.node)
    return binding is not None and any(each.kind == "parameter" for each in binding.definitions)


def _leaves_component(function: At[tree.Function], reference: At[tree.Expr]) -> bool:
    """Whether a component hands its function to another one (a prop): what that one does with it is its user's act."""
    home = react_owner(function)
    if home is None or home.kind != "component" or home.function.node is function.node:
        return False
    there = react_owner(reference)
    return there is not None and there.function != home.function


def references(program: Program, function: At[tree.Function]) -> list[At[tree.Expr]]:
    """Every expression that may be a function: where it stands inline, its names, refs, and members."""
    found: list[At[tree.Expr]] = []
    klass = function.index.class_of(function.node)
    name, definition = name_of_function(function)
    is_member = klass is not None and function.index.parents.get(definition) is klass.body if name else False
    if klass is not None and name is not None and (function.node.receiver is not None or is_member):
        for module, unit in program.units_with(name, "typescript", as_member=True):
            at: At[tree.Node] = At(module.path, unit, function.node)
            for node in at.index.parents:
                if (
                    isinstance(node, tree.Member)
                    and node.name == name
                    and any(each == function for each in functions(program, at.to(node)))
                ):
                    found.append(at.to(node))
        return found
    if name is None or _runs_later(function):
        found.append(function)
    return found + [
        each
        for each in aliases(program, function)
        if each.node is not function.node and not isinstance(each.node, tree.Call)
    ]


_LATER = frozenset(
    {"setTimeout", "setInterval", "requestAnimationFrame", "queueMicrotask", "then", "addEventListener"}
)


def _runs_later(function: At[tree.Function]) -> bool:
    """Whether a function stands inline as what runs later: in `const timer = setTimeout(() => ...)` the name
    that the call's value gets is not the function's."""
    argument = function.parent
    call = function.index.parents.get(argument) if isinstance(argument, tree.Argument) else None
    if not isinstance(call, tree.Call):
        return False
    name = last_name(call.callee)
    return name in _LATER


def _in_dependency_array(at: At[tree.Expr]) -> bool:
    parent = at.parent
    if not isinstance(parent, tree.Sequence):
        return False
    argument = at.index.parents.get(parent)
    call = at.index.parents.get(argument) if isinstance(argument, tree.Argument) else None
    return isinstance(call, tree.Call) and call.arguments[0] is not argument


def owner_of(program: Program, call: At[tree.Call], reach: Reach, held: list[At[tree.Expr]]) -> Owner:
    """Who the socket lives and dies with."""
    if _kept_by_module(call, held):
        return Owner("module", call.span.path.rpartition("/")[2], "page", (reach.creating or call).span)
    store = store_around(program, call)
    if store is not None:
        name, _ = _bound_name(store)
        return Owner("store", name or "the store", "page", store.span)
    klass = call.index.class_of(call.node)
    if klass is not None:
        at = call.to(klass)
        if is_component_class(at):
            return Owner("component", klass.name or "the component", "mount", at.span)
        lifetime = "mount" if instance_effects(program, at) else "instance"
        return Owner("class", klass.name or "the class", lifetime, at.span)
    if reach.effects:
        effect = reach.effects[0]
        react = react_owner(effect.callback)
        name = react.name if react is not None else "the effect"
        span = react.function.span if react is not None else effect.call.span
        return Owner("effect", name, "mount", span)
    react = react_owner(call)
    if react is not None:
        return Owner(react.kind, react.name, "mount", react.function.span)
    if reach.creating is None:
        return Owner("module", call.span.path.rpartition("/")[2], "page", call.span)
    return Owner("function", _known_as(reach.creating) or "the function", "page", reach.creating.span)


def _known_as(function: At[tree.Function]) -> str | None:
    """The name of a function, or of the one around it (a promise's); of an object's method the name of the object."""
    around: At[tree.Function] | None = function
    while around is not None:
        name, _ = name_of_function(around)
        display = around.index.parents.get(around.parent) if isinstance(around.parent, tree.Entry) else None
        variable = around.index.parents.get(display) if isinstance(display, tree.Object) else None
        if isinstance(variable, tree.Assign) and isinstance(variable.targets[0], tree.Name):
            return variable.targets[0].id
        if name is not None:
            return name
        outer = around.index.function_of(around.node)
        around = around.to(outer) if outer is not None else None
    return None


def _kept_by_module(call: At[tree.Call], held: list[At[tree.Expr]]) -> bool:
    """Whether a variable of the module keeps the socket, so that all components share the one."""
    function = call.index.function_of(call.node)
    if function is None or call.index.class_of(call.node) is not None:
        return False
    return any(
        isinstance(alias.node, tree.Name)
        and alias.path == call.path
        and alias.node not in alias.index.bindings
        for alias in held[1:]
    )


def _bound_name(at: At[tree.Call]) -> tuple[str | None, tree.Node]:
    node: tree.Node = at.node
    parent = at.parent
    while isinstance(parent, tree.Call | tree.Argument):
        node, parent = parent, at.index.parents.get(parent)
    if isinstance(parent, tree.Assign) and isinstance(parent.targets[0], tree.Name):
        return parent.targets[0].id, parent
    return None, node


def is_component_class(klass: At[tree.Class]) -> bool:
    """A React class component: it renders."""
    return any(name in ("render", "componentDidMount") for name in method_names(klass))


def method_names(klass: At[tree.Class]) -> Iterator[str]:
    """The names of a class's methods and function fields."""
    for statement in klass.node.body.statements:
        if isinstance(statement, tree.Assign) and isinstance(statement.value, tree.Function):
            for target in statement.targets:
                if isinstance(target, tree.Name):
                    yield target.id


def instance_effects(program: Program, klass: At[tree.Class]) -> list[Effect]:
    """The effects that make an instance of a class for each mount."""
    found: list[Effect] = []
    if klass.node.name is None:
        return found
    for module, unit in program.units_with(klass.node.name, "typescript"):
        at: At[tree.Node] = At(module.path, unit, klass.node)
        for call in at.index.calls:
            if call.is_new and isinstance(call.callee, tree.Name | tree.Member):
                function = at.index.function_of(call)
                if function is None:
                    continue
                effect = effect_with_callback(program, at.to(function))
                if effect is not None and _makes(program, at.to(call), klass):
                    found.append(effect)
    return found


def _makes(program: Program, call: At[tree.Call], klass: At[tree.Class]) -> bool:
    from halfopen.semantics.instances import classes

    return klass in classes(program, call)
