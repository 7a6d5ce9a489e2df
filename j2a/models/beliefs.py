"""Where everything that listened to a clip meets before a word is written.

The tag networks heard real music, the encoder's heads many instruments; madmom counted. Each says only what it is sure
of. Where two of them agree it is said, where one alone speaks it is believed, and where they contradict each other
nothing is said.
"""

from __future__ import annotations

from collections import Counter

from j2a.features.record import Features
from j2a.models.heard import FAMILIES, NOTHING_HEARD, Heard
from j2a.music import NO_CHORD, chord_identity, pitch_class, spelled_chord, tempo_word
from j2a.records import dataclass

# Labels of the tag networks, and the family of the encoder's heads that they are a kind of.
_FAMILY_OF = {"electric guitar": "guitar", "synthesizer": "synth", "flute": "woodwinds", "piano": "piano"}
_NAMES = {"synth": "synthesizer"}  # of families; the others are called what they are
# The encoder's heads hear a distorted guitar alone as these; where real music has one, they are not believed.
_TAKEN_FOR_GUITARS = ("strings", "organ", "brass", "synth")
_SYNTHETIC = {"electronic", "dance"}  # whose leads are as distorted as a guitar
# A beat that something marks is found at its own level 93 times of 100, another one half of the time (300 clips of the
# second composer, seed 102): drums, an electric guitar, a style that is never without, or any guitar in which the
# encoder hears the same tempo (8 of 9).
_MARKING = {"electric guitar", "distorted guitar", "metal", "rock", "electronic", "dance"}
# The least weight of the likeliest level of the tempo, with drums and without. So 99 of 106 tempi told on seed 102 are
# right, and 105 of 118 of a metal band that is in no card; without such a bound 108 of 118, and 114 of 145.
_CLEAR, _CLEAR_ALONE = 0.5, 0.6
_SAME_TEMPO = 0.04
_CERTAIN_KEY = 0.8  # the least probability with which a key is told, and only where its triad sounds longest
_CERTAIN_ALONE = 0.95  # the same where no chord was found
# A progression is told where its chords are held: 93 % of the chords are then right, of all that are found 76 %.
_HELD_S, _HELD_AT_EDGES_S = 1.5, 0.5  # the window cuts the first and the last one
_MOST_WITHOUT_CHORD = 0.3  # share of the clip
_BETWEEN_WORDS = ((76.0, 84.0), (112.0, 118.0))  # BPM that some call slow or fast, and others moderate


@dataclass(frozen=True, slots=True)
class Beliefs:
    """What may be said of a clip. ``None`` or empty: nobody is sure."""

    styles: tuple[str, ...] = ()
    character: tuple[str, ...] = ()  # "loud", "bright", "energetic" ...
    voice: bool | None = None
    instruments: tuple[str, ...] = ()  # as a caption names them; others may play too
    drums: bool | None = None
    no_bass: bool = False  # said beside "no drums" only
    alone: bool = False  # the one instrument plays by itself
    bpm: float | None = None
    pace: str | None = None  # the word for the tempo, also where it may be one of several
    meter: str | None = None
    key: str | None = None
    chords: bool = False  # whether the measured ones may be told


def believe(features: Features, heard: Heard = NOTHING_HEARD) -> Beliefs:
    """All witnesses together; without ``heard`` what was measured and tagged alone. What a person has said is so."""
    labels, absent = {tag.label for tag in features.tags or ()}, set(features.absent)
    if "voice" in labels and not (features.beats or features.key or features.chords):
        heard = NOTHING_HEARD  # somebody speaks: the encoder, which heard music only, takes that for instruments
    styles = tuple(tag.label for tag in features.tags or () if tag.kind == "style")
    drums = _drums(_said("drums", labels, absent), heard, "electric guitar" in labels)
    instruments = _instruments(features, heard, drums)
    marked = _is_beat_marked(features, heard, drums, {*instruments, *styles})
    marked = marked or "bpm" in features.corrected
    bpm = _bpm(features, heard, drums) if marked else None
    voice = _voice(_said("voice", labels, absent), instruments)
    no_bass = heard.no_bass and drums is False and "bass" not in instruments
    alone = heard.alone and drums is False and len(instruments) == 1 and not voice
    return Beliefs(
        styles, _character(features, heard), voice, instruments, drums, no_bass, alone,
        bpm, _pace(features, bpm) if marked else None, _meter(features, heard, drums, bpm), _key(features),
        _are_chords_held(features),
    )  # fmt: skip


def _is_beat_marked(features: Features, heard: Heard, drums: bool | None, said: set[str]) -> bool:
    """Whether the level of the tempo can be trusted. In 6/8 two beats compete, and none is."""
    if heard.meter == "6/8":
        return False
    if features.tags is None and heard == NOTHING_HEARD:  # where nobody listened, nobody doubts
        return True
    return bool(drums or said & _MARKING or ("guitar" in said and _is_heard(features.bpm, heard)))


