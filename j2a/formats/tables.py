"""Tables of captions: ``captions.csv`` and what others call theirs, MusicCaps, and the CSV that ACE-Step reads.

* ``musiccaps``: the nine columns of MusicCaps (google/MusicCaps, musiccaps-public.csv); ``ytid`` is the file's name
  without its ending, by which loaders look for the audio; ``file_name`` stands last, for the way back.
* ``ace-step-csv``: ``file,caption,bpm,key`` (ace-step/ACE-Step-1.5@1941327 .../csv_metadata.py: any CSV with a column
  ``file`` is read, matched by base name; bpm is cut, not rounded, so it is a whole number here).
"""

from __future__ import annotations

import ast
from pathlib import PurePosixPath

from j2a.formats.entry import Entry, Files, FormatError, Place, by_file, chosen_of_file
from j2a.formats.record import Format
from j2a.formats.text import csv_of, number_in, one_line, plain_number, shown_name, table_of, text_in
from j2a.formats.values import bpm_in, key_in, keyscale, meter_in, whole_bpm

MUSICCAPS_COLUMNS = (
    "ytid", "start_s", "end_s", "audioset_positive_labels", "aspect_list", "caption", "author_id",
    "is_balanced_subset", "is_audioset_eval", "file_name",
)  # fmt: skip
_FILE = ("file_name", "file", "filename", "audio_path", "path", "ytid")
_CAPTION = ("caption", "text", "description", "prompt")
KNOWN = frozenset((*_FILE, *_CAPTION, *MUSICCAPS_COLUMNS, "bpm", "bpm_sure", "key", "meter", "genre", "tags", "status",
                   "version", "backbone", "prompt_id", "seed", "annotator", "updated_at", "generated", "edited",
                   "edit_distance", "written", "start", "end"))  # fmt: skip
_SPREADSHEET = "it is a spreadsheet (--dialect spreadsheet), whose texts were changed to be safe there."


def write_musiccaps(entries: list[Entry], place: Place) -> Files:
    """``musiccaps.csv``: one row a window."""
    rows = [_musiccaps_row(one) for one in sorted(entries, key=lambda entry: entry.order)]
    return {MUSICCAPS.file_name: csv_of(MUSICCAPS_COLUMNS, rows)}


def _musiccaps_row(entry: Entry) -> list[str]:
    end_s = entry.duration_s if entry.end_s is None else entry.end_s
    aspects = [f"{entry.sure_bpm:.0f} BPM" if entry.sure_bpm else "", entry.key, entry.meter, *entry.tags]
    return [
        shown_name(PurePosixPath(entry.file).stem), plain_number(entry.start_s), plain_number(end_s), "",
        repr([one for one in aspects if one]), entry.caption, "", "False", "False", shown_name(entry.file),
    ]  # fmt: skip


def write_ace_step(entries: list[Entry], place: Place) -> Files:
    """``captions.csv`` as ACE-Step's dataset builder takes it: one row a file."""
    rows = []
    for one in (chosen_of_file(of_file) for of_file in by_file(entries).values()):
        bpm = whole_bpm(one.sure_bpm)
        rows.append([shown_name(PurePosixPath(one.file).name), one_line(one.caption), "" if bpm is None else str(bpm),
                     keyscale(one.key)])  # fmt: skip
    return {ACE_STEP_CSV.file_name: csv_of(("file", "caption", "bpm", "key"), rows)}


def columns_not_known(data: bytes) -> list[str]:
    """The columns of a table that an import leaves aside. Raises ``FormatError``."""
    return [name for name in table_of(data)[0] if name and name not in KNOWN]


def read(name: str, data: bytes) -> list[Entry]:
    """The rows of a table that has a column for the file and one for the caption. Never one for spreadsheets."""
    columns, rows = table_of(data)
    if "dialect" in columns:
        raise FormatError(_SPREADSHEET, "Export it once more without --dialect.")
    file = next((one for one in _FILE if one in columns), None)
    caption = next((one for one in _CAPTION if one in columns), None)
    if file is None or caption is None:
        raise FormatError("it has no column file_name, or none called caption.")
    return [_entry(cells, number, file, caption) for number, cells in rows]


def _entry(cells: dict[str, str], number: int, file: str, caption: str) -> Entry:
    if not cells[file].strip():
        raise FormatError(f"row {number} names no file.")
    start, end = (cells.get(f"{name}_s", cells.get(name, "")).strip() for name in ("start", "end"))
    if any(cell and number_in(cell) is None for cell in (start, end)):
        raise FormatError(f"row {number}: its start or end is no number.")
    sure = {"yes": True, "no": False}
    return Entry(
        cells[file], number_in(start) or 0.0, number_in(end), text_in(cells[caption]), beside=file == "ytid",
        bpm=bpm_in(cells.get("bpm")), bpm_sure=sure.get(cells.get("bpm_sure", "")), key=key_in(cells.get("key")),
        meter=meter_in(cells.get("meter")), genre=text_in(cells.get("genre")), tags=_listed(cells),
        status=cells.get("status", ""), generated=text_in(cells.get("generated")),
        edited=sure.get(cells.get("edited", "")), annotator=text_in(cells.get("annotator")),
        updated_at=text_in(cells.get("updated_at")),
    )  # fmt: skip


def _listed(cells: dict[str, str]) -> tuple[str, ...]:
    """The tags of a row, or its aspects: a list as Python writes it. Anything else is none."""
    cell = cells.get("tags") or cells.get("aspect_list") or ""
    if not cell.startswith("[") or len(cell) > 10_000:
        return ()
    try:
        found = ast.literal_eval(cell)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return ()
    return tuple(one for one in map(text_in, found) if one) if isinstance(found, list) else ()


MUSICCAPS = Format("musiccaps", "what reads MusicCaps", "musiccaps.csv", "window", write_musiccaps, read,
                   file_name="musiccaps.csv", needs_duration=True)  # fmt: skip
ACE_STEP_CSV = Format("ace-step-csv", "ACE-Step 1.5's dataset builder", "captions.csv with a column file", "file",
                      write_ace_step, read, figures=False, file_name="captions.csv", beside_audio=True)  # fmt: skip
