"""Tensors of the networks' shapes without anything of the published ones, and a bundle as TensorFlow writes it."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

import numpy as np

from j2a.features.tags.networks import Network
from j2a.features.tags.wheel import Pair

Tensors = dict[str, np.ndarray]
KERNELS = (
    (7, 38, 1, 204), (7, 67, 1, 204), (128, 1, 1, 51), (64, 1, 1, 51), (32, 1, 1, 51),
    (7, 561, 1, 64), (7, 64, 1, 64), (7, 64, 1, 64),
)  # fmt: skip


def tensors(seed: int) -> Tensors:
    """Everything that a network has, at random: half of the first kernels nearly empty, half of the scales negative."""
    random = np.random.default_rng(seed)
    made: Tensors = {}
    for number, shape in enumerate(KERNELS):
        name = "conv2d" + (f"_{number}" if number else "")
        kernel = random.normal(0, 1 / np.sqrt(np.prod(shape[:3])), shape)
        if number < 5:
            kernel[..., random.random(shape[3]) < 0.5] *= 1e-9
        made |= {f"{name}/kernel": kernel, f"{name}/bias": random.normal(0, 0.3, shape[3])}
    for number, channels in enumerate((1, 204, 204, 51, 51, 51, 64, 64, 64, 1506, 200)):
        name = "batch_normalization" + (f"_{number}" if number else "")
        made |= {
            f"{name}/gamma": random.uniform(0.5, 1, channels) * random.choice([-1, 1], channels),
            f"{name}/beta": random.normal(0, 0.3, channels),
            f"{name}/moving_mean": random.normal(0, 0.3, channels),
            f"{name}/moving_variance": random.uniform(0.3, 1, channels),
        }
    for name, shape in (("dense", (1506, 200)), ("dense_1", (200, 50))):
        made |= {f"{name}/kernel": random.normal(0, 0.05, shape), f"{name}/bias": random.normal(0, 0.3, shape[1])}
    return {name: value.astype(np.float32) for name, value in made.items()}


def pair() -> Pair:
    return Pair(Network(tensors(1)), Network(tensors(2)))


def varint(number: int) -> bytes:
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def entry(shape: Sequence[int], offset: int, size: int, *, dtype: int = 1, shard: int = 0) -> bytes:
    """A ``BundleEntryProto``; as protobuf does, fields of value zero are left out."""
    dimensions = b"".join(b"\x12" + varint(len(one)) + one for one in (b"\x08" + varint(length) for length in shape))
    message = b"\x08" + varint(dtype) + b"\x12" + varint(len(dimensions)) + dimensions
    for field, number in ((3, shard), (4, offset), (5, size)):
        message += bytes([field << 3]) + varint(number) if number else b""
    return message + b"\x35" + b"\x01\x02\x03\x04"  # a checksum


def block(entries: Sequence[tuple[bytes, bytes]]) -> bytes:
    """A LevelDB block, keys stored as what differs from the one before."""
    content, last = b"", b""
    for key, value in entries:
        shared = 0
        while key[shared : shared + 1] == last[shared : shared + 1] != b"":
            shared += 1
        content += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        last = key
    return content + struct.pack("<II", 0, 1)  # one restart, at the beginning


def table(blocks: Sequence[Sequence[tuple[bytes, bytes]]], *, kind: int = 0) -> bytes:
    """A LevelDB table of data blocks of a kind: 0 raw, 1 compressed."""
    content, handles = b"", []

    def put(one: bytes, kind: int) -> bytes:
        nonlocal content
        handle = varint(len(content)) + varint(len(one))
        content += one + bytes([kind]) + b"\x05\x06\x07\x08"
        return handle

    for entries in blocks:
        handles.append((entries[-1][0], put(block(entries), kind)))
    metaindex = put(block([]), 0)
    footer = metaindex + put(block(handles), 0)
    return content + footer.ljust(40, b"\0") + struct.pack("<Q", 0xDB4775248B80FB57)


def bundle(values: Mapping[str, np.ndarray]) -> tuple[bytes, bytes]:
    """The index and the data of float32 tensors, the index in two blocks."""
    data, entries = b"", [(b"", b"\x08\x01\x1a\x02\x08\x01")]  # the header: one shard
    for name, value in sorted(values.items()):
        entries.append((name.encode(), entry(value.shape, len(data), value.nbytes)))
        data += value.astype("<f4").tobytes()
    half = (len(entries) + 1) // 2
    return table([part for part in (entries[:half], entries[half:]) if part]), data
