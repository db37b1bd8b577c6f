"""Requirements, lock files, and the version that they come to."""

from __future__ import annotations

import json

import pytest

from halfopen.deployment import Requirement, gather, read, resolve


def stated(path: str, text: str) -> dict[str, Requirement]:
    return {each.name: each for each in read(path, text).requirements}


def test_requirements_txt() -> None:
    text = (
        "# comment\n-r base.txt\n-c constraints.txt\n--index-url https://example.test/simple\n-e .\n"
        "FastAPI==0.115.0  # pinned\nuvicorn[standard]>=0.30,<0.40 ; python_version >= '3.11'\n"
        "websockets \\\n  ==12.0 \\\n  --hash=sha256:abc\nstarlette~=0.37\nredis\n"
        "lib @ https://example.test/lib-1.0.tar.gz\n./vendored/x.whl\ngit+https://example.test/x.git\n"
        "Zope.Interface===5\nnot a requirement\n"
    )
    facts = read("requirements.txt", text)
    found = {each.name: each for each in facts.requirements}
    assert (found["fastapi"].version, found["fastapi"].line) == ("0.115.0", 6)
    uvicorn = found["uvicorn"]
    assert (uvicorn.version, uvicorn.extras, uvicorn.line) == (None, ("standard",), 7)
    assert set(uvicorn.specifier.split(",")) == {">=0.30", "<0.40"}
    assert "3.11" in uvicorn.marker
    assert (found["websockets"].version, found["websockets"].line) == ("12.0", 8)
    assert (found["starlette"].version, found["starlette"].specifier) == (None, "~=0.37")
    assert (found["redis"].specifier, found["lib"].version) == ("", None)
    assert found["zope-interface"].version == "5"
    assert [(each.kind, each.target, each.line) for each in facts.references] == [
        ("requirements", "base.txt", 2),
        ("constraints", "constraints.txt", 3),
    ]
    assert [(each.line, each.message) for each in facts.problems] == [
        (17, "not a requirement: not a requirement")
    ]


PYPROJECT = """
[project]
dependencies = [
    "fastapi>=0.110",
    "uvicorn[standard]==0.30.1",
]
[project.optional-dependencies]
redis = ["redis>=5"]
[dependency-groups]
dev = ["pytest", {include-group = "lint"}]
lint = ["ruff==0.5.0"]
[tool.poetry.dependencies]
python = "^3.11"
starlette = "^0.37.2"
websockets = { version = "~12.0", extras = ["x"] }
aiohttp = "3.9.*"
hypercorn = "0.17.3"
odd = "^1.0 || ^2.0"
local = { path = "../local" }
[tool.poetry.group.dev.dependencies]
daphne = ">=4,<5"
[tool.uv]
dev-dependencies = ["granian==1.4"]
[tool.poe.tasks]
serve = "uvicorn app:app --reload"
[tool.pdm.scripts]
start = { cmd = "uvicorn app:app --workers 2" }
"""


def test_pyproject() -> None:
    facts = read("backend/pyproject.toml", PYPROJECT)
    found = {each.name: each for each in facts.requirements}
    assert (found["uvicorn"].version, found["uvicorn"].line, found["uvicorn"].extras) == (
        "0.30.1",
        5,
        ("standard",),
    )
    assert (found["redis"].specifier, found["ruff"].version, found["granian"].version) == (
        ">=5",
        "0.5.0",
        "1.4",
    )
    assert (found["starlette"].specifier, found["starlette"].line) == (">=0.37.2,<0.38", 14)
    assert (found["websockets"].specifier, found["websockets"].extras) == (">=12.0,<12.1", ("x",))
    assert (found["aiohttp"].specifier, found["aiohttp"].version) == ("==3.9.*", None)
    assert found["hypercorn"].version == "0.17.3"
    assert (found["odd"].specifier, found["local"].specifier, found["daphne"].specifier) == ("", "", ">=4,<5")
    assert "python" not in found
    assert [(each.reload, each.workers) for each in facts.launches] == [(True, None), (False, 2)]


