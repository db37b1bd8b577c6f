"""A language client as an editor is one: what it sends, and what it has been shown."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from lsprotocol import types
from pytest_lsp import LanguageClient, make_test_lsp_client

PATIENCE_S = 60.0
COMMAND = (sys.executable, "-m", "halfopen.lsp")
T = TypeVar("T")

FULL = types.ClientCapabilities(
    general=types.GeneralClientCapabilities(position_encodings=[types.PositionEncodingKind.Utf16]),
    window=types.WindowClientCapabilities(work_done_progress=True),
    workspace=types.WorkspaceClientCapabilities(
        configuration=True,
        workspace_folders=True,
        workspace_edit=types.WorkspaceEditClientCapabilities(
            document_changes=True, resource_operations=[types.ResourceOperationKind.Create]
        ),
        did_change_configuration=types.DidChangeConfigurationClientCapabilities(dynamic_registration=True),
        did_change_watched_files=types.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True),
    ),
    text_document=types.TextDocumentClientCapabilities(
        publish_diagnostics=types.PublishDiagnosticsClientCapabilities(
            related_information=True,
            version_support=True,
            code_description_support=True,
            data_support=True,
        ),
        hover=types.HoverClientCapabilities(content_format=[types.MarkupKind.Markdown]),
        code_action=types.CodeActionClientCapabilities(
            code_action_literal_support=types.ClientCodeActionLiteralOptions(
                types.ClientCodeActionKindOptions(["quickfix", "source.fixAll"])
            ),
            is_preferred_support=True,
            data_support=True,
            resolve_support=types.ClientCodeActionResolveOptions(["edit"]),
        ),
    ),
)
"""An editor that can do everything."""

PLAIN = types.ClientCapabilities(
    text_document=types.TextDocumentClientCapabilities(
        code_action=types.CodeActionClientCapabilities(
            code_action_literal_support=types.ClientCodeActionLiteralOptions(
                types.ClientCodeActionKindOptions(["quickfix"])
            )
        )
    )
)
"""An editor that can do little."""


def encodings(*kinds: str) -> types.ClientCapabilities:
    return types.ClientCapabilities(general=types.GeneralClientCapabilities(position_encodings=list(kinds)))


class Editor:
    """One server process and what it has told its client."""

    def __init__(self, client: LanguageClient) -> None:
        self.client = client
        self.published: list[types.PublishDiagnosticsParams] = []
        self.audits: list[Any] = []
        self.registrations: list[types.Registration] = []
        self.audited = asyncio.Event()
        self.initialized: types.InitializeResult
        self._versions: dict[str, int] = {}

        @client.feature("halfopen/auditFinished")
        def _(params: Any) -> None:
            self.audits.append(params)
            self.audited.set()

        @client.feature(types.CLIENT_REGISTER_CAPABILITY)
        def _(params: types.RegistrationParams) -> None:
            self.registrations += params.registrations

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def process(self) -> asyncio.subprocess.Process:
        process = self.client._server
        assert process is not None
        return process

    async def initialize(
        self,
        *folders: Path,
        capabilities: types.ClientCapabilities = FULL,
        options: dict[str, Any] | None = None,
        **params: Any,
    ) -> None:
        self.initialized = await patiently(
            self.client.initialize_session(
                types.InitializeParams(
                    capabilities=capabilities,
                    workspace_folders=[types.WorkspaceFolder(each.as_uri(), each.name) for each in folders],
                    initialization_options={"auditFinished": True} if options is None else options,
                    **params,
                )
            )
        )

    async def settled(self) -> Any:
        """Everything sent so far is audited and published."""
        return await self.request("halfopen/status", {"settled": True})

    async def request(self, method: str, params: object) -> Any:
        return await patiently(self.client.protocol.send_request_async(method, params))

    def open(self, place: Path | str, text: str | None = None, version: int = 1) -> None:
        uri = uri_of(place)
        if text is None:
            assert isinstance(place, Path)
            text = place.read_bytes().decode("utf-8")
        self._versions[uri] = version
        self.client.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "any", version, text))
        )

    def change(
        self, place: Path | str, *changes: types.TextDocumentContentChangeEvent, version: int | None = None
    ) -> None:
        uri = uri_of(place)
        self._versions[uri] = version if version is not None else self._versions.get(uri, 0) + 1
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(self._versions[uri], uri), list(changes)
            )
        )

    def save(self, place: Path | str) -> None:
        self.client.text_document_did_save(
            types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(uri_of(place)))
        )

    def close(self, place: Path | str) -> None:
        self.client.text_document_did_close(
            types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri_of(place)))
        )

    def files_changed(self, kind: types.FileChangeType, *places: Path) -> None:
        self.client.workspace_did_change_watched_files(
            types.DidChangeWatchedFilesParams([types.FileEvent(uri_of(place), kind) for place in places])
        )

    def shown(self, place: Path | str, rule: str = "WS1B") -> list[types.Diagnostic] | None:
        """The diagnostics that the editor shows now; None where it was never told of any.

        Of the rules only the one that the sample is written for: how many others there are is not the tests' matter.
        """
        uri = uri_of(place)
        if uri not in self.client.diagnostics:
            return None
        return [
            each
            for each in self.client.diagnostics[uri]
            if each.code == rule or not str(each.code).startswith("WS")
        ]

    def count(self, place: Path | str) -> int | None:
        diagnostics = self.shown(place)
        return None if diagnostics is None else len(diagnostics)

    async def hover(self, place: Path | str, line: int, character: int) -> types.Hover | None:
        return await patiently(
            self.client.text_document_hover_async(
                types.HoverParams(
                    types.TextDocumentIdentifier(uri_of(place)), types.Position(line, character)
                )
            )
        )

    async def lenses(self, place: Path | str) -> list[types.CodeLens]:
        params = types.CodeLensParams(types.TextDocumentIdentifier(uri_of(place)))
        return list(await self.client.text_document_code_lens_async(params) or [])

    async def definition(self, place: Path | str, position: types.Position) -> list[types.Location]:
        params = types.DefinitionParams(types.TextDocumentIdentifier(uri_of(place)), position)
        return await self.request(types.TEXT_DOCUMENT_DEFINITION, params)

    async def references(self, place: Path | str, position: types.Position) -> list[types.Location]:
        params = types.ReferenceParams(
            types.ReferenceContext(include_declaration=False),
            types.TextDocumentIdentifier(uri_of(place)),
            position,
        )
        return await self.request(types.TEXT_DOCUMENT_REFERENCES, params)

    async def actions(
        self, place: Path | str, at: types.Range, only: Sequence[str] | None = None
    ) -> list[types.CodeAction]:
        answer = await patiently(
            self.client.text_document_code_action_async(
                types.CodeActionParams(
                    types.TextDocumentIdentifier(uri_of(place)), at, types.CodeActionContext([], only=only)
                )
            )
        )
        return [each for each in answer or [] if isinstance(each, types.CodeAction)]

    async def resolved(self, action: types.CodeAction) -> types.CodeAction:
        return await patiently(self.client.code_action_resolve_async(action))

    async def ended(self) -> int:
        """The exit status of the server, which is about to end by itself."""
        return await patiently(self.process.wait())


async def start() -> Editor:
    """A server that has been sent nothing yet."""
    client = make_test_lsp_client()
    editor = Editor(client)
    seen = client.protocol.fm.features[types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS]

    def publish(params: types.PublishDiagnosticsParams) -> None:
        editor.published.append(params)
        seen(params)

    client.protocol.fm.features[types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS] = publish
    await client.start_io(*COMMAND)
    return editor


async def stop(editor: Editor) -> None:
    """End the server, whatever state it is in; a test that wants to see it leave by itself asks `ended`."""
    if editor.process.returncode is None:
        editor.process.kill()
        await editor.process.wait()
    await editor.client.stop()


async def patiently(work: Awaitable[T]) -> T:
    return await asyncio.wait_for(work, PATIENCE_S)


async def until(condition: Callable[[], bool], event: asyncio.Event) -> None:
    """Wait for a condition that the event announces."""
    while not condition():
        event.clear()
        await patiently(event.wait())


def uri_of(place: Path | str) -> str:
    return place if isinstance(place, str) else place.as_uri()


def text_at(text: str, place: types.Range, encoding: str = "utf-16") -> str:
    """The text in a range, its columns counted in the encoding."""
    lines = text.splitlines(keepends=True)
    start = _offset(lines, place.start, encoding)
    return text[start : _offset(lines, place.end, encoding)]


def replaced(text: str, edits: Sequence[types.TextEdit]) -> str:
    """The text after edits that do not overlap, columns in UTF-16."""
    lines = text.splitlines(keepends=True)
    for edit in sorted(
        edits, key=lambda each: (each.range.start.line, each.range.start.character), reverse=True
    ):
        start, end = (_offset(lines, place, "utf-16") for place in (edit.range.start, edit.range.end))
        text = text[:start] + edit.new_text + text[end:]
    return text


def edits_in(action: types.CodeAction, place: Path) -> list[types.TextEdit]:
    """The edits that an action makes to a file."""
    assert action.edit is not None
    if action.edit.changes is not None:
        return list(action.edit.changes[place.as_uri()])
    [change] = action.edit.document_changes or []
    assert isinstance(change, types.TextDocumentEdit)
    assert change.text_document.uri == place.as_uri()
    return [each for each in change.edits if isinstance(each, types.TextEdit)]


def _offset(lines: list[str], position: types.Position, encoding: str) -> int:
    before = sum(len(line) for line in lines[: position.line])
    if position.line >= len(lines):
        return before
    codec = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}[encoding]
    width = {"utf-8": 1, "utf-16": 2, "utf-32": 4}[encoding]
    line = lines[position.line].encode(codec, "surrogatepass")[: position.character * width]
    return before + len(line.decode(codec, "surrogatepass"))
