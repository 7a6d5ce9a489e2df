"""``j2a caption``: a caption for every window of every file of a folder."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from j2a import networks
from j2a.console import errors_shown, narrate, tell_if_nothing_is_kept, tell_the_end
from j2a.errors import ExitCode, J2AError
from j2a.folder.captioning import Wish, captioned, cut_into, files_of
from j2a.folder.run import Settings
from j2a.folder.sheet import Sheet
from j2a.folder.telling import Events, Ticker, captions
from j2a.library import told_unread
from j2a.options import Asked, DialectOption, asks_for_captions, dialect_of
from j2a.printable import printable


@asks_for_captions
def caption(
    folder: Annotated[Path, typer.Argument(help="A music folder, or one file.")],
    out: Annotated[Path, typer.Option(help="The CSV to write.")],
    how: Asked,
    window: Annotated[float, typer.Option(min=0.0, help="Seconds a clip; 0 makes one clip of each file.")] = 10.0,
    per_file: Annotated[
        int | None, typer.Option(min=1, help="At most so many clips of each file, spread evenly; default: all.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the CSV that is there.")] = False,
    dialect: DialectOption = "dataset",
    batch: Annotated[int, typer.Option(min=1, max=256, help="Clips described together.")] = 16,
    workers: Annotated[
        int | None, typer.Option(min=1, max=256, help="Clips measured at a time; default: one a processor.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most so many new captions; --resume goes on with the next.")
    ] = None,
    shuffle: Annotated[
        int | None, typer.Option(min=0, metavar="SEED", help="Take the files in a random order, the same for a seed.")
    ] = None,
    only_missing: Annotated[
        bool, typer.Option("--only-missing", help="Leave out clips that have a caption in the app already.")
    ] = False,
    ray: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT|auto",
            help="Use the machines of this Ray cluster, or of the one that this machine belongs to (docs/machines.md).",
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Tell what happens as JSON on stdout, a line each; the last sums up.")
    ] = False,
) -> None:
    """Describe a whole folder into a CSV: clip by clip, interruptible, resumable.

    Every caption is on the disk as soon as it is written; after an interruption the same command with --resume goes
    on where it stopped. Files that cannot be read are named, and the exit code is then 4.
    """
    with errors_shown():
        cut = cut_into(window, per_file)
        settings = Settings(
            version=how.version,
            backbone=how.backbone,
            prompt=how.prompt,
            sampling=how.sampling,
            seed=how.seed,
            features_engine=how.features_engine,
            correct_figures=how.correct_figures,
            figures=how.figures,
            batch=batch,
        )
        wish = Wish(cut, settings, workers, limit, shuffle, only_missing, ray)
        written_as = dialect_of(dialect)
        unread: dict[str, str] = {}
        root, tracks = files_of(folder.expanduser(), wish, unread)
        started = time.monotonic()
        both_texts = how.correct_figures
        with Sheet(out.expanduser(), root, resume=resume, dialect=written_as, written=both_texts) as sheet:
            tell_if_nothing_is_kept()
            if missing := networks.missing():
                narrate(missing)
            if unread:
                narrate(told_unread(unread))
            told = Events(len(tracks)) if as_json else Ticker(len(tracks))
            try:
                tally = captioned(root, tracks, sheet, wish, told.show, told.note)
            except KeyboardInterrupt:
                told.end()
                narrate(f"Interrupted. {captions(sheet.rows)} kept in {printable(str(out))}; go on with --resume.")
                raise typer.Exit(ExitCode.INTERRUPTED) from None
            except J2AError:
                told.end()
                if sheet.rows:
                    narrate(f"{captions(sheet.rows)} kept in {printable(str(out))}; go on with --resume.")
                raise
            finally:
                told.end()
            seconds = time.monotonic() - started
            told.sum_up(tally, sheet.path, seconds)
            tell_the_end(seconds, f"{captions(tally.captions)} written to {out.name}.")
        if tally.failed or unread:
            raise typer.Exit(ExitCode.SOME_FILES_FAILED)
