"""Key and chords of music that is not tuned to A = 440 Hz."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile
import soxr

from j2a.clip import Clip
from j2a.features import extract
from tests.places import DEMO


@pytest.mark.parametrize("title", ["Corner Cafe", "Harbour Waltz", "Slow Tide"])
def test_detuned_music_keeps_its_key_and_chords(tmp_path: Path, title: str) -> None:
    """45 cents lower: "Eb major", no key, and chords of B and C# minor before."""
    sound, rate = soundfile.read(DEMO / f"{title}.ogg", frames=13 * 44_100, dtype="float32")
    lower = 2 ** (-45 / 1200)
    soundfile.write(tmp_path / "lower.wav", soxr.resample(sound, rate * lower, rate), rate)
    wanted = extract(Clip(DEMO / f"{title}.ogg", 0, 9.7))
    found = extract(Clip(tmp_path / "lower.wav", 0, 9.7 / lower))
    assert found.tuning_cents == pytest.approx(-45, abs=7)
    assert found.key == wanted.key
    names = [[chord.label for chord in one.chords if chord.end_s - chord.start_s > 0.5] for one in (found, wanted)]
    assert names[0] == names[1]
    assert found.chords[-1].end_s == pytest.approx(9.7 / lower, abs=0.3)


def test_madmoms_own_engine_hears_what_is_there(tmp_path: Path) -> None:
    assert abs(extract(Clip(DEMO / "Slow Tide.ogg", 0, 5), engine="madmom").tuning_cents or 0) < 20
