"""Several witnesses of one clip: who is believed, and what is left unsaid where they differ."""

from __future__ import annotations

import pytest

from j2a.features.record import Features, Sound, Tag
from j2a.models.beliefs import believe
from j2a.models.heard import Heard


def tagged(*labels: str, absent: tuple[str, ...] = ()) -> Features:
    kinds = {"voice": "voice", "drums": "percussion", "metal": "style"}
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


def test_a_choir_has_voices():
    assert believe(tagged(absent=("voice",))).voice is False
    assert believe(tagged(absent=("voice",)), Heard(("choir",))).voice is None
    assert believe(tagged("voice"), Heard(("choir",))).voice is True


def test_energy_that_the_sound_denies_is_not_told():
    loud, soft = (Features(sound=Sound(level, 12.0, 4.0, 1500.0, 4.0)) for level in (-9.0, -30.0))
    assert believe(loud, Heard(energy="energetic")).character == ("loud", "energetic")
    assert believe(loud, Heard(energy="calm")).character == ("loud",)
    assert believe(soft, Heard(energy="energetic")).character == ("soft",)
