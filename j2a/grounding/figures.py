"""Claims of tempo, key, meter and chords."""

from __future__ import annotations

import re
from collections.abc import Iterator

from j2a.features.record import Features
from j2a.grounding.claim import Claim, Verdict, verdict_of
from j2a.grounding.denial import before
from j2a.music import chord_identity, same_key

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
    rf"(?:{_NOTE}[ -](?:major|minor){_BETWEEN_KEYS}|\b[Ss]ide |\brelative (?:major|minor)\W{{1,3}}(?:is )?)$"
)
_METER = re.compile(r"(?<![\d/])(?<!rated )(?<!Rated )(?<!or )(\d{1,2})/(2|4|8|16)(?![\d/]|[ -]notes?\b)")
_BEATS_A_BAR = re.compile(
    r"\b(two|three|four|five|six|seven)[ -]beats? (?:to|in|a|per) (?:the |a |each |every )?(?:bar|measure)",
    re.IGNORECASE,
)
_METER_WORD = re.compile(
    r"\b(common time|waltz(?:-like)?|triple (?:meter|metre|time)|quadruple (?:meter|metre|time))\b", re.IGNORECASE
)
_METER_WORD_BEATS = {"common": 4, "waltz": 3, "triple": 3, "quadruple": 4}
_PACE = (
    r"very slow|slow|slowly|moderate|mid-tempo|medium|fast|very fast|quick|(?:slow|fast)-paced|moderately paced"
)
_PACED = (
    r"(?:tempo|pace|piece|track|music|pulse|beat|song|speed|clip|passage|groove|waltz|ballad|tune|number|cue|excerpt"
    r"|recording|section)"
)
_TEMPO_WORD = re.compile(
    rf"\b(?P<before>{_PACE})(?=,? (?:(?!(?:yet|the|and|with|but|while|an?|of)\b)[\w#♯♭-]+,? ){{0,3}}?{_PACED})"
    rf"|\b{_PACED}(?: itself)?(?: is| stays|:) (?P<after>{_PACE})(?![\w-])"
    r"|\b(?:it|music|piece|track|song) moves (?P<moves>slowly)\b",
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
_NO_CHORDS_BEFORE = re.compile(r"\b(?:notes?|vitamins?|plans?|sections?|parts?|sides?|takes?) $", re.IGNORECASE)
_EXTENSION = re.compile(r"\d|maj|sus|dim|aug|°|ø|/[A-G]")  # only triads are measured
_AM_I = re.compile(r"Am I\b")
_LONE_CHORD = re.compile(
    rf"(?:\bon |chord of |chord |chord, |chord is |\bstays (?:on|with) |\bholds |only |single chord )({_CHORD})"
    rf"|({_CHORD})(?= chord\b)"
)
# At the beginning of a sentence "A" may be the article: "A minor change", "A chord progression".
_BEGINNING = re.compile(r"(?:^|[.!?]\s)\s*$")
_ADJECTIVE = re.compile(r" (?!(?:is|and|or|with|at|in|throughout|to|then)\b)[a-z]")


def figure_claims(text: str, features: Features) -> Iterator[Claim]:
    """Tempo figures and words, keys, meters and chords, taken back or not."""
    yield from _tempo(text, features)
    yield from _key(text, features)
    yield from _meter(text, features)
    yield from _chords(text, features)


def _tempo(text: str, features: Features) -> Iterator[Claim]:
    bpm = features.bpm
    for match in _BPM.finditer(text):
        tolerance = _ROUGHLY if match["roughly"] else _EXACTLY
        meant = [bpm, *(one.bpm for one in features.bpm_candidates if not features.bpm_sure)] if bpm else []
        agrees = any(abs(float(match["bpm"]) - one) <= max(1.0, tolerance * one) for one in meant)
        yield Claim("tempo", match["figure"], *match.span("figure"), verdict_of(bpm is not None, agrees))
    for match in _TEMPO_WORD.finditer(text):
        place = match.lastgroup or ""
        word = match[place].lower()
        true_range, possible_range = _TEMPO_RANGES[_TEMPO_SYNONYMS.get(word, word)]
        verdict: Verdict = "unmeasured"
        if bpm is not None and true_range[0] <= bpm <= true_range[1]:
            verdict = "agreed"
        elif bpm is not None and not possible_range[0] <= bpm <= possible_range[1]:
            verdict = "contradicted"
        yield Claim("tempo", match[place], *match.span(place), verdict)


def _key(text: str, features: Features) -> Iterator[Claim]:
    for match in _KEY.finditer(text):
        if match[1] == "A" and _is_article(text, match.start()) and _ADJECTIVE.match(text, match.end()):
            continue
        if _NO_KEY_AFTER.match(text, match.end()) or before(_NO_KEY_BEFORE, text, match.start()):
            continue
        tonic = re.sub(r"[ -]sharp", "#", re.sub(r"[ -]flat", "b", match[1]))
        agrees = features.key is not None and same_key(f"{tonic} {match[2]}", features.key)
        yield Claim("key", match[0], *match.span(), verdict_of(features.key is not None, agrees))


def _meter(text: str, features: Features) -> Iterator[Claim]:
    measured = int(features.meter.split("/")[0]) if features.meter else None
    for match in _METER.finditer(text):
        yield Claim("meter", match[0], *match.span(), verdict_of(measured is not None, match[0] == features.meter))
    for match in _BEATS_A_BAR.finditer(text):
        agrees = _NUMBER_WORDS[match[1].lower()] == measured
        yield Claim("meter", match[0], *match.span(), verdict_of(measured is not None, agrees))
    for match in _METER_WORD.finditer(text):
        agrees = _METER_WORD_BEATS[re.split(r"[ -]", match[1].lower())[0]] == measured
        yield Claim("meter", match[0], *match.span(), verdict_of(measured is not None, agrees))


def _chords(text: str, features: Features) -> Iterator[Claim]:
    measured = {(chord_identity(_lead_sheet(chord.label))) for chord in features.chords if chord.label != "N"}
    spans: set[tuple[int, int]] = set()
    for run in _CHORD_LIST.finditer(text):
        if before(_NO_CHORDS_BEFORE, text, run.start()):
            continue
        spans.update((run.start() + m.start(), run.start() + m.end()) for m in re.finditer(_CHORD, run[0]))
    for match in _LONE_CHORD.finditer(text):
        if match[2] == "A" and _is_article(text, match.start()):
            continue
        spans.add(match.span(1) if match[1] else match.span(2))
    spans.update(match.span() for match in re.finditer(_CHORD, text) if len(match[0]) > 1)
    for start, end in sorted(spans):
        if _EXTENSION.match(text, end) or _AM_I.match(text, start) or text[:start].endswith("/"):
            continue
        name = text[start:end]
        agrees = chord_identity(name) in measured
        yield Claim("chord", name, start, end, verdict_of(bool(features.chords), agrees))


def _is_article(text: str, start: int) -> bool:
    return before(_BEGINNING, text, start)


def _lead_sheet(label: str) -> str:
    root, _, quality = label.partition(":")
    return root + ("m" if quality == "min" else "")
