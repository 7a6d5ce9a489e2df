"""Flips single random bits of a file of captions: is one ever changed without a word?

    python bench/flips.py [--flips 1100] [--captions 60] [--seed 0] [--json results.json]

Captions with their provenance, as the app keeps them: written by the model, half of them edited, some decided about.
Of each damaged copy every caption is read, as `j2a export` does. ``changed``: a text or a status that was never
written there, and nothing was told of it. ``earlier``: one that the window had before, untold. ``gone``: a window
without a row, untold. Exit code 1 where there is any of these.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from j2a.caption import Caption
from j2a.clip import Clip
from j2a.ending import ended_in_words
from j2a.errors import ExitCode, StoreError
from j2a.features.record import Chord, Features
from j2a.store import Row, Status, Store
from j2a.store.rescue import MendedError

MUSIC = Path("/music")
SILENT = ("changed", "earlier", "gone")
WORDS = ["a", "slow", "warm", "piano", "over", "soft", "brushes", "then", "brass", "enters", "loud", "and", "rain"]


def main() -> None:
    """Flip, count, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--flips", type=int, default=1100)
    parser.add_argument("--captions", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="write the numbers here too")
    asked = parser.parse_args()
    counts: Counter[str] = Counter()
    drawn = random.Random(asked.seed)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        content, versions = written(Path(scratch) / "whole.sqlite", asked.captions, drawn)
        for number in range(asked.flips):
            place, bit = drawn.randrange(len(content)), drawn.randrange(8)
            folder = Path(scratch) / str(number)
            folder.mkdir()
            damaged = bytearray(content)
            damaged[place] ^= 1 << bit
            (folder / "s.sqlite").write_bytes(damaged)
            for kind in seen(folder / "s.sqlite", versions):
                counts[kind] += 1
    print(f"{asked.flips} flips of {len(content)} bytes in {time.monotonic() - started:.0f} s: "
          + ", ".join(f"{kind} {count}" for kind, count in counts.most_common()))  # fmt: skip
    if asked.json:
        asked.json.write_text(json.dumps({"flips": asked.flips, "bytes": len(content), **counts}) + "\n")
    sys.exit(any(counts[kind] for kind in SILENT))


def written(path: Path, count: int, drawn: random.Random) -> tuple[bytes, dict[str, list[tuple[str, Status]]]]:
    """A file of captions, and what each window ever had, oldest first."""
    versions: dict[str, list[tuple[str, Status]]] = {}

    def note(row: Row) -> None:
        versions.setdefault(row.clip.path.name, []).append((row.text, row.status))

    with Store(path, annotator="ada") as store:
        for number in range(count):
            clip = Clip(MUSIC / f"{number:03}.flac", 10.0, 20.0)
            note(store.save_generated(clip, caption(drawn)))
            if number % 2:
                note(store.edit(clip, " ".join(drawn.choices(WORDS, k=12)) + "."))
            if number % 3:
                note(store.set_status(clip, drawn.choice([Status.ACCEPTED, Status.FLAGGED, Status.REJECTED])))
    return path.read_bytes(), versions


def caption(drawn: random.Random) -> Caption:
    """One as J2A-1.0 makes them."""
    features = Features(bpm=91.5, beats=[0.1, 0.76, 1.4], downbeats=[0.1], meter="3/4", key="A minor",
                        chords=[Chord(0.0, 2.5, "A:min"), Chord(2.5, 9.9, "D:min")])  # fmt: skip
    text = " ".join(drawn.choices(WORDS, k=25)).capitalize() + "."
    made = Caption(text, "1.0", "mini", "0123456789ab", "facts-1/describe", "Tempo: 91.5\nKey: A minor", 3)
    return replace(made, features=features)


def seen(path: Path, versions: dict[str, list[tuple[str, Status]]]) -> list[str]:
    """What came of one damaged file, and what nobody was told of."""
    mended: list[MendedError] = []
    damaged: list[StoreError] = []
    try:
        with Store(path, on_mended=mended.append) as store:
            store.check()
            rows = store.rows(MUSIC, damaged.append)
    except StoreError:
        return ["refused"]
    found = {row.clip.path.name: (row.text, row.status) for row in rows}
    kinds = {"named as damaged" if damaged else "mended" if mended else "untouched"}
    lost_is_told = bool(damaged) or any(one.exit_code != ExitCode.OK for one in mended)
    for name, had in versions.items():
        if found.get(name) == had[-1]:
            continue
        if name in found and found[name] not in had:
            kinds.add("changed")
        elif not lost_is_told:
            kinds.add("earlier" if name in found else "gone")
    if found.keys() - versions.keys():
        kinds.add("changed")
    return sorted(kinds)


if __name__ == "__main__":
    with ended_in_words():
        main()
