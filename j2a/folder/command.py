"""``j2a caption``: a caption for every window of every file of a folder."""

from __future__ import annotations

import functools
import random
import time
from pathlib import Path
from typing import Annotated

import typer

from j2a import templates
from j2a.console import errors_shown, narrate, tell_if_nothing_is_kept, tell_the_end
from j2a.errors import ExitCode, UsageError
from j2a.folder.books import Books
from j2a.folder.corrections import said_of
from j2a.folder.plan import Cut, limited, plan
from j2a.folder.run import FolderRun, Settings
from j2a.folder.same_sound import SameSound
from j2a.folder.sheet import Sheet
from j2a.folder.telling import Events, Ticker, captions
from j2a.folder.workers import default_workers
from j2a.library import Track, scan
from j2a.options import Asked, DialectOption, asks_for_captions, dialect_of
from j2a.paths import real_file, real_folder
from j2a.printable import printable

_SHORTEST_WINDOW_S = 1.0


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
        int | None, typer.Option(min=1, max=256, help="Files measured at a time; default: one a processor.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most so many new captions; --resume goes on with the next.")
    ] = None,
    shuffle: Annotated[
        int | None, typer.Option(min=0, metavar="SEED", help="Take the files in a random order, the same for a seed.")
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
        if 0 < window < _SHORTEST_WINDOW_S:
            raise UsageError("a window is at least one second long.", "Give --window 10, or 0 for whole files.")
        written_as = dialect_of(dialect)
        root, tracks = _tracks(folder.expanduser())
        if shuffle is not None:
            random.Random(shuffle).shuffle(tracks)
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
            workers=workers or default_workers(),
        )
        started = time.monotonic()
        both_texts = how.correct_figures
        with Sheet(out.expanduser(), root, resume=resume, dialect=written_as, written=both_texts) as sheet:
            tell_if_nothing_is_kept()
            told = Events(len(tracks)) if as_json else Ticker(len(tracks))
            try:
                books = Books(sheet, told.show)
                said = functools.cache(said_of)
                same_sound = SameSound(lambda path: (said(path), templates.of_file(how.prompt, path)))
                planned = plan(tracks, Cut(window, per_file), _tell, books.given_up, same_sound)
                if limit is not None:
                    planned = limited(planned, limit, sheet.has)
                tally = FolderRun(planned, books, settings, said).run()
            except KeyboardInterrupt:
                told.end()
                narrate(f"Interrupted. {captions(sheet.rows)} kept in {printable(str(out))}; go on with --resume.")
                raise typer.Exit(ExitCode.INTERRUPTED) from None
            finally:
                told.end()
            seconds = time.monotonic() - started
            told.sum_up(tally, sheet.path, seconds)
            tell_the_end(seconds, f"{captions(tally.captions)} written to {out.name}.")
        if tally.failed:
            raise typer.Exit(ExitCode.SOME_FILES_FAILED)


def _tracks(folder: Path) -> tuple[Path, list[Track]]:
    """The folder that names are relative to, and its files."""
    if folder.is_file():
        file, about = real_file(folder), folder.stat()
        return file.parent, [Track(file, printable(file.name), about.st_size, about.st_mtime)]
    folder = real_folder(folder)
    tracks = scan(folder)
    if not tracks:
        raise UsageError(f"{printable(str(folder))} holds no audio files.", "Name a folder with music in it.")
    return folder, tracks


def _tell(track: Track, note: str) -> None:
    narrate(f"{track.name}: {note}")
