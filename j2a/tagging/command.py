"""``j2a tag``: BPM, key, genre and captions into the files' own tags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from j2a import networks
from j2a.clip import Clip
from j2a.console import errors_shown, narrate, say
from j2a.errors import AudioError, ExitCode, J2AError, UsageError
from j2a.features.record import DAMAGED, Features
from j2a.folder.corrections import said_of
from j2a.library import Track, scan, told_unread
from j2a.paths import real_folder
from j2a.printable import printable
from j2a.store import Row, Store
from j2a.tagging import undo
from j2a.tagging.fields import FIELDS, Field, TagError, Tagged
from j2a.tagging.measuring import measured
from j2a.tagging.wanted import SPELLINGS, Spelling, Wanted, to_write, wanted

_USUAL = "bpm,key"


def tag(
    folder: Annotated[Path, typer.Argument(help="A music folder.")],
    fields: Annotated[str, typer.Option(help=f"Which, with commas between: {', '.join(FIELDS)}.")] = _USUAL,
    key_as: Annotated[str, typer.Option(help="classic (Am), camelot (8A) or open (1m).")] = "classic",
    write_them: Annotated[bool, typer.Option("--write", help="Write; without it only show what would be.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Also where a file has another value.")] = False,
    undo_last: Annotated[bool, typer.Option("--undo", help="Take back what the last run wrote here.")] = False,
) -> None:
    """Write what was measured into the files' own tags: BPM and key, and if wanted genre and accepted captions.

    It shows what it would write; --write does it. Only missing fields are written, unless --force. Each file is written
    as a copy, which takes its place when its sound and its other tags are the same to the bit. --undo takes the last
    run back. Values that are not sure ("80 or 160 BPM") are left out; what was corrected in the app comes first.
    """
    with errors_shown():
        root = real_folder(folder.expanduser())
        if undo_last:
            failed = _undo(root)
        else:
            chosen, spelling = _fields(fields), _spelling(key_as)
            failed = _tag_all(root, chosen, spelling, write_them=write_them, force=force)
        if failed:
            raise typer.Exit(ExitCode.SOME_FILES_FAILED)


def _fields(text: str) -> list[Field]:
    asked = [one.strip() for one in text.split(",")]
    found = [field for field in FIELDS if field in asked]
    if unknown := [one for one in asked if one not in FIELDS]:
        raise UsageError(f"--fields cannot have {unknown[0]!r}.", f"There are: {', '.join(FIELDS)}.")
    return found


def _spelling(text: str) -> Spelling:
    for spelling in SPELLINGS:
        if spelling == text:
            return spelling
    raise UsageError(f"--key-as cannot be {text!r}.", f"It is one of: {', '.join(SPELLINGS)}.")


def _tag_all(root: Path, fields: Sequence[Field], spelling: Spelling, *, write_them: bool, force: bool) -> int:
    """How many files failed, and folders that cannot be read."""
    from j2a.tagging.writing import remove_leftovers, write  # it brings decoders along

    unread: dict[str, str] = {}
    tracks = scan(root, unread=unread)
    if not tracks:
        why = told_unread(unread) or "Name a folder with music in it."
        raise UsageError(f"{root} holds no audio files.", why)
    if unread:
        narrate(told_unread(unread))
    if write_them:
        remove_leftovers({track.path.parent for track in tracks})
    if missing := networks.missing():
        narrate(missing)
    counts: Counter[str] = Counter()
    record = undo.Record()
    try:
        for track, features, rows in _known(tracks, root, needs_features=set(fields) != {"comment"}):
            if features is None:
                counts["failed"] += 1
                continue
            try:
                tags = Tagged(track.path)
                found = wanted(tags, features, rows, fields, spelling, force=force)
                values = to_write(found)
                if values and write_them:
                    there = {one.field: one.there for one in found if one.field in values}
                    record.add(undo.Change(track.path, there, values))
                    write(track.path, values)
            except (TagError, AudioError, OSError) as error:
                narrate(printable(str(error)))
                counts["failed"] += 1
                continue
            counts["values"] += len(values)
            counts["files"] += bool(values)
            say(printable(f"{track.name}: {'; '.join(map(_told, found)) or 'nothing to write'}"))
    finally:
        record.close()
    done = "written into" if write_them else "would be written into"
    what = f"{counts['values']} values {done} {counts['files']} files"
    say(f"{what}.{'' if write_them or not counts['values'] else ' Nothing is changed yet: --write does it.'}")
    return counts["failed"] + len(unread)


def _known(
    tracks: Sequence[Track], root: Path, *, needs_features: bool
) -> Iterator[tuple[Track, Features | None, list[Row]]]:
    """Each file with what was measured in it and as corrected, and its captions; ``None`` for one that failed."""
    with Store(to_read=True) as store:
        rows: dict[Path, list[Row]] = {}
        for row in store.rows(root, lambda error: narrate(printable(str(error)))):
            rows.setdefault(row.clip.path, []).append(row)
    if not needs_features:
        for track in tracks:
            yield track, Features(), rows.get(track.path, [])
        return
    for track, features in measured(tracks):
        if isinstance(features, J2AError):
            narrate(printable(str(features)))
            yield track, None, []
        elif DAMAGED in features.unknown.values():
            narrate(printable(f"{track.name}: {DAMAGED}"))
            yield track, None, []
        else:
            clip = Clip(track.path)
            yield track, said_of(track.path).applied(features, clip), rows.get(track.path, [])


def _told(one: Wanted) -> str:
    if not one.value:
        return f"{one.field}: {one.why_not}"
    value = one.value if len(one.value) < 60 else one.value[:57] + "..."
    there = f" (there: {', '.join(one.there)}{', kept' if one.why_not == 'kept' else ''})" if one.there else ""
    return f"{one.field} {value}{there}"


def _undo(root: Path) -> int:
    """How many files could not be put back. Those that somebody has changed since are left so; others can be tried once
    more."""
    from j2a.tagging.writing import remove_leftovers, write

    record, changes = undo.last_run(root)
    remove_leftovers({change.path.parent for change in changes})
    settled: set[Path] = set()
    failed = 0
    for change in changes:
        try:
            state = undo.state_of(change)
            if state == "written":
                write(change.path, {field: change.before.get(field, []) for field in change.after})
        except (TagError, AudioError, OSError) as error:
            narrate(printable(str(error)))
            failed += 1
            if change.path.parent.is_dir() and not change.path.exists():
                settled.add(change.path)  # deleted, not on a disk that is away
            continue
        settled.add(change.path)
        if state == "other":
            narrate(printable(str(TagError(f"{change.path} was tagged otherwise since.", "It is left alone."))))
            failed += 1
    undo.set_aside(record, settled)
    done = len(changes) - failed
    say(f"The tags of {'1 file are' if done == 1 else f'{done} files are'} as they were.")
    return failed
