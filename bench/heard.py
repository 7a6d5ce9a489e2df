"""Are captions of J2A-2.x true of what is heard? Against the facts of a corpus, beside their floors.

    j2a-train synth CORPUS --split test --clips 600 --soundfont FluidR3_GM.sf2
    python bench/heard.py CORPUS [--version 2.0] [--clips 500] [--heads CORPUS_OF_HEADS] [--json PATH]

Floors: the captions of other clips (shuffled audio), and the one caption of them that is true most often (constant).
``--heads`` is the same corpus captioned by ``j2a-train sure --guess``: the encoder's own template, to compare with.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from j2a.features.record import Features
from j2a.models import registry
from training.heard_score import heard_score, shifted
from training.table import Row, read_table

BATCH = 16


def main() -> None:
    """Caption, score, print."""
    parser = argparse.ArgumentParser(description="How true captions of J2A-2.x are.")
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--version", action="append")
    parser.add_argument("--backbone", default="mini")
    parser.add_argument("--clips", type=int, default=500)
    parser.add_argument("--heads", type=Path)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    rows = read_table(asked.corpus)[: asked.clips]
    facts = [row.facts for row in rows]
    table: dict[str, dict[str, float]] = {}
    written: dict[str, list[str]] = {}
    for version in asked.version or ["2.0", "2.1"]:
        began = time.perf_counter()
        captions = written[version] = caption(version, asked.backbone, asked.corpus, rows)
        table[version] = heard_score(captions, facts).row()
        table[version]["seconds a clip"] = round((time.perf_counter() - began) / len(rows), 3)
        table[f"{version}, shuffled audio"] = heard_score(list(shifted(captions)), facts).row()
        table[f"{version}, constant"] = constant(captions, facts)
    if asked.heads:
        own = {row.id: row.captions[0] for row in read_table(asked.heads)}
        table["template of the encoder's heads"] = heard_score([own[row.id] for row in rows], facts).row()
    for name, row in table.items():
        print(f"{name:34}", "  ".join(f"{key} {value}" for key, value in row.items()))
    for version, captions in written.items():
        for caption_, row in list(zip(captions, rows, strict=True))[:6]:
            print(version, row.facts["instruments"], row.facts["drums"], row.facts["tempo"], "->", caption_)
    if asked.json:
        machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
        asked.json.write_text(json.dumps({"machine": machine, "clips": len(rows), "per cent": table}, indent=1) + "\n")


def caption(version: str, backbone: str, folder: Path, rows: list[Row]) -> list[str]:
    """Greedy captions of every row."""
    captioner = registry.load(version, backbone)
    texts: list[str] = []
    for start in range(0, len(rows), BATCH):
        clips = [row.clip(folder) for row in rows[start : start + BATCH]]
        texts += [one.text for one in captioner.describe_many(clips, [Features()] * len(clips))]
    return texts


def constant(captions: list[str], facts: Sequence[dict[str, Any]]) -> dict[str, float]:
    """The caption that has the largest share of true claims when it stands for every clip, of those with three."""
    best = max(
        (heard_score([text] * len(facts), facts) for text in sorted(set(captions))[:200]),
        key=lambda score: score.claims_true if score.claims.total() >= 3 * len(facts) else 0.0,
    )
    return best.row()


if __name__ == "__main__":
    main()
