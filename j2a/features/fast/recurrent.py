"""madmom's ensembles of bidirectional LSTM networks with peepholes (Gers et al., 2002), as a compiled scan.

T frames, I inputs, H = 25 units a direction, C outputs. ``torch.nn.LSTM`` has no peepholes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numba
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
_BLOCK_FRAMES = 8192  # frames whose weighted inputs are in memory at once: 3 MB
UNITS = 25  # of every layer in one direction; as a constant it lets the compiler unroll the loops over them
_GATES = ("input_gate", "forget_gate", "cell", "output_gate")


class Frames(Protocol):
    """What a network looks at, (T, I) float32: an array, or something that makes a part of it when asked."""

    def __len__(self) -> int: ...

    def __getitem__(self, frames: slice, /) -> Array: ...


@dataclass(frozen=True, slots=True)
class _Direction:
    """One LSTM layer in one direction, its four gates side by side: input, forget, cell, output."""

    weights: Array  # (I, 4H)
    bias: Array  # (4H,)
    recurrent: Array  # (H, 4H)
    peepholes: Array  # (3, H): input, forget, output

    @classmethod
    def of(cls, layer: Any) -> _Direction:
        gates = [getattr(layer, name) for name in _GATES]
        if gates[0].recurrent_weights.shape != (UNITS, UNITS):
            raise ValueError(f"a layer of {len(gates[0].recurrent_weights)} units; madmom's have {UNITS}")
        peepholes = [gate.peephole_weights for gate in gates if gate.peephole_weights is not None]
        return cls(
            np.hstack([gate.weights for gate in gates]),
            np.hstack([gate.bias for gate in gates]),
            np.hstack([gate.recurrent_weights for gate in gates]),
            np.vstack(peepholes),
        )

    def run(self, inputs: Frames, out: Array, *, backwards: bool, check: Callable[[], None]) -> None:
        """Fill ``out`` (T, H), block by block, the cells keeping their state from one to the next."""
        units = len(self.recurrent)
        state, hidden = np.zeros(units, np.float32), np.zeros(units, np.float32)
        starts = range(0, len(inputs), _BLOCK_FRAMES)
        for start in reversed(starts) if backwards else starts:
            check()
            block = slice(start, start + _BLOCK_FRAMES)
            drive = inputs[block] @ self.weights
            drive += self.bias
            _scan(drive, self.recurrent, self.peepholes, state, hidden, out[block], backwards)


class Ensemble:
    """Networks that look at the same input; their outputs are averaged."""

    def __init__(self, networks: list[Any]) -> None:
        """``networks``: madmom's loaded ``NeuralNetwork`` objects."""
        self._networks = [
            (
                [(_Direction.of(layer.fwd_layer), _Direction.of(layer.bwd_layer)) for layer in network.layers[:-1]],
                network.layers[-1],
            )
            for network in networks
        ]

    def __call__(self, inputs: Frames, check: Callable[[], None] = lambda: None) -> Array:
        """Mean activations (T, C) of inputs (T, I), both float32. ``check`` is called all along; it may raise."""
        total: Array | None = None
        for layers, output in self._networks:
            hidden: Any = inputs
            for forwards, backwards in layers:
                units = forwards.recurrent.shape[0]
                out = np.empty((len(inputs), 2 * units), np.float32)
                forwards.run(hidden, out[:, :units], backwards=False, check=check)
                backwards.run(hidden, out[:, units:], backwards=True, check=check)
                hidden = out
            activations = output.activation_fn(hidden @ output.weights + output.bias)
            total = activations if total is None else total + activations
        assert total is not None
        return total / np.float32(len(self._networks))


@numba.njit(inline="always", fastmath={"contract", "reassoc", "nsz"})
def _sigmoid(values: Array, scale_bits: NDArray[np.int32], scale: Array, count: int) -> None:
    """1 / (1 + exp(-x)) in place, in a form that compiles to vector instructions.

    exp by range reduction to 2^n e^r, |r| <= ln(2) / 2, and Cephes' polynomial for e^r (2e-7 relative error).
    ``scale_bits`` and ``scale`` are two views of one buffer: the bits and the values of 2^n.
    """
    one = np.float32(1)
    for index in range(count):
        x = min(max(-values[index], np.float32(-87)), np.float32(87))
        n = np.floor(x * np.float32(1.44269504088896341) + np.float32(0.5))
        scale_bits[index] = (np.int32(n) + np.int32(127)) << np.int32(23)
        r = (x - n * np.float32(0.693359375)) - n * np.float32(-2.12194440e-4)
        p = np.float32(1.9875691500e-4)
        p = p * r + np.float32(1.3981999507e-3)
        p = p * r + np.float32(8.3334519073e-3)
        p = p * r + np.float32(4.1665795894e-2)
        p = p * r + np.float32(1.6666665459e-1)
        p = p * r + np.float32(5.0000001201e-1)
        values[index] = p * r * r + r + one
    for index in range(count):
        values[index] = one / (one + values[index] * scale[index])


@numba.njit(cache=True, fastmath={"contract", "reassoc", "nsz"})
def _scan(
    drive: Array, recurrent: Array, peepholes: Array, state: Array, hidden: Array, out: Array, backwards: bool
) -> None:
    """Run the cells over time. ``drive`` (T, 4H): weighted inputs and bias; ``out`` (T, H) is filled in.

    ``state`` and ``hidden`` (H,) are those of the frame before the first, and then those of the last.

    tanh(x) is taken as 2 sigmoid(2 x) - 1, so that all five functions of a step are two vector operations.
    """
    units = UNITS
    one, two = np.float32(1), np.float32(2)
    gates = np.empty(4 * units, np.float32)
    squashed = np.empty(3 * units, np.float32)
    scale_bits = np.empty(3 * units, np.int32)
    scale = scale_bits.view(np.float32)
    for step in range(len(out)):
        frame = len(out) - 1 - step if backwards else step
        for column in range(4 * units):
            gates[column] = drive[frame, column]
        for unit in range(0, units, 5):  # five at a time: the gates are read and written less often
            h0, h1, h2 = hidden[unit], hidden[unit + 1], hidden[unit + 2]
            h3, h4 = hidden[unit + 3], hidden[unit + 4]
            w0, w1, w2 = recurrent[unit], recurrent[unit + 1], recurrent[unit + 2]
            w3, w4 = recurrent[unit + 3], recurrent[unit + 4]
            for column in range(4 * units):
                gates[column] += h0 * w0[column] + h1 * w1[column] + h2 * w2[column] + h3 * w3[column] + h4 * w4[column]
        for unit in range(units):
            squashed[unit] = gates[unit] + state[unit] * peepholes[0, unit]
            squashed[units + unit] = gates[units + unit] + state[unit] * peepholes[1, unit]
            squashed[2 * units + unit] = two * gates[2 * units + unit]
        _sigmoid(squashed, scale_bits, scale, 3 * units)
        for unit in range(units):
            cell = two * squashed[2 * units + unit] - one
            state[unit] = cell * squashed[unit] + state[unit] * squashed[units + unit]
        for unit in range(units):
            squashed[unit] = gates[3 * units + unit] + state[unit] * peepholes[2, unit]
            squashed[units + unit] = two * state[unit]
        _sigmoid(squashed, scale_bits, scale, 2 * units)
        for unit in range(units):
            hidden[unit] = (two * squashed[units + unit] - one) * squashed[unit]
            out[frame, unit] = hidden[unit]
