"""Converting the published MW-MAE checkpoint: small ones in the same format, and everything that can be wrong."""

from __future__ import annotations

import hashlib
import json
import random
import resource
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from typer.testing import CliRunner

from j2a.errors import ExitCode, ModelError, UsageError
from j2a.models.audio.mwmae import MWMAE, MWMAEConfig, load_encoder
from training.cli import app
from training.convert.flax_checkpoint import find_params
from training.convert.mwmae import convert

SIZES = MWMAEConfig(width=24, depth=2, heads=12, mlp_width=40)
GOLDEN = Path(__file__).parents[1] / "data" / "mwmae" / "checkpoint_198400"


def packed(value: Any) -> bytes:
    """msgpack as Flax writes it: tables, names, numbers, ``None``, arrays."""
    if isinstance(value, dict):
        return struct.pack(">BI", 0xDF, len(value)) + b"".join(packed(k) + packed(v) for k, v in value.items())
    if isinstance(value, str):
        return struct.pack(">BH", 0xDA, len(value.encode())) + value.encode()
    if value is None:
        return b"\xc0"
    if isinstance(value, int):
        return struct.pack(">BI", 0xCE, value)
    data = value.contiguous().view(torch.uint8).numpy().tobytes() if value.ndim else b"\0" * value.itemsize
    shape = bytes([0x90 + value.ndim]) + b"".join(packed(size) for size in value.shape)
    inner = (
        b"\x93" + shape + packed(str(value.dtype).removeprefix("torch.")) + struct.pack(">BI", 0xC6, len(data)) + data
    )
    return struct.pack(">BIB", 0xC9, len(inner), 1) + inner


def nested(flat: dict[str, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name, value in flat.items():
        *folders, leaf = name.split("/")
        place = tree
        for folder in folders:
            place = place.setdefault(folder, {})
        place[leaf] = value
    return tree


def flax_params(encoder: MWMAE) -> dict[str, torch.Tensor]:
    """The encoder's weights under Flax's names, in Flax's layouts, with the decoder that a checkpoint has too."""
    weights, config = encoder.state_dict(), encoder.config
    params = {
        "pos_embed": weights["pos_embed"][None],
        "patch_embed/proj/kernel": weights["patch_embed.weight"].T.reshape(
            config.patch_frames, config.patch_bins, 1, config.width
        ),
        "patch_embed/proj/bias": weights["patch_embed.bias"],
        "encoder_norm/scale": weights["norm.weight"],
        "encoder_norm/bias": weights["norm.bias"],
        "mask_token": torch.zeros(1, 1, 8, dtype=torch.bfloat16),
        "decoder_block_00/wmha_block/qkv/kernel": torch.zeros(8, 24),
        "decoder_pos_embed": torch.zeros(1, 250, 8),
    }
    parts = {
        "qkv": "Attention_0/Dense_0",
        "proj": "Attention_0/Dense_1",
        "fc1": "Mlp_0/Dense_0",
        "fc2": "Mlp_0/Dense_1",
    }
    for block in range(config.depth):
        ours, theirs = f"blocks.{block}", f"encoder_block_{block:02d}"
        for part, name in parts.items():
            params[f"{theirs}/{name}/kernel"] = weights[f"{ours}.{part}.weight"].T
            params[f"{theirs}/{name}/bias"] = weights[f"{ours}.{part}.bias"]
        for index in (0, 1):
            params[f"{theirs}/LayerNorm_{index}/scale"] = weights[f"{ours}.norm{index + 1}.weight"]
            params[f"{theirs}/LayerNorm_{index}/bias"] = weights[f"{ours}.norm{index + 1}.bias"]
    return params


def encoder(config: MWMAEConfig = SIZES) -> MWMAE:
    torch.manual_seed(0)
    model = MWMAE(config)
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.2)
    return model


def write(path: Path, params: dict[str, Any], before: dict[str, Any] | None = None) -> Path:
    state = {
        "batch_stats": {},
        "dynamic_scale": None,
        "opt_state": {
            "0": {"count": torch.zeros((), dtype=torch.int32), "mu": nested({"pos_embed": torch.ones(1, 9)})}
        },
        **(before or {}),
        "params": nested(params),
        "step": 7,
    }
    path.write_bytes(packed(state))
    return path


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return write(tmp_path / "checkpoint_7", flax_params(encoder()))


def test_the_encoder_comes_out_as_it_went_in(checkpoint, tmp_path):
    out = tmp_path / "new" / "encoder"
    assert convert(checkpoint, out) == SIZES
    loaded = load_encoder(out)
    for name, weight in encoder().state_dict().items():
        assert torch.equal(loaded.state_dict()[name], weight), name
    assert sorted(path.name for path in out.iterdir()) == ["README.md", "config.json", "model.safetensors"]
    assert [path.name for path in out.parent.iterdir()] == ["encoder"]


def test_the_card_names_both_files_by_their_hash(checkpoint, tmp_path):
    convert(checkpoint, tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text()
    for path in (checkpoint, tmp_path / "out" / "model.safetensors"):
        assert hashlib.sha256(path.read_bytes()).hexdigest() in card
    assert "2306.00561" in card and "icence" in card


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_other_precisions_become_float32(tmp_path, dtype):
    params = {name: weight.to(dtype) for name, weight in flax_params(encoder()).items()}
    convert(write(tmp_path / "checkpoint_7", params), tmp_path / "out")
    weight = load_encoder(tmp_path / "out").norm.bias
    assert weight.dtype == torch.float32
    assert torch.equal(weight, encoder().norm.bias.detach().to(dtype).float())


def test_sizes_are_read_off_the_shapes(tmp_path):
    sizes = MWMAEConfig(width=20, depth=1, heads=4, mlp_width=8, chunk_frames=96, patch_frames=8, patch_bins=20)
    out = tmp_path / "out"
    assert convert(write(tmp_path / "checkpoint_7", flax_params(encoder(sizes))), out, heads=4) == sizes
    assert load_encoder(out).config == sizes


def test_published_widths_have_their_published_heads(tmp_path):
    sizes = MWMAEConfig(width=192, depth=1, heads=3, mlp_width=16)
    assert convert(write(tmp_path / "checkpoint_7", flax_params(encoder(sizes))), tmp_path / "out").heads == 3


def test_the_optimizer_is_never_in_memory(tmp_path):
    huge = 300 << 20
    path = tmp_path / "checkpoint_7"
    rest = packed({"params": nested(flax_params(encoder())), "step": 7})[5:]
    with path.open("wb") as file:  # a sparse file: the 300 MB are a hole
        file.write(struct.pack(">BI", 0xDF, 3) + packed("opt_state") + struct.pack(">BIB", 0xC9, huge, 1))
        file.seek(huge, 1)
        file.write(rest)
    tracemalloc.start()
    convert(path, tmp_path / "out")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 << 20


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


def test_heads_that_do_not_divide_the_width_are_refused(checkpoint, tmp_path):
    with pytest.raises(ModelError, match=r"width 24 cannot be divided into heads 7.*--heads"):
        convert(checkpoint, tmp_path / "out", heads=7)


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch])
def test_what_exists_is_not_touched(checkpoint, tmp_path, make):
    out = tmp_path / "out"
    make(out)
    with pytest.raises(UsageError, match="exists already"):
        convert(checkpoint, out)


