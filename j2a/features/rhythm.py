"""Beats, downbeats, meter and tempo, by madmom's networks for beats and downbeats."""

from __future__ import annotations

from dataclasses import field

import numpy as np
from numpy.typing import NDArray

from j2a.features.madmom_door import FPS
from j2a.features.median import median
from j2a.features.networks import Networks
from j2a.features.record import Tempo
from j2a.records import dataclass

# The decoder finds a "best" beat in anything, noise included. A beat is believed when the network is sure enough at
# the tracked beats, and when most of what it heard lies on them. Of 114 ten-second windows of real music 100 pass;
# of the 14 others two had been tracked at their tempo. Of 34 of noise of every colour, tones, drones and speech-like
# sound none passes, with 0.04 at most in the first or 0.33 in the second; clicks at random times can (0.22, 0.51).
MIN_BEAT_STRENGTH = 0.1
MIN_EXPLAINED = 0.4
MIN_BEATS = 4
HEARD = 0.05  # an activation from which the network heard something; also the decoder's own threshold
# The share by which intervals between beats may stray from their median before the tempo is called unsteady.
MAX_STRAY = 0.25
# What supports a tracked tempo: a candidate of the tempo histogram with this share at least, and within this much of
# the tracked tempo, counted on another level perhaps. Every window of music that has a beat (above) but one, whose
# tempo drifts, has such a candidate; two thirds of the windows of noise do not.
METRICAL_RATIOS = (1 / 3, 1 / 2, 1.0, 2.0, 3.0)
RATIO_TOLERANCE = 0.04
MIN_CANDIDATE_SHARE = 0.1


# The decoder knows bars of 3 and of 4 beats, and finds one of them in bars of 5 or 7, too. There the accents come back
# after another number of beats: how alike they are at that distance (a correlation) tells it. In constructed bars of 3,
# 4, 5 and 7 beats at 100 to 150 BPM the right distance has 0.85 and more, wrong ones 0.33 and less.
BARS = (3, 4, 5, 6, 7, 8)
ALIKE = 0.5  # from which accents come back
MARGIN = 0.4  # by which they do so more clearly than in the decoder's bars
MORE_BEATS = 4  # than a bar has, below which nothing can be told


@dataclass(frozen=True, slots=True)
class Beats:
    """What the beat tracker found: times in seconds, or nothing and the reason."""

    times: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))  # (beats,)
    positions: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))  # (beats,), 1 is the downbeat
    strength: float = 0.0  # mean activation at the beats, 0 to 1
    reason: str | None = None
    accents: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))  # (beats,), see accents()

    @property
    def downbeats(self) -> NDArray[np.float64]:
        """Times of the first beat of each bar."""
        first: NDArray[np.float64] = self.times[self.positions == 1]
        return first

    @property
    def bar(self) -> int | None:
        """3 or 4: how far the beats count before they begin again; ``None`` when they never do."""
        last_of_bar = self.positions[:-1][self.positions[1:] == 1]
        return int(last_of_bar.max()) if len(last_of_bar) else None

    @property
    def other_bar(self) -> int | None:
        """The number of beats after which the accents come back, where bars of :attr:`bar` beats do not fit that."""
        alike = {beats: self._alike(beats) for beats in BARS if len(self.accents) >= beats + MORE_BEATS}
        if self.bar not in alike:
            return None
        best = max(alike, key=lambda beats: alike[beats])
        fits = best % self.bar == 0 or alike[best] < max(ALIKE, alike[self.bar] + MARGIN)
        return None if fits else best

    def _alike(self, beats: int) -> float:
        """Correlation of the accents with those so many beats later."""
        centred = self.accents - self.accents.mean()
        return float((centred[:-beats] * centred[beats:]).mean() / max(float(np.square(centred).mean()), 1e-9))

    @property
    def meter(self) -> str | None:
        """ "3/4" or "4/4"; ``None`` where neither fits, or no bar is whole."""
        return f"{self.bar}/4" if self.bar and not self.other_bar else None


def track_beats(heard: Networks) -> Beats:
    """Track beats and downbeats, 3 or 4 beats a bar.

    The networks and the decoder are madmom's ``RNNDownBeatProcessor`` and ``DBNDownBeatTrackingProcessor`` (Böck et
    al., ISMIR 2016) with their own settings at 100 frames a second. When the activations are too weak for a beat,
    nothing is returned but the reason.
    """
    activations = heard.downbeats()  # (frames, 2): beat, downbeat
    try:
        found = heard.bars(activations)  # (beats, 2): seconds, position in the bar
    except IndexError:  # no path through its states explains the activations
        return Beats(reason="No beat was found.")
    if len(found) < MIN_BEATS:
        return Beats(reason=f"No beat was found: fewer than {MIN_BEATS} beats stand out.")
    strength = beat_strength(activations, found[:, 0])
    if strength < MIN_BEAT_STRENGTH or explained_share(activations, found[:, 0]) < MIN_EXPLAINED:
        return Beats(strength=strength, reason="No clear beat was found.")
    times, positions = found[:, 0], found[:, 1].astype(np.int64)
    return Beats(times, positions, strength, accents=accents(activations, times))


