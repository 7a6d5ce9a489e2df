"""Reads arrays out of a legacy Flax checkpoint, one msgpack file, without JAX, Flax or msgpack.

Only what is wanted is read; the rest, two thirds of which is the optimizer's state, is stepped over. A checkpoint is a
download: every length is checked against the file's before anything is read or allocated.

The format: https://github.com/msgpack/msgpack/blob/master/spec.md. An array is extension type 1, which holds another
msgpack value: (shape, name of the dtype, bytes in C order).
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

import torch

from j2a.errors import ModelError

_DTYPES = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
    "float64": torch.float64,
}
_NDARRAY = 1  # Flax's extension types: 1 array, 2 complex, 3 scalar
_MOST_VALUES = 1_000_000  # a base-size checkpoint has some 3,000
_DEEPEST = 64
_LONGEST_NAME = 1024

Kind = Literal["map", "array", "str", "bin", "ext", "int", "other"]
# First byte -> kind, and bytes of the length (of the payload, for "int" and "other") that follows.
_HEADERS: dict[int, tuple[Kind, int]] = {
    **dict.fromkeys((0xC0, 0xC2, 0xC3), ("other", 0)),
    **{0xC4 + power: ("bin", 1 << power) for power in range(3)},
    **{0xC7 + power: ("ext", 1 << power) for power in range(3)},
    0xCA: ("other", 4),
    0xCB: ("other", 8),
    **{0xCC + power: ("int", 1 << power) for power in range(4)},
    **{0xD0 + power: ("other", 1 << power) for power in range(4)},  # signed: no size or shape
    **{0xD9 + power: ("str", 1 << power) for power in range(3)},
    0xDC: ("array", 2),
    0xDD: ("array", 4),
    0xDE: ("map", 2),
    0xDF: ("map", 4),
}


@dataclass(frozen=True, slots=True)
class StoredArray:
    """Where one array lies in the file."""

    shape: tuple[int, ...]
    dtype: torch.dtype
    offset: int  # bytes from the file's start
    size: int  # bytes


class _DamagedError(Exception):
    """The file does not hold what it should; the message says what was found, and where."""


def find_params(path: Path) -> dict[str, StoredArray]:
    """The arrays of the checkpoint's ``params`` by name, such as ``encoder_norm/scale``.

    The whole file is walked, so a file that was cut short is noticed wherever that is. Raises ``ModelError``.
    """
    _refuse_folder(path)
    try:
        with path.open("rb") as file:
            return _Walk(file, os.fstat(file.fileno()).st_size).params()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}.", "Give the file checkpoint_<step>.") from error
    except _DamagedError as error:
        raise ModelError(
            f"{path} is not a whole Flax checkpoint: {error}.",
            "Download it again, and compare its size with the one that the page gives.",
        ) from error


def read_array(file: BinaryIO, stored: StoredArray) -> torch.Tensor:
    """One array, as a tensor of its own dtype. Raises ``OSError`` when the file got shorter meanwhile."""
    file.seek(stored.offset)
    data = bytearray(stored.size)
    if file.readinto(data) != stored.size:  # type: ignore[attr-defined]
        raise OSError("the file became shorter while it was read")
    return torch.frombuffer(data, dtype=stored.dtype).reshape(stored.shape)


def _refuse_folder(path: Path) -> None:
    if not path.is_dir():
        return
    inside = sorted(child.name for child in path.iterdir() if child.name.startswith("checkpoint_") and child.is_file())
    if inside:
        raise ModelError(f"{path} is a folder.", f"Give the file in it: {path / inside[-1]}")
    raise ModelError(
        f"{path} is a folder, as Orbax writes checkpoints; only legacy Flax checkpoints of one file can be read.",
        "Use the published file checkpoint_<step>, or write one where JAX is installed: "
        "flax.training.checkpoints.save_checkpoint with the Orbax backend off.",
    )


class _Walk:
    """One pass over a file's values."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size
        self._values = 0

    def params(self) -> dict[str, StoredArray]:
        """See :func:`find_params`."""
        found: dict[str, StoredArray] | None = None
        kind, count = self._header()
        if kind != "map":
            raise _DamagedError("it does not begin with a table of names, so it is something else")
        for _ in range(count):
            if self._text("map key") == "params":
                found = dict(self._arrays("", _DEEPEST))
            else:
                self._skip(_DEEPEST)
        if self._file.tell() != self._size:
            raise _DamagedError(f"{self._size - self._file.tell():,} bytes follow its end")
        if found is None:
            raise _DamagedError('it has no "params"')
        return found

    def _arrays(self, name: str, depth: int) -> list[tuple[str, StoredArray]]:
        kind, length = self._header()
        if kind == "ext":
            return [(name, self._array(name, length))]
        if kind != "map" or not depth:
            raise _DamagedError(f"params/{name} is not an array")
        inner = f"{name}/" if name else ""
        return [found for _ in range(length) for found in self._arrays(inner + self._text(name), depth - 1)]

    def _array(self, name: str, length: int) -> StoredArray:
        code, end = self._read(1)[0], self._file.tell() + length
        if code != _NDARRAY or self._header() != ("array", 3):
            raise _DamagedError(f"params/{name} is not an array")
        kind, dimensions = self._header()
        if kind != "array" or dimensions > 8:
            raise _DamagedError(f"params/{name} has no shape")
        shape = tuple(self._integer(name) for _ in range(dimensions))
        dtype_name = self._text(name)
        dtype = _DTYPES.get(dtype_name)
        if dtype is None:
            raise _DamagedError(f"params/{name} holds {dtype_name!r}, not floating-point numbers")
        kind, size = self._header()
        offset = self._file.tell()
        if kind != "bin" or size != math.prod(shape) * dtype.itemsize or offset + size != end:
            raise _DamagedError(f"params/{name} has other bytes than its shape {shape} asks for")
        self._step_over(size)
        return StoredArray(shape, dtype, offset, size)

    def _skip(self, depth: int) -> None:
        kind, length = self._header()
        if kind in ("map", "array"):
            if not depth:
                raise _DamagedError("its values lie too deep in each other")
            for _ in range(2 * length if kind == "map" else length):
                self._skip(depth - 1)
        elif kind != "int":
            self._step_over(length + (kind == "ext"))  # the extension's type is one byte more

    def _header(self) -> tuple[Kind, int]:
        """Kind of the next value, and its length: entries of a map or array, bytes of the rest, value of an "int"."""
        self._values += 1
        if self._values > _MOST_VALUES:
            raise _DamagedError("it holds more values than any checkpoint")
        first = self._read(1)[0]
        if first < 0x80 or first >= 0xE0:
            return ("int", first) if first < 0x80 else ("other", 0)
        if first < 0xC0:
            return (
                ("map", first & 15) if first < 0x90 else ("array", first & 15) if first < 0xA0 else ("str", first & 31)
            )
        if 0xD4 <= first <= 0xD8:
            return "ext", 1 << (first - 0xD4)
        if first not in _HEADERS:
            raise _DamagedError(f"byte {self._file.tell() - 1:,} is no msgpack")
        kind, width = _HEADERS[first]
        return (kind, width) if kind == "other" else (kind, int.from_bytes(self._read(width), "big"))

    def _integer(self, name: str) -> int:
        kind, value = self._header()
        if kind != "int":
            raise _DamagedError(f"params/{name} has no shape")
        return value

    def _text(self, where: str) -> str:
        kind, length = self._header()
        if kind != "str" or length > _LONGEST_NAME:
            raise _DamagedError(f"{where} holds something else than a name")
        try:
            return self._read(length).decode()
        except UnicodeDecodeError:
            raise _DamagedError(f"{where} holds a name that is no text") from None

    def _read(self, size: int) -> bytes:
        data = self._file.read(size)
        if len(data) != size:
            raise self._cut_short()
        return data

    def _step_over(self, size: int) -> None:
        if self._file.tell() + size > self._size:
            raise self._cut_short()
        self._file.seek(size, os.SEEK_CUR)

    def _cut_short(self) -> _DamagedError:
        return _DamagedError(f"it ends after {self._size:,} bytes, in the middle of a value")
