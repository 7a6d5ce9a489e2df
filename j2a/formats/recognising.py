"""What a file is, by what stands in it; its name only says beside which audio it lies."""

from __future__ import annotations

import re

from j2a.formats import ace_step, ai_toolkit, audiocraft, jams, labels, lines, plain, rekordbox, side_step, tables
from j2a.formats.entry import FormatError
from j2a.formats.record import Format
from j2a.formats.text import decoded, json_of, table_of

_AI_TOOLKIT = re.compile(r"\s*<[A-Z]{3,20}>")
_SIDE_STEP = re.compile(r"^\s*caption\s*:", re.MULTILINE | re.IGNORECASE)
_LABELS = re.compile(r"\d+(\.\d+)?\t\d+(\.\d+)?(\t|$)")
_LYRICS = re.compile(r"^\s*\[", re.MULTILINE)  # [Verse 1], [Chorus]
_MOST_LINES = 3  # of a caption, less one
_HEAD = 4096


def recognised(name: str, data: bytes) -> Format | None:
    """The format of a file; ``None`` for an empty one and for what holds no captions. Raises ``FormatError``."""
    text = decoded(data)
    head = text.lstrip()[:_HEAD]
    if not head or name.lower().endswith(labels.LAYERS):
        return None
    if head.startswith("{"):
        return _json(text)
    if head.startswith(("<?xml", "<DJ_PLAYLISTS")):
        return rekordbox.FORMAT
    if name.lower().endswith((".csv", ".tsv")):
        return _table(data)
    if _LABELS.match(head):
        return labels.AUDACITY if name.lower().endswith(".labels.txt") else None
    return _text(name, head)


def _json(text: str) -> Format | None:
    first = text.lstrip().partition("\n")[0]
    try:
        value = json_of(first)  # one object a line
        if "\n{" in text.strip() or "file_name" in value or "file" in value:
            return lines.FORMAT
    except FormatError:
        value = json_of(text)
    if "samples" in value:
        return ace_step.FORMAT
    if "annotations" in value and "file_metadata" in value:
        return jams.FORMAT
    if "description" in value:
        return audiocraft.FORMAT
    return ace_step.SIDECARS if "caption" in value else None


def _table(data: bytes) -> Format | None:
    columns = set(table_of(data)[0])
    if {"time", "duration", "label"} <= columns:
        return labels.SONIC_VISUALISER
    if "ytid" in columns:
        return tables.MUSICCAPS
    return tables.ACE_STEP_CSV if columns & {"file", "file_name", "filename", "audio_path", "path"} else None


def _text(name: str, head: str) -> Format | None:
    """A file of words: X.txt of another kind is the caption, or the lyrics; the name of ACE-Step's says which."""
    lower = name.lower()
    if lower.endswith(".caption.txt"):
        return ace_step.SIDECARS
    if lower.endswith(".lyrics.txt"):
        return None
    if lower.endswith(".caption"):
        return plain.KOHYA
    if lower.endswith(".txt"):
        if _AI_TOOLKIT.match(head):
            return ai_toolkit.FORMAT
        if _SIDE_STEP.search(head):
            return side_step.FORMAT
        if _LYRICS.search(head) or head.strip().count("\n") > _MOST_LINES:
            raise FormatError("it may be lyrics.", "If it is a caption, say so: --format txt.")
        return plain.TXT
    return None
