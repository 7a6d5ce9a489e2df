"""One engine of a run on another machine: what it is given there, and what it answers. All of it JSON types.

It keeps nothing, and writes nothing but J2A's own cache and log: only the machine where the command runs has the sheet.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from j2a import networks
from j2a.caption import Caption, Sampling
from j2a.clip import Clip
from j2a.engine.client import STOPPED
from j2a.engine.messages import Done, Failed, Load
from j2a.errors import J2AError
from j2a.features import EXTRACTOR_VERSION, genre
from j2a.features.corrections import Corrections
from j2a.folder.books import Books
from j2a.folder.engines import WRITER, Engines, OneEngine
from j2a.folder.plan import Planned
from j2a.folder.run import FolderRun, Settings
from j2a.records import dataclass

_MADE_BY = ("j2a", "torch", "numpy", "transformers", "soundfile", "soxr")  # some may be missing


@dataclass(frozen=True, slots=True)
class Task:
    """Clips of one file, which are measured, vote section by section, and are described."""

    path: Path
    size: int  # bytes: a file of another size is another file
    clips: list[tuple[float, float | None, int, bool]]  # start, end in seconds, section, whether the row is there
    corrections: dict[str, Any]  # of the file, as ``Corrections.to_json()``

    def to_json(self) -> dict[str, Any]:
        """A dict of JSON types."""
        return {**asdict(self), "path": os.fspath(self.path)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Task:
        """The inverse of :meth:`to_json`."""
        return cls(Path(data["path"]), data["size"], [tuple(clip) for clip in data["clips"]], data["corrections"])


def settings_of(data: dict[str, Any]) -> Settings:
    """The inverse of ``asdict``."""
    return Settings(**{**data, "sampling": Sampling(**data["sampling"])})


def made_by() -> dict[str, str]:
    """What the rows depend on beside the weights, by name. Two machines that differ in it write different rows."""
    made = {"extractor": str(EXTRACTOR_VERSION), "processor": platform.machine()}
    for name in _MADE_BY:
        try:
            made[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            made[name] = "none"
    for name in networks.PACKAGES:
        made[name] = "none" if networks.folder(name) is None else networks.PACKAGES[name].version
    return {**made, "genre model": _genre_model()}


def _genre_model() -> str:
    """The sizes of its files: whoever fetched it has it, others name genres by the tags."""
    folder = genre.find_weights()
    files = [folder / name for name in genre.WEIGHT_FILES] if folder else []
    return ", ".join(f"{path.name} of {path.stat().st_size:,} bytes" for path in files if path.is_file()) or "none"


class Hand:
    """Lives in a process that Ray starts. Its engine is a process of its own, as on one machine."""

    def __init__(
        self, number: int, settings: dict[str, Any], threads: str, engine: Callable[[str], Engines] = OneEngine
    ) -> None:
        """``threads``: of an engine, as ``OMP_NUM_THREADS`` has it where the command runs; Ray sets its own."""
        self._name = f"caption-ray-{number}"
        self._settings = settings_of(settings)
        self._threads = threads
        self._new_engine = engine
        self._engine: Engines | None = None

    def hello(self) -> dict[str, Any]:
        """Where this is, and by what rows are made here."""
        return {"machine": platform.node(), "made_by": made_by()}

    def load(self) -> dict[str, Any]:
        """Bring the models into memory; what tells them from others."""
        loaded = self._load()
        if isinstance(loaded, Failed) and loaded.title == STOPPED:
            loaded = self._load()
        if isinstance(loaded, Failed):
            return {"error": _told(loaded.as_error())}
        return {"models": {name: str(loaded.result[name]) for name in ("weights", "device", "precision")}}

    def work(self, task: dict[str, Any]) -> dict[str, Any]:
        """Caption the clips of a :class:`Task`.

        "missing" where the file is not here, "error" for what ends a run; else "captions" (start, end, caption as
        JSON), "measured" (a count), "failed" (the reason, or ``None``) and "left_out" (why the rest was not tried).
        """
        asked = Task.from_json(task)
        try:
            here = asked.path.stat().st_size
        except OSError as error:
            return {"missing": error.strerror or str(error)}
        if here != asked.size:
            return {"missing": f"it has {here:,} bytes here, and {asked.size:,} where the command runs"}
        clips = [Clip(asked.path, start_s, end_s) for start_s, end_s, _, _ in asked.clips]
        rows = _Kept({clip for clip, told in zip(clips, asked.clips, strict=True) if told[3]})
        planned = (Planned(0, clip, told[2]) for clip, told in zip(clips, asked.clips, strict=True))
        corrections = Corrections.from_json(asked.corrections)
        try:
            run = FolderRun(planned, Books(rows), self._settings, lambda path: corrections, self._running())
            tally = run.run()
        except J2AError as error:
            self._end_engine()  # what it was asked is still on its way
            return {"error": _told(error)}
        return {
            "captions": [[clip.start_s, clip.end_s, caption.to_json()] for clip, caption in rows.written],
            "measured": tally.measured,
            "failed": tally.failed.get(asked.path),
            "left_out": tally.left_out.get(asked.path),
        }

    def _running(self) -> Engines:
        if self._engine is None:
            if self._threads:
                os.environ["OMP_NUM_THREADS"] = self._threads
            self._engine = self._new_engine(self._name)
        return self._engine

    def _load(self) -> Done | Failed:
        engine = self._running()
        engine.submit(WRITER, Load(self._settings.version, self._settings.backbone))
        while True:
            _, event = engine.events.get()
            if isinstance(event, Done | Failed):
                return event

    def _end_engine(self) -> None:
        if self._engine is not None:
            self._engine.close()
            self._engine = None


class _Kept:
    """Rows in memory, until they are sent."""

    def __init__(self, found: set[Clip]) -> None:
        self._found = found
        self.written: list[tuple[Clip, Caption]] = []

    def has(self, clip: Clip) -> bool:
        return clip in self._found

    def append(self, clips: Sequence[Clip], captions: Sequence[Caption]) -> None:
        self.written += zip(clips, captions, strict=True)

    def can_copy(self, clip: Clip) -> bool:
        return False

    def copy(self, clips: Sequence[tuple[Clip, Clip]]) -> None:
        raise AssertionError("nothing is copied here")


def _told(error: J2AError) -> dict[str, Any]:
    return {"title": error.title, "message": error.message, "hint": error.hint, "exit_code": int(error.exit_code)}


def captions_of(path: Path, answer: dict[str, Any]) -> Iterator[tuple[Clip, Caption]]:
    """What is in an answer of :meth:`Hand.work`."""
    for start_s, end_s, caption in answer["captions"]:
        yield Clip(path, start_s, end_s), Caption.from_json(caption)


def error_of(told: dict[str, Any]) -> J2AError:
    """The error in an answer of :class:`Hand`."""
    return Failed(0, **told).as_error()
