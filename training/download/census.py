"""The census: on which day how many clips of each split could be had, and why the others could not."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from j2a.exporting import write_atomically
from training.datasets.entry import Entry
from training.datasets.published import audio_path
from training.download.folder import Status

CENSUS = "census.json"
HERE, NOT_TRIED = "here", "not tried"


def census_of(entries: Sequence[Entry], folder: Path, known: Mapping[str, Status]) -> dict[str, Any]:
    """Counts per split, and every clip that is not here with the reason and the day that is known from."""
    splits: dict[str, Counter[str]] = {}
    missing = {}
    for entry in entries:
        status = known.get(entry.recording)
        if status and status.reason is None and audio_path(folder, entry.recording).exists():
            found = HERE
        elif status and status.reason is not None:
            found = str(status.reason)
            missing[entry.recording] = {"reason": found, "message": status.message, "at": status.at}
        else:
            found = NOT_TRIED
        splits.setdefault(entry.split or "", Counter())[found] += 1
    counts = {split: {"clips": counted.total()} | dict(sorted(counted.items())) for split, counted in splits.items()}
    return {"splits": counts, "missing": missing}


def here(census: Mapping[str, Any]) -> int:
    """How many clips of a data set are here."""
    return sum(counts.get(HERE, 0) for counts in census["splits"].values())


def wanted(census: Mapping[str, Any]) -> int:
    """How many clips a data set lists."""
    return sum(counts["clips"] for counts in census["splits"].values())


def write_census(out: Path, sets: Mapping[str, Any]) -> str:
    """Write ``census.json`` and ``census.md``; gives the table. Raises ``ExportError``."""
    date = datetime.now(UTC).date().isoformat()
    content = json.dumps({"date": date, "data_sets": sets}, indent=2, ensure_ascii=False) + "\n"
    write_atomically(out / CENSUS, content.encode(errors="backslashreplace"))
    table = _table(date, sets)
    write_atomically(out / "census.md", table.encode())
    return table


def _table(date: str, sets: Mapping[str, Any]) -> str:
    lines = [
        f"Clips that could be had on {date}:",
        "",
        "| data set | split | clips | here | why not |",
        "|---|---|---|---|---|",
    ]
    for name, census in sets.items():
        for split, counts in census["splits"].items():
            why = ", ".join(f"{reason} {n}" for reason, n in counts.items() if reason not in ("clips", HERE))
            share = 100 * counts.get(HERE, 0) / counts["clips"]
            lines.append(
                f"| {name} | {split} | {counts['clips']} | {counts.get(HERE, 0)} ({share:.1f} %) | {why or '-'} |"
            )
    return "\n".join(lines) + "\n"
