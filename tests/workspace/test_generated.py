"""Bundles are left out with a note; long code that people write is not."""

from __future__ import annotations

from pathlib import Path

from halfopen.audit.engine import Auditor
from halfopen.audit.settings import Settings

LEAK = "export function open() { const ws = new WebSocket('wss://example.com'); return ws; }\n"


def audited(folder: Path) -> Auditor:
    auditor = Auditor(folder, Settings())
    auditor.refresh()
    return auditor


def test_a_bundle_is_left_out_and_named(tmp_path: Path) -> None:
    (tmp_path / "index-D3x.js").write_text("var a=1;" * 5000 + LEAK)
    auditor = audited(tmp_path)
    assert [(each.path, each.kind) for each in auditor.problems()] == [("index-D3x.js", "generated")]
    assert auditor.connections() == ()


def test_a_long_file_of_short_lines_is_read(tmp_path: Path) -> None:
    (tmp_path / "socket.ts").write_text("const value = 1;\n" * 5000 + LEAK)
    auditor = audited(tmp_path)
    assert auditor.problems() == ()
    assert len(auditor.connections()) == 1
