"""`textDocument/codeAction` and `codeAction/resolve`: the fixes of findings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lsprotocol import types

from halfopen.lsp.diagnostics import diagnostic, suppression_fault
from halfopen.lsp.findings import Edits, Shown, ShownFault
from halfopen.lsp.json_values import table

if TYPE_CHECKING:
    from halfopen.audit.finding import Fix
    from halfopen.lsp.server import HalfopenServer

FIX_ALL = "source.fixAll.halfopen"
OPTIONS = types.CodeActionOptions(
    code_action_kinds=[types.CodeActionKind.QuickFix, FIX_ALL], resolve_provider=True
)


async def code_action(ls: HalfopenServer, params: types.CodeActionParams) -> list[types.CodeAction]:
    """A quick fix for each fix of each finding in the range, and all safe fixes of the file in one."""
    if not ls.client.code_action_literals:
        return []
    uri, only = params.text_document.uri, params.context.only
    actions: list[types.CodeAction] = []
    if _wanted(types.CodeActionKind.QuickFix.value, only):
        found = tuple(ls.view.findings_at(uri, params.range))
        fixes = [_quick_fix(ls, uri, shown, fix) for shown in found for fix in shown.finding.fixes]
        actions += [each for each in fixes if await _can_be_made(ls, each)]
        comments = [
            _removal(ls, uri, each) for each in ls.view.suppressions_at(uri, params.range) if each.removable
        ]
        comments += [_suppression(ls, uri, shown) for shown in found]
        actions += [each for each in comments if ls.client.resolves_edits or await _fill(ls, each)]
    if (fix_all := await _fix_all(ls, uri, only)) is not None:
        actions.append(fix_all)
    return actions


async def resolve(ls: HalfopenServer, action: types.CodeAction) -> types.CodeAction:
    """The action with its edits, made for the document as it is now."""
    if not await _fill(ls, action):
        text = f"halfopen: “{action.title}” no longer applies to the code as it is now"
        ls.window_show_message(types.ShowMessageParams(types.MessageType.Info, text))
    return action


def _quick_fix(ls: HalfopenServer, uri: str, shown: Shown, fix: Fix) -> types.CodeAction:
    action = types.CodeAction(
        fix.title,
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[ls.wire.typed(diagnostic(shown, ls.client))],
        data={"uri": uri, "key": shown.key, "title": fix.title},
    )
    if ls.client.preferred_actions:
        action.is_preferred = fix.safe
    return action


def _suppression(ls: HalfopenServer, uri: str, shown: Shown) -> types.CodeAction:
    """A comment that accepts the finding; it is never made on its own, so it stands behind the fixes."""
    action = types.CodeAction(
        f"Suppress {shown.finding.code} here",
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[ls.wire.typed(diagnostic(shown, ls.client))],
        data={"uri": uri, "suppress": shown.key},
    )
    if ls.client.preferred_actions:
        action.is_preferred = False
    return action


def _removal(ls: HalfopenServer, uri: str, shown: ShownFault) -> types.CodeAction:
    return types.CodeAction(
        "Remove unused suppression",
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[ls.wire.typed(suppression_fault(shown))],
        data={"uri": uri, "unsuppress": shown.key},
    )


async def _fix_all(
    ls: HalfopenServer, uri: str, only: Sequence[types.CodeActionKind | str] | None
) -> types.CodeAction | None:
    """All safe fixes as one action.

    An editor that asks for this kind alone is about to save and applies what it gets, so the edits are
    made from the text as it is now. Before the first audit is done nothing is offered: a save must not
    wait for the workspace.
    """
    if not _wanted(FIX_ALL, only) or ls.last_audit is None or ls.view.document(uri) is None:
        return None
    action = types.CodeAction("Apply all safe halfopen fixes", kind=FIX_ALL, data={"uri": uri})
    if only or not ls.client.resolves_edits:
        return action if await _fill(ls, action) else None
    safe = any(fix.safe for shown in ls.view.findings(uri) for fix in shown.finding.fixes)
    return action if safe else None


async def _can_be_made(ls: HalfopenServer, action: types.CodeAction) -> bool:
    """Whether a fix can be made of the code as it is, which shows only when it is made.

    A client that asks again for the edits gets them then, for the text that it has by that time.
    """
    made = await _fill(ls, action)
    if ls.client.resolves_edits:
        action.edit = None
    return made


async def _fill(ls: HalfopenServer, action: types.CodeAction) -> bool:
    """Put the edits into the action; False where there are none."""
    data = table(action.data)
    uri, key, title = data.get("uri"), data.get("key"), data.get("title")
    suppress, unsuppress = data.get("suppress"), data.get("unsuppress")
    if not isinstance(uri, str):
        return False
    if isinstance(suppress, str):
        edits = await ls.audits.ask(lambda desk: desk.suppress(uri, suppress))
    elif isinstance(unsuppress, str):
        edits = await ls.audits.ask(lambda desk: desk.unsuppress(uri, unsuppress))
    elif isinstance(key, str) and isinstance(title, str):
        edits = await ls.audits.ask(lambda desk: desk.fix(uri, key, title))
    else:
        edits = await ls.audits.ask(lambda desk: desk.fix_all(uri))
    if not edits or any(_outdated(ls, each) for each in edits):
        return False
    if any(each.creates for each in edits) and not ls.client.creates_files:
        ls.note_once(f"the client cannot make the new file that “{action.title}” needs")
        return False
    action.edit = _workspace_edit(ls, edits)
    return True


def _outdated(ls: HalfopenServer, edits: Edits) -> bool:
    document = ls.view.document(edits.uri)
    opening, edition = (document.opening, document.edition) if document else (None, 0)
    return (edits.opening, edits.edition) != (opening, edition)


def _workspace_edit(ls: HalfopenServer, edits: tuple[Edits, ...]) -> types.WorkspaceEdit:
    if not ls.client.versioned_edits:
        return types.WorkspaceEdit(changes={each.uri: list(each.edits) for each in edits})
    created = [types.CreateFile(each.uri) for each in edits if each.creates]
    edited = [
        types.TextDocumentEdit(
            types.OptionalVersionedTextDocumentIdentifier(
                each.uri, document.version if (document := ls.view.document(each.uri)) else None
            ),
            list(each.edits),
        )
        for each in edits
    ]
    return types.WorkspaceEdit(document_changes=[*created, *edited])


def _wanted(kind: str, only: Sequence[types.CodeActionKind | str] | None) -> bool:
    """Whether a kind is asked for: each named kind stands for all below it too."""
    if not only:
        return True
    names = (each.value if isinstance(each, types.CodeActionKind) else each for each in only)
    return any(name == "" or kind == name or kind.startswith(f"{name}.") for name in names)
