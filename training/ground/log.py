"""What a training step tells while it runs: JSON lines in its folder, a bar on stderr, TensorBoard on request."""

from __future__ import annotations

import errno
import importlib.util
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from j2a.errors import J2AError, ModelMissingError

T = TypeVar("T")
LOG = "log.jsonl"
TENSORBOARD = "tensorboard"  # folder inside the run's folder


class RunLog:
    """``folder/log.jsonl``: one JSON object a line, each with its ``time`` (seconds since 1970), flushed at once.

    It goes on behind what is there. ``keep_steps`` drops the records behind that ``step`` first: a run that is taken up
    at a checkpoint does those steps again. A line that was cut short by a crash goes too. ``tensorboard`` writes
    numbers of records that have a ``step`` to ``folder/tensorboard`` as well.

    Raises ``J2AError`` when the folder cannot be written, ``ModelMissingError`` when TensorBoard is not installed.
    """

    def __init__(self, folder: Path, *, keep_steps: int | None = None, tensorboard: bool = False) -> None:
        self.path = folder / LOG
        self._board = _board(folder / TENSORBOARD, keep_steps) if tensorboard else None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _mend(self.path, keep_steps)
            self._file = self.path.open("ab", buffering=0)  # so that a full disk is told where it happens
        except OSError as error:
            raise _cannot_write(self.path, error) from error

    def write(self, **values: Any) -> None:
        """Append one record. Raises ``J2AError`` when the disk is full."""
        record = {"time": round(time.time(), 3), **values}
        line = json.dumps(record, ensure_ascii=False).encode() + b"\n"
        try:
            if self._file.write(line) < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            raise _cannot_write(self.path, error) from error
        if self._board is not None and "step" in values:
            for name, value in values.items():
                if isinstance(value, int | float) and name != "step":
                    self._board.add_scalar(name, value, values["step"])

    def close(self) -> None:
        """Close the files; nothing can be written afterwards."""
        self._file.close()
        if self._board is not None:
            self._board.close()

    def __enter__(self) -> RunLog:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def read_log(folder: Path) -> list[dict[str, Any]]:
    """The whole records of a folder's log, in order; none where there is no log."""
    path = folder / LOG
    return list(_records(path.read_text(encoding="utf-8", errors="replace"))) if path.exists() else []


def progress(iterable: Iterable[T], total: int | None, label: str, done: int = 0) -> Iterator[T]:
    """The same items, with a bar on stderr where that is a terminal. ``done`` of ``total`` were there before."""
    from tqdm import tqdm

    yield from tqdm(iterable, total=total, initial=done, desc=label, file=sys.stderr, disable=None, dynamic_ncols=True)


def _mend(path: Path, keep_steps: int | None) -> None:
    """Leave whole records only, and of those with a step the ones up to ``keep_steps``."""
    if not path.exists():
        return
    text = path.read_text(encoding="utf-8", errors="replace")
    kept = [record for record in _records(text) if keep_steps is None or _step(record) <= keep_steps]
    wanted = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in kept)
    if wanted != text:
        part = path.with_name(path.name + ".part")
        part.write_bytes(wanted.encode(errors="replace"))  # JSON may hold half a character
        part.replace(path)


def _records(text: str) -> Iterator[dict[str, Any]]:
    for line in text.split("\n"):  # not splitlines: a text may hold other line ends
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            continue  # cut short by a crash
        if isinstance(record, dict):
            yield record


def _step(record: dict[str, Any]) -> float:
    step = record.get("step", 0)
    return step if isinstance(step, int | float) else 0


def require_tensorboard() -> None:
    """Raise ``ModelMissingError`` where TensorBoard is not installed."""
    if importlib.util.find_spec("tensorboard") is None:
        raise ModelMissingError("TensorBoard is not installed.", "Run: pip install tensorboard", title="Cannot log")


def _board(folder: Path, keep_steps: int | None) -> Any:
    require_tensorboard()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(folder), purge_step=None if keep_steps is None else keep_steps + 1)


def _cannot_write(path: Path, error: OSError) -> J2AError:
    return J2AError(
        f"{path} cannot be written: {error.strerror or error}.",
        "Make room there, or choose another folder; what was written is kept.",
        title="Cannot log",
    )
