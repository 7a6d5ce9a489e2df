"""Clips with known truth, and what the extractors measure in them.

``python -m training.synth.truthset --count 50 --out tests/data/rendered50.json`` renders seeded ten-second clips,
measures them and writes ``{"clips": [{"name", "truth", "features"}]}``; ``--keep 8 --clips tests/data/clips`` also
keeps the sound of the first eight. A table of the accuracy goes to standard error.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from j2a.clip import Clip
from j2a.features import extract
from j2a.music import chord_identity, same_key, spelled_chord
from training.synth.compose import compose, random_plan
from training.synth.render import Renderer, write_ogg

FIRST_SEED = 1000  # the training corpus draws its seeds elsewhere


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--out", type=Path, required=True, help="the JSON file to write")
    parser.add_argument("--keep", type=int, default=0, help="how many clips to keep")
    parser.add_argument("--clips", type=Path, help="folder for the kept clips")
    parser.add_argument("--soundfont", type=Path)
    options = parser.parse_args(arguments)
    if options.keep and not options.clips:
        parser.error("--keep needs --clips")
    renderer = Renderer(options.soundfont)
    measured = []
    with tempfile.TemporaryDirectory() as scratch:
        for index in range(options.count):
            kept = index < options.keep
            measured.append(_render_and_measure(index, options.clips if kept else Path(scratch), renderer))
            print(f"\r{index + 1}/{options.count}", end="", file=sys.stderr, flush=True)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    text = ",\n".join(json.dumps(clip, ensure_ascii=False) for clip in measured)
    options.out.write_text(f'{{"clips": [\n{text}\n]}}\n', encoding="utf-8")
    print("\n" + json.dumps(accuracy(measured), indent=1), file=sys.stderr)
    return 0


def _render_and_measure(index: int, folder: Path, renderer: Renderer) -> dict[str, Any]:
    seed = FIRST_SEED + index
    piece = compose(random_plan(seed), seed)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"rendered-{index:02d}.ogg"
    write_ogg(path, renderer.render(piece).mean(axis=1, keepdims=True))
    return {"name": path.name, "truth": piece.truth(), "features": extract(Clip(path)).to_json()}


def accuracy(clips: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Shares (0 to 1) of all clips whose features are right; what was not measured counts as wrong.

    ``bpm_octave`` also accepts a half, a third, double and triple the tempo. ``chord_overlap`` is the mean share of
    time with the right chord. ``..._known`` are shares that were measured at all.
    """
    total = len(clips)
    pairs = [(clip["truth"], clip["features"]) for clip in clips]
    return {
        "bpm": sum(_same_tempo(t["bpm"], f["bpm"], (1.0,)) for t, f in pairs) / total,
        "bpm_octave": sum(_same_tempo(t["bpm"], f["bpm"], (1.0, 2.0, 3.0, 1 / 2, 1 / 3)) for t, f in pairs) / total,
        "bpm_known": sum(f["bpm"] is not None for _, f in pairs) / total,
        "meter": sum(t["meter"] == f["meter"] for t, f in pairs) / total,
        "key": sum(f["key"] is not None and same_key(t["key"], f["key"]) for t, f in pairs) / total,
        "key_known": sum(f["key"] is not None for _, f in pairs) / total,
        "chord_overlap": sum(chord_overlap(t["chords"], f["chords"]) for t, f in pairs) / total,
    }


def _same_tempo(truth: float, measured: float | None, ratios: Sequence[float]) -> bool:
    return measured is not None and any(abs(measured / (truth * ratio) - 1) <= 0.04 for ratio in ratios)


def chord_overlap(truth: Sequence[dict[str, Any]], measured: Sequence[dict[str, Any]]) -> float:
    """Share (0 to 1) of the truth's chord time in which the measured chord is the same triad, however spelled."""
    same = total = 0.0
    for true in truth:
        if true["label"] == "N":
            continue
        total += true["end_s"] - true["start_s"]
        for found in measured:
            shared = min(true["end_s"], found["end_s"]) - max(true["start_s"], found["start_s"])
            if shared > 0 and found["label"] != "N" and _identity(true["label"]) == _identity(found["label"]):
                same += shared
    return same / total if total else 0.0


def _identity(label: str) -> tuple[int, str]:
    return chord_identity(spelled_chord(label, None))


if __name__ == "__main__":
    raise SystemExit(main())
