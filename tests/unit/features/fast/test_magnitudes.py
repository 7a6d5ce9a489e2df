"""Magnitude spectra by the compiled transform."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from j2a.features import mel
from j2a.features.fast import spectra

SOUND = np.random.default_rng(0).normal(0, 0.1, 20_000).astype(np.float32)


@pytest.mark.parametrize("size", [512, 2048, 4096])
def test_they_are_numpys(size: int) -> None:
    window = mel.hann(size)
    framed = np.lib.stride_tricks.sliding_window_view(SOUND, size)[::256]
    found = spectra.magnitudes(SOUND, size, 256, window)
    assert found == pytest.approx(np.abs(np.fft.rfft(framed * window)), abs=2e-5)


def test_tables_that_leave_the_cache_in_the_middle_are_read_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when two threads make them at once, and the cache keeps those of one."""
    window, compiled, made = mel.hann(2048), spectra.kernel, spectra._tables.__wrapped__

    def kernel(*about: Any) -> Callable[..., None]:
        def call(*values: Any) -> None:
            spoiled = [np.full(table.shape, np.nan, np.float32) for table in made(2048) for _ in range(8)]
            compiled(*about)(*values)
            assert spoiled

        return call

    wanted = spectra.magnitudes(SOUND, 2048, 512, window)
    monkeypatch.setattr(spectra, "_tables", made)
    monkeypatch.setattr(spectra, "kernel", kernel)
    assert np.array_equal(spectra.magnitudes(SOUND, 2048, 512, window), wanted)
