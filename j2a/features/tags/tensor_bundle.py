"""Tensors out of a TensorFlow checkpoint ("tensor bundle", V2), without TensorFlow.

The index is a LevelDB table (https://github.com/google/leveldb/blob/main/doc/table_format.md) of raw blocks, whose
values are protobuf messages (tensorflow/core/protobuf/tensor_bundle.proto); the tensors lie back to back in one file
of data. Only what a checkpoint of float32 tensors needs is read, and every length and offset is held against what is
there: a damaged file gives a ``BundleError`` in words. Checksums are the caller's: see ``wheel.py``.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from j2a.records import dataclass

Array = NDArray[np.float32]
_FOOTER_BYTES = 48  # two handles, padded with zeros to 40, and the magic number
_MAGIC = 0xDB4775248B80FB57
_BLOCK_TRAILER_BYTES = 5  # the type of the block, and a checksum of four bytes
_RAW_BLOCK = 0
_FLOAT32 = 1  # tensorflow.DataType
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5  # protobuf wire types
_MAX_DIMENSIONS = 8


class BundleError(ValueError):
    """A checkpoint cannot be read; the message says why, in one sentence."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """Where one tensor lies in the data."""

    dtype: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int


def read_tensors(index: bytes, data: bytes) -> dict[str, Array]:
    """Every float32 tensor of a bundle of one shard, by name: views of ``data``, in the machine's byte order.

    ``index``, ``data``: the content of ``NAME.index`` and ``NAME.data-00000-of-00001``.
    """
    return {name: _tensor(name, _entry(name, value), data) for name, value in _table(index) if name}


def _tensor(name: str, entry: _Entry, data: bytes) -> Array:
    if entry.dtype != _FLOAT32:
        raise BundleError(f"The tensor {name} is of TensorFlow's type {entry.dtype}; only float32 is read here.")
    if entry.shard != 0:
        raise BundleError(f"The tensor {name} lies in shard {entry.shard}; only bundles of one shard are read here.")
    count = math.prod(entry.shape)
    if entry.size != 4 * count:
        raise BundleError(f"The tensor {name} of shape {entry.shape} cannot have {entry.size} bytes.")
    if entry.offset + entry.size > len(data):
        raise BundleError(f"The tensor {name} ends at byte {entry.offset + entry.size} of {len(data)}: data is cut.")
    values = np.frombuffer(data, "<f4", count, entry.offset).reshape(entry.shape)
    return values.astype(np.float32, copy=False)


def _table(table: bytes) -> Iterator[tuple[str, bytes]]:
    """The keys and values of a LevelDB table, in its order."""
    if len(table) < _FOOTER_BYTES:
        raise BundleError(f"The index has {len(table)} bytes: it is cut.")
    footer = table[-_FOOTER_BYTES:]
    if struct.unpack("<Q", footer[-8:])[0] != _MAGIC:
        raise BundleError("The index does not end as a LevelDB table does: it is cut, or something else.")
    _, at = _handle(footer, 0)  # of the metaindex, which is empty
    handle, _ = _handle(footer, at)
    for _, value in _block(table, handle):
        for key, entry in _block(table, _handle(value, 0)[0]):
            try:
                yield key.decode("utf-8"), entry
            except UnicodeDecodeError as error:
                raise BundleError("A name in the index is not UTF-8: it is damaged.") from error


def _block(table: bytes, handle: tuple[int, int]) -> Iterator[tuple[bytes, bytes]]:
    """The keys and values of one block; keys are stored as what differs from the one before."""
    offset, size = handle
    if offset + size + _BLOCK_TRAILER_BYTES > len(table) - _FOOTER_BYTES:
        raise BundleError("A block of the index lies outside it: it is damaged.")
    if table[offset + size] != _RAW_BLOCK:
        raise BundleError(f"A block of the index is compressed (type {table[offset + size]}); only raw ones are read.")
    block = table[offset : offset + size]
    restarts = struct.unpack("<I", block[-4:])[0] if size >= 4 else size
    end = size - 4 * (restarts + 1)
    if end < 0:
        raise BundleError("A block of the index is too short for its restart points: it is damaged.")
    at, key = 0, b""
    while at < end:
        shared, at = _varint(block, at)
        unshared, at = _varint(block, at)
        length, at = _varint(block, at)
        if shared > len(key) or at + unshared + length > end:
            raise BundleError("An entry of the index runs over its block: it is damaged.")
        key = key[:shared] + block[at : at + unshared]
        at += unshared
        yield key, block[at : at + length]
        at += length


def _handle(content: bytes, at: int) -> tuple[tuple[int, int], int]:
    """The (offset, size) of a block, and where the handle ends."""
    offset, at = _varint(content, at)
    size, at = _varint(content, at)
    return (offset, size), at


def _varint(content: bytes, at: int) -> tuple[int, int]:
    """An unsigned number of seven bits a byte, lowest first, and where it ends."""
    number = 0
    for shift in range(0, 64, 7):
        if at >= len(content):
            raise BundleError("A number in the index is cut off: it is damaged.")
        byte = content[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
    raise BundleError("A number in the index is longer than 64 bits: it is damaged.")


def _entry(name: str, message: bytes) -> _Entry:
    """A ``BundleEntryProto``."""
    numbers = {1: 0, 3: 0, 4: 0, 5: 0}
    shape: tuple[int, ...] = ()
    for field, value in _fields(message):
        if field == 2 and isinstance(value, bytes):
            shape = _shape(name, value)
        elif field in numbers and isinstance(value, int):
            numbers[field] = value
        elif field != 6:  # the checksum
            raise BundleError(f"The entry of the tensor {name} has an unknown field {field}: it is damaged.")
    return _Entry(numbers[1], shape, numbers[3], numbers[4], numbers[5])


def _shape(name: str, message: bytes) -> tuple[int, ...]:
    """A ``TensorShapeProto``: its dimensions, each a message with the size in its first field."""
    sizes = []
    for field, dimension in _fields(message):
        if field != 2 or not isinstance(dimension, bytes):
            raise BundleError(f"The tensor {name} has no known shape.")
        values = dict(_fields(dimension))
        size = values.get(1, 0)
        sizes.append(size if isinstance(size, int) else -1)
    if len(sizes) > _MAX_DIMENSIONS or any(not 0 < size < 2**31 for size in sizes):
        raise BundleError(f"The tensor {name} has an impossible shape: the index is damaged.")
    return tuple(sizes)


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The numbers and values of a protobuf message's fields."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        if tag & 7 == _VARINT:
            value, at = _varint(message, at)
            yield tag >> 3, value
            continue
        if tag & 7 == _BYTES:
            length, at = _varint(message, at)
        elif tag & 7 in (_FIXED32, _FIXED64):
            length = 4 if tag & 7 == _FIXED32 else 8
        else:
            raise BundleError("A message in the index has a field of unknown kind: it is damaged.")
        if at + length > len(message):
            raise BundleError("A field runs over its message in the index: it is damaged.")
        yield tag >> 3, message[at : at + length]
        at += length
