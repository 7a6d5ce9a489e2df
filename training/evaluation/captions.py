"""The captions that are evaluated: written by a version, clip after clip and kept at once, or read from a file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from j2a.cache import Cache
from j2a.caption import Sampling
from j2a.errors import J2AError, UsageError
from j2a.exporting import write_atomically
from j2a.features.record import Features
from training.datasets.table import Row, read_table
from training.evaluation.settings import EvaluateSettings
from training.ground.log import progress

if TYPE_CHECKING:
    from j2a.models.captioner import Captioner

CAPTIONS = "captions.jsonl"
_NAMES = ("id", "file_name")  # columns by which a row is known
_SAME_START_S = 0.005  # captions.csv has milliseconds


def write_captions(
    captioner: Captioner, rows: list[Row], features: list[Features], folder: Path, out: Path,
    settings: EvaluateSettings,
) -> dict[str, str]:  # fmt: skip
    """Captions by row id. Each batch is added to ``out/captions.jsonl``; what is there already is kept.

    Raises ``AudioError`` for a clip that cannot be read, ``J2AError`` when the file cannot be written.
    """
    path = out / CAPTIONS
    known = _kept(path)
    missing = [index for index, row in enumerate(rows) if row.id not in known]
    batches = [missing[at : at + settings.batch_size] for at in range(0, len(missing), settings.batch_size)]
    sampling = Sampling(temperature=settings.temperature)
    for batch in progress(batches, len(batches), "captions"):
        written = captioner.describe_many(
            [rows[index].clip(folder) for index in batch], [features[index] for index in batch],
            prompt=settings.prompt, sampling=sampling, seed=settings.seed,
        )  # fmt: skip
        new = {rows[index].id: caption.text for index, caption in zip(batch, written, strict=True)}
        known |= new
        try:
            with path.open("a", encoding="utf-8") as file:
                file.writelines(json.dumps({"id": id_, "caption": text}) + "\n" for id_, text in new.items())
        except OSError as error:
            raise J2AError(
                f"{path} cannot be written: {error.strerror or error}.",
                "Make room and run the command again: the captions that are there are kept.",
            ) from error
    return {row.id: known[row.id] for row in rows}


def read_captions(path: Path, rows: Sequence[Row]) -> dict[str, str]:
    """Captions by row id from a CSV or JSONL file with the columns id (or file_name) and caption, or the first ones of
    the table in a folder. Where a file has several clips, ``start_s`` tells them apart, as in the app's captions.csv.

    Raises ``UsageError`` that names the file for missing columns, an id that comes twice, and clips without a caption.
    """
    found: dict[str, str] = {}
    rows_of: dict[str, list[Row]] = {}
    for row in rows:
        rows_of.setdefault(row.audio, []).append(row)
    for number, record in enumerate(_records(path), 1):
        name = next((column for column in _NAMES if record.get(column) and isinstance(record[column], str)), None)
        if name is None or not isinstance(record.get("caption"), str):
            raise UsageError(f"{path}, record {number}: no id (or file_name), or no caption.",
                             "It needs the columns id and caption.")  # fmt: skip
        key = record[name] if name == "id" else _row_of(record, rows_of, f"{path}, record {number}")
        if key in found and key:
            raise UsageError(f"{path}, record {number}: {record[name]!r} comes twice.", "Keep one caption a clip.")
        found[key] = record["caption"]
    missing = [row.id for row in rows if row.id not in found]
    if missing:
        raise UsageError(
            f"{path} has no caption for {len(missing)} of {len(rows)} clips, {missing[0]} among them.",
            "Caption them all, or evaluate fewer with --clips or another --split.",
        )
    return {row.id: found[row.id] for row in rows}


def _row_of(record: dict[str, str], rows_of: dict[str, list[Row]], where: str) -> str:
    """The id of the row that a record is about, by its file and the start of its section; "" where it is none."""
    rows = rows_of.get(record["file_name"], [])
    try:
        start_s = float(record["start_s"]) if record.get("start_s") not in (None, "") else None
    except (TypeError, ValueError) as error:
        raise UsageError(f"{where}: start_s is {record['start_s']!r}, not a number of seconds.", "Mend it.") from error
    if start_s is not None:
        return next((row.id for row in rows if abs(row.start_s - start_s) < _SAME_START_S), "")
    if len(rows) > 1:
        raise UsageError(f"{where}: {record['file_name']} has {len(rows)} clips in the table.",
                         "Add the column start_s, or name clips by id.")  # fmt: skip
    return rows[0].id if rows else ""


def measure(rows: Sequence[Row], folder: Path) -> list[Features]:
    """What is measured in every clip; kept in the cache that the app and the commands share. Raises ``AudioError``."""
    from j2a import features as extraction
    from j2a.features import remembered

    cache, measured = Cache(), []
    for row in progress(rows, len(rows), "features"):
        clip = row.clip(folder)
        key = remembered.key(clip, "fast")
        known = remembered.find(cache, key)
        if known is None:
            known = extraction.extract(clip)
            remembered.keep(cache, key, known)
        measured.append(known)
    return measured


def _kept(path: Path) -> dict[str, str]:
    """What an earlier run wrote; a line that is cut short or damaged is dropped from the file, and written anew."""
    if not path.exists():
        return {}
    known: dict[str, str] = {}
    lines = path.read_bytes().splitlines(keepends=True)
    whole = [line for line in lines if line.endswith(b"\n") and _take(line, known)]
    if len(whole) < len(lines):
        write_atomically(path, b"".join(whole))
    return known


def _take(line: bytes, known: dict[str, str]) -> bool:
    """Add what a line of the file says; whether it says anything."""
    try:
        record = json.loads(line)
        known[record["id"]] = str(record["caption"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return False
    return True


def _records(path: Path) -> list[dict[str, str]]:
    if path.is_dir():
        return [{"id": row.id, "caption": row.captions[0]} for row in read_table(path) if row.captions]
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix.lower() in (".jsonl", ".ndjson"):
            records = [json.loads(line) for line in text.split("\n") if line.strip()]
        else:
            records = list(csv.DictReader(io.StringIO(text)))  # not splitlines: captions may hold other line ends
    except (OSError, ValueError, RecursionError, csv.Error) as error:
        raise UsageError(f"{path} cannot be read: {error}.", "Give a CSV or JSONL file of captions.") from error
    if not records or not all(isinstance(record, dict) for record in records):
        raise UsageError(f"{path} holds no captions.", "It needs the columns id and caption.")
    return records
