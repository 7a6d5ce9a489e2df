"""Every message survives the pipe."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from j2a.caption import Caption, Sampling
from j2a.clip import Clip
from j2a.engine import messages as m
from j2a.features.record import Chord, Features, Genre

CLIP = Clip(Path("/music/a b.flac"), 1.5, 11.5)


@pytest.mark.parametrize(
    "request_",
    [
        m.Load("1.0", "7b"),
        m.Extract(CLIP),
        m.Extract(CLIP, "madmom"),
        m.Describe(CLIP, features_engine="madmom"),
        m.Describe(CLIP, prompt="“short”\n", sampling=Sampling(0.7, 0.9, 12), seed=3),
        m.Inspect("doctor"),
        m.Cancel(4),
        m.Shutdown(),
    ],
)
def test_requests(request_):
    line = m.encode_request(7, request_)
    assert line.count(b"\n") == 1
    assert m.decode_request(line) == (7, request_)


@pytest.mark.parametrize(
    "event",
    [
        m.Progress(1, "measuring", 0.5),
        m.FeatureReady(1, "bpm", None, "silence"),
        m.FeatureReady(1, "beats", [0.1, 0.6]),
        m.Piece(1, " naïve ☕\n"),
        m.Done(1, {"a": [1]}, {"total_s": 0.1}, True),
        m.Failed(1, "T", "m", "h", 3),
        m.Alive(1),
    ],
)
def test_events(event):
    line = m.encode_event(event)
    assert line.count(b"\n") == 1
    assert m.decode_event(line) == event


def test_an_exit_code_that_no_command_has_is_none_of_ours():
    with pytest.raises(ValueError, match="77"):
        m.decode_event(m.encode_event(m.Failed(1, "T", "m", exit_code=77)))


def test_file_names_that_are_not_utf8_survive():
    clip = Clip(Path(os.fsdecode(b"/music/caf\xe9 [x]\n.mp3")))
    _, request = m.decode_request(m.encode_request(1, m.Extract(clip)))
    assert request == m.Extract(clip)
    assert os.fsencode(request.clip.path) == b"/music/caf\xe9 [x]\n.mp3"


def test_not_a_number_does_not_cross():
    with pytest.raises(ValueError, match="JSON"):
        m.encode_event(m.FeatureReady(1, "bpm", float("nan")))


def test_caption_and_features_round_trip():
    features = Features(
        bpm=120.0,
        beats=[0.5],
        key="A minor",
        key_probability=0.7,
        chords=[Chord(0, 1, "A:min")],
        genre=Genre("rock", 0.6),
        unknown={"meter": "too short"},
    )
    caption = Caption("text", "1.0", "mini", "abc", "facts-1/describe", "prompt", 3, Sampling(0.5), features)
    assert Caption.from_json(caption.to_json()) == caption


@pytest.mark.parametrize(
    ("start", "end"), [(-1, None), (5, 5), (5, 2), (float("nan"), None), (0, float("inf")), (10**400, None)]
)
def test_impossible_clips_are_refused(start, end):
    with pytest.raises(ValueError, match="clip"):
        Clip(Path("a.wav"), start, end)
