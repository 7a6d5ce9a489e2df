"""Which instruments play which part in the training corpus, and the family that a caption would name.

Kinds that even people do not place with one word are left out: harpsichords, accordions, synthesised strings and brass.
"""

from __future__ import annotations

from typing import NamedTuple

from training.captions.facts import FAMILIES


class Voice(NamedTuple):
    """An instrument in a part."""

    name: str  # in styles.INSTRUMENTS
    octaves: int = 0  # how far its register is from the part's usual one


def _voices(*names: str, octaves: int = 0) -> tuple[Voice, ...]:
    return tuple(Voice(name, octaves) for name in names)


_PIANOS = _voices("piano", "bright piano", "electric grand", "honky-tonk piano", "electric piano", "FM piano")
_MALLETS = _voices("celesta", "glockenspiel", "music box", "vibraphone", "marimba", "xylophone")
_ORGANS = _voices("drawbar organ", "percussive organ", "rock organ", "organ")
_GUITARS = _voices("nylon guitar", "steel guitar", "jazz guitar", "electric guitar", "muted guitar")
DISTORTED = _voices("overdriven guitar", "distortion guitar")
_PADS = _voices("new age pad", "warm pad", "poly synth", "halo pad", "sweep pad")
_CHOIRS = _voices("choir", "voice oohs")
_SECTIONS = _voices("strings", "slow strings", "tremolo strings")

# Part -> family -> instruments. Each part draws its family first, so that families are about equally frequent.
PARTS: dict[str, dict[str, tuple[Voice, ...]]] = {
    "bass": {
        "bass": _voices(
            "acoustic bass",
            "electric bass",
            "picked bass",
            "fretless bass",
            "slap bass",
            "synth bass",
            "soft synth bass",
        ),
    },
    "low": {  # a bass line by something that is not a bass
        "piano": _PIANOS[:3],
        "strings": _voices("double bass") + _voices("cello", octaves=1),
        "brass": _voices("tuba", "trombone"),
        "woodwinds": _voices("bassoon", "baritone sax", octaves=1),
        "organ": _ORGANS,
    },
    "chords": {
        "piano": _PIANOS,
        "mallets": _MALLETS,
        "organ": _ORGANS,
        "guitar": _GUITARS + DISTORTED,
        "strings": (*_SECTIONS, Voice("pizzicato strings")),
        "harp": _voices("harp"),
        "choir": _CHOIRS,
        "brass": _voices("brass", "french horn"),
        "synth": _PADS,
    },
    "pad": {"strings": _SECTIONS, "synth": _PADS, "choir": _CHOIRS, "organ": _ORGANS, "brass": _voices("french horn")},
    "lead": {
        "piano": _PIANOS,
        "mallets": _MALLETS,
        "organ": _ORGANS,
        "guitar": (*_voices("nylon guitar", "steel guitar", "jazz guitar", "electric guitar"), *DISTORTED),
        "strings": (Voice("violin"), Voice("viola"), Voice("cello", -1), Voice("strings"), Voice("pizzicato strings")),
        "harp": _voices("harp"),
        "brass": (
            Voice("trumpet"),
            Voice("muted trumpet"),
            Voice("trombone", -1),
            Voice("french horn", -1),
            Voice("brass"),
        ),
        "woodwinds": (
            *_voices("soprano sax", "alto sax", "oboe", "english horn", "clarinet", "flute", "recorder", "pan flute"),
            Voice("piccolo", 1),
            Voice("tenor sax", -1),
            Voice("bassoon", -1),
        ),
        "synth": _voices("square lead", "saw lead", "calliope lead", "charang lead", "fifths lead"),
    },
}

FAMILY_OF = {voice.name: family for parts in PARTS.values() for family, voices in parts.items() for voice in voices}
DRUM_KITS = (0, 0, 0, 8, 16, 24, 25, 32, 40)  # standard thrice, room, power, electronic, 808, jazz, brushes

assert set(FAMILY_OF.values()) <= set(FAMILIES)
