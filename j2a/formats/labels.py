"""Labels and layers for looking at: Audacity's label tracks, and Sonic Visualiser's layers as CSV.

* ``audacity``: ``X.labels.txt`` (captions), ``X.chords.labels.txt``, ``X.beats.labels.txt``: start TAB end TAB text,
  in seconds (manual.audacityteam.org, "Importing and Exporting Labels"). Not ``X.txt``, which trainers read.
* ``sonic-visualiser``: ``X.captions.csv``, ``X.chords.csv``, ``X.beats.csv`` with the columns that its import knows
  by name: TIME, DURATION, LABEL; a beat's label is "1" where a bar begins.

Neither program was here to try them. A window to the end of a file whose length is not known ends where it begins.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from j2a.formats.entry import Entry, Files, FormatError, Place, by_file
from j2a.formats.plain import stem_of
from j2a.formats.record import Format
from j2a.formats.text import csv_of, decoded, encoded, number_in, one_line, table_of, text_in

LAYERS = (".chords.labels.txt", ".beats.labels.txt", ".chords.csv", ".beats.csv")  # what holds no captions
Label = tuple[float, float, str]  # start and end, in seconds of the file, and what is said of it


def write_audacity(entries: list[Entry], place: Place) -> Files:
    """Up to three label tracks beside each audio file."""
    files: Files = {}
    for found in by_file(entries).values():
        for layer, labels in _layers(found):
            name = f"{found[0].stem}{'' if layer == 'captions' else f'.{layer}'}.labels.txt"
            lines = [f"{start_s:.6f}\t{end_s:.6f}\t{text}\n" for start_s, end_s, text in labels]
            files[name] = encoded("".join(lines))
    return files


def write_sonic_visualiser(entries: list[Entry], place: Place) -> Files:
    """Up to three layers beside each audio file."""
    files: Files = {}
    for found in by_file(entries).values():
        for layer, labels in _layers(found):
            rows = [[f"{start_s:.6f}", f"{end_s - start_s:.6f}", text] for start_s, end_s, text in labels]
            files[f"{found[0].stem}.{layer}.csv"] = csv_of(("TIME", "DURATION", "LABEL"), rows)
    return files


def _layers(entries: list[Entry]) -> list[tuple[str, list[Label]]]:
    captions = [
        (one.start_s, one.start_s + (one.length_s or 0.0), one_line(one.caption)) for one in entries if one.caption
    ]
    chords = [
        (one.start_s + chord.start_s, one.start_s + chord.end_s, chord.label) for one in entries for chord in one.chords
    ]
    beats = [
        (one.start_s + time_s, one.start_s + time_s, "1" if time_s in one.downbeats else "")
        for one in entries for time_s in one.beats
    ]  # fmt: skip
    named = (("captions", captions), ("chords", chords), ("beats", beats))
    return [(name, labels) for name, labels in named if labels]


def read_audacity(name: str, data: bytes) -> list[Entry]:
    """The captions of a label track."""
    entries = []
    for number, line in enumerate(decoded(data).split("\n"), 1):
        if line.strip() and not line.startswith("\\"):  # a second line of a label tells of frequencies
            start, end, text, *_ = [*line.split("\t", 2), "", ""]
            entries.append(_entry(_stem(name, ".labels.txt"), number, start, end, text))
    return entries


def read_sonic_visualiser(name: str, data: bytes) -> list[Entry]:
    """The captions of a layer."""
    columns, rows = table_of(data)
    if not {"time", "duration", "label"} <= set(columns):
        raise FormatError("it has no columns TIME, DURATION and LABEL.")
    found = []
    for number, cells in rows:
        start_s, length_s = number_in(cells["time"]), number_in(cells["duration"])
        end_s = None if start_s is None or length_s is None else round(start_s + length_s, 6)
        found.append(_entry(_stem(name, ".captions.csv"), number, start_s, end_s, cells["label"]))
    return found


def _stem(name: str, ending: str) -> str:
    """The audio's path without its ending; another program may have saved the file as X.txt or X.csv."""
    return stem_of(name, ending if name.lower().endswith(ending) else PurePosixPath(name).suffix)


def _entry(stem: str, number: int, start: Any, end: Any, text: str) -> Entry:
    start_s, end_s = number_in(start), number_in(end)
    if start_s is None or end_s is None or end_s < start_s or start_s < 0:
        raise FormatError(f"line {number} does not begin with two times.")
    return Entry(stem, start_s, end_s if end_s > start_s else None, text_in(text), beside=True)


AUDACITY = Format("audacity", "Audacity", "X.labels.txt, X.chords.labels.txt, X.beats.labels.txt", "window",
                  write_audacity, read_audacity, endings=(".labels.txt",), needs_duration=True)  # fmt: skip
SONIC_VISUALISER = Format("sonic-visualiser", "Sonic Visualiser", "X.captions.csv, X.chords.csv, X.beats.csv", "window",
                          write_sonic_visualiser, read_sonic_visualiser, endings=(".captions.csv",),
                          needs_duration=True)  # fmt: skip
