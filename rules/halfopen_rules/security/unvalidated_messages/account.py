"""What WS7B says of one connection: which message breaks it, and for whom."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.account import Account, Assessment, Mitigation
from halfopen.audit.finding import Finding
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Known
from halfopen.connections.messages.facts import Inbound
from halfopen_rules.security.unvalidated_messages.schemas import schema_in_python, schema_in_typescript


def assess(finding: Finding, dossier: Dossier, targets: Targets) -> Assessment:
    """By the side, and what becomes of the fields."""
    inbound = _inbound(finding, dossier)
    fields = _fields(inbound)
    if dossier.connection.side == "client":
        harm = (
            "puts undefined into 100 % of the open pages"
            if inbound is not None and inbound.lacks_into_state
            else "reaches 100 % of the open pages"
        )
        guard = (
            "a frame that is no JSON throws in the handler"
            if inbound is not None and not inbound.parse_guarded
            else "the parsing is guarded, the shape is not"
        )
        return Assessment(
            "`as` and type annotations are gone at run time: whatever the server sends goes on as it came.",
            f"A release of the server that renames or drops {_one_of(fields)} {harm}, for as "
            f"long as they are not reloaded, and it shows somewhere else; {guard}.",
            code=schema_in_typescript(inbound, _types(dossier)) if inbound is not None else "",
        )
    ends = inbound is None or bool(inbound.ends_on_error)
    after = (
        "one message such as `[]` ends its sender's connection, and each reconnect that sends it again ends the next"
        if ends
        else "100 % of the messages of another shape raise in the handler and are lost"
    )
    size = dossier.surroundings.serving.max_message_bytes
    biggest = (
        f" The server takes messages of up to {size.value / 2**20:g} MiB."
        if isinstance(size, Known) and size.value
        else ""
    )
    return Assessment(
        "A frame is whatever the peer chose to send: an odd one raises where a field is read, and a hostile one goes into "
        "queries, file names and prompts as it came.",
        f"Unchecked: {fields}; {after}.{biggest}",
        code=schema_in_python(inbound, _types(dossier)) if inbound is not None else "",
    )


def _types(dossier: Dossier) -> tuple[str, tuple[str, ...]]:
    """The field that tells messages apart, and the values that are asked for."""
    handled = dossier.messages.handled if dossier.messages is not None else ()
    field = handled[0].discriminator if handled else ""
    return field, tuple(sorted({each.value for each in handled if each.discriminator == field}))


def _inbound(finding: Finding, dossier: Dossier) -> Inbound | None:
    found = dossier.messages.inbound if dossier.messages is not None else ()
    own = [
        each
        for each in found
        if finding.span in (each.site, each.parsed, *(field.span for field in each.fields))
    ]
    return next(iter(own or found), None)


def _one_of(fields: str) -> str:
    return f"one of {fields}" if "," in fields or " and " in fields else fields


def _fields(inbound: Inbound | None) -> str:
    names = list(dict.fromkeys(each.key for each in inbound.used())) if inbound is not None else []
    if not names:
        return "the fields that are used"
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return ", ".join(f"`{each}`" for each in names[:4]) + more


def mitigations(dossier: Dossier) -> Iterator[Mitigation]:
    """Messages are checked."""
    for each in dossier.messages.inbound if dossier.messages is not None else ():
        if each.validated_by:
            yield Mitigation("received messages are checked by a schema", each.validated_by[:2])
        elif each.rejected_by:
            yield Mitigation("messages that lack what is needed are turned away", each.rejected_by[:2])


ACCOUNT = Account(assess, mitigations)