def test_a_broken_pyproject_is_a_problem_with_its_line() -> None:
    facts = read("pyproject.toml", "[project]\nname = 'x'\ndependencies = [\n")
    assert [(each.path, each.line >= 3) for each in facts.problems] == [("pyproject.toml", True)]


def test_setup_cfg_and_pipfile() -> None:
    found = stated(
        "setup.cfg",
        "[options]\ninstall_requires =\n    uvicorn==0.20.0\n    fastapi  # x\n\n[options.extras_require]\nws = websockets>=10\n",
    )
    assert (found["uvicorn"].version, found["uvicorn"].line) == ("0.20.0", 3)
    assert (found["fastapi"].line, found["websockets"].specifier, found["websockets"].line) == (4, ">=10", 7)
    found = stated(
        "Pipfile", '[packages]\nuvicorn = {extras = ["standard"], version = "==0.20.0"}\nfastapi = "*"\n'
    )
    assert (found["uvicorn"].version, found["uvicorn"].line, found["fastapi"].specifier) == ("0.20.0", 2, "")
    assert read("setup.cfg", "nonsense").problems


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("poetry.lock", '[[package]]\nname = "uvicorn"\nversion = "0.30.1"\ndescription = "x"\n', 2),
        ("uv.lock", 'version = 1\n\n[[package]]\nname = "uvicorn"\nversion = "0.30.1"\nsource = { x = "y" }\n', 4),
        ("pdm.lock", '[[package]]\nname = "uvicorn"\nversion = "0.30.1"\nextras = ["standard"]\n', 2),
        ("pylock.toml", 'lock-version = "1.0"\n[[packages]]\nname = "uvicorn"\nversion = "0.30.1"\n', 3),
        ("Pipfile.lock", '{\n "default": {\n  "uvicorn": {\n   "version": "==0.30.1"\n  }\n }\n}', 3),
    ],
)  # fmt: skip
def test_python_locks(path: str, text: str, line: int) -> None:
    found = stated(path, text)["uvicorn"]
    assert (found.version, found.locked, found.line) == ("0.30.1", True, line)


def test_a_lock_in_the_middle_of_a_merge_is_read_as_far_as_it_goes() -> None:
    text = '[[package]]\nname = "a"\n<<<<<<< HEAD\nversion = "1"\n=======\nversion = "2"\n>>>>>>> x\n[[package]]\nname = "b"\nversion = "3"\n'
    assert {name: each.version for name, each in stated("poetry.lock", text).items()} == {"a": "1", "b": "3"}


def test_package_json() -> None:
    text = json.dumps(
        {
            "name": "web",
            "proxy": "http://localhost:8000",
            "scripts": {"dev": "vite", "api": "uvicorn app:app --reload", "odd": 3},
            "dependencies": {
                "react-use-websocket": "^4.8.0",
                "partysocket": "1.1.13",
                "ws": "npm:@other/ws@~8.1.0",
                "centrifuge": "latest",
                "phoenix": "github:phoenixframework/phoenix",
                "local": "workspace:*",
                "zod": "4.x",
                "bad": None,
            },
            "devDependencies": {"zustand": ">=4 <6"},
        },
        indent=2,
    )
    facts = read("web/package.json", text)
    found = {each.name: each for each in facts.requirements}
    assert (found["react-use-websocket"].specifier, found["react-use-websocket"].line) == ("^4.8.0", 10)
    assert (found["partysocket"].version, found["partysocket"].specifier) == ("1.1.13", "1.1.13")
    assert found["@other/ws"].specifier == "~8.1.0"
    assert [found[name].specifier for name in ("centrifuge", "phoenix", "local")] == ["", "", ""]
    assert (found["zod"].specifier, found["zustand"].specifier) == ("4.x", ">=4 <6")
    assert [(each.app, each.line) for each in facts.launches] == [("app:app", 6)]
    assert [(each.layer, each.target, each.line) for each in facts.proxies] == [
        ("create-react-app", "http://localhost:8000", 3)
    ]


@pytest.mark.parametrize(
    "text", ["{", "[]", "null", '{"dependencies": []}', '{"scripts": {"a": 1}}', "[" * 100_000]
)
def test_odd_package_json(text: str) -> None:
    assert read("package.json", text).requirements == ()


