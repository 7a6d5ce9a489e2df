"""What may be said from the two networks' answers: few words, each by a rule that was judged on real music.

Neither network normalises what it hears, and both answer noise, silence and bare tones too: ``heard.py`` raises quiet
sound, and tells what is no music. What fires on the wrong things is left out: strings, jazz, folk, moods, guitar alone.
"""

from __future__ import annotations

import math

from j2a.features.record import BY_TAGS, Genre, Tag, TagKind
from j2a.features.tags.heard import Heard

# Two witnesses of a voice: a head of ours (its logit), and the sum of the first network's tags for voices. Over 83
# files of real music and 168 voices, files and voices held back in turn, a voice is told in 2 of 786 instrumental
# windows; where one is up to 4 dB louder than the band, in 91 % (sung), 77 % (spoken), 96 % (by a machine), up to 4 dB
# softer in 67, 75 and 95 %. The tags alone tell it in 5 of 826, and in 56, 39, 10 and 44, 22, 6 %.
VOICE, VOICE_SCORE, VOICE_DOUBTED = 2.7, 1.2, 0.0
# 80 % of the instrumental windows are below both, and 1.5 % of those with a voice, half of which are softer than the
# band. (Of the tags alone below 0.1: 42 and 2.1 %.)
VOICELESS, VOICELESS_SCORE = -2.0, 0.8
DRUMLESS_SCORE = 0.03  # of 104 rendered clips below it one has drums; windows of metal songs have 0.09 and more
# Words of the two networks for one genre. Where only one of them knows it, its answer counts for less.
_GENRES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "rock": (("rock",), ("rock", "classic rock", "hard rock", "alternative rock")),
    "metal": (("metal",), ("metal", "heavy metal")),
    "electronic": (("electronic", "techno"), ("electronic", "electronica")),
    "dance": (("techno", "dance"), ("dance", "House")),
    "ambient": (("ambient", "new age"), ("ambient", "chillout")),
    "pop": (("pop",), ("pop", "indie pop")),
    "country": (("country",), ("country",)),
    "classical": (("classical", "classic"), ()),
    "jazz": ((), ("jazz",)),
    "folk": ((), ("folk", "acoustic")),
    "blues": ((), ("blues",)),
    "hip hop": ((), ("Hip-Hop",)),
}
_ONE_ALONE = 0.6


def claims(heard: Heard) -> list[Tag]:
    """What clears its threshold; less than three seconds can only have a voice."""
    logit = heard.voice_logit
    loud = heard.voice >= VOICE_SCORE and (heard.is_short or logit >= VOICE_DOUBTED)
    there = loud or (logit >= VOICE and not heard.is_short)
    voice = _if(there, "voice", "voice", 1 / (1 + math.exp(-logit)))
    return voice if heard.is_short else [*voice, *_styles(heard), *_instruments(heard), *_percussion(heard)]


def absent(heard: Heard) -> list[str]:
    """Labels of what is surely not there. A growl scores as low as no voice at all, so metal is never without one."""
    if heard.is_short:
        return []
    metal = any(tag.label == "metal" for tag in _styles(heard))
    voiceless = heard.voice_logit < VOICELESS and heard.voice < VOICELESS_SCORE and not metal
    drumless = heard.magnatagatune["drums"] < DRUMLESS_SCORE
    return [label for label, is_absent in (("voice", voiceless), ("drums", drumless)) if is_absent]


def genre(heard: Heard) -> Genre:
    """The likeliest style, however unlikely: one that is claimed, else the one with the highest score."""
    scores = {name: _genre_score(heard, *words) for name, words in _GENRES.items()}
    claimed = [tag.label for tag in _styles(heard)]
    best = max(claimed or scores, key=lambda name: scores[name])
    return Genre(best, round(scores[best], 4), BY_TAGS)


def _genre_score(heard: Heard, words_a: tuple[str, ...], words_b: tuple[str, ...]) -> float:
    answers = [
        max(network[word] for word in words)
        for network, words in ((heard.magnatagatune, words_a), (heard.million_song, words_b))
        if words
    ]
    return sum(answers) / len(answers) * (1.0 if len(answers) == 2 else _ONE_ALONE)


def _styles(heard: Heard) -> list[Tag]:
    a, b = heard.magnatagatune, heard.million_song
    # On 83 files that are in no card: metal in 33 of 40 windows of metal guitars, in 40 of 40 of the rest of that band
    # and in none of 746 of game music; electronic in none of these 80, in 1 of 30 of two composers who play acoustic
    # instruments, and in 118 of 170 of a game whose music is electronic.
    metal = b["metal"] >= 0.3 or (a["metal"] >= 0.25 and a["rock"] >= 0.3)
    electronic = (b["electronic"] >= 0.3 and a["electronic"] + a["techno"] >= 0.3) or a["electronic"] >= 0.5
    return [
        *_if(metal, "metal", "style", max(a["metal"], b["metal"])),
        *_if(a["rock"] >= 0.4 and not metal, "rock", "style", a["rock"]),
        *_if(electronic, "electronic", "style", max(a["electronic"], b["electronic"])),
        # "Techno" alone is heard in metal too.
        *_if(a["techno"] >= 0.6 and b["electronic"] >= 0.45, "dance", "style", a["techno"]),
        *_if(b["ambient"] >= 0.35 and a["ambient"] >= 0.3, "ambient", "style", a["ambient"]),
    ]


def _instruments(heard: Heard) -> list[Tag]:
    a = heard.magnatagatune
    return [
        # "Guitar" alone is heard in mallets and harps too.
        *_if(a["rock"] >= 0.3 and a["guitar"] >= 0.3, "electric guitar", "instrument", a["guitar"]),
        *_if(a["synth"] >= 0.3, "synthesizer", "instrument", a["synth"]),
        *_if(a["flute"] >= 0.4, "flute", "instrument", a["flute"]),
        *_if(a["piano"] >= 0.45, "piano", "instrument", a["piano"]),
    ]


def _percussion(heard: Heard) -> list[Tag]:
    drums = heard.magnatagatune["drums"]
    return _if(drums >= 0.25, "drums", "percussion", drums)


def _if(claimed: bool, label: str, kind: TagKind, score: float) -> list[Tag]:
    return [Tag(label, kind, round(score, 4))] if claimed else []
