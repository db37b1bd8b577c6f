"""Settings files as people write them: right, wrong, and broken."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from halfopen.audit.finding import Severity
from halfopen.audit.settings import Settings, load_settings, with_overrides


def write(root: Path, text: str | bytes, name: str = "pyproject.toml") -> Path:
    (root / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return root


def said(root: Path) -> list[tuple[str, int | None, str]]:
    return [(each.path, each.line, each.message) for each in load_settings(root)[1]]


def test_no_file_gives_the_defaults(tmp_path: Path) -> None:
    assert load_settings(tmp_path) == (Settings(), ())


def test_a_pyproject_of_other_tools_gives_the_defaults(tmp_path: Path) -> None:
    write(tmp_path, "[tool.ruff]\nline-length = 3\n")
    assert load_settings(tmp_path) == (Settings(), ())


def test_every_setting_is_read(tmp_path: Path) -> None:
    write(
        tmp_path,
        """
        [tool.halfopen]
        exclude = ["generated/", "*.min.js"]
        respect-gitignore = false
        run = "onType"
        debounce-milliseconds = 150
        severity-floor = "medium"
        max-file-bytes = 1000
        [tool.halfopen.targets]
        recovery-seconds = 3
        queue-depth = 7
        """,
    )
    settings, problems = load_settings(tmp_path)
    assert problems == ()
    assert settings.exclude == ("generated/", "*.min.js")
    assert settings.respect_gitignore is False
    assert settings.run == "onType"
    assert settings.debounce_milliseconds == 150
    assert settings.severity_floor is Severity.MEDIUM
    assert settings.max_file_bytes == 1000
    assert settings.targets.recovery_seconds == 3
    assert settings.targets.queue_depth == 7
    assert settings.targets.heartbeat_timeout_seconds == 10


def test_the_file_of_its_own_wins(tmp_path: Path) -> None:
    write(tmp_path, "[tool.halfopen]\nrun = 'onSave'\nmax-file-bytes = 5\n")
    write(tmp_path, "run = 'onType'\n", "halfopen.toml")
    settings, problems = load_settings(tmp_path)
    assert (settings.run, settings.max_file_bytes, problems) == ("onType", Settings().max_file_bytes, ())


def test_wrong_values_are_said_at_their_line_and_the_rest_is_kept(tmp_path: Path) -> None:
    write(
        tmp_path,
        """[project]
exclude = "this is another table's"

[tool.halfopen]
# exclude = commented out
exclude = ["a", 3, "!", "b"]
respect-gitignore = "yes"
run = "onsave"
debounce-milliseconds = -1
severity-floor = "hihg"
max_file_bytes = 10

