"""A small checkpoint."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.training.convert.checkpoints import encoder, flax_params, write


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return write(tmp_path / "checkpoint_7", flax_params(encoder()))
