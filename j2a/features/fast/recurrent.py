"""madmom's ensembles of bidirectional LSTM networks with peepholes (Gers et al., 2002); the cells in C.

T frames, I inputs, H = 25 units a direction, C outputs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from j2a.compiled import LONG, POINTER, kernel

Array = NDArray[np.float32]
_BLOCK_FRAMES = 8192  # frames whose weighted inputs are in memory at once: 3 MB a direction, 30 ms of work
UNITS = 25  # of every layer in one direction, as the compiled cells have them
_ROOM = 32  # for the units of a gate, in whole vectors
_GATES = ("input_gate", "forget_gate", "cell", "output_gate")
_PEEPING = ("input_gate", "forget_gate", "output_gate")


class Frames(Protocol):
    """What a network looks at, (T, I) float32: an array, or something that makes a part of it when asked."""

    def __len__(self) -> int: ...

    def __getitem__(self, frames: slice, /) -> Array: ...


@dataclass(frozen=True, slots=True)
class _Layer:
    """An LSTM layer in both directions, ahead and back. Gates stand side by side: input, forget, cell, output."""

    weights: tuple[Array, Array]  # (I, 4H) each
    bias: Array  # (2, 4, 32)
    recurrent: Array  # (2, H, 4, 32)
    peepholes: Array  # (2, 3, 32): input, forget, output

    @classmethod
    def of(cls, layer: Any) -> _Layer:
        directions = (layer.fwd_layer, layer.bwd_layer)
        bias, peepholes = np.zeros((2, 4, _ROOM), np.float32), np.zeros((2, 3, _ROOM), np.float32)
        recurrent = np.zeros((2, UNITS, 4, _ROOM), np.float32)
        for number, direction in enumerate(directions):
            for place, name in enumerate(_GATES):
                gate = getattr(direction, name)
                if gate.recurrent_weights.shape != (UNITS, UNITS):
                    raise ValueError(f"a layer of {len(gate.recurrent_weights)} units; madmom's have {UNITS}")
                bias[number, place, :UNITS] = gate.bias
                recurrent[number, :, place, :UNITS] = gate.recurrent_weights
            for place, name in enumerate(_PEEPING):
                peepholes[number, place, :UNITS] = getattr(direction, name).peephole_weights
        ahead, back = (
            np.hstack([getattr(direction, name).weights for name in _GATES]).astype(np.float32)
            for direction in directions
        )
        return cls((ahead, back), bias, recurrent, peepholes)

    def run(self, inputs: Frames, check: Callable[[], None]) -> Array:
        """(T, 2H). By blocks, in one direction from the front, in the other from the back; cells keep their state."""
        frames = len(inputs)
        out = np.empty((frames, 2 * UNITS), np.float32)
        state, hidden = np.zeros((2, _ROOM), np.float32), np.zeros((2, _ROOM), np.float32)
        for start in range(0, frames, _BLOCK_FRAMES):
            check()
            count = min(_BLOCK_FRAMES, frames - start)
            begin = frames - start - count  # of the block that is as far from the end
            ahead = _weighted(inputs[start : start + count], self.weights[0])
            back = _weighted(inputs[begin : begin + count], self.weights[1])
            _scan()(
                ahead.ctypes.data, back.ctypes.data, count, self.bias.ctypes.data, self.recurrent.ctypes.data,
                self.peepholes.ctypes.data, state.ctypes.data, hidden.ctypes.data, out[start:].ctypes.data,
                out[begin:, UNITS:].ctypes.data, 2 * UNITS,
            )  # fmt: skip
        return out


def _weighted(inputs: Array, weights: Array) -> Array:
    """The product of both, with room behind it for the vector that a gate's last units begin."""
    room = np.empty(len(inputs) * weights.shape[1] + _ROOM, np.float32)
    room[-_ROOM:] = 0
    np.matmul(inputs, weights, out=room[:-_ROOM].reshape(len(inputs), -1))
    return room


def _scan() -> Callable[..., None]:
    return kernel("recurrent_scan", POINTER, POINTER, LONG, *[POINTER] * 7, LONG)


class Ensemble:
    """Networks that look at the same input; their outputs are averaged."""

    def __init__(self, networks: list[Any]) -> None:
        """``networks``: madmom's ``NeuralNetwork`` objects, as ``madmom_files`` reads them."""
        self._networks = [
            ([_Layer.of(layer) for layer in network.layers[:-1]], network.layers[-1]) for network in networks
        ]

    def __call__(self, inputs: Frames, check: Callable[[], None] = lambda: None) -> Array:
        """Mean activations (T, C) of inputs (T, I), both float32. ``check`` is called all along; it may raise."""
        total: Array | None = None
        for layers, output in self._networks:
            hidden: Any = inputs
            for layer in layers:
                hidden = layer.run(hidden, check)
            activations = _ACTIVATIONS[output.activation_fn](hidden @ output.weights + output.bias)
            total = activations if total is None else total + activations
        assert total is not None
        return total / np.float32(len(self._networks))


def _sigmoid(x: Array) -> Array:
    with np.errstate(over="ignore"):
        exponentials: Array = np.exp(-x)
    exponentials += 1
    return np.reciprocal(exponentials)


def _softmax(x: Array) -> Array:
    exponentials: Array = np.exp(x - x.max(axis=1, keepdims=True))
    exponentials /= exponentials.sum(axis=1, keepdims=True)
    return exponentials


_ACTIVATIONS: dict[str, Callable[[Array], Array]] = {"sigmoid": _sigmoid, "softmax": _softmax}
