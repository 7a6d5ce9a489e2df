"""What a download folder holds: for each data set its lists, its audio, and what became of each clip."""

from __future__ import annotations

from pathlib import Path

STATUS = "status.jsonl"


def audio_path(folder: Path, recording: str) -> Path:
    """Where the section of a recording lies, for ``folder`` of one data set: FLAC, 16 bit, at the rate it came in."""
    return folder / "audio" / f"{recording}.flac"
