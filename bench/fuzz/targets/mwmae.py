"""MW-MAE's published checkpoints, converted into a folder of ours."""

from __future__ import annotations

import shutil
from pathlib import Path

from bench.fuzz.target import Target, told
from bench.fuzz.targets.flax import TOKENS, whole
from j2a.errors import ModelError
from j2a.models.audio.mwmae import load_encoder
from training.convert.mwmae import convert


def attempt(data: bytes, folder: Path) -> None:
    """What converts can be loaded; of what does not there is no folder."""
    path, out = folder / "checkpoint_7", folder / "encoder"
    path.write_bytes(data)
    try:
        convert(path, out)
    except ModelError as error:
        told(error)
        assert not list(folder.glob("*encoder*")), "something is left"
        return
    try:
        load_encoder(out)
    finally:
        shutil.rmtree(out)


def seeds(folder: Path) -> list[bytes]:
    """A whole small encoder."""
    return [whole()]


TARGET = Target(attempt, seeds, (*TOKENS, b"pos_embed", b"kernel", b"encoder_block_01"), longest=16_384)
