"""A real Neovim without a screen, driven over msgpack-RPC.

Everything waits for what the editor reports (an attached client, changed diagnostics, a changed buffer) through
`vim.wait`, which lets Neovim go on with its events and gives up after `PATIENCE_MS`.
"""

import contextlib
import os
import select
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pynvim
import pytest

REPOSITORY = Path(__file__).parents[2]
PATIENCE_MS = 20_000

WATCH_EVENTS = """
    local seen = { attached = {}, diagnostics = 0 }
    _G.seen = seen
    vim.api.nvim_create_autocmd('LspAttach', { callback = function(event)
      seen.attached[event.buf] = vim.lsp.get_client_by_id(event.data.client_id).name
    end })
    vim.api.nvim_create_autocmd('DiagnosticChanged', { callback = function()
      seen.diagnostics = seen.diagnostics + 1
    end })
    vim.lsp.config('halfopen', { on_exit = function() seen.ended = true end })
    vim.lsp.enable('halfopen')
    -- A server that has ended sends nothing more, so there is nothing to wait for.
    function _G.wait_for(condition, patience)
      vim.wait(patience, function() return seen.ended or condition() end, 10)
      return condition()
    end
"""

WAIT_FOR_CLIENT = """
    local buffer, patience = vim.api.nvim_get_current_buf(), ...
    wait_for(function() return seen.attached[buffer] ~= nil end, patience)
    return seen.attached[buffer]
"""

# `present` says whether diagnostics of the code are waited for, or their absence.
WAIT_FOR_DIAGNOSTICS = """
    local code, present, patience = ...
    local found
    local function settled()
      found = vim.tbl_filter(function(d) return d.code == code end, vim.diagnostic.get(0))
      return (#found > 0) == present
    end
    local in_time = wait_for(settled, patience)
    return { in_time, found, seen.diagnostics }
"""

HOVER = """
    local patience = ...
    local client = vim.lsp.get_clients({ bufnr = 0, name = 'halfopen' })[1]
    local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
    local answers, problem = vim.lsp.buf_request_sync(0, 'textDocument/hover', params, patience)
    if not answers then error(problem) end
    local answer = answers[client.id]
    if answer.err then error(vim.inspect(answer.err)) end
    return table.concat(vim.lsp.util.convert_input_to_markdown_lines(answer.result.contents), '\\n')
"""

APPLY_FIX = """
    local title, patience = ...
    local before = vim.api.nvim_buf_get_changedtick(0)
    vim.lsp.buf.code_action({
      apply = true,
      context = { only = { 'quickfix' } },
      filter = function(action) return action.title == title end,
    })
    return wait_for(function() return vim.api.nvim_buf_get_changedtick(0) ~= before end, patience)
"""

FIX_TITLES = """
    local patience = ...
    local client = vim.lsp.get_clients({ bufnr = 0, name = 'halfopen' })[1]
    local params = vim.lsp.util.make_range_params(0, client.offset_encoding)
    local line = vim.api.nvim_win_get_cursor(0)[1] - 1
    params.context = { only = { 'quickfix' }, diagnostics = vim.tbl_map(
      function(d) return d.user_data.lsp end, vim.diagnostic.get(0, { lnum = line })) }
    local answers, problem = vim.lsp.buf_request_sync(0, 'textDocument/codeAction', params, patience)
    if not answers then error(problem) end
    return vim.tbl_map(function(action) return action.title end, answers[client.id].result or {})
"""


JUMP = """
    local patience = ...
    local before = vim.api.nvim_get_current_buf()
    vim.lsp.buf.definition()
    wait_for(function() return vim.api.nvim_get_current_buf() ~= before end, patience)
    local line = vim.api.nvim_get_current_line()
    return { vim.fs.basename(vim.api.nvim_buf_get_name(0)), line }
"""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """As Neovim holds it: zero-based line, column in bytes."""

    line: int
    column: int
    code: str
    source: str
    message: str


