"""The first pass over a workspace shows how far it is, and can be stopped."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from .conftest import StartEditor
from .editor import Editor, patiently, until
from .samples import LEAKY_TSX, write

FILES = 600


@pytest.fixture
def large_workspace(workspace: Path) -> Path:
    for number in range(FILES):
        text = LEAKY_TSX.replace("ProcessingStatus", f"Status{number}")
        write(workspace / f"part{number % 20}" / f"Status{number}.tsx", text)
    return workspace


def progress_events(editor: Editor) -> asyncio.Event:
    """An event for each progress that arrives from now on."""
    arrived = asyncio.Event()
    features = editor.client.protocol.fm.features
    seen = features[types.PROGRESS]

    def progress(params: types.ProgressParams) -> Any:
        seen(params)
        arrived.set()

    features[types.PROGRESS] = progress
    return arrived


def reports(editor: Editor) -> list[Any]:
    [values] = editor.client.progress_reports.values()
    return values


async def test_the_first_pass_shows_its_progress(start_editor: StartEditor, large_workspace: Path) -> None:
    editor = await start_editor(large_workspace)
    status = await editor.settled()
    assert status.files == FILES
    first, *between, last = reports(editor)
    assert isinstance(first, types.WorkDoneProgressBegin)
    assert first.cancellable
    assert isinstance(last, types.WorkDoneProgressEnd)
    shares = [each.percentage for each in between]
    assert shares == sorted(shares)
    assert last.message is not None
    assert f"{FILES} files" in last.message


async def test_later_audits_show_none(start_editor: StartEditor, workspace: Path) -> None:
    path = write(workspace / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(workspace)
    await editor.settled()
    editor.open(path)
    editor.save(path)
    await editor.settled()
    assert len(editor.client.progress_reports) == 1


async def test_the_first_pass_can_be_cancelled_and_is_taken_up_by_a_save(
    start_editor: StartEditor, large_workspace: Path
) -> None:
    editor = await start_editor(large_workspace)
    arrived = progress_events(editor)
    await until(lambda: any(editor.client.progress_reports.values()), arrived)
    [token] = editor.client.progress_reports
    editor.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))
    status = await editor.settled()
    assert status.outcome == "cancelled"
    assert isinstance(reports(editor)[-1], types.WorkDoneProgressEnd)

    path = large_workspace / "part0" / "Status0.tsx"
    editor.open(path)
    status = await editor.settled()
    assert status.outcome == "complete"
    assert editor.count(path) == 1
    assert status.findings == FILES


async def test_a_document_opened_during_the_first_pass_is_not_lost(
    start_editor: StartEditor, large_workspace: Path
) -> None:
    editor = await start_editor(large_workspace)
    path = large_workspace / "part0" / "Status0.tsx"
    editor.open(path, LEAKY_TSX)
    top = types.Range(types.Position(0, 0), types.Position(0, 0))
    for _ in range(20):
        editor.change(path, types.TextDocumentContentChangePartial(top, "//\n"))
        await patiently(editor.request("halfopen/status", None))
    editor.save(path)
    await editor.settled()
    [diagnostic] = editor.shown(path) or []
    assert diagnostic.range.start.line == 6 + 20
