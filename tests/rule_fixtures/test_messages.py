"""What findings say: only what the code around them bears out, as gravely as it is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from halfopen.audit.finding import Severity

from .workspaces import findings_of

SAID = [
    ("WS5B/react/bad_few_attempts_before_accept", Severity.MONITOR, "refuses (HTTP 403, which a browser shows as 1006) is turned away 3 times more", "1008"),
    ("WS1A/react/bad_parallel_while_connecting", Severity.MEDIUM, "refuses a second socket only once the first is open", "close event"),
    ("WS1B/react/bad_first_socket_alone.tsx", Severity.HIGH, "closes only the socket that its effect made first", "never closes"),
    ("WS2A/react/bad_low_switched_on_for_one_job.tsx", Severity.HIGH, "an option keeps react-use-websocket from connecting again", "no option"),
    ("WS2A/react/bad_connects_again_to_send", Severity.MEDIUM, "connects again only to send: after a restart of the server or a dropped network nothing arrives until `ask` runs again", "reload"),
    ("WS2A/react/bad_counted_before_it_is_asked", Severity.HIGH, "gives up after 4 attempts (about 12 s)", "5 attempts"),
    ("WS2A/react/bad_replaced_by_a_bare_socket", Severity.HIGH, "no close handler is told when it ends", "does not connect again"),
    ("WS2A/react/bad_switched_by_a_button", Severity.HIGH, "until it is reloaded or `isLive` is switched off and on", "called"),
    ("WS2A/react/bad_opened_by_an_act", Severity.HIGH, "until it is reloaded or `loadExample` is called again", "`connect`"),
    ("WS2D/react/bad_service_keeps_it_to_itself", Severity.MEDIUM, "nothing says that messages may be missing", "last data"),
    ("WS2C/react/bad_last_message_in_a_gap", Severity.HIGH, "waits for the message that ends its work", "never made up for"),
    ("WS5C/react/bad_fetched_once", Severity.MEDIUM, "once the connection is lost nothing asks for it again, and the page does not say", "chooses"),
    ("WS5C/react/bad_fetched_when_chosen", Severity.MEDIUM, "when a person opens, chooses or changes something", "nothing asks for it again"),
    ("WS5C/react/bad_fetched_and_told", Severity.MEDIUM, "once the connection is lost nothing asks for it again", "does not say"),
    ("WS2D/react/bad_callback_only_reconnects", Severity.MEDIUM, "the page shows its last data as if they were live", "missing"),
    ("WS3A/react/bad_low_listener_of_an_editor.tsx", Severity.MEDIUM, "Board drops `update` and tells nobody", "off"),
    ("WS3A/react/bad_held_once_open.tsx", Severity.HIGH, "is sent if there is a socket, open or not: after it closed, the message vanishes", "while it connects"),
    ("WS6A/react/bad_value_set_early_with_reconnect.tsx", Severity.MEDIUM, "`chosen` is set before the server has answered", "outage"),
    ("WS6A/react/bad_draft_emptied_by_events.tsx", Severity.HIGH, "Messages make `active` another object, and the effect on it empties `draft`", "answer"),
    ("WS6A/react/bad_editor_set_whole.tsx", Severity.HIGH, "what another one sends replaces what was typed meanwhile", "before the server"),
    ("WS6A/react/bad_switch_never_corrected.tsx", Severity.MEDIUM, "`isOn` changes as soon as the control is moved, and nothing that comes over the socket sets it", "takes it back"),
    ("WS6A/react/bad_list_and_socket_start_together.tsx", Severity.MEDIUM, "Both messages and answers to requests set `tickets`", "typed"),
    ("WS6B/react/bad_effect_on_the_latest_message.tsx", Severity.HIGH, "each render runs the effect that acts on `lastMessage`, which sets `job` and so leads to the next render, without end", "reopens"),
    ("WS6B/react/bad_callback_given_once", Severity.MEDIUM, "keeps `lines` as it was then, and is not handed over anew when it changes", "made anew"),
    ("WS6B/react/bad_data_among_the_dependencies.tsx", Severity.MEDIUM, "`pins` is another object whenever it is set, and the effect does not read it", "each render"),
    ("WS1B/react/bad_interval_of_a_sender", Severity.HIGH, "The interval of Joystick is never cleared", "RobotProvider"),
    ("WS2B/react/bad_low_waits_in_a_promise.ts", Severity.MONITOR, "grow from 1 s to 4 s and hold no chance", "no delay"),
    ("WS5B/react/bad_refused_for_ever", Severity.HIGH, "a client that jobs refuses (4401) is turned away again and again, without end", "renewed"),
    ("WS5B/react/bad_refused_until_renewed", Severity.MEDIUM, "refuses (HTTP 403, which a browser shows as 1006) is turned away again and again, without end, until something else has renewed the token", "4401"),
    ("WS5B/react/bad_nobody_is_refused", Severity.MONITOR, "readings refuses nobody today", "1009"),
    ("WS5B/react/bad_attempts_left", Severity.MEDIUM, "a client that jobs refuses (4401) is turned away 5 times more", "without end"),
    ("WS5B/react/bad_done_is_asked_again", Severity.MEDIUM, "after 4000, with which report closes, it asks again without end", "1008"),
    ("WS8E/react/bad_desktop_program", Severity.MONITOR, "works where its server was started on the same machine", "developer alone"),
    ("WS8E/react/bad_localhost.tsx", Severity.HIGH, "works for its developer alone", "desktop"),
    ("WS7C/python/bad_broadcast_that_also_tidies_up", Severity.HIGH, "goes out to every client", "task"),
    ("WS7D/python/bad_job_publishes_its_error", Severity.MEDIUM, "What `job_progress` sends its clients holds the text of `error`", "caused the error"),
    ("WS7D/react/bad_program_writes_its_output", Severity.MEDIUM, "writes whole messages to its output: what they say is there in clear, for everybody who reads the logs", "browser"),
    ("WS7D/react/bad_every_message_logged", Severity.MEDIUM, "writes whole messages to the browser's console: what they say is there in clear, for every extension", "users"),
    ("WS7D/react/bad_one_type_logged", Severity.MEDIUM, "writes `question` messages whole to the browser's console", "whole messages"),
    ("WS1B/python/bad_key_is_never_made", Severity.HIGH, "has one key for all clients", "reconnects"),
    ("WS1B/python/bad_two_tasks_left_by_one_way", Severity.MEDIUM, "at best until a send of its own fails", "alive"),
    ("WS1C/python/bad_random_id_lets_in", Severity.MEDIUM, "only for an id that was drawn at random", "anyone who can reach the port"),
    ("WS1C/python/bad_id_that_anybody_may_list", Severity.CRITICAL, "lets in anyone who can reach the port", "drew"),
    ("WS1C/python/bad_orders_of_the_account", Severity.HIGH, "a stranger can get what it sends", "random"),
    ("WS1C/python/bad_random_numbers_through_a_broker", Severity.MONITOR, "what it sends so far is made of random numbers", "can get"),
    ("WS1D/python/bad_one_program_connects", Severity.MONITOR, "any number of connections from one program with a valid credential", "user"),
    ("WS3A/python/bad_whole_note_over_a_live_list", Severity.MONITOR, "until the next one, which is the whole state again", "stored"),
    ("WS3A/python/bad_last_line_of_a_kept_job", Severity.MEDIUM, "which misses the message", "whole state"),
    ("WS3A/python/bad_told_before_it_is_stored", Severity.HIGH, "those after it miss the message", "stored"),
    ("WS3A/python/bad_presence_over_a_live_dict", Severity.MEDIUM, "whose content is stored before or soon passes", "whole state"),
    ("WS3D/python/bad_reader_fills_a_queue", Severity.MEDIUM, "the loop that reads the client fills it without waiting for whoever works it off", "stopped reading"),
    ("WS1B/python/bad_task_with_the_handlers_session", Severity.HIGH, "may go on after watch has ended, with a database session that the handler closes then", "client has left"),
    ("WS1B/python/bad_broadcast_prunes_others", Severity.MEDIUM, "any other error leaves it there; it stays until a broadcast to it fails", "skips"),
    ("WS5A/python/bad_failed_answer_is_swallowed", Severity.CRITICAL, "goes on after a send to its client has failed: `receive_json` then raises at once", "has left"),
    ("WS5B/python/bad_program_asks_for_the_code", Severity.MEDIUM, "take_jobs, which asks for 4001, gets that refusal instead", "browser"),
    ("WS5B/python/bad_handler_of_a_library_returns_after_an_error", Severity.MEDIUM, "returns as if all were done, and websockets closes with 1000", "uvicorn"),
    ("WS5B/python/bad_server_program_leaves_it_open", Severity.MEDIUM, "daphne leaves the socket open", "1006"),
    ("WS5D/python/bad_short_task_catches_all", Severity.MONITOR, "may be collected before it is done, and it cannot be cancelled", "exception"),
    ("WS5D/python/bad_done_tasks_unread", Severity.MEDIUM, "an error in it is taken for the end of the connection", "any log"),
    ("WS5A/python/bad_broadcaster_sleeps_and_goes_on", Severity.MEDIUM, "they receive nothing, as if there were nothing to send", "client that left"),
    ("WS5D/python/bad_request_awaits_a_broadcast", Severity.MEDIUM, "the caller gets a 500 for a change that is already saved", "sender's connection"),
    ("WS5D/python/bad_task_in_a_plain_route", Severity.HIGH, "raises RuntimeError, the request add_reaction fails with it, and nothing is ever sent from there", "collected"),
    ("WS5D/python/bad_listener_is_only_kept", Severity.HIGH, "the clients of prices stay connected and receive nothing more", "collected"),
    ("WS5D/python/bad_poller_of_a_job", Severity.MEDIUM, "One failure of its source ends `self._poll()` for good", "collected"),
    ("WS5D/python/bad_state_behind_the_pushes", Severity.HIGH, "nothing brings `latest` up to date any more, and telemetry goes on with what is there as if it were new", "receive nothing"),
    ("WS5D/python/bad_match_kept_under_its_key", Severity.HIGH, "ends `self._play()` for good: nothing brings `Match.moves` up to date", "collected"),
    ("WS5D/react/bad_retry_of_a_rejecting_promise.ts", Severity.MEDIUM, "whenever `reject(error)` runs, that attempt ends in an unhandled rejection", "nothing tries again"),
    ("WS5D/react/bad_snapshot_beside_the_socket.tsx", Severity.MEDIUM, "is started beside the socket of Users", "no socket"),
    ("WS5D/react/bad_request_of_a_message.tsx", Severity.MEDIUM, "when it fails, what the message asked for is not done", "chain"),
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
