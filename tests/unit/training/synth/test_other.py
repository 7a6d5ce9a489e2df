"""The composer for testing: the same for the same seed, true to its notes, and a stranger to the first one."""

from __future__ import annotations

import dataclasses
import json
import random
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from training.captions.facts import ALL_KEYS, ENERGIES, FAMILIES, METERS, TEMPI, tempo_class
from training.datasets.table import read_table
from training.synth import corpus
from training.synth.other.drums import GROOVES, drumming, lane
from training.synth.other.harmony import FORMS, KINDS, Chord, read_form, scale_over, voice
from training.synth.other.idioms import IDIOMS
from training.synth.other.instruments import INSTRUMENTS
from training.synth.other.mixing import mix, room, tilted
from training.synth.other.performing import perform, seconds
from training.synth.other.plan import BEATS, Plan, draw_plan
from training.synth.other.score import Played
from training.synth.other.truth import facts
from training.synth.other.writing import write
from training.synth.player import Player
from training.synth.settings import SynthSettings
from training.synth.soundfont import Recorded, write_soundfont

SEEDS = range(400)
CHORD_OFF_S = 0.1  # swing, looseness and the spread of a strum, all together


@cache
def piece(seed: int) -> tuple[Plan, dict[str, list[Played]], dict]:
    plan = draw_plan(seed)
    played = perform(plan, write(plan, seed), seed)
    return plan, played, facts(plan, played, set(played))


def test_the_same_seed_gives_the_same_piece_and_another_one_another() -> None:
    for seed in range(20):
        plan = draw_plan(seed)
        assert plan == piece(seed)[0] and perform(plan, write(plan, seed), seed) == piece(seed)[1]
    assert len({(draw_plan(seed).bpm, draw_plan(seed).tonic) for seed in range(50)}) == 50


def test_every_family_meter_tempo_and_idiom_occurs_often_enough_to_be_judged() -> None:
    known = [piece(seed)[2] for seed in SEEDS]
    families = Counter(name for one in known for name in one["instruments"])
    assert set(families) == set(FAMILIES) and min(families.values()) >= 12
    for name, values in (("meter", METERS), ("tempo", TEMPI), ("energy", ENERGIES)):
        counts = Counter(one[name] for one in known)
        assert set(counts) == set(values) and min(counts.values()) >= 30, name
    assert {one["style"] for one in known} == {idiom.style for idiom in IDIOMS}
    assert 0.3 < np.mean([one["drums"] for one in known]) < 0.6
    assert 0.02 < np.mean([one["distortion"] for one in known]) < 0.2
    assert len({one["key"] for one in known if one.get("key") in ALL_KEYS}) == 24


def test_facts_are_those_of_the_parts_that_sound() -> None:
    for seed in SEEDS:
        plan, played, known = piece(seed)
        playing = [part.instrument for part in plan.parts if part.name in played]
        assert known["instruments"] == sorted({one.family for one in playing if one})
        assert known["drums"] == (None in playing) and known["vocals"] is False
        assert known["distortion"] == any(one.distorted for one in playing if one)
        assert known["tempo"] == tempo_class(known["bpm"])
        none = facts(plan, played, set())
        assert (none["instruments"], none["drums"], none["chords"]) == ([], False, [])
        assert not (known["energy"] == "calm" and known["drums"])


def test_drums_keep_the_tempo_and_the_meter_that_the_truth_names() -> None:
    """Strokes sit on a grid of the beat; in every bar the same places are the strong ones."""
    checked = Counter()
    for seed in SEEDS:
        plan, played, known = piece(seed)
        if plan.swing != 0.5 or "drums" not in played or plan.gap[1] or plan.last:
            continue
        beat_s, parts = 60 / known["bpm"], 3 if known["meter"] == "6/8" else 4
        places = np.array([(one.start_s + plan.cut_s) / beat_s * parts for one in played["drums"]])
        off_s = np.abs(places - places.round()) * beat_s / parts
        assert np.quantile(off_s, 0.9) < 0.045
        kicks = np.array([one.start_s for one in played["drums"] if one.pitch in (35, 36)])
        per_bar = BEATS[known["meter"]]
        bars = (kicks + plan.cut_s) / beat_s / per_bar
        if len(bars) > 4:
            held = Counter(np.round((bars % 1) * per_bar * parts).astype(int) % (parts * per_bar))
            assert held.most_common(1)[0][1] >= 0.6 * (bars.max() - bars.min())
            checked[known["meter"]] += 1
    assert set(checked) == set(METERS)


