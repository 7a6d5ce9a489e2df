"""The kinds of music that the second composer writes, as data.

A part is ``role: instrument | instrument ...``, with ``?0.5`` behind it where it plays in half of the pieces. What a
role writes is in ``writing``. Solo pieces for two hands have two parts of one instrument (``same`` repeats the last).
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Idiom:
    """One kind of music."""

    style: str  # as the truth has it
    weight: float
    bpm: tuple[float, float]  # of quarters; 6/8 has dotted ones at two thirds of it
    parts: tuple[str, ...]
    sources: tuple[str, ...]  # of harmony, in harmony.FORMS
    meters: dict[str, float] = field(default_factory=lambda: {"4/4": 1.0})
    swing: tuple[float, float] = (0.5, 0.5)  # where the second half of a beat begins
    grooves: tuple[str, ...] = ()  # in drums.GROOVES; of those of the meter
    drums: float = 1.0  # how often they play, where there are grooves
    kits: tuple[str, ...] = ("rock",)  # in instruments.KITS


_MOST = {"4/4": 2.0, "3/4": 1.0, "6/8": 1.0}
_PIANOS = "grand piano | bright piano | electric grand | honky-tonk"
_KEYS = "tine piano | stage piano | electric grand"
_ORGANS = "tonewheel organ | percussive organ | rock organ"
_CLEAN = "clean guitar | archtop guitar | funk guitar"
_ACOUSTIC = "nylon guitar | steel guitar | twelve-string"
_BASSES = "finger bass | pick bass | fretless bass | pop bass"
_HORNS = "alto sax | tenor sax | trumpet | muted trumpet | trombone | baritone sax"
_WINDS = "flute | oboe | clarinet | english horn | bassoon | recorder"
_WORLD = "shakuhachi | ocarina | recorder | flute"
_LEADS = "sine lead | saw lead | chiff lead | bass and lead | star theme"
_PADS = "fantasia | polysynth | glass pad | metal pad | sweep pad | star theme"
_CHAMBER = "violin | slow violin | viola | cello | flute | clarinet | oboe | horn | trumpet | bassoon"
_SONG = ("borrowed", "secondary", "ground", "pedal")
_JAZZ = ("circle", "blues", "secondary", "vamp")

IDIOMS = (
    # Alone.
    Idiom("solo piano", 5, (58, 150), (f"left: {_PIANOS}", "tune: same"), _SONG, _MOST),
    Idiom("piano étude", 2, (84, 168), (f"broken: {_PIANOS}", "ground: same"), ("pedal", "circle", "ground"), _MOST),
    Idiom("solo guitar", 4, (60, 132), (f"picked: {_ACOUSTIC} | archtop guitar", "tune: same ?0.6"), _SONG, _MOST),
    Idiom("music box", 4, (66, 140), ("broken: music box | celesta | glockenspiel", "tune: same"), ("pedal", "ground"),
          {"3/4": 2, "4/4": 1, "6/8": 1}),
    Idiom("solo harp", 4, (56, 120), ("broken: harp", "tune: same ?0.7", "ground: same ?0.5"), _SONG, _MOST),
    Idiom("organ voluntary", 4, (54, 110), ("block: pipe organ | reed organ", "tune: same ?0.6", "ground: same"),
          ("ground", "pedal", "circle"), _MOST),
    Idiom("unaccompanied melody", 4, (60, 130), (f"tune: {_CHAMBER} | {_WORLD} | soprano sax | tenor sax",),
          ("drone", "ground", "vamp"), _MOST),
    Idiom("mallet solo", 4, (76, 150), ("left: marimba | vibraphone", "tune: same"), ("vamp", "circle", "pedal"),
          _MOST),
    Idiom("a cappella choir", 4, (54, 96), ("block: choir aahs | choir oohs", "ground: same"), ("ground", "pedal"),
          {"4/4": 2, "3/4": 1}),
    Idiom("drum solo", 2, (80, 170), (), ("drone",), {"4/4": 3, "6/8": 1, "3/4": 1},
          grooves=("rock", "funk", "toms", "breakbeat", "march", "latin"), kits=("rock", "hall", "machine", "jazz")),
    # Two or three.
    Idiom("sonata", 5, (56, 140), (f"left: {_PIANOS.split(' | ')[0]}", f"tune: {_CHAMBER}", "comp: grand piano ?0.3"),
          _SONG, _MOST),
    Idiom("guitar duo", 3, (66, 150),
          (f"strum: {_ACOUSTIC}", "tune: nylon guitar | flute | fiddle | archtop guitar"),
          ("borrowed", "vamp", "ground"), _MOST),
    Idiom("harp and winds", 3, (56, 110), ("broken: harp", f"tune: {_WINDS}", "counter: cello | horn ?0.4"), _SONG,
          _MOST),
    Idiom("jazz duo", 3, (84, 180), ("walk: upright bass", "comp: archtop guitar | vibraphone | grand piano"),
          _JAZZ, {"4/4": 4, "3/4": 1}, (0.56, 0.67)),
    Idiom("choir and organ", 4, (54, 104), ("pads: choir aahs | choir oohs", "ground: pipe organ | reed organ",
          "block: same", "tune: trumpet | oboe ?0.3"), ("ground", "pedal", "borrowed"), {"4/4": 2, "3/4": 1}),
    Idiom("bass and drums", 3, (76, 150), (f"riff: {_BASSES} | thumb bass | rubber bass",), ("drone", "vamp"),
          {"4/4": 4, "6/8": 1}, grooves=("funk", "breakbeat", "rock", "halftime", "slow six")),
    # Chamber and orchestra.
    Idiom("string quartet", 4, (60, 140), ("tune: violin", "inner: violin", "inner: viola", "ground: cello"),
          ("ground", "circle", "borrowed", "pedal"), _MOST),
    Idiom("string orchestra", 3, (54, 120), ("repeat: plucked strings | trembling strings | string section",
          "tune: string section | violin", "ground: contrabass | cello", "harmony: soft strings ?0.4"), _SONG, _MOST),
    Idiom("brass band", 5, (72, 132), ("tune: trumpet", "inner: horn", "inner: trombone", "oompah: tuba",
          "thirds: trumpet ?0.5"), ("secondary", "circle", "ground"), {"4/4": 2, "3/4": 1, "6/8": 1},
          grooves=("march", "waltz", "slow six"), drums=0.45, kits=("hall", "rock")),
    Idiom("wind quintet", 4, (66, 140), ("tune: flute | oboe", "inner: clarinet", "inner: english horn | horn",
          "ground: bassoon"), _SONG, _MOST),
    Idiom("film cue", 4, (66, 140), ("repeat: string section | plucked strings", "tune: horn | brass section | trumpet",
          "ground: contrabass", "pads: choir aahs ?0.5"), ("borrowed", "pedal", "vamp"), _MOST,
          grooves=("toms", "slow six", "waltz"), drums=0.55, kits=("hall",)),
    Idiom("celesta and strings", 4, (60, 120), ("broken: celesta | vibraphone | glockenspiel | harp",
          "pads: soft strings", "tune: clarinet | flute | violin ?0.6"), ("pedal", "vamp", "borrowed"), _MOST),
    # Bands.
    Idiom("organ trio", 5, (84, 170), (f"roots: {_ORGANS}", "comp: same", "tune: archtop guitar | tenor sax"), _JAZZ,
          {"4/4": 4, "3/4": 1}, (0.55, 0.66), ("swing", "shuffle", "jazz waltz"), kits=("jazz", "rock")),
    Idiom("jazz combo", 6, (92, 196), ("walk: upright bass", "comp: grand piano | archtop guitar | vibraphone",
          f"tune: {_HORNS} | clarinet | flute"), _JAZZ, {"4/4": 4, "3/4": 2}, (0.57, 0.67),
          ("swing", "brushes", "jazz waltz"), 0.9, ("jazz",)),
    Idiom("bossa nova", 4, (108, 152), ("twofeel: upright bass", "bossa: nylon guitar | tine piano",
          "tune: flute | tenor sax | trumpet | vibraphone"), ("circle", "secondary", "vamp"), grooves=("bossa",),
          drums=0.8, kits=("jazz", "rock")),
    Idiom("salsa", 4, (88, 112), ("tumbao: upright bass | finger bass", "montuno: bright piano | grand piano",
          "stabs: brass section | trumpet ?0.8"), ("vamp", "circle"), grooves=("latin",)),
    Idiom("rock", 6, (96, 168), ("roots: pick bass | finger bass", "power: crunch guitar | lead guitar",
          f"strum: clean guitar | {_ORGANS} ?0.6", "tune: lead guitar | saw lead ?0.5"), ("borrowed", "vamp", "pedal"),
          {"4/4": 5, "3/4": 0.5}, grooves=("rock", "halftime", "doubletime", "waltz")),
    Idiom("metal", 3, (88, 180), ("roots: pick bass", "chug: lead guitar", "power: crunch guitar",
          "tune: lead guitar ?0.4"), ("vamp", "pedal"), grooves=("doubletime", "halftime", "rock"),
          kits=("rock", "hall")),
    Idiom("blues", 5, (60, 140), ("walk: finger bass | upright bass", f"comp: {_ORGANS} | honky-tonk | clean guitar",
          "tune: crunch guitar | tenor sax | archtop guitar | trumpet"), ("blues",), {"4/4": 3, "6/8": 1.5},
          (0.6, 0.68), ("shuffle", "swing", "slow six")),
    Idiom("funk", 5, (90, 122), ("riff: thumb bass | finger bass | pop bass", f"scratch: funk guitar | {_KEYS}",
          "stabs: brass section | baritone sax | tonewheel organ ?0.7"), ("vamp", "blues", "drone"),
          swing=(0.5, 0.56), grooves=("funk", "breakbeat")),
    Idiom("reggae", 4, (66, 92), ("riff: finger bass | fretless bass",
          f"skank: clean guitar | {_ORGANS} | bright piano", "tune: trombone | sine lead | flute | trumpet ?0.6"),
          ("vamp", "borrowed"), swing=(0.5, 0.62),
          grooves=("one drop", "halftime")),
    Idiom("soul ballad", 4, (58, 84), ("roots: finger bass | fretless bass", f"comp: {_KEYS} | grand piano",
          "tune: alto sax | soprano sax | trumpet | lap steel", "pads: string section | choir oohs ?0.6"), _SONG,
          {"4/4": 1, "6/8": 1.5}, grooves=("ballad", "slow six"), drums=0.75),
    Idiom("country", 4, (84, 170), ("twofeel: upright bass | finger bass", "strum: steel guitar | twelve-string",
          "tune: fiddle | lap steel | steel guitar"), ("secondary", "borrowed"), {"4/4": 3, "3/4": 2},
          grooves=("train", "waltz"), drums=0.6),
    Idiom("house", 4, (112, 130), ("offbeats: reso bass | rubber bass",
          "stabs: bright piano | polysynth | tonewheel organ", f"arp: {_LEADS} ?0.6",
          f"pads: {_PADS} ?0.4"), ("vamp", "borrowed"), grooves=("disco",), kits=("machine",)),
    Idiom("synth-pop", 5, (90, 150), ("octaves: reso bass | rubber bass", f"arp: {_PADS} | {_LEADS}",
          f"tune: {_LEADS} | marimba", f"pads: {_PADS} | choir aahs ?0.5"), ("borrowed", "ground", "vamp"),
          grooves=("disco", "rock", "halftime"), drums=0.85, kits=("machine",)),
    Idiom("ambient synth", 4, (52, 96), (f"pads: {_PADS}", f"arp: {_LEADS} | {_PADS} ?0.6",
          "tune: shakuhachi | sine lead | choir oohs | ocarina ?0.6"), ("drone", "vamp", "pedal"), _MOST),
    Idiom("lo-fi hip hop", 4, (68, 92), ("roots: upright bass | fretless bass", f"comp: {_KEYS}",
          "tune: vibraphone | archtop guitar | flute | muted trumpet ?0.6"), ("circle", "vamp"), swing=(0.55, 0.63),
          grooves=("boom-bap",), kits=("rock", "machine", "jazz")),
    Idiom("trap", 2, (120, 156), ("held: rubber bass | reso bass", "arp: glass pad | music box | marimba | harp",
          "tune: choir aahs | star theme | shakuhachi ?0.5"), ("drone", "vamp"), grooves=("trap",), kits=("machine",)),
    Idiom("folk dance", 4, (92, 176), ("oompah: cello | contrabass | tuba", f"strum: {_ACOUSTIC}",
          "tune: fiddle | ocarina | clarinet | recorder", "double: piccolo | violin ?0.4"),
          ("vamp", "secondary", "drone"), {"4/4": 1, "3/4": 1.5, "6/8": 2},
          grooves=("waltz", "slow six", "train"), drums=0.35, kits=("hall", "rock")),
    Idiom("marimba band", 3, (96, 150), ("roots: upright bass | marimba", "repeat: marimba | xylophone",
          "tune: xylophone | vibraphone | trumpet"), ("vamp", "secondary"), {"4/4": 1, "6/8": 1},
          grooves=("latin", "toms", "slow six"), drums=0.6),
)  # fmt: skip
