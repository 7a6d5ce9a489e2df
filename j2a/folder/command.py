"""``j2a caption``: a caption for every window of every file of a folder."""

from __future__ import annotations

import functools
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from j2a.console import errors_shown, narrate, print_json, say, tell_if_nothing_is_kept, tell_the_end
from j2a.errors import ExitCode, UsageError
from j2a.folder.corrections import said_of
from j2a.folder.plan import plan
from j2a.folder.run import FolderRun, Settings, Tally, default_workers
from j2a.folder.sheet import Sheet
from j2a.library import Track, scan
from j2a.options import AsJson, Asked, DialectOption, asks_for_captions, dialect_of
from j2a.paths import real_file, real_folder
from j2a.printable import printable

_SHORTEST_WINDOW_S = 1.0
_REDRAWN_EVERY_S, _TOLD_EVERY_S = 0.2, 10.0  # on a terminal, and elsewhere


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
    as_json: AsJson = False,
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
            ticker = _Ticker(len(tracks), root)
            try:
                given_up: set[Path] = set()
                planned = plan(tracks, window, per_file, _tell, given_up)
                said = functools.cache(said_of)
                tally = FolderRun(planned, sheet, settings, ticker.show, given_up, said).run()
            except KeyboardInterrupt:
                ticker.end()
                narrate(f"Interrupted. {_captions(sheet.rows)} kept in {printable(str(out))}; go on with --resume.")
                raise typer.Exit(ExitCode.INTERRUPTED) from None
            finally:
                ticker.end()
            seconds = time.monotonic() - started
            _summarise(tally, sheet, seconds, as_json)
            tell_the_end(seconds, f"{_captions(tally.captions)} written to {out.name}.")
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


def _summarise(tally: Tally, sheet: Sheet, seconds: float, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "out": str(sheet.path),
                "captions": tally.captions,
                "captions_before": tally.found,
                "failed": {str(path): reason for path, reason in tally.failed.items()},
                "seconds": round(seconds, 3),
                "clips_per_s": round(tally.captions / seconds, 3),
            }
        )
        return
    before = f", {tally.found} were there before" if tally.found else ""
    say(
        f"{_captions(tally.captions)} written to {printable(str(sheet.path))} in {_duration(seconds)} "
        f"({tally.captions / seconds:.1f} clips a second){before}."
    )
    if tally.failed:
        say(f"{len(tally.failed)} of the files failed.")


class _Ticker:
    """How far it is: one line that is redrawn on a terminal, a line now and then elsewhere."""

    def __init__(self, files: int, root: Path) -> None:
        self._files = files
        self._root = root
        self._started = time.monotonic()
        self._shown = float("-inf")
        self._told: set[str] = set()
        self._redrawn = sys.stderr.isatty()
        self._line = False  # whether a line stands there to be redrawn

    def show(self, tally: Tally) -> None:
        """Called whenever something has happened."""
        for reason in (*tally.failed.values(), *tally.left_out.values()):
            if reason not in self._told:
                self._told.add(reason)
                self.end()
                narrate(printable(reason))
        now = time.monotonic()
        if now - self._shown < (_REDRAWN_EVERY_S if self._redrawn else _TOLD_EVERY_S):
            return
        self._shown = now
        seconds = now - self._started
        line = (
            f"file {tally.files + 1} of {self._files}, {_captions(tally.captions)}, "
            f"{tally.captions / seconds if seconds else 0:.1f} clips a second"
        )
        if tally.files and tally.captions:
            line += f", {_duration(seconds / tally.files * (self._files - tally.files))} left"
        if self._redrawn:
            sys.stderr.write(f"\r{line}\x1b[K")
            sys.stderr.flush()
            self._line = True
        else:
            narrate(line)

    def end(self) -> None:
        """Leave the line behind, so that something else can be said."""
        if self._line:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._line = False


def _captions(count: int) -> str:
    return "1 caption" if count == 1 else f"{count} captions"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
