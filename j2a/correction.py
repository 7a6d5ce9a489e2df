"""What a caption says wrongly, put right by what was measured: tempo, key, meter, chords. Pure text.

Only what :mod:`j2a.grounding` finds contradicted is touched, and only where a measured word fits into its place. What
does not fit ("a waltz" in 4/4, one wrong chord of several) stays, and stays marked.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from j2a.features.record import Features
from j2a.grounding import Claim, claims
from j2a.music import spelled_chord, tempo_word

KINDS = ("tempo", "key", "meter", "chord")
_MOST_CHORDS = 6
_COUNTED = {"2": "two", "3": "three", "4": "four", "5": "five", "6": "six", "7": "seven"}
_PACED = {"very slow": "slow", "moderate": "moderately", "very fast": "fast"}
_ADVERBS = {"very slow": "very slowly", "slow": "slowly", "moderate": "moderately", "fast": "quickly"}
_LINK = re.compile(r",? (?:and|to|then|through) |, | [-–→] ")
# Behind a chord: it is more than a triad (C7, F/A), or the next one of the list is.
_MORE_CHORDS = re.compile(rf"[\w/(°]|(?:{_LINK.pattern})[A-G][#b♯♭]?m?(?:\d|maj|sus|dim|aug|°)")
_ARTICLE = re.compile(r"\b(an?) $", re.IGNORECASE)
_RANGE = re.compile(
    r"(?:\b(?P<word>between|from) )?(?<![\d./])(?P<low>\d+(?:\.\d+)?)(?: BPM)?(?: ?[-–] ?| (?:and|to|or) )$",
    re.IGNORECASE,
)
_SPOKEN_AN = re.compile(r"[AEF8]|1[18](?!\d)")  # an A, an F, an 80, an 11
_LOOKED_BACK = 40

Change = tuple[int, int, str]  # text[start:end] becomes this


def corrected(text: str, features: Features, kinds: Collection[str] = KINDS) -> str:
    """The caption with measured figures in place of wrong ones; as it was where nothing is wrong.

    ``kinds``: of claims that are looked at, some of :data:`KINDS`.
    """
    found = [claim for claim in claims(text, features) if claim.kind in kinds]
    changes = [*_single(text, found, features), *_progressions(text, found, features)]
    done = len(text)
    for start, end, new in sorted(changes, reverse=True):
        if end <= done:  # "120 BPM to 140 BPM" is changed as one
            text = _with_article(text[:start], new) + new + text[end:]
            done = start
    return text


def _single(text: str, found: Sequence[Claim], features: Features) -> Iterator[Change]:
    for claim in found:
        if claim.verdict != "contradicted":
            continue
        if claim.kind == "tempo" and features.bpm is not None:
            figure = claim.text[0].isdigit()
            yield from _tempo_figure(text, claim, features.bpm) if figure else _tempo_word(claim, features.bpm)
        elif claim.kind == "key" and features.key is not None:
            yield claim.start, claim.end, features.key
        elif claim.kind == "meter" and features.meter is not None:
            yield from _meter(claim, features.meter)


def _tempo_figure(text: str, claim: Claim, bpm: float) -> Iterator[Change]:
    """``140 BPM``, and ``120-140 BPM`` where the measured tempo is not in between."""
    number = re.match(r"\d+(?:\.\d+)?", claim.text)
    assert number is not None
    new, end = str(round(bpm)), claim.start + number.end()
    start = max(0, claim.start - _LOOKED_BACK)
    before = _RANGE.search(text[start : claim.start])
    if before is None:
        yield claim.start, end, new
    elif not float(before["low"]) <= bpm <= float(number[0]):
        word = before["word"]
        around = "" if word is None else "Around " if word[0].isupper() else "around "
        yield start + before.start(), end, around + new


def _tempo_word(claim: Claim, bpm: float) -> Iterator[Change]:
    word, measured = claim.text.lower(), tempo_word(bpm)
    if word.endswith("slowly"):
        new = _ADVERBS.get(measured, "very quickly")
    elif word.endswith("paced"):
        paced = _PACED.get(measured, measured)
        new = f"{paced} paced" if paced.endswith("ly") else f"{paced}-paced"
    else:
        new = measured
    yield claim.start, claim.end, new.capitalize() if claim.text[0].isupper() else new


def _meter(claim: Claim, meter: str) -> Iterator[Change]:
    """``3/4``, ``three beats to the bar``, ``triple meter``; not ``waltz``, which is more than a meter."""
    word, _, rest = claim.text.partition(" ")
    beats = _COUNTED.get(meter.partition("/")[0])
    if word[0].isdigit():
        yield claim.start, claim.end, meter
    elif "beat" in rest or "-beat" in word:
        if beats is not None:
            length = re.match(r"[a-z]+", claim.text, re.IGNORECASE)
            assert length is not None
            yield claim.start, claim.start + length.end(), beats.capitalize() if word[0].isupper() else beats
    elif rest:
        yield claim.start, claim.start + len(word), meter


def _progressions(text: str, found: Sequence[Claim], features: Features) -> Iterator[Change]:
    """``Am, F, C and G`` with a wrong one in it becomes the measured chords; a lone chord only where one was found."""
    measured = _chord_names(features)
    chords = [claim for claim in found if claim.kind == "chord"]
    while chords:
        run = [chords.pop(0)]
        while chords and _LINK.fullmatch(text, run[-1].end, chords[0].start):
            run.append(chords.pop(0))
        start, end = run[0].start, run[-1].end
        wrong = any(claim.verdict == "contradicted" for claim in run)
        whole = not _MORE_CHORDS.match(text, end) and not re.search(r"[\w/(]$", text[:start])
        if wrong and whole and measured and (len(run) > 1 or len(set(measured)) == 1):
            yield start, end, _listed(measured[:_MOST_CHORDS]) if len(run) > 1 else measured[0]


def _chord_names(features: Features) -> list[str]:
    """Each measured chord once, in the order in which they come."""
    names = (spelled_chord(chord.label, features.key) for chord in features.chords)
    return list(dict.fromkeys(name for name in names if name != "N"))


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _with_article(before: str, new: str) -> str:
    """``a`` or ``an`` at the end of ``before``, as the new word wants it."""
    match = _ARTICLE.search(before, max(0, len(before) - 4))
    if match is None:
        return before
    article = "an" if _SPOKEN_AN.match(new) else "a"
    return before[: match.start()] + (article.capitalize() if match[1][0].isupper() else article) + " "
