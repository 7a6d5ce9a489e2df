"""The forms in which others keep captions, one module each: pure functions from entries to files, and back.

``FORMATS`` has them by name; :mod:`j2a.formats.recognising` tells what a file is by what stands in it.
"""

from __future__ import annotations

from j2a.formats import (
    ace_step,
    ai_toolkit,
    audiocraft,
    audiofolder,
    jams,
    labels,
    lines,
    plain,
    rekordbox,
    side_step,
    tables,
)
from j2a.formats.entry import Entry, Files, FormatError, Place
from j2a.formats.record import Format

__all__ = ["FORMATS", "Entry", "Files", "Format", "FormatError", "Place"]

FORMATS: dict[str, Format] = {
    one.name: one
    for one in (
        lines.FORMAT, audiofolder.FORMAT, tables.MUSICCAPS, ace_step.FORMAT, ace_step.SIDECARS, tables.ACE_STEP_CSV,
        side_step.FORMAT, plain.STABLE_AUDIO, ai_toolkit.FORMAT, audiocraft.FORMAT, plain.KOHYA, plain.TXT, jams.FORMAT,
        labels.AUDACITY, labels.SONIC_VISUALISER, rekordbox.FORMAT,
    )
}  # fmt: skip
