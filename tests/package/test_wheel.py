"""What `pip install halfopen` puts into an environment."""

import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

import halfopen

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
    )
    [path] = folder.glob("*.whl")
    return zipfile.ZipFile(path)


def read(wheel: zipfile.ZipFile, name: str) -> str:
    [path] = [entry for entry in wheel.namelist() if entry.endswith(f".dist-info/{name}")]
    return wheel.read(path).decode()


def test_only_the_two_packages_can_be_imported(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist() if ".dist-info/" not in name}
    assert tops == {"halfopen", "halfopen_rules"}


def test_both_packages_are_marked_as_typed(wheel: zipfile.ZipFile) -> None:
    assert {"halfopen/py.typed", "halfopen_rules/py.typed"} <= set(wheel.namelist())


def test_every_file_of_a_package_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    for package in (REPOSITORY / "server/halfopen", REPOSITORY / "rules/halfopen_rules"):
        files = {
            f"{package.name}/{path.relative_to(package).as_posix()}"
            for path in package.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert files <= set(wheel.namelist())


def test_version_licence_and_python_are_declared(wheel: zipfile.ZipFile) -> None:
    metadata = Parser().parsestr(read(wheel, "METADATA"))
    assert metadata["Name"] == "halfopen"
    assert metadata["Version"] == halfopen.__version__
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["Description-Content-Type"] == "text/markdown"


def test_the_command_is_installed(wheel: zipfile.ZipFile) -> None:
    assert "halfopen = halfopen.cli:main" in read(wheel, "entry_points.txt")
