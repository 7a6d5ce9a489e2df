"""Rows of the session as entries of a format."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path, PurePosixPath

from j2a.errors import ExportError
from j2a.exporting.figures import asked_as, is_other_dialect, with_figures, without_figures
from j2a.features.record import BY_TAGS, Features
from j2a.formats import Entry
from j2a.paths import real_folder
from j2a.store import Row

VOICE = "voice"


def entries_of(rows: Iterable[Row], folder: Path) -> list[Entry]:
    """The rows that have a text. Corrections stand in the place of what was measured.

    Raises ``ExportError`` for a file outside ``folder``.
    """
    root = real_folder(folder)
    return [_entry(row, _relative(row.clip.path, root)) for row in rows if row.text.strip()]


def in_dialect(row: Row, entry: Entry, *, figures: bool) -> Entry:
    """The entry with its text in the dialect that has figures, or none: a variant where the model wrote one, the text
    as it stands with figures put in or taken out otherwise."""
    if row.caption is not None and not row.edited:
        for one in row.every_variant:
            if one.caption is not None and asked_as(one.caption) == asked_as(row.caption) and is_other_dialect(
                one.caption.prompt_id, row.caption.prompt_id, figures=figures
            ):
                entry = replace(entry, caption=one.text)
    return replace(entry, caption=with_figures(entry) if figures else without_figures(entry.caption))


def _entry(row: Row, file: str) -> Entry:
    features = row.features
    return Entry(
        file, row.clip.start_s, row.clip.end_s, row.text.strip(), bpm=features.bpm, bpm_sure=features.bpm_sure,
        key=features.key or "", meter=features.meter or "", genre=genre_of(features), tags=tags_of(features),
        instrumental=True if VOICE in features.absent else None, beats=tuple(features.beats),
        downbeats=tuple(features.downbeats), chords=tuple(features.chords), status=row.status.value,
        generated=row.generated_text, edited=row.edited, annotator=row.annotator, updated_at=row.updated_at,
        provenance=row.caption.to_json() if row.caption else {}, corrections=row.corrections.to_json(),
    )  # fmt: skip


def tags_of(features: Features) -> tuple[str, ...]:
    """What was heard for sure."""
    return tuple(tag.label for tag in features.tags or ())


def genre_of(features: Features) -> str:
    """The genre; one by tags only where it is sure enough to be one of them."""
    genre = features.genre
    sure = genre and (genre.source != BY_TAGS or genre.label in tags_of(features))
    return genre.label if genre and sure else ""


def _relative(path: Path, root: Path) -> str:
    try:
        return str(PurePosixPath(os.fspath(path.relative_to(root))))
    except ValueError as error:
        raise ExportError(f"{path} is not inside {root}.", "Export the folder that holds them all.") from error
