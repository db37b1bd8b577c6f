"""Paths with gaps: which ones meet, and how well."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halfopen.connections.paths import Meeting, Segment, may_meet, meet, path_text, segments_of, shape_of

BASE = Segment("{base}", many=True)


@pytest.mark.parametrize(
    ("client", "endpoint", "meeting", "shared"),
    [
        ("/ws", "/ws", Meeting.EXACT, 1),
        ("/ws/", "/ws", Meeting.EXACT, 1),
        ("/ws", "/wss", Meeting.NONE, 0),
        ("/ws", "/ws/{id}", Meeting.NONE, 0),
        ("/ws/7", "/ws/{id}", Meeting.EXACT, 1),
        ("/ws/{room}", "/ws/{id}", Meeting.EXACT, 1),
        ("/ws/{room}", "/ws/chat", Meeting.POSSIBLE, 1),
        ("/ws/room-{id}", "/ws/{name}", Meeting.EXACT, 1),
        ("/ws/room-{id}", "/ws/room-{n}", Meeting.EXACT, 1),
        ("/ws/room-{id}", "/ws/user-{n}", Meeting.NONE, 0),
        ("/ws/room", "/ws/room-{n}", Meeting.NONE, 0),
        ("/files/a/b", "/files/{rest:path}", Meeting.EXACT, 1),
        ("/files", "/files/{rest:path}", Meeting.EXACT, 1),
        ("/", "/", Meeting.EXACT, 0),
        ("/a/b/c", "/a/{x}/c", Meeting.EXACT, 2),
    ],
)
def test_how_well_two_paths_meet(client: str, endpoint: str, meeting: Meeting, shared: int) -> None:
    match = meet(segments_of(client), segments_of(endpoint))
    assert (match.meeting, match.shared if match.meeting else 0) == (meeting, shared)


def test_an_open_base_may_bring_any_number_of_segments_but_never_makes_a_match_exact() -> None:
    client = (BASE, *segments_of("/ws/live"))
    assert meet(client, segments_of("/api/v1/ws/live")).meeting is Meeting.POSSIBLE
    assert meet(client, segments_of("/ws/live")).meeting is Meeting.POSSIBLE
    assert meet(client, segments_of("/ws/other")).meeting is Meeting.NONE


def test_long_paths_of_gaps_are_matched_in_a_bounded_time() -> None:
    client = (BASE, *segments_of("/a")) * 15
    endpoint = (Segment("{p:path}", many=True), *segments_of("/a")) * 15
    assert meet(client, endpoint).meeting is Meeting.EXACT
    assert meet(client, (*endpoint, Segment("b"))).meeting is Meeting.NONE


def test_a_path_is_shown_as_it_was_written() -> None:
    assert path_text(segments_of("/ws/{id}/x")) == "/ws/{id}/x"
    assert path_text(segments_of("/ws/"), slash_at_end=True) == "/ws/"
    assert path_text(()) == "/"


SEGMENTS = st.lists(st.sampled_from(["ws", "rooms", "{id}", "room-{id}", "{rest:path}"]), max_size=4)


@given(SEGMENTS, SEGMENTS)
def test_paths_that_meet_are_never_told_apart_by_their_shapes(one: list[str], other: list[str]) -> None:
    client, endpoint = segments_of("/".join(one)), segments_of("/".join(other))
    if meet(client, endpoint).meeting is not Meeting.NONE:
        assert may_meet(shape_of(client), shape_of(endpoint))
