"""Converting the published MW-MAE checkpoint, and small ones in the same format."""

from __future__ import annotations

import hashlib
import json
import resource
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
import torch
from typer.testing import CliRunner

from j2a.errors import ExitCode, ModelError, UsageError
from j2a.models.audio.encoder_config import MWMAEConfig
from j2a.models.audio.mwmae import MWMAE, load_encoder
from tests.places import DATA
from tests.unit.training.convert.checkpoints import SIZES, encoder, flax_params, nested, packed, write
from training.cli import app
from training.convert.mwmae import convert

GOLDEN = DATA / "mwmae" / "checkpoint_198400"


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
