"""The corpus of the built-in model: plans, facts, production, and folders that are continued or refused."""

from __future__ import annotations

import dataclasses
import json
import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile

from j2a.errors import J2AError, ModelMissingError
from training.captions.facts import FAMILIES, tempo_class
from training.datasets.table import read_table
from training.synth import corpus
from training.synth.compose import Note, Piece, compose
from training.synth.orchestra import FAMILY_OF
from training.synth.patterns import BASS, CHORDS, DRUMS, MELODY
from training.synth.production import RENDER_RATE, SAMPLE_RATE, _built, _finish, record
from training.synth.render import Renderer
from training.synth.styles import DRUMS as STROKES
from training.synth.styles import INSTRUMENTS
from training.synth.variety import facts, varied_plan


def test_everything_a_plan_can_name_exists() -> None:
    assert set(FAMILY_OF) <= set(INSTRUMENTS)
    assert set(FAMILY_OF.values()) == set(FAMILIES)
    assert {stroke for bars in DRUMS.values() for bar in bars for stroke in bar} <= set(STROKES)
    for beats in (2, 3, 4):
        patterns = [*BASS[beats], *CHORDS[beats], *MELODY[beats], *(p for bar in DRUMS[beats] for p in bar.values())]
        assert all(len(pattern) % (3 if beats < 4 else 4) == 0 for pattern in patterns)


def test_plans_vary_and_nothing_depends_on_another_thing() -> None:
    plans = [varied_plan(seed) for seed in range(3000)]
    assert plans[5] == varied_plan(5)
    assert {plan.key for plan in plans} >= {"C major", "F# minor", "D dorian"}
    assert Counter(plan.meter for plan in plans).keys() == {"4/4", "3/4", "6/8"}
    tempi = Counter(tempo_class(plan.bpm) for plan in plans)
    assert min(tempi.values()) > 700
    drums = [tempo_class(plan.bpm) for plan in plans if "drums" in plan.instruments]
    for name, count in tempi.items():
        assert abs(drums.count(name) / len(drums) - count / 3000) < 0.05, "drums say nothing about the tempo"
    families = Counter(FAMILY_OF[name] for plan in plans for part, name in plan.instruments.items() if part != "drums")
    assert set(families) == set(FAMILIES) and min(families.values()) > 100


def test_facts_are_those_of_the_parts_that_are_heard() -> None:
    for seed in range(200):
        piece = compose(varied_plan(seed), seed)
        playing = set(piece.plan.instruments)
        known = facts(piece, playing)
        assert known["drums"] == ("drums" in playing)
        assert known["instruments"] == sorted({FAMILY_OF[n] for p, n in piece.plan.instruments.items() if p != "drums"})
        silent = facts(piece, set())
        assert (silent["instruments"], silent["drums"], silent["chords"]) == ([], False, [])
        assert not (known["energy"] == "calm" and known["drums"])


def test_six_eight_has_two_beats_of_three() -> None:
    plan = next(plan for plan in map(varied_plan, range(100)) if plan.meter == "6/8")
    piece: Piece = compose(plan, 1)
    between = np.diff(piece.downbeats)
    assert np.allclose(between, 2 * 60 / plan.bpm)


def test_production_keeps_length_and_bounds() -> None:
    tone = np.sin(np.arange(SAMPLE_RATE * 2) * 0.2).astype(np.float32)
    for seed in range(40):
        sound = _finish(tone, random.Random(seed))
        assert sound.shape == tone.shape and sound.dtype == np.float32
        assert np.isfinite(sound).all() and 0.01 < np.abs(sound).max() < 1.0


@pytest.fixture(scope="module")
def soundfont() -> Path:
    pytest.importorskip("tinysoundfont", reason="pip install --no-deps tinysoundfont")
    try:
        return Renderer(sample_rate=8000).soundfont
    except ModelMissingError as error:
        pytest.skip(str(error))


