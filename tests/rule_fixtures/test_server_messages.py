"""What findings on endpoints say: only what the code around them bears out, as gravely as it is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from halfopen.audit.finding import Severity

from .workspaces import findings_of

SAID = [
    ("WS1C/python/bad_random_id_lets_in", Severity.MEDIUM, "only for an id that the server drew", "anyone who can reach the port"),
    ("WS1C/python/bad_id_that_anybody_may_list", Severity.CRITICAL, "lets in anyone who can reach the port", "drew"),
    ("WS1D/python/bad_one_program_connects", Severity.MONITOR, "any number of connections from one program with a valid credential", "user"),
    ("WS5A/python/bad_failed_answer_is_swallowed", Severity.CRITICAL, "goes on after a send to its client has failed: `receive_json` then raises at once", "has left"),
    ("WS5B/python/bad_program_asks_for_the_code", Severity.MEDIUM, "take_jobs, which asks for 4001, gets that refusal instead", "browser"),
    ("WS7B/python/bad_helper_receives_for_two_endpoints", Severity.MEDIUM, "`run_commands` reads `cmd`", "take_decisions"),
    ("WS8C/python/bad_model_loaded_for_each_client", Severity.HIGH, "loads a model on the event loop once for each client", "waits for"),
    ("WS8G/python/bad_answer_to_bad_json", Severity.MONITOR, "only a client that sends what cannot be read would be told", "it waits for"),
]  # fmt: skip
"""The fixture, how grave its finding is, what it says, and what it must not say."""


@pytest.mark.parametrize(("fixture", "severity", "said", "unsaid"), SAID, ids=[each[0] for each in SAID])
def test_a_message_claims_what_the_code_bears_out(
    fixture: str, severity: Severity, said: str, unsaid: str, tmp_path: Path
) -> None:
    (found,) = findings_of(fixture, tmp_path)
    assert said in found.message
    assert unsaid not in found.message
    assert found.severity is severity
