"""Comments that accept findings: which they speak of, and what is said of those that are of no use."""

from __future__ import annotations

from pathlib import Path

import pytest

from halfopen.audit.engine import Auditor
from halfopen.audit.settings import Settings
from halfopen.edits.changes import apply

TSX = """\
import { useEffect } from "react";

export function Live({ url }: { url: string }) {
  useEffect(() => {
    const ws = new WebSocket(url);
    ws.onmessage = (event) => console.log(event.data);
  }, [url]);
  return null;
}
"""
LINE = "    const ws = new WebSocket(url);\n"

PYTHON = """\
from fastapi import FastAPI, WebSocket

app = FastAPI()
clients: dict[str, WebSocket] = {}


@app.websocket("/ws/{name}")
async def live(websocket: WebSocket, name: str):
    await websocket.accept()
    clients[name] = websocket
    while True:
        await websocket.receive_text()


@app.post("/say/{name}")
async def say(name: str, text: str):
    await clients[name].send_text(text)
"""

NGINX = """\
http {
    server {
        location /ws {
            proxy_pass http://127.0.0.1:8000;
        }
    }
}
"""


def audited(root: Path, files: dict[str, str], settings: Settings | None = None) -> Auditor:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    auditor = Auditor(root, settings or Settings(select=("WS1B",)))
    auditor.refresh()
    return auditor


def said(auditor: Auditor) -> list[tuple[str, int, str]]:
    return [(each.code, each.line, each.message) for each in auditor.suppression_faults()]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (TSX.replace(LINE, f"    // halfopen: ignore[WS1B] one for each tab\n{LINE}"), "one for each tab"),
        (TSX.replace(LINE, LINE.rstrip() + " // halfopen: ignore[WS1B]\n"), ""),
        (TSX.replace(LINE, LINE.rstrip() + " /* halfopen: ignore[WS1B]: why */\n"), "why"),
        (
            TSX.replace(LINE, f"    // halfopen: ignore[unclosed-connection] why\n    // and more\n\n{LINE}"),
            "why",
        ),
        (TSX.replace(LINE, f"    // halfopen: ignore[WS7, WS1] why\n{LINE}"), "why"),
        (TSX.replace(LINE, f"    /*\n     * halfopen: ignore[WS1B] why\n     */\n{LINE}"), "why"),
        (f"// halfopen: ignore-file[WS1B] old page\n{TSX}", "old page"),
        (TSX + "// halfopen: ignore-file[ws1b] -- old page\n", "old page"),
    ],
    ids=["above", "behind", "block", "slug-and-comment-between", "chapters", "lines", "file", "file-at-end"],
)
def test_a_comment_accepts_a_finding(tmp_path: Path, source: str, reason: str) -> None:
    auditor = audited(tmp_path, {"Live.tsx": source})
    [finding] = auditor.findings()
    assert finding.suppression is not None
    assert (finding.suppression.kind, finding.suppression.reason) == ("comment", reason)
    assert [fault for fault in said(auditor) if "WS7" not in fault[2]] == []


@pytest.mark.parametrize(
    "source",
    [
        TSX.replace(LINE, f'    const text = "halfopen: ignore[WS1B]";\n{LINE}'),
        TSX.replace(LINE, f"    const text = `\n// halfopen: ignore[WS1B]\n`;\n{LINE}"),
        TSX.replace(LINE, f"    // halfopen: ignore[WS1B]\n    log();\n{LINE}"),
        TSX.replace(LINE, f"    // halfopen: ignore[WS2B]\n{LINE}"),
        TSX.replace(LINE, f"{LINE}    // halfopen: ignore[WS1B]\n"),
        TSX.replace(LINE, f"    // halfopen: ignore\n{LINE}"),
    ],
    ids=["text", "template", "line-between", "other-rule", "below", "no-rule"],
)
def test_no_other_text_accepts_it(tmp_path: Path, source: str) -> None:
    [finding] = audited(tmp_path, {"Live.tsx": source}).findings()
    assert not finding.suppressed


def test_python_and_decorators(tmp_path: Path) -> None:
    settings = Settings(select=("WS1C",))
    above = PYTHON.replace("@app.websocket", "# halfopen: ignore[WS1C] behind the VPN\n@app.websocket")
    [finding] = audited(tmp_path, {"main.py": above}, settings).findings()
    assert finding.suppressed
    text = '"""\n# halfopen: ignore-file[WS1C]\n"""\n'
    [finding] = audited(tmp_path, {"main.py": text + PYTHON}, settings).findings()
    assert not finding.suppressed


def test_a_finding_in_a_deployment_file_is_accepted_there(tmp_path: Path) -> None:
    settings = Settings(select=("WS8A",))
    auditor = audited(tmp_path, {"main.py": PYTHON, "nginx.conf": NGINX}, settings)
    [finding] = auditor.findings("nginx.conf")
    assert not finding.suppressed
    [change] = auditor.suppressing(finding)
    accepted = apply(NGINX.encode(), (change,)).decode()
    assert "        # halfopen: ignore[WS8A]\n" in accepted
    [finding] = audited(tmp_path, {"nginx.conf": accepted}, settings).findings("nginx.conf")
    assert finding.suppressed
    unused = NGINX.replace("http {", "http {  # halfopen: ignore[WS8A]")
    assert [code for code, _, _ in said(audited(tmp_path, {"nginx.conf": unused}, settings))] == [
        "unused-suppression"
    ]