def test_a_walking_bass_has_a_note_a_beat() -> None:
    walks = [(seed, part) for seed in SEEDS for part in piece(seed)[0].parts if part.role == "walk"]
    assert len(walks) > 10
    for seed, part in walks:
        plan, played, known = piece(seed)
        if plan.gap[1] or plan.last:
            continue
        between = np.diff([one.start_s for one in played[part.name] if one.velocity > 0.6 * 127 * plan.touch])
        assert np.median(between) == pytest.approx(60 / known["bpm"], rel=0.03)


def test_root_and_third_of_every_named_chord_sound_while_it_lasts() -> None:
    named = 0
    for seed in SEEDS:
        plan, played, known = piece(seed)
        tonal = [one for part in plan.parts if part.instrument for one in played.get(part.name, [])]
        ends = [chord["end_s"] for chord in known["chords"]]
        assert [chord["start_s"] for chord in known["chords"][1:]] == ends[:-1]
        assert not ends or (known["chords"][0]["start_s"], ends[-1]) == (0.0, plan.duration_s)
        for chord in known["chords"]:
            if chord["label"] == "N" or chord["end_s"] - chord["start_s"] < 0.5:
                continue
            root, kind = chord["label"].split(":")
            at = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"].index(root)
            sounding = {one.pitch % 12 for one in tonal
                        if one.start_s < chord["end_s"] and one.end_s > chord["start_s"]}  # fmt: skip
            assert {at, (at + {"maj": 4, "min": 3}[kind]) % 12} <= sounding
            named += 1
    assert named > 800


def test_chords_are_struck_where_the_truth_says_that_they_change() -> None:
    pads = [seed for seed in SEEDS if any(part.role == "pads" for part in piece(seed)[0].parts)]
    for seed in pads:
        plan, played, known = piece(seed)
        for part in plan.parts:
            if part.role == "pads" and part.name in played and not plan.gap[1]:
                starts = np.array([one.start_s for one in played[part.name]])
                for chord in known["chords"]:
                    if chord["label"] != "N" and chord["start_s"] > 0:
                        assert np.abs(starts - chord["start_s"]).min() < CHORD_OFF_S


def test_the_tonic_of_the_named_key_is_among_the_chords_of_the_clip() -> None:
    for seed in SEEDS:
        plan, _, known = piece(seed)
        if "key" in known:
            shown = [span for span in plan.spans if seconds(plan, span.end) > 0.3 and seconds(plan, span.start) < 9.7]
            assert any(span.chord.root == plan.tonic for span in shown)
            assert known["key"].split()[1] == plan.mode


def test_notes_stay_in_the_range_of_their_instrument_and_in_the_clip() -> None:
    for seed in SEEDS:
        plan, played, _ = piece(seed)
        for part in plan.parts:
            for one in played.get(part.name, []):
                assert one.end_s > max(0.0, one.start_s) and one.start_s < plan.duration_s and 1 <= one.velocity <= 127
                if part.instrument:
                    assert part.instrument.low - 12 <= one.pitch <= part.instrument.high + 12


def test_all_that_idioms_name_exists_and_every_form_can_be_read() -> None:
    for idiom in IDIOMS:
        for text in idiom.parts:
            names = text.partition(" ?")[0].partition(": ")[2].split(" | ")
            assert names == ["same"] or set(names) <= set(INSTRUMENTS)
        assert set(idiom.sources) <= set(FORMS) and set(idiom.grooves) <= set(GROOVES)
        assert set(idiom.meters) <= set(METERS)
    for forms in FORMS.values():
        for mode, ways in forms.items():
            assert all(any(chord.root == 4 for chord, _ in read_form(form, 4)) for form in ways), mode
    with pytest.raises(ValueError, match="not a chord"):
        read_form("1 9:maj", 0)
    for meters in GROOVES.values():
        for meter, lanes in meters.items():
            assert all(0 <= one.at < BEATS[meter] for strokes in lanes.values() for one in lane(strokes))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, 11), st.sampled_from(sorted(KINDS)), st.integers(2, 5), st.integers(36, 60), st.integers(0, 99))
def test_a_voicing_has_root_and_third_and_stays_in_its_range(root: int, kind: str, size: int, low: int, seed: int):

    chord = Chord(root, kind, root)
    found = voice(chord, size, low, low + 24, (), random.Random(seed))
    assert all(low <= pitch <= low + 24 and pitch % 12 in chord.tones for pitch in found)
    assert set(chord.tones[:2]) <= {pitch % 12 for pitch in found}
    assert set(chord.tones) <= scale_over(chord, root, "dorian")


