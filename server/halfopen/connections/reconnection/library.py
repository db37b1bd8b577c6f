"""What a library does after the connection ended: its defaults, and what the code's options make of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, cast

from halfopen.connections.client_release import closure_of
from halfopen.connections.client_site import ClientSite
from halfopen.connections.client_view import View
from halfopen.connections.facts import Confidence, Evidence, Fact, Known, Unknown
from halfopen.connections.library_clients import LibraryClient, argument, option
from halfopen.connections.reconnection.aside import AGAIN
from halfopen.connections.reconnection.facts import Delay, Growth, Jitter, Reconnection, Trigger
from halfopen.connections.reconnection.numbers import number_of
from halfopen.connections.reconnection.renewal import renewal_by_library
from halfopen.connections.reconnection.tracing import delay_fact
from halfopen.connections.tables import catalogue_of
from halfopen.libraries import Default, DependsOnVersion, LibraryModel, Option
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.function_shape import name_of_function, returned
from halfopen.semantics.program import At, Program
from halfopen.semantics.values import origins

_EVERY_CLOSE = "shouldReconnect"


@dataclass(frozen=True, slots=True)
class Given:
    """An option that the code gives: its value's expression, and the literal that it is; () where it is none."""

    option: Option
    at: At[tree.Expr]
    value: object


def reconnection_by_library(site: ClientSite, made: LibraryClient) -> Reconnection | None:
    """What the library does for a client; None where its table does not speak of reconnecting, or where it leaves that
    to the code altogether: it never does, and has no option and no call for it."""
    program, call = site.program, site.call
    model = catalogue_of(program).model(site.library)
    if model.reconnection.reconnects is None or (
        site.view is not None and _leaves_it_to_the_code(site, model)
    ):
        return None
    options = _options(made)
    if options is not None and not _is_seen(program, options):
        place = (Evidence(options.span, "the options are made elsewhere"),)
        return Reconnection(automatic=Unknown("the library's options", place))
    given = {each.option.name: each for each in _given(program, call, options, model)}
    sets = {each.option.sets.removeprefix("reconnection."): each for each in given.values()}
    reconnects = _reconnects(model, call, given, sets)
    trigger = _trigger(program, site, model, given, sets)
    limit = _limit(program, model, sets, call)
    aside = tuple(_by_hand(site.view)) if site.view is not None else ()
    is_on = not isinstance(reconnects, Known) or reconnects.value
    by_hand = [each for each in aside if each.kind == "close"]
    if isinstance(reconnects, Known) and not reconnects.value and by_hand:
        reconnects = Known(True, by_hand[0].evidence, Confidence.MEDIUM)
    return Reconnection(
        automatic=reconnects,
        triggers=((replace(trigger, limit=limit),) if is_on else ()) + aside,
        attempts=limit,
        reset=_fact(model.reconnection.reset, call),
        after_server_close=_fact(model.reconnection.after_server_close, call),
        renewal=renewal_by_library(program, made),
        is_refused="reconnects" in sets and isinstance(reconnects, Known) and not reconnects.value,
    )


# --- options -----------------------------------------------------------------------------------


def _options(made: LibraryClient) -> At[tree.Expr] | None:
    position = made.constructor.options_argument
    return None if position is None else argument(made.client.call, position)


def _leaves_it_to_the_code(site: ClientSite, model: LibraryModel) -> bool:
    setting = model.reconnection.reconnects
    return (
        isinstance(setting, Default)
        and not setting.value
        and not any(each.sets.startswith("reconnection.") for each in model.options)
        and site.view is not None
        and not site.view.socket.interface.reconnect
    )


def _is_seen(program: Program, options: At[tree.Expr]) -> bool:
    return any(
        isinstance(each, At) and isinstance(each.node, tree.Object) for each in origins(program, options)
    )


def _given(
    program: Program, call: At[tree.Call], options: At[tree.Expr] | None, model: LibraryModel
) -> Iterator[Given]:
    for each in model.options:
        if not each.sets.startswith("reconnection."):
            continue
        if each.kind == "method":
            at = _in_chain(call, each.name)
        else:
            at = option(program, options, each.name) if options is not None else None
        if at is not None:
            yield Given(each, at, _literal(program, at))


def _in_chain(call: At[tree.Call], method: str) -> At[tree.Expr] | None:
    """The call of a method within a builder's chain."""
    node: tree.Node = call.node
    while isinstance(node, tree.Call) and isinstance(node.callee, tree.Member):
        if node.callee.name == method:
            return call.to(node)
        node = node.callee.object
    return None


def _literal(program: Program, at: At[tree.Expr]) -> object:
    number = number_of(program, at)
    if number is not None:
        return number
    for origin in origins(program, at):
        if isinstance(origin, At) and isinstance(origin.node, tree.Literal):
            return origin.node.value
        if isinstance(origin, At) and isinstance(origin.node, tree.Function):
            values = returned(origin.to(origin.node))
            if values and all(isinstance(each.node, tree.Literal) for each in values):
                literals = {cast(tree.Literal, each.node).value for each in values}
                if len(literals) == 1:
                    return literals.pop()
    return ()


def _reconnects(
    model: LibraryModel, call: At[tree.Call], given: dict[str, Given], sets: dict[str, Given]
) -> Fact[bool]:
    for name in ("reconnects", "retries_first_connect"):
        each = sets.get(name)
        if each is not None and (each.option.kind == "method" or each.value is not False):
            text = f"`{each.option.name}` lets the library connect again"
            return Known(True, (Evidence(each.at.span, text),))
        if each is not None and name == "reconnects":
            return Known(
                False, (Evidence(each.at.span, f"`{each.option.name}` keeps it from connecting again"),)
            )
    return cast("Fact[bool]", _fact(model.reconnection.reconnects, call))


