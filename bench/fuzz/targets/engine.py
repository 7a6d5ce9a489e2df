"""Lines between the callers and the engine process."""

from __future__ import annotations

from pathlib import Path

from bench.fuzz.target import Target, as_choice, chosen, told
from j2a.clip import Clip
from j2a.engine.messages import (
    Alive,
    Describe,
    DescribeMany,
    Done,
    Failed,
    FeatureReady,
    Load,
    Piece,
    Progress,
    decode_event,
    decode_request,
    encode_event,
    encode_request,
)

WAYS = ("event", "request")


def attempt(data: bytes, folder: Path) -> None:
    """A line is a message that is written as it was read, or none."""
    way, line = chosen(data, WAYS)
    if way == "request":
        try:
            decode_request(line)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):  # what the worker expects
            return
        return
    try:
        event = decode_event(line)
    except ValueError:
        return
    if isinstance(event, Failed) and event.message.strip():
        told(event.as_error())
    try:
        again = decode_event(encode_event(event))
    except ValueError as error:
        assert "JSON compliant" in str(error)  # not a number: what the engine never writes
        return
    assert again == event, "an event changes on its way"


def seeds(folder: Path) -> list[bytes]:
    """A line of each kind."""
    clip = Clip(Path("/music/a.wav"), 0.0, 10.0)
    events = (
        Progress(1, "measuring", 0.5), FeatureReady(1, "bpm", 120.0), FeatureReady(1, "key", None, "no music"),
        Piece(1, " slow"), Done(1, {"text": "Slow."}, {"total_s": 0.5}), Failed(1, "No", "It failed.", "Try again.", 3),
        Alive(1),
    )  # fmt: skip
    requests = (Load(), Describe(clip), DescribeMany([clip], [{"bpm": 120.0}]))
    return [
        *(as_choice(0, encode_event(event)) for event in events),
        *(as_choice(1, encode_request(1, request)) for request in requests),
    ]


TARGET = Target(attempt, seeds, (b'"type"', b'"request_id"', b"NaN", b"null", b"\n", b'"Failed"', b'"exit_code": 130'))
