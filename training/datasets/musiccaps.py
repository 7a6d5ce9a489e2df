"""MusicCaps (Agostinelli et al., MusicLM, 2023; CC BY-SA 4.0): captions and aspect lists of 5,521 ten-second clips."""

from __future__ import annotations

import ast
import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from j2a.errors import J2AError

_COLUMNS = ("ytid", "start_s", "end_s", "aspect_list", "caption", "is_audioset_eval")


@dataclass(frozen=True, slots=True)
class MusicCapsRow:
    """One captioned section of a YouTube video."""

    ytid: str
    start_s: float
    end_s: float
    aspects: tuple[str, ...]
    caption: str


def read_musiccaps(path: Path, split: Literal["train", "eval"]) -> list[MusicCapsRow]:
    """The rows of one official split (``is_audioset_eval``). Raises ``J2AError`` when the file is something else."""
    rows = []
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise J2AError(
                f"{path.name} has no column {', '.join(missing)}.",
                "Give the MusicCaps file as published (musiccaps-public.csv).",
                title="Not MusicCaps",
            )
        for row in reader:
            if (row["is_audioset_eval"] == "True") == (split == "eval"):
                aspects = tuple(str(aspect) for aspect in ast.literal_eval(row["aspect_list"]))
                rows.append(
                    MusicCapsRow(row["ytid"], float(row["start_s"]), float(row["end_s"]), aspects, row["caption"])
                )
    return rows
