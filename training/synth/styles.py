"""What the composer can write: each style is data.

Patterns are one bar written on an even grid, one character a step: "x" or another symbol starts a note, "-" holds
it, "." is silence. A pattern's length divides the bar, so "x.x.x." in 3/4 has eighth notes.

* bass: "r" root, "5" fifth, "8" the octave above the root
* comping: "x" the whole triad, "1" "2" "3" its notes from the lowest up, "4" the lowest an octave up
* drums: "x" a stroke, "o" a soft one
* melody rhythm: "x" a note
"""

from __future__ import annotations

from dataclasses import dataclass, field

# General MIDI program numbers, from 0, and the names that truths and captions use.
INSTRUMENTS = {
    "piano": 0, "bright piano": 1, "electric grand": 2, "honky-tonk piano": 3, "electric piano": 4, "FM piano": 5,
    "celesta": 8, "glockenspiel": 9, "music box": 10, "vibraphone": 11, "marimba": 12, "xylophone": 13,
    "drawbar organ": 16, "percussive organ": 17, "rock organ": 18, "organ": 19, "accordion": 21,
    "nylon guitar": 24, "steel guitar": 25, "jazz guitar": 26, "electric guitar": 27, "muted guitar": 28,
    "overdriven guitar": 29, "distortion guitar": 30,
    "acoustic bass": 32, "electric bass": 33, "picked bass": 34, "fretless bass": 35, "slap bass": 36,
    "synth bass": 38, "soft synth bass": 39,
    "violin": 40, "viola": 41, "cello": 42, "double bass": 43, "tremolo strings": 44, "pizzicato strings": 45,
    "harp": 46, "strings": 48, "slow strings": 49, "synth strings": 50, "choir": 52, "voice oohs": 53,
    "trumpet": 56, "trombone": 57, "tuba": 58, "muted trumpet": 59, "french horn": 60, "brass": 61,
    "soprano sax": 64, "alto sax": 65, "tenor sax": 66, "baritone sax": 67, "oboe": 68, "english horn": 69,
    "bassoon": 70, "clarinet": 71, "piccolo": 72, "flute": 73, "recorder": 74, "pan flute": 75,
    "square lead": 80, "saw lead": 81, "calliope lead": 82, "charang lead": 84, "fifths lead": 86,
    "new age pad": 88, "warm pad": 89, "poly synth": 90, "halo pad": 94, "sweep pad": 95,
}
# General MIDI percussion keys.
DRUMS = {"kick": 36, "rim": 37, "snare": 38, "clap": 39, "closed hat": 42, "pedal hat": 44, "open hat": 46,
         "crash": 49, "ride": 51, "tambourine": 54, "shaker": 70, "claves": 75}


@dataclass(frozen=True)
class Bar:
    """One way of playing a bar of a meter."""

    bass: str
    comp: str
    melody: tuple[str, ...]  # rhythms to choose from, bar by bar
    drums: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Style:
    """A kind of music: instruments to choose from, tempi, and bars for each meter it is played in."""

    name: str
    tempo: tuple[int, int]  # BPM, inclusive
    bass: tuple[str, ...]
    comp: tuple[str, ...]
    lead: tuple[str, ...]
    bars: dict[int, tuple[Bar, ...]]  # beats a bar -> ways to play it
    pad: tuple[str, ...] = ()  # sustained chords under everything
    drum_share: float = 0.0  # how often the drums play, where the bar has them
    comp_near: int = 60  # MIDI pitch about which chords are voiced


_QUARTERS_4 = ("x-x-x-x-", "x---x-x-", "x-x-x---", "x-xxx-x-")
_SLOW_4 = ("x---x---", "x-----x-", "x-x-x---", "x-------")
_QUARTERS_3 = ("x-x-x-", "x---x-", "x-xxx-", "x-----")

