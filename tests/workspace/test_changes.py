"""What a change on disk or in an editor makes the workspace look at again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from halfopen.audit import engine
from halfopen.audit.engine import Auditor
from halfopen.audit.finding import Finding
from halfopen.audit.rule import registered_rules
from halfopen.audit.settings import Settings
from halfopen.audit.targets import Targets
from halfopen.connections import assembly
from halfopen.connections.client_site import ClientSite
from halfopen.connections.delivery.facts import Delivery
from halfopen.connections.dossier import Dossier
from halfopen.semantics.program import Global
from halfopen.source import Document, Language, SourceText
from halfopen.workspace.discovery import Scope
from halfopen.workspace.workspace import Workspace


class Folder:
    """A root on disk with a workspace that is told of what is written."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.workspace = Workspace(root, Scope())

    def write(self, **files: str) -> None:
        for name, text in files.items():
            path = self.path(name)
            file = self.root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
            self.workspace.touched([path])
        self.workspace.scan()
        self.workspace.update()

    def delete(self, name: str) -> None:
        (self.root / self.path(name)).unlink()
        self.workspace.touched([self.path(name)])
        self.workspace.update()

    def path(self, name: str) -> str:
        """`app__core_py` for "app/core.py": paths as keyword arguments."""
        stem, _, ending = name.rpartition("_")
        return f"{stem.replace('__', '/').replace('INIT', '__init__')}.{ending}"

    def imported(self, path: str, specifier: str) -> str | None:
        return self.workspace.program.resolve_import(path, specifier)

    def reads(self, path: str, name: str) -> list[str]:
        found = self.workspace.queries.get(
            ("reads", path, name), lambda: self.workspace.program.reads(Global(path, name))
        )
        return sorted(f"{each.path}: {each.text}" for each in found)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_an_alias_that_is_set_anew_leads_elsewhere(folder: Folder) -> None:
    folder.write(
        src__a_ts="import { x } from '@/x';\n",
        src__x_ts="export const x = 1;\n",
        lib__x_ts="export const x = 2;\n",
    )
    assert folder.imported("src/a.ts", "@/x") == "src/x.ts"
    folder.write(tsconfig_json='{"compilerOptions": {"paths": {"@/*": ["./lib/*"]}}}')
    assert folder.imported("src/a.ts", "@/x") == "lib/x.ts"
    folder.delete("tsconfig_json")
    assert folder.imported("src/a.ts", "@/x") == "src/x.ts"


def test_a_folder_that_becomes_a_package_moves_where_imports_start(folder: Folder) -> None:
    folder.write(app__main_py="import core\n", app__core_py="x = 1\n", core_py="x = 2\n")
    assert folder.imported("app/main.py", "core") == "app/core.py"
    folder.write(app__INIT_py="")
    assert folder.imported("app/main.py", "core") == "core.py"


def test_a_file_that_appears_is_imported_and_one_that_goes_is_not(folder: Folder) -> None:
    folder.write(a_ts="import { x } from './x';\n")
    assert folder.imported("a.ts", "./x") is None
    folder.write(x_ts="export const x = 1;\n")
    assert folder.imported("a.ts", "./x") == "x.ts"
    folder.delete("x_ts")
    assert folder.imported("a.ts", "./x") is None


def test_a_new_read_under_another_name_is_seen(folder: Folder) -> None:
    folder.write(a_py="def f(): ...\n", b_py="from a import f as g\ng()\n")
    assert folder.reads("a.py", "f") == ["b.py: g"]
    folder.write(b_py="from a import f as g\ng()\nprint(g)\n")
    assert folder.reads("a.py", "f") == ["b.py: g", "b.py: g"]


def test_a_name_that_is_exported_under_another_is_seen(folder: Folder) -> None:
    folder.write(a_ts="export function f() {}\n", b_ts="import { g } from './a';\ng();\n")
    assert folder.reads("a.ts", "f") == []
    folder.write(a_ts="export function f() {}\nexport { f as g };\n")
    assert "b.ts: g" in folder.reads("a.ts", "f")