[tool.halfopen.targets]
recovery-seconds = 0
queue-depth = 7
""",
    )
    settings, problems = load_settings(tmp_path)
    assert {each.path for each in problems} == {"pyproject.toml"}
    assert [(each.line, each.message) for each in problems] == [
        (6, "exclude: should be a text, not 3; it is left out"),
        (6, 'exclude: should be a pattern as in .gitignore, not "!"; it is left out'),
        (7, 'respect-gitignore: should be true or false, not "yes"; the default is used'),
        (8, 'run: should be "onSave" or "onType", not "onsave"; the default is used'),
        (9, "debounce-milliseconds: should be greater than or equal to 0, not -1; the default is used"),
        (
            10,
            'severity-floor: should be one of "CRITICAL", "HIGH", "MEDIUM", "MONITOR", not "hihg"; '
            "the default is used",
        ),
        (14, "targets.recovery-seconds: should be greater than 0, not 0; the default is used"),
    ]
    assert settings.exclude == ("a", "b")
    assert settings.max_file_bytes == 10
    assert settings.targets.queue_depth == 7
    assert settings.run == "onSave"


def test_an_unknown_setting_gets_a_suggestion(tmp_path: Path) -> None:
    write(tmp_path, "[tool.halfopen]\nexlude = []\n\n[tool.halfopen.targets]\nheartbeat-interval = 3\n")
    assert said(tmp_path) == [
        (
            "pyproject.toml",
            5,
            'unknown setting "targets.heartbeat-interval"; did you mean "heartbeat-interval-seconds"?',
        ),
        ("pyproject.toml", 2, 'unknown setting "exlude"; did you mean "exclude"?'),
    ]


def test_an_unknown_setting_unlike_any_gets_the_list(tmp_path: Path) -> None:
    write(tmp_path, "zzz = 1\n", "halfopen.toml")
    [(path, line, message)] = said(tmp_path)
    assert (path, line) == ("halfopen.toml", 1)
    assert message.startswith('unknown setting "zzz"; known settings: exclude, respect-gitignore')


def test_rules_are_chosen_by_code_beginning_and_slug(tmp_path: Path) -> None:
    write(tmp_path, 'select = ["WS1", "unclosed-connection"]\nignore = ["ws1b"]\n', "halfopen.toml")
    settings, problems = load_settings(tmp_path)
    assert problems == ()
    assert not settings.runs("WS1B", "unclosed-connection")
    assert settings.runs("WS1A", "another")
    assert not settings.runs("WS2A", "another")
    assert Settings(ignore=("WS1B",)).runs("WS2A", "another")


def test_a_rule_that_does_not_exist_gets_a_suggestion(tmp_path: Path) -> None:
    write(tmp_path, 'ignore = ["unclosed-conection", "WS1B"]\n', "halfopen.toml")
    [(_, line, message)] = said(tmp_path)
    assert line == 1
    assert 'as "unclosed-connection", not "unclosed-conection"; it is left out' in message
    assert load_settings(tmp_path)[0].ignore == ("WS1B",)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[project]\nname = 'x'\n\n[tool.halfopen\n", 4, "is not valid TOML"),
        ("a = 1\nb = = 2\n", 2, "at column 5"),
        ('a = """\n\n', 2, "at the end of the file"),
        (b"a = 1\n\n# \xff\n", 3, "is not UTF-8"),
        ("[tool]\nhalfopen = 3\n", 2, "should be a table"),
        ("tool.halfopen = { run = 'never' }\n", 1, 'run: should be "onSave" or "onType"'),
        ("[tool.halfopen]\ntargets = 4\n", 2, "targets: should be a table"),
        ("a = " + "[" * 100_000, None, "too deep"),
        ("a = " + "1" * 10_000, None, "too long"),
        ("#" * 1_000_001, None, "longer than 1,000,000 bytes"),
    ],
)
def test_broken_files_are_said_at_their_line_and_defaults_used(
    tmp_path: Path, text: str | bytes, line: int | None, words: str
) -> None:
    settings, [problem] = load_settings(write(tmp_path, text))
    assert settings == Settings()
    assert (problem.path, problem.line) == ("pyproject.toml", line)
    assert words in problem.message


def test_lines_are_found_after_a_text_of_several_lines(tmp_path: Path) -> None:
    write(tmp_path, 'x = """\n[tool.halfopen]\nrun = 1\n"""\n[ tool . halfopen ] # here\n"run" = 1\n')
    [(_, line, _)] = said(tmp_path)
    assert line == 6


def test_a_link_out_of_the_project_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "elsewhere.toml").write_text("run = 'onType'\n")
    root = tmp_path / "root"
    root.mkdir()
    (root / "halfopen.toml").symlink_to(tmp_path / "elsewhere.toml")
    settings, [problem] = load_settings(root)
    assert settings == Settings()
    assert "link out of the project" in problem.message


def test_an_editor_goes_on_top_in_its_own_spelling(tmp_path: Path) -> None:
    settings, _ = load_settings(
        write(tmp_path, "max-file-bytes = 7\ntargets.queue-depth = 5\n", "halfopen.toml")
    )
    editor = {"run": "onType", "maxFileBytes": None, "targets": {"recoverySeconds": 2}, "exclude": "x"}
    merged, problems = with_overrides(settings, editor, "editor settings")
    assert (merged.run, merged.max_file_bytes) == ("onType", 7)
    assert (merged.targets.queue_depth, merged.targets.recovery_seconds) == (5, 2)
    assert [(each.path, each.line, each.message) for each in problems] == [
        ("editor settings", None, 'exclude: should be a list, not "x"; the default is used')
    ]


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(alphabet="aZ0-!\x00é", max_size=8),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(
            st.sampled_from(["exclude", "run", "targets", "queue-depth", "", "x y"]), below, max_size=3
        )
    ),
    max_leaves=8,
)
_KEYS = st.sampled_from([*(name.replace("_", "-") for name in Settings.model_fields), "tool", "", "Run"])


@hypothesis_settings(suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no fault of the inputs
@given(st.dictionaries(_KEYS, _VALUES, max_size=5))
def test_no_value_raises(values: dict[str, object]) -> None:
    settings, _ = with_overrides(Settings(), values, "editor settings")
    assert isinstance(settings, Settings)


@given(st.text(alphabet="[]{}=.\"'#\n ae1-\t", max_size=60))
def test_no_text_raises(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    root = write(tmp_path_factory.getbasetemp(), f"[tool.halfopen]\n{text}")
    assert isinstance(load_settings(root)[0], Settings)
