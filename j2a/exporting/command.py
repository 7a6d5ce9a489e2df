"""``j2a export``: its options, and what it says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from j2a.console import errors_shown, narrate, say
from j2a.errors import ExitCode, ExportError, StoreError, UsageError
from j2a.options import DialectOption, dialect_of
from j2a.printable import printable

if TYPE_CHECKING:
    from j2a.exporting.cutting import Kind
    from j2a.exporting.saving import Plan, Wish
    from j2a.store import Row

_SHOWN = 20  # names of files that --dry-run lists of each kind

FormatOption = Annotated[
    str,
    typer.Option(
        help="csv, preferences (which of two captions was picked), jsonl, audiofolder, musiccaps, ace-step, "
        "ace-step-sidecars, ace-step-csv, side-step, stable-audio, ai-toolkit, audiocraft, kohya, txt, jams, audacity, "
        "sonic-visualiser, rekordbox."
    ),
]


def export(
    folder: Annotated[Path, typer.Argument(help="A music folder.")],
    out: Annotated[
        Path | None,
        typer.Option(
            help="The file to write; for formats of many files the folder. Default for csv: captions.csv in the music."
        ),
    ] = None,
    format: FormatOption = "csv",
    only: Annotated[
        str, typer.Option(help="accepted; captioned: drafts too; all: also what was skipped without a caption.")
    ] = "all",
    dialect: DialectOption = "dataset",
    figures: Annotated[
        bool | None,
        typer.Option(
            "--figures/--no-figures", show_default="as its readers want it",
            help="Put BPM, key and meter into the texts, or take them out.",
        ),
    ] = None,
    window_audio: Annotated[
        str, typer.Option(help="flac or wav: cut every window to a file of its own, sample by sample, into --out.")
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be new or changed, and write nothing.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace files that hold something else; they are kept as FILE.bak.")
    ] = False,
) -> None:
    """Write the captions of a folder as others read them. Rows that are damaged are named and left out: the exit code
    is then 4.

    So it is where J2A's own file of captions was damaged and some in it are lost; what can be read is written.

    Of a folder that was moved or deleted the captions are still there: name it as it was, and a file by --out.
    """
    from j2a import affixes
    from j2a.exporting import FORMATS, ONLY, chosen
    from j2a.store import Store

    with errors_shown():
        wanted = next((name for name in ONLY if name == only), None)
        if wanted is None:
            raise UsageError(f"--only cannot be {only!r}.", f"It is one of: {', '.join(ONLY)}.")
        if format == "tags":
            raise UsageError("tags are written into the files by a command of their own.", f"j2a tag {folder}")
        if format not in FORMATS:
            raise UsageError(f"There is no format {format!r}.", f"Formats: {', '.join(FORMATS)}.")
        written_as = dialect_of(dialect)
        written = FORMATS[format]
        folder = folder.expanduser()
        damaged: list[StoreError] = []
        if folder.exists() and not folder.is_dir():
            raise _no_folder(folder)
        if written.form is None and (figures is not None or window_audio):
            what = "--figures and --window-audio are not for csv and preferences."
            raise UsageError(what, "Leave them out, or choose another --format.")
        if written.form is not None and out is None:
            raise UsageError(f"where {format} goes has to be said.", f"Give --out; {folder} for beside the audio.")
        with Store(to_read=True, on_mended=damaged.append) as store:
            store.check()
            rows = chosen(store.rows(folder, damaged.append), wanted)
        if not folder.is_dir() and not (out and rows):
            raise _no_folder(folder, len(rows))
        for error in damaged:
            narrate(printable(str(error)))
        failed = any(error.exit_code != ExitCode.OK for error in damaged)
        if why := affixes.why_unread():
            narrate(printable(why))
        target = out.expanduser() if out else folder / written.file_name
        if written.form is not None:
            from j2a.exporting.saving import Wish

            wish = Wish(written.form, folder, target, figures, _kind_of(window_audio), force)
            failed |= not _saved(rows, wish, dry_run=dry_run)
        else:
            if dry_run:
                assert written.made is not None
                say(f"{_state(target, written.made(rows, folder, written_as)):<8} {printable(target.name)}")
            elif kept := written.save(rows, folder, target, written_as, force):
                narrate(f"What was there is kept as {printable(str(kept))}.")
            count, done = written.count(rows), "would be written" if dry_run else "written"
            say(f"{count} {written.unit}{'' if count == 1 else 's'} {done} to {printable(str(target))}")
            if format == "csv" and (bare := sum(not row.text.strip() for row in rows)):
                narrate(f"Among them {bare} without a caption; --only captioned leaves those out.")
        if failed:
            raise typer.Exit(ExitCode.SOME_FILES_FAILED)


def _state(target: Path, data: bytes) -> str:
    try:
        return "new" if not target.exists() else "same" if target.read_bytes() == data else "changed"
    except OSError as error:
        raise ExportError(f"{target} cannot be read: {error.strerror or error}.", "Choose another --out.") from error


def _kind_of(name: str) -> Kind | None:
    from j2a.exporting.cutting import KINDS

    if not name:
        return None
    for kind in KINDS:
        if kind == name:
            return kind
    raise UsageError(f"--window-audio cannot be {name!r}.", f"It is one of: {', '.join(KINDS)}.")


def _saved(rows: Sequence[Row], wish: Wish, *, dry_run: bool) -> bool:
    """Carry an export out, or say what it would do; whether nothing had to be left out."""
    from j2a.exporting.saving import carried_out, planned

    plan = planned(rows, wish)
    for note in plan.notes:
        narrate(printable(note))
    if dry_run:
        _tell_files(plan)
    else:
        kept = carried_out(plan, wish)
        if kept:
            others = f" and {len(kept) - 1} more" if len(kept) > 1 else ""
            narrate(f"What was there is kept as {printable(str(kept[0]))}{others}.")
    for line in plan.left_out:
        narrate(f"Left out: {printable(line)}")
    what = "would be written" if dry_run else "written"
    captions = "1 caption" if plan.captions == 1 else f"{plan.captions} captions"
    counts = ", ".join(f"{plan.count(state)} {state}" for state in ("new", "changed", "same"))
    say(f"{captions} {what} to {printable(str(wish.out))} (files: {counts})")
    return not plan.left_out


def _tell_files(plan: Plan) -> None:
    for state in ("new", "changed"):
        names = [str(path) for path, one in plan.states.items() if one == state]
        for name in names[:_SHOWN]:
            say(f"{state:<8} {printable(name)}")
        if len(names) > _SHOWN:
            say(f"{state:<8} and {len(names) - _SHOWN} more")


def _no_folder(folder: Path, kept: int = 0) -> UsageError:
    if not kept:
        return UsageError(f"{folder} is not a folder.", "Give the folder whose files were captioned.")
    return UsageError(
        f"{folder} is not a folder any more; of {kept} of its clips the captions are kept.",
        "Write them to another place: --out FILE.",
    )
