"""What every table must hold, whoever wrote it."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from halfopen.libraries import (
    Constructor,
    Default,
    DependsOnVersion,
    Interface,
    Option,
    TableError,
    built_in_catalogue,
    catalogue_with,
    defaults,
    read_table,
)
from halfopen.libraries.table import ASPECTS

SERVERS = ["uvicorn", "gunicorn", "hypercorn", "daphne", "granian", "tornado", "aiohttp"]
PYTHON = ["starlette", "fastapi", "websockets", "python-socketio", "channels", "broadcaster"]
PYTHON_REST = ["fastapi-websocket-pubsub", "slowapi", "redis"]
CLIENTS = ["browser", "react-use-websocket", "reconnecting-websocket", "partysocket", "socket.io-client"]
CLIENTS_REST = ["ws", "graphql-ws", "signalr", "centrifuge", "phoenix"]
STORES = ["zustand", "immer", "zod", "valibot"]
DOCUMENTED = [*SERVERS, *PYTHON, *PYTHON_REST, *CLIENTS, *CLIENTS_REST, *STORES]

ALL = sorted(built_in_catalogue().texts)

MINIMAL = """
[library]
name = "sample"
ecosystem = "python"
packages = ["sample"]
roles = ["server"]
"""


@pytest.mark.parametrize("library", DOCUMENTED)
def test_every_library_of_the_fact_sheet_has_a_table(library: str) -> None:
    assert defaults(library).library == library


@pytest.mark.parametrize("library", ALL)
def test_a_table_is_named_after_its_library_and_says_something_with_a_source(library: str) -> None:
    table = built_in_catalogue().table(library)
    assert table.library == library
    rows = [row for rows in table.settings.values() for row in rows]
    assert rows
    for row in rows:
        # A bare number or a shrug is no source: it names a package with a version, a specification,
        # a measurement, or is marked as general knowledge.
        source = row.default.source
        named = any(character.isdigit() for character in source) or "WHATWG" in source
        assert named or row.default.confidence == "medium" or library in source


@pytest.mark.parametrize("library", ALL)
def test_the_scan_of_a_table_finds_the_names_that_parsing_finds(library: str) -> None:
    catalogue = built_in_catalogue()
    table = catalogue.table(library)
    for constructor in table.constructors:
        assert library in catalogue.libraries_of_module[constructor.module]
        assert catalogue.constructors(constructor.module)[constructor.export][1] == constructor
    for package in table.packages:
        assert catalogue.library_of_package[package] == library


@pytest.mark.parametrize("library", ALL)
def test_every_setting_is_answered_in_one_of_the_three_ways(library: str) -> None:
    model = defaults(library)
    for name in ASPECTS:
        aspect = getattr(model, name)
        for field in fields(aspect):
            assert isinstance(getattr(aspect, field.name), Default | DependsOnVersion | None)


@pytest.mark.parametrize("library", ALL)
def test_an_options_meanings_fit_the_setting_that_it_sets(library: str) -> None:
    for option in defaults(library).options:
        aspect, _, field = option.sets.partition(".")
        assert field in {each.name for each in fields(ASPECTS[aspect])}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "[library] must be a table"),
        ("nonsense", "Expected"),
        (MINIMAL.replace('"python"', '"cobol"'), "ecosystem must be one of"),
        (MINIMAL.replace('["server"]', '["toaster"]'), "roles must be some of"),
        (MINIMAL + "[keepalive]\nsends_pings = { value = true }", "every row needs a source"),
        (MINIMAL + '[keepalive]\nsends_pings = { source = "s" }', "has no value"),
        (MINIMAL + '[keepalive]\nsends_pings = { value = 1, source = "s" }', "1 is not bool"),
        (MINIMAL + '[keepalive]\nsends_pings = { value = "none", source = "s" }', "is not bool"),
        (MINIMAL + '[keepalive]\nsings = { value = 1, source = "s" }', "no setting 'sings'"),
        (MINIMAL + "[toaster]\nx = 1", "unknown table [toaster]"),
        (MINIMAL + '[keepalive]\nsends_pings = { value = true, source = "s", confidence = "low" }', "one of"),
        (MINIMAL + '[keepalive]\nsends_pings = { value = true, source = "s", versions = "new" }', "versions"),
        (
            MINIMAL + '[keepalive]\nsends_pings = [{ value = true, source = "s", versions = ">=1" }, '
            '{ value = false, source = "s", versions = "<2" }]',
            "two rows hold for >=1,<2",
        ),
        (MINIMAL + '[[option]]\nname = "x"\nsets = "keepalive.nothing"', "is no setting"),
        (MINIMAL + '[[option]]\nname = "x"', "'sets' is missing"),
        (MINIMAL + '[[constructor]]\nmodule = "m"\nexport = "e"\nkind = "spell"\nmakes = "client"', "kind"),
        (MINIMAL + '[interface]\nshout = ["x"]', "unknown key 'shout'"),
    ],
)
def test_a_faulty_table_is_refused_with_what_is_wrong(text: str, told: str) -> None:
    with pytest.raises(TableError) as error:
        read_table("sample.toml", text)
    assert str(error.value).startswith("sample.toml: ")
    assert told in str(error.value)


def test_a_team_can_add_a_table_and_replace_one() -> None:
    ours = (
        MINIMAL + '[keepalive]\nsends_pings = { value = true, source = "sample 1.0" }\n'
        "[[constructor]]\n  module = 'sample.client'\n  export = 'go'\n  kind = 'factory'\n  makes = 'client'\n"
    )
    uvicorn = MINIMAL.replace("sample", "uvicorn")
    uvicorn += '[keepalive]\nsends_pings = { value = false, source = "house rule 1" }'
    catalogue = catalogue_with({"ours.toml": ours, "uvicorn.toml": uvicorn})
    assert catalogue.rejected == ()
    assert catalogue.library_of_package["sample"] == "sample"
    assert catalogue.constructors("sample.client")["go"][0] == "sample"
    assert "sample" in catalogue.connecting & catalogue.of_python
    replaced = catalogue.model("uvicorn").keepalive.sends_pings
    assert isinstance(replaced, Default)
    assert replaced.source == "house rule 1"
    assert isinstance(defaults("uvicorn").keepalive.sends_pings, Default)
    assert defaults("uvicorn").keepalive.sends_pings != replaced


def test_a_faulty_added_table_costs_only_itself() -> None:
    faulty = (
        MINIMAL
        + '\n[[option]]\nname = "a"\nsets = "outbox.while_closed"\n[[option]]\nname = "b"\nscale = 1\nsets = "outbox.closed"\n'
    )
    added = {"bad.toml": "\n\n[library", "worse.toml": faulty, "good.toml": MINIMAL, "again.toml": MINIMAL}
    catalogue = catalogue_with(added)
    assert [(each.path, each.line) for each in catalogue.rejected] == [
        ("bad.toml", 3), ("worse.toml", 14), ("again.toml", 1)
    ]  # fmt: skip
    assert [each.message for each in catalogue.rejected][1:] == [
        "option 'b' sets 'outbox.closed', which is no setting; did you mean 'outbox.while_closed'?",
        "good.toml is a table of 'sample' already",
    ]
    assert "sample" in catalogue.texts


SHAPES = [
    "library = 3", "[library]\nname = 3", MINIMAL.replace('["sample"]', "3"), MINIMAL.replace('["server"]', "[[]]"),
    MINIMAL + "[implementation]\npicks = 3", MINIMAL + "[implementation]\nnames = 3", MINIMAL + "option = 3",
    MINIMAL + "[[constructor]]\nmodule = 3\nexport = 'e'\nkind = 'factory'\nmakes = 'client'",
    MINIMAL + "[[constructor]]\nmodule = 'm'\nexport = 'e'\nkind = []\nmakes = 'client'",
    MINIMAL + "[[option]]\nname = 'x'\nsets = 'keepalive.sends_pings'\nscale = 'big'",
    MINIMAL + "[[option]]\nname = 'x'\nsets = ['keepalive.sends_pings']", MINIMAL + "[interface]\nsend = 'send'",
    MINIMAL + "keepalive = []", MINIMAL + "[keepalive]\nsends_pings = [[]]", "a = " + "[" * 3000,
]  # fmt: skip


@pytest.mark.parametrize("text", SHAPES)
def test_values_of_any_other_shape_are_refused_and_raise_nothing_else(text: str) -> None:
    [rejected] = catalogue_with({"odd.toml": text}).rejected
    assert rejected.message


def test_an_unknown_library_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        defaults("left-pad")


DOCUMENT = (Path(__file__).parents[2] / "docs" / "library-tables.md").read_text("utf-8")


def test_the_documented_table_can_be_used() -> None:
    [table] = [each for each in re.findall(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL) if "[library]" in each]
    catalogue = catalogue_with({"our-socket.toml": table})
    assert catalogue.rejected == ()
    assert catalogue.model("our-socket", "2.4.0").reconnection.max_delay_ms == Default(
        30000.0, "our-socket 2.1, src/connect.ts"
    )


@pytest.mark.parametrize("aspect", [*ASPECTS, "interface", "constructor", "option"])
def test_every_setting_of_a_table_is_documented(aspect: str) -> None:
    records = {"interface": Interface, "constructor": Constructor, "option": Option}
    _, _, part = DOCUMENT.partition("\n## The settings of a table\n")
    _, _, part = part.partition(
        f"\n### [[{aspect}]]" if aspect in ("constructor", "option") else f"\n### [{aspect}]"
    )
    part, _, _ = part.partition("\n### ")
    named = set(re.findall(r"`(\w+)`", part))
    assert {field.name for field in fields(records.get(aspect) or ASPECTS[aspect])} <= named
