"""An export in one of the forms of others: what would be new, changed or the same, and then written, file by file.

Each file is replaced wholly or not at all, and what was there is kept beside it; what others keep in the same file
stays. Audio comes before the texts that name it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Literal

from j2a.audio.decode import probe
from j2a.clip import Clip
from j2a.errors import AudioError, ExportError, UsageError
from j2a.exporting.cutting import Kind, cut_names, is_cut_of, save_cut
from j2a.exporting.entries import entries_of, in_dialect
from j2a.exporting.figures import names_figures
from j2a.exporting.replacing import WouldLoseError, kept_beside
from j2a.exporting.write import write_atomically
from j2a.formats import Entry, Format, FormatError, Place
from j2a.formats.entry import by_file
from j2a.paths import real_folder
from j2a.records import dataclass
from j2a.store import Row

State = Literal["new", "changed", "same"]


@dataclass(frozen=True, slots=True)
class Wish:
    """How an export is asked for."""

    form: Format
    folder: Path  # of the music
    out: Path  # a folder; of a format that is one file also that file
    figures: bool | None = None  # None: as the readers of the format want it
    window_audio: Kind | None = None
    force: bool = False


@dataclass(slots=True)
class Plan:
    """What an export would do. ``notes``: what the user should know; ``left_out``: what cannot be written, and why."""

    texts: dict[Path, bytes] = field(default_factory=dict)
    cuts: dict[Path, Clip] = field(default_factory=dict)
    states: dict[Path, State] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    captions: int = 0

    def count(self, state: State) -> int:
        """How many files are new, changed or the same."""
        return sum(one == state for one in self.states.values())


def planned(rows: Sequence[Row], wish: Wish) -> Plan:
    """Look at everything that the export would write; nothing is written. Raises ``ExportError``, ``UsageError``."""
    plan = Plan()
    root, out = real_folder(wish.folder), _folder_of(wish)
    if wish.form.beside_audio and wish.form.needs_duration is False and wish.window_audio is None and (
        real_folder(out) != root
    ):
        raise UsageError(
            f"{wish.form.writes} has to lie beside the audio.",
            f"Give --out {wish.folder}, or --window-audio flac to cut the windows into the new folder.",
        )
    found = _entries(rows, wish, plan)
    if wish.window_audio is not None:
        found = _with_cuts(found, wish.window_audio, root, out, plan)
        place = Place(real_folder(out), root.name or "captions")
    else:
        _tell_of_several(found, wish, plan)
        if wish.form.endings:
            found = _without_shared_names(found, plan)
        place = Place(root, root.name or "captions")
    one_a_file = wish.form.unit == "file" and wish.window_audio is None
    plan.captions = len(by_file(found)) if one_a_file else len(found)
    for name, data in wish.form.write(found, place).items():
        target = wish.out if wish.form.file_name and wish.out != out else out / name
        plan.texts[target], plan.states[target] = _compared(target, data, wish.form)
    return plan


def _folder_of(wish: Wish) -> Path:
    """The folder that is written into; ``out`` itself, or the folder of the one file that it names."""
    suffix = Path(wish.form.file_name).suffix
    names_file = bool(suffix) and wish.out.suffix.lower() == suffix and not wish.out.is_dir()
    return wish.out.parent if names_file else wish.out


def _entries(rows: Sequence[Row], wish: Wish, plan: Plan) -> list[Entry]:
    figures = wish.form.figures if wish.figures is None else wish.figures
    captioned = [row for row in rows if row.text.strip()]
    if bare := len(rows) - len(captioned):
        plan.notes.append(f"{'1 window has' if bare == 1 else f'{bare} windows have'} no caption, and no place here.")
    found = entries_of(captioned, wish.folder)
    if figures is not None:
        found = [in_dialect(row, one, figures=figures) for row, one in zip(captioned, found, strict=True)]
    if figures is False and (left := sum(names_figures(one.caption) for one in found)):
        plan.notes.append(f"Figures still stand in {_captions(left)}: they say nothing else, or not apart from them.")
    if not wish.form.needs_duration and wish.window_audio is None:
        return found
    lengths = _lengths([row.clip.path for row in captioned], plan)
    return [
        replace(one, duration_s=lengths[row.clip.path])
        for row, one in zip(captioned, found, strict=True) if row.clip.path in lengths
    ]  # fmt: skip


def _lengths(paths: Sequence[Path], plan: Plan) -> dict[Path, float]:
    """The length of each file, in seconds. One that cannot be read is told."""
    found: dict[Path, float] = {}
    for path in dict.fromkeys(paths):
        try:
            found[path] = probe(path).duration_s
        except AudioError as error:
            plan.left_out.append(str(error))
    return found


def _with_cuts(found: list[Entry], kind: Kind, root: Path, out: Path, plan: Plan) -> list[Entry]:
    """The entries as files of their own, which are planned to be cut."""
    kept = []
    for one, cut in zip(found, cut_names(found, kind), strict=True):
        clip, target = Clip(root / one.file, one.start_s, one.end_s), out / cut.file
        _check_is_no_link(target)
        try:
            state: State = "new" if not target.exists() else "same" if is_cut_of(clip, target) else "changed"
        except AudioError as error:
            plan.left_out.append(str(error))
            continue
        plan.cuts[target], plan.states[target] = clip, state
        kept.append(cut)
    return kept


def _tell_of_several(found: list[Entry], wish: Wish, plan: Plan) -> None:
    several = sum(len(of_file) > 1 for of_file in by_file(found).values())
    if wish.form.unit == "file" and several:
        plan.notes.append(
            f"{'1 file has' if several == 1 else f'{several} files have'} several captions, and {wish.form.name} has "
            "room for one a file: an accepted one, of the whole file or else the first. "
            f"Left out: {_captions(len(found) - len(by_file(found)))}. --window-audio flac makes a file of each window."
        )


def _without_shared_names(found: list[Entry], plan: Plan) -> list[Entry]:
    """Without files whose text would lie in the place of another's: song.wav beside song.mp3."""
    owners: dict[str, str] = {}
    for one in sorted(found, key=lambda entry: entry.order):
        if owners.setdefault(one.stem, one.file) != one.file:
            plan.left_out.append(f"{one.file} and {owners[one.stem]} would have the same text file; the second has it.")
    plan.left_out[:] = dict.fromkeys(plan.left_out)
    return [one for one in found if owners[one.stem] == one.file]


