"""What plays: General MIDI programs, with the variants of bank 8 (Roland GS) where a soundfont has them.

Every instrument belongs to one family of the truth. What even people do not place with one word is left out, as are
sounds that are mostly noise.
"""

from __future__ import annotations

from typing import NamedTuple

from training.captions.facts import FAMILIES


class Instrument(NamedTuple):
    """An instrument and where it sounds as itself."""

    name: str
    family: str
    program: int
    low: int  # MIDI pitches, both included
    high: int
    variant: int = 0  # bank of the program; a soundfont without it plays the plain program
    distorted: bool = False


_ALL = (
    Instrument("grand piano", "piano", 0, 33, 96),
    Instrument("bright piano", "piano", 1, 33, 96),
    Instrument("electric grand", "piano", 2, 33, 92),
    Instrument("honky-tonk", "piano", 3, 36, 92),
    Instrument("tine piano", "piano", 4, 36, 88, 8),
    Instrument("stage piano", "piano", 5, 36, 88, 8),
    Instrument("celesta", "mallets", 8, 60, 96),
    Instrument("glockenspiel", "mallets", 9, 72, 103),
    Instrument("music box", "mallets", 10, 58, 96),
    Instrument("vibraphone", "mallets", 11, 53, 89),
    Instrument("marimba", "mallets", 12, 45, 91),
    Instrument("xylophone", "mallets", 13, 60, 96),
    Instrument("tonewheel organ", "organ", 16, 36, 89, 8),
    Instrument("percussive organ", "organ", 17, 36, 89, 8),
    Instrument("rock organ", "organ", 18, 36, 89),
    Instrument("pipe organ", "organ", 19, 36, 89, 8),
    Instrument("reed organ", "organ", 20, 40, 86),
    Instrument("nylon guitar", "guitar", 24, 40, 81),
    Instrument("twelve-string", "guitar", 25, 40, 81, 8),
    Instrument("steel guitar", "guitar", 25, 40, 81),
    Instrument("archtop guitar", "guitar", 26, 40, 81),
    Instrument("lap steel", "guitar", 26, 45, 84, 8),
    Instrument("clean guitar", "guitar", 27, 40, 84),
    Instrument("funk guitar", "guitar", 28, 45, 81, 8),
    Instrument("crunch guitar", "guitar", 29, 40, 84, 0, True),
    Instrument("lead guitar", "guitar", 30, 40, 86, 0, True),
    Instrument("upright bass", "bass", 32, 28, 55),
    Instrument("finger bass", "bass", 33, 28, 55),
    Instrument("pick bass", "bass", 34, 28, 55),
    Instrument("fretless bass", "bass", 35, 28, 57),
    Instrument("thumb bass", "bass", 36, 28, 55),
    Instrument("pop bass", "bass", 37, 28, 55),
    Instrument("reso bass", "bass", 38, 28, 52, 8),
    Instrument("rubber bass", "bass", 39, 28, 52, 8),
    Instrument("violin", "strings", 40, 55, 93),
    Instrument("slow violin", "strings", 40, 55, 91, 8),
    Instrument("fiddle", "strings", 110, 55, 91),
    Instrument("viola", "strings", 41, 48, 81),
    Instrument("cello", "strings", 42, 36, 69),
    Instrument("contrabass", "strings", 43, 28, 52),
    Instrument("trembling strings", "strings", 44, 40, 88),
    Instrument("plucked strings", "strings", 45, 40, 88),
    Instrument("string section", "strings", 48, 36, 88),
    Instrument("soft strings", "strings", 49, 36, 88),
    Instrument("harp", "harp", 46, 36, 96),
    Instrument("choir aahs", "choir", 52, 43, 79),
    Instrument("choir oohs", "choir", 53, 48, 79),
    Instrument("trumpet", "brass", 56, 55, 82),
    Instrument("trombone", "brass", 57, 40, 70),
    Instrument("tuba", "brass", 58, 29, 53),
    Instrument("muted trumpet", "brass", 59, 55, 82),
    Instrument("horn", "brass", 60, 41, 74),
    Instrument("brass section", "brass", 61, 43, 79, 8),
    Instrument("soprano sax", "woodwinds", 64, 57, 86),
    Instrument("alto sax", "woodwinds", 65, 50, 80),
    Instrument("tenor sax", "woodwinds", 66, 45, 75),
    Instrument("baritone sax", "woodwinds", 67, 37, 67),
    Instrument("oboe", "woodwinds", 68, 59, 88),
    Instrument("english horn", "woodwinds", 69, 52, 79),
    Instrument("bassoon", "woodwinds", 70, 35, 68),
    Instrument("clarinet", "woodwinds", 71, 50, 88),
    Instrument("piccolo", "woodwinds", 72, 74, 100),
    Instrument("flute", "woodwinds", 73, 60, 93),
    Instrument("recorder", "woodwinds", 74, 62, 91),
    Instrument("shakuhachi", "woodwinds", 77, 57, 84),
    Instrument("ocarina", "woodwinds", 79, 60, 88),
    Instrument("sine lead", "synth", 80, 55, 91, 8),
    Instrument("saw lead", "synth", 81, 48, 88),
    Instrument("chiff lead", "synth", 83, 52, 88),
    Instrument("bass and lead", "synth", 87, 40, 84),
    Instrument("fantasia", "synth", 88, 43, 86),
    Instrument("polysynth", "synth", 90, 40, 88),
    Instrument("glass pad", "synth", 92, 45, 84),
    Instrument("metal pad", "synth", 93, 45, 84),
    Instrument("sweep pad", "synth", 95, 40, 84),
    Instrument("brightness", "synth", 100, 43, 88),
    Instrument("star theme", "synth", 103, 45, 86),
)

INSTRUMENTS = {one.name: one for one in _ALL}
# General MIDI's kits and the numbered variants of FluidR3 and others; a soundfont without one plays the standard kit.
KITS = {
    "rock": (0, 1, 3, 9, 11, 16, 17), "jazz": (32, 33, 35, 40, 41), "machine": (24, 25), "hall": (8, 13, 48),
}  # fmt: skip

assert {one.family for one in _ALL} == set(FAMILIES)
