"""``preferences.jsonl``: which of two captions of a clip was the better one, one pair a line.

``file_name`` (POSIX, relative), ``start_s``, ``end_s`` (null: to the end of the file), ``prompt`` (what was asked for:
"describe"), ``chosen`` and ``rejected`` with ``_version``, ``_backbone``, ``_seed`` of each, ``shown_left`` ("chosen"
or "rejected"), ``annotator``, ``at`` (ISO 8601, UTC). Sorted by file, time and ``at``. Ties, and where neither was any
good, are no pairs.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from j2a.exporting.csv import file_name
from j2a.paths import real_folder
from j2a.store import Row
from j2a.store.variants import Pick, Variant

FILE_NAME = "preferences.jsonl"


def to_preferences(rows: Sequence[Row], folder: Path) -> bytes:
    """The pairs as JSON lines. Raises ``ExportError`` for a file outside ``folder``."""
    root = real_folder(folder)
    found = [
        (file_name(row.clip.path, root), row.clip.start_s, row.clip.end_s, pick) for row in rows for pick in row.picks
    ]
    found.sort(key=lambda one: (one[0], one[1], one[2] or float("inf"), one[3].at))
    lines = [
        json.dumps({"file_name": name, "start_s": start_s, "end_s": end_s, **_pair(pick)}, ensure_ascii=False)
        for name, start_s, end_s, pick in found
        if pick.better is not None
    ]
    return "".join(f"{line}\n" for line in lines).encode(errors="backslashreplace")


def _pair(pick: Pick) -> dict[str, Any]:
    assert pick.better is not None
    chosen, rejected = pick.better
    asked = chosen.caption.prompt_id.partition("/")[2] if chosen.caption else ""
    return {
        "prompt": asked, **_side("chosen", chosen), **_side("rejected", rejected),
        "shown_left": "chosen" if pick.left is chosen else "rejected", "annotator": pick.annotator, "at": pick.at,
    }  # fmt: skip


def _side(name: str, variant: Variant) -> dict[str, Any]:
    caption = variant.caption
    return {
        name: variant.text,
        f"{name}_version": caption.version if caption else "",
        f"{name}_backbone": caption.backbone if caption else "",
        f"{name}_seed": caption.seed if caption else None,
    }
