"""Values as others write them, and back: tempo, key, meter, language. Nothing rather than a guess.

ACE-Step 1.5's language model knows the time signatures 2, 3, 4 and 6, seventy keys whose mode is in lower case, and
ISO codes of languages; a value that it never saw teaches nothing.
"""

from __future__ import annotations

import re
from typing import Any

from j2a.formats.text import number_in
from j2a.music import PITCH_CLASS, pitch_class

BPM_RANGE = (20.0, 400.0)
_KEY = re.compile(
    r"([A-Ga-g])\s?(#|b|♯|♭|[ -]?sharp|[ -]?flat)?\s*[-: ]?\s*(maj(?:or)?|min(?:or)?|M|m)?",
    re.IGNORECASE | re.ASCII,  # else an s is also a long one, and an i one without its dot
)
_CAMELOT, _OPEN = re.compile(r"(1[0-2]|[1-9])([AB])", re.IGNORECASE), re.compile(r"(1[0-2]|[1-9])([dm])")
_METER = re.compile(r"([1-9]\d?)/(2|4|8|16)")
_LANGUAGE = re.compile(r"[a-z]{2}")
_LANGUAGES = {
    "english": "en", "german": "de", "french": "fr", "spanish": "es", "italian": "it", "portuguese": "pt",
    "dutch": "nl", "russian": "ru", "japanese": "ja", "korean": "ko", "chinese": "zh", "mandarin": "zh",
    "polish": "pl", "swedish": "sv", "norwegian": "no", "danish": "da", "finnish": "fi", "turkish": "tr",
    "arabic": "ar", "hindi": "hi", "greek": "el", "hebrew": "he", "ukrainian": "uk", "czech": "cs",
}  # fmt: skip
_WHEEL_MAJOR = ("B", "Gb", "Db", "Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E")  # 1B .. 12B
_WHEEL_MINOR = ("Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "C#")  # 1A .. 12A


def bpm_in(value: Any) -> float | None:
    """A tempo out of JSON or a cell, where it is one."""
    found = number_in(value.replace(",", ".") if isinstance(value, str) else value)
    return found if found is not None and BPM_RANGE[0] <= found <= BPM_RANGE[1] else None


def whole_bpm(bpm: float | None) -> int | None:
    """For fields that take an int; rounded, which readers do not do."""
    return None if bpm is None else round(bpm)


def key_in(value: Any) -> str:
    """ "D Major", "Am", "f# min", "8A", "1m" as "D major", "A minor" ...; "" where no mode is named."""
    text = value.strip() if isinstance(value, str) else ""
    if match := _CAMELOT.fullmatch(text):
        return _on_wheel(int(match[1]), major=match[2].upper() == "B")
    if match := _OPEN.fullmatch(text):
        return _on_wheel((int(match[1]) + 6) % 12 + 1, major=match[2] == "d")
    match = _KEY.fullmatch(text)
    if match is None or match[3] is None:
        return ""
    mode = match[3]
    minor = mode != "M" and (mode == "m" or mode.lower().startswith("min"))
    sign = (match[2] or "").strip(" -").lower()
    sign = {"♯": "#", "♭": "b", "sharp": "#", "flat": "b"}.get(sign, sign)
    return f"{match[1].upper()}{sign} {'minor' if minor else 'major'}"


def _on_wheel(number: int, *, major: bool) -> str:
    names = _WHEEL_MAJOR if major else _WHEEL_MINOR
    return f"{names[number - 1]} {'major' if major else 'minor'}"


def camelot(key: str) -> str:
    """ "A minor" -> "8A"; "" for no key."""
    if not key:
        return ""
    tonic, mode = key.split()
    names = _WHEEL_MAJOR if mode == "major" else _WHEEL_MINOR
    place = [pitch_class(name) for name in names].index(pitch_class(tonic))
    return f"{place + 1}{'B' if mode == 'major' else 'A'}"


def open_key(key: str) -> str:
    """ "A minor" -> "1m", "C major" -> "1d"; "" for no key."""
    if not key:
        return ""
    wheel = camelot(key)
    return f"{(int(wheel[:-1]) + 4) % 12 + 1}{'d' if wheel.endswith('B') else 'm'}"


def short_key(key: str) -> str:
    """ "A minor" -> "Am", "Bb major" -> "Bb": at most three characters, as TKEY has them."""
    tonic, _, mode = key.partition(" ")
    return tonic + ("m" if mode == "minor" else "")


def keyscale(key: str) -> str:
    """A key as ACE-Step writes it: one of its seventy; "" for any other."""
    tonic, _, mode = key.partition(" ")
    known = tonic[:1] in PITCH_CLASS and tonic[1:] in ("", "#", "b", "♯", "♭") and mode in ("major", "minor")
    return key if known and key else ""


def meter_in(value: Any) -> str:
    """ "3/4", "4" or 4 (beats of a bar, as ACE-Step writes them; 6 is 6/8) as "4/4"; "" for anything else."""
    text = str(value).strip() if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if text in ("2", "3", "4"):
        return f"{text}/4"
    if text == "6":
        return "6/8"
    return text if _METER.fullmatch(text) else ""


def timesignature(meter: str) -> str:
    """The numerator, where ACE-Step knows the signature: of 2/4, 3/4, 4/4 and 6/8; "" for 5/4, 7/8, 12/8 ..."""
    return meter.partition("/")[0] if meter in ("2/4", "3/4", "4/4", "6/8") else ""


def language_in(value: Any) -> str:
    """ "English", "en-US", "en" as "en"; "" for what is no language, or unknown."""
    text = value.strip().lower() if isinstance(value, str) else ""
    if text in _LANGUAGES:
        return _LANGUAGES[text]
    code = re.split(r"[-_]", text)[0]
    return code if _LANGUAGE.fullmatch(code) else ""
