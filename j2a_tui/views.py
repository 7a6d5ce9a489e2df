"""What is searched for: words of names, and conditions such as ``status:new bpm:118-124 key:Am``. Knows no screen."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from j2a.music import key_named, same_key
from j2a.records import dataclass
from j2a.store import Status
from j2a_tui.catalogue import Catalogue, Entry, Meets

NEW, EDITED = "new", "edited"
STATUSES = (NEW, EDITED, *(status.value for status in Status))
CONDITIONS = ("status", "bpm", "key", "tag", "voice", "contradicted", "edited", "caption", "annotator")
_CONDITION = re.compile(rf"({'|'.join(CONDITIONS)}):(\S*)", re.IGNORECASE)
_RANGE = re.compile(r"(?:(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)|([<>]=?)?(\d+(?:\.\d+)?))")
Test = Callable[[Entry], bool]


class QueryError(ValueError):
    """A condition that cannot be understood, in a sentence."""


@dataclass(frozen=True, slots=True)
class Query:
    """Words that are all in a name; statuses, of which a file has one; tests, all passed by one of its windows."""

    words: str = ""
    statuses: tuple[str, ...] = ()
    tests: tuple[Test, ...] = ()
    problem: str = ""  # of a condition that cannot be understood, or is half typed: it is left out

    def matcher(self, statuses: Mapping[Path, Status], catalogue: Catalogue) -> Meets | None:
        """Which files meet the conditions; ``None`` where there are none."""
        # Only files that have something are looked at: 50,000 others cost nothing.
        if self.tests:
            hits = {path for path in catalogue.files() if self._meets(path, statuses, catalogue)}
            return Meets(hits)
        if NEW in self.statuses:
            others = {path for path, status in statuses.items() if not self._has_status(path, status, catalogue)}
            return Meets(others, inside=False)
        if self.statuses:
            hits = {path for path, status in statuses.items() if self._has_status(path, status, catalogue)}
            return Meets(hits)
        return None

    def _meets(self, path: Path, statuses: Mapping[Path, Status], catalogue: Catalogue) -> bool:
        if self.statuses and not self._has_status(path, statuses.get(path), catalogue):
            return False
        return any(all(test(entry) for test in self.tests) for entry in catalogue.of(path))

    def _has_status(self, path: Path, status: Status | None, catalogue: Catalogue) -> bool:
        if status is None:
            return NEW in self.statuses
        return status.value in self.statuses or (EDITED in self.statuses and catalogue.edited(path))


def parse(text: str, annotator: str = "") -> Query:
    """What was typed; ``annotator`` is who "me" is."""
    words, statuses, tests, problem = [], [], [], ""
    for part in text.split():
        match = _CONDITION.fullmatch(part)
        if match is None:
            words.append(part)
            continue
        name, value = match[1].lower(), match[2]
        try:
            if name == "status":
                statuses.append(_status(value))
            else:
                tests.append(_test(name, value, annotator))
        except QueryError as error:
            problem = str(error) if value else f"{name}: wants something behind it, such as {_EXAMPLES[name]}."
    return Query(" ".join(words), tuple(statuses), tuple(tests), problem)


_EXAMPLES = {
    "status": "status:new", "bpm": "bpm:118-124", "key": "key:Am", "tag": "tag:metal", "voice": "voice:yes",
    "contradicted": "contradicted:>0", "edited": "edited:yes", "caption": "caption:*piano*",
    "annotator": "annotator:me",
}  # fmt: skip


def _status(value: str) -> str:
    if value.lower() not in STATUSES:
        raise QueryError(f"status: is one of {', '.join(STATUSES)}.")
    return value.lower()


def _test(name: str, value: str, annotator: str) -> Test:
    wanted = value.casefold()
    if not wanted:
        raise QueryError(name)
    match name:
        case "bpm":
            fits = _number(name, value)
            return lambda entry: entry.bpm is not None and fits(round(entry.bpm, 1))
        case "contradicted":
            if wanted in ("yes", "no"):
                return lambda entry: bool(entry.contradicted) == (wanted == "yes")
            fits = _number(name, value)
            return lambda entry: entry.status is not None and fits(entry.contradicted)
        case "key":
            key = _key(value)
            return lambda entry: entry.key is not None and same_key(entry.key, key)
        case "tag":
            return lambda entry: any(wanted in tag.casefold() for tag in entry.tags)
        case "voice" | "edited":
            if wanted not in ("yes", "no"):
                raise QueryError(f"{name}: is yes or no.")
            if name == "voice":
                return lambda entry: ("voice" in entry.tags) == (wanted == "yes")
            return lambda entry: bool(entry.text.strip()) and entry.edited == (wanted == "yes")
        case "caption":
            pattern = wanted if "*" in wanted else f"*{wanted}*"
            return lambda entry: fnmatchcase(entry.text.casefold(), pattern)
    who = annotator if wanted == "me" else value
    return lambda entry: entry.annotator == who


def _number(name: str, value: str) -> Callable[[float], bool]:
    match = _RANGE.fullmatch(value)
    if match is None:
        raise QueryError(f"{name}: wants a number or a range, such as {_EXAMPLES[name]}.")
    if match[1]:
        low, high = float(match[1]), float(match[2])
        return lambda number: low <= number <= high
    limit = float(match[4])
    match match[3]:
        case ">":
            return lambda number: number > limit
        case ">=":
            return lambda number: number >= limit
        case "<":
            return lambda number: number < limit
        case "<=":
            return lambda number: number <= limit
    return lambda number: abs(number - limit) < 1 if name == "bpm" else number == limit


def _key(value: str) -> str:
    key = key_named(value)
    if key is None:
        raise QueryError("key: wants a key, such as key:Am, key:F# or key:Bb.")
    return key
