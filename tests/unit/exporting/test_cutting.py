"""Windows that are cut into files of their own, where there is no room for them."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile

from j2a.clip import Clip
from j2a.errors import ExportError
from j2a.exporting.cutting import save_cut


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file may become larger than so many bytes meanwhile."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("kind", ["wav", "flac"])
@pytest.mark.parametrize("size", [0, 10, 5_000, 100_000])
def test_a_window_without_room_is_no_file_and_one_error(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], kind: str, size: int
) -> None:
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 80_000)
    soundfile.write(tmp_path / "a.wav", noise, 8_000, subtype="PCM_16")
    target = tmp_path / "out" / f"cut.{kind}"
    with room_for(size), pytest.raises(ExportError, match=r"cut.* cannot be written: File too large"):
        save_cut(Clip(tmp_path / "a.wav"), target)
    assert list(target.parent.iterdir()) == []
    assert capfd.readouterr().err == ""
    save_cut(Clip(tmp_path / "a.wav"), target)
    assert soundfile.info(target).frames == 80_000
