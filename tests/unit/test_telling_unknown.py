"""What `j2a describe` and `j2a features` say of what could not be measured: each reason once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from j2a.cli import app
from j2a.engine import client
from j2a.engine.messages import Describe, Done, Event, FeatureReady, Piece, Progress, Request
from j2a.features.record import Features

WHY = "The networks are elsewhere; this gets them: j2a models fetch networks"
NAMES = ("bpm", "beats", "downbeats", "meter", "key", "chords", "tags", "genre")


def answers(request: Request) -> Iterator[Event]:
    yield Progress(1, "measuring")
    for name in NAMES:
        yield FeatureReady(1, name, None, WHY)
    yield FeatureReady(1, "sound", None, "Silent.")
    if isinstance(request, Describe):
        yield Piece(1, "A clip.")
        yield Done(1, {"text": "A clip.", "written": ""})
    else:
        yield Done(1, Features(unknown=dict.fromkeys(NAMES, WHY)).to_json())


@pytest.fixture
def clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(client, "run", answers)
    soundfile.write(tmp_path / "a.wav", np.zeros(8000), 8000)
    return str(tmp_path / "a.wav")


def test_a_reason_is_told_once_with_all_that_it_stands_for(clip: str) -> None:
    ran = CliRunner().invoke(app, ["describe", clip])
    assert ran.stdout == "A clip.\n"
    assert ran.stderr.count(WHY) == 1
    assert f"{', '.join(NAMES)}: unknown. {WHY}" in ran.stderr
    assert "sound: unknown. Silent." in ran.stderr


def test_a_table_has_it_once(clip: str) -> None:
    ran = CliRunner().invoke(app, ["features", clip])
    assert (ran.stdout + ran.stderr).count(WHY) == 1
    assert "chords     unknown: for the same reason as bpm" in ran.stdout
