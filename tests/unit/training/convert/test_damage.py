"""Everything that can be wrong with a checkpoint."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from j2a.errors import ModelError
from tests.unit.training.convert.checkpoints import encoder, flax_params, nested, packed, write
from training.convert.flax_checkpoint import find_params
from training.convert.mwmae import convert


def with_params(**changes: Any) -> Callable[[Path], None]:
    """Writes a checkpoint in which some arrays are others, or gone (``None``)."""

    def change(path: Path) -> None:
        params = flax_params(encoder()) | {name.replace("__", "/"): value for name, value in changes.items()}
        write(path, {name: value for name, value in params.items() if value is not None})

    return change


def with_bytes(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(change(path.read_bytes()))


def as_orbax(path: Path) -> None:
    path.unlink()
    (path / "params").mkdir(parents=True)
    (path / "_METADATA").write_text("{}")


def as_folder(path: Path) -> None:
    data = path.read_bytes()
    path.unlink()
    path.mkdir()
    (path / "checkpoint_7").write_bytes(data)


BREAKS: dict[str, tuple[Callable[[Path], Any], str]] = {
    "no file": (lambda path: path.unlink(), "cannot be read: No such file"),
    "empty": (lambda path: path.write_bytes(b""), "ends after 0 bytes"),
    "cut short in the params": (with_bytes(lambda data: data[: len(data) // 2]), "middle of a value"),
    "cut short after the params": (with_bytes(lambda data: data[:-2]), "middle of a value"),
    "cut short in what is skipped": (
        lambda path: path.write_bytes(packed({"params": {}, "opt_state": torch.zeros(9)})[:-1]),
        "middle of a value",
    ),
    "more behind it": (with_bytes(lambda data: data + b"\0"), "1 bytes follow"),
    "a web page": (lambda path: path.write_text("<!DOCTYPE html><html>"), "something else"),
    "a zip": (lambda path: path.write_bytes(b"PK\x03\x04" + bytes(99)), "something else"),
    "no msgpack inside": (lambda path: path.write_bytes(b"\x81" + packed("params") + b"\xc1"), "byte 10 is no msgpack"),
    "no params": (lambda path: path.write_bytes(packed({"step": 7})), 'no "params"'),
    "a value for params": (lambda path: path.write_bytes(packed({"params": 7})), "not an array"),
    "a value for an array": (with_params(pos_embed=7), "params/pos_embed is not an array"),
    "whole numbers": (with_params(pos_embed=torch.zeros(1, 250, 24, dtype=torch.int32)), "'int32', not floating"),
    "endless table": (lambda path: path.write_bytes(b"\xdf\xff\xff\xff\xff" + packed("step")), "middle of a value"),
    "too deep": (lambda path: path.write_bytes(b"\x81" + packed("x") + b"\x91" * 5000), "too deep"),
    "too many values": (
        lambda path: path.write_bytes(b"\x81" + packed("x") + b"\xdd\x00\x1e\x84\x80" + b"\xc0" * 2_000_000),
        "more values",
    ),
    "an Orbax folder": (as_orbax, "Orbax"),
    "its folder": (as_folder, "Give the file in it: .*/checkpoint_7"),
    "a weight missing": (with_params(encoder_norm__bias=None), r"missing: encoder_norm/bias"),
    "a weight unknown": (with_params(gamma=torch.zeros(1)), r"unknown: gamma"),
    "a block missing": (
        with_params(**{name: None for name in flax_params(encoder()) if name.startswith("encoder_block_00")}),
        r"missing: encoder_block_00/.* and 9 more; unknown: encoder_block_01",
    ),
    "no blocks": (
        with_params(**{name: None for name in flax_params(encoder()) if name.startswith("encoder_block")}),
        r"missing: encoder_block_00/",
    ),
    "many blocks": (
        with_params(**{f"encoder_block_{block}__gamma": torch.zeros(1) for block in range(10, 310)}),
        r"missing: encoder_block_02/",
    ),
    "a plain MAE": (with_params(cls_token=torch.zeros(1, 1, 24)), "class token"),
    "windows in the encoder": (with_params(encoder_block_00__wmha_block__qkv__bias=torch.zeros(3)), "in windows"),
    "a wrong shape": (with_params(encoder_norm__bias=torch.zeros(5)), r"encoder_norm/bias is \(5,\).*\(24,\)"),
    "a kernel on its side": (
        with_params(encoder_block_01__Mlp_0__Dense_0__kernel=torch.zeros(40, 24)),
        r"Mlp_0/Dense_0/kernel is \(40, 24\).*\(24, 40\)",
    ),
    "flat positions": (with_params(pos_embed=torch.zeros(250, 24)), r"positions \(250, 24\)"),
    "a kernel of nothing": (with_params(patch_embed__proj__kernel=torch.zeros(4, 0, 1, 24)), "patch kernels"),
    "too tall a kernel": (with_params(patch_embed__proj__kernel=torch.zeros(4, 96, 1, 24)), "mel_bins 80"),
    "a number for a bias": (
        with_params(encoder_block_00__Mlp_0__Dense_0__bias=torch.zeros(())),
        "cannot be an encoder",
    ),
    "NaN": (with_params(encoder_norm__bias=torch.full((24,), torch.nan)), "encoder_norm/bias holds NaN"),
}


@pytest.mark.parametrize("broken", BREAKS)
def test_what_cannot_be_converted_is_one_clear_error(checkpoint, tmp_path, broken):
    damage, told = BREAKS[broken]
    damage(checkpoint)
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(ModelError, match=told) as caught:
        convert(checkpoint, tmp_path / "out")
    assert caught.value.hint
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_no_damage_raises_anything_else(tmp_path):
    rng, whole = random.Random(0), packed({"params": nested(flax_params(encoder())), "step": 7})
    path = tmp_path / "checkpoint_7"
    refused = 0
    for _ in range(300):
        data = bytearray(whole[: rng.randrange(1, len(whole))] if rng.random() < 0.5 else whole)
        for _ in range(rng.randrange(1, 4)):
            data[rng.randrange(min(len(data), 400))] = rng.randrange(256)
        path.write_bytes(data)
        try:
            find_params(path)
        except ModelError:
            refused += 1
    assert refused > 150
