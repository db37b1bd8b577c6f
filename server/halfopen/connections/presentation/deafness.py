"""Flags for a close that is meant, which the next socket finds still set: its lost connection is taken for meant too."""

from __future__ import annotations

from halfopen.connections.client_release import cleanups_of, closure_of, tested_names
from halfopen.connections.client_view import View
from halfopen.connections.facts import Evidence
from halfopen.connections.presentation.facts import KeptIntent
from halfopen.connections.presentation.offered import offered_pair
from halfopen.connections.presentation.running import conditions_on, handlers_of, reconnects_at, running
from halfopen.semantics import tree
from halfopen.semantics.function_shape import name_of_function
from halfopen.semantics.program import At, own_nodes
from halfopen.semantics.react import Effect, react_owner


def kept_intent(view: View, changing: tuple[tuple[Effect, tuple[tree.Expr, ...]], ...]) -> KeptIntent | None:
    """The flag that a cleanup sets for good although the next socket is made in the same place.

    `changing` are the effects that make the socket with those of their dependencies that may change.
    """
    asked = _asked_before_retry(view)
    if not asked:
        return None
    if view.owner.kind == "class":
        effect = _using_shared(view)
        return _kept(view, effect, "another mount", asked) if effect is not None else None
    for effect, dependencies in changing[:1]:
        names = ", ".join(effect.call.to(each).text for each in dependencies)
        return _kept(view, effect, f"a change of [{names}]", asked)
    pair = offered_pair(view)
    return _left_by_hand(view, *pair, asked) if pair is not None else None


def _left_by_hand(
    view: View, creating: At[tree.Function], closer: At[tree.Call], asked: dict[str, At[tree.Expr]]
) -> KeptIntent | None:
    """The flag that a function which closes the socket sets for good, although the next call of another makes one anew."""
    function = closer.index.function_of(closer.node)
    if function is None:
        return None
    name = name_of_function(closer.to(function))[0]
    connect = name_of_function(creating)[0]
    given = Evidence(creating.span, "makes the next socket")
    by = f"`{name}` and the next `{connect}`"
    return (
        _set_for_good(view, [closer.to(function)], by, asked, given, f"`{name}`")
        if name and connect
        else None
    )


def _kept(view: View, effect: Effect, by: str, asked: dict[str, At[tree.Expr]]) -> KeptIntent | None:
    cleanups = closure_of(view.program, cleanups_of(view.program, effect))
    given = Evidence(effect.call.span, "this effect makes the next socket")
    return _set_for_good(view, cleanups, by, asked, given, "The cleanup")


def _set_for_good(
    view: View,
    functions: list[At[tree.Function]],
    by: str,
    asked: dict[str, At[tree.Expr]],
    given: Evidence,
    setter: str,
) -> KeptIntent | None:
    for function in functions:
        for node in own_nodes(function):
            if not isinstance(node, tree.Assign) or not isinstance(node.value, tree.Literal):
                continue
            for target in node.targets:
                flag = _flag_of(target)
                if flag in asked and not _taken_back(view, flag, node.value):
                    return KeptIntent(
                        function.to(target).text,
                        by,
                        function.to(node).span,
                        (given, Evidence(asked[flag].span, "asked before it connects again")),
                        setter,
                    )
    return None


def _using_shared(view: View) -> Effect | None:
    """The effect that connects and disconnects an instance which the module keeps for all that mount."""
    klass = view.call.index.class_of(view.call.node)
    name = klass.name if klass is not None else None
    if name is None or not _is_shared(view, name):
        return None
    roots = {each.node for each in view.roots}
    for effect in view.reach.effects:
        cleanups = closure_of(view.program, cleanups_of(view.program, effect))
        if any(each.node in roots for each in cleanups):
            return effect
    return None


def _is_shared(view: View, name: str) -> bool:
    """Whether the only instance of a class is made where its file is loaded."""
    made: list[At[tree.Call]] = []
    for module, unit in view.program.units_with(name, "typescript"):
        at: At[tree.Node] = At(module.path, unit, view.call.node)
        made += [
            at.to(call)
            for call in at.index.calls
            if call.is_new and isinstance(call.callee, tree.Name) and call.callee.id == name
        ]
    return bool(made) and all(each.index.function_of(each.node) is None for each in made)


def _asked_before_retry(view: View) -> dict[str, At[tree.Expr]]:
    """The flags that outlive one socket and that the close handler asks before it sets the connection up again."""
    found: dict[str, At[tree.Expr]] = {}
    for current in running(view, handlers_of(view, "close")):
        for at in current.nodes():
            if not isinstance(at.node, tree.Call) or not reconnects_at(view, at.to(at.node)):
                continue
            for test in conditions_on(view, at, current.chain):
                for node in tree.walk(test.node):
                    flag = _flag_of(node) if isinstance(node, tree.Member) else ""
                    if flag and flag in tested_names(test.node):
                        found.setdefault(flag, test)
    return found


def _flag_of(target: tree.Expr) -> str:
    """The ref or field that holds a flag: `closing` of `closing.current`, or of `this.closing`."""
    match target:
        case tree.Member(object=tree.Name(id="this"), name=name):
            return name
        case tree.Member(object=tree.Name(id=name), name="current"):
            return name
        case _:
            return ""


def _taken_back(view: View, flag: str, given: tree.Literal) -> bool:
    """Whether anything in the component or class sets the flag to another value, or gives it to somebody who may."""
    owner = react_owner(view.call)
    home = view.call.index.class_of(view.call.node) or (owner.function.node if owner is not None else None)
    if home is None:
        return True
    for node in tree.walk(home):
        match node:
            case tree.Assign(targets=targets, value=value):
                same = isinstance(value, tree.Literal) and value.value == given.value
                if not same and any(_flag_of(target) == flag for target in targets):
                    return True
            case tree.AssignExpr(target=target) if _flag_of(target) == flag:
                return True
            case tree.Argument(value=tree.Name(id=name)) | tree.Entry(value=tree.Name(id=name)) if (
                name == flag
            ):
                return True
            case _:
                pass
    return False
