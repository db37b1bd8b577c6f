"""The compilers accept what each fix makes: no error that the fixture did not have before.

`npm ci` in tests/typecheck brings TypeScript and the types of what the fixtures import; `make` does it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from .fixes import applied_fixes
from .workspaces import workspaces

MODULES = Path(__file__).parents[1] / "typecheck" / "node_modules"
COMPILER = MODULES / "typescript" / "bin" / "tsc"
_ERROR = re.compile(r"^(?P<path>[^(\n]+)\(\d+,\d+\): error (?P<text>.+)$", re.MULTILINE)
_OPTIONS = {
    "noEmit": True,
    "strict": True,
    "jsx": "react-jsx",
    "target": "es2022",
    "module": "esnext",
    "moduleResolution": "bundler",
    "lib": ["es2022", "dom", "dom.iterable"],
    "skipLibCheck": True,
    "allowJs": True,
    "checkJs": False,
    "types": [],
}

Errors = dict[str, Counter[str]]
"""The errors of each pair of directories: how many of each text."""


def _lay_out(folder: str, root: Path, scratch: Path) -> dict[str, str]:
    """Each fixed workspace beside its unfixed one; their directories by the name of the fix."""
    named: dict[str, str] = {}
    bad = [each for each in workspaces() if each.is_bad and each.folder == folder]
    for index, workspace in enumerate(bad):
        for number, applied in enumerate(applied_fixes(workspace, scratch / str(index))):
            directory = f"case-{index}-{number}"
            for state, files in (("before", applied.before), ("after", applied.after)):
                for path, data in files.items():
                    target = root / directory / state / path
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(data)
            named[directory] = applied.name
    return named


def _by_directory(errors: list[tuple[str, str]]) -> Errors:
    found: Errors = {}
    for path, text in errors:
        directory = "/".join(path.split("/")[:2])
        found.setdefault(directory, Counter())[text] += 1
    return found


def _new_errors(named: dict[str, str], errors: Errors) -> dict[str, Counter[str]]:
    new = {
        name: errors.get(f"{directory}/after", Counter()) - errors.get(f"{directory}/before", Counter())
        for directory, name in named.items()
    }
    return {name: found for name, found in new.items() if found}


def test_typescript_accepts_every_fixed_file(tmp_path: Path) -> None:
    if not COMPILER.exists():
        pytest.fail(f"{COMPILER} is missing: run `npm ci` in tests/typecheck")
    root = tmp_path / "workspaces"
    named = _lay_out("react", root, tmp_path / "scratch")
    assert named, "no finding of the React fixtures has a fix"
    (root / "node_modules").symlink_to(MODULES)
    settings = {"compilerOptions": _OPTIONS, "include": ["case-*/**/*"]}
    (root / "tsconfig.json").write_text(json.dumps(settings), encoding="utf-8")

    done = subprocess.run(
        ["node", str(COMPILER), "--project", "tsconfig.json", "--pretty", "false"],
        cwd=root, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode in {0, 1, 2}, done.stdout + done.stderr
    errors = [(match["path"], match["text"]) for match in _ERROR.finditer(done.stdout)]

    assert not _new_errors(named, _by_directory(errors))


def test_pyright_accepts_every_fixed_file(tmp_path: Path) -> None:
    root = tmp_path / "workspaces"
    named = _lay_out("python", root, tmp_path / "scratch")
    assert named, "no finding of the Python fixtures has a fix"
    (root / "pyrightconfig.json").write_text(
        json.dumps({"include": ["."], "reportMissingImports": False, "reportMissingModuleSource": False}),
        encoding="utf-8",
    )

    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable],
        cwd=root, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    report = json.loads(done.stdout)
    assert report["summary"]["filesAnalyzed"] > 0, done.stdout
    errors = [
        (Path(each["file"]).relative_to(root.resolve()).as_posix(), f"{each.get('rule')}: {each['message']}")
        for each in report["generalDiagnostics"]
        if each["severity"] == "error"
    ]

    assert not _new_errors(named, _by_directory(errors))
