"""What a file's own tags say of its tempo and key: shown beside the measurement, and a witness for the tempo's level.

Somebody has tapped it, or another program has measured it. It is never taken for the measurement: a tempo that is no
half or double of the measured one counts nothing, and the key is only shown. Pure numbers.
"""

from __future__ import annotations

from dataclasses import replace

from j2a.features.counting import counted_at, ratio_between
from j2a.features.record import Features, Tempo


def witnessed(features: Features, bpm: float | None, key: str | None) -> Features:
    """A clip's record with what its file says: ``bpm`` beats a minute, ``key`` as "A minor"; ``None`` for nothing.

    A file that has the measured tempo makes it sure. One that has half or double of it decides where the measurement
    was not sure itself; where it was, either level stands among ``bpm_candidates`` and ``bpm_sure`` is false.
    """
    shown = replace(features, file_bpm=bpm, file_key=key)
    if bpm is None or features.bpm is None or "bpm" in features.corrected:
        return shown
    ratio = ratio_between(features.bpm, bpm)
    if ratio is None:
        return shown
    if ratio == 1:
        return replace(shown, bpm_sure=True)
    if features.bpm_sure is False:
        settled = counted_at(shown, ratio)
        return replace(settled, bpm_sure=True, bpm_candidates=[Tempo(settled.bpm or bpm, 1.0)])
    either = [Tempo(features.bpm, 0.5), Tempo(round(features.bpm * ratio, 1), 0.5)]
    return replace(shown, bpm_sure=False, bpm_candidates=either)
