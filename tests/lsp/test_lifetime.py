"""The server ends with its client, however the client ends."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from .conftest import StartEditor
from .editor import COMMAND, Editor, patiently
from .samples import LEAKY_TSX, write
from .wire import Wire


async def initialized(workspace: Path, process_id: int | None = None) -> Wire:
    wire = await Wire.open()
    await wire.request(
        "initialize", {"processId": process_id, "rootUri": workspace.as_uri(), "capabilities": {}}
    )
    await wire.notify("initialized", {})
    return wire


async def sleeper() -> asyncio.subprocess.Process:
    """A process that lives until it is killed; it stands for an editor."""
    program = "import sys; sys.stdin.read()"
    return await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdin=asyncio.subprocess.PIPE)


async def test_shutdown_and_exit(start_editor: StartEditor, workspace: Path) -> None:
    editor: Editor = await start_editor(workspace)
    await editor.settled()
    await patiently(editor.client.shutdown_async(None))
    editor.client.exit(None)
    assert await editor.ended() == 0


async def test_exit_alone_is_a_failure(workspace: Path) -> None:
    wire = await initialized(workspace)
    await wire.notify("exit", None)
    assert await patiently(wire.process.wait()) == 1


async def test_exit_before_initialize() -> None:
    wire = await Wire.open()
    await wire.notify("exit", None)
    assert await patiently(wire.process.wait()) == 1


@pytest.mark.parametrize("audited", [True, False], ids=["idle", "in the first audit"])
async def test_the_end_of_standard_input_is_the_end(workspace: Path, audited: bool) -> None:
    for number in range(1 if audited else 300):
        write(workspace / f"Status{number}.tsx", LEAKY_TSX.replace("ProcessingStatus", f"Status{number}"))
    wire = await initialized(workspace)
    if audited:
        await wire.request("halfopen/status", {"settled": True})
    assert wire.process.stdin is not None
    wire.process.stdin.close()
    assert await patiently(wire.process.wait()) == 1


async def test_shutdown_does_not_wait_for_the_audit(workspace: Path) -> None:
    for number in range(300):
        write(workspace / f"Status{number}.tsx", LEAKY_TSX.replace("ProcessingStatus", f"Status{number}"))
    wire = await initialized(workspace)
    await wire.request("shutdown", None)
    await wire.notify("exit", None)
    assert await patiently(wire.process.wait()) == 0


async def test_a_client_that_does_not_read_any_more_is_gone(workspace: Path) -> None:
    read, write = os.pipe()
    process = await asyncio.create_subprocess_exec(*COMMAND, stdin=asyncio.subprocess.PIPE, stdout=write)
    os.close(write)
    os.close(read)
    wire = Wire(process)
    await wire.notify(
        "initialize", {"processId": None, "rootUri": workspace.as_uri(), "capabilities": {}}, id=1
    )
    # Standard input stays open: only the answer that nobody takes tells the server.
    assert await patiently(process.wait()) == 1


async def test_the_end_of_the_clients_process_is_the_end(workspace: Path) -> None:
    client = await sleeper()
    wire = await initialized(workspace, client.pid)
    await wire.request("halfopen/status", {"settled": True})
    client.kill()
    # Standard input stays open: this process holds its other end.
    assert await patiently(wire.process.wait()) == 1
    await client.wait()


async def test_a_client_in_another_container_is_believed(workspace: Path) -> None:
    client = await sleeper()
    client.kill()
    await client.wait()
    wire = await initialized(workspace, client.pid)
    status = await wire.request("halfopen/status", {"settled": True})
    assert status["result"]["state"] == "idle"
    wire.process.kill()
    await wire.process.wait()


async def test_no_orphan_when_the_parent_is_killed(workspace: Path) -> None:
    """The parent starts the server, tells its process id, and is killed without a word."""
    program = (
        "import subprocess, sys, time\n"
        f"server = subprocess.Popen({list(COMMAND)!r}, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)\n"
        "print(server.pid, flush=True)\n"
        "server.wait()"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.DEVNULL
    )
    assert parent.stdout is not None
    server = int(await patiently(parent.stdout.readline()))
    ended = asyncio.Event()
    descriptor = os.pidfd_open(server)
    asyncio.get_running_loop().add_reader(descriptor, ended.set)
    os.kill(parent.pid, signal.SIGKILL)
    await patiently(ended.wait())
    asyncio.get_running_loop().remove_reader(descriptor)
    os.close(descriptor)
    await parent.wait()


if not hasattr(os, "pidfd_open"):
    del test_no_orphan_when_the_parent_is_killed
