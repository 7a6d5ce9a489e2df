"""Gravis patches as the renderer plays them: pitch, loops, envelopes, drums, and what is refused."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from j2a.errors import AudioError, J2AError
from tests.unit.training.synth.pitches import loudest_pitch, piece_for
from training.synth.compose import Note
from training.synth.patches import build
from training.synth.recordings import SAMPLE_RATE
from training.synth.render import Renderer

pytest.importorskip("tinysoundfont", reason="pip install --no-deps tinysoundfont")
RATE = 22_050
SIXTEEN, UNSIGNED, LOOPED, BACK_AND_FORTH, SUSTAINED, SHAPED = 1, 2, 4, 8, 32, 64
HIGHEST = bytes([63] * 6), bytes([255] * 6)  # an envelope that is at its highest at once


def wave(hz: float, seconds: float) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)


def write_patch(path: Path, sound: np.ndarray, root_hz: float, modes: int = SIXTEEN, loop: tuple[int, int] = (0, 0),
                envelope: tuple[bytes, bytes] = HIGHEST) -> None:  # fmt: skip
    """A patch with one sample; ``loop`` in samples."""
    if modes & SIXTEEN:
        pcm = (np.round(sound * 32767).astype(np.int32) + (32768 if modes & UNSIGNED else 0)).astype("<u2").tobytes()
    else:
        pcm = (np.round(sound * 127).astype(np.int32) + (128 if modes & UNSIGNED else 0)).astype(np.uint8).tobytes()
    width = 2 if modes & SIXTEEN else 1
    header = struct.pack(
        "<7sB3IH3IHB6s6s6sBHH36s", b"sample", 0, len(pcm), loop[0] * width, loop[1] * width, RATE, 0, 0,
        round(root_hz * 1000), 0, 7, *envelope, bytes(6), modes, 0, 1024, bytes(36),
    )  # fmt: skip
    head = bytearray(129 + 63 + 47)
    head[:22] = b"GF1PATCH110\0ID#000002\0"
    head[129 + 63 + 6] = 1
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(bytes(head) + header + pcm)


def flute_of(folder: Path) -> Renderer:
    build(folder, folder / "out.sf2")
    return Renderer(folder / "out.sf2", SAMPLE_RATE)


@pytest.mark.parametrize("modes", [SIXTEEN, SIXTEEN | UNSIGNED, 0, UNSIGNED])
def test_a_patch_plays_at_the_pitch_of_every_key(tmp_path, modes):
    write_patch(tmp_path / "Tone_000" / "073_Flute.pat", wave(450.0, 2.0), 450.0, modes)  # a third of a semitone sharp
    stem = flute_of(tmp_path).stem(piece_for("flute", [60, 69, 75]), "lead").mean(axis=1)
    seconds = [stem[start * SAMPLE_RATE :][: SAMPLE_RATE // 2] for start in range(3)]
    assert [loudest_pitch(one) for one in seconds] == pytest.approx([60, 69, 75], abs=0.05)


@pytest.mark.parametrize("direction", [0, BACK_AND_FORTH])
def test_a_loop_goes_on_while_the_key_is_held(tmp_path, direction):
    period = RATE / 441.0  # 50 samples
    sound = wave(441.0, 0.2)
    start, end = round(40.25 * period), round(80.25 * period)  # at the wave's crests, where it can turn round
    write_patch(tmp_path / "Tone_000" / "073_Flute.pat", sound, 441.0, SIXTEEN | LOOPED | direction, (start, end))
    font = flute_of(tmp_path)
    piece = piece_for("flute", [69] * 3)
    piece.notes[:] = [Note("lead", 0.0, 2.5, 69, 100)]
    stem = font.stem(piece, "lead").mean(axis=1)
    early, late = stem[SAMPLE_RATE // 20 : SAMPLE_RATE // 10], stem[2 * SAMPLE_RATE :][: SAMPLE_RATE // 4]
    assert np.abs(late).max() == pytest.approx(np.abs(early).max(), rel=0.1)
    assert loudest_pitch(late) == pytest.approx(69, abs=0.1)


def test_an_envelope_fades_a_held_note_and_a_sustained_one_stays_on_its_third_level(tmp_path):
    # At once to its highest, then down by 2 octaves of amplitude within half a second: 85 of 255 levels.
    rates = bytes([63, 0b11_000000 | 32, 63, 63, 63, 63])
    fading = rates, bytes([255, 170, 170, 0, 0, 0])
    for name, modes in (("073_Flute", SUSTAINED), ("056_Trumpet", 0)):
        write_patch(tmp_path / "Tone_000" / f"{name}.pat", wave(440.0, 4.0), 440.0, SIXTEEN | SHAPED | modes,
                    envelope=fading)  # fmt: skip
    font = flute_of(tmp_path)
    heard = {}
    for name in ("flute", "trumpet"):
        piece = piece_for(name, [69] * 4)
        piece.notes[:] = [Note("lead", 0.0, 3.5, 69, 100)]
        stem = font.stem(piece, "lead").mean(axis=1)
        heard[name] = [float(np.abs(stem[round(at * SAMPLE_RATE) :][: SAMPLE_RATE // 20]).max()) for at in (0.02, 2.0)]
    assert heard["flute"][1] / heard["flute"][0] == pytest.approx(1 / 4, rel=0.15)
    assert heard["trumpet"][1] < heard["trumpet"][0] / 30, "nothing holds it: the last levels are 0"


def test_a_lone_recording_reaches_two_octaves_and_is_held_there(tmp_path):
    sound = wave(441.0, 0.2)
    write_patch(tmp_path / "Tone_000" / "073_Flute.pat", sound, 441.0, SIXTEEN | LOOPED, (2000, 4000))
    font = flute_of(tmp_path)
    for key in (45, 93):
        piece = piece_for("flute", [69] * 5)
        piece.notes[:] = [Note("lead", 0.0, 4.8, key, 100)]
        late = font.stem(piece, "lead").mean(axis=1)[4 * SAMPLE_RATE :][: SAMPLE_RATE // 2]
        assert loudest_pitch(late) == pytest.approx(key, abs=0.1)


def test_drums_are_keys_of_a_kit(tmp_path):
    write_patch(tmp_path / "Tone_000" / "073_Flute.pat", wave(440.0, 1.0), 440.0)
    write_patch(tmp_path / "Drum_000" / "036_Kick.pat", wave(60.0, 0.3), 440.0)
    write_patch(tmp_path / "Drum_000" / "042_Hat.pat", wave(5000.0, 0.3), 440.0)
    font = flute_of(tmp_path)
    piece = piece_for("flute", [69] * 3)
    piece.plan.instruments["drums"] = "drums"
    assert font.plays(piece, "drums")
    piece.notes[:] = [Note("drums", float(at), at + 0.1, key, 100) for at, key in enumerate((36, 42, 50))]
    stem = font.stem(piece, "drums").mean(axis=1)
    kick, hat, other = (stem[start * SAMPLE_RATE :][: SAMPLE_RATE // 4] for start in range(3))
    assert loudest_pitch(kick) == pytest.approx(69 + 12 * np.log2(60 / 440), abs=0.3)
    assert loudest_pitch(hat) == pytest.approx(69 + 12 * np.log2(5000 / 440), abs=0.1)
    assert np.abs(other).max() < 1e-3, "no drum lies on that key"


def test_what_is_no_patch_is_told(tmp_path):
    with pytest.raises(J2AError, match="no patches"):
        build(tmp_path, tmp_path / "out.sf2")
    path = tmp_path / "Tone_000" / "073_Flute.pat"
    write_patch(path, wave(440.0, 0.5), 440.0)
    whole = path.read_bytes()
    write_patch(path, wave(440.0, 0.0), 440.0)
    for damaged in (path.read_bytes(), whole[: len(whole) // 2], whole[:300], b"not a patch", b""):
        path.write_bytes(damaged)
        with pytest.raises(AudioError, match="cannot be read"):
            build(tmp_path, tmp_path / "out.sf2")
