"""What messages do to each piece of state, and what else sets it: gathered for one client."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from halfopen.connections.client_view import View
from halfopen.connections.delivery.triggers import Handlers, runs_of, socket_handlers
from halfopen.connections.facts import Evidence
from halfopen.connections.shipped import is_shipped
from halfopen.connections.typed import typing_of
from halfopen.connections.updates.answers import answers_given
from halfopen.connections.updates.applied import callees, handlers_of, runs
from halfopen.connections.updates.comparing import asks_version, compares_ids
from halfopen.connections.updates.facts import Echo, Pending, Write
from halfopen.connections.updates.pausing import Pauses
from halfopen.connections.updates.relayed import relays
from halfopen.connections.updates.requests import Request, reaches_request, requests_in
from halfopen.connections.updates.slots import Slot
from halfopen.connections.updates.writes import Site, adds_entry, strongest, writes_everywhere, writes_in
from halfopen.semantics import tree
from halfopen.semantics.names import last_name
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.unit import Span
from halfopen.semantics.values import origins

_LOGS = frozenset({"console", "logger", "log", "JSON", "Object", "Array", "Math", "Date"})
_PROGRESS = (
    "loading",
    "processing",
    "running",
    "pending",
    "streaming",
    "generating",
    "busy",
    "thinking",
    "waiting",
)


class Collected:
    """The functions that run on each event of a socket, with what they write."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.program = view.program
        self.handlers: Handlers = socket_handlers(view)
        self.message_roots = handlers_of(view, "message")
        received = runs(self.program, self.message_roots)
        self.relays = relays(view, _by_slot(self.program, received).items())
        self.on_message = runs(
            self.program, [*self.message_roots, *(each.effect.callback for each in self.relays)]
        )
        self.pauses = Pauses(self.program, self.message_roots, self.on_message)
        self.on_open = runs(self.program, handlers_of(view, "open"))
        self.on_close = runs(
            self.program, [*handlers_of(view, "close"), *handlers_of(view, "error")], later=False
        )

    @cached_property
    def message_sites(self) -> dict[Slot, list[Site]]:
        """The writes because of messages, by slot, without the connection's own state."""
        own = {
            site.slot
            for function in self.on_open
            for site in writes_in(self.program, function)
            if not (self._is_given_answer(site) and self._is_given_message(site))
        }
        found: dict[Slot, list[Site]] = {}
        for function in self.on_message:
            for site in writes_in(self.program, function):
                if site.slot not in own:
                    found.setdefault(site.slot, []).append(site)
        return found

    @cached_property
    def received_sites(self) -> dict[Slot, list[Site]]:
        """The writes because of messages, by slot, those of what is set on each open as well."""
        return _by_slot(self.program, self.on_message)

    @cached_property
    def first_sites(self) -> dict[Slot, list[Site]]:
        """The writes on the way to each new socket, by slot."""
        creating = self.view.reach.creating
        found: dict[Slot, list[Site]] = {}
        for function in runs(self.program, [creating], later=False) if creating is not None else ():
            for site in writes_in(self.program, function):
                found.setdefault(site.slot, []).append(site)
        return found

    @cached_property
    def closed(self) -> frozenset[Slot]:
        """The slots that the end of the connection sets."""
        return frozenset(
            site.slot for function in self.on_close for site in writes_in(self.program, function)
        )

    def writes(self, sent_by: list[At[tree.Function]]) -> Iterator[Write]:
        """What messages set, each state once. `sent_by` are the functions on the way from the user to a send."""
        said = self._said(sent_by)
        for slot, sites in self.message_sites.items():
            most = strongest([each.how for each in sites])
            if most == "cleared":
                continue
            telling = next(each for each in sites if each.how == most)
            everywhere = writes_everywhere(self.program, slot)
            answers = [each for each in everywhere if self._is_answer(each) or self._is_given_answer(each)]
            asked = {each.call.node for each in answers}
            brought = [each for each in sites if each.call.node not in asked and each.how != "cleared"]
            how = strongest([each.how for each in brought or sites])
            main = next(each for each in brought or sites if each.how == how)
            apart = answers if brought else [each for each in answers if each not in sites]
            plain = [each for each in apart if each.how == "replaced"]
            yield Write(
                slot.key,
                telling.call.span,
                main.how,
                slot.is_store,
                bounded=any(each.bounded for each in sites if each.how == "appended"),
                deduplicated=any(compares_ids(each) for each in sites),
                emptied=any(each.how in ("cleared", "removed", "replaced") for each in everywhere),
                restarted=any(
                    each.how in ("cleared", "replaced") for each in (*sites, *self.first_sites.get(slot, ()))
                ),
                refetched=tuple(
                    Evidence(each.call.span, "an answer to a request sets it") for each in plain[:2]
                ),
                versioned=any(asks_version(each) for each in (plain or sites)),
                polled=any(self._by_clock(each) for each in answers),
                after_close=slot in self.closed,
                awaited=tuple(self.pauses.before(sites)),
                is_conversation=slot in said,
                joins_text=main.how == "appended" and not adds_entry(main),
                marks_progress=any(part in slot.key.lower() for part in _PROGRESS),
                evidence=(Evidence(main.call.span, f"a message sets {slot.key}"),),
            )

    def _said(self, sent_by: list[At[tree.Function]]) -> frozenset[Slot]:
        """The slots to which a person who sends something adds it as well."""
        received = {each.node for each in self.on_message}
        return frozenset(
            site.slot
            for function in sent_by
            if function.node not in received
            for site, _ in self._direct_writes(function)
            if site.how == "appended"
        )

    def _is_answer(self, site: Site) -> bool:
        """Whether a write outside of the message handler uses the answer to a request that messages can outrun.

        A constant or a sentence for the page is no old value, an error no answer, and what comes before the socket in
        the function that makes it is through when the first message comes.
        """
        around = site.call.index.function_of(site.call.node)
        if around is None or not is_shipped(site.call.path):
            return False
        if isinstance(site.value.node, tree.Literal | tree.Template):
            return False
        if self._comes_first(site, around) or _fills_only(site):
            return False
        if any(isinstance(each, tree.Handler) for each in site.call.index.ancestors(site.call.node)):
            return False
        for function in (around, *_callbacks_around(site.call, around)):
            if self._awaits_answer(site, function):
                return True
            if any(function is each.node for each in self.on_message):
                return False
        return False

    def _comes_first(self, site: Site, around: tree.Function) -> bool:
        """Whether the socket is made, or asked for, later in the function of a write."""
        return any(
            isinstance(node, tree.Call)
            and node.start > site.call.node.start
            and (node is self.view.call.node or self.view.reach.enters(self.program, site.call.to(node)))
            for node in own_nodes(site.call.to(around))
        )

    def _awaits_answer(self, site: Site, around: tree.Function) -> bool:
        """Whether a write's function waits for the answer to a request before it."""
        return any(
            isinstance(inner, tree.Call)
            and (found := reaches_request(self.program, site.call.to(inner), 3)) is not None
            and found.kind == "fetch"
            for node in own_nodes(site.call.to(around))
            if isinstance(node, tree.Await) and node.start < site.call.node.start
            for inner in tree.walk(node)
        )

    def _is_of_answer(self, site: Site) -> bool:
        """Whether a write keeps what a request has answered: nothing that runs ahead of the server."""
        around = site.call.index.function_of(site.call.node)
        return (
            around is not None
            and not isinstance(site.value.node, tree.Literal)
            and self._awaits_answer(site, around)
        )

    def _is_given_answer(self, site: Site) -> bool:
        """Whether a write is made of what its function is given, and a caller gives it the answer to a request."""
        around = site.call.index.function_of(site.call.node)
        if around is None or isinstance(site.value.node, tree.Literal):
            return False
        return any(
            _uses_parameter(site, function) and answers_given(self.program, site.call.to(function))
            for function in (around, *_callbacks_around(site.call, around))
        )

    def _is_given_message(self, site: Site) -> bool:
        """Whether code that runs on a message gives a write's function something that is no constant."""
        around = site.call.index.function_of(site.call.node)
        return any(
            isinstance(node, tree.Call)
            and any(not isinstance(each.value, tree.Literal) for each in node.arguments)
            and any(callee.node is around for callee in callees(self.program, function.to(node)))
            for function in self.on_message
            for node in own_nodes(function)
        )

    def _by_clock(self, site: Site) -> bool:
        around = site.call.index.function_of(site.call.node)
        if around is None:
            return False
        return any(
            run.trigger == "timer" for run in runs_of(self.program, site.call.to(around), self.handlers)
        )

    def echoes(self) -> Iterator[Echo]:
        """The requests that change something, made because a message came."""
        seen: set[tree.Node] = set()
        for function in self.on_message:
            for request in requests_in(self.program, [function]):
                if request.at.node in seen or not self._writes_what_came(request):
                    continue
                if request.kind == "fetch" and request.changes:
                    seen.add(request.at.node)
                    place = self._called_from(request.at)
                    yield Echo(
                        place, request.at.span, (Evidence(request.at.span, "changes it on the server again"),)
                    )

    def refetches(self) -> Iterator[Evidence]:
        """The requests for data that a message makes the page send."""
        for request in requests_in(self.program, self.on_message):
            if not request.changes:
                yield Evidence(self._called_from(request.at), "a message makes the page ask for it anew")

    def _writes_what_came(self, request: Request) -> bool:
        """Whether a request is made of what its function was given: a token that is renewed on the way is not."""
        return any(
            isinstance(origin, ParameterOf)
            for argument in request.at.node.arguments
            for node in tree.walk(argument.value)
            if isinstance(node, tree.Name)
            for origin in origins(self.program, request.at.to(node))
        )

    def _called_from(self, request: At[tree.Call]) -> Span:
        """The call in the handler's own code that leads to a request."""
        for root in self.message_roots:
            for function in runs(self.program, [root])[:6]:
                for node in own_nodes(function):
                    if not isinstance(node, tree.Call):
                        continue
                    reached = runs(self.program, callees(self.program, function.to(node)))
                    if function.unit is root.unit and any(
                        request.node.start >= each.node.start
                        and request.node.end <= each.node.end
                        and request.unit is each.unit
                        for each in reached
                    ):
                        deeper = any(
                            each.unit is root.unit and each.node is not function.node for each in reached
                        )
                        if not deeper:
                            return function.to(node).span
        return request.span

    def pending(self, sent_by: list[At[tree.Function]]) -> Iterator[Pending]:
        """State that functions on the way from the user to a send set, and that messages clear; what is typed into a
        field is no claim on what the server did."""
        answered: dict[Slot, list[Site]] = {}
        for function in self.on_message:
            for site in writes_in(self.program, function):
                answered.setdefault(site.slot, []).append(site)
        seen: set[Slot] = set()
        received = {each.node for each in self.on_message}
        for function in sent_by:
            if function.node in received:
                continue
            for site, place in self._direct_writes(function):
                slot = site.slot
                if (
                    slot in seen
                    or all(_sets_the_same(site, each) for each in answered.get(slot, ()))
                    or site.how in ("cleared", "appended", "counted", "removed")
                    or self._is_of_answer(site)
                    or self._is_momentary(slot)
                    or typing_of(self.program, site.call) is not None
                ):
                    continue
                seen.add(slot)
                yield Pending(
                    slot.key,
                    place.span,
                    slot in self.closed,
                    isinstance(site.value.node, tree.Literal) and site.value.node.value is True,
                    (Evidence(place.span, "set before the server answered"),),
                )

    def _is_momentary(self, slot: Slot) -> bool:
        """Whether a timer takes it back, as it does a notice: it says nothing that a message has to bear out."""
        received = {each.node for each in self.on_message}
        return any(
            isinstance(each.value.node, tree.Literal)
            and not each.value.node.value
            and (_delays(each.call) or self._by_clock(each))
            and not any(around in received for around in each.call.index.ancestors(each.call.node))
            for each in writes_everywhere(self.program, slot)
        )

    def _direct_writes(self, function: At[tree.Function]) -> Iterator[tuple[Site, At[tree.Node]]]:
        for site in writes_in(self.program, function):
            yield site, site.call
        for node in own_nodes(function):
            if isinstance(node, tree.Call):
                given = node.arguments[0].value if node.arguments else None
                if isinstance(given, tree.Literal) and not given.value:
                    continue
                for callee in callees(self.program, function.to(node)):
                    if callee.node in self.view.reach.functions:
                        continue
                    for site in writes_in(self.program, callee):
                        yield site, function.to(node)

    def other_effects(self) -> bool:
        """Whether messages change the page, a variable around the handler, or call what is not read here."""
        for function in self.on_message:
            for node in own_nodes(function):
                match node:
                    case tree.Assign(
                        targets=(tree.Member(name="innerHTML" | "textContent" | "innerText"), *_)
                    ):
                        return True
                    case tree.Assign(operator="+", targets=(tree.Name() as name, *_)):
                        owner = function.index.bindings.get(name)
                        if owner is None or owner.scope.owner is not function.node:
                            return True
                    case tree.Call(callee=tree.Member(name="appendChild" | "append" | "prepend")):
                        return True
                    case _:
                        pass
        return False


