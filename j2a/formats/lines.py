"""``jsonl``: everything that is known of each window, one JSON object a line.

``file_name`` (POSIX, relative), ``start_s``, ``end_s`` (null: to the end), ``caption``, ``status``, ``generated``,
``edited``, ``bpm``, ``bpm_sure``, ``key``, ``meter``, ``genre``, ``tags``, ``instrumental``, ``language``,
``lyrics``, ``beats`` and ``downbeats`` (seconds from the window's start), ``chords`` (``start_s``, ``end_s``,
``label`` in Harte's notation), ``annotator``, ``updated_at``, ``corrections`` (of the file, by a person; null),
``provenance`` (version, backbone, weights, prompt, seed, sampling, and what was measured; null for a caption written
by hand). J2A's own form: an import takes all of it back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from j2a.features.record import Chord
from j2a.formats.entry import Entry, Files, FormatError, Place
from j2a.formats.record import Format
from j2a.formats.text import decoded, encoded, json_of, number_in, shown_name, text_in
from j2a.formats.values import bpm_in, key_in, meter_in

_TEXTS = ("genre", "language", "lyrics", "status", "generated", "annotator", "updated_at")


def write(entries: list[Entry], place: Place) -> Files:
    """``captions.jsonl``, sorted by file and time."""
    lines = [json.dumps(_object(one), ensure_ascii=False, allow_nan=False) for one in sorted(entries, key=_order)]
    return {FORMAT.file_name: encoded("".join(f"{line}\n" for line in lines))}


def _order(entry: Entry) -> tuple[str, float, float]:
    return entry.order


def _object(entry: Entry) -> dict[str, Any]:
    return {
        "file_name": shown_name(entry.file), "start_s": entry.start_s, "end_s": entry.end_s, "caption": entry.caption,
        "status": entry.status, "generated": entry.generated, "edited": entry.edited, "bpm": entry.bpm,
        "bpm_sure": entry.bpm_sure, "key": entry.key, "meter": entry.meter, "genre": entry.genre,
        "tags": list(entry.tags), "instrumental": entry.instrumental, "language": entry.language,
        "lyrics": entry.lyrics, "beats": list(entry.beats), "downbeats": list(entry.downbeats),
        "chords": [{"start_s": one.start_s, "end_s": one.end_s, "label": one.label} for one in entry.chords],
        "duration_s": entry.duration_s, "annotator": entry.annotator, "updated_at": entry.updated_at,
        "corrections": entry.corrections or None, "provenance": entry.provenance or None,
    }  # fmt: skip


def read(name: str, data: bytes) -> list[Entry]:
    """The windows of ``captions.jsonl``, of ``metadata.jsonl``, or of other lines with a file's name and a caption."""
    entries = []
    for number, line in enumerate(decoded(data).split("\n"), 1):
        if not line.strip():
            continue
        try:
            fields = json_of(line)
            if not isinstance(fields, dict):
                raise FormatError("it is no JSON object.")
            entries.append(_entry(fields))
        except FormatError as error:
            raise FormatError(f"line {number}: {error.message}") from error
    return entries


def _entry(fields: Mapping[str, Any]) -> Entry:
    file = fields.get("file_name") or fields.get("file") or fields.get("path") or fields.get("audio_path")
    if not isinstance(file, str):
        raise FormatError("it names no file (file_name).")
    start_s, end_s = (fields.get("start_s", fields.get("start_time")), fields.get("end_s", fields.get("end_time")))
    if any(value is not None and number_in(value) is None for value in (start_s, end_s)):
        raise FormatError("its start or end is no number.")
    return Entry(
        file, number_in(start_s) or 0.0, number_in(end_s), text_in(fields.get("caption") or fields.get("text")),
        bpm=bpm_in(fields.get("bpm")), bpm_sure=_truth(fields.get("bpm_sure")), key=key_in(fields.get("key")),
        meter=meter_in(fields.get("meter")), tags=_texts(fields.get("tags")), beats=_times(fields.get("beats")),
        instrumental=_truth(fields.get("instrumental")), downbeats=_times(fields.get("downbeats")),
        chords=_chords(fields.get("chords")), duration_s=number_in(fields.get("duration_s")),
        edited=_truth(fields.get("edited")), provenance=_mapping(fields.get("provenance")),
        corrections=_mapping(fields.get("corrections")),
        **dict[str, Any]((one, text_in(fields.get(one))) for one in _TEXTS),
    )  # fmt: skip


def _truth(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(one for one in map(text_in, value) if one) if isinstance(value, list) else ()


def _times(value: Any) -> tuple[float, ...]:
    found = [number_in(one) for one in value] if isinstance(value, list) else []
    return tuple(one for one in found if one is not None)


def _chords(value: Any) -> tuple[Chord, ...]:
    found = []
    for one in value if isinstance(value, list) else ():
        start_s, end_s = (number_in(one.get(name)) if isinstance(one, dict) else None for name in ("start_s", "end_s"))
        if start_s is not None and end_s is not None and isinstance(one.get("label"), str):
            found.append(Chord(start_s, end_s, text_in(one["label"])))
    return tuple(found)


FORMAT = Format("jsonl", "your own programs; J2A again", "captions.jsonl, with everything", "window", write, read,
                file_name="captions.jsonl")  # fmt: skip
