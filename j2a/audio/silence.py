"""Silence: where it is, and sound without its long stretches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

SILENCE_PEAK = 1e-3  # -60 dBFS: a sample below it is silent
LONGEST_S = 1.0  # a silence up to that length belongs to the music
KEPT_S = 0.2  # what is left of a longer one


def audible(blocks: Iterable[NDArray[np.float32]], sample_rate: int) -> Iterator[NDArray[np.float32]]:
    """Mono samples, float32 (n,), with each silence of over a second shortened to a fifth of one.

    For networks that standardise what they hear over all of it: where half of a clip is silent, the music in the other
    half comes out of that flat, and is taken for slower and softer than it is. Sound without such a silence passes as
    it is; sound without anything else gives nothing. Memory is two blocks at most and a second.
    """
    longest, kept = round(LONGEST_S * sample_rate), round(KEPT_S * sample_rate)
    waiting = np.zeros(0, np.float32)  # the last silent samples, whose end has not come yet
    waited = 0  # how many there were
    heard_any = False

    def shortened() -> NDArray[np.float32]:
        return waiting if waited <= longest else waiting[-kept:]

    for block in blocks:
        for silent, sound in _stretches(block, longest):
            waiting, waited = np.concatenate([waiting, silent])[-longest:], waited + len(silent)
            if len(sound):
                yield shortened()
                yield sound
                waiting, waited, heard_any = waiting[:0], 0, True
    if heard_any:
        yield shortened()


def _stretches(
    block: NDArray[np.float32], longest: int
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """A block as pairs of silence and the sound after it, with silences up to ``longest``; either can be empty."""
    loud = np.flatnonzero(~(np.abs(block) < SILENCE_PEAK))  # NaN is no silence: somebody has to refuse it
    done = 0
    if len(loud):
        gaps = np.flatnonzero(np.diff(loud) > longest + 1)
        for first, last in zip([loud[0], *loud[gaps + 1]], [*loud[gaps], loud[-1]], strict=True):
            yield block[done:first], block[first : last + 1]
            done = last + 1
    yield block[done:], block[:0]
