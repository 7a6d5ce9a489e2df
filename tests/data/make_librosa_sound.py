"""Writes librosa_sound.json: centroid, onsets and tuning that librosa finds in windows of the demo clips.

python -m tests.data.make_librosa_sound
"""

from __future__ import annotations

import json
from typing import Any

import librosa

from j2a.audio import load
from j2a.clip import Clip
from j2a.features.sound import SAMPLE_RATE
from tests.places import DATA, DEMO

STARTS_S = (0.0, 7.0)
LENGTH_S = 10.0


def main() -> None:
    """Measure two windows of every demo clip."""
    windows = [
        librosas(Clip(path, start_s, start_s + LENGTH_S)) for path in sorted(DEMO.glob("*.ogg")) for start_s in STARTS_S
    ]
    text = ",\n".join(json.dumps(window) for window in windows)
    (DATA / "librosa_sound.json").write_text(f"[\n{text}\n]\n", encoding="utf-8")


def librosas(clip: Clip) -> dict[str, Any]:
    """Hz, onsets a second, and cents, by librosa with its default settings."""
    samples = load(clip, SAMPLE_RATE)
    onsets = librosa.onset.onset_detect(y=samples, sr=SAMPLE_RATE)
    return {
        "file": clip.path.name,
        "start_s": clip.start_s,
        "end_s": clip.end_s,
        "centroid_hz": float(librosa.feature.spectral_centroid(y=samples, sr=SAMPLE_RATE).mean()),
        "onsets_per_s": len(onsets) / (len(samples) / SAMPLE_RATE),
        "tuning_cents": float(100 * librosa.estimate_tuning(y=samples, sr=SAMPLE_RATE)),
    }


if __name__ == "__main__":
    main()