def test_package_lock() -> None:
    text = json.dumps(
        {
            "packages": {
                "": {"version": "1.0.0"},
                "node_modules/zustand": {"version": "4.5.2"},
                "node_modules/a/node_modules/zustand": {"version": "3.0.0"},
                "node_modules/@microsoft/signalr": {"version": "8.0.0"},
                "apps/web/node_modules/zod": {"version": "3.1.0"},
            }
        },
        indent=2,
    )
    found = stated("package-lock.json", text)
    assert (found["zustand"].version, found["zustand"].locked, found["zustand"].line) == ("4.5.2", True, 6)
    assert found["@microsoft/signalr"].version == "8.0.0"
    assert (found["zod"].version, found["zod"].project) == ("3.1.0", "apps/web")
    old = stated("package-lock.json", '{"dependencies": {"ws": {"version": "7.0.0", "dependencies": {}}}}')
    assert old["ws"].version == "7.0.0"


def test_yarn_locks() -> None:
    classic = (
        '# yarn lockfile v1\n\n\n"@microsoft/signalr@^8.0.0", "@microsoft/signalr@^8.0.1":\n  version "8.0.7"\n'
        '  resolved "https://x/-/signalr-8.0.7.tgz"\n\nws@^8.1.0, ws@~8.2.0:\n  version "8.2.3"\n  dependencies:\n    a "^1"\n'
    )
    found = stated("yarn.lock", classic)
    assert (found["@microsoft/signalr"].version, found["@microsoft/signalr"].line) == ("8.0.7", 4)
    assert (found["ws"].version, found["ws"].specifier) == ("8.2.3", "~8.2.0")
    berry = '__metadata:\n  version: 8\n\n"zustand@npm:^4.5.0":\n  version: 4.5.2\n  resolution: "zustand@npm:4.5.2"\n\n"web@workspace:.":\n  version: 0.0.0-use.local\n'
    found = stated("yarn.lock", berry)
    assert {name: (each.version, each.specifier) for name, each in found.items()} == {
        "zustand": ("4.5.2", "^4.5.0")
    }


def test_pnpm_locks() -> None:
    new = (
        "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    devDependencies:\n      typescript:\n        specifier: ^5\n"
        "        version: 5.4.2\n\n  apps/web:\n    dependencies:\n      '@microsoft/signalr':\n        specifier: ^8.0.0\n"
        "        version: 8.0.7(x@1)\n      shared:\n        specifier: workspace:*\n        version: link:../shared\n\n"
        "packages:\n\n  typescript@5.4.2:\n    resolution: {integrity: x}\n"
    )
    found = stated("pnpm-lock.yaml", new)
    assert {name: (each.version, each.project) for name, each in found.items()} == {
        "typescript": ("5.4.2", None),
        "@microsoft/signalr": ("8.0.7", "apps/web"),
    }
    assert found["@microsoft/signalr"].line == 13
    old = "lockfileVersion: 5.4\n\nspecifiers:\n  ws: ^8\n\ndependencies:\n  ws: 8.2.3_abc\n\npackages:\n\n  /ws/8.2.3:\n    x: y\n"
    assert {name: each.version for name, each in stated("pnpm-lock.yaml", old).items()} == {"ws": "8.2.3"}
    middle = "lockfileVersion: '6.0'\n\ndependencies:\n  ws:\n    specifier: ^8\n    version: 8.2.3(a@1)\n"
    assert stated("pnpm-lock.yaml", middle)["ws"].version == "8.2.3"


def test_bun_lock() -> None:
    text = '{\n  "packages": {\n    "@microsoft/signalr": ["@microsoft/signalr@8.0.7", "", {}],\n    "ws": ["ws@8.2.3", "", {}, "sha"],\n  }\n}'
    assert {name: each.version for name, each in stated("bun.lock", text).items()} == {
        "@microsoft/signalr": "8.0.7",
        "ws": "8.2.3",
    }


def requirements(*files: tuple[str, str]) -> tuple[Requirement, ...]:
    return gather(*(read(path, text) for path, text in files)).requirements


