"""An export from the app: the choices, and what would be written, before it is. Knows no screen."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from j2a.errors import ExportError
from j2a.exporting.choosing import Only
from j2a.formats import FORMATS
from j2a.records import dataclass
from j2a.store import Row

if TYPE_CHECKING:
    from j2a.exporting.cutting import Kind
    from j2a.exporting.saving import Plan, Wish

CSV = "csv"
NAMES = (CSV, *FORMATS)
FIGURES: dict[bool | None, str] = {None: "as its readers want", True: "in the texts", False: "not in the texts"}
AUDIO: tuple[Kind | None, ...] = (None, "flac", "wav")


@dataclass(frozen=True, slots=True)
class Choice:
    """How it shall be written."""

    folder: Path
    name: str = CSV
    only: Only = "accepted"
    figures: bool | None = None
    audio: Kind | None = None
    out: str = ""  # as it was typed; "" for where it usually goes

    @property
    def about(self) -> str:
        """Who reads it, and which files it is."""
        if self.name == CSV:
            return "anything, J2A again: captions.csv"
        form = FORMATS[self.name]
        return f"{form.purpose}: {form.writes}"

    @property
    def target(self) -> Path:
        """The file, or the folder of many files."""
        if self.out.strip():
            return self.folder / os.path.expanduser(self.out.strip())  # noqa: PTH111 - also of a name without a home
        if self.audio is not None:
            return self.folder.with_name(f"{self.folder.name} windows")
        return self.folder / ("captions.csv" if self.name == CSV else FORMATS[self.name].file_name)

    @property
    def has_options(self) -> bool:
        """Whether figures and windows of their own can be chosen."""
        return self.name != CSV

    def other(self, by: int) -> Choice:
        """The format so many places further on; a place that was typed for one is not that of the next."""
        place = min(max(0, NAMES.index(self.name) + by), len(NAMES) - 1)
        return self if NAMES[place] == self.name else Choice(self.folder, NAMES[place])

    def with_other_figures(self) -> Choice:
        """The next of the three ways."""
        ways = list(FIGURES)
        return replace(self, figures=ways[(ways.index(self.figures) + 1) % len(ways)])

    def with_other_audio(self) -> Choice:
        """Windows as they lie in their files, or cut to files of their own."""
        return replace(self, audio=AUDIO[(AUDIO.index(self.audio) + 1) % len(AUDIO)])

    def wish(self, *, force: bool = False) -> Wish:
        """The same for what writes."""
        from j2a.exporting.saving import Wish

        return Wish(FORMATS[self.name], self.folder, self.target, self.figures, self.audio, force)


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be written: a sentence, the files by name, and what the user should know."""

    told: str
    files: tuple[tuple[str, str], ...] = ()  # ("new", "changed" or "same"; name)
    notes: tuple[str, ...] = ()
    plan: Plan | None = None


def preview(rows: Sequence[Row], choice: Choice) -> Preview:
    """Look at everything that would be written, and write nothing. Raises ``J2AError``."""
    _check_place(choice)
    if choice.name == CSV:
        state = "changed" if choice.target.exists() else "new"
        return Preview(f"{_many(len(rows), 'row')} in one file", ((state, choice.target.name),))
    from j2a.exporting.saving import planned

    plan = planned(rows, choice.wish())
    counts = ", ".join(f"{plan.count(state)} {state}" for state in ("new", "changed", "same") if plan.count(state))
    told = f"{_many(plan.captions, 'caption')} in {_many(len(plan.states), 'file')}{f': {counts}' if counts else ''}"
    root = choice.target if choice.target.is_dir() or not choice.target.suffix else choice.target.parent
    files = sorted(
        ((state, _name(path, root)) for path, state in plan.states.items()),
        key=lambda one: ("changed", "new", "same").index(one[0]),
    )
    return Preview(told, tuple(files), (*plan.notes, *plan.left_out), plan)


def written(rows: Sequence[Row], choice: Choice, *, force: bool) -> str:
    """Write it, and say what was written. Raises ``WouldLoseError`` where files would change, and ``J2AError``."""
    from j2a.exporting import FORMATS as WRITERS
    from j2a.exporting.saving import carried_out, planned

    _check_place(choice)
    if choice.name == CSV:
        WRITERS[CSV].save(rows, choice.folder, choice.target, "dataset", force)
        return f"{_many(len(rows), 'caption')} written"
    wish = choice.wish(force=force)
    plan = planned(rows, wish)
    carried_out(plan, wish)
    left = f", {_many(len(plan.left_out), 'file')} left out: {plan.left_out[0]}" if plan.left_out else ""
    return f"{_many(plan.captions, 'caption')} written in {_many(len(plan.states), 'file')}{left}"


def _check_place(choice: Choice) -> None:
    """Raise ``ExportError`` for what was typed and can be no place on this machine."""
    if os.path.expanduser(choice.out.strip()).startswith("~"):  # noqa: PTH111 - which raises
        raise ExportError("The place begins with ~ and a name that has no home here.", "Write the path out.")
    try:
        choice.target.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return
    except (OSError, ValueError) as error:  # too long a name, or a letter that no name has
        why = getattr(error, "strerror", None) or error
        raise ExportError(f"The place cannot be: {why}.", "Name another.") from error


def _name(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else path.name


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
