"""madmom's ensembles of bidirectional LSTM networks with peepholes (Gers et al., 2002); the cells in C.

T frames, I inputs, H = 25 units a direction, C outputs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from j2a.compiled import LONG, POINTER, kernel
from j2a.records import dataclass

Array = NDArray[np.float32]
_BLOCK_FRAMES = 8192  # frames whose weighted inputs are in memory at once: 3 MB a direction, 30 ms of work
UNITS = 25  # of every layer in one direction, as the compiled cells have them
_GATE_UNITS = 4 * UNITS
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

    weights: Array  # (I, 2 * 4H)
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
        weights = [getattr(direction, name).weights for direction in directions for name in _GATES]
        return cls(np.hstack(weights).astype(np.float32), bias, recurrent, peepholes)

    def run(self, inputs: Frames, check: Callable[[], None]) -> Array:
        """(T, 2H). By blocks, in one direction from the front, in the other from the back; cells keep their state."""
        frames = len(inputs)
        out, state = np.empty((frames, 2 * UNITS), np.float32), np.zeros((2, 2, _ROOM), np.float32)
        if frames <= _BLOCK_FRAMES:
            check()
            both = _weighted(inputs[:], self.weights)
            self._scan(both, both[:, _GATE_UNITS:], out, out, state)
            return out
        for start in range(0, frames, _BLOCK_FRAMES):
            check()
            count = min(_BLOCK_FRAMES, frames - start)
            begin = frames - start - count  # of the block that is as far from the end
            ahead = _weighted(inputs[start : start + count], self.weights[:, :_GATE_UNITS])
            back = _weighted(inputs[begin : begin + count], self.weights[:, _GATE_UNITS:])
            self._scan(ahead, back, out[start:], out[begin:], state)
        return out

    def _scan(self, ahead: Array, back: Array, out_ahead: Array, out_back: Array, state: Array) -> None:
        """Fill in the halves of both outputs; ``state``: the cells' and what they said, of both directions."""
        _recurrent_scan()(
            ahead.ctypes.data, back.ctypes.data, ahead.strides[0] // ahead.itemsize, len(ahead), self.bias.ctypes.data,
            self.recurrent.ctypes.data, self.peepholes.ctypes.data, state[0].ctypes.data, state[1].ctypes.data,
            out_ahead.ctypes.data, out_back[:, UNITS:].ctypes.data, 2 * UNITS,
        )  # fmt: skip


def _weighted(inputs: Array, weights: Array) -> Array:
    """The product of both, with room behind it for the vector that a gate's last units begin."""
    size = len(inputs) * weights.shape[1]
    room = np.empty(size + _ROOM, np.float32)
    room[size:] = 0
    product = room[:size].reshape(len(inputs), -1)
    np.matmul(inputs, weights, out=product)
    return product


def _recurrent_scan() -> Callable[..., None]:
    return kernel("recurrent_scan", POINTER, POINTER, LONG, LONG, *[POINTER] * 7, LONG)


class Ensemble:
    """Networks that look at the same input; their outputs are averaged."""

    def __init__(self, networks: list[Any]) -> None:
        """``networks``: madmom's ``NeuralNetwork`` objects, as ``madmom_files`` reads them."""
        self._networks = [
            ([_Layer.of(layer) for layer in network.layers[:-1]], network.layers[-1]) for network in networks
        ]

    def __call__(self, inputs: Frames, check: Callable[[], None] = lambda: None) -> Array:
        """Mean activations (T, C) of inputs (T, I), both float32. ``check`` is called all along; it may raise."""
        total = np.zeros((self._networks[0][1].weights.shape[1], len(inputs)), np.float32)
        for layers, output in self._networks:
            hidden: Any = inputs
            for layer in layers:
                hidden = layer.run(hidden, check)
            total += _ACTIVATIONS[output.activation_fn](output.weights.T @ hidden.T + output.bias[:, None])
        total /= np.float32(len(self._networks))
        return np.ascontiguousarray(total.T)


def _sigmoid(x: Array) -> Array:
    with np.errstate(over="ignore"):
        found: Array = np.reciprocal(np.exp(-x) + np.float32(1))
    return found


def _softmax(x: Array) -> Array:
    """Over the classes: (C, T)."""
    exponentials: Array = np.exp(x - x.max(axis=0))
    exponentials /= exponentials.sum(axis=0)
    return exponentials


_ACTIVATIONS: dict[str, Callable[[Array], Array]] = {"sigmoid": _sigmoid, "softmax": _softmax}
