"""Several witnesses of one clip: who is believed, and what is left unsaid where they differ."""

from __future__ import annotations

import pytest

from j2a.features.record import Features, Sound, Tag, Tempo
from j2a.models.beliefs import believe
from j2a.models.heard import Heard


def tagged(*labels: str, absent: tuple[str, ...] = ()) -> Features:
    kinds = {"voice": "voice", "drums": "percussion", "metal": "style", "electronic": "style"}
    return Features(tags=[Tag(label, kinds.get(label, "instrument"), 0.5) for label in labels], absent=list(absent))


@pytest.mark.parametrize(
    ("tags", "heard", "drums"),
    [
        (tagged("drums"), Heard(), True),
        (tagged(), Heard(drums=True), True),
        (tagged("drums"), Heard(drums=True), True),
        (tagged(absent=("drums",)), Heard(), False),
        (tagged(absent=("drums",)), Heard(drums=False), False),
        (tagged(absent=("drums",)), Heard(drums=True), None),
        (tagged("drums"), Heard(drums=False), None),
        (tagged(), Heard(), None),
        (Features(), Heard(drums=False), False),
    ],
)
def test_drums_are_told_by_those_who_agree(tags, heard, drums):
    assert believe(tags, heard).drums is drums


def test_the_more_exact_name_stands_for_its_family():
    heard = Heard(("piano", "guitar", "woodwinds", "synth", "bass"))
    assert believe(tagged("flute"), heard).instruments == ("piano", "guitar", "flute", "synthesizer", "bass")
    assert believe(tagged("synthesizer", "piano"), Heard()).instruments == ("piano", "synthesizer")
    assert believe(Features(), Heard(("guitar",), distortion=True)).instruments == ("distorted guitar",)


def test_a_guitar_of_real_music_is_not_strings_and_a_bass_too():
    alone = tagged("electric guitar", absent=("drums",))
    assert believe(alone, Heard(("strings", "organ", "bass"))).instruments == ("electric guitar",)
    assert believe(tagged("electric guitar", "drums"), Heard(("bass",))).instruments == ("electric guitar", "bass")


def test_a_lead_of_electronic_music_is_no_distorted_guitar():
    heard = Heard(("guitar", "bass"), distortion=True)
    assert believe(tagged("electronic"), heard).instruments == ("guitar", "bass")
    assert believe(tagged("electronic", "electric guitar"), heard).instruments == ("electric guitar",)
    assert believe(tagged("metal"), heard).instruments == ("distorted guitar", "bass")


def test_a_choir_has_voices():
    assert believe(tagged(absent=("voice",))).voice is False
    assert believe(tagged(absent=("voice",)), Heard(("choir",))).voice is None
    assert believe(tagged("voice"), Heard(("choir",))).voice is True


def test_of_speech_alone_only_the_voice_is_believed():
    heard = Heard(("guitar", "bass"), distortion=True, drums=False, no_bass=False)
    speech = believe(tagged("voice"), heard)
    assert (speech.voice, speech.instruments, speech.drums) == (True, (), None)
    song = tagged("voice")
    song.key, song.key_probability = "A minor", 0.9
    assert believe(song, heard).instruments == ("distorted guitar", "bass")


def test_one_instrument_by_itself_and_a_bass_that_is_missing():
    stem = Heard(("guitar",), drums=False, no_bass=True, alone=True)
    found = believe(tagged(), stem)
    assert (found.instruments, found.alone, found.no_bass) == (("guitar",), True, True)
    assert not believe(tagged("voice"), stem).alone, "somebody sings over it"
    assert not believe(tagged("piano"), stem).alone, "another one hears a piano, too"
    with_drums = believe(tagged("drums"), stem)
    assert (with_drums.drums, with_drums.alone, with_drums.no_bass) == (None, False, False), "they differ"
    assert not believe(tagged(), Heard(("bass",), drums=False, no_bass=True)).no_bass


@pytest.mark.parametrize(
    ("weight", "drums", "told"), [(0.55, True, True), (0.45, True, False), (0.65, False, True), (0.55, False, False)]
)
def test_a_tempo_is_told_where_its_level_is_clear(weight, drums, told):
    levels = [Tempo(120.0, weight), Tempo(240.0, (1 - weight) / 2), Tempo(60.0, (1 - weight) / 2)]
    features = Features(bpm=120.0, bpm_sure=True, bpm_candidates=levels, tags=[Tag("metal", "style", 0.5)])
    heard = Heard(drums=drums)
    assert believe(features, heard).bpm == (120.0 if told else None)
    features.corrected = ["bpm"]
    assert believe(features, heard).bpm == 120.0, "a person knows"


def test_energy_that_the_sound_denies_is_not_told():
    loud, soft = (Features(sound=Sound(level, 12.0, 4.0, 1500.0, 4.0)) for level in (-9.0, -30.0))
    assert believe(loud, Heard(energy="energetic")).character == ("loud", "energetic")
    assert believe(loud, Heard(energy="calm")).character == ("loud",)
    assert believe(soft, Heard(energy="energetic")).character == ("soft",)
