"""The CSV that captions are appended to while they are made. What is in it after a crash is whole rows."""

from __future__ import annotations

import contextlib
import csv
import os
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from j2a.caption import Caption
from j2a.clip import Clip
from j2a.errors import ExportError, UsageError
from j2a.exporting.csv import (
    COLUMNS,
    Dialect,
    columns,
    copied,
    guard,
    header,
    headers,
    in_dialect,
    read_back,
    to_lines,
    window_cells,
)
from j2a.store import Row, Status
from j2a.store.records import now

_SAME = ("version", "backbone", "prompt_id", "seed")


class Sheet:
    """An open CSV of a folder; a context manager. Nobody else can append to it meanwhile."""

    def __init__(
        self, path: Path, folder: Path, *, resume: bool, dialect: Dialect = "dataset", written: bool = False
    ) -> None:
        """Make the file, or with ``resume`` go on with the one that is there. One without a row is begun anew.

        ``written``: with a column for what the model wrote where figures are replaced. Raises ``UsageError`` when there
        is one and nobody asked to go on, or when it is not one of ours or has another dialect or other columns, and
        ``ExportError`` when it cannot be written.
        """
        self.path = path
        self._folder = folder
        self._dialect: Dialect = dialect
        self._written = written
        self._settings: tuple[str, ...] | None = None
        self._done: dict[tuple[str, ...], int] = {}  # where in the file a window's row begins
        self._alike = False  # whether rows that were there are known to be made as those of this run
        self._ours = False  # once nobody else can write it
        try:
            self._made = not path.exists()
            if not self._made and not path.is_file():
                raise ExportError(f"{path} is not an ordinary file.", "Choose another --out.")
            if not self._made and not resume and not self._is_without_rows():
                raise UsageError(f"{path} is there already.", "Go on with it (--resume), or choose another --out.")
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: BinaryIO = path.open("x+b" if self._made else "r+b")
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            self._lock()
            self._continue(self._file.read())
        except BaseException:
            self._leave_none()
            self.close()
            raise

    @property
    def rows(self) -> int:
        """How many captions it holds."""
        return len(self._done)

    def has(self, clip: Clip) -> bool:
        """Whether a clip's row is there."""
        return self._window(clip) in self._done

    def append(self, clips: Sequence[Clip], captions: Sequence[Caption]) -> None:
        """Write one row a clip, and wait until they are on the disk."""
        for caption in captions:
            self._check(caption)
        at = now()
        rows = [
            Row(clip, caption.text, caption.written or caption.text, Status.DRAFT, caption, "", at, at)
            for clip, caption in zip(clips, captions, strict=True)
        ]
        self._add(clips, [to_lines([row], self._folder, self._dialect, self._written) for row in rows])
        self._alike = True

    def can_copy(self, clip: Clip) -> bool:
        """Whether a clip's row is there, made as this run makes them."""
        return self._alike and self.has(clip)

    def copy(self, clips: Sequence[tuple[Clip, Clip]]) -> None:
        """Write one row a pair: that of its second clip once more, for its first."""
        at = now()
        lines = []
        for new, old in clips:
            line = self._line_at(self._done[self._window(old)])
            lines.append(copied(line, new, self._folder, self._dialect, at))
        self._add([new for new, _ in clips], lines)

    def _add(self, clips: Sequence[Clip], lines: Sequence[bytes]) -> None:
        try:
            begin = self._file.seek(0, os.SEEK_END)
            self._file.write(b"".join(lines))
            self._sync()
        except OSError as error:
            raise self._unwritable(error) from error
        for clip, line in zip(clips, lines, strict=True):
            self._done[self._window(clip)] = begin
            begin += len(line)

    def _line_at(self, begin: int) -> bytes:
        """The record that begins there; a text may have line feeds in it."""
        try:
            self._file.seek(begin)
            line = self._file.readline()
            while line.count(b'"') % 2 and (more := self._file.readline()):
                line += more
        except OSError as error:
            raise self._unwritable(error) from error
        return line

    def close(self) -> None:
        """Let go of the file."""
        with contextlib.suppress(OSError):  # what could not be written was reported when it was
            self._file.close()

    def __enter__(self) -> Sheet:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._leave_none()
        self.close()

    def _leave_none(self) -> None:
        """A file without a row would only be in the way of the next attempt. Called while it is still locked: another
        run that has begun to write it would lose what it writes."""
        if self._made and self._ours and not self._done:
            with contextlib.suppress(OSError):
                self.path.unlink(missing_ok=True)

    def _is_without_rows(self) -> bool:
        """Whether the file is empty, or holds no more than (a part of) a header."""
        with self.path.open("rb") as file:
            start = file.read(max(map(len, headers())) + 1)
        return any(one.startswith(start) for one in headers())

    def _window(self, clip: Clip) -> tuple[str, ...]:
        """The cells that tell the clip's row from others, as they stand in this file."""
        return in_dialect(window_cells(clip, self._folder), self._dialect)

    def _continue(self, content: bytes) -> None:
        """Take in the rows that are there; what an interrupted run left of a last one is cut off."""
        whole = content[: _end_of_last_record(content)]
        begun = any(one.startswith(content) for one in headers())
        if begun:
            whole = b""  # nothing that would be lost, whichever dialect it was to be
        try:
            found = read_back(whole)
        except (UnicodeDecodeError, csv.Error) as error:
            raise self._foreign(str(error)) from error
        if (found is None and not begun) or (found is not None and found.session):
            raise self._foreign("its columns are others")
        dialect = found.dialect if found else self._dialect
        written = found.written if found else self._written
        table = found.rows if found else []
        if dialect != self._dialect:
            raise UsageError(
                f"{self.path} was begun in the dialect {dialect}, and this would go on in {self._dialect}.",
                f"Give --dialect {dialect}, or choose another --out.",
            )
        if written != self._written:
            raise UsageError(
                f"{self.path} was begun {'with' if written else 'without'} --correct-figures.",
                f"{'Give' if written else 'Leave out'} it now, too, or choose another --out.",
            )
        begins = [0, *_ends_of_records(whole)][1:-1]  # without the header's
        for cells, begin in zip_longest(table, begins, fillvalue=None):
            if cells is None or begin is None or len(cells) != len(columns(dialect, written)):
                raise self._foreign("a row has another number of cells")
            self._done[tuple(cells[:3])] = begin
            self._settings = tuple(cells[COLUMNS.index(name)] for name in _SAME)
        try:
            self._file.truncate(len(whole))
            self._file.seek(0, os.SEEK_END)
            if not whole:
                self._file.write(header(dialect, written))
            self._sync()
        except OSError as error:
            raise self._unwritable(error) from error

    def _check(self, caption: Caption) -> None:
        """Rows of one file are made alike."""
        said = (caption.version, caption.backbone, caption.prompt_id)
        new = (*(guard(cell) if self._dialect == "spreadsheet" else cell for cell in said), str(caption.seed))
        for name, was, now_is in zip(_SAME, self._settings or new, new, strict=True):
            if was != now_is:
                raise UsageError(
                    f"{self.path} was begun with {name} {was}, and this would go on with {now_is}.",
                    "Give the same options as then, or choose another --out.",
                )
        self._settings = new

    def _lock(self) -> None:
        taken = UsageError(f"{self.path} is being written by another j2a.", "Wait for it, or stop it.")
        try:
            import fcntl
        except ImportError:  # Windows does not let two programs write one file anyway
            self._ours = True
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise taken from error
        except OSError:  # a file system without locks
            pass
        if not self._is_there():  # whoever had made it has left none between our opening and our locking it
            raise taken
        self._ours = True

    def _is_there(self) -> bool:
        """Whether the open file is still the one of that name."""
        try:
            return os.path.samestat(os.fstat(self._file.fileno()), self.path.stat())
        except OSError:
            return False

    def _sync(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())

    def _foreign(self, why: str) -> UsageError:
        return UsageError(f"{self.path} was not written by `j2a caption`: {why}.", "Choose another --out.")

    def _unwritable(self, error: OSError) -> ExportError:
        return ExportError(
            f"{self.path} cannot be written: {error.strerror or error}.",
            "What was written before is kept. Make room or choose another place, and go on with --resume.",
        )


def _end_of_last_record(content: bytes) -> int:
    """Where the last whole record ends."""
    return max(_ends_of_records(content), default=0)


def _ends_of_records(content: bytes) -> Iterator[int]:
    """Where each whole record ends: behind a line feed that is not inside quotes."""
    position = quotes = 0
    for line in content.split(b"\n")[:-1]:
        quotes += line.count(b'"')
        position += len(line) + 1
        if quotes % 2 == 0:
            yield position