def _bpm(features: Features, heard: Heard, drums: bool | None) -> float | None:
    """The measured tempo where grid and comb clearly agree, or where the encoder hears that of the grid."""
    bpm = features.bpm
    if bpm is None or "bpm" in features.corrected:
        return bpm
    if features.bpm_sure is not False:  # records of before do not tell
        weight = max((one.weight for one in features.bpm_candidates), default=1.0)
        listened = features.tags is not None or heard != NOTHING_HEARD
        return None if listened and weight < (_CLEAR if drums else _CLEAR_ALONE) else bpm
    return bpm if _is_heard(bpm, heard) else None


def _is_heard(bpm: float | None, heard: Heard) -> bool:
    """Whether the encoder hears this tempo."""
    return bpm is not None and heard.bpm is not None and abs(heard.bpm / bpm - 1) <= _SAME_TEMPO


def _pace(features: Features, bpm: float | None) -> str | None:
    """ "slow", "fast" ...: of the sure tempo, or of all that it may be, where they are of one word."""
    tempi = [bpm] if bpm else [one.bpm for one in features.bpm_candidates]
    words = {tempo_word(one) for one in tempi}
    doubtful = any(low <= one < high for one in tempi for low, high in _BETWEEN_WORDS)
    return words.pop() if len(words) == 1 and not doubtful else None


def _meter(features: Features, heard: Heard, drums: bool | None, bpm: float | None) -> str | None:
    """The measured meter where the encoder hears it, too; where it says nothing, a 4/4 that drums mark."""
    if "meter" in features.corrected:
        return features.meter
    if features.bpm is None:  # bars without a beat are none
        return None
    if heard.meter is not None:
        return features.meter if heard.meter == features.meter else None
    if bpm is None:
        return None
    listened = features.tags is not None
    return features.meter if not listened or (drums and features.meter == "4/4") else None


def _key(features: Features) -> str | None:
    """The measured key where it is likely and its own triad is the one that sounds longest."""
    key, probability = features.key, features.key_probability
    if "key" in features.corrected:
        return key
    sure = 1.0 if probability is None else probability
    if key is None or sure < _CERTAIN_KEY:
        return None
    lasting: Counter[tuple[int, str]] = Counter()
    for chord in features.chords:
        if chord.label != NO_CHORD:
            lasting[chord_identity(spelled_chord(chord.label, None))] += round(1000 * (chord.end_s - chord.start_s))
    if not lasting:
        return key if sure >= _CERTAIN_ALONE else None
    tonic, mode = key.split()
    own = lasting[pitch_class(tonic), "min" if mode == "minor" else "maj"]
    return key if own == max(lasting.values()) else None


def _are_chords_held(features: Features) -> bool:
    """Whether each chord is held long enough to be sure of, and most of the clip has one."""
    chords = features.chords
    if "chords" in features.corrected:
        return True
    total_s = sum(one.end_s - one.start_s for one in chords)
    without_s = sum(one.end_s - one.start_s for one in chords if one.label == NO_CHORD)
    if not chords or without_s > _MOST_WITHOUT_CHORD * total_s:
        return False
    edges = (0, len(chords) - 1)
    return all(
        one.label == NO_CHORD or one.end_s - one.start_s >= (_HELD_AT_EDGES_S if place in edges else _HELD_S)
        for place, one in enumerate(chords)
    )


def _said(label: str, present: set[str], absent: set[str]) -> bool | None:
    return True if label in present else False if label in absent else None


def _agreed(one: bool | None, other: bool | None) -> bool | None:
    """What both say, or the one who says anything; nothing where they differ."""
    if one is None or other is None:
        return other if one is None else one
    return one if one == other else None


def _drums(tagged: bool | None, heard: Heard, electric: bool) -> bool | None:
    """The encoder's heads alone take the attack of a distorted guitar for drums."""
    distorted = electric or heard.distortion
    return _agreed(tagged, None if heard.drums and tagged is None and distorted else heard.drums)


def _voice(voice: bool | None, instruments: tuple[str, ...]) -> bool | None:
    return None if voice is False and "choir" in instruments else voice


def _instruments(features: Features, heard: Heard, drums: bool | None) -> tuple[str, ...]:
    """Both lists in one; the tags' more exact names stand for their family."""
    exact = {_FAMILY_OF[tag.label]: tag.label for tag in features.tags or () if tag.kind == "instrument"}
    families = {*exact, *heard.instruments}
    if "electric guitar" in exact.values():
        families -= {one for one in _TAKEN_FOR_GUITARS if one not in exact}
        if not drums:  # a guitar by itself has low strings too
            families.discard("bass")
    electronic = any(tag.kind == "style" and tag.label in _SYNTHETIC for tag in features.tags or ())
    if heard.distortion and "guitar" in heard.instruments and "guitar" not in exact and not electronic:
        exact["guitar"] = "distorted guitar"
    return tuple(exact.get(one, _NAMES.get(one, one)) for one in FAMILIES if one in families)


def _character(features: Features, heard: Heard) -> tuple[str, ...]:
    """What stands out in the sound, then its energy."""
    words = [word for word in features.sound.words if word != "even"] if features.sound else []  # nobody says it
    opposed = {"calm": {"loud", "dense"}, "energetic": {"soft", "sparse"}}.get(heard.energy or "", set())
    energy = [heard.energy] if heard.energy and not opposed & set(words) else []
    return tuple([*words, *energy])
