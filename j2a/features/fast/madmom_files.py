"""The trained weights of madmom (j2a/networks), read without importing any of its code.

madmom keeps its models as pickles. A pickle can name anything that Python can import and call it, so none is opened
here as such: only files with the SHA-256 of the published ones are read at all, and the reader knows the few names that
these need, gives each a harmless stand-in, and refuses every other. The models are CC BY-NC-SA 4.0 (not for commercial
use).
"""

from __future__ import annotations

import io
import pickle
from typing import Any

import numpy as np

from j2a import networks

DOWNBEATS = tuple(f"downbeats/2016/downbeats_blstm_{number}.pkl" for number in range(1, 9))
BEATS = tuple(f"beats/2015/beats_blstm_{number}.pkl" for number in range(1, 9))
KEY = "key/2018/key_cnn.pkl"
CHORD_FEATURES, CHORD_PATH = "chords/2016/chords_cnnfeat.pkl", "chords/2016/chords_cnncrf.pkl"


class Part:
    """A piece of a model: a network, a layer, a gate. Its attributes are those that madmom gave it."""

    kind = ""

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            self.__dict__[name] = value.read() if isinstance(value, _Array) else value

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{self.kind} has no {name}")


class _NumberType:
    """A type of numbers, by the name and the order of bytes that a file gives it."""

    def __init__(self, name: Any, *_: Any) -> None:
        if name not in ("f4", "f8", "i4", "i8"):
            raise pickle.UnpicklingError(f"arrays of {name!r} are not numbers")
        self.code = f"<{name}"

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        if state[1] not in ("<", "=") or any(state[2:5]):
            raise pickle.UnpicklingError("numbers are written in another way than madmom's")


class _Array:
    """An array, as a file describes it. NumPy is not asked to restore itself: that is not made for damaged files."""

    def __init__(self, *_: Any) -> None:
        self._state: tuple[Any, ...] = ()

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self._state = state

    def read(self) -> np.ndarray[Any, Any]:
        _version, shape, kind, by_columns, content = self._state
        content = content.encode("latin1") if isinstance(content, str) else content
        numbers = np.frombuffer(content, kind.code).reshape(shape, order="F" if by_columns else "C")
        return numbers.astype(kind.code[1:], copy=False)  # in this machine's order of bytes


_LAYERS = (
    "AverageLayer", "BatchNormLayer", "BidirectionalLayer", "Cell", "ConvolutionalLayer", "FeedForwardLayer", "Gate",
    "LSTMLayer", "MaxPoolLayer", "PadLayer",
)  # fmt: skip
_PARTS = {("madmom.ml.nn.layers", name) for name in _LAYERS} | {
    ("madmom.ml.nn", "NeuralNetwork"),
    ("madmom.ml.crf", "ConditionalRandomField"),
}
_KNOWN: dict[tuple[str, str], Any] = {
    **{where: type(where[1], (Part,), {"kind": where[1]}) for where in _PARTS},
    # An activation is known by its name alone.
    **{("madmom.ml.nn.activations", name): name for name in ("elu", "linear", "relu", "sigmoid", "softmax", "tanh")},
    ("numpy", "ndarray"): "ndarray",
    ("numpy", "dtype"): _NumberType,
    ("numpy.core.multiarray", "_reconstruct"): _Array,
}


class _Reader(pickle.Unpickler):
    """Knows what is in ``_KNOWN``, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        try:
            return _KNOWN[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which no network needs") from None

    def persistent_load(self, identifier: Any) -> Any:
        raise pickle.UnpicklingError("it refers to something outside of it")


def read(name: str) -> Any:
    """The model in a file of madmom's ``models`` folder, such as ``KEY``. Raises ``NotBroughtError``."""
    return loads(networks.content("madmom", f"models/{name}"))


def loads(content: bytes) -> Any:
    """The model in the bytes of such a file. Raises ``pickle.UnpicklingError`` and others for what is none."""
    return _Reader(io.BytesIO(content), encoding="latin1").load()
