"""What an import would do to the session, and doing it: all of it in one step that one undo takes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Any, Literal, get_args

from j2a import affixes
from j2a.caption import Caption
from j2a.clip import Clip
from j2a.features.corrections import Corrections
from j2a.formats import FORMATS, Entry, Format
from j2a.formats.text import one_line
from j2a.importing.gathering import Gathered
from j2a.importing.matching import Names
from j2a.records import dataclass
from j2a.store import Incoming, Row, Status, Store
from j2a.store.records import Key, key_of

Policy = Literal["fill", "keep-mine", "overwrite"]
POLICIES: tuple[Policy, ...] = get_args(Policy)
Fate = Literal["new", "replaced", "same", "kept"]
_OURS = ("jsonl", "jams", "ace-step-csv", "musiccaps")  # formats whose status is one of ours
_LATEST_S = 1e7  # no file goes on for so long


@dataclass(frozen=True, slots=True)
class Step:
    """One caption, and what becomes of it."""

    fate: Fate
    incoming: Incoming
    before: str  # the text that is there


@dataclass(slots=True)
class Intake:
    """What an import would do. ``problems``: a line for each caption that cannot be taken in."""

    steps: list[Step] = field(default_factory=list)
    said: dict[Path, Corrections] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def count(self, fate: Fate) -> int:
        """How many captions fare so."""
        return sum(step.fate == fate for step in self.steps)

    def carried_out(self, store: Store) -> int:
        """Change the session; how many rows did. Raises ``StoreError``, with nothing changed."""
        wanted = [step.incoming for step in self.steps if step.fate in ("new", "replaced")]
        return len(store.take_in(wanted, self.said))


def planned(found: Gathered, names: Names, rows: Sequence[Row], policy: Policy) -> Intake:
    """Look at every caption: whose it is, and what is there already.

    ``fill``: only where there is no caption. ``keep-mine``: also in the place of a model's drafts, never of what was
    accepted or written by somebody. ``overwrite``: in the place of any.
    """
    intake = Intake()
    there = {key_of(row.clip): row for row in rows}
    corrected = {row.clip.path: row.corrections for row in rows}
    taken: dict[Key, str] = {}
    affix_of = affixes.finder()
    for source, form, told in found.entries:
        if not told.caption.strip():
            continue
        path, why = names.file_of(told)
        # What an export has put around every caption of a folder is no part of it.
        entry = replace(told, caption=affix_of(path.parent).taken_off(told.caption)) if path else told
        clip = _clip(path, entry) if path else None
        if path is None or clip is None:
            name = entry.file if path is None else f"{entry.file} ({entry.start_s:g} to {entry.end_s} s)"
            intake.problems.append(f"{source}: {name}: {why or 'no such time'}.")
            continue
        clip = _to_the_end(there, clip, form, entry)
        key = key_of(clip)
        if key in taken:
            if one_line(taken[key]) != one_line(entry.caption):
                intake.problems.append(f"{source}: {entry.file}: it has another caption, which counts.")
            continue
        taken[key] = entry.caption
        intake.steps.append(_step(clip, form, entry, there.get(key), policy))
        _say(intake, source, path, entry, corrected, policy)
    return intake


def _clip(path: Path, entry: Entry) -> Clip | None:
    try:
        clip = Clip(path, entry.start_s, entry.end_s)
    except ValueError:
        return None
    return clip if max(clip.start_s, clip.end_s or 0.0) < _LATEST_S else None


def _to_the_end(there: Mapping[Key, Row], clip: Clip, form: Format, entry: Entry) -> Clip:
    """The window to the end of its file, where this is its caption: some formats can only name a time there."""
    row = None if key_of(clip) in there else there.get(key_of(Clip(clip.path, clip.start_s)))
    return row.clip if form.needs_duration and row and one_line(row.text) == one_line(entry.caption) else clip


def _step(clip: Clip, form: Format, entry: Entry, row: Row | None, policy: Policy) -> Step:
    known = form.name in _OURS and entry.status in [status.value for status in Status]
    incoming = Incoming(clip, entry.caption, Status(entry.status) if known else None, _provenance(entry))
    before = row.text if row else ""
    if row is None or not before.strip():
        return Step("new", incoming, "")
    if incoming.change(row) == row or (one_line(before) == one_line(entry.caption) and policy != "overwrite"):
        return Step("same", incoming, before)
    if policy == "fill" or (policy == "keep-mine" and row.kept):
        return Step("kept", incoming, before)
    return Step("replaced", incoming, before)


def _provenance(entry: Entry) -> Caption | None:
    """Where a caption came from; ``None`` where that is not told as J2A tells it."""
    if not entry.provenance:
        return None
    try:
        caption = Caption.from_json(dict(entry.provenance))
        texts = (caption.text, caption.version, caption.backbone, caption.weights, caption.prompt_id, caption.prompt)
        right = all(isinstance(text, str) for text in texts) and isinstance(caption.seed, int)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return caption if right else None


def _say(
    intake: Intake, source: str, path: Path, entry: Entry, corrected: dict[Path, Corrections], policy: Policy
) -> None:
    """Take what a person said of the file, where nobody has said anything of it here."""
    if not entry.corrections or path in intake.said:
        return
    there: Any = corrected.get(path)
    if there and policy != "overwrite":
        return
    try:
        new = Corrections.from_json(dict(entry.corrections))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        intake.problems.append(f"{source}: {entry.file}: its corrections are none.")
        return
    if new != there:
        intake.said[path] = new


def default_of(name: str) -> Format | None:
    """The format that ``--format`` names; "" is none."""
    return FORMATS.get("ace-step-csv" if name == "csv" else name)