def _fact(setting: Default[Any] | DependsOnVersion[Any] | None, call: At[tree.Call]) -> Fact[Any]:
    if isinstance(setting, Default):
        confidence = Confidence.HIGH if setting.confidence == "high" else Confidence.MEDIUM
        return Known(
            setting.value, (Evidence(call.span, f"the library's default ({setting.source})"),), confidence
        )
    if isinstance(setting, DependsOnVersion):
        return Unknown(
            setting.settled_by, (Evidence(call.span, "the library's default depends on its version"),)
        )
    return Unknown("the library's documentation", (Evidence(call.span, "made with the library"),))


def _limit(
    program: Program, model: LibraryModel, sets: dict[str, Given], call: At[tree.Call]
) -> Fact[int | None]:
    each = sets.get("max_attempts")
    if each is None:
        return cast("Fact[int | None]", _fact(model.reconnection.max_attempts, call))
    number = number_of(program, each.at)
    if number is None:
        return Unknown(f"the value of `{each.option.name}`", (Evidence(each.at.span, "given here"),))
    text = f"`{each.option.name}` is {each.at.text}"
    return Known(None if number == float("inf") else int(number), (Evidence(each.at.span, text),))


# --- the delay ---------------------------------------------------------------------------------


def _trigger(
    program: Program, site: ClientSite, model: LibraryModel, given: dict[str, Given], sets: dict[str, Given]
) -> Trigger:
    interval = sets.get("initial_delay_ms")
    delay: Fact[Delay] = _default_delay(model, site.call, sets)
    place = None
    if interval is not None and interval.option.name in ("reconnectInterval", "reconnectAfterMs"):
        place = interval.at.span
        functions_ = functions(program, interval.at)
        if functions_:
            values = [value for each in functions_ for value in returned(each)]
            delay = delay_fact(program, values[0]) if values else Unknown("the function that gives the delay")
        else:
            delay = delay_fact(program, interval.at)
    return Trigger(
        "library",
        site.call.span,
        delay,
        place,
        evidence=(Evidence(site.call.span, f"{model.library} connects again"),),
    )


def _default_delay(model: LibraryModel, call: At[tree.Call], sets: dict[str, Given]) -> Fact[Delay]:
    """The delay of the defaults, with those numbers that the code gives."""
    own = model.reconnection
    facts = [_fact(each, call) for each in (own.growth, own.jitter)]
    unknown = next((each for each in facts if isinstance(each, Unknown)), None)
    if unknown is not None:
        return unknown
    growth, jitter = (cast("Known[Any]", each).value for each in facts)
    given = sets.get("jitter")
    if given is not None:
        jitter = "none" if given.value == 0.0 else "per_attempt"
    steps = _fact(own.delays_ms, call)
    delays: tuple[float, ...] = tuple(steps.value) if isinstance(steps, Known) and steps.value else ()
    initial = _number(sets.get("initial_delay_ms"), _fact(own.initial_delay_ms, call))
    bound = _number(sets.get("max_delay_ms"), _fact(own.max_delay_ms, call))
    factor = _number(sets.get("growth_factor"), _fact(own.growth_factor, call))
    value = Delay(
        cast(Growth, growth),
        delays[0] if delays else initial,
        max(delays) if delays else bound,
        cast(Jitter, jitter),
        factor,
        delays,
    )
    return Known(value, tuple(evidence for each in facts for evidence in each.evidence)[:1])


def _number(given: Given | None, default: Fact[Any]) -> float | None:
    if given is not None:
        return given.value if isinstance(given.value, int | float) else None
    return default.value if isinstance(default, Known) else None


# --- by hand -----------------------------------------------------------------------------------


def _by_hand(view: View) -> Iterator[Trigger]:
    """Where the code itself tells the library's object to connect again."""
    words = view.socket.interface.reconnect
    program = view.program
    handlers = [
        each for event in ("close", "error") for each in view.socket.handlers(program, view.held, event)
    ]
    after_close = {each.node for each in closure_of(program, handlers)}
    for alias in view.held:
        member = alias.parent
        call = alias.index.parents.get(member) if isinstance(member, tree.Member) else None
        if (
            not isinstance(member, tree.Member)
            or not isinstance(call, tree.Call)
            or call.callee is not member
        ):
            continue
        if member.name not in words:
            continue
        function = alias.index.function_of(call)
        if view.reach.creating is not None and view.reach.creating.node in alias.index.ancestors(call):
            continue
        in_handler = function in after_close or any(
            each in after_close for each in alias.index.ancestors(call)
        )
        is_again = AGAIN.search(_name_of(alias, function)) is not None
        if not in_handler and member.name != "reconnect" and not is_again:
            continue  # the first connect of a library that waits to be told
        text = "it is told to connect again here"
        evidence = (Evidence(alias.to(call).span, text),)
        kind = "close" if in_handler else "manual"
        yield Trigger(
            kind, alias.to(call).span, Unknown("the code before it"), limit=Known(None), evidence=evidence
        )


def _name_of(at: At[tree.Expr], function: tree.Function | None) -> str:
    return (name_of_function(at.to(function))[0] or "") if function is not None else ""


__all__ = ["reconnection_by_library"]
