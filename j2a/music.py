"""Small musical vocabulary that prompts, captions and their checks share. Pure text and numbers."""

from __future__ import annotations

import re

PITCH_CLASS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_LETTERS = "CDEFGAB"
SHARP_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
FLAT_NAMES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
# Tonics whose key signature is written with flats.
FLAT_KEYS = {
    "major": {"F", "Bb", "Eb", "Ab", "Db", "Gb"},
    "minor": {"D", "G", "C", "F", "Bb", "Eb"},
}

# Upper bounds in BPM of the tempo words; each includes its lower bound.
TEMPO_WORDS = ((56.0, "very slow"), (76.0, "slow"), (112.0, "moderate"), (152.0, "fast"), (float("inf"), "very fast"))

NO_CHORD = "N"  # Harte's label
_NAMED_KEY = re.compile(r"([a-g])([#b♯♭]?)[ -]?(m|min(?:or)?|maj(?:or)?)?", re.IGNORECASE)
_NAMED_CHORD = re.compile(r"([A-Ga-g])([#b♯♭]?)(m|min|maj)?")
TUNED_CENTS = 20.0  # away from A = 440 Hz, up to which music counts as in tune


def pitch_class(name: str) -> int:
    """ "Bb" -> 10. Accepts #, b and their Unicode signs; raises ``ValueError`` for anything else."""
    match = re.fullmatch(r"([A-G])([#b♯♭]*)", name)
    if not match:
        raise ValueError(f"{name!r} is not a note name")
    shift = sum(1 if sign in "#♯" else -1 for sign in match[2])
    return (PITCH_CLASS[match[1]] + shift) % 12


def same_key(left: str, right: str) -> bool:
    """Whether two names such as "Eb minor" and "D# minor" are one key."""
    (left_tonic, left_mode), (right_tonic, right_mode) = left.split(), right.split()
    return left_mode == right_mode and pitch_class(left_tonic) == pitch_class(right_tonic)


def chord_identity(name: str) -> tuple[int, str]:
    """Lead-sheet name to (pitch class, "maj" | "min"): "Bbm" -> (10, "min")."""
    minor = name.endswith("m")
    return pitch_class(name.removesuffix("m")), "min" if minor else "maj"


def spelled_chord(label: str, key: str | None) -> str:
    """Harte label to lead-sheet name, spelled as the key signature asks: "D#:maj" in Eb major -> "Eb".

    "N" (no chord) stays "N".
    """
    root, _, quality = label.partition(":")
    if root == "N":
        return root
    if key is not None:
        tonic, mode = key.split()
        names = FLAT_NAMES if tonic in FLAT_KEYS[mode] else SHARP_NAMES
        root = names[pitch_class(root)]
    return root + ("m" if quality == "min" else "")


def tempo_word(bpm: float) -> str:
    """ "slow", "moderate", "fast", ... for a tempo in beats per minute."""
    return next(word for bound, word in TEMPO_WORDS if bpm < bound)


def key_named(text: str) -> str | None:
    """ "Am", "a minor", "F#", "Bb-major" as keys are written here: "A minor"; ``None`` for what names no key."""
    match = _NAMED_KEY.fullmatch(text.strip())
    if match is None:
        return None
    minor = (match[3] or "").lower() in ("m", "min", "minor") and match[3] != "M"
    return f"{match[1].upper()}{_plain_sign(match[2])} {'minor' if minor else 'major'}"


def chord_named(text: str) -> str | None:
    """ "Am", "Bb", "N" (no chord) as Harte labels: "A:min"; ``None`` for what names no major or minor chord."""
    text = text.strip()
    if text.upper() == NO_CHORD or text == "–":
        return NO_CHORD
    match = _NAMED_CHORD.fullmatch(text)
    if match is None:
        return None
    return f"{match[1].upper()}{_plain_sign(match[2])}:{'min' if match[3] in ('m', 'min') else 'maj'}"


def relative_key(key: str) -> str:
    """The key of the other mode with the same signature: "A minor" <-> "C major", "F# major" <-> "D# minor"."""
    tonic, mode = key.split()
    up, letters = (1, 2) if mode == "minor" else (-1, -2)
    letter = _LETTERS[(_LETTERS.index(tonic[0]) + letters) % len(_LETTERS)]
    signs = (pitch_class(tonic) + 3 * up - PITCH_CLASS[letter] + 6) % 12 - 6
    return f"{letter}{('#' if signs > 0 else 'b') * abs(signs)} {'major' if mode == 'minor' else 'minor'}"


def _plain_sign(sign: str) -> str:
    return {"♯": "#", "♭": "b"}.get(sign, sign.lower())
