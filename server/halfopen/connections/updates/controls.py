"""Switches and sliders that show at once what a person set and sent, and that nothing from the server ever corrects."""

from __future__ import annotations

from collections.abc import Container, Iterator

from halfopen.connections.facts import Evidence
from halfopen.connections.shipped import is_shipped
from halfopen.connections.updates.applied import runs
from halfopen.connections.updates.facts import UncorrectedControl
from halfopen.connections.updates.overtaken import uses
from halfopen.connections.updates.slots import Slot, slot_of
from halfopen.connections.updates.writes import Site, writes_everywhere, writes_in
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.program import At, Program

_SHOWS = frozenset(
    {"checked", "value", "selected", "isChecked", "isSelected", "pressed", "on", "active", "enabled"}
)
_CHANGES = frozenset(
    {"onChange", "onCheckedChange", "onValueChange", "onChangeCommitted", "onToggle", "onClick"}
)
_TYPED = ("input", "textarea", "textfield", "editor")
_NOT_TYPED = ("checkbox", "radio", "range")


def uncorrected_controls(
    program: Program,
    senders: list[At[tree.Function]],
    corrected: frozenset[Slot],
    opening: list[At[tree.Function]],
) -> Iterator[UncorrectedControl]:
    """The states of controls that change on the way to a send; `corrected` are those that the socket's events set.

    What is sent again on each open (`opening`), or along with something else, the server gets to know.
    """
    sending = {each.node for each in senders}
    seen: set[Slot] = set()
    for sender in senders:
        for site in writes_in(program, sender):
            if site.slot.is_store or site.slot in seen or site.slot in corrected or not _is_chosen(site):
                continue
            control = _control(program, site.slot, sender)
            if control is None or not is_shipped(sender.path):
                continue
            handled = {each.node for each in runs(program, [control[1]])}
            if not all(
                _within(each.call, handled | sending) for each in writes_everywhere(program, site.slot)
            ):
                continue
            if _is_told_again(program, site.slot, handled, [*senders, *opening]):
                continue
            seen.add(site.slot)
            yield UncorrectedControl(
                site.slot.key,
                site.call.span,
                (
                    Evidence(control[0].span, "the control shows it"),
                    Evidence(sender.span, "and it is sent here"),
                ),
            )


def _is_chosen(site: Site) -> bool:
    """Whether a write takes what a person chose: no constant, and no change of what is there but its opposite."""
    if isinstance(site.value.node, tree.Literal) or site.how not in ("replaced", "cleared"):
        return False
    return not isinstance(site.value.node, tree.Sequence | tree.Object)


def _control(
    program: Program, slot: Slot, sender: At[tree.Function]
) -> tuple[At[tree.Element], At[tree.Function]] | None:
    """The control that shows a slot and whose change runs a function that writes it, with that function."""
    for use in uses(program, slot):
        attribute = use.parent
        element = use.index.parents.get(attribute) if isinstance(attribute, tree.Attribute) else None
        if (
            not isinstance(attribute, tree.Attribute)
            or attribute.name not in _SHOWS
            or not isinstance(element, tree.Element)
            or _is_typed(element)
        ):
            continue
        for other in element.attributes:
            if other.name in _CHANGES and other.value is not None:
                for handler in functions(program, use.to(other.value)):
                    if any(each.node is sender.node for each in runs(program, [handler])):
                        return use.to(element), handler
    return None


def _is_typed(element: tree.Element) -> bool:
    """Whether an element is a field that takes text, whose draft is nobody's but its author's."""
    tag = element.tag
    name = "" if tag is None else str(tag.value) if isinstance(tag, tree.Literal) else _name(tag)
    if not any(word in name.lower() for word in _TYPED):
        return False
    return not any(
        other.name == "type" and isinstance(other.value, tree.Literal) and other.value.value in _NOT_TYPED
        for other in element.attributes
    )


def _name(tag: tree.Expr) -> str:
    return tag.id if isinstance(tag, tree.Name) else tag.name if isinstance(tag, tree.Member) else ""


def _within(at: At[tree.Node], inside: Container[tree.Node]) -> bool:
    return any(node in inside for node in at.index.ancestors(at.node))


def _is_told_again(
    program: Program, slot: Slot, handled: Container[tree.Node], sending: list[At[tree.Function]]
) -> bool:
    """Whether another function that sends, or the open handler, reads the slot: the server learns it then."""
    others = {each.node for each in sending if each.node not in handled}
    return any(
        slot_of(program, use) == slot and _within(use, others) and not _within(use, handled)
        for use in uses(program, slot)
    )
