"""Sound of which nothing can be said: every version says the same of it, alone and among others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from j2a.clip import Clip
from j2a.errors import AudioError
from j2a.features import extract
from j2a.models import registry
from j2a.models.captioner import SILENCE

VERSIONS = ("1.0", "2.0", "2.1", "3.0")
TONE = (0.3 * np.sin(np.arange(3 * 44_100) / 30)).astype(np.float32)


def clip_of(samples: np.ndarray, folder: Path) -> Clip:
    path = folder / "clip.wav"
    soundfile.write(path, samples, 44_100, subtype="FLOAT")
    return Clip(path)


@pytest.mark.parametrize("version", VERSIONS)
def test_samples_that_are_no_numbers_are_told_by_all_versions(tmp_path: Path, version: str) -> None:
    captioner = registry.load(version, "mini")
    whole, damaged = TONE.copy(), TONE.copy()
    whole[:], damaged[40_000] = np.nan, np.inf
    for samples in (whole, damaged):
        clip = clip_of(samples, tmp_path)
        measured = extract(clip)
        assert "the file is damaged" in measured.unknown["sound"]
        with pytest.raises(AudioError, match=r"clip\.wav cannot be described.*the file is damaged"):
            captioner.describe(clip, features=measured)
        with pytest.raises(AudioError, match=r"clip\.wav cannot be described.*the file is damaged"):
            captioner.describe_many([clip], [measured])


@pytest.mark.parametrize("version", VERSIONS)
def test_silence_is_called_that_by_all_versions(tmp_path: Path, version: str) -> None:
    clip = clip_of(0 * TONE, tmp_path)
    measured = extract(clip)
    captioner = registry.load(version, "mini")
    assert captioner.describe(clip, features=measured).text == SILENCE
    assert captioner.describe_many([clip], [measured])[0].text == SILENCE
