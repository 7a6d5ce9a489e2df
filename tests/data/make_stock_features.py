"""Writes stock_features.json: what stock madmom finds in sections of the demo and rendered clips, and in medleys.

python -m tests.data.make_stock_features
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from j2a import audio, features
from j2a.clip import Clip
from tests.data.medley import clips, write_medley
from tests.places import DATA, ROOT

# (start, length) in seconds: whole clips would do, but starts in mid-bar and odd lengths find other paths.
SECTIONS = ((0.0, 10.0), (1.37, 6.5), (3.2, 9.0))
MEDLEYS = ((40.0, 1), (75.0, 2), (150.0, 3), (360.0, 4))  # (seconds, seed)


def main() -> None:
    """Measure every section and every medley with stock madmom."""
    sections = []
    for path in clips():
        duration_s = audio.probe(path).duration_s
        for start_s, length_s in SECTIONS:
            end_s = round(min(start_s + length_s, duration_s), 3)
            sections.append(
                {
                    "file": path.relative_to(ROOT).as_posix(),
                    "start_s": start_s,
                    "end_s": end_s,
                    "features": stock(Clip(path, start_s, end_s)),
                }
            )
            print(sections[-1]["file"], start_s, end_s, flush=True)
    medleys = []
    with tempfile.TemporaryDirectory() as folder:
        for seconds, seed in MEDLEYS:
            clip = write_medley(Path(folder) / "medley.wav", seconds, seed)
            medleys.append({"seconds": seconds, "seed": seed, "features": stock(clip)})
            print("medley", seconds, flush=True)
    write = {"sections": sections, "medleys": medleys}
    text = ",\n".join(
        f'"{name}": [\n' + ",\n".join(json.dumps(row) for row in rows) + "\n]" for name, rows in write.items()
    )
    (DATA / "stock_features.json").write_text(f"{{{text}}}\n", encoding="utf-8")


def stock(clip: Clip) -> dict[str, Any]:
    """What stock madmom measures; without the genre, which depends on what is installed."""
    found = features.extract(clip, engine="madmom")
    found.unknown.pop("genre", None)
    return found.to_json()


if __name__ == "__main__":
    main()
