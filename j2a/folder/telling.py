"""How far ``j2a caption`` is, and what came of it: for people, and as JSON lines for programs."""

from __future__ import annotations

import re
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from j2a.console import narrate, print_json_line, say
from j2a.folder.books import Tally
from j2a.printable import printable

_REDRAWN_EVERY_S, _TOLD_EVERY_S = 0.2, 10.0  # on a terminal, and elsewhere
_EVENT_EVERY_S = 1.0
_MOST_REASONS = 8  # told one by one in the end


class Ticker:
    """One line that is redrawn on a terminal, a line now and then elsewhere."""

    def __init__(self, files: int) -> None:
        self._files = files
        self._started = time.monotonic()
        self._shown = float("-inf")
        self._told: set[tuple[Path, str]] = set()
        self._redrawn = sys.stderr.isatty()
        self._line = False  # whether a line stands there to be redrawn

    def show(self, tally: Tally) -> None:
        """Called whenever something has happened, and every second."""
        for path, reason in (*tally.failed.items(), *tally.left_out.items()):
            if (path, reason) not in self._told:
                self._told.add((path, reason))
                self.end()
                narrate(printable(_named(reason, path)))
        now = time.monotonic()
        if now - self._shown < (_REDRAWN_EVERY_S if self._redrawn else _TOLD_EVERY_S):
            return
        self._shown = now
        line = self._words(tally, now - self._started)
        if self._redrawn:
            sys.stderr.write(f"\r{line}\x1b[K")
            sys.stderr.flush()
            self._line = True
        else:
            narrate(line)

    def note(self, line: str) -> None:
        """Something else that a person should know."""
        self.end()
        narrate(printable(line))

    def _words(self, tally: Tally, seconds: float) -> str:
        if not tally.captions:
            doing = f"{tally.measured} clips measured" if tally.measured else "loading the models"
            return f"file {min(tally.files + 1, self._files)} of {self._files}, {doing}, {duration(seconds)}"
        line = (
            f"file {min(tally.files + 1, self._files)} of {self._files}, {captions(tally.captions)}, "
            f"{tally.captions / seconds if seconds else 0:.1f} clips a second"
        )
        if tally.files:
            line += f", {duration(seconds / tally.files * (self._files - tally.files))} left"
        return line

    def end(self) -> None:
        """Leave the line behind, so that something else can be said."""
        if self._line:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._line = False

    def sum_up(self, tally: Tally, out: Path, seconds: float) -> None:
        """What was written, and what failed for which reason."""
        before = f", {tally.found} were there before" if tally.found else ""
        say(
            f"{captions(tally.captions)} written to {printable(str(out))} in {duration(seconds)} "
            f"({tally.captions / seconds:.1f} clips a second){before}."
        )
        if tally.alike:
            files = "1 file sounds like another" if tally.alike == 1 else f"{tally.alike} files sound like others"
            say(f"{files}: {captions(tally.copied)} taken from there.")
        if not tally.failed:
            return
        reasons = failures(tally).most_common()
        say(f"{len(tally.failed)} of the files failed{':' if len(reasons) > 1 else '.'}")
        if len(reasons) > 1:
            for reason, count in reasons[:_MOST_REASONS]:
                say(printable(f"{count:>7,}  {reason}"))
            if more := sum(count for _, count in reasons[_MOST_REASONS:]):
                say(f"{more:>7,}  for other reasons")


class Events:
    """A JSON object a line on stdout: "progress" every second, "failed" for each such file, "done" in the end."""

    def __init__(self, files: int) -> None:
        self._files = files
        self._started = time.monotonic()
        self._shown = float("-inf")
        self._told: set[Path] = set()

    def show(self, tally: Tally) -> None:
        """Called whenever something has happened, and every second."""
        for path, reason in {**tally.failed, **tally.left_out}.items():
            if path not in self._told:
                self._told.add(path)
                print_json_line({"event": "failed", "file": str(path), "reason": reason})
                narrate(printable(_named(reason, path)))
        now = time.monotonic()
        if now - self._shown >= _EVENT_EVERY_S:
            self._shown = now
            print_json_line({"event": "progress", "files": tally.files, "of": self._files, **_counts(tally),
                             "seconds": round(now - self._started, 3)})

    def note(self, line: str) -> None:
        """Something else that a person should know: on stderr."""
        narrate(printable(line))

    def end(self) -> None:
        """Nothing is left open."""

    def sum_up(self, tally: Tally, out: Path, seconds: float) -> None:
        """The last line."""
        print_json_line({
            "event": "done", "out": str(out), **_counts(tally),
            "failed": {str(path): reason for path, reason in tally.failed.items()},
            "reasons": dict(failures(tally)), "seconds": round(seconds, 3),
            "clips_per_s": round(tally.captions / seconds, 3),
        })  # fmt: skip


def _counts(tally: Tally) -> dict[str, Any]:
    return {"measured": tally.measured, "captions": tally.captions, "captions_before": tally.found,
            "captions_copied": tally.copied, "files_alike": tally.alike}


def failures(tally: Tally) -> Counter[str]:
    """How many files failed for each reason, said without their names."""
    return Counter(_nameless(reason, path) for path, reason in tally.failed.items())


def _named(reason: str, path: Path) -> str:
    """A reason that says whose it is; one that is about the machine does not by itself."""
    return reason if path.name in reason else f"{path.name}: {reason}"


def _nameless(reason: str, path: Path) -> str:
    reason = reason.replace(f"{path}: ", "").replace(str(path), path.name)
    begins = re.compile(rf"(^|[.:] ){re.escape(path.name)}")  # a sentence
    return begins.sub(r"\1The file", reason).replace(path.name, "the file")


def captions(count: int) -> str:
    """ "1 caption", "12 captions"."""
    return "1 caption" if count == 1 else f"{count} captions"


def duration(seconds: float) -> str:
    """ "40 s", "3 min 12 s", "2 h 5 min"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
