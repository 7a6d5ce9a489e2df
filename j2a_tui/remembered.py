"""What the desk was like when it was left: the file, the window, the search, the model, how it is heard and seen.

Kept in one small file beside the captions, and worth less than they are: where it cannot be read or written, the desk
begins as on the first day.
"""

from __future__ import annotations

import contextlib
from dataclasses import asdict, field, fields
from pathlib import Path
from typing import Any

from j2a import paths, small_files
from j2a.caption import PROMPTS
from j2a.errors import StoreError
from j2a.records import dataclass
from j2a_tui.windows import Window

BY_NAME = "name"  # how files are sorted where nothing else was chosen
FOLDERS = 200  # that are remembered, the last used ones


@dataclass(slots=True)
class Remembered:
    """Of one folder: file, window, search, order and folding; of all: the others. Empty where nothing is known."""

    file: str = ""  # relative to the folder
    start_s: float = 0.0
    end_s: float = 0.0
    search: str = ""
    sort: str = BY_NAME
    folded: list[str] = field(default_factory=list)  # folders whose files are hidden
    version: str = ""
    backbone: str = ""
    prompt: str = PROMPTS[0]
    figures: bool = True
    volume: float = 1.0
    device: str = ""  # output device by its name; the system's choice where empty
    annotator: str = ""  # who works, where that was said in the app
    theme: str = "j2a"
    look: str = ""  # how the window is drawn, where not as a waveform

    def place(self, folder: Path) -> tuple[Path, Window | None] | None:
        """The file and its window; ``None`` where no file is known."""
        if not self.file:
            return None
        return folder / self.file, Window(self.start_s, self.end_s) if self.end_s > self.start_s >= 0 else None


_OF_FOLDER = ("file", "start_s", "end_s", "search", "sort", "folded")


def state_path() -> Path:
    """The file that it is kept in."""
    return paths.data_dir() / "desk.json"


def read(folder: Path) -> Remembered:
    """What is known of a folder."""
    kept = _kept()
    here = kept["folders"].get(str(folder), {})
    known = {**kept["desk"], **(here if isinstance(here, dict) else {})}
    remembered = Remembered()
    for one in fields(Remembered):
        value = known.get(one.name)
        default = getattr(remembered, one.name)
        if isinstance(value, type(default)) or (isinstance(default, float) and type(value) is int):
            setattr(remembered, one.name, value)
    remembered.folded = [name for name in remembered.folded if isinstance(name, str)]
    return remembered


def write(folder: Path, remembered: Remembered) -> None:
    """Keep it, in the place of what was known. The folder for it is where the captions are, or nowhere."""
    if not state_path().parent.is_dir():
        return
    kept = _kept()
    folders = {name: about for name, about in kept["folders"].items() if name != str(folder)}
    values = asdict(remembered)
    folders[str(folder)] = {name: values.pop(name) for name in _OF_FOLDER}
    newest = dict(list(folders.items())[-FOLDERS:])
    with contextlib.suppress(StoreError):
        small_files.write(state_path(), {"desk": values, "folders": newest}, "The desk is not remembered", sync=False)


def _kept() -> dict[str, dict[str, Any]]:
    found = small_files.read(state_path())
    found = found if isinstance(found, dict) else {}
    return {name: part if isinstance(part := found.get(name), dict) else {} for name in ("desk", "folders")}