@pytest.mark.parametrize(
    ("comment", "code", "words"),
    [
        ("// halfopen: ignore[WS1B] gone", "unused-suppression", "nothing is reported as WS1B here"),
        ("// halfopen: ignore-file[WS1B]", "unused-suppression", "nothing is reported as WS1B in this file"),
        ("// halfopen: ignore[WS9Z] why", "invalid-suppression", 'no rule "WS9Z"'),
        (
            "// halfopen: ignore[unclosed-conection]",
            "invalid-suppression",
            'did you mean "unclosed-connection"?',
        ),
        (
            "// halfopen: ignore",
            "invalid-suppression",
            "name the rules that are accepted: halfopen: ignore[WS1B]",
        ),
        ("// halfopen: ignore[]", "invalid-suppression", "name the rules"),
    ],
)
def test_a_comment_of_no_use_is_told(tmp_path: Path, comment: str, code: str, words: str) -> None:
    clean = f"{comment}\nexport const answer = 42;\n"
    [(found, line, message)] = said(audited(tmp_path, {"clean.ts": clean}))
    assert (found, line) == (code, 1)
    assert words in message


def test_a_rule_that_is_not_looked_for_is_no_reason_to_call_a_comment_unused(tmp_path: Path) -> None:
    source = TSX.replace(LINE, f"    // halfopen: ignore[WS2B] why\n{LINE}")
    assert said(audited(tmp_path, {"Live.tsx": source})) == []
    assert said(audited(tmp_path, {"Live.tsx": source}, Settings(select=("WS1B", "WS2B")))) != []
    broken = f"{source}\nfunction ( {{\n"
    assert said(audited(tmp_path, {"Live.tsx": broken}, Settings(select=("WS1B", "WS2B")))) == []


def test_a_reason_may_be_required(tmp_path: Path) -> None:
    settings = Settings(select=("WS1B",), require_reasons=True)
    bare = TSX.replace(LINE, f"    // halfopen: ignore[WS1B]\n{LINE}")
    auditor = audited(tmp_path, {"Live.tsx": bare}, settings)
    [finding] = auditor.findings()
    assert not finding.suppressed
    assert [code for code, _, _ in said(auditor)] == ["invalid-suppression"]
    explained = bare.replace("[WS1B]", "[WS1B] one for each tab")
    auditor = audited(tmp_path, {"Live.tsx": explained}, settings)
    assert [each.suppressed for each in auditor.findings()] == [True]
    assert said(auditor) == []


def test_what_is_unused_can_be_taken_away(tmp_path: Path) -> None:
    cases = {
        "// halfopen: ignore[WS1B] why\nexport const a = 1;\n": "export const a = 1;\n",
        "export const a = 1; // halfopen: ignore[WS1B]\n": "export const a = 1;\n",
    }
    for before, after in cases.items():
        [fault] = audited(tmp_path, {"a.ts": before}).suppression_faults()
        assert fault.removal is not None
        start, end, text = fault.removal
        assert before[:start] + text + before[end:] == after
    (tmp_path / "a.ts").unlink()
    both = TSX.replace(LINE, f"    // halfopen: ignore[WS1B, WS3D] why\n{LINE}")
    auditor = audited(tmp_path, {"Live.tsx": both}, Settings(select=("WS1B", "WS3D")))
    [fault] = auditor.suppression_faults()
    assert fault.removal is not None
    start, end, text = fault.removal
    assert "ignore[WS1B] why" in both[:start] + text + both[end:]


SHAPES = {
    "line": TSX,
    "crlf": TSX.replace("\n", "\r\n"),
    "jsx": """\
export function Live({ url }: { url: string }) {
  return (
    <div>
      <button onClick={() => {}}>a</button>
      <p>{String(new WebSocket(url).readyState)}</p>
    </div>
  );
}
""",
    "template": """\
export function live(url: string) {
  return `
    ${new WebSocket(url).readyState}
  `;
}
""",
    "python": PYTHON,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_comment_that_an_editor_offers_accepts_the_finding(tmp_path: Path, shape: str) -> None:
    name, settings = ("main.py" if shape == "python" else "Live.tsx"), Settings()
    source = SHAPES[shape]
    auditor = audited(tmp_path, {name: source}, settings)
    finding = auditor.findings(name)[0]
    changes = auditor.suppressing(finding)
    assert len(changes) == 1
    accepted = apply(source.encode(), changes).decode()
    if shape == "crlf":
        assert "\n" not in accepted.replace("\r\n", "")
    again = audited(tmp_path, {name: accepted}, settings)
    same = [each for each in again.findings(name) if each.finding.code == finding.finding.code]
    assert len(same) == 1
    assert same[0].suppressed
    assert said(again) == []
    other = next(each for each in again.findings(name) if not each.suppressed)
    if other.start == same[0].start:
        [extended] = again.suppressing(other)
        assert extended.text == f", {other.finding.code}"


def test_an_edit_of_a_comment_alone_is_told_to_surfaces(tmp_path: Path) -> None:
    auditor = audited(tmp_path, {"Live.tsx": TSX})
    path = tmp_path / "Live.tsx"
    for source, suppressed in (
        (TSX.replace(LINE, f"    // halfopen: ignore[WS1B]\n{LINE}"), True),
        (TSX.replace(LINE, f"    // halfopen: ignore[WS9]\n{LINE}"), False),
        (TSX.replace(LINE, f"    // halfopen: ignore[WS8]\n{LINE}"), False),
        (TSX, False),
    ):
        path.write_text(source, encoding="utf-8")
        auditor.touched(["Live.tsx"])
        assert auditor.refresh() == {"Live.tsx"}
        assert [each.suppressed for each in auditor.findings()] == [suppressed]
        fresh = audited(tmp_path, {})
        assert auditor.findings() == fresh.findings() or [
            (each.start, each.suppression) for each in auditor.findings()
        ] == [(each.start, each.suppression) for each in fresh.findings()]
        assert auditor.suppression_faults() == fresh.suppression_faults()
