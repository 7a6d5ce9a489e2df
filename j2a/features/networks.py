"""madmom's networks on one section of sound, in two ways: by madmom itself, and by our faster code.

Both read the weights of the installed package and answer with the same arrays, so that the extractors need not know
which they are given. Only the first way imports madmom, when it is asked for.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from j2a.features.fast import bars, chord_path, madmom_files, spectra, tempo
from j2a.features.fast.convolution import ConvolutionalNetwork
from j2a.features.fast.recurrent import Ensemble
from j2a.features.record import Engine

Samples = NDArray[np.float32]
BEATS_PER_BAR = (3, 4)
_CHORD_CONTEXT, _CHORD_POOLED = 11, 3  # frames of silence around the spectrum; frames averaged for one


class Networks(Protocol):
    """What the extractors ask for, about one section of sound."""

    def downbeats(self) -> NDArray[np.float32]:
        """Probabilities of a beat and of a downbeat at 100 frames a second: (F, 2)."""

    def beats(self) -> NDArray[np.float32]:
        """Probability of a beat at 100 frames a second: (F,)."""

    def bars(self, activations: NDArray[np.float32]) -> NDArray[np.float64]:
        """Beat times in seconds and positions in the bar, decoded from ``downbeats()``: (beats, 2).

        Raises ``IndexError`` when no path through the states explains the activations.
        """

    def tempi(self) -> NDArray[np.float64]:
        """Tempi in BPM and their shares, strongest first, read from ``beats()``: (candidates, 2)."""

    def key(self) -> NDArray[np.float32]:
        """Probability of each of madmom's 24 keys: (24,)."""

    def chord_features(self) -> NDArray[np.float32]:
        """Learned features at 10 frames a second: (F, 128)."""

    def chords(self) -> list[tuple[float, float, str]]:
        """(start, end, label) of each chord, decoded from ``chord_features()``, in seconds and without gaps."""


class CancelledError(Exception):
    """Somebody asked to stop."""


def networks(blocks: Iterable[Samples], engine: Engine, cancelled: Callable[[], bool] = lambda: False) -> Networks:
    """The networks of an engine, for one section: its samples in blocks, float32 (n,), mono, 44,100 Hz.

    Everything raises ``CancelledError`` soon after ``cancelled`` says so; madmom's own networks run to their end.
    """

    def check() -> None:
        if cancelled():
            raise CancelledError

    heard = _checked(blocks, check)
    if engine == "fast":
        return FastNetworks(heard, check)
    from j2a.features.stock import MadmomNetworks

    return MadmomNetworks(heard)


def _checked(blocks: Iterable[Any], check: Callable[[], None]) -> Iterator[Any]:
    """The same blocks, with a look before each."""
    for block in blocks:
        check()
        yield block


class FastNetworks:
    """The same networks run by ``j2a.features.fast``.

    The blocks become spectra as they come and are forgotten; the spectra are shared by all networks.
    """

    def __init__(self, blocks: Iterable[Samples], check: Callable[[], None] = lambda: None) -> None:
        self._check = check
        heard = spectra.listen(blocks)
        self._key, self._chords = heard.key, heard.chords
        self._rhythm = {madmom_files.DOWNBEATS: heard.downbeats, madmom_files.BEATS: heard.beats}
        self._activations: dict[tuple[str, ...], NDArray[np.float32]] = {}

    def downbeats(self) -> NDArray[np.float32]:
        return self._rhythm_activations(madmom_files.DOWNBEATS)[:, 1:]  # the first class is "no beat"

    def beats(self) -> NDArray[np.float32]:
        return self._rhythm_activations(madmom_files.BEATS)[:, 0]

    def _rhythm_activations(self, names: tuple[str, ...]) -> NDArray[np.float32]:
        """(F, classes); computed once, and the network's input, the largest thing in memory, is let go."""
        if names in self._rhythm:
            self._activations[names] = ensemble(names)(self._rhythm.pop(names), self._check)
        return self._activations[names]

    def bars(self, activations: NDArray[np.float32]) -> NDArray[np.float64]:
        return bars.decode(activations, _bars(), self._check)

    def tempi(self) -> NDArray[np.float64]:
        return tempo.candidates(self.beats(), self._check)

    def key(self) -> NDArray[np.float32]:
        logits = convolutional(madmom_files.KEY)(self._key, self._check)
        exponentials = np.exp(logits - logits.max())
        probabilities: NDArray[np.float32] = exponentials / exponentials.sum()
        return probabilities

    def chord_features(self) -> NDArray[np.float32]:
        silence = ((_CHORD_CONTEXT, _CHORD_CONTEXT), (0, 0))
        network = convolutional(madmom_files.CHORD_FEATURES)
        blocks = _checked(network.blocks(np.pad(self._chords, silence)), self._check)
        features = [block.mean(axis=1) for block in blocks]
        pooled = np.lib.stride_tricks.sliding_window_view(np.concatenate(features), _CHORD_POOLED, axis=0)
        averaged: NDArray[np.float32] = pooled.mean(axis=2, dtype=np.float32)
        return averaged

    def chords(self) -> list[tuple[float, float, str]]:
        return chord_path.segments(_chord_path().path(self.chord_features(), self._check))


# Read once, and shared by all threads: nothing in them changes.


@functools.cache
def ensemble(names: tuple[str, ...]) -> Ensemble:
    """The recurrent networks of some of madmom's files."""
    return Ensemble([madmom_files.read(name) for name in names])


@functools.cache
def convolutional(name: str) -> ConvolutionalNetwork:
    """The convolutional network of one of madmom's files."""
    return ConvolutionalNetwork(madmom_files.read(name))


@functools.cache
def _bars() -> tuple[bars.Bars, ...]:
    return tuple(bars.Bars(beats) for beats in BEATS_PER_BAR)


@functools.cache
def _chord_path() -> chord_path.ChordPath:
    return chord_path.ChordPath(madmom_files.read(madmom_files.CHORD_PATH))
