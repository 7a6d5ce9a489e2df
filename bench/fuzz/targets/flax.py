"""Checkpoints of Flax: msgpack, whose arrays are found and read."""

from __future__ import annotations

import functools
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from bench.fuzz.target import Target, told
from j2a.errors import ModelError
from j2a.models.audio.encoder_config import MWMAEConfig
from tests.unit.training.convert.checkpoints import encoder, flax_params, nested, packed, write
from training.convert.flax_checkpoint import find_params, read_array

SIZES = MWMAEConfig(width=12, depth=1, heads=12, mlp_width=4, chunk_frames=4)


def attempt(data: bytes, folder: Path) -> None:
    """Each array that is found can be read."""
    path = folder / "checkpoint_7"
    path.write_bytes(data)
    try:
        with path.open("rb") as file:
            for stored in find_params(path).values():
                assert read_array(file, stored).shape == stored.shape
    except ModelError as error:
        told(error)


@functools.cache
def whole() -> bytes:
    """A small encoder as a checkpoint."""
    with TemporaryDirectory() as place:
        return write(Path(place) / "checkpoint", flax_params(encoder(SIZES))).read_bytes()


def seeds(folder: Path) -> list[bytes]:
    """A few arrays, and a whole small encoder."""
    few = {"a/kernel": torch.zeros(2, 3), "a/bias": torch.zeros(3, dtype=torch.bfloat16), "b": torch.ones(1, 1, 2)}
    return [packed({"params": nested(few), "step": 7}), packed({"opt": None, "params": {}}), whole()]


TOKENS = (
    b"params", b"float32", b"bfloat16", b"\xc7", b"\xc9\0\0\0", b"\xdf\xff\xff\xff\xff", b"\xdd\xff\xff\xff\xff",
    b"\xc6", b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff", b"\x93", b"\x81",
)  # fmt: skip
TARGET = Target(attempt, seeds, TOKENS, longest=16_384)
