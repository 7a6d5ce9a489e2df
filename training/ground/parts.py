"""The models that a training begins with, and puts beside what it made."""

from __future__ import annotations

import shutil
from pathlib import Path

from j2a.errors import UsageError
from j2a.models.audio.projector import Projector, load_projector
from j2a.models.language.llm import ADAPTER_CONFIG

_COPIED_BYTES = 512 << 20  # parts up to this size go with the projector, so that its folder is enough


def projector_between(folder: Path, encoder_width: int, llm_width: int) -> Projector:
    """A trained projector to go on from. Raises ``UsageError`` unless it leads from the one width to the other."""
    projector = load_projector(folder)
    has = projector.config.encoder_width, projector.config.llm_width
    if has != (encoder_width, llm_width):
        raise UsageError(
            f"the projector in {folder} leads from a width of {has[0]} to {has[1]}, not from {encoder_width} to "
            f"{llm_width}.",
            "Start from one for an encoder and a language model as wide as these.",
        )
    return projector


def part_name(source: str) -> str:
    """What a card calls a part, so that it is found again.

    Hub ids and names stay. Of a folder that goes with the projector its name is enough, of others the place is told.
    """
    folder = Path(source).expanduser()
    if not folder.is_dir():
        return source
    return folder.resolve().name if is_small(folder) else str(folder.resolve())


def is_small(part: Path) -> bool:
    """Whether a model's folder goes with the projector: it is whole, and not of gigabytes."""
    files = _files(part)  # an adapter is not enough without its base model
    return part / ADAPTER_CONFIG not in files and sum(path.stat().st_size for path in files) <= _COPIED_BYTES


def _files(model: Path) -> list[Path]:
    """What makes up a model's folder: not its subfolders (checkpoints, logs), nor hidden files."""
    return sorted(path for path in model.iterdir() if path.is_file() and not path.name.startswith("."))


def copy_model(model: Path, folder: Path) -> None:
    """Copy what makes up a model into a new folder."""
    folder.mkdir()
    for path in _files(model):
        shutil.copy2(path, folder / path.name)
