"""Soundfonts made from recorded notes, as the renderer plays them."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from j2a.errors import AudioError, J2AError
from tests.unit.training.synth.pitches import loudest_pitch, piece_for
from training.synth.production import record
from training.synth.recordings import SAMPLE_RATE, build
from training.synth.render import Renderer
from training.synth.soundfont import Recorded, write_soundfont

pytest.importorskip("tinysoundfont", reason="pip install --no-deps tinysoundfont")
VIOLIN, FLUTE = 40, 73


def tone(pitch: float, seconds: float = 2.0) -> np.ndarray:
    times = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return (0.3 * np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * times)).astype(np.float32)


def test_every_key_plays_the_nearest_recording_at_its_own_pitch(tmp_path):
    path = tmp_path / "two.sf2"
    write_soundfont(path, "Two", {VIOLIN: [Recorded(60, tone(60)), Recorded(72, tone(72) * 0.5)]}, SAMPLE_RATE)
    stem = Renderer(path, SAMPLE_RATE).stem(piece_for("violin", [55, 60, 65, 67, 80]), "lead").mean(axis=1)
    seconds = [stem[start * SAMPLE_RATE :][: SAMPLE_RATE // 2] for start in range(5)]
    assert [loudest_pitch(one) for one in seconds] == pytest.approx([55, 60, 65, 67, 80], abs=0.05)
    levels = [float(np.sqrt(np.square(one).mean())) for one in seconds]
    assert levels[3] == pytest.approx(levels[0] / 2, rel=0.1), "67 is nearer to 72, whose recording is half as loud"
    assert levels[2] == pytest.approx(levels[0], rel=0.1)
    assert np.abs(stem[-SAMPLE_RATE // 20 :]).max() < 0.01, "let go, and dead after a quarter of a second"


def test_what_a_soundfont_lacks_another_one_plays(tmp_path):
    for name, program in (("violin", VIOLIN), ("flute", FLUTE)):
        write_soundfont(tmp_path / name, name, {program: [Recorded(66, tone(66))]}, SAMPLE_RATE)
    violin, flute = (Renderer(tmp_path / name, SAMPLE_RATE) for name in ("violin", "flute"))
    piece = piece_for("flute", [70, 72])
    assert not violin.plays(piece, "lead") and flute.plays(piece, "lead")
    assert violin.plays(piece_for("violin", [70]), "lead")
    for seed in range(4):  # also where all parts are to come from the violin's soundfont
        assert record(piece, [violin, violin, flute], seed)[1] == {"lead"}
    assert record(piece, [violin], 1)[1] == set()


def test_a_part_that_an_instrument_has_no_register_for_another_soundfont_plays(tmp_path):
    write_soundfont(tmp_path / "low", "low", {FLUTE: [Recorded(40, tone(40))]}, SAMPLE_RATE)
    write_soundfont(tmp_path / "high", "high", {FLUTE: [Recorded(72, tone(72))]}, SAMPLE_RATE)
    low, high = (Renderer(tmp_path / name, SAMPLE_RATE) for name in ("low", "high"))
    piece = piece_for("flute", [70, 72])
    assert record(piece, [low], 1)[1] == set()
    assert all(record(piece, [low, low, high], seed)[1] == {"lead"} for seed in range(6))


def test_a_part_with_a_tone_of_its_own_stays_the_same_music(tmp_path):
    write_soundfont(tmp_path / "flute", "flute", {FLUTE: [Recorded(66, tone(66))]}, SAMPLE_RATE)
    font, piece = Renderer(tmp_path / "flute", SAMPLE_RATE), piece_for("flute", [70, 72])
    plain, again = record(piece, [font], 3)[0], record(piece, [font], 3)[0]
    toned, twice = record(piece, [font], 3, toned=True)[0], record(piece, [font], 3, toned=True)[0]
    assert np.array_equal(plain, again) and np.array_equal(toned, twice)
    assert not np.allclose(plain, toned, atol=1e-3)
    assert loudest_pitch(toned[2000:8000]) == pytest.approx(loudest_pitch(plain[2000:8000]), abs=0.05)


def test_recordings_become_a_soundfont(tmp_path):
    for name, pitch in (("A3", 57), ("Cs5", 73), ("D#6v10", 87)):
        silence = np.zeros(SAMPLE_RATE // 2, np.float32)
        (tmp_path / "notes" / "flute").mkdir(parents=True, exist_ok=True)
        soundfile.write(tmp_path / f"notes/flute/{name}.mp3", np.concatenate([silence, tone(pitch)]), SAMPLE_RATE)
    (tmp_path / "notes" / "flute" / "index.js").write_text("")
    build(tmp_path / "notes", tmp_path / "out.sf2")
    font = Renderer(tmp_path / "out.sf2", SAMPLE_RATE)
    stem = font.stem(piece_for("flute", [60]), "lead").mean(axis=1)
    assert loudest_pitch(stem[: SAMPLE_RATE // 2]) == pytest.approx(60, abs=0.05)
    assert np.abs(stem[: SAMPLE_RATE // 20]).max() > 0.01, "the silence before a note is cut off"


def test_what_is_no_recording_is_told(tmp_path):
    with pytest.raises(J2AError, match="no instrument"):
        build(tmp_path, tmp_path / "out.sf2")
    (tmp_path / "harp").mkdir()
    (tmp_path / "harp" / "C4.mp3").write_text("not audio")
    with pytest.raises(AudioError, match="cannot be read"):
        build(tmp_path, tmp_path / "out.sf2")
    with pytest.raises(ValueError, match="rise"):
        write_soundfont(tmp_path / "x.sf2", "x", {0: [Recorded(60, tone(60)), Recorded(60, tone(60))]}, SAMPLE_RATE)
