"""Weights are mapped as they lie in their file, and only where they are what the config asks for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from j2a.errors import ModelError
from j2a.models.files import saved

MEND = "Copy it again."
WEIGHTS = {
    "single": torch.randn(3, 5),
    "half": torch.randn(7).half(),
    "brain": torch.randn(2, 3, 4).bfloat16(),
    "double": torch.randn(2).double(),
    "count": torch.tensor(12),
    "none": torch.zeros(0, 4),
}
SHAPES = {name: tuple(weight.shape) for name, weight in WEIGHTS.items()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_file(WEIGHTS, tmp_path / saved.WEIGHTS_FILE)
    return tmp_path


def test_every_type_is_mapped_as_it_was_saved(folder: Path) -> None:
    found = saved.mapped(folder, SHAPES, MEND)
    assert {name: weight.shape for name, weight in found.items()} == SHAPES
    assert found["brain"].dtype == np.uint16 and found["half"].dtype == np.float16
    for name, weight in WEIGHTS.items():
        np.testing.assert_array_equal(saved.as_float32(found[name]), weight.float().numpy())
        assert not found[name].flags.writeable


def test_a_single_is_not_copied(folder: Path) -> None:
    single = saved.mapped(folder, SHAPES, MEND)["single"]
    assert np.shares_memory(saved.as_float32(single), single)


def test_what_the_config_does_not_ask_for_is_told(folder: Path) -> None:
    for wanted in (SHAPES | {"half": (8,)}, SHAPES | {"more": (1,)}, {"half": (7,)}):
        with pytest.raises(ModelError, match="does not fit its config") as caught:
            saved.mapped(folder, wanted, MEND)
        assert caught.value.hint == MEND


def test_types_that_nobody_reads_are_told(tmp_path: Path) -> None:
    save_file({"small": torch.zeros(4).to(torch.float8_e4m3fn)}, tmp_path / saved.WEIGHTS_FILE)
    with pytest.raises(ModelError, match="F8_E4M3"):
        saved.mapped(tmp_path, {"small": (4,)}, MEND)


def test_damaged_and_missing_files_are_told(folder: Path) -> None:
    path = folder / saved.WEIGHTS_FILE
    content = path.read_bytes()
    for damaged in (b"", b"\xff" * 8, content[:-1], content[:20], content + b"x"):
        path.write_bytes(damaged)
        with pytest.raises(ModelError, match="is damaged"):
            saved.mapped(folder, SHAPES, MEND)
    path.unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        saved.mapped(folder, SHAPES, MEND)
