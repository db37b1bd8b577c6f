"""The modules that fixes insert do what they say: their own tests, run by node, and the strictest compiler settings."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SNIPPETS = HERE.parents[1] / "rules" / "halfopen_rules" / "snippets"
MODULES = HERE.parent / "typecheck" / "node_modules"
COMPILER = MODULES / "typescript" / "bin" / "tsc"
NAMES = sorted(path.stem for path in SNIPPETS.glob("*.ts"))
_STRICT = {
    "strict": True,
    "noUncheckedIndexedAccess": True,
    "exactOptionalPropertyTypes": True,
    "noImplicitReturns": True,
    "noUnusedLocals": True,
    "noUnusedParameters": True,
    "erasableSyntaxOnly": True,
    "verbatimModuleSyntax": True,
    "target": "es2022",
    "module": "esnext",
    "moduleResolution": "bundler",
    "lib": ["es2022", "dom"],
    "types": [],
    "outDir": "out",
}


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The snippets as JavaScript."""
    if not COMPILER.exists():
        pytest.fail(f"{COMPILER} is missing: run `npm ci` in tests/typecheck")
    root = tmp_path_factory.mktemp("snippets")
    for name in NAMES:
        shutil.copy(SNIPPETS / f"{name}.ts", root)
    (root / "node_modules").symlink_to(MODULES)
    settings = {"compilerOptions": _STRICT, "include": ["*.ts"]}
    (root / "tsconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    done = subprocess.run(
        ["node", str(COMPILER), "--project", "tsconfig.json", "--pretty", "false"],
        cwd=root, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return root / "out"


@pytest.mark.parametrize("name", NAMES)
def test_each_snippet_passes_its_own_tests(name: str, compiled: Path, tmp_path: Path) -> None:
    for other in NAMES:
        code = (compiled / f"{other}.js").read_text(encoding="utf-8")
        for imported in NAMES:
            code = code.replace(f"'./{imported}'", f"'./{imported}.mjs'")
        (tmp_path / f"{other}.mjs").write_text(code, encoding="utf-8")
    react = tmp_path / "node_modules" / "react"
    react.mkdir(parents=True)
    shutil.copy(HERE / "react.mjs", react / "index.mjs")
    (react / "package.json").write_text('{"exports": "./index.mjs"}', encoding="utf-8")
    shutil.copy(HERE / f"{name}.test.mjs", tmp_path)

    done = subprocess.run(
        ["node", "--test", f"{name}.test.mjs"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
