"""The trained weights of madmom (j2a/networks), read without importing any of its code.

madmom keeps its models as pickles. A pickle can name anything that Python can import and call it, so none is opened
here as such: the reader below knows the few names that these files need, gives each a harmless stand-in, and refuses
every other. The models are CC BY-NC-SA 4.0 (not for commercial use).
"""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from j2a import networks
from j2a.errors import ModelError

DOWNBEATS = tuple(f"downbeats/2016/downbeats_blstm_{number}.pkl" for number in range(1, 9))
BEATS = tuple(f"beats/2015/beats_blstm_{number}.pkl" for number in range(1, 9))
KEY = "key/2018/key_cnn.pkl"
CHORD_FEATURES, CHORD_PATH = "chords/2016/chords_cnnfeat.pkl", "chords/2016/chords_cnncrf.pkl"
_LARGEST = 16 << 20  # bytes; the largest of these files has 4 MB


class Part:
    """A piece of a model: a network, a layer, a gate. Its attributes are those that madmom gave it."""

    kind = ""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{self.kind} has no {name}")


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
}


def _array(kind: Any, shape: Any, code: Any) -> np.ndarray[Any, Any]:
    """An empty array, filled by what follows in the file."""
    if kind is not np.ndarray or shape != (0,) or code not in (b"b", "b"):
        raise pickle.UnpicklingError("an array is described in another way than madmom's")
    return np.ndarray((0,), np.int8)


def _number_type(name: Any, *_: Any) -> np.dtype[Any]:
    if name not in ("f4", "f8", "i4", "i8"):
        raise pickle.UnpicklingError(f"arrays of {name!r} are not numbers")
    return np.dtype(str(name))


_KNOWN |= {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): _number_type,
    ("numpy.core.multiarray", "_reconstruct"): _array,
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
    """The model in a file of madmom's ``models`` folder, such as ``KEY``. Raises ``ModelError``."""
    path = _folder() / name
    try:
        if path.stat().st_size > _LARGEST:
            raise pickle.UnpicklingError("it is too large for a network")
        return loads(path.read_bytes())
    except (OSError, *DAMAGED) as error:
        raise ModelError(
            f"madmom's network {name} cannot be read: {error}.", f"Remove it and get it again: {networks.FETCH}"
        ) from error


# What the reader may raise for a file that is damaged or no network.
DAMAGED = (
    pickle.UnpicklingError, EOFError, ValueError, TypeError, KeyError, IndexError, AttributeError, ImportError,
    OverflowError,
)  # fmt: skip


def loads(content: bytes) -> Any:
    """The model in the bytes of such a file. Raises one of ``DAMAGED``."""
    return _Reader(io.BytesIO(content), encoding="latin1").load()


def _folder() -> Path:
    found = networks.folder("madmom")
    if found is None:
        raise ModelError("the networks for rhythm, key and chords, which are madmom's, are not on this machine.",
                         f"Get them: {networks.FETCH}")
    return found / "models"
