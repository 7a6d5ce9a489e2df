"""``j2a-train prepare``: one table of clips with their audio, from downloads, sessions and lists of captions."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from j2a.audio import probe
from j2a.errors import AudioError, J2AError, UsageError
from training.datasets.entry import Entry, bad_row
from training.datasets.own import read_captions, read_session
from training.datasets.published import PUBLISHED, audio_path, chosen
from training.datasets.table import TABLE, Row, Split, read_table, write_table
from training.ground.log import progress
from training.prepare.card import CARD, begin_card, random_split, read_card, split_of, write_card
from training.prepare.settings import PrepareSettings
from training.prepare.split import leaks, official_splits, random_splits, recording_of, without_leaks

_SHOWN_LEAKS = 20
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,8}")


@dataclass(frozen=True, slots=True)
class Found:
    """A clip and where its audio should be."""

    entry: Entry
    audio: Path
    is_section: bool  # whether the file holds the clip alone; else it is cut from the file


@dataclass(frozen=True, slots=True)
class Prepared:
    """What came of it."""

    rows: list[Row]
    left_out: dict[str, str]  # id of a clip -> why
    dropped: list[str]  # ids that were also in a split that judges


def prepare(
    out: Path, settings: PrepareSettings, sessions: Sequence[Path] = (), captions: Sequence[Path] = ()
) -> Prepared:
    """Write ``out/clips.jsonl``, the audio beside it, and a card that says what it is made of and may be used for.

    Clips without readable audio are left out and listed. Nothing is written over that ``prepare`` did not make.
    Raises ``J2AError``: bad lists, nothing to prepare, clips that are in two splits, a full disk.
    """
    if (out / TABLE).exists() and not (out / CARD).exists():
        raise UsageError(f"{out} has a table of clips that prepare did not make.", "Give another folder.")
    found = list(_find(settings, sessions, captions))
    rows: list[Row] = []
    given: list[Split | None] = []
    left_out: dict[str, str] = {}
    seen: dict[str, str] = {}
    for item in progress(found, len(found), "clips"):
        row_id = _id_of(item)
        if row_id in seen:
            raise bad_row(item.entry.where, f"the clip {row_id!r} is already in {seen[row_id]}")
        seen[row_id] = item.entry.where
        try:
            row = _row(item, row_id, out, settings.copy)
        except AudioError as error:
            left_out[row_id] = error.message
            continue
        rows.append(row)
        given.append(item.entry.split)
    if not rows:
        raise J2AError(
            f"none of {len(found)} clips has audio that can be read ({next(iter(left_out.values()), 'no clips')}).",
            "Run j2a-train download first; with --local it takes audio that you have.",
            title="Nothing to prepare",
        )
    placed = (
        random_splits(rows, settings.seed)
        if settings.split == "random"
        else official_splits(rows, given, settings.valid_share, settings.test_share)
    )
    kept = without_leaks(placed) if settings.drop_leaks else placed
    refuse_leaks(kept)
    prepared = Prepared(kept, left_out, sorted({row.id for row in placed} - {row.id for row in kept}))
    _write(out, kept, split_of(settings), left_out, prepared.dropped)
    return prepared


def split_again(folder: Path, seed: int | None) -> list[Row]:
    """The rows of a table, with ``seed`` split anew and written; refused when a recording is in two splits."""
    rows = read_table(folder)
    if seed is not None:
        rows = random_splits(rows, seed)
    refuse_leaks(rows)
    if seed is not None:
        if (folder / CARD).exists():
            left_out, dropped = read_card(folder)
            _write(folder, rows, random_split(seed), left_out, dropped)
        else:
            write_table(folder, rows)
    return rows


def _write(
    out: Path, rows: Sequence[Row], split: Mapping[str, Any], left_out: Mapping[str, str], dropped: Sequence[str]
) -> None:
    """The table and its card. Whenever that is cut, the card is of this very table, or says that it is unfinished."""
    begin_card(out)
    write_table(out, rows)
    write_card(out, split, rows, left_out, dropped)


def refuse_leaks(rows: Sequence[Row]) -> None:
    """Raise ``J2AError`` with the list when clips that belong together are in different splits."""
    if found := leaks(rows):
        lines = []
        for group in found[:_SHOWN_LEAKS]:
            same = "recording" if len({recording_of(row) for row in group}) == 1 else "audio"
            lines.append(f"{', '.join(f'{row.id} ({row.split})' for row in group)}: the same {same}")
        more = f"\n... and {len(found) - _SHOWN_LEAKS} more" if len(found) > _SHOWN_LEAKS else ""
        raise J2AError(
            f"{len(found)} recordings are in more than one split:\n" + "\n".join(lines) + more + "\n",
            "prepare --drop-leaks takes them out of train and validation, so that the test stays what it is.",
            title="The splits leak",
        )


def _find(settings: PrepareSettings, sessions: Sequence[Path], captions: Sequence[Path]) -> Iterator[Found]:
    if not (settings.downloads or sessions or captions):
        raise UsageError("there is nothing to prepare from.", "Give --downloads, --session or --captions.")
    if settings.downloads:
        for name in _public(settings.downloads.expanduser(), settings.datasets):
            folder = settings.downloads.expanduser() / name
            for entry in PUBLISHED[name].read(folder):
                yield Found(entry, audio_path(folder, entry.recording), True)
    own = [read_session(folder, settings.licence) for folder in sessions]
    own += [read_captions(path, settings.licence) for path in captions]
    for root, entries in own:
        for entry in entries:
            yield Found(entry, root / entry.recording, False)


def _public(downloads: Path, wanted: str | None) -> list[str]:
    if wanted is None:
        names = [name for name in PUBLISHED if (downloads / name).is_dir()]
        if not names:
            raise UsageError(f"{downloads} holds no data set.", "Run j2a-train download first.")
        return names
    return [data_set.name for data_set in chosen(wanted)]


def _id_of(found: Found) -> str:
    """UTF-8, which not every file name is. ``prepare_split.recording_of`` reads it."""
    entry = found.entry
    if found.is_section:
        return f"{entry.source}-{entry.recording}"
    name = os.fsencode(entry.recording).decode(errors="backslashreplace")
    return f"{entry.source}-{name}@{entry.start_s:g}-{'' if entry.end_s is None else f'{entry.end_s:g}'}"


def _row(found: Found, row_id: str, out: Path, copy: bool) -> Row:
    entry = found.entry
    if found.is_section and not found.audio.exists():
        raise AudioError("it was not downloaded")
    duration_s = probe(found.audio).duration_s
    if not found.is_section and entry.start_s >= duration_s:
        raise AudioError(f"{entry.where}: the clip starts at {entry.start_s:g} s, the file ends at {duration_s:.2f} s")
    kind = re.sub(r"[^\w-]", "_", entry.source)  # it may be the name of any file
    digest, name = _place(found.audio, out / "audio" / kind, copy)
    return Row(
        id=row_id,
        audio=f"audio/{kind}/{name}",
        split=entry.split or "train",
        captions=entry.captions,
        aspects=entry.aspects,
        start_s=0.0 if found.is_section else entry.start_s,
        end_s=None if found.is_section else entry.end_s,
        source=entry.source,
        licence=entry.licence,
        audio_hash=digest,
        facts=entry.facts,
    )


def _place(audio: Path, folder: Path, copy: bool) -> tuple[str, str]:
    """Put a file into the table's folder, named by its content; gives the SHA-256 and the name."""
    try:
        with audio.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        target = folder / (digest[:32] + (audio.suffix.lower() if _SUFFIX.fullmatch(audio.suffix) else ""))
        if not target.exists():
            folder.mkdir(parents=True, exist_ok=True)
            part = target.with_name(f".{target.name}.{os.getpid()}.part")
            _link_or_copy(audio.resolve(), part, copy)
            part.replace(target)
    except OSError as error:
        raise J2AError(
            f"{audio} cannot be brought to {folder}: {error.strerror or error}.",
            "Make room there, or choose another folder; run it again to go on.",
            title="Cannot prepare",
        ) from error
    return digest, target.name


def _link_or_copy(source: Path, target: Path, copy: bool) -> None:
    target.unlink(missing_ok=True)
    if not copy:
        try:
            target.hardlink_to(source)
        except OSError:  # another disk, or one that has no hard links
            pass
        else:
            return
    try:
        shutil.copyfile(source, target)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