def _check_is_no_link(target: Path) -> None:
    if target.is_symlink():
        raise ExportError(f"{target} is a link to another file.", "Remove it, or choose another --out.")


def _compared(target: Path, data: bytes, form: Format) -> tuple[bytes, State]:
    """What is to stand in a file, with what others keep there, and how that is to what stands there."""
    _check_is_no_link(target)
    try:
        there = target.read_bytes() if target.exists() else None
    except OSError as error:
        raise ExportError(f"{target} cannot be read: {error.strerror or error}.", "Choose another --out.") from error
    if there is None:
        return data, "new"
    try:
        new = form.merged(there, data) if form.merged else data
    except FormatError:
        new = data  # it was something else; it is kept beside it
    return new, "same" if new == there else "changed"


def carried_out(plan: Plan, wish: Wish, written: Callable[[Path], None] = lambda path: None) -> list[Path]:
    """Write what was planned. Returns where old files are kept.

    Raises ``WouldLoseError`` where files would change and that was not asked for, and ``ExportError``. An audio file
    that cannot be cut is told in ``plan.left_out``.
    """
    changed = [path for path, state in plan.states.items() if state == "changed"]
    if changed and not wish.force:
        others = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        raise WouldLoseError(
            f"{changed[0]}{others} would be changed.",
            "Look with --dry-run, choose another --out, or give --force: what is there is then kept as FILE.bak.",
        )
    kept = []
    for path in (*plan.cuts, *plan.texts):
        if plan.states[path] == "same":
            continue
        if plan.states[path] == "changed":
            kept.append(kept_beside(path))
        if path in plan.cuts:
            try:
                save_cut(plan.cuts[path], path)
            except AudioError as error:
                plan.left_out.append(str(error))
                continue
        else:
            write_atomically(path, plan.texts[path])
        written(path)
    return kept


def _captions(count: int) -> str:
    return "1 caption" if count == 1 else f"{count} captions"
