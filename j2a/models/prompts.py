"""J2A-1.0's prompt: the measured features written out as text for the language model.

Every number and name a caption may state stands here as the text that should be copied. What was not
measured is left out, so that there is nothing to make up from.
"""

from __future__ import annotations

import itertools
import statistics
from dataclasses import dataclass

from j2a.features.record import BY_TAGS, Features
from j2a.music import spelled_chord, tempo_word

MAX_CHORDS = 6
_MAX_SHARE_WITHOUT_CHORD = 0.3  # above it the chords are said to be heard in part of the clip only
CERTAIN_KEY = 0.5  # probability below which a key is called uncertain
CERTAIN_GENRE = 0.5
_STEADY_SPREAD, _FLEXIBLE_SPREAD = 0.03, 0.08  # standard deviation of the beat intervals over their mean
NOTHING_MEASURED = "Nothing could be measured in this clip."
NO_BEAT = "none found"

INSTRUCTIONS = {
    "describe": "Describe the music from these facts.",
    "short": "Describe the music from these facts in one short sentence.",
    "detailed": "Describe the music from these facts in detail.",
    "tags": "List these facts as tags.",
}
HEARD_INSTRUCTIONS = {
    "describe": "Describe the music.",
    "short": "Describe the music in one short sentence.",
    "detailed": "Describe the music in detail.",
    "tags": "List tags for the music.",
}
"""For J2A-2.x, whose facts are soft tokens."""
LISTENING_INSTRUCTIONS = {
    "describe": "Describe the music in one paragraph.",
    "short": "Describe the music in one short sentence.",
    "detailed": "Describe the music in detail, in one paragraph.",
    "tags": "List tags for the music, separated by commas.",
}
"""For models behind a server, which hear the clip and know nothing of us."""
_MEASURED = "Measured in this recording, to be used where you name tempo, meter, key or chords:"
DEFAULT_PROMPT = "describe"


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the language model is asked. ``prompt_id`` names the instruction and the layout's version."""

    text: str
    prompt_id: str


def build_prompt(features: Features, instruction: str = "") -> Prompt:
    """Facts, one a line, then the instruction: a name in ``INSTRUCTIONS``, any other text, or "" for the default."""
    name = instruction or DEFAULT_PROMPT
    wording = INSTRUCTIONS.get(name, name)
    lines = [f"{title}: {value}" for title, value in facts(features).items()] or [NOTHING_MEASURED]
    return Prompt("\n".join([*lines, wording]), f"facts-1/{name if name in INSTRUCTIONS else 'custom'}")


def build_heard_prompt(instruction: str = "") -> Prompt:
    """The instruction of J2A-2.x: a name in ``HEARD_INSTRUCTIONS``, any other text, or "" for the default."""
    name = instruction or DEFAULT_PROMPT
    known = name in HEARD_INSTRUCTIONS
    return Prompt(HEARD_INSTRUCTIONS.get(name, name), f"audio-1/{name if known else 'custom'}")


def build_both_prompt(features: Features, instruction: str = "") -> Prompt:
    """J2A-3.0's: the text of :func:`build_prompt`; what is heard follows as soft tokens."""
    asked = build_prompt(features, instruction)
    return Prompt(asked.text, f"both-1/{asked.prompt_id.partition('/')[2]}")


def build_listening_prompt(features: Features, instruction: str = "") -> Prompt:
    """For a model behind a server that hears the clip: the instruction, and what was measured."""
    name = instruction or DEFAULT_PROMPT
    known = facts(features)
    measured = [_MEASURED, *(f"{title}: {value}" for title, value in known.items())] if known else []
    wording = LISTENING_INSTRUCTIONS.get(name, name)
    return Prompt("\n".join([wording, *measured]), f"listen-1/{name if name in LISTENING_INSTRUCTIONS else 'custom'}")


def facts(features: Features) -> dict[str, str]:
    """Title -> wording of each measured fact, in the order of the prompt. Empty when nothing was measured."""
    found: dict[str, str] = {}
    if features.genre is not None and features.genre.source != BY_TAGS and features.genre.score >= CERTAIN_GENRE:
        found["Genre"] = features.genre.label.replace("hiphop", "hip hop")
    if features.bpm is not None:
        found["Tempo"] = f"{round(features.bpm)} BPM, {tempo_word(features.bpm)}"
        pulse = pulse_word(features.beats)
        if pulse:
            found["Pulse"] = pulse
    # A meter without a tempo is nothing that the built-in model has read: it made up a tempo to it.
    if features.meter is not None and features.bpm is not None:
        found["Meter"] = features.meter
    if features.key is not None:
        sure = features.key_probability is None or features.key_probability >= CERTAIN_KEY
        found["Key"] = features.key if sure else f"{features.key}, uncertain"
    progression = chord_progression(features)
    if progression:
        found["Chords"] = progression
        rate = harmonic_rhythm(features)
        if rate:
            found["Harmony"] = rate
    if found and features.bpm is None:
        found = {"Tempo": NO_BEAT, **found}
    return found


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
        if name != "N" and (not names or names[-1] != name):
            names.append(name)
    return names


def chord_progression(features: Features) -> str:
    """ "Am, F, C, G, repeating", "C only", "C, in part", or the first chords "and more"; "" where there are none."""
    names = chord_names(features)
    if not names:
        return ""
    if _share_without_chord(features) > _MAX_SHARE_WITHOUT_CHORD:
        return ", ".join(list(dict.fromkeys(names))[:MAX_CHORDS]) + ", in part"
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


def _share_without_chord(features: Features) -> float:
    """The part of the clip in which no chord sounds, 0 to 1."""
    total_s = sum(chord.end_s - chord.start_s for chord in features.chords)
    empty_s = sum(chord.end_s - chord.start_s for chord in features.chords if chord.label == "N")
    return empty_s / total_s


def harmonic_rhythm(features: Features) -> str:
    """How often the chord changes against the bar, "" when the bar or the changes are not known."""
    changes = len(chord_names(features)) - 1
    if features.bpm is None or features.meter is None or changes < 2:
        return ""
    if _share_without_chord(features) > _MAX_SHARE_WITHOUT_CHORD:
        return ""
    bar_s = int(features.meter.split("/")[0]) * 60.0 / features.bpm
    sounding_s = sum(chord.end_s - chord.start_s for chord in features.chords if chord.label != "N")
    bars_per_chord = sounding_s / (changes + 1) / bar_s
    if bars_per_chord >= 1.5:
        return "a new chord about every two bars" if bars_per_chord < 2.8 else "slow chord changes"
    if bars_per_chord >= 0.7:
        return "a new chord about every bar"
    return "about two chords a bar" if bars_per_chord >= 0.36 else "several chords a bar"
