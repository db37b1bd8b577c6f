"""The protocol byte by byte, for what a well-behaved client library refuses to send."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any, Self

from .editor import COMMAND, patiently


class Wire:
    """One server process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self._next = 0

    @classmethod
    async def open(cls, command: Sequence[str] = COMMAND) -> Self:
        pipe = asyncio.subprocess.PIPE
        return cls(await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe))

    async def send(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        await self.process.stdin.drain()

    async def notify(self, method: str, params: object, **more: object) -> None:
        body = json.dumps({"jsonrpc": "2.0", "method": method, "params": params, **more}).encode()
        await self.send(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    async def request(self, method: str, params: object) -> dict[str, Any]:
        self._next += 1
        await self.notify(method, params, id=self._next)
        while True:
            message = await patiently(self.read())
            if message.get("id") == self._next and "method" not in message:
                return message

    async def read(self) -> dict[str, Any]:
        """The next message. Whatever else stood on standard output would end up here and fail."""
        stream = self.process.stdout
        assert stream is not None
        header = await stream.readuntil(b"\r\n\r\n")
        length = next(
            int(line.removeprefix(b"Content-Length: "))
            for line in header.split(b"\r\n")
            if line.startswith(b"Content-Length: ")
        )
        return json.loads(await stream.readexactly(length))