def _by_slot(program: Program, functions: list[At[tree.Function]]) -> dict[Slot, list[Site]]:
    found: dict[Slot, list[Site]] = {}
    for function in functions:
        for site in writes_in(program, function):
            found.setdefault(site.slot, []).append(site)
    return found


def _fills_only(site: Site) -> bool:
    """Whether a write is made only while there is nothing: `if (!active) setActive(...)`."""
    for ancestor in site.call.index.ancestors(site.call.node):
        if isinstance(ancestor, tree.Function):
            return False
        if isinstance(ancestor, tree.If) and ancestor.then.start <= site.call.node.start < ancestor.then.end:
            test = ancestor.test
            parts = test.operands if isinstance(test, tree.Operation) and test.operator == "and" else (test,)
            if any(_asks_for_none(each, site.slot.key) for each in parts):
                return True
    return False


def _asks_for_none(test: tree.Expr, name: str) -> bool:
    match test:
        case tree.Operation(operator="not", operands=(inner,)):
            return last_name(inner) == name
        case tree.Operation(operator="==" | "is", operands=(left, tree.Literal(value=None))):
            return last_name(left) == name
        case _:
            return False


def _delays(call: At[tree.Call]) -> bool:
    """Whether a call stands in what `setTimeout` is given."""
    index = call.index
    around = index.function_of(call.node)
    argument = index.parents.get(around) if around is not None else None
    timer = index.parents.get(argument) if isinstance(argument, tree.Argument) else None
    return isinstance(timer, tree.Call) and last_name(timer.callee) == "setTimeout"


def _callbacks_around(call: At[tree.Call], inner: tree.Function) -> Iterator[tree.Function]:
    """The functions around an updater that a setter is given where it stands."""
    current: tree.Node = inner
    for ancestor in call.index.ancestors(inner):
        if isinstance(ancestor, tree.Function):
            parent = call.index.parents.get(current)
            if not isinstance(parent, tree.Argument):
                return
            yield ancestor
            current = ancestor


def _uses_parameter(site: Site, function: tree.Function) -> bool:
    names = {
        node.id
        for parameter in function.parameters
        for node in tree.walk(parameter.target)
        if isinstance(node, tree.Name)
    }
    return any(isinstance(node, tree.Name) and node.id in names for node in tree.walk(site.value.node))


def _sets_the_same(one: Site, other: Site) -> bool:
    """Whether two writes set one constant: neither takes the other back."""
    match one.value.node, other.value.node:
        case tree.Literal(value=a), tree.Literal(value=b):
            return a == b
        case _:
            return False