def test_a_full_disk_leaves_nothing_behind(checkpoint, tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, hard))
    try:
        with pytest.raises(ModelError, match=r"cannot be written.*MB of space"):
            convert(checkpoint, tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [path.name for path in tmp_path.iterdir()] == [checkpoint.name]


def test_an_interruption_leaves_nothing_behind(checkpoint, tmp_path, monkeypatch):
    save = MWMAE.save

    def interrupted(self: MWMAE, folder: Path) -> None:
        save(self, folder)
        raise KeyboardInterrupt

    monkeypatch.setattr(MWMAE, "save", interrupted)
    with pytest.raises(KeyboardInterrupt):
        convert(checkpoint, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == [checkpoint.name]


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["convert-mwmae", *map(str, arguments)])


def test_the_command_converts_the_authors_own_file(tmp_path):
    result = run(GOLDEN, tmp_path / "out", "--heads", 3)
    assert (result.exit_code, result.stdout) == (ExitCode.OK, "")
    assert "width 48, depth 2 and 3 heads" in result.stderr and "No published" not in result.stderr
    assert json.loads((tmp_path / "out" / "config.json").read_text())["heads"] == 3


def test_the_command_tells_when_it_took_twelve_heads(checkpoint, tmp_path):
    result = run(checkpoint, tmp_path / "out")
    assert result.exit_code == ExitCode.OK
    assert "took 12 heads" in result.stderr


def test_the_commands_exit_codes(checkpoint, tmp_path):
    (tmp_path / "there").mkdir()
    assert run(tmp_path / "nothing", tmp_path / "out").exit_code == ExitCode.FAILED
    assert run(checkpoint, tmp_path / "there").exit_code == ExitCode.USAGE
    assert run(checkpoint, tmp_path / "out", "--heads", 0).exit_code == ExitCode.USAGE
