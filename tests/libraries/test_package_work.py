"""The table of what packages cost: each name once, each row with its source, the longest name wins."""

import tomllib
from collections import Counter
from pathlib import Path
from typing import get_args

import halfopen.libraries
from halfopen.libraries.package_work import PackageWorkKind, package_work, packages

TABLE = Path(halfopen.libraries.__file__).with_name("data") / "work" / "python.toml"


def test_each_package_stands_in_one_row_with_a_source() -> None:
    rows = tomllib.loads(TABLE.read_text("utf-8"))["package"]
    [(_, most)] = Counter(name for row in rows for name in row["names"]).most_common(1)
    assert most == 1
    assert all(package.source for package in packages().values())
    assert {package.work for package in packages().values()} <= {*get_args(PackageWorkKind), None}


def test_a_call_is_of_the_longest_package_that_it_goes_into() -> None:
    speech = package_work("google.cloud.speech.SpeechClient().recognize")
    assert speech is not None
    assert speech.work == "model"
    assert package_work("google.protobuf.json_format.Parse") is None


def test_a_name_alone_is_no_call_into_a_package() -> None:
    assert package_work("requests") is None


def test_a_package_that_computes_on_a_text_stays_inside() -> None:
    spacy = package_work("spacy.load()")
    assert spacy is not None
    assert (spacy.work, spacy.stays_inside) == ("model", True)
