"""The most likely path through madmom's bar state space (Krebs et al., ISMIR 2015), using its structure.

A state is a position inside a beat at a tempo. All states but the first of each beat have one predecessor, the state
before them, with probability one; only the first states choose among tempi. So a frame is a shift by one and a few
small searches, and only the choices of the first states need back-pointers. The additions and comparisons are those of
madmom's decoder in the same order: paths and probabilities are identical to the bit.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray


class StructuredHMM:
    """Stands in for a madmom ``HiddenMarkovModel`` over a ``BarStateSpace``."""

    def __init__(self, hmm: Any) -> None:
        self.transition_model = hmm.transition_model
        self.observation_model = hmm.observation_model
        model = hmm.transition_model
        self._first = np.sort(np.concatenate(model.state_space.first_states)).astype(np.int64)
        pointers = model.pointers.astype(np.int64)
        predecessors = np.diff(pointers)
        others = np.setdiff1d(np.arange(len(predecessors)), self._first)
        if np.any(predecessors[others] != 1) or np.any(model.states[pointers[others]] != others - 1):
            raise ValueError("this is not a bar state space: a state inside a beat has another predecessor")
        if np.any(model.log_probabilities[pointers[others]] != 0):
            raise ValueError("this is not a bar state space: a step inside a beat is not certain")
        self._pointers, self._states = pointers, model.states.astype(np.int64)
        self._log_probabilities = model.log_probabilities.astype(np.float64)
        self._observed = hmm.observation_model.pointers.astype(np.int64)
        self._initial = np.log(hmm.initial_distribution)
        self._choice = np.uint8 if predecessors.max() <= 256 else np.uint16

    def viterbi(self, observations: NDArray[np.float64]) -> tuple[NDArray[np.uint32], float]:
        """The best path (frames,) and its log probability; an empty path when every path is impossible."""
        densities = self.observation_model.log_densities(observations).astype(np.float64)
        choices = np.zeros((len(densities), len(self._first)), self._choice)
        path, log_probability = _decode(
            self._initial,
            densities,
            self._observed,
            self._first,
            self._pointers,
            self._states,
            self._log_probabilities,
            choices,
        )
        return (path if np.isfinite(log_probability) else np.empty(0, np.uint32)), log_probability


@numba.njit(cache=True)
def _decode(
    initial: NDArray[np.float64],
    densities: NDArray[np.float64],
    observed: NDArray[np.int64],
    first: NDArray[np.int64],
    pointers: NDArray[np.int64],
    states: NDArray[np.int64],
    log_probabilities: NDArray[np.float64],
    choices: NDArray[np.uint8 | np.uint16],
) -> tuple[NDArray[np.uint32], float]:
    """``choices`` (frames, first states) is for the work: which predecessor each first state took."""
    frames, count = len(densities), len(observed)
    before, now = initial.copy(), np.empty(count)
    for frame in range(frames):
        density = densities[frame]
        for state in range(1, count):
            now[state] = before[state - 1] + density[observed[state]]
        for index in range(len(first)):
            state = first[index]
            best, choice = -np.inf, 0
            own = density[observed[state]]
            for pointer in range(pointers[state], pointers[state + 1]):
                probability = before[states[pointer]] + log_probabilities[pointer] + own
                if probability > best:
                    best, choice = probability, pointer - pointers[state]
            now[state] = best
            choices[frame, index] = choice
        before, now = now, before
    index_of_first = np.full(count, -1, np.int64)
    for index in range(len(first)):
        index_of_first[first[index]] = index
    state = int(np.argmax(before))
    log_probability = before[state]
    path = np.empty(frames, np.uint32)
    for frame in range(frames - 1, -1, -1):
        path[frame] = state
        index = index_of_first[state]
        state = state - 1 if index < 0 else states[pointers[state] + choices[frame, index]]
    return path, log_probability
