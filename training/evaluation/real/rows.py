"""The rows of the card: what captions say, and what was measured, where files prove what is so."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from j2a.features.record import Features
from training.evaluation.claims import Claim, claims_of_features
from training.evaluation.language import diversity
from training.evaluation.measures import Measure, ratio
from training.evaluation.real.judge import TOLERANCE, bpm_right, count, judged, says
from training.evaluation.real.windows import Window

MEANS = ("judged claims a clip", "wrong claims in silence and noise")  # the other rows are shares
_KINDS = {"instrument": "instruments", "drums": "drums", "tempo": "tempo words", "bpm": "BPM", "style": "style"}
_OPENING_WORDS = 3
Where = Callable[[Window], bool]
Rows = dict[str, Measure]


def rows_of(captions: Sequence[str], windows: Sequence[Window], features: Sequence[Features]) -> Rows:
    """Every row that depends on which caption stands at which window."""
    found = [judged(text, window.row.facts) for text, window in zip(captions, windows, strict=True)]

    def said(kind: str, value: str, where: Where) -> Measure:
        return _share([says(one, kind, value) for one in found], where, windows)

    def voiced(where: Where) -> Measure:
        return said("vocals", "", where)

    low = [says(one, "drums") or says(one, "instrument", "bass") for one in found]
    styled = [any(claim.kind == "style" and claim.verdict == "true" for claim in one) for one in found]
    return {
        **_truth(found, windows),
        "a guitar said in guitar-only stems": said("instrument", "guitar", _in("stem")),
        "a guitar said where it plays among others": said("instrument", "guitar", _in("whole")),
        "drums or bass said in guitar-only stems": _share(low, _in("stem"), windows),
        **{f"a voice said {label}": voiced(where) for label, where in _voices(windows).items()},
        **_tempo(found, windows),
        "a proved style said": _share(styled, lambda window: "styles" in window.row.facts, windows),
        "contradicting the features of their own row": _share(
            [_contradicts(text, known) for text, known in zip(captions, features, strict=True)],
            lambda window: True,
            windows,
        ),
    }


def measured_rows(windows: Sequence[Window], features: Sequence[Features]) -> Rows:
    """What the features say of the same windows, which a caption could have said."""
    labels = [{tag.label for tag in known.tags or ()} for known in features]

    def heard(label: str, where: Where) -> Measure:
        return _share([label in some for some in labels], where, windows)

    tempi = [window.row.facts.get("bpm", 0.0) for window in windows]
    measured = [bool(bpm and known.bpm) for bpm, known in zip(tempi, features, strict=True)]
    right = [
        bool(known.bpm and abs(known.bpm - bpm) <= TOLERANCE * bpm) for bpm, known in zip(tempi, features, strict=True)
    ]
    return {
        "electric guitar heard in guitar-only stems": heard("electric guitar", _in("stem")),
        "electric guitar heard where it plays among others": heard("electric guitar", _in("whole")),
        "drums heard in guitar-only stems": heard("drums", _in("stem")),
        **{f"a voice heard {label}": heard("voice", where) for label, where in _voices(windows).items()},
        "measured BPM right (4 %, the song's own level)": ratio(right, measured),
        "BPM measured where it is proved": ratio(measured, [bool(bpm) for bpm in tempi]),
    }


def language_rows(captions: Sequence[str]) -> dict[str, str]:
    """What can be seen in the captions alone."""
    openings = Counter(" ".join(text.lower().split()[:_OPENING_WORDS]) for text in captions)
    opening, times = openings.most_common(1)[0]
    return {
        "words a caption (median)": f"{statistics.median(len(text.split()) for text in captions):g}",
        f"the commonest opening, {_OPENING_WORDS} words": f"{100 * times / len(captions):.1f} ({opening} ...)",
        "distinct-2": f"{100 * diversity(captions)['distinct-2']:.1f}",
    }


def _truth(found: Sequence[list[Claim]], windows: Sequence[Window]) -> Rows:
    """The claims that files decide, all and by kind, and those about what is no music."""

    def right(some: Sequence[list[Claim]]) -> Measure:
        true = [count(one, "true") for one in some]
        return ratio(true, [a + count(one, "false") for a, one in zip(true, some, strict=True)])

    decided = right(found).per_caption[:, 1]
    nothing = [_in("nothing")(window) for window in windows]
    wrong = [here * count(one, "false") for here, one in zip(nothing, found, strict=True)]
    return {
        "judged claims true": right(found),
        **{
            f"of these, {words}": right([[claim for claim in one if claim.kind == kind] for one in found])
            for kind, words in _KINDS.items()
        },
        "judged claims a clip": ratio(decided, [bool(window.row.facts) for window in windows]),
        "wrong claims in silence and noise": ratio(wrong, nothing),
    }


def _tempo(found: Sequence[list[Claim]], windows: Sequence[Window]) -> Rows:
    """How often a tempo is stated in figures where the song's own is known, and how often that is right."""
    tempi = [window.row.facts.get("bpm", 0.0) for window in windows]
    stated = [[claim for claim in one if claim.kind == "bpm" and bpm] for one, bpm in zip(found, tempi, strict=True)]
    right = [sum(bpm_right(claim, bpm) for claim in some) for some, bpm in zip(stated, tempi, strict=True)]
    return {
        "stated BPM right (4 %, the song's own level)": ratio(right, [len(some) for some in stated]),
        "BPM stated where it is proved": ratio([bool(some) for some in stated], [bool(bpm) for bpm in tempi]),
    }


def _voices(windows: Sequence[Window]) -> dict[str, Where]:
    """Where a voice is, and where none is."""
    places: dict[str, Where] = {}
    for group, verb in (("sung", "sings"), ("spoken", "speaks")):
        places[f"where somebody {verb}"] = _in(group)
        for part in dict.fromkeys(window.part for window in windows if window.row.source == group):
            places[f"where somebody {verb}, {part}"] = _in(group, part)
    places["where surely none is"] = lambda window: window.row.facts.get("vocals") is False
    places["in other music, of which no file says"] = lambda window: "vocals" not in window.row.facts
    return places


def _share(holds: Sequence[bool], where: Where, windows: Sequence[Window]) -> Measure:
    """Of the windows of a place, those for which something holds."""
    inside = np.array([where(window) for window in windows])
    return ratio(inside & np.array(holds, bool), inside)


def _in(group: str, part: str = "") -> Where:
    return lambda window: window.row.source == group and part in ("", window.part)


def _contradicts(text: str, known: Features) -> bool:
    return any(claim.verdict == "false" for claim in claims_of_features(text, known))