def test_a_lock_beats_a_pin_beats_a_range() -> None:
    ranged = ("requirements.in", "uvicorn>=0.20")
    pinned = ("requirements.txt", "uvicorn==0.30.1")
    locked = ("poetry.lock", '[[package]]\nname = "uvicorn"\nversion = "0.31.0"\n')
    assert resolve(requirements(ranged, pinned, locked), "uvicorn").version == "0.31.0"
    assert resolve(requirements(ranged, pinned), "Uvicorn").version == "0.30.1"
    found = resolve(requirements(ranged), "uvicorn")
    assert (found.version, found.specifier, len(found.evidence)) == (None, ">=0.20", 1)


def test_two_bounds_say_more_than_one() -> None:
    found = resolve(
        requirements(
            ("a/requirements.txt", "uvicorn>=0.20"),
            ("setup.cfg", "[options]\ninstall_requires = uvicorn>=0.30,<0.40"),
        ),
        "uvicorn",
    )
    assert set(found.specifier.split(",")) == {">=0.30", "<0.40"}


def test_unknown_and_unbounded() -> None:
    assert resolve((), "uvicorn").evidence == ()
    found = resolve(requirements(("requirements.txt", "uvicorn")), "uvicorn")
    assert (found.version, found.specifier, len(found.evidence)) == (None, "", 1)


def test_two_versions_without_a_place_are_no_version() -> None:
    both = requirements(("a/requirements.txt", "uvicorn==0.30.1"), ("b/requirements.txt", "uvicorn==0.40.0"))
    assert resolve(both, "uvicorn").version is None
    assert len(resolve(both, "uvicorn").evidence) == 2
    assert resolve(both, "uvicorn", near="a/app/main.py").version == "0.30.1"
    assert resolve(both, "uvicorn", near="b/requirements_of_it.py").version == "0.40.0"
    assert resolve(both, "uvicorn", near="c/main.py").version is None


def test_a_lock_above_settles_a_range_beside() -> None:
    found = resolve(
        requirements(
            ("apps/web/package.json", '{"dependencies": {"ws": "^8.0.0"}}'),
            ("package-lock.json", '{"packages": {"node_modules/ws": {"version": "8.2.3"}}}'),
        ),
        "ws",
        near="apps/web/src/a.ts",
    )
    assert found.version == "8.2.3"


def test_a_pin_beside_beats_a_lock_above() -> None:
    found = resolve(
        requirements(
            ("backend/requirements/base.txt", "uvicorn==0.30.1"),
            ("uv.lock", '[[package]]\nname = "uvicorn"\nversion = "0.40.0"\n'),
        ),
        "uvicorn",
        near="backend/app/main.py",
    )
    assert found.version == "0.30.1"


def test_the_direct_dependency_is_the_one_locked_for_the_declared_range() -> None:
    found = resolve(
        requirements(
            ("package.json", '{"dependencies": {"ws": "^8.0.0"}}'),
            ("yarn.lock", 'ws@^7.0.0:\n  version "7.5.0"\n\nws@^8.0.0:\n  version "8.2.3"\n'),
        ),
        "ws",
    )
    assert found.version == "8.2.3"


def test_names_of_two_ecosystems_do_not_mix() -> None:
    both = requirements(
        ("requirements.txt", "redis==5.0.0"), ("package.json", '{"dependencies": {"redis": "4.6.0"}}')
    )
    assert resolve(both, "redis", ecosystem="python").version == "5.0.0"
    assert resolve(both, "redis", ecosystem="npm").version == "4.6.0"


def test_an_examples_pin_says_nothing_of_the_project_above() -> None:
    both = requirements(
        ("pyproject.toml", '[project]\ndependencies = ["uvicorn>=0.22"]'),
        ("examples/a/requirements.txt", "uvicorn==0.30.6"),
    )
    found = resolve(both, "uvicorn", near="server/main.py")
    assert (found.version, found.specifier) == (None, ">=0.22")
    assert resolve(both, "uvicorn", near="examples/a/main.py").version == "0.30.6"
