"""madmom's networks on one section of sound, in two ways: by madmom itself, and by our faster code.

Both read the weights of the installed package, keep one set a thread, and answer with the same arrays, so that the
extractors need not know which they are given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from j2a.features.fast import spectra
from j2a.features.fast.convolution import ConvolutionalNetwork
from j2a.features.fast.recurrent import Ensemble
from j2a.features.fast.viterbi import StructuredHMM
from j2a.features.madmom_door import FPS, madmom, processor
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

    def key(self) -> NDArray[np.float32]:
        """Probability of each of madmom's 24 keys: (24,)."""

    def chord_features(self) -> NDArray[np.float32]:
        """Learned features at 10 frames a second: (F, 128)."""


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
    return FastNetworks(heard, check) if engine == "fast" else MadmomNetworks(heard)


def _checked(blocks: Iterable[Any], check: Callable[[], None]) -> Iterator[Any]:
    """The same blocks, with a look before each."""
    for block in blocks:
        check()
        yield block


class MadmomNetworks:
    """madmom's own processors, with their own settings."""

    def __init__(self, blocks: Iterable[Samples]) -> None:
        self._samples = np.concatenate(list(blocks))

    def downbeats(self) -> NDArray[np.float32]:
        network = processor("downbeat network", lambda madmom: madmom.features.downbeats.RNNDownBeatProcessor())
        activations: NDArray[np.float32] = network(self._samples)
        return activations

    def beats(self) -> NDArray[np.float32]:
        network = processor("beat network", lambda madmom: madmom.features.beats.RNNBeatProcessor())
        activations: NDArray[np.float32] = network(self._samples)
        return activations

    def bars(self, activations: NDArray[np.float32]) -> NDArray[np.float64]:
        found: NDArray[np.float64] = processor("downbeat decoder", _bar_decoder)(activations)
        return found

    def key(self) -> NDArray[np.float32]:
        network = processor("key network", lambda madmom: madmom.features.key.CNNKeyRecognitionProcessor())
        probabilities: NDArray[np.float32] = np.asarray(network(self._samples), np.float32)[0]
        return probabilities

    def chord_features(self) -> NDArray[np.float32]:
        network = processor("chord network", lambda madmom: madmom.features.chords.CNNChordFeatureProcessor())
        return np.asarray(network(self._samples), np.float32)


class FastNetworks:
    """The same networks run by ``j2a.features.fast``.

    The blocks become spectra as they come and are forgotten; the spectra are shared by all networks.
    """

    def __init__(self, blocks: Iterable[Samples], check: Callable[[], None] = lambda: None) -> None:
        self._check = check
        heard = spectra.listen(blocks)
        self._key, self._chords = heard.key, heard.chords
        self._rhythm = {"DOWNBEATS_BLSTM": heard.downbeats, "BEATS_BLSTM": heard.beats}
        self._activations: dict[str, NDArray[np.float32]] = {}

    def downbeats(self) -> NDArray[np.float32]:
        return self._rhythm_activations("DOWNBEATS_BLSTM")[:, 1:]  # the first class is "no beat"

    def beats(self) -> NDArray[np.float32]:
        return self._rhythm_activations("BEATS_BLSTM")[:, 0]

    def _rhythm_activations(self, name: str) -> NDArray[np.float32]:
        """(F, classes); computed once, and the network's input, the largest thing in memory, is let go."""
        if name in self._rhythm:
            network = processor(f"fast {name}", lambda _: _ensemble(name))
            self._activations[name] = network(self._rhythm.pop(name), self._check)
        return self._activations[name]

    def bars(self, activations: NDArray[np.float32]) -> NDArray[np.float64]:
        found: NDArray[np.float64] = processor("fast downbeat decoder", _fast_bar_decoder)(activations)
        return found

    def key(self) -> NDArray[np.float32]:
        logits = processor("fast key", lambda _: _convolutional("KEY_CNN"))(self._key, self._check)
        exponentials = np.exp(logits - logits.max())
        probabilities: NDArray[np.float32] = exponentials / exponentials.sum()
        return probabilities

    def chord_features(self) -> NDArray[np.float32]:
        network = processor("fast chords", lambda _: _convolutional("CHORDS_CNN_FEAT"))
        silence = ((_CHORD_CONTEXT, _CHORD_CONTEXT), (0, 0))
        blocks = _checked(network.blocks(np.pad(self._chords, silence)), self._check)
        features = [block.mean(axis=1) for block in blocks]
        pooled = np.lib.stride_tricks.sliding_window_view(np.concatenate(features), _CHORD_POOLED, axis=0)
        averaged: NDArray[np.float32] = pooled.mean(axis=2, dtype=np.float32)
        return averaged


def _bar_decoder(package: Any) -> Any:
    return package.features.downbeats.DBNDownBeatTrackingProcessor(beats_per_bar=list(BEATS_PER_BAR), fps=FPS)


def _fast_bar_decoder(package: Any) -> Any:
    """madmom's decoder with our search inside."""
    decoder = _bar_decoder(package)
    decoder.hmms = [StructuredHMM(hmm) for hmm in decoder.hmms]
    return decoder


def _load(name: str) -> list[Any]:
    """madmom's networks of one name in ``madmom.models``, loaded by madmom from its own installation."""
    package = madmom()
    return [package.ml.nn.NeuralNetwork.load(file) for file in getattr(package.models, name)]


def _ensemble(name: str) -> Ensemble:
    return Ensemble(_load(name))


def _convolutional(name: str) -> ConvolutionalNetwork:
    (network,) = _load(name)
    return ConvolutionalNetwork(network)
