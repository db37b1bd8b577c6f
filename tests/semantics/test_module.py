"""Files as modules: words, definitions and exports."""

from __future__ import annotations

from pathlib import Path

import pytest

from halfopen.semantics.unit import words_of

from .samples import last, named, workspace_of


@pytest.mark.parametrize("name", ["plain", "_x1", "socket$", "$store", "a$b", "größe", "été2", "变量"])
def test_every_identifier_is_a_word(name: str) -> None:
    assert name.encode() in words_of(f"f({name}.x, [{name}])".encode())


@pytest.mark.parametrize("name", ["socket$", "größe", "变量"])
def test_names_with_unusual_letters_are_found_in_other_files(tmp_path: Path, name: str) -> None:
    files = {
        "b.ts": f"export const {name} = make();\n",
        "index.ts": "export * from './b';\n",
        "a.ts": f"import {{ {name} }} from '.';\nuse({name});\n",
    }
    program = workspace_of(tmp_path, files).program
    assert named(program, last(program, "a.ts", name)) == ["make()"]


def test_definitions_under_conditions_count(tmp_path: Path) -> None:
    text = "try:\n    from m import f\nexcept ImportError:\n    def f(): ...\nif a:\n    g = f\nuse(g)\n"
    program = workspace_of(tmp_path, {"a.py": text}).program
    assert named(program, last(program, "a.py", "g")) == ["a.py:f", "m.f"]


def test_thousands_of_branches_at_the_top_of_a_file_are_read(tmp_path: Path) -> None:
    branches = "".join(f"elif a == {number}:\n    x = {number}\n" for number in range(3000))
    files = {"a.py": f"if a:\n    from m import f\n{branches}", "b.py": "from a import f\nuse(f)\n"}
    program = workspace_of(tmp_path, files).program
    assert named(program, last(program, "b.py", "f")) == ["m.f"]


def test_exports_in_all_their_forms(tmp_path: Path) -> None:
    files = {
        "b.js": "const f = () => {};\nmodule.exports = { f };\n",
        "c.ts": "class C {}\nexport { C as default, C as D };\n",
        "d.ts": "export * as space from './c';\n",
    }
    program = workspace_of(tmp_path, files).program
    modules = [program.module(path) for path in ("b.js", "c.ts", "d.ts")]
    exported = [sorted(module.exports) for module in modules if module is not None]
    assert exported == [["default", "f"], ["D", "default"], ["space"]]
