"""Finding and replacing in many captions at once: what would change, before anything does. Pure."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Literal, get_args

import regex

from j2a.clip import Clip
from j2a.printable import several_lines
from j2a.records import dataclass
from j2a.store import Row, Status

Which = Literal["drafts", "accepted", "all"]
PATIENCE_S = 1.0  # for all captions together; an expression can take years for one line
WHICH: tuple[Which, ...] = get_args(Which)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to find, what to put there; ``which`` captions: accepted ones only when that is said."""

    find: str
    replace: str
    regex: bool = False
    case: bool = False
    which: Which = "drafts"


@dataclass(frozen=True, slots=True)
class Replacement:
    """One caption before and after, and in how many places they differ."""

    clip: Clip
    before: str
    after: str
    count: int
    status: Status

    @property
    def leaves_nothing(self) -> bool:
        """Whether no word would be left of the caption."""
        return not self.after.strip()


class PatternError(ValueError):
    """A regular expression, or what shall stand in its place, that makes no sense; in a sentence."""


def replacements(rows: Iterable[Row], wanted: Wanted) -> list[Replacement]:
    """Every caption that would change, in the order of the rows; also those of which nothing would be left, so that it
    can be told: they stay as they are. Raises :class:`PatternError`."""
    if not wanted.find:
        return []
    substitute = _substitution(wanted, time.monotonic() + PATIENCE_S)
    found = []
    for row in rows:
        if not row.text.strip() or not _counts(row.status, wanted.which):
            continue
        try:
            text, count = substitute(row.text)
        except (regex.error, IndexError) as error:
            raise PatternError(f"what shall stand there makes no sense: {error}.") from error
        except TimeoutError as error:
            raise PatternError("that takes too long: nothing is found. Write the expression more narrowly.") from error
        text = several_lines(text)
        if text != row.text:
            found.append(Replacement(row.clip, row.text, text, count, row.status))
    return found


def _counts(status: Status, which: Which) -> bool:
    return which == "all" or (status is Status.ACCEPTED) == (which == "accepted")


def _substitution(wanted: Wanted, until: float) -> Callable[[str], tuple[str, int]]:
    """``until``: the time from which on it raises ``TimeoutError``."""
    flags = 0 if wanted.case else regex.IGNORECASE
    if not wanted.regex:
        plain = regex.compile(regex.escape(wanted.find), flags)
        return lambda text: plain.subn(lambda _: wanted.replace, text)
    try:
        pattern = regex.compile(wanted.find, flags)
    except (regex.error, RecursionError, OverflowError) as error:
        raise PatternError(f"that is no regular expression: {error}.") from error
    return lambda text: pattern.subn(wanted.replace, text, timeout=max(1e-3, until - time.monotonic()))