def beat_strength(activations: NDArray[np.float32], times: NDArray[np.float64]) -> float:
    """Mean over the beats of the highest activation (beat or downbeat) within 20 ms: 0 to 1."""
    either = activations.max(axis=1)
    return float(either[_frames_near(times, len(either), 2)].max(axis=1).mean())


def accents(activations: NDArray[np.float32], times: NDArray[np.float64]) -> NDArray[np.float32]:
    """(beats,): the downbeat's part of the highest activation within 20 ms of each beat, 0 to 1."""
    near = _frames_near(times, len(activations), 2)
    either = activations.max(axis=1)[near].max(axis=1)
    share: NDArray[np.float32] = activations[:, 1][near].max(axis=1) / np.maximum(either, 1e-6)
    return share


def explained_share(activations: NDArray[np.float32], times: NDArray[np.float64]) -> float:
    """Share (0 to 1) of all activation above ``HEARD`` that lies within 30 ms of a tracked beat."""
    either = activations.max(axis=1)
    heard = np.where(either > HEARD, either, 0.0)
    on_beat = np.zeros(len(either), bool)
    on_beat[_frames_near(times, len(either), 3)] = True
    total = float(heard.sum())
    return float(heard[on_beat].sum()) / total if total > 0 else 0.0


def _frames_near(times: NDArray[np.float64], frames: int, reach: int) -> NDArray[np.int64]:
    """(beats, 2 * reach + 1): the frames around each time, cut at the ends."""
    near: NDArray[np.int64] = np.round(times * FPS).astype(np.int64)[:, None] + np.arange(-reach, reach + 1)
    return np.clip(near, 0, frames - 1)


def tempo_candidates(heard: Networks) -> NDArray[np.float64]:
    """Tempi in BPM and their shares, strongest first: float64 (candidates, 2).

    madmom's ``RNNBeatProcessor`` and ``TempoEstimationProcessor`` (comb filters; Böck et al., ISMIR 2015). Precise
    to whole frames only (120 BPM is followed by 122.4), and often off by a factor of two.
    """
    return heard.tempi()


def levels(bpm: float, candidates: NDArray[np.float64]) -> tuple[list[Tempo], bool]:
    """(tempi at which one may count along with the beats, most likely first, and whether the tracked one is sure).

    The weights are the shares of the tempo histogram (:func:`tempo_candidates`) at the tracked tempo and at its halves,
    thirds, doubles and triples, in parts of one; the tempi are exact multiples of the tracked one. It is sure when it
    is the histogram's strongest, too: right in 30 of 30 such windows of songs whose tempo is known, and in 156 of 225
    of rendered pieces, whose composer draws any tempo from 50 to 200; where they differ, in 7 of 7 and 30 of 64.
    """
    found = []
    for ratio in METRICAL_RATIOS:
        near = np.abs(candidates[:, 0] / (bpm * ratio) - 1) <= RATIO_TOLERANCE if len(candidates) else np.zeros(0, bool)
        if share := float(candidates[near, 1].sum()) if near.any() else 0.0:
            found.append((ratio, share))
    total = sum(share for _, share in found)
    tempi = [Tempo(round(bpm * ratio, 1), round(share / total, 3)) for ratio, share in found]
    tempi.sort(key=lambda tempo: -tempo.weight)
    return tempi, bool(len(candidates) and abs(candidates[0, 0] / bpm - 1) <= RATIO_TOLERANCE)


def reconciled_bpm(times: NDArray[np.float64], candidates: NDArray[np.float64]) -> tuple[float | None, str | None]:
    """(the tempo of the tracked beats in BPM, ``None``) if the tempo histogram supports it, else (``None``, why not).

    1. Tracked tempo: beat times are regressed on their index (least squares), which averages out the 10 ms grid of
       the activations: 60 / slope.
    2. The tempo histogram must support it: one of its candidates with a share of a tenth at least, possibly counted
       at another metrical level (a third, a half, double, triple), lies within 4 %. Its own figure is never
       reported: it is quantised to whole frames and may be an octave off. So tempo and beats always agree.
    3. Where single intervals stray from their median by more than a quarter on average there is no tempo to report.

    The result is rounded to 0.1 BPM.
    """
    intervals = np.diff(times)
    middle = median(intervals)
    if float(np.mean(np.abs(intervals - middle))) > MAX_STRAY * middle:
        return None, "The beats are too uneven for one tempo."
    bpm = 60.0 / float(np.polyfit(np.arange(len(times)), times, 1)[0])
    for candidate, share in candidates:
        if share >= MIN_CANDIDATE_SHARE:
            ratios = candidate / bpm / np.array(METRICAL_RATIOS)
            if np.any(np.abs(ratios - 1) <= RATIO_TOLERANCE):
                return round(bpm, 1), None
    return None, "The tracked beats and the tempo analysis disagree."
