"""Captions of one's own: made in the app, or in a CSV or JSONL file, an AudioFolder, or another table of clips."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from j2a.errors import J2AError
from j2a.exporting.csv import DIALECT_COLUMN, aspect_list
from j2a.paths import real_folder
from j2a.printable import printable
from j2a.store import Row, Status, Store
from training.datasets.entry import (
    Entry,
    bad_row,
    caption_of,
    file_of,
    records_of,
    texts,
    times,
    without_twins,
)
from training.datasets.table import SPLITS, TABLE, Split, read_table

_METADATA = ("metadata.csv", "metadata.jsonl")
_USUAL = ("captions", "metadata")  # names of lists that say nothing
_SPLITS: dict[str, Split] = {"train": "train", "valid": "valid", "validation": "valid", "dev": "valid", "test": "test"}


def read_session(folder: Path, licence: str) -> tuple[Path, list[Entry]]:
    """The captions under ``folder`` that were accepted in the app, and the folder their paths start from.

    What a person has corrected is true: it stands in ``facts`` (:mod:`training.captions.facts`), times from the clip's
    start, and what was only measured does not. Raises ``J2AError`` where there are none.
    """
    root = real_folder(folder)
    with Store() as store:
        rows = [row for row in store.rows(root) if row.status is Status.ACCEPTED]
    entries = []
    for row in rows:
        where = f"the session's caption of {row.clip.path}"
        name = row.clip.path.relative_to(root.parent).as_posix()  # two folders may hold files of one name
        measured = aspect_list(row.features)
        aspects, caption = texts(where, "aspect_list", measured), caption_of(where, row.text)
        entries.append(
            Entry(
                "session", name, row.clip.start_s, row.clip.end_s, (caption,), where, aspects, licence=licence,
                facts=_facts(row),
            )
        )
    if not entries:
        raise J2AError(
            f"no caption of {folder} was accepted yet.", "Accept some in j2a-tui, with the key a.", title="No captions"
        )
    return root.parent, entries


def _facts(row: Row) -> dict[str, Any]:
    """The corrected features of a window, as JSON types."""
    features = row.features.to_json()
    return {name: features[name] for name in features.get("corrected", ())}


def read_captions(path: Path, licence: str) -> tuple[Path, list[Entry]]:
    """The clips of a CSV or JSONL file, an AudioFolder or a table of clips, and the folder their paths start from.

    A row needs a ``file_name`` (or ``audio``) and a ``caption`` (or ``text``, or ``captions``: a list), and may have
    ``start_s, end_s, aspect_list`` (or ``aspects``) and ``split``. In a CSV file that J2A wrote, accepted rows count.
    Raises ``J2AError`` that names the file and the row.
    """
    if (path / TABLE).is_file():
        return path, [
            Entry(
                row.source or path.name, row.audio, row.start_s, row.end_s, row.captions, f"{path / TABLE}: {row.id}",
                row.aspects, row.split, row.licence or licence, row.facts,
            )
            for row in read_table(path)
        ]  # fmt: skip
    lists = _lists(path)
    folder = path if path.is_dir() else path.parent
    source = printable(folder.resolve().name if path.is_dir() or path.stem in _USUAL else path.stem)
    found = (entry for file, split in lists for entry in _rows(file, folder, source, split, licence))
    entries = without_twins(found)
    if not entries:
        raise J2AError(f"{path} has no captions that were accepted.", "Give another list.", title="No captions")
    return folder, entries


def _lists(path: Path) -> list[tuple[Path, Split | None]]:
    if not path.is_dir():
        return [(path, None)]
    found: list[tuple[Path, Split | None]] = [(path / name, None) for name in _METADATA if (path / name).is_file()]
    for folder, split in _SPLITS.items():
        found += [(path / folder / name, split) for name in _METADATA if (path / folder / name).is_file()]
    if not found:
        raise J2AError(
            f"{path} holds neither {TABLE} nor {' nor '.join(_METADATA)}.",
            "Give a table of clips, an AudioFolder, or a CSV or JSONL file.",
            title="No list of clips",
        )
    return found


def _rows(file: Path, folder: Path, source: str, split: Split | None, licence: str) -> Iterator[Entry]:
    for where, record in records_of(file):
        if record.get(DIALECT_COLUMN) == "spreadsheet":
            raise bad_row(where, "it was exported for spreadsheets, which changes texts; export it as dataset")
        if record.get("status", "") not in ("", "accepted"):
            continue
        name = file_of(where, _first(where, record, "file_name", "audio"))
        start_s, end_s = times(where, record, "start_s", "end_s")
        yield Entry(
            source,
            (file.parent / name).relative_to(folder).as_posix(),
            start_s,
            end_s,
            _captions(where, record),
            where,
            texts(where, "aspects", record.get("aspect_list") or record.get("aspects")),
            _split(where, record) or split,
            licence,
        )


def _captions(where: str, record: dict[str, Any]) -> tuple[str, ...]:
    found = _first(where, record, "caption", "text", "captions")
    several = found if isinstance(found, list) else [found]
    return tuple(caption_of(where, text) for text in several or [""])


def _split(where: str, record: dict[str, Any]) -> Split | None:
    named = record.get("split") or None
    if named is None:
        return None
    if not isinstance(named, str) or named not in _SPLITS:
        raise bad_row(where, f"the split is {named!r}, not one of {', '.join(SPLITS)}")
    return _SPLITS[named]


def _first(where: str, record: dict[str, Any], *names: str) -> Any:
    for name in names:
        if record.get(name) is not None:
            return record[name]
    raise bad_row(where, f"there is no {' or '.join(names)}")
