"""What a download folder holds: for each data set its lists, its audio, and what became of each clip."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from j2a.errors import J2AError, UsageError
from training.download.outcome import Reason

STATUS = "status.jsonl"


@dataclass(frozen=True, slots=True)
class Status:
    """What became of one clip, at last."""

    id: str
    reason: Reason | None  # None: it is here
    message: str
    tries: int
    at: str  # ISO 8601, UTC


class StatusFile:
    """``status.jsonl``: a line for each clip that was tried, the last one counts. Each is on the disk when it is told.

    Raises ``J2AError`` when the file cannot be read or written. One writer at a time.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / STATUS
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("a+b", buffering=0)
            self._lock()
            self._file.seek(0)
            text = self._file.read()
            if text and not text.endswith(b"\n"):  # cut short by a crash
                self._file.truncate(text.rfind(b"\n") + 1)
            self.known = {status.id: status for status in map(_read, text.split(b"\n")) if status}
        except OSError as error:
            raise self._unwritable(error) from error

    def tell(self, recording: str, reason: Reason | None, message: str, tries: int) -> None:
        """Write down what became of a clip."""
        status = Status(recording, reason, message, tries, datetime.now(UTC).isoformat(timespec="seconds"))
        line = json.dumps(asdict(status), ensure_ascii=False).encode(errors="backslashreplace") + b"\n"
        try:
            self._file.write(line)
            os.fsync(self._file.fileno())
        except OSError as error:
            raise self._unwritable(error) from error
        self.known[recording] = status

    def close(self) -> None:
        """Release the file."""
        self._file.close()

    def _lock(self) -> None:
        try:
            import fcntl
        except ImportError:  # Windows does not let two programs write one file anyway
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError(
                f"another j2a-train downloads to {self._path.parent}.", "Wait for it, or stop it."
            ) from error
        except OSError:  # a file system without locks
            return

    def _unwritable(self, error: OSError) -> J2AError:
        return J2AError(
            f"{self._path} cannot be written: {error.strerror or error}.",
            "Make room there, or choose another folder; what came is kept.",
            title="Cannot download",
        )


def _read(line: bytes) -> Status | None:
    try:
        record = json.loads(line)
        reason = record["reason"]
        return Status(
            str(record["id"]), None if reason is None else Reason(reason), str(record["message"]),
            int(record["tries"]), str(record["at"]),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
