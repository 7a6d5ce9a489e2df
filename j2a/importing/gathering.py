"""Which files hold captions: read with a bound on their size, and never through a link that leads elsewhere."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import field, replace
from pathlib import Path, PurePosixPath

from j2a.formats import FORMATS, Entry, Format, FormatError
from j2a.formats.recognising import recognised
from j2a.formats.tables import columns_not_known
from j2a.library import Track
from j2a.records import dataclass

SIDECAR_BYTES, JAMS_BYTES, LIST_BYTES = 1 << 20, 16 << 20, 256 << 20
# The first that holds a caption of a window counts; a plain X.txt comes last, for it may be something else.
ENDINGS = (".caption.txt", ".labels.txt", ".captions.csv", ".caption", ".json", ".jams", ".txt")
_LISTS = (".jsonl", ".csv", ".tsv", ".xml")


@dataclass(slots=True)
class Gathered:
    """What was read. ``problems``: a line for each file that was not, and why; ``notes``: what is left aside."""

    entries: list[tuple[str, Format, Entry]] = field(default_factory=list)  # with the file that holds it
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    files: int = 0


def gathered(source: Path, root: Path, form: Format | None = None) -> Gathered:
    """The captions of a file, or of every file under a folder. ``form``: what they are, where that is told.

    Names are relative to ``root``, the music, where the source lies in it, else to the source. Raises ``FormatError``
    when a file that was named cannot be read.
    """
    found = Gathered()
    real = Path(os.path.realpath(source))
    if not source.is_dir():
        name = _name(real, root if real.is_relative_to(root) else real.parent)
        _take(found, name, _content(real, LIST_BYTES), form)
        return found
    base = root if real.is_relative_to(root) else real
    wanted = (*ENDINGS, *_LISTS)
    for path in _files(real, found):
        if path.name.lower().endswith(wanted):
            _try(found, path, base, form)
    return _sorted(found)


def beside(tracks: list[Track], root: Path, form: Format | None = None) -> Gathered:
    """The captions that lie beside the audio of a folder."""
    found = Gathered()
    stems = {os.path.splitext(track.path)[0] for track in tracks}  # noqa: PTH122 - of thousands of files
    for path in _files(root, found):
        if any(str(path)[: -len(end)] in stems for end in ENDINGS if path.name.lower().endswith(end)):
            _try(found, path, root, form)
    return _sorted(found)


def _files(base: Path, found: Gathered) -> Iterator[Path]:
    """Every ordinary file under a folder, sorted; hidden ones, and what others have kept as .bak, are none."""
    for here, folders, names in os.walk(base, onerror=lambda error: found.problems.append(
        f"{error.filename}: {error.strerror}."
    )):  # fmt: skip
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(here, name) for name in sorted(names) if not name.startswith("."))


def _try(found: Gathered, path: Path, base: Path, form: Format | None) -> None:
    name = _name(path, base)
    if form is not None and form.endings and not path.name.lower().endswith(form.endings):
        return
    try:
        if path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(base):
            raise FormatError("it is a link that leads out of the folder.")
        _take(found, name, _content(path, _most(path)), form)
    except FormatError as error:
        found.problems.append(f"{name}: {error.message}{f' {error.hint}' if error.hint else ''}")


def _most(path: Path) -> int:
    lower = path.name.lower()
    if lower.endswith(_LISTS) or lower == "dataset.json":
        return LIST_BYTES
    return JAMS_BYTES if lower.endswith(".jams") else SIDECAR_BYTES


def _content(path: Path, most: int) -> bytes:
    """Raises ``FormatError``."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))  # a pipe would wait for its writer
        with os.fdopen(handle, "rb") as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode):
                raise FormatError("it is no ordinary file.")
            data = file.read(most + 1)
    except OSError as error:
        raise FormatError(f"it cannot be read: {error.strerror or error}.") from error
    if len(data) > most:
        raise FormatError(f"it has more than {most >> 20} MB: no captions are so many.")
    return data


def _take(found: Gathered, name: str, data: bytes, form: Format | None) -> None:
    """Add what a file holds. Raises ``FormatError``."""
    known = form or recognised(name, data)
    if known is None:
        return
    assert known.read is not None
    entries = known.read(name, data)
    if known in (FORMATS["ace-step-csv"], FORMATS["musiccaps"]) and (left := columns_not_known(data)):
        found.notes.append(f"{name}: left aside are the columns {', '.join(left[:8])}.")
    if known.file_name:  # its names are relative to where it lies
        parent = PurePosixPath(name).parent
        entries = [_inside(one, parent) for one in entries]
    found.entries += [(name, known, one) for one in entries]
    found.files += 1


def _inside(entry: Entry, parent: PurePosixPath) -> Entry:
    relative = not entry.file.startswith(("/", "\\")) and ":" not in entry.file[1:3]
    return replace(entry, file=str(parent / entry.file)) if relative and str(parent) != "." else entry


def _sorted(found: Gathered) -> Gathered:
    """A text that says what it is comes before one that only lies there."""
    found.entries.sort(key=lambda one: (one[1] is FORMATS["txt"], bool(one[1].endings)))
    named = {one.stem for _, form, one in found.entries if form is FORMATS["ace-step-sidecars"]}
    found.entries = [  # ACE-Step's X.txt is lyrics
        one for one in found.entries if one[1] is not FORMATS["txt"] or one[2].stem not in named
    ]
    return found


def _name(path: Path, base: Path) -> str:
    return path.relative_to(base).as_posix()