class Editor:
    """One Neovim process with halfopen enabled, and the buffer that it shows."""

    def __init__(self, nvim: pynvim.Nvim) -> None:
        self._nvim = nvim
        self.pid: int = nvim.funcs.getpid()
        self._lua(WATCH_EVENTS)

    def open(self, path: Path) -> None:
        """Shows a file, and waits until halfopen is attached to it."""
        self._nvim.command(f"edit {self._nvim.funcs.fnameescape(str(path))}")
        assert self._lua(WAIT_FOR_CLIENT, PATIENCE_MS) == "halfopen", f"halfopen did not attach\n{self.log()}"

    def diagnostics(self, code: str) -> list[Diagnostic]:
        """Waits until there is at least one diagnostic with the code, and returns all that have it."""
        return self._wait_for_diagnostics(code, present=True)

    def wait_until_gone(self, code: str) -> None:
        self._wait_for_diagnostics(code, present=False)

    def go_to(self, diagnostic: Diagnostic) -> None:
        self._nvim.current.window.cursor = (diagnostic.line + 1, diagnostic.column)

    def jump(self, text: str) -> tuple[str, str]:
        """Goes to the definition of what stands at a text, and gives the file and the line it came to."""
        self._nvim.funcs.search(text, "cw")
        name, line = self._lua(JUMP, PATIENCE_MS)
        return name, line

    def hover(self) -> str:
        """The Markdown text at the cursor."""
        return self._lua(HOVER, PATIENCE_MS)

    def fix_titles(self) -> list[str]:
        """The quick fixes that are offered for the diagnostics of the cursor's line."""
        return self._lua(FIX_TITLES, PATIENCE_MS)

    def apply_fix(self, title: str) -> None:
        """Applies one quick fix as a user does, and waits until it has changed the buffer."""
        assert self._lua(APPLY_FIX, title, PATIENCE_MS), f"'{title}' changed nothing\n{self.messages()}"

    def text(self) -> str:
        return "\n".join(self._nvim.current.buffer[:]) + "\n"

    def replace(self, old: str, new: str) -> None:
        """Types over the one place where `old` stands, as an edit of the user."""
        before = self.text()
        assert before.count(old) == 1
        self._nvim.current.buffer[:] = before.replace(old, new).removesuffix("\n").split("\n")

    def save(self) -> None:
        self._nvim.command("write")

    def messages(self) -> str:
        return self._nvim.command_output("messages")

    def log(self) -> str:
        """The last lines of Neovim's log of language clients."""
        path = Path(self._lua("return vim.lsp.log.get_filename()"))
        return path.read_text(encoding="utf-8")[-4000:] if path.exists() else "(no log)"

    def children(self) -> list[int]:
        """Process ids of the servers that this Neovim has started."""
        return self._nvim.api.get_proc_children(self.pid)

    def _wait_for_diagnostics(self, code: str, *, present: bool) -> list[Diagnostic]:
        in_time, found, changes = self._lua(WAIT_FOR_DIAGNOSTICS, code, present, PATIENCE_MS)
        wanted = "a diagnostic" if present else "no diagnostic"
        assert in_time, (
            f"{wanted} {code} expected; there are {len(found)} after {changes} changes\n{self.text()}\n{self.log()}"
        )
        return [
            Diagnostic(item["lnum"], item["col"], item["code"], item["source"], item["message"])
            for item in found
        ]

    def _lua(self, code: str, *args: object) -> Any:
        return self._nvim.exec_lua(code, *args)


def start(home: Path, environment: pytest.MonkeyPatch) -> pynvim.Nvim:
    """Starts Neovim with nothing of the user's, and this repository's client configuration."""
    for name in ("NVIM", "VIM", "VIMRUNTIME", "VIMINIT", "MYVIMRC", "NVIM_APPNAME"):
        environment.delenv(name, raising=False)
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"):
        folder = home / name.lower()
        folder.mkdir(mode=0o700)
        environment.setenv(name, str(folder))
    environment.setenv("HOME", str(home))
    environment.setenv("NVIM_LOG_FILE", str(home / "nvim.log"))
    # Both `nvim` and `halfopen` are those of the environment that runs the tests.
    environment.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    client = REPOSITORY / "clients" / "neovim"
    return pynvim.attach(
        "child",
        argv=["nvim", "--embed", "--headless", "--clean", "-n", "--cmd", f"set runtimepath^={client}"],
    )


def stop(nvim: pynvim.Nvim) -> None:
    """Quits as a user does; the connection breaking is the answer."""
    with contextlib.suppress(OSError, EOFError):
        nvim.command("qall!")
    nvim.close()


def wait_for_end(pid: int) -> bool:
    """Whether a process that may be another one's child ends in time."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], PATIENCE_MS / 1000)[0])
    finally:
        os.close(handle)
