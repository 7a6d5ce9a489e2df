"""The folder of a run, saved so that it can be taken up again after anything.

RUN/run.json      what the run is: settings, and hashes of everything that it reads
RUN/settings.toml the same settings, to start another run with
RUN/log.jsonl     loss and the rest, step by step
RUN/best/         what was trained, where validation was best; ready to caption with
RUN/last/         what was trained, the optimizer's state (safetensors) and where it stands (state.json)
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch.nn import Parameter

from j2a.errors import J2AError, UsageError
from j2a.exporting import write_atomically

RUN, SETTINGS, BEST, LAST = "run.json", "settings.toml", "best", "last"
_STATE, _OPTIMIZER = "state.json", "optimizer.safetensors"
_OLD, _PART = ".old", ".part"


@dataclass(slots=True)
class State:
    """Where a run stands."""

    step: int = 0  # that are done
    best_loss: float | None = None  # on the validation split
    best_step: int = 0
    worse: int = 0  # validations since the best one
    finished: str = ""  # why the run is over; "" while it is not


class Saved(Protocol):
    """What trains, as far as it is kept: see ``Student``."""

    def save(self, folder: Path, *, whole: bool) -> None:
        """Write what was trained."""

    def restore(self, folder: Path) -> None:
        """Take what was written."""


class RunFolder:
    """Saving and taking up again. Every folder in it is replaced as a whole.

    Whoever has begun one keeps other processes out as long as it keeps this object.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._locked: BinaryIO | None = None  # the lock goes when this is closed

    def begin(self, record: dict[str, Any], settings: str, *, resume: bool) -> None:
        """Make the folder, or see that it is of this very run. ``record``: JSON values that decide the run.

        Raises ``UsageError`` for a folder of another configuration, for one that is there without ``resume``, for one
        that another process works in, and ``J2AError`` when it cannot be written.
        """
        file = self.path / RUN
        if not resume:
            if self.path.exists() and (not self.path.is_dir() or any(self.path.iterdir())):
                raise UsageError(
                    f"{self.path} is there already.", "Say --resume to go on with it, or choose another folder."
                )
            write_atomically(self.path / SETTINGS, settings.encode())
            write_atomically(file, (json.dumps(record, indent=2, ensure_ascii=False) + "\n").encode())
            self._lock()
            return
        if not file.exists() and not self.path.exists():
            raise UsageError(f"there is no run in {self.path}.", "Start it without --resume.")
        try:
            before = dict(json.loads(file.read_bytes()))
        except (OSError, ValueError, TypeError, RecursionError) as error:
            raise UsageError(
                f"{file} cannot be read, so there is no run to go on with.", "Choose another folder."
            ) from error
        differing = sorted(name for name in before.keys() | record.keys() if before.get(name) != record.get(name))
        if differing:
            name, more = differing[0], len(differing) - 1
            raise UsageError(
                f"{self.path} holds a run of another configuration: {name} was {before.get(name)!r} and is "
                f"{record.get(name)!r} now" + (f"; {more} more differ." if more else "."),
                f"Go on with the settings of {self.path / SETTINGS}, or choose another folder.",
            )
        self._lock()

    def _lock(self) -> None:
        """Keep other processes out. Raises ``UsageError`` when one is there already."""
        try:
            import fcntl

            self._locked = (self.path / RUN).open("r+b")  # which is never written again
            fcntl.lockf(self._locked, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError(
                f"another j2a-train works in {self.path}.", "Wait for it, or stop it; then go on."
            ) from error
        except (ImportError, OSError):  # Windows, or a file system without locks
            return

    def save_last(
        self, student: Saved, names: dict[str, Parameter], optimizer: torch.optim.Optimizer, state: State
    ) -> None:
        """What was trained, the optimizer and the state, wholly or not at all. Raises ``J2AError``."""

        def fill(folder: Path) -> None:
            student.save(folder, whole=False)
            tensors = {
                f"{name}/{kind}": value.detach().cpu().contiguous()
                for name, parameter in names.items()
                for kind, value in optimizer.state[parameter].items()
            }
            save_file(tensors, folder / _OPTIMIZER)
            (folder / _STATE).write_text(json.dumps(asdict(state), indent=2) + "\n", encoding="utf-8")

        self.replace(LAST, fill)

    def load_last(self, student: Saved, names: dict[str, Parameter], optimizer: torch.optim.Optimizer) -> State:
        """Take up what :meth:`save_last` wrote; a new state where it never did. Raises ``J2AError`` for damage."""
        folder = next((one for one in (self.path / LAST, self.path / (LAST + _OLD)) if one.is_dir()), None)
        if folder is None:
            return State()
        try:
            state = _state(json.loads((folder / _STATE).read_bytes()))
            tensors = load_file(folder / _OPTIMIZER)
            student.restore(folder)
            for name, parameter in names.items():
                kinds = {key.rpartition("/")[2]: key for key in tensors if key.rpartition("/")[0] == name}
                optimizer.state[parameter] = {
                    kind: tensors[key] if kind == "step" else tensors[key].to(parameter.device)
                    for kind, key in kinds.items()
                }
        except (OSError, ValueError, TypeError, RecursionError, SafetensorError) as error:
            raise J2AError(
                f"{folder} is damaged: {error}.", "Start the run anew in another folder.", title="Cannot go on"
            ) from error
        return state

    def replace(self, name: str, fill: Callable[[Path], None]) -> None:
        """Put a folder that ``fill`` fills in the place of ``name``, when it is whole and on the disk."""
        part, target, old = (self.path / (name + end) for end in (_PART, "", _OLD))
        try:
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(parents=True)
            fill(part)
            _flush(part)
            if target.exists():
                shutil.rmtree(old, ignore_errors=True)
                target.rename(old)
            part.rename(target)
            shutil.rmtree(old, ignore_errors=True)
        except (OSError, SafetensorError) as error:
            shutil.rmtree(part, ignore_errors=True)
            raise J2AError(
                f"{target} cannot be written: {getattr(error, 'strerror', None) or error}.",
                "Make room there and go on with --resume: what was saved before is kept.",
                title="Cannot save the run",
            ) from error


def _state(record: dict[str, Any]) -> State:
    """Raises ``TypeError`` or ``ValueError`` for what :meth:`RunFolder.save_last` did not write."""
    state = State(**record)
    if record.keys() != asdict(state).keys():
        raise ValueError(f"{_STATE} lacks {', '.join(sorted(asdict(state).keys() - record.keys()))}")
    for name in ("step", "best_step", "worse"):
        if not isinstance(getattr(state, name), int):
            raise ValueError(f"{name} in {_STATE} is not a number")
    return state


def _flush(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
