"""What messages do to each piece of state, and what else sets it: gathered for one client."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from halfopen.connections.client_view import View
from halfopen.connections.delivery.triggers import Handlers, runs_of, socket_handlers
from halfopen.connections.facts import Evidence
from halfopen.connections.typed import typing_of
from halfopen.connections.updates.answered import Answered
from halfopen.connections.updates.applied import callees, handlers_of, runs
from halfopen.connections.updates.comparing import asks_version, compares_ids
from halfopen.connections.updates.facts import Pending, Write
from halfopen.connections.updates.pausing import Pauses
from halfopen.connections.updates.relayed import relays
from halfopen.connections.updates.slots import Slot
from halfopen.connections.updates.writes import Site, adds_entry, strongest, writes_everywhere, writes_in
from halfopen.semantics import tree
from halfopen.semantics.leaving import OUT_OF_FUNCTION, leaves
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program, own_nodes

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
        self.answered = Answered(view, self.on_message)
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
            if not (self.answered.is_given_answer(site) and self.answered.is_given_message(site))
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
            answers = [
                each
                for each in everywhere
                if self.answered.is_answer(each) or self.answered.is_given_answer(each)
            ]
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

    def _by_clock(self, site: Site) -> bool:
        around = site.call.index.function_of(site.call.node)
        if around is None:
            return False
        return any(
            run.trigger == "timer" for run in runs_of(self.program, site.call.to(around), self.handlers)
        )

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
                    or self.answered.is_of_answer(site)
                    or self._is_momentary(slot)
                    or self._sends_nothing(site, sent_by)
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

    def _sends_nothing(self, site: Site, sent_by: list[At[tree.Function]]) -> bool:
        """Whether a write stands in a branch that leaves before anything is sent: `if (!id) { setError("…"); return; }`."""
        inner: tree.Node = site.call.node
        senders = {each.node for each in sent_by}
        for ancestor in site.call.index.ancestors(site.call.node):
            if isinstance(ancestor, tree.Function):
                return False
            branch = ancestor.then if isinstance(ancestor, tree.If) and inner is ancestor.then else None
            if branch is not None and leaves(branch, OUT_OF_FUNCTION):
                return not any(
                    (isinstance(node.callee, tree.Member) and node.callee.object in self.view.socket.nodes)
                    or any(each.node in senders for each in callees(self.program, site.call.to(node)))
                    for node in tree.walk(branch)
                    if isinstance(node, tree.Call)
                )
            inner = ancestor
        return False

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


def _by_slot(program: Program, functions: list[At[tree.Function]]) -> dict[Slot, list[Site]]:
    found: dict[Slot, list[Site]] = {}
    for function in functions:
        for site in writes_in(program, function):
            found.setdefault(site.slot, []).append(site)
    return found


def _delays(call: At[tree.Call]) -> bool:
    """Whether a call stands in what `setTimeout` is given."""
    index = call.index
    around = index.function_of(call.node)
    argument = index.parents.get(around) if around is not None else None
    timer = index.parents.get(argument) if isinstance(argument, tree.Argument) else None
    return isinstance(timer, tree.Call) and last_name(timer.callee) == "setTimeout"


def _sets_the_same(one: Site, other: Site) -> bool:
    """Whether two writes set one constant: neither takes the other back."""
    match one.value.node, other.value.node:
        case tree.Literal(value=a), tree.Literal(value=b):
            return a == b
        case _:
            return False
