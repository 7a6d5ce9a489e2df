"""What was worked out of the clips of a table, once, as shards on the disk: encoder outputs and measured features.

    STORE/NAME.json   what is in a shard: for each clip its key and where it lies, or its value; a checksum over that
    STORE/NAME.npy    float16 (T, W), the clips of the shard one behind the other; memory-mapped when it is read
    STORE/index.json  row id of the table -> key, and why there is none for the rows that failed

A key is made of the clip's content and of everything else that the result depends on (``j2a.cache.key_of``): a clip
that was changed has another one. A shard's name is made of its keys. It is written wholly or not at all, by any of
several processes.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from j2a import cache
from j2a.clip import Clip
from j2a.errors import J2AError
from j2a.exporting import write_atomically
from j2a.features.record import Features
from training.datasets.table import Row

INDEX = "index.json"
ENCODED, MEASURED = "encoded", "measured"  # the two stores of a folder that j2a-train encode makes
_FORMAT = 1
_PART = ".part"
_NOT_IN_KEYS = ("format", "encoder", "width")  # names and what follows from the weights
_LOOKED_AT = 50  # clips whose audio is compared with what was encoded

Value = NDArray[np.float16] | dict[str, Any]  # encoder output (T, W), or features as JSON


@dataclass(frozen=True, slots=True)
class Place:
    """Where a clip's value lies."""

    shard: str
    start: int = 0  # first row in the shard's array
    steps: int = 0  # T; 0 where the value stands in the JSON file
    value: Any = None


def write_shard(store: Path, values: Mapping[str, Value]) -> None:
    """Write key -> value as one shard, wholly or not at all. Raises ``OSError``, e.g. for a full disk."""
    name = hashlib.blake2b("\n".join(values).encode(), digest_size=12).hexdigest()
    arrays = [value for value in values.values() if isinstance(value, np.ndarray)]
    clips, start = [], 0
    for key, value in values.items():
        if isinstance(value, np.ndarray):
            clips.append({"key": key, "start": start, "steps": len(value)})
            start += len(value)
        else:
            clips.append({"key": key, "value": value})
    content: dict[str, Any] = {"format": _FORMAT, "clips": clips}
    if arrays:
        data, path = np.concatenate(arrays), store / f"{name}.npy"
        _replace(path, lambda file: np.lib.format.write_array(file, data, allow_pickle=False))
        content["data"] = {"size": path.stat().st_size, "digest": _digest(data)}
    text = json.dumps({**content, "checksum": _checksum(content)}, ensure_ascii=False).encode()
    _replace(store / f"{name}.json", lambda file: file.write(text))


def read_shards(store: Path, *, verify: bool) -> tuple[dict[str, Place], list[str]]:
    """Key -> place of all whole shards, and the names of the broken ones.

    ``verify`` reads all data and compares checksums; without it, only the size of a file must be right.
    """
    places: dict[str, Place] = {}
    broken = []
    for path in sorted(store.glob("*.json")):
        if path.name == INDEX:
            continue
        try:
            content = json.loads(path.read_bytes())
            checksum = content.pop("checksum")
            if content["format"] != _FORMAT or checksum != _checksum(content):
                raise ValueError("its checksum is wrong")
            if "data" in content:
                _check_array(path.with_suffix(".npy"), content["data"], verify=verify)
            for clip in content["clips"]:
                places[clip["key"]] = Place(path.stem, clip.get("start", 0), clip.get("steps", 0), clip.get("value"))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            broken.append(path.stem)
    return places, broken


def drop_shards(store: Path, names: Sequence[str]) -> None:
    """Delete broken shards, and what interrupted writers left behind."""
    for name in names:
        (store / f"{name}.json").unlink(missing_ok=True)
        (store / f"{name}.npy").unlink(missing_ok=True)
    for path in store.glob(f"*{_PART}"):
        path.unlink(missing_ok=True)


def key_of(store: str, clip: Clip, about: Mapping[str, Any]) -> str | None:
    """The key of a clip in a store that ``about`` describes; None when the file cannot be read."""
    return cache.key_of(store, clip, **{name: value for name, value in about.items() if name not in _NOT_IN_KEYS})


