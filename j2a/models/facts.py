"""Everything known of a clip, written out as the lines of a prompt.

Every number and name that a caption may state stands here as the text that should be copied. What nobody is sure of is
left out, so that there is nothing to make up from.
"""

from __future__ import annotations

import itertools
import statistics

from j2a.features.record import BY_TAGS, NOT_MUSIC, Features
from j2a.models.beliefs import (
    Beliefs,
    are_chords_believed,
    believe,
    believed_bpm,
    believed_key,
    believed_meter,
    believed_pace,
)
from j2a.models.heard import NOTHING_HEARD, Heard
from j2a.music import NO_CHORD, spelled_chord

MAX_CHORDS = 6
CERTAIN_GENRE = 0.5
_STEADY_SPREAD, _FLEXIBLE_SPREAD = 0.03, 0.08  # standard deviation of the beat intervals over their mean
NO_BEAT = "none found"
NONE = "none"


def facts(features: Features, heard: Heard = NOTHING_HEARD, *, figures: bool = True) -> dict[str, str]:
    """Title -> wording of each fact, in the order in which a caption tells them. Empty when nothing is known.

    Without ``figures`` no BPM, meter, key or chord is named: their words only ("fast", "minor").
    """
    if NOT_MUSIC in features.unknown.get("tags", ""):
        return {}
    found = _believed(believe(features, heard))
    style = _genre(features)
    if style:
        found = {"Style": style} | found
    measured = _measured(features, heard) if figures else _in_words(features, heard)
    if found | measured and features.bpm is None and (features.key or features.chords):
        found["Tempo"] = NO_BEAT
    return found | measured


def _believed(beliefs: Beliefs) -> dict[str, str]:
    found: dict[str, str] = {}
    if beliefs.styles:
        found["Style"] = ", ".join(beliefs.styles)
    if beliefs.character:
        found["Character"] = ", ".join(beliefs.character)
    if beliefs.voice is not None:
        found["Voice"] = "yes" if beliefs.voice else NONE
    if beliefs.instruments:
        found["Instruments"] = ", ".join(beliefs.instruments)
    if beliefs.drums is not None:
        found["Drums"] = "yes" if beliefs.drums else NONE
    return found


def _genre(features: Features) -> str:
    """Of its own model, where that is sure; the tags' genre is the likeliest one, however unlikely."""
    genre = features.genre
    if genre is None or genre.source == BY_TAGS or genre.score < CERTAIN_GENRE:
        return ""
    return genre.label.replace("hiphop", "hip hop")


def _measured(features: Features, heard: Heard) -> dict[str, str]:
    """Rhythm and harmony with their figures."""
    found: dict[str, str] = {}
    bpm, pace = believed_bpm(features, heard), believed_pace(features, heard)
    if bpm is not None:
        found["Tempo"] = f"{round(bpm)} BPM" + (f", {pace}" if pace else "")
    elif pace is not None:
        found["Tempo"] = pace
    found |= _pulse(features)
    meter, key = believed_meter(features, heard), believed_key(features)
    if meter is not None:
        found["Meter"] = meter
    if key is not None:
        found["Key"] = key
    if are_chords_believed(features):
        found["Chords"] = chord_progression(features)
        found |= _harmony(features)
    return found


def _in_words(features: Features, heard: Heard) -> dict[str, str]:
    """Rhythm and harmony without figures and names."""
    found: dict[str, str] = {}
    pace = believed_pace(features, heard)
    if pace is not None:
        found["Tempo"] = pace
    found |= _pulse(features)
    key = believed_key(features)
    if key is not None:
        found["Mode"] = key.split()[1]
    if are_chords_believed(features):
        found |= _harmony(features)
    return found


def _pulse(features: Features) -> dict[str, str]:
    pulse = pulse_word(features.beats)
    return {"Pulse": pulse} if pulse and features.bpm is not None else {}


def _harmony(features: Features) -> dict[str, str]:
    rate = harmonic_rhythm(features)
    return {"Harmony": rate} if rate else {}


def pulse_word(beats: list[float]) -> str:
    """ "steady" or "flexible" by the spread of the beat intervals, "" in between or for fewer than four beats."""
    if len(beats) < 4:
        return ""
    intervals = [later - earlier for earlier, later in itertools.pairwise(beats)]
    spread = statistics.pstdev(intervals) / statistics.fmean(intervals)
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
