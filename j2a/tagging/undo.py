"""What ``j2a tag`` has changed, one file of JSON lines a run, so that it can be undone."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Literal

from j2a import paths
from j2a.errors import UsageError
from j2a.records import dataclass
from j2a.tagging.fields import FIELDS, Tagged, Values

_DONE = ".undone"

State = Literal["written", "before", "other"]


@dataclass(frozen=True, slots=True)
class Change:
    """The fields of a file that were changed: before and after."""

    path: Path
    before: Values
    after: Values


class Record:
    """The changes of a run, each on the disk before its file is touched. Made with the first one."""

    def __init__(self) -> None:
        self._file: BinaryIO | None = None

    def add(self, change: Change) -> None:
        """Raises ``OSError``."""
        if self._file is None:
            folder = _folder()
            paths.private_folder(folder)
            self._file = paths.private_file(folder / f"{time.time_ns():020d}.jsonl")
        line = {"file": os.fsencode(change.path).hex(), "before": change.before, "after": change.after}
        self._file.write(json.dumps(line).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()


def last_run(folder: Path) -> tuple[Path, list[Change]]:
    """The newest record with changes in a folder, and those, the last one first. Raises ``UsageError`` for none."""
    for record in sorted(_folder().glob("*.jsonl"), reverse=True):
        changes = [change for change in _changes(record) if change.path.is_relative_to(folder)]
        if changes:
            return record, changes[::-1]
    raise UsageError(f"nothing was written into tags in {folder} that is not undone.", "Look at `j2a tag FOLDER`.")


def set_aside(record: Path, done: Collection[Path]) -> None:
    """What it says of these files is undone, or not to be; what it says of others can be undone later."""
    lines = record.read_bytes().splitlines(keepends=True)
    left = [line for line in lines if (change := _change(line)) and change.path not in done]
    aside = record.with_name(record.name + _DONE)
    if not left:
        record.replace(aside)
        return
    with paths.private_file(aside) as file:
        file.writelines(left)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(record)


def state_of(change: Change) -> State:
    """Whether the file has what was written, or what it had before, or neither. Raises ``TagError``."""
    found = Tagged(change.path).read()
    if all(found.get(field, []) == values for field, values in change.after.items()):
        return "written"
    return "before" if all(found.get(field, []) == change.before.get(field, []) for field in change.after) else "other"


def _folder() -> Path:
    return paths.data_dir() / "tagging"


def _changes(record: Path) -> Iterator[Change]:
    """Those whose line is whole: a run may have been killed while it wrote one."""
    yield from filter(None, map(_change, record.read_bytes().splitlines()))


def _change(line: bytes) -> Change | None:
    try:
        data = json.loads(line)
        path = Path(os.fsdecode(bytes.fromhex(data["file"])))
        return Change(path, _values(data["before"]), _values(data["after"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _values(data: dict[str, Any]) -> Values:
    return {field: [str(value) for value in data[field]] for field in FIELDS if field in data}