def write_index(store: Path, about: dict[str, Any], keys: Mapping[str, str], failed: Mapping[str, str]) -> None:
    """Write which rows of the table are there, by id, and why the others are not. Raises ``ExportError``."""
    record = {"format": _FORMAT, **about, "rows": dict(keys), "failed": dict(failed)}
    write_atomically(store / INDEX, (json.dumps(record, ensure_ascii=False, indent=0) + "\n").encode())


class _Store:
    """A finished store, read by row id."""

    name = ""

    def __init__(self, folder: Path, *, verify: bool = False) -> None:
        """``folder`` is what ``j2a-train encode`` wrote; ``verify`` compares checksums, a second a gigabyte.

        Raises ``J2AError`` when there is nothing of this kind, or it is damaged.
        """
        self.folder = folder / self.name
        try:
            self.about: dict[str, Any] = json.loads((self.folder / INDEX).read_bytes())
            self._keys: dict[str, str] = self.about.pop("rows")
            self.failed: dict[str, str] = self.about.pop("failed")
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise _unusable(self.folder, f"{INDEX} cannot be read ({error})") from error
        self._places, broken = read_shards(self.folder, verify=verify)
        missing = sum(key not in self._places for key in self._keys.values())
        if missing:
            raise _unusable(self.folder, f"{missing} clips are missing, {len(broken)} shards are damaged")

    def __contains__(self, row_id: str) -> bool:
        return row_id in self._keys

    def __len__(self) -> int:
        return len(self._keys)

    def refuse_other_audio(self, table: Path, rows: Sequence[Row]) -> None:
        """Raise ``J2AError`` where a row's audio is not what was encoded under its id. Some rows are looked at, evenly
        spread; audio that is no longer there cannot be compared."""
        for row in rows[:: max(1, len(rows) // _LOOKED_AT)]:
            key = key_of(self.name, row.clip(table), self.about)
            if key not in (None, self._keys[row.id]):
                raise J2AError(
                    f"{row.audio} of {table} is not the audio that {self.folder} holds for {row.id}.",
                    "Encode this table (j2a-train encode), or give the folder that was made of it.",
                    title="Other audio",
                )


class Encoded(_Store):
    """Encoder outputs by row id: ``Encoded(folder)[id]`` is float16 (T, W), read from the disk when it is looked at.

    ``about`` tells the encoder: ``encoder`` (its name), ``encoder_weights``, ``width``, and ``pool``: the number of
    soft tokens that time was pooled to, 0 where it was not.
    """

    name = ENCODED

    def __init__(self, folder: Path, *, verify: bool = False) -> None:
        super().__init__(folder, verify=verify)
        self._arrays: dict[str, NDArray[np.float16]] = {}

    def __getitem__(self, row_id: str) -> NDArray[np.float16]:
        place = self._places[self._keys[row_id]]
        if place.shard not in self._arrays:
            self._arrays[place.shard] = np.load(self.folder / f"{place.shard}.npy", mmap_mode="r", allow_pickle=False)
        return self._arrays[place.shard][place.start : place.start + place.steps]


class Measured(_Store):
    """Measured features by row id."""

    name = MEASURED

    def __getitem__(self, row_id: str) -> Features:
        return Features.from_json(self._places[self._keys[row_id]].value)


def _check_array(path: Path, wanted: dict[str, Any], *, verify: bool) -> None:
    if path.stat().st_size != wanted["size"]:
        raise ValueError("its data is cut short")
    if verify and wanted["digest"] != _digest(np.load(path, mmap_mode="r", allow_pickle=False)):
        raise ValueError("its data is damaged")


def _digest(array: NDArray[np.float16]) -> str:
    return hashlib.blake2b(np.ascontiguousarray(array).data, digest_size=16).hexdigest()


def _replace(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Write a file wholly or not at all, and wait until it is on the disk."""
    part = path.with_name(f"{path.name}.{os.getpid()}{_PART}")
    try:
        with part.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _checksum(content: dict[str, Any]) -> str:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _unusable(store: Path, why: str) -> J2AError:
    return J2AError(
        f"{store} cannot be used: {why}.",
        "Run j2a-train encode again: it keeps what is whole and makes the rest.",
        title="Nothing encoded",
    )