def test_an_instrument_built_smaller_keeps_pitch_and_time(soundfont: Path) -> None:
    font = Renderer(soundfont, RENDER_RATE)
    plan = dataclasses.replace(varied_plan(0), instruments={"lead": "flute"}, duration_s=2.0)
    piece = Piece(plan, [Note("lead", 1.0, 1.8, 69, 100)], [], [], [])
    stems = [_built(piece, "lead", font, semitones) for semitones in (-3, 0, 3)]
    for stem in stems:
        assert stem.shape == (2 * RENDER_RATE,)
        assert np.abs(stem[: round(0.98 * RENDER_RATE)]).max() < 1e-3 < np.abs(stem).max()
        heard = stem[round(1.2 * RENDER_RATE) : round(1.7 * RENDER_RATE)]
        assert np.abs(np.fft.rfft(heard))[: 600 // 2].argmax() * 2 == pytest.approx(440, abs=6)
    assert not np.allclose(stems[0], stems[1], atol=1e-3) and not np.allclose(stems[1], stems[2], atol=1e-3)


def _make(out: Path, soundfont: Path, clips: int = 5, **changed) -> list[int]:
    return list(corpus.make(out, [soundfont], clips, "train", duration_s=2.0, workers=1, **changed))


def test_a_corpus_is_the_same_however_it_was_made(soundfont: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(corpus, "PART_CLIPS", 2)
    assert _make(tmp_path / "a", soundfont) == [0, 2, 4, 5]
    rows = read_table(tmp_path / "a")
    assert len(rows) == 5 and len({row.id for row in rows}) == 5
    for row in rows:
        sound, rate = soundfile.read(tmp_path / "a" / row.audio)
        assert (sound.shape, rate) == ((2 * SAMPLE_RATE,), SAMPLE_RATE)
        assert len(row.captions) == len(row.facts["asked"])
    # Interrupted before its second part was done, and continued.
    _make(tmp_path / "b", soundfont)
    (tmp_path / "b" / "clips.jsonl").unlink()
    (tmp_path / "b" / "parts" / "00001.jsonl").unlink()
    for row in rows[2:4]:
        (tmp_path / "b" / row.audio).write_bytes(b"half a file")
    assert _make(tmp_path / "b", soundfont) == [3, 5]
    for name in ("clips.jsonl", *(row.audio for row in rows)):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_another_corpus_is_not_written_over(soundfont: Path, tmp_path: Path) -> None:
    _make(tmp_path / "a", soundfont, 1)
    with pytest.raises(J2AError, match="other settings"):
        _make(tmp_path / "a", soundfont, 2)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "song.txt").touch()
    for place in (tmp_path / "mine", tmp_path / "mine" / "song.txt"):
        with pytest.raises(J2AError, match="not an empty folder"):
            _make(place, soundfont)
    assert json.loads((tmp_path / "a" / corpus.SETTINGS).read_text())["clips"] == 1
    with pytest.raises(ModelMissingError):
        _make(tmp_path / "c", tmp_path / "none.sf2")


def test_clips_to_learn_from_have_tones_of_their_own_and_the_others_do_not(soundfont, tmp_path, monkeypatch) -> None:
    fonts = [Renderer(soundfont, RENDER_RATE)]
    monkeypatch.setattr(corpus, "_fonts", fonts)
    for split, seed in (("train", 0), ("valid", 10_000_000), ("test", 20_000_000)):
        row = corpus._make_clip(tmp_path, corpus.Corpus(1, split, 0, 2.0, (), ()), 0)  # type: ignore[arg-type]
        heard, _ = soundfile.read(tmp_path / row.audio)
        piece = compose(varied_plan(seed, 2.0), seed)
        same = [np.allclose(heard, record(piece, fonts, seed, toned=toned)[0], atol=1e-4) for toned in (True, False)]
        assert same == [split == "train", split != "train"]


def test_every_clip_gets_two_of_the_soundfonts_that_take_turns(soundfont, tmp_path, monkeypatch) -> None:
    given: list[list[str]] = []

    def listen(piece, fonts, seed, *, toned):
        given.append(fonts)
        return record(piece, [Renderer(soundfont, RENDER_RATE)], seed, toned=toned)

    monkeypatch.setattr(corpus, "_fonts", ["always"])
    monkeypatch.setattr(corpus, "_drawn", ["a", "b", "c", "d"])
    monkeypatch.setattr(corpus, "record", listen)
    for number in [*range(12), 0]:
        corpus._make_clip(tmp_path, corpus.Corpus(20, "train", 0, 2.0, (), ()), number)
    assert all(len(set(fonts)) == 3 and fonts[0] == "always" for fonts in given)
    assert {font for fonts in given for font in fonts[1:]} == {"a", "b", "c", "d"}
    assert given[0] == given[-1], "the same clip gets the same ones"
