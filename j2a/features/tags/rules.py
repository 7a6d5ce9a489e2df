"""What may be said from the two networks' answers: few words, each by a rule that was judged on real music.

Neither network normalises what it hears, and both answer noise, silence and bare tones too: ``heard.py`` raises quiet
sound, and tells what is no music. What fires on the wrong things is left out: strings, jazz, folk, moods, guitar alone.
"""

from __future__ import annotations

from j2a.features.record import BY_TAGS, Genre, Tag, TagKind
from j2a.features.tags.heard import Heard

VOICE_SCORE = 1.2  # none of 391 instrumental windows reaches it, and 22 of 24 sung ones do (voice as loud as the band)


VOICELESS_SCORE = 0.1  # half of the instrumental windows are below it, and no sung one
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
    voice = _if(heard.voice >= VOICE_SCORE, "voice", "voice", heard.voice)
    return voice if heard.is_short else [*voice, *_styles(heard), *_instruments(heard), *_percussion(heard)]


def absent(heard: Heard) -> list[str]:
    """Labels of what is surely not there. A growl scores as low as no voice at all, so metal is never without one."""
    if heard.is_short:
        return []
    metal = any(tag.label == "metal" for tag in _styles(heard))
    voiceless = heard.voice < VOICELESS_SCORE and not metal
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
    metal = b["metal"] >= 0.4 or (a["metal"] >= 0.3 and a["rock"] >= 0.4)
    electronic = (b["electronic"] >= 0.4 and a["electronic"] + a["techno"] >= 0.4) or a["electronic"] >= 0.5
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
