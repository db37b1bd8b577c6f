"""The fix of a client's lost sends: an outbox with a bound and an age limit, from a module put beside the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from halfopen.audit.finding import Fix, TextOf
from halfopen.edits.changes import FileChanges, Replacement, apply
from halfopen.edits.difference import changes_between
from halfopen.semantics.unit import Span
from halfopen_rules.snippets import add_snippet

if TYPE_CHECKING:
    from halfopen.connections.delivery.facts import Send, SendRepair

Locate: TypeAlias = Callable[[Span], tuple[int, int] | None]


def outbox_fix(lost: Iterable[Send]) -> Fix | None:
    """All of a client's lost sends go through one outbox; None where one of them cannot."""
    repairs: dict[Span, SendRepair] = {}
    for send in lost:
        if send.repair is None:
            return None
        repairs[send.repair.call] = send.repair
    found = list(repairs.values())
    if not found or len({(each.made, each.kind, each.home) for each in found}) != 1:
        return None

    def build(text: TextOf, locate: Locate) -> Mapping[str, FileChanges]:
        return _build(found, text, locate)

    return Fix("Keep messages in an outbox until the connection is open", safe=False, build=build)


def _build(repairs: list[SendRepair], text: TextOf, locate: Locate) -> Mapping[str, FileChanges]:
    from halfopen.edits.typescript import add_named_import, insert_statement_after

    first = repairs[0]
    path = first.made.path
    source, made = text(path), locate(first.made)
    if source is None or made is None:
        return {}
    data = source.data
    name = "outbox" if b"outbox" not in data else "messageOutbox"
    box = {"hook": f"{name}.current", "class": f"this.{name}"}.get(first.kind, name)
    attached = insert_statement_after(data, made, f"{box}.attach({first.target});")
    declared = _declared(data, first, name, made, locate)
    sent = [_sent(data, each, box, locate) for each in repairs]
    added = add_snippet(text, path, "outbox") if attached and declared and all(sent) else None
    if added is None:
        return {}
    with_import = apply(data, add_named_import(data, added.specifier, "Outbox"))
    if first.kind == "hook":
        with_import = apply(with_import, add_named_import(with_import, "react", "useRef"))
    imported = changes_between(data, with_import)
    return {**added.changes, path: (*imported, *declared, *attached, *(each for one in sent for each in one))}


def _declared(
    data: bytes, repair: SendRepair, name: str, made: tuple[int, int], locate: Locate
) -> FileChanges:
    """The outbox, where it lives as long as what holds the socket."""
    from halfopen.edits.typescript import (
        add_class_field,
        add_first_statements,
        insert_at_top_level,
        insert_statement_before,
    )

    home = locate(repair.home)
    if home is None:
        return ()
    match repair.kind:
        case "hook":
            return add_first_statements(data, home, [f"const {name} = useRef(new Outbox());"])
        case "class":
            visibility = "private readonly " if repair.home.path.endswith((".ts", ".tsx", ".mts")) else ""
            return add_class_field(data, home, f"{visibility}{name} = new Outbox()")
        case "module":
            return insert_at_top_level(data, made[0], f"const {name} = new Outbox();")
        case "function":
            return insert_statement_before(data, made, f"const {name} = new Outbox();")


def _sent(data: bytes, repair: SendRepair, box: str, locate: Locate) -> FileChanges:
    """The send by the outbox, without the guard around it."""
    replaced, call = locate(repair.replaced), locate(repair.call)
    socket, message = locate(repair.socket), locate(repair.message)
    if replaced is None or call is None or socket is None or message is None:
        return ()
    code = f"{box}.send({data[slice(*socket)].decode()}, {data[slice(*message)].decode()})"
    if replaced != call and data[call[1] : replaced[1]].lstrip().startswith(b";"):
        code += ";"
    if repair.note:
        code += f" {repair.note}"
    return (Replacement(*replaced, code),)
