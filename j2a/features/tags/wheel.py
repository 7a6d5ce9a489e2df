"""Where the tag networks come from: the wheel ``musicnn==0.1.0`` (j2a/networks). It is read, never imported.

It asks for TensorFlow and a NumPy of 2019, so it is no dependency of ours. Its licence is ISC ((c) Music Technology
Group, UPF, 2019); the group's Essentia pages put the models they publish there, these among them, under CC BY-NC-SA
4.0. None of it is part of J2A's sources.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from pathlib import Path

from j2a import networks
from j2a.features.tags.networks import Network
from j2a.features.tags.tensor_bundle import Array, read_tensors

NO_NETWORKS = f"The tag networks are not on this machine; this fetches them (50 MB): {networks.FETCH}"
NETWORKS = ("MTT_musicnn", "MSD_musicnn")  # trained on MagnaTagATune and on the Million Song Dataset
_INDEX, _DATA = ".index", ".data-00000-of-00001"
_SIZES = {_INDEX: 4948, _DATA: 9_465_596}
_SHA256 = {  # the checksums of the published wheel
    ("MTT_musicnn", _INDEX): "da2d7bb670b2b31e9bc441bb1bd75eca31b5b061f963cc1f9630c1aff3238f57",
    ("MTT_musicnn", _DATA): "041f3935e981a65cea739842d30c188d3a7d2adf4410955c8668eb3de4a5acab",
    ("MSD_musicnn", _INDEX): "87f3e0f3550c8d3bafc840374003e5c8af5eeb5ecf6add61af09a7822d3282c8",
    ("MSD_musicnn", _DATA): "8579734ee6388f799ed0def4bbd0d1fdcbeaf213ef2a9dc860917bd76a303de6",
}


class WheelError(Exception):
    """The networks cannot be had; the message says why and what to do, in one sentence."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The two networks, named by what they were trained on."""

    magnatagatune: Network
    million_song: Network


def find_folder() -> Path | None:
    """The folder of the package's files."""
    return networks.folder("musicnn")


def is_there() -> bool:
    """Whether the files are on this machine."""
    return find_folder() is not None


def load() -> Pair:
    """The two networks; read once, and shared by all threads. Raises ``WheelError``."""
    return _load(_folder())


def tensors(name: str) -> dict[str, Array]:
    """Everything in the checkpoint of one of ``NETWORKS``. Raises ``WheelError``."""
    return _tensors(_folder(), name)


def _folder() -> Path:
    folder = find_folder()
    if folder is None:
        raise WheelError(NO_NETWORKS)
    return folder


@functools.lru_cache(maxsize=1)
def _load(folder: Path) -> Pair:
    return Pair(*(Network(_tensors(folder, name)) for name in NETWORKS))


def _tensors(folder: Path, name: str) -> dict[str, Array]:
    return read_tensors(_content(folder, name, _INDEX), _content(folder, name, _DATA))


def _content(folder: Path, name: str, suffix: str) -> bytes:
    """A file of the package, if it is the published one."""
    path = folder / name / suffix  # files that begin with a dot: tools that skip hidden ones lose them
    try:
        known_size = path.stat().st_size == _SIZES[suffix]
        content = path.read_bytes() if known_size else b""
    except OSError as error:
        raise WheelError(_not_published(path, str(error.strerror or error))) from error
    if hashlib.sha256(content).hexdigest() != _SHA256[name, suffix]:
        raise WheelError(_not_published(path, "it is not the file of musicnn 0.1.0"))
    return content


def _not_published(path: Path, why: str) -> str:
    return (
        f"The tag networks cannot be used: {path}: {why}. "
        f"Remove {path.parents[1]} and get them again: {networks.FETCH}"
    )
