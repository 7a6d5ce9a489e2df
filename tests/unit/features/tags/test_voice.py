"""The head for voices: its file, and what it makes of values."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from j2a.features.tags import voice, wheel


def test_the_logit_is_linear() -> None:
    head = voice.VoiceHead(np.full(voice.HIDDEN, 0.5, np.float32), -1.0)
    assert head.logit(np.ones(voice.HIDDEN, np.float32)) == pytest.approx(199.0)
    assert head.logit(np.zeros(voice.HIDDEN, np.float32)) == pytest.approx(-1.0)


def test_the_head_that_comes_with_j2a_can_be_read() -> None:
    assert voice.load().weights.shape == voice.HIDDEN


@pytest.mark.parametrize("content", [
    "", "[]", "{}", '{"bias": 1}', '{"bias": "x", "weights": []}', "[" * 10_000,
    json.dumps({"bias": 0.0, "weights": [0.0] * 399}), json.dumps({"bias": float("nan"), "weights": [0.0] * 400}),
    '{"bias": 0, "weights": [1' + "0" * 400 + "," + ",".join(["0"] * 399) + "]}",
])  # fmt: skip
def test_a_damaged_file_is_told(tmp_path: Path, content: str) -> None:
    path = tmp_path / "head.json"
    path.write_text(content)
    with pytest.raises(wheel.WheelError, match="damaged"):
        voice.read(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(wheel.WheelError, match="cannot be read"):
        voice.read(tmp_path / "head.json")
