"""Claims found in a caption, each held against what was measured.

A claim is "agreed" (the features say the same), "contradicted" (they say otherwise) or "unmeasured" (they say
nothing about it). Checked are tempo figures and words, key, meter, chords, words for the whole sound (bright, loud,
dense ...), and what the tag networks listen for: voice, drums, some instruments and styles. Pure text and numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from j2a.features.record import Features, TagKind
from j2a.music import chord_identity, same_key

Verdict = Literal["agreed", "contradicted", "unmeasured"]

_NUMBER_WORDS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7}
_NOTE = r"[A-G](?:[#b♯♭]|[ -](?:sharp|flat))?"
_BPM = re.compile(
    r"(?P<roughly>\b(?:about|around|roughly|approximately|circa|nearly|almost|some)[ -])?"
    r"(?P<figure>(?<!\d)(?P<bpm>\d+(?:\.\d+)?)[ -]?(?:BPM\b|beats (?:per|a) minute))",
    re.IGNORECASE,
)
_EXACTLY, _ROUGHLY = 0.02, 0.04  # how far a figure may be off; the second is how tempo estimates are judged
_KEY = re.compile(rf"(?<![A-Za-z])({_NOTE})[ -](major|minor)\b")
# "C major, A minor and F major", "from C major to G major", "G major chords", "the relative minor: A minor": chords, or
# two keys, or another one. Nothing is claimed of the key.
_BETWEEN_KEYS = r"(?:,? (?:and|to|then|or) |, |/| [-–→] )"
_NO_KEY_AFTER = re.compile(rf"{_BETWEEN_KEYS}{_NOTE}[ -](?:major|minor)\b| (?:7th|triads?|chords?)\b")
_NO_KEY_BEFORE = re.compile(
    rf"(?:{_NOTE}[ -](?:major|minor){_BETWEEN_KEYS}|\brelative (?:major|minor)\W{{1,3}}(?:is )?)$"
)
_METER = re.compile(r"(?<![\d/])(\d{1,2})/(2|4|8|16)(?![\d/]|[ -]notes?\b)")
_BEATS_A_BAR = re.compile(
    r"\b(two|three|four|five|six|seven)[ -]beats? (?:to|in|a|per) (?:the |a |each |every )?(?:bar|measure)",
    re.IGNORECASE,
)
_METER_WORD = re.compile(
    r"\b(common time|waltz(?:-like)?|triple (?:meter|metre|time)|quadruple (?:meter|metre|time))\b", re.IGNORECASE
)
_METER_WORD_BEATS = {"common": 4, "waltz": 3, "triple": 3, "quadruple": 4}
_TEMPO_WORD = re.compile(
    r"\b(very slow|slow|slowly|moderate|mid-tempo|medium|fast|very fast|quick|(?:slow|fast)-paced|moderately paced)"
    r"(?=,? (?:\w+,? ){0,2}?"
    r"(?:tempo|pace|piece|track|music|pulse|beat|song|speed|clip|passage|groove|waltz|excerpt|recording|section))",
    re.IGNORECASE,
)
# BPM ranges: inside the first a word is true; outside the second it is false; between them nobody can say.
_TEMPO_RANGES = {
    "very slow": ((0, 62), (0, 76)),
    "slow": ((0, 84), (0, 100)),
    "moderate": ((72, 120), (60, 136)),
    "fast": ((108, 1000), (96, 1000)),
    "very fast": ((140, 1000), (120, 1000)),
}
_TEMPO_SYNONYMS = {
    "slowly": "slow",
    "mid-tempo": "moderate",
    "medium": "moderate",
    "quick": "fast",
    "slow-paced": "slow",
    "moderately paced": "moderate",
    "fast-paced": "fast",
}
# Lone capitals are English too ("A slow piece"): a chord needs a neighbour in a list, an accidental, an "m", or
# the word "chord".
_CHORD = r"(?<![A-Za-z#])[A-G][#b♯♭]?m?(?![A-Za-z#♯♭'’])(?! (?:major|minor|sharp|flat))"
_LINK = r"(?:, and |, then |, to | and | to | through |, | – | - | → )"
_CHORD_LIST = re.compile(rf"{_CHORD}(?:{_LINK}{_CHORD})+")
_LONE_CHORD = re.compile(
    rf"(?:\bon |chord of |chord |chord, |chord is |\bstays (?:on|with) |\bholds |only |single chord )({_CHORD})"
    rf"|({_CHORD})(?= chord\b)"
)
# At the beginning of a sentence "A" may be the article: "A minor change", "A chord progression".
_BEGINNING = re.compile(r"(?:^|[.!?]\s)\s*$")
_ADJECTIVE = re.compile(r" (?!(?:is|and|or|with|at|in|throughout|to|then)\b)[a-z]")
_DENIED = re.compile(
    r"(?:\b(?:not|no|never|neither|nor|without)|n't)"
    r"(?: (?:in|at|on|of|an?|the|any|really|quite|exactly|very|clear|steady|strict))* $",
    re.IGNORECASE,
)
_LOOKED_BACK = 100  # characters before a claim: what a thousand claims look at must not grow with the text
# What is listened for, by the label of its tag. A guitar of any kind may be the electric one that was heard.
_HEARD: tuple[tuple[str, TagKind, str], ...] = (
    ("voice", "voice", r"vocals?|vocalists?|vocali[sz]ations?|voices?|sing(?:s|ers?|ing)?(?! bowls?)|sung|raps?"
                       r"|rapp(?:ers?|ing)"),
    ("drums", "percussion", r"(?<!steel )drums?(?:[ -](?:beats?|kits?|sets?|machines?|loops?|patterns?))?"
                            r"|drumm(?:ers?|ing)|percussion|cymbals?|hi-?hats?|snares?"),
    ("electric guitar", "instrument", r"(?:(?:electric|distorted|lead|rhythm) )?(?<!bass )(?<!acoustic )guitars?"),
    ("synthesizer", "instrument", r"synth(?:s|esi[sz]ers?)?"),
    ("flute", "instrument", r"flutes?"),
    ("piano", "instrument", r"pianos?"),
    ("metal", "style", r"metal(?! (?:strings?|bars?|plates?))"),
    ("rock", "style", r"rock"),
    ("electronic", "style", r"electronic|electronica"),
    ("dance", "style", r"dance(?: music| track)?|techno"),
    ("ambient", "style", r"ambient"),
)  # fmt: skip
_HEARD_WORD = re.compile(
    r"(?P<denied>\b(?:no|without(?: any)?|lack(?:s|ing)?|free of|devoid of) (?:\w+ ){0,1}?)?\b(?:"
    + "|".join(f"(?P<t{place}>{words})" for place, (_, _, words) in enumerate(_HEARD))
    + r"|(?P<instrumental>instrumental))\b",
    re.IGNORECASE,
)
# Denied from further away ("no vocals or drums", "drums are absent", "vocal-free"), or part of another word.
_DENIED_FAR = re.compile(
    r"\b(?:no|not|without|lack\w*|free (?:of|from)|devoid of|absence of|neither|nor|never|non)\b"
    r"(?:(?!\b(?:but|with|while|though)\b)[^.;:!?])*$",
    re.IGNORECASE,
)
_DENIED_AFTER = re.compile(
    r"[- ](?:free|less|leading|songwriters?|and bass)\b"
    r"|(?: \w+){0,2} (?:(?:is|are|was|were|do|does|did) )?(?:not|never|absent|missing|\w+n't)\b",
    re.IGNORECASE,
)
# Words for the sound of the whole, by those of ``Sound.words``. A mood, a style ("soft rock", "dark ambient") or one
# instrument ("a bright piano") is not the whole.
_SOUND_WORDS = {
    "dark": "dark", "bright": "bright", "sparse": "sparse", "dense": "dense", "busy": "dense", "soft": "soft",
    "quiet": "soft", "loud": "loud", "swelling": "swelling",
}  # fmt: skip
_SOUND_WORD = re.compile(rf"\b(?:{'|'.join(_SOUND_WORDS)})\b", re.IGNORECASE)
_WHOLE = (
    r"(?:pieces?|tracks?|music|songs?|clips?|excerpts?|recordings?|sections?|passages?|mix|sounds?|sounding|textures?"
    r"|timbres?|tones?|tunes?|arrangements?)"
)
_OF_THE_WHOLE = re.compile(
    r"(?! (?:rock|ambient|pop|metal|jazz)\b)"
    r"(?:(?:,? and |, | |-)(?!(?:with|of|in|on|by|an?|the|is|plays?)\b)[\w-]+){0,4}?"
    rf"[ -]{_WHOLE}\b",
    re.IGNORECASE,
)
_WHOLE_IS = re.compile(
    rf"\b(?:it|{_WHOLE}) (?:is|sounds|stays|remains) (?:(?:very|quite|rather|fairly) )?(?:[\w-]+(?:,? and |, ))*$",
    re.IGNORECASE,
)
_END_OF_LIST = re.compile(r"[.,;:!?]|$| (?:and|but|with|throughout)\b")
_OPPOSITE = {"dark": "bright", "bright": "dark", "sparse": "dense", "dense": "sparse", "soft": "loud", "loud": "soft",
             "swelling": "even"}


@dataclass(frozen=True, slots=True)
class Claim:
    """One checkable statement: ``text[start:end]`` of the caption."""

    kind: Literal["tempo", "key", "meter", "chord", "sound"] | TagKind
    text: str
    start: int
    end: int
    verdict: Verdict


def claims(text: str, features: Features) -> list[Claim]:
    """Every claim in a caption, in order of appearance.

    What is denied ("not in 4/4") claims nothing; "no drums" claims that there are none, where somebody listened.
    """
    every = [*_tempo(text, features), *_key(text, features), *_meter(text, features), *_chords(text, features)]
    every += _sound(text, features)
    found = [claim for claim in (*every, *_heard(text, features)) if not _before(_DENIED, text, claim.start)]
    return sorted(found, key=lambda claim: (claim.start, claim.end))


def _verdict(measured: bool, agrees: bool) -> Verdict:
    if not measured:
        return "unmeasured"
    return "agreed" if agrees else "contradicted"


def _tempo(text: str, features: Features) -> Iterator[Claim]:
    bpm = features.bpm
    for match in _BPM.finditer(text):
        tolerance = _ROUGHLY if match["roughly"] else _EXACTLY
        meant = [bpm, *(one.bpm for one in features.bpm_candidates if not features.bpm_sure)] if bpm else []
        agrees = any(abs(float(match["bpm"]) - one) <= max(1.0, tolerance * one) for one in meant)
        yield Claim("tempo", match["figure"], *match.span("figure"), _verdict(bpm is not None, agrees))
    for match in _TEMPO_WORD.finditer(text):
        word = match[1].lower()
        true_range, possible_range = _TEMPO_RANGES[_TEMPO_SYNONYMS.get(word, word)]
        verdict: Verdict = "unmeasured"
        if bpm is not None and true_range[0] <= bpm <= true_range[1]:
            verdict = "agreed"
        elif bpm is not None and not possible_range[0] <= bpm <= possible_range[1]:
            verdict = "contradicted"
        yield Claim("tempo", match[1], *match.span(1), verdict)


def _key(text: str, features: Features) -> Iterator[Claim]:
    for match in _KEY.finditer(text):
        if match[1] == "A" and _is_article(text, match.start()) and _ADJECTIVE.match(text, match.end()):
            continue
        if _NO_KEY_AFTER.match(text, match.end()) or _before(_NO_KEY_BEFORE, text, match.start()):
            continue
        tonic = re.sub(r"[ -]sharp", "#", re.sub(r"[ -]flat", "b", match[1]))
        agrees = features.key is not None and same_key(f"{tonic} {match[2]}", features.key)
        yield Claim("key", match[0], *match.span(), _verdict(features.key is not None, agrees))


def _meter(text: str, features: Features) -> Iterator[Claim]:
    measured = int(features.meter.split("/")[0]) if features.meter else None
    for match in _METER.finditer(text):
        yield Claim("meter", match[0], *match.span(), _verdict(measured is not None, match[0] == features.meter))
    for match in _BEATS_A_BAR.finditer(text):
        agrees = _NUMBER_WORDS[match[1].lower()] == measured
        yield Claim("meter", match[0], *match.span(), _verdict(measured is not None, agrees))
    for match in _METER_WORD.finditer(text):
        agrees = _METER_WORD_BEATS[re.split(r"[ -]", match[1].lower())[0]] == measured
        yield Claim("meter", match[0], *match.span(), _verdict(measured is not None, agrees))


def _chords(text: str, features: Features) -> Iterator[Claim]:
    measured = {(chord_identity(_lead_sheet(chord.label))) for chord in features.chords if chord.label != "N"}
    spans: set[tuple[int, int]] = set()
    for run in _CHORD_LIST.finditer(text):
        spans.update((run.start() + m.start(), run.start() + m.end()) for m in re.finditer(_CHORD, run[0]))
    for match in _LONE_CHORD.finditer(text):
        if match[2] == "A" and _is_article(text, match.start()):
            continue
        spans.add(match.span(1) if match[1] else match.span(2))
    spans.update(match.span() for match in re.finditer(_CHORD, text) if len(match[0]) > 1)
    for start, end in sorted(spans):
        name = text[start:end]
        agrees = chord_identity(name) in measured
        yield Claim("chord", name, start, end, _verdict(bool(features.chords), agrees))


def _sound(text: str, features: Features) -> Iterator[Claim]:
    """Agreed where the sound stands out so, contradicted where it stands out by the opposite."""
    measured = features.sound.words if features.sound else []
    for match in _SOUND_WORD.finditer(text):
        said = _before(_WHOLE_IS, text, match.start()) and _END_OF_LIST.match(text, match.end())
        if said or _OF_THE_WHOLE.match(text, match.end()):
            word = _SOUND_WORDS[match[0].lower()]
            marked = word in measured or _OPPOSITE[word] in measured
            yield Claim("sound", match[0], *match.span(), _verdict(marked, word in measured))


def _heard(text: str, features: Features) -> Iterator[Claim]:
    if features.tags is None:
        return
    present, absent = {tag.label for tag in features.tags}, set(features.absent)
    for match in _HEARD_WORD.finditer(text):
        group = match.lastgroup or ""
        denies = bool(match["denied"]) or group == "instrumental"
        label, kind, _ = _HEARD[0 if group == "instrumental" else int(group[1:])]
        if not denies and (_before(_DENIED_FAR, text, match.start()) or _DENIED_AFTER.match(text, match.end())):
            continue
        verdict: Verdict = "unmeasured"
        if label in present | absent:
            verdict = "agreed" if (label in present) != denies else "contradicted"
        yield Claim(kind, match[0], *match.span(), verdict)


def _is_article(text: str, start: int) -> bool:
    return _before(_BEGINNING, text, start)


def _before(pattern: re.Pattern[str], text: str, end: int) -> bool:
    """Whether the text up to a place ends with a pattern."""
    return pattern.search(text, max(0, end - _LOOKED_BACK), end) is not None


def _lead_sheet(label: str) -> str:
    root, _, quality = label.partition(":")
    return root + ("m" if quality == "min" else "")
