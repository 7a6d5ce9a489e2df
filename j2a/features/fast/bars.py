"""The most likely bars behind the activations of beats and downbeats (Krebs et al., ISMIR 2015).

A state is a position inside a beat at a tempo. All states but the first of each beat have one predecessor, the state
before them, with probability one; only the first states choose among tempi. So a frame is a shift by one and a few
small searches, and only the choices of the first states are kept. The additions and comparisons are those of madmom's
``DBNDownBeatTrackingProcessor`` in the same order: paths and probabilities are identical to the bit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from j2a.compiled import LONG, POINTER, kernel
from j2a.features.madmom_door import FPS
from j2a.records import dataclass

Array = NDArray[np.float64]
MIN_BPM, MAX_BPM, TEMPI = 55.0, 215.0, 60
STEADINESS = 100  # how much a change of tempo costs
PARTS = 16  # of a beat, the first of which is told by the activation of a beat
THRESHOLD = 0.05  # what is below it before the first and behind the last beat is left out
_BLOCK_FRAMES = 4096  # searched in one call: some 20 ms
_ROOM = 64  # tempi that the compiled search has room for
_SHORTEST = 28  # frames of a beat that it needs


@dataclass(frozen=True, slots=True)
class _Tempi:
    """Lengths of a beat in frames, shortest first, and how one changes to another. All (64,) behind the first."""

    lengths: NDArray[np.int64]  # (60,)
    padded: NDArray[np.int64]
    marked: NDArray[np.int64]  # how many of a beat's states belong to the beat itself
    first: NDArray[np.int64]  # tempi from which one may come: from ``first``
    last: NDArray[np.int64]  # to this one, without it
    steps: Array  # (64 before, 64) log probabilities

    @classmethod
    def of(cls) -> _Tempi:
        lengths = _lengths()
        ratio = lengths[None, :].astype(float) / lengths.astype(float)[:, None]
        likely = np.exp(-STEADINESS * abs(ratio - 1.0))  # (from, to)
        likely[likely <= np.spacing(1)] = 0
        likely /= np.sum(likely, axis=1)[:, None]
        steps = np.zeros((_ROOM, _ROOM))
        with np.errstate(divide="ignore"):
            steps[:TEMPI, :TEMPI] = np.log(likely)
        first = (likely > 0).argmax(axis=0)
        last = TEMPI - (likely[::-1] > 0).argmax(axis=0)
        marked = np.array([np.count_nonzero(_positions(length) < 1.0 / PARTS) for length in lengths])
        return cls(lengths, _padded(lengths), _padded(marked), _padded(first), _padded(last), steps)


def _lengths() -> NDArray[np.int64]:
    """60 beat lengths in whole frames, spaced as evenly in the logarithm as these allow."""
    found: list[float] = []
    tried = TEMPI
    octaves = np.log2(60.0 * FPS / MAX_BPM), np.log2(60.0 * FPS / MIN_BPM)
    while len(found) < TEMPI:
        found = sorted(set(np.round(np.logspace(*octaves, tried, base=2)).tolist()))  # np.unique would import numpy.ma
        tried += 1
    if len(found) != TEMPI or found[0] < _SHORTEST:
        raise ValueError("these tempi are not those that the compiled search is made for")
    return np.array(found, np.int64)


def _positions(length: int) -> Array:
    """Of the states of a beat of so many frames: 0 to 1."""
    places: Array = np.linspace(0, 1, length, endpoint=False)
    return places


def _padded(values: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([values, np.zeros(_ROOM - len(values), np.int64)])


@dataclass(slots=True)
class Bars:
    """The states of bars of so many beats; ``search`` finds the best path through them."""

    beats: int
    _tempi: _Tempi = field(default_factory=_Tempi.of)

    @property
    def states(self) -> int:
        return self.beats * int(self._tempi.lengths.sum())

    def search(self, activations: NDArray[np.floating[Any]], check: Callable[[], None] = lambda: None
               ) -> tuple[NDArray[np.uint32], float]:
        """The best path (frames,) and its log probability; an empty path when every path is impossible.

        ``activations``: (frames, 2), of a beat and of a downbeat. ``check`` is called all along; it may raise.
        """
        tempi, frames = self._tempi, len(activations)
        scores = np.full((2, self.states), np.log(1.0 / self.states))
        choices = np.empty((frames, self.beats, _ROOM), np.uint8)
        for start in range(0, frames, _BLOCK_FRAMES):
            check()
            densities = _log_densities(activations[start : start + _BLOCK_FRAMES])
            row = _search()(
                self.beats, TEMPI, tempi.padded.ctypes.data, tempi.marked.ctypes.data, tempi.first.ctypes.data,
                tempi.last.ctypes.data, tempi.steps.ctypes.data, densities.ctypes.data, densities.shape[1],
                scores.ctypes.data, choices[start:].ctypes.data,
            )  # fmt: skip
            if row:
                scores = np.ascontiguousarray(scores[::-1])
        best = int(np.argmax(scores[0]))
        log_probability = float(scores[0, best])
        return self._path(best, choices) if np.isfinite(log_probability) else np.empty(0, np.uint32), log_probability

    def _path(self, last: int, choices: NDArray[np.uint8]) -> NDArray[np.uint32]:
        """The states that lead to the last one, a beat at a time."""
        firsts = np.concatenate([[0], np.cumsum(np.tile(self._tempi.lengths, self.beats))])
        path = np.empty(len(choices), np.uint32)
        row, end = int(np.searchsorted(firsts, last, "right")) - 1, len(choices)
        length = last - int(firsts[row]) + 1  # states of this beat that are on the path
        while end > 0:
            begin = end - length
            shown = max(begin, 0)
            path[shown:end] = np.arange(firsts[row] + shown - begin, firsts[row] + length)
            if begin >= 0:
                beat, tempo = divmod(row, TEMPI)
                row = (beat - 1) % self.beats * TEMPI + int(choices[begin, beat, tempo])
                length = int(self._tempi.lengths[row % TEMPI])
            end = begin
        return path

    def positions(self, path: NDArray[np.uint32]) -> tuple[Array, NDArray[np.bool_]]:
        """(position inside the bar, 0 to ``beats``; whether it is told by the activation of a beat) of each frame."""
        inside = np.concatenate([_positions(length) for length in self._tempi.lengths])
        everywhere = np.concatenate([inside + beat for beat in range(self.beats)])
        return everywhere[path], (everywhere % 1 < 1.0 / PARTS)[path]


def _log_densities(activations: NDArray[np.floating[Any]]) -> Array:
    """(3, frames): no beat, beat, downbeat."""
    densities = np.empty((3, len(activations)))
    with np.errstate(divide="ignore", invalid="ignore"):
        densities[0] = np.log((1.0 - np.sum(activations, axis=1)) / (PARTS - 1))
        densities[1] = np.log(activations[:, 0])
        densities[2] = np.log(activations[:, 1])
    densities[np.isnan(densities)] = -np.inf  # where beats are more than certain; a comparison with NaN is never true
    return densities


def _search() -> Callable[..., Any]:
    return kernel("bars_search", LONG, LONG, *[POINTER] * 6, LONG, POINTER, POINTER, gives=LONG)


def decode(
    activations: NDArray[np.floating[Any]], bars: tuple[Bars, ...], check: Callable[[], None] = lambda: None
) -> Array:
    """Beat times in seconds and positions in the bar, counted from 1: float64 (beats, 2).

    ``activations``: (frames, 2), of a beat and of a downbeat, 100 frames a second. Of several lengths of bars the
    likeliest is taken. Raises ``IndexError`` when no path through the states explains the activations.
    """
    above = np.nonzero(activations >= THRESHOLD)[0]
    if not above.any():
        return np.empty((0, 2))
    first = int(above.min())
    activations = activations[first : int(above.max()) + 1]
    found = [one.search(activations, check) for one in bars]
    best = int(np.argmax([log_probability for _, log_probability in found]))
    path = found[best][0]
    positions, on_beat = bars[best].positions(path)
    changes = np.flatnonzero(np.diff(np.concatenate([[False], on_beat, [False]]).astype(np.int8)))
    if len(path) == 0:
        raise IndexError("no path through the states explains the activations")
    beats = np.array(
        [np.argmax(activations[left:right]) // 2 + left for left, right in changes.reshape(-1, 2)], np.int64
    )
    return np.vstack([(beats + first) / float(FPS), positions.astype(int)[beats] + 1]).T