def test_what_git_ignores_is_no_longer_read(folder: Folder) -> None:
    folder.write(a_py="x = 1\n", generated__b_py="y = 1\n")
    assert folder.workspace.files() == ("a.py", "generated/b.py")
    (folder.root / ".gitignore").write_text("generated/\n")
    folder.workspace.touched([".gitignore"])
    folder.workspace.update()
    assert folder.workspace.files() == ("a.py",)
    (folder.root / ".gitignore").write_text("")
    folder.workspace.touched([".gitignore"])
    folder.workspace.update()
    assert folder.workspace.files() == ("a.py", "generated/b.py")


def test_a_syntax_error_is_told_of_until_it_is_mended(folder: Folder) -> None:
    folder.write(a_py="x = (\n")
    folder.workspace.program.module("a.py")
    assert [each.kind for each in folder.workspace.problems()] == ["syntax"]
    folder.workspace.touched(["a.py"])
    folder.workspace.update()
    assert [each.kind for each in folder.workspace.problems()] == ["syntax"]
    folder.write(a_py="x = ()\n")
    assert folder.workspace.problems() == []


def test_an_open_document_counts_and_the_disk_again_once_it_is_closed(folder: Folder) -> None:
    folder.write(a_py="x = 1\n")
    document = Document(SourceText.from_str("y = 1\n"), Language.PYTHON)
    folder.workspace.open("a.py", document)
    folder.workspace.update()
    text = folder.workspace.text("a.py")
    assert text is not None
    assert text.string == "y = 1\n"
    folder.workspace.close("a.py")
    folder.workspace.update()
    text = folder.workspace.text("a.py")
    assert text is not None
    assert text.string == "x = 1\n"


def test_code_that_only_moved_keeps_its_units(folder: Folder) -> None:
    folder.write(a_py="def f(): ...\n\ndef g(): ...\n")
    module = folder.workspace.program.module("a.py")
    assert module is not None
    folder.write(a_py="import os\n\ndef g(): ...\n\n\ndef f(): ...\n")
    after = folder.workspace.program.module("a.py")
    assert after is not None
    assert set(module.units) < set(after.units)


def put(root: Path, name: str, text: str) -> None:
    (root / name).write_text(text, "utf-8")


CLIENT = "export const socket = new WebSocket('ws://h.example/ws');\n"


def test_a_failure_comes_and_goes_with_the_answer_that_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    extract = assembly.delivery_of_client

    def failing(site: ClientSite) -> Delivery:
        found = extract(site)
        if any(send.sent.unit.text.count(b"broken") for send in found.sends):
            raise ValueError("broken")
        return found

    monkeypatch.setattr(assembly, "delivery_of_client", failing)
    put(tmp_path, "client.ts", CLIENT)
    put(
        tmp_path,
        "other.ts",
        "import { socket } from './client';\nexport const go = () => socket.send('x');\n",
    )
    auditor = Auditor(tmp_path, Settings())
    auditor.refresh()
    told: list[int] = []
    for text in ("'broken'", "'x'", "'broken'"):
        put(
            tmp_path,
            "other.ts",
            f"import {{ socket }} from './client';\nexport const go = () => socket.send({text});\n",
        )
        auditor.touched(["other.ts"])
        auditor.refresh()
        told.append(sum("the delivery of a connection" in each.message for each in auditor.problems()))
    (tmp_path / "client.ts").unlink()
    auditor.touched(["client.ts"])
    auditor.refresh()
    assert (told, auditor.problems()) == ([1, 0, 1], ())


def test_a_rule_that_fails_on_one_text_is_told_only_as_long_as_that_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, registered = next(iter(registered_rules().items()))

    def check(dossier: Dossier, targets: Targets) -> list[Finding]:
        if b"broken" in dossier.connection.site.unit.text:
            raise ValueError("broken")
        return []

    failing = replace(registered, rule=replace(registered.rule, check=check, sides=frozenset({"client"})))
    monkeypatch.setattr(engine, "registered_rules", lambda: {code: failing})
    auditor = Auditor(tmp_path, Settings())
    told: list[int] = []
    for text in (CLIENT.replace("/ws'", "/broken'"), CLIENT):
        put(tmp_path, "client.ts", text)
        auditor.touched(["client.ts"])
        auditor.refresh()
        told.append(len(auditor.problems()))
    assert told == [1, 0]
