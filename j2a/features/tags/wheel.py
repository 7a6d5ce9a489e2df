"""Where the tag networks come from: the wheel ``musicnn==0.1.0`` (j2a/networks). It is read, never imported.

It asks for TensorFlow and a NumPy of 2019, so it is no dependency of ours. Its licence is ISC ((c) Music Technology
Group, UPF, 2019); the group's Essentia pages put the models they publish there, these among them, under CC BY-NC-SA
4.0. None of it is part of J2A's sources.
"""

from __future__ import annotations

import functools
from pathlib import Path

from j2a import networks
from j2a.features.tags.networks import Network
from j2a.features.tags.tensor_bundle import Array, read_tensors
from j2a.records import dataclass

NETWORKS = ("MTT_musicnn", "MSD_musicnn")  # trained on MagnaTagATune and on the Million Song Dataset
_INDEX, _DATA = ".index", ".data-00000-of-00001"


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
    folder = find_folder()
    if folder is None:
        raise WheelError(networks.missing())
    return _load(folder)


def tensors(name: str) -> dict[str, Array]:
    """Everything in the checkpoint of one of ``NETWORKS``. Raises ``WheelError``."""
    return read_tensors(_content(f"{name}/{_INDEX}"), _content(f"{name}/{_DATA}"))


@functools.lru_cache(maxsize=1)
def _load(folder: Path) -> Pair:
    return Pair(*(Network(tensors(name)) for name in NETWORKS))


def _content(file: str) -> bytes:
    try:
        return networks.content("musicnn", file)  # names with a dot: tools that skip hidden files lose them
    except networks.NotBroughtError as error:
        raise WheelError(str(error)) from error