def test_swing_moves_what_is_between_the_beats_alone() -> None:
    plan = next(one for one in map(draw_plan, SEEDS) if one.swing > 0.6)
    assert seconds(plan, 4) - seconds(plan, 3) == pytest.approx(plan.beat_s)
    assert (seconds(plan, 3.5) - seconds(plan, 3)) / plan.beat_s == pytest.approx(plan.swing)
    strokes = drumming("swing", "4/4", 4, 4, random.Random(0))
    assert max(one.at for one in strokes) < 16


def test_it_imports_nothing_of_the_first_composer_but_the_player() -> None:
    code = "import sys, training.synth.other.clip; print(*(n for n in sys.modules if n.startswith('training.')))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {name for name in found if name.startswith("training.synth.") and ".other" not in name} == {
        "training.synth.made",
        "training.synth.player",
    }
    assert {name for name in found if not name.startswith("training.synth")} == {
        "training.captions", "training.captions.facts"
    }  # fmt: skip


def test_only_a_test_set_can_be_made_with_it() -> None:
    assert SynthSettings(composer="other", split="test").composer == "other"
    for split in ("train", "valid"):
        with pytest.raises(ValueError, match="testing only"):
            SynthSettings(composer="other", split=split)  # type: ignore[arg-type]


def test_a_room_dies_away_and_a_tilt_keeps_the_middle() -> None:
    rate, click = 8000, np.zeros((16_000, 2), np.float32)
    click[0] = 1.0
    wet = room(click, 0.5, rate)
    assert np.square(wet[:2000]).sum() > 100 * np.square(wet[8000:]).sum() and np.isfinite(wet).all()
    tone = np.sin(np.arange(16_000) / rate * 2 * np.pi * 1000)[:, None].repeat(2, 1).astype(np.float32)
    assert np.allclose(tilted(tone, 3.0, rate), tone, atol=0.02)


@pytest.fixture(scope="module")
def soundfont(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every program the same plucked tone, and clicks for drums: as little as the player needs."""
    pytest.importorskip("tinysoundfont", reason="pip install --no-deps tinysoundfont")
    rate, times = 32_000, np.arange(48_000) / 32_000
    notes = [Recorded(pitch, (0.3 * np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * times) * np.exp(-times))
                      .astype(np.float32)) for pitch in range(36, 97, 12)]  # fmt: skip
    clicks = [Recorded(key, (0.5 * np.exp(-times[:4000] * 60)).astype(np.float32)) for key in range(35, 83)]
    path = tmp_path_factory.mktemp("font") / "tiny.sf2"
    programs = {one.program: notes for one in INSTRUMENTS.values()}
    write_soundfont(path, "Tiny", programs, rate, clicks)
    return path


def test_a_part_that_would_hardly_be_heard_is_not_mixed_in(soundfont: Path) -> None:

    font = Player(soundfont, 32_000)
    plan, played, _ = next(piece(seed) for seed in SEEDS if len(piece(seed)[1]) == 3 and not piece(seed)[2]["drums"])
    _, heard = mix(plan, played, font, 0)
    assert heard == set(played)
    faint = dataclasses.replace(plan, parts=(dataclasses.replace(plan.parts[0], gain_db=-40.0), *plan.parts[1:]))
    sound, heard = mix(faint, played, font, 0)
    assert heard == set(played) - {plan.parts[0].name}
    without = {name: notes for name, notes in played.items() if name in heard}
    assert np.array_equal(sound, mix(faint, without, font, 0)[0])


def test_its_corpus_is_the_same_each_time_and_says_who_made_it(soundfont: Path, tmp_path: Path) -> None:
    for folder in "ab":
        list(corpus.make(tmp_path / folder, [soundfont], 6, "test", 3, 4.0, 1, composer="other"))
    rows = read_table(tmp_path / "a")
    for row in rows:
        sound, rate = soundfile.read(tmp_path / "a" / row.audio)
        assert (sound.shape, rate) == ((128_000, 2), 32_000)
        assert -31 < 20 * np.log10(np.sqrt(np.square(sound).mean())) < -11 and np.abs(sound).max() < 1
        assert len(row.captions) == len(row.facts["asked"])
        assert (tmp_path / "a" / row.audio).read_bytes() == (tmp_path / "b" / row.audio).read_bytes()
    assert json.loads((tmp_path / "a" / corpus.SETTINGS).read_text())["composer"].startswith("other")
    assert (tmp_path / "a" / "clips.jsonl").read_bytes() == (tmp_path / "b" / "clips.jsonl").read_bytes()
