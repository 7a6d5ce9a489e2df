"""``audiofolder``: ``metadata.jsonl`` beside the audio, for Hugging Face ``load_dataset("audiofolder", data_dir=...)``.

Loaded with datasets 3.6.0. ``file_name`` is the path relative to this file; one row a file, since a file that is named
twice gives two rows; files without a row vanish without a word, and rows without a file, too. Lines of JSON, because
of a CSV "NA", "None" and "" become null and "007" seven. A column's type is the same in all rows: numbers with a
point, lists of texts, null where nothing is known.
"""

from __future__ import annotations

import json
from typing import Any

from j2a.formats import lines
from j2a.formats.entry import Entry, Files, Place, by_file, chosen_of_file
from j2a.formats.record import Format
from j2a.formats.text import encoded, shown_name


def write(entries: list[Entry], place: Place) -> Files:
    """``metadata.jsonl``: one row a file."""
    rows = [_row(chosen_of_file(of_file)) for of_file in by_file(entries).values()]
    return {FORMAT.file_name: encoded("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))}


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "file_name": shown_name(entry.file), "caption": entry.caption, "bpm": _float(entry.sure_bpm),
        "key": entry.key or None, "meter": entry.meter or None, "genre": entry.genre or None, "tags": list(entry.tags),
        "start_s": float(entry.start_s), "end_s": _float(entry.end_s),
    }  # fmt: skip


def _float(value: float | None) -> float | None:
    return None if value is None else float(value)


FORMAT = Format("audiofolder", "Hugging Face datasets", "metadata.jsonl", "file", write, lines.read,
                file_name="metadata.jsonl", beside_audio=True)  # fmt: skip
