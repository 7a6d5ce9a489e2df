"""What the store hands out, and how it is written down."""

from __future__ import annotations

import getpass
import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from j2a.affixes import NONE as NO_AFFIX
from j2a.affixes import Affix
from j2a.caption import Caption
from j2a.clip import Clip
from j2a.errors import StoreError
from j2a.features.corrections import NONE, Corrections
from j2a.features.record import Features
from j2a.printable import one_paragraph, several_lines
from j2a.records import dataclass
from j2a.store import checksums
from j2a.store.variants import Pick, Variant

SEPARATOR = os.sep.encode()
TO_THE_END_MS = -1
"""``end_ms`` of a clip that runs to the end of its file: SQLite holds two NULLs to be different."""
ABOUT_FILE_MS = -1
"""``start_ms`` of the row that holds what is said of a whole file, its corrections; no window begins there."""


class Status(StrEnum):
    """What the annotator decided about a window."""

    DRAFT = "draft"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SKIPPED = "skipped"
    FLAGGED = "flagged"
    FAILED = "failed"  # nobody's decision: no caption could be made


BEST_FIRST = (Status.ACCEPTED, Status.FLAGGED, Status.DRAFT, Status.FAILED, Status.REJECTED, Status.SKIPPED)
"""Which status stands for a file that has several windows."""


@dataclass(frozen=True)
class Row:
    """One window of one file and its caption."""

    clip: Clip  # absolute path, times to the millisecond
    text: str  # the caption as it stands
    generated_text: str  # as the model wrote it; "" when written by hand
    status: Status
    caption: Caption | None  # provenance; None when written by hand
    annotator: str
    created_at: str  # ISO 8601, UTC
    updated_at: str
    variants: tuple[Variant, ...] = ()  # every caption that it had, oldest first; () where there is but the one
    variant: int = 0  # which of them the text is; it stands here as it was when it was chosen
    picks: tuple[Pick, ...] = ()  # which of two captions somebody liked better
    corrections: Corrections = NONE  # what somebody says of the file
    about_file: bool = False  # this is the row that holds them, and no window's
    affix: Affix = NO_AFFIX  # what an export has put around the text

    def with_affix(self, affix: Affix) -> Row:
        """As it is exported: with what stands before and behind every caption of its folder."""
        return replace(self, text=affix.around(self.text), affix=affix) if affix != NO_AFFIX else self

    @property
    def features(self) -> Features:
        """What was measured, with the corrections in its place."""
        return self.corrections.applied(self.caption.features if self.caption else Features(), self.clip)

    @property
    def every_variant(self) -> tuple[Variant, ...]:
        """Every caption that it had, the one that stands there as it stands."""
        here = Variant.of(self.text, self.caption)
        if not self.variants:
            return (here,) if self.text.strip() else ()
        return (*self.variants[: self.variant], here, *self.variants[self.variant + 1 :])

    @property
    def edited(self) -> bool:
        """Whether the text has words of a person in it."""
        return is_edited(self.affix.taken_off(self.text), self.caption)

    @property
    def kept(self) -> bool:
        """Whether only an explicit act may replace the text: it was accepted, or somebody wrote in it."""
        return bool(self.text.strip()) and (self.status is Status.ACCEPTED or self.edited)


def is_edited(text: str, caption: Caption | None) -> bool:
    """Whether a text is not, or not only, what a model made."""
    return bool(text.strip()) and (caption is None or text.strip() != caption.text.strip())


def kept_error() -> StoreError:
    """A text that is kept was to be replaced by a generated one."""
    return StoreError("It was accepted, or somebody wrote in it.", "Ask for a variant to replace it.",
                      title="The caption of this window stays")


class Key(NamedTuple):
    """What identifies a window. Times are whole milliseconds, so that windows compare exactly."""

    path: bytes  # absolute, as the file system has it: not every file name is Unicode
    start_ms: int
    end_ms: int


def key_of(clip: Clip) -> Key:
    """The key of a clip by the name it was given; under which others it may be kept: :mod:`j2a.store.names`."""
    start_ms = round(clip.start_s * 1000)
    # A window shorter than a millisecond still ends after its start.
    end_ms = TO_THE_END_MS if clip.end_s is None else max(start_ms + 1, round(clip.end_s * 1000))
    return Key(path_bytes(clip.path), start_ms, end_ms)


def clip_of(key: Key) -> Clip:
    """The inverse of :func:`key_of`."""
    if key.start_ms == ABOUT_FILE_MS:
        return Clip(Path(os.fsdecode(key.path)))
    end_s = None if key.end_ms == TO_THE_END_MS else key.end_ms / 1000
    return Clip(Path(os.fsdecode(key.path)), key.start_ms / 1000, end_s)


def about_file(path: Path) -> Key:
    """The key of what is said of a whole file."""
    return Key(path_bytes(path), ABOUT_FILE_MS, TO_THE_END_MS)


