"""Writes stock_features.json: what stock madmom finds in sections of the demo and rendered clips.

python -m tests.data.make_stock_features
"""

from __future__ import annotations

import json
from pathlib import Path

from j2a import audio, features
from j2a.clip import Clip

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
# (start, length) in seconds: whole clips would do, but starts in mid-bar and odd lengths find other paths.
SECTIONS = ((0.0, 10.0), (1.37, 6.5), (3.2, 9.0))


def main() -> None:
    """Measure every section with stock madmom."""
    sections = []
    for path in sorted([*(ROOT / "demo").glob("*.ogg"), *(HERE / "clips").glob("*.ogg")]):
        duration_s = audio.probe(path).duration_s
        for start_s, length_s in SECTIONS:
            end_s = round(min(start_s + length_s, duration_s), 3)
            found = features.extract(Clip(path, start_s, end_s), engine="madmom")
            found.unknown.pop("genre", None)
            sections.append(
                {
                    "file": path.relative_to(ROOT).as_posix(),
                    "start_s": start_s,
                    "end_s": end_s,
                    "features": found.to_json(),
                }
            )
            print(sections[-1]["file"], start_s, end_s, flush=True)
    lines = ",\n".join(json.dumps(section) for section in sections)
    (HERE / "stock_features.json").write_text(f'{{"sections": [\n{lines}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