STYLES = (
    Style("ballad", (60, 92), ("acoustic bass", "electric bass"), ("piano", "electric piano"),
          ("flute", "violin", "clarinet", "alto sax"), {
              4: (Bar("r---5---", "12342343", _SLOW_4), Bar("r-------r---5---", "x---x---x---x---", _SLOW_4)),
              3: (Bar("r-----", "123432", _QUARTERS_3),)},
          pad=("strings", "warm pad")),
    Style("waltz", (84, 180), ("acoustic bass", "cello"), ("piano", "accordion", "pizzicato strings", "strings"),
          ("violin", "clarinet", "accordion", "flute", "oboe"), {
              3: (Bar("r-....", "..x.x.", _QUARTERS_3), Bar("r-..5.", "..x.x.", _QUARTERS_3),
                  Bar("r---..", "..x-x-", _QUARTERS_3, {"kick": "x.....", "closed hat": "..x.x."}))},
          drum_share=0.3),
    Style("folk", (72, 132), ("acoustic bass",), ("nylon guitar", "steel guitar", "harp"),
          ("recorder", "flute", "pan flute", "violin"), {
              4: (Bar("r---5---", "1x3x1x3x", _QUARTERS_4), Bar("r-..5-..", "12342343", _QUARTERS_4)),
              3: (Bar("r-----", "1x2x2x", _QUARTERS_3), Bar("r---5-", "123432", _QUARTERS_3))}),
    Style("rock", (92, 168), ("electric bass",), ("electric guitar", "overdriven guitar", "organ"),
          ("electric guitar", "saw lead", "organ", "brass"), {
              4: (Bar("rrrrrrrr", "x--xx-x-", _QUARTERS_4,
                      {"kick": "x...xx..", "snare": "..x...x.", "closed hat": "xxxxxxxx"}),
                  Bar("r-r-r-r5", "x---x---", _QUARTERS_4,
                      {"kick": "x..xx...", "snare": "..x...x.", "ride": "x.x.x.x."}))},
          drum_share=0.95, comp_near=57),
    Style("dance", (112, 138), ("synth bass",), ("synth strings", "electric piano", "piano"),
          ("saw lead", "marimba", "vibraphone"), {
              4: (Bar("..r...r...r...r.", "..x..x....x..x..", ("x..x..x.x..x..x.", "x-x-x-x-", "x---x---"),
                      {"kick": "x...x...x...x...", "clap": "....x.......x...", "open hat": "..x...x...x...x.",
                       "closed hat": "xxxxxxxxxxxxxxxx"}),)},
          pad=("warm pad",), drum_share=1.0),
    Style("bossa", (96, 150), ("acoustic bass",), ("nylon guitar", "jazz guitar"),
          ("alto sax", "flute", "vibraphone", "trumpet"), {
              4: (Bar("r--55--r", "x..x..x.", ("x--x--x-", "x-x-x---", "x---x-x-"),
                      {"rim": "x..x..x.", "closed hat": "xxxxxxxx", "kick": "x..xx..x"}),)},
          drum_share=0.9),
    Style("march", (100, 132), ("cello", "acoustic bass"), ("brass", "strings"), ("trumpet", "flute", "french horn"), {
              4: (Bar("r-..5-..", "..x...x.", _QUARTERS_4,
                      {"kick": "x...x...", "snare": "..x.oox."}),)},
          drum_share=0.8),
    Style("miniature", (80, 160), ("cello", "pizzicato strings"), ("music box", "celesta", "harp", "marimba"),
          ("music box", "celesta", "vibraphone", "recorder"), {
              4: (Bar("r---r---", "1x3x1x3x", _QUARTERS_4),),
              3: (Bar("r-----", "1x3x2x", _QUARTERS_3),)}, comp_near=67),
    Style("chorale", (60, 96), ("cello", "acoustic bass"), ("organ", "choir", "strings"),
          ("oboe", "trumpet", "choir"), {
              4: (Bar("r-r-r-r-", "x-x-x-x-", ("x-x-x-x-", "x---x-x-")),),
              3: (Bar("r-r-r-", "x-x-x-", ("x-x-x-", "x---x-")),)}),
)

# Mode -> Roman numerals, one chord a bar; each begins on the tonic.
PROGRESSIONS = {
    "major": ("I V vi IV", "I IV V I", "I vi IV V", "I ii V I", "I iii IV V", "I IV I V", "I IV vi V", "I V IV I"),
    "minor": ("i iv V i", "i VI iv V", "i VII VI V", "i iv i V", "i VI VII i", "i v iv i", "i iv VII i", "i V i iv"),
    "dorian": ("i IV i IV", "i ii VII i", "i VII IV i", "i IV v i"),
    "phrygian": ("i II i II", "i II vii i", "i VI II i"),
    "lydian": ("I II I II", "I II V I", "I V II I"),
    "mixolydian": ("I VII IV I", "I v VII I", "I IV VII I", "I VII I VII"),
}


def style_named(name: str) -> Style:
    """The style of that name. Raises ``KeyError``."""
    return {style.name: style for style in STYLES}[name]
