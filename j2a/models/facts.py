"""Everything known of a clip, written out as the lines of a prompt.

Every number and name that a caption may state stands here as the text that should be copied. What nobody is sure of is
left out, so that there is nothing to make up from.
"""

from __future__ import annotations

import itertools
import math

from j2a.features.record import BY_TAGS, NOT_MUSIC, Features
from j2a.models.beliefs import Beliefs, believe
from j2a.models.heard import NOTHING_HEARD, Heard
from j2a.music import NO_CHORD, spelled_chord

MAX_CHORDS = 6
CERTAIN_GENRE = 0.5
_STEADY_SPREAD, _FLEXIBLE_SPREAD = 0.03, 0.08  # standard deviation of the beat intervals over their mean
NO_BEAT = "none found"
NONE = "none"
ALONE = " alone"  # behind the one instrument that plays


def facts(features: Features, heard: Heard = NOTHING_HEARD, *, figures: bool = True) -> dict[str, str]:
    """Title -> wording of each fact, in the order in which a caption tells them. Empty when nothing is known.

    Without ``figures`` no BPM, meter, key or chord is named: their words only ("fast", "minor").
    """
    if NOT_MUSIC in features.unknown.get("tags", ""):
        return {}
    beliefs = believe(features, heard)
    return {
        title: wording
        for title, wording in (
            ("Style", ", ".join(beliefs.styles) or _genre(features)),
            ("Character", ", ".join(beliefs.character)),
            ("Voice", _yes_or_none(beliefs.voice)),
            ("Instruments", ", ".join(beliefs.instruments) + ALONE * beliefs.alone),
            ("Drums", _yes_or_none(beliefs.drums)),
            ("Bass", NONE * beliefs.no_bass),
            ("Tempo", _tempo(features, beliefs, figures=figures)),
            ("Pulse", pulse_word(features.beats) if features.bpm is not None else ""),
            *_meter_and_harmony(features, beliefs, figures=figures),
        )
        if wording
    }


def _meter_and_harmony(features: Features, beliefs: Beliefs, *, figures: bool) -> list[tuple[str, str]]:
    key, progression = beliefs.key or "", chord_progression(features) if beliefs.chords else ""
    # How often the chords change is counted in bars.
    rate = harmonic_rhythm(features) if progression and beliefs.bpm and beliefs.meter else ""
    if figures:
        return [("Meter", beliefs.meter or ""), ("Key", key), ("Chords", progression), ("Harmony", rate)]
    return [("Mode", key.rpartition(" ")[2]), ("Harmony", rate)]


def _tempo(features: Features, beliefs: Beliefs, *, figures: bool) -> str:
    if features.bpm is None:  # a beat that could not be counted may be there all the same: most riffs have one
        return NO_BEAT if "ambient" in beliefs.styles and not beliefs.drums else ""
    figure = f"{round(beliefs.bpm)} BPM" if beliefs.bpm and figures else ""
    return ", ".join(part for part in (figure, beliefs.pace) if part)


def _yes_or_none(there: bool | None) -> str:
    return "" if there is None else "yes" if there else NONE


def _genre(features: Features) -> str:
    """Of its own model, where that is sure; the tags' genre is the likeliest one, however unlikely."""
    genre = features.genre
    if genre is None or genre.source == BY_TAGS or genre.score < CERTAIN_GENRE:
        return ""
    return genre.label.replace("hiphop", "hip hop")


def pulse_word(beats: list[float]) -> str:
    """ "steady" or "flexible" by the spread of the beat intervals, "" in between or for fewer than four beats."""
    if len(beats) < 4:
        return ""
    intervals = [later - earlier for earlier, later in itertools.pairwise(beats)]
    mean = math.fsum(intervals) / len(intervals)
    spread = math.sqrt(math.fsum((one - mean) ** 2 for one in intervals) / len(intervals)) / mean
    if spread <= _STEADY_SPREAD:
        return "steady"
    return "flexible" if spread >= _FLEXIBLE_SPREAD else ""


def chord_names(features: Features) -> list[str]:
    """The chords in order as lead-sheet names, repeats merged and silence left out."""
    names: list[str] = []
    for chord in features.chords:
        name = spelled_chord(chord.label, features.key)
        if name != NO_CHORD and (not names or names[-1] != name):
            names.append(name)
    return names


def chord_progression(features: Features) -> str:
    """ "Am, F, C, G, repeating", "C only", or the first chords "and more"; "" where there are none."""
    names = chord_names(features)
    if not names:
        return ""
    if len(names) == 1:
        return f"{names[0]} only"
    for length in range(2, min(MAX_CHORDS, len(names) // 2 + 1) + 1):
        # A loop counts when it is heard at least one and a half times.
        heard = len(names) >= length + (length + 1) // 2
        if heard and all(name == names[i % length] for i, name in enumerate(names)):
            return ", ".join(names[:length]) + ", repeating"
    if len(names) > MAX_CHORDS:
        return ", ".join(names[:MAX_CHORDS]) + ", and more"
    return ", ".join(names)


def harmonic_rhythm(features: Features) -> str:
    """How often the chord changes against the bar, "" when the bar or the changes are not known."""
    changes = len(chord_names(features)) - 1
    if features.bpm is None or features.meter is None or changes < 2:
        return ""
    bar_s = int(features.meter.split("/")[0]) * 60.0 / features.bpm
    sounding_s = sum(chord.end_s - chord.start_s for chord in features.chords if chord.label != NO_CHORD)
    bars_per_chord = sounding_s / (changes + 1) / bar_s
    if bars_per_chord >= 1.5:
        return "a new chord about every two bars" if bars_per_chord < 2.8 else "slow chord changes"
    if bars_per_chord >= 0.7:
        return "a new chord about every bar"
    return "about two chords a bar" if bars_per_chord >= 0.36 else "several chords a bar"