def path_bytes(path: Path) -> bytes:
    """A path made absolute, as bytes. ``..`` is resolved by name, so the file need not exist."""
    return os.fsencode(os.path.abspath(path))  # noqa: PTH100 - Path.absolute() keeps ".."


def prefix_range(folder: bytes) -> tuple[bytes, bytes]:
    """The half-open range of path bytes that lie under a folder."""
    prefix = folder.rstrip(SEPARATOR) + SEPARATOR
    return prefix, prefix[:-1] + bytes([prefix[-1] + 1])


class DamagedRowError(StoreError):
    """What is kept of a window is not what was written there."""

    title = "Cannot read a caption"


class Kept(NamedTuple):
    """A row as it is in the file."""

    key: Key  # the one that it is kept under
    change: int  # the number, in the journal, of the change that made it so
    state: str
    checksum: int | None = None

    @property
    def whole(self) -> bool:
        """Whether it is what was written."""
        return checksums.holds((*self.key, self.change, self.state), self.checksum)


def state_of(row: Row) -> str:
    """Everything of a row but its clip, as JSON: what the journal keeps. Corrections stand in the file's own row."""
    further: dict[str, Any] = {}
    if row.variants:
        further |= {"variants": [one.to_json() for one in row.variants], "variant": row.variant}
    if row.picks:
        further["picks"] = [pick.to_json() for pick in row.picks]
    if row.about_file:
        further["corrections"] = row.corrections.to_json()
    return json.dumps({
        "text": row.text,
        "generated_text": row.generated_text,
        "status": row.status.value,
        "caption": row.caption.to_json() if row.caption else None,
        "annotator": row.annotator,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        **further,
    })


def read(asked: Key, kept: Kept) -> Row:
    """The row under the name that was asked for. Raises ``DamagedRowError`` where it is not what was written."""
    if not kept.whole:
        raise _damaged(asked, "it is not what was written")
    return row_of(asked, kept.state)


def row_of(key: Key, state: str) -> Row:
    """The inverse of :func:`state_of`. Raises ``DamagedRowError`` for a state that it did not write."""
    try:
        data: dict[str, Any] = json.loads(state)
        texts = [data[name] for name in ("text", "generated_text", "annotator", "created_at", "updated_at")]
        if not state.isascii() or not all(isinstance(text, str) for text in texts):
            raise ValueError("it holds what was never written there")
        text, generated_text, annotator, created_at, updated_at = texts
        variants = tuple(Variant.from_json(one) for one in data.get("variants", ()))
        if not 0 <= data.get("variant", 0) <= max(0, len(variants) - 1):
            raise ValueError("there is no such variant")
        return Row(
            clip=clip_of(key),
            text=several_lines(text),
            generated_text=several_lines(generated_text),
            status=Status(data["status"]),
            caption=_provenance(data["caption"]),
            annotator=annotator,
            created_at=created_at,
            updated_at=updated_at,
            variants=variants,
            variant=data.get("variant", 0),
            picks=tuple(Pick.from_json(pick) for pick in data.get("picks", ())),
            corrections=Corrections.from_json(data.get("corrections", {})),
            about_file=key.start_ms == ABOUT_FILE_MS,
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _damaged(key, f"{type(error).__name__}: {error}") from error


def _damaged(key: Key, why: str) -> DamagedRowError:
    where = f" at {key.start_ms / 1000:g} s" if isinstance(key.start_ms, int) else ""
    return DamagedRowError(
        f"the row of {os.fsdecode(key.path)}{where} is damaged ({why}).",
        "Describe or write that window once more in the app; the journal in the file keeps its earlier texts.",
    )


def _provenance(data: dict[str, Any] | None) -> Caption | None:
    """Raises what a damaged one does: everything that is exported of it is looked at."""
    if data is None:
        return None
    caption = Caption.from_json(data)
    texts = [caption.text, caption.written, caption.version, caption.backbone, caption.prompt_id]
    if not all(isinstance(text, str) for text in texts) or not isinstance(caption.seed, int):
        raise ValueError("where it came from is not what was written there")
    return caption


def status_in(kept: Kept) -> str:
    """The status that a row's state tells, "" for a damaged one."""
    try:
        return read(kept.key, kept).status.value
    except DamagedRowError:
        return ""


def has_text(state: str) -> bool:
    """Whether a row's state has a caption in it; one that is damaged has none."""
    try:
        return bool(json.loads(state)["text"].strip())
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False


def now() -> str:
    """The time as ISO 8601 in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def default_annotator() -> str:
    """``J2A_ANNOTATOR``, else the login name, else ""."""
    named = os.environ.get("J2A_ANNOTATOR")
    if named is not None:
        return one_paragraph(named)
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user id without an account, as in many containers
        return ""
