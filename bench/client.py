"""A language client over standard input and output that measures: the same code drives every server."""

import json
import os
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

Message = dict[str, Any]


class ServerError(RuntimeError):
    """The server closed its output, or answered a request with an error."""


class Client:
    """One server process. Blocking, one thread that reads; not safe for several callers."""

    def __init__(self, command: Sequence[str], root: Path, patience_s: float = 120.0) -> None:
        self.root = root
        self._name = " ".join(Path(word).name for word in command)
        self._patience_s = patience_s
        self._next_id = 0
        self._inbox: deque[Message] = deque()
        self._arrived = threading.Condition()
        self._closed = False
        self._open_progress: set[str | int] = set()
        self._process = subprocess.Popen(
            command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def initialize(self) -> Message:
        """Capabilities of a usual editor: incremental sync, UTF-16 or UTF-8, pushed diagnostics, progress."""
        answer = self.request(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": self.root.as_uri(),
                "workspaceFolders": [{"uri": self.root.as_uri(), "name": self.root.name}],
                "capabilities": {
                    "general": {"positionEncodings": ["utf-8", "utf-16"]},
                    "window": {"workDoneProgress": True},
                    "workspace": {
                        "workspaceFolders": True,
                        "didChangeWatchedFiles": {"dynamicRegistration": True},
                    },
                    "textDocument": {
                        "synchronization": {"didSave": True},
                        "publishDiagnostics": {"relatedInformation": True, "versionSupport": True},
                    },
                },
            },
        )
        self.notify("initialized", {})
        return answer

    def request(self, method: str, params: object) -> Message:
        self._next_id += 1
        wanted = self._next_id
        self._send({"jsonrpc": "2.0", "id": wanted, "method": method, "params": params})
        answer = self.wait(lambda message: message.get("id") == wanted and "method" not in message)
        if "error" in answer:
            raise ServerError(f"{method}: {answer['error']}")
        return answer["result"]

    def notify(self, method: str, params: object) -> None:
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def wait(self, wanted: Callable[[Message], bool]) -> Message:
        """The first message not yet read for which `wanted` holds; those before it are dropped."""
        deadline = time.monotonic() + self._patience_s
        while True:
            message = self._take(deadline)
            if wanted(message):
                return message

    def drain(self, quiet_s: float) -> None:
        """Reads until no progress is open and nothing has arrived for `quiet_s` seconds."""
        deadline = time.monotonic() + self._patience_s
        while True:
            try:
                self._take(min(deadline, time.monotonic() + quiet_s))
            except TimeoutError:
                if not self._open_progress or time.monotonic() >= deadline:
                    return

    def close(self) -> None:
        try:
            self.request("shutdown", None)
            self.notify("exit", None)
            self._process.wait(timeout=10)
        except (ServerError, TimeoutError, OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()

    def _take(self, deadline: float) -> Message:
        with self._arrived:
            while not self._inbox:
                if self._closed:
                    raise ServerError(f"{self._name}: the server closed its output")
                if not self._arrived.wait(deadline - time.monotonic()):
                    raise TimeoutError(f"{self._name}: nothing arrived in time")
            message = self._inbox.popleft()
        self._answer(message)
        return message

    def _answer(self, message: Message) -> None:
        """Follows progress, and answers the server's own requests as an editor would."""
        method = message.get("method")
        if method == "$/progress":
            params = message["params"]
            kind = params["value"].get("kind") if isinstance(params["value"], dict) else None
            if kind == "begin":
                self._open_progress.add(params["token"])
            elif kind == "end":
                self._open_progress.discard(params["token"])
        elif method is not None and "id" in message:
            items = message.get("params", {}).get("items", [])
            result = [None] * len(items) if method == "workspace/configuration" else None
            self._send({"jsonrpc": "2.0", "id": message["id"], "result": result})

    def _send(self, message: Mapping[str, object]) -> None:
        body = json.dumps(message).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._process.stdin.flush()

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while True:
            length = 0
            while (line := stream.readline()) not in (b"\r\n", b""):
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            message = json.loads(stream.read(length)) if line else None
            with self._arrived:
                if message is None:
                    self._closed = True
                else:
                    self._inbox.append(message)
                self._arrived.notify()
            if message is None:
                return


class Document:
    """An open file of one server. Each edit inserts a line into a function, or takes it out again, and saves."""

    def __init__(
        self, client: Client, path: Path, language: str, inserted_line: int, inserted_text: str
    ) -> None:
        self._client = client
        self._uri = path.as_uri()
        self._version = 1
        self._line = inserted_line
        self._text = inserted_text
        self._inserted = False
        client.notify(
            "textDocument/didOpen",
            {
                "textDocument": {
                    "uri": self._uri,
                    "languageId": language,
                    "version": 1,
                    "text": path.read_text(encoding="utf-8"),
                }
            },
        )
        client.wait(self._is_mine)

    def edit_and_save(self) -> float:
        """Milliseconds from the edit and the save, sent together, to the diagnostics of that version.

        Both are counted because servers differ in what they do on which of the two."""
        self._version += 1
        start = {"line": self._line, "character": 0}
        end = {"line": self._line + 1, "character": 0} if self._inserted else start
        text = "" if self._inserted else self._text
        self._inserted = not self._inserted
        started = time.perf_counter()
        self._client.notify(
            "textDocument/didChange",
            {
                "textDocument": {"uri": self._uri, "version": self._version},
                "contentChanges": [{"range": {"start": start, "end": end}, "text": text}],
            },
        )
        self._client.notify("textDocument/didSave", {"textDocument": {"uri": self._uri}})
        self._client.wait(self._is_mine)
        return (time.perf_counter() - started) * 1000

    def _is_mine(self, message: Message) -> bool:
        if message.get("method") != "textDocument/publishDiagnostics":
            return False
        params = message["params"]
        return params["uri"] == self._uri and params.get("version") in (None, self._version)
