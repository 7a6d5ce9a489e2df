"""The renderer plays what is written."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from j2a.errors import ModelMissingError
from training.synth.compose import Note, Piece, compose, random_plan
from training.synth.player import find_soundfont
from training.synth.render import Renderer, write_ogg


def test_a_missing_soundfont_says_where_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelMissingError, match="fluid-soundfont-gm"):
        find_soundfont(tmp_path / "none.sf2")
    monkeypatch.setenv("J2A_SOUNDFONT", str(tmp_path / "other.sf2"))
    with pytest.raises(ModelMissingError, match=r"other\.sf2"):
        find_soundfont()
    (tmp_path / "other.sf2").touch()
    assert find_soundfont() == tmp_path / "other.sf2"


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    pytest.importorskip("tinysoundfont", reason="pip install --no-deps tinysoundfont")
    try:
        return Renderer()
    except ModelMissingError as error:
        pytest.skip(str(error))


def test_the_written_pitch_sounds_at_the_written_time(renderer: Renderer) -> None:
    plan = dataclasses.replace(random_plan(0), instruments={"lead": "flute"}, duration_s=3.0)
    sound = renderer.render(Piece(plan, [Note("lead", 1.0, 2.0, 69, 100)], [], [], []))
    assert sound.shape == (3 * 44_100, 2)
    assert sound.dtype == np.float32
    assert np.abs(sound).max() == pytest.approx(0.8, abs=1e-3)
    level = np.abs(sound).mean(axis=1)
    assert level[:round(0.99 * 44_100)].max() < 1e-3
    assert level[round(1.2 * 44_100):round(1.9 * 44_100)].mean() > 0.05
    spectrum = np.abs(np.fft.rfft(sound[round(1.1 * 44_100):round(1.9 * 44_100), 0]))
    fundamental = spectrum[:round(600 * 0.8)].argmax() / 0.8
    assert fundamental == pytest.approx(440, abs=4)


def test_a_piece_does_not_sound_into_the_next(renderer: Renderer) -> None:
    piece = compose(random_plan(3, 4.0), 3)
    first = renderer.render(piece)
    renderer.render(compose(random_plan(4, 4.0), 4))
    again = renderer.render(piece)
    assert np.corrcoef(first[:, 0], again[:, 0])[0, 1] > 0.98
    silence = renderer.render(dataclasses.replace(piece, notes=[]))
    assert np.abs(silence).max() < 1e-4


def test_reverberation_rings_on(renderer: Renderer) -> None:
    plan = dataclasses.replace(random_plan(0), instruments={"lead": "marimba"}, duration_s=3.0)
    piece = Piece(plan, [Note("lead", 0.2, 0.4, 72, 110)], [], [], [])
    late = slice(round(1.8 * 44_100), None)
    dry, wet = renderer.render(piece)[late], renderer.render(piece, reverb_s=2.0, wet=0.5)[late]
    assert np.square(wet).mean() > 4 * np.square(dry).mean() + 1e-9


def test_tags_are_written(tmp_path: Path) -> None:
    from tinytag import TinyTag

    path = tmp_path / "clip.ogg"
    write_ogg(path, np.zeros((44_100, 2), np.float32), title="Harbour Waltz", artist="J2A demo", license="CC0 1.0")
    tags = TinyTag.get(path)
    assert (tags.title, tags.artist) == ("Harbour Waltz", "J2A demo")
