"""In which order files are listed, and what of a file the order is about. Knows no screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from j2a.records import dataclass
from j2a.store import Status
from j2a_tui.catalogue import Catalogue, Entry
from j2a_tui.remembered import BY_NAME

UNDECIDED = (None, Status.DRAFT, Status.FAILED)


def _worth(entry: Entry) -> int:
    """How much it is worth to look at a window: what is wrong counts always, what is open until it is decided."""
    points = 4 * entry.contradicted + 3 * entry.disagree
    if entry.status is Status.DRAFT:
        points += 2 * entry.tempo_open + 1
    return points


def _why_worth(entry: Entry) -> str:
    if entry.contradicted:
        return ""  # its mark stands there already
    if entry.disagree:
        return "differ"
    return "tempo?" if entry.tempo_open and entry.status is Status.DRAFT else ""


def _short_key(key: str) -> str:
    tonic, _, mode = key.partition(" ")
    return tonic + ("m" if mode == "minor" else "")


def _day(entry: Entry) -> str:
    return entry.updated_at[5:16].replace("T", " ")


@dataclass(frozen=True, slots=True)
class Sort:
    """One order. Files of which ``value`` knows nothing come last, by their names."""

    name: str
    label: str  # as it is offered
    about: str  # one line
    value: Callable[[Sequence[Entry]], Any] = lambda entries: None  # of the windows of a file; None: nothing known
    shown: Callable[[Sequence[Entry]], str] = lambda entries: ""  # beside a file; "" leaves its duration there
    descending: bool = False

    @property
    def said(self) -> str:
        """Its label inside a sentence."""
        return self.label if self.label.isupper() else self.label.lower()


def _first(of: Callable[[Entry], Any]) -> Callable[[Sequence[Entry]], Any]:
    return lambda entries: next((value for entry in entries if (value := of(entry)) is not None), None)


SORTS: tuple[Sort, ...] = (
    Sort(BY_NAME, "Name", "by folder and name, under the names of folders"),
    Sort("duration", "Duration", "the shortest first"),
    Sort("bpm", "BPM", "the slowest first", _first(lambda entry: entry.bpm),
         lambda entries: f"{_first(lambda entry: entry.bpm)(entries):.0f} BPM"),
    Sort("key", "Key", "by key, C major before C minor", _first(lambda entry: entry.key),
         lambda entries: _short_key(_first(lambda entry: entry.key)(entries))),
    Sort("edited", "Last changed", "what was written or decided last comes first",
         lambda entries: max((entry.updated_at for entry in entries), default=None),
         lambda entries: _day(max(entries, key=lambda entry: entry.updated_at)), descending=True),
    Sort("worth", "Most worth your time", "contradicted, variants that differ, tempo in doubt, drafts, new, decided",
         lambda entries: sum(map(_worth, entries)) if any(entry.status for entry in entries) else None,
         lambda entries: next(filter(None, map(_why_worth, entries)), ""), descending=True),
)
_BY_NAME_OF = {sort.name: sort for sort in SORTS}


def sort_named(name: str) -> Sort:
    """The order of this name; by names where there is none."""
    return _BY_NAME_OF.get(name, SORTS[0])


def order(
    sort: Sort, place_of: Mapping[Path, int], catalogue: Catalogue, durations_s: Callable[[], Sequence[float | None]],
) -> Sequence[int]:
    """The places of the files in this order; by their places they are sorted by their names."""
    places = range(len(place_of))
    if sort.name == BY_NAME:
        return places
    if sort.name == "duration":
        lengths = [float("inf") if length is None else length for length in durations_s()]
        return sorted(places, key=lengths.__getitem__)
    known: list[tuple[Any, int]] = []
    last: list[int] = []
    for path in catalogue.files():
        entries = list(catalogue.of(path))
        value = sort.value(entries) if entries and path in place_of else None
        if sort.name == "worth" and value == 0:
            last.append(place_of[path])  # decided, and nothing wrong with it: behind what is new
        elif value is not None:
            known.append((value, place_of[path]))
    known.sort(key=lambda one: one[1])
    known.sort(key=lambda one: one[0], reverse=sort.descending)
    first = [place for _, place in known]
    elsewhere = {*first, *last}
    return [*first, *(place for place in places if place not in elsewhere), *sorted(last)]


def beside(sort: Sort, entries: Iterable[Entry]) -> str:
    """What stands beside a file, because the list is sorted by it; "" for its duration."""
    found = list(entries)
    return sort.shown(found) if found and sort.value(found) is not None else ""
