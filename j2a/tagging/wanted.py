"""What a file's tags should say, from what was measured in it, corrected and captioned."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, get_args

from j2a.features.record import Features
from j2a.formats.values import camelot, open_key, short_key
from j2a.records import dataclass
from j2a.store import Row, Status
from j2a.tagging.fields import FIELDS, Field, Tagged, Values

Spelling = Literal["classic", "camelot", "open"]
SPELLINGS: tuple[Spelling, ...] = get_args(Spelling)
_SPELT: dict[Spelling, Callable[[str], str]] = {"classic": short_key, "camelot": camelot, "open": open_key}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Of one field: what is there, what it should be, and why it is left as it is ("" where it is to be written)."""

    field: Field
    there: list[str]
    value: str
    why_not: str = ""


def wanted(
    tags: Tagged, features: Features, rows: Sequence[Row], fields: Iterable[Field], spelling: Spelling, *, force: bool
) -> list[Wanted]:
    """One for each field for which there is a value. A field that is there is kept, unless ``force``."""
    there = tags.read()
    found = []
    for field in (one for one in FIELDS if one in set(fields)):
        value, why_not = _value(field, tags, features, rows, spelling)
        if not value and not why_not:
            continue
        here = there.get(field, [])
        if value and here == [value]:
            why_not = "the same"
        elif value and here and not force:
            why_not = "kept"
        found.append(Wanted(field, here, value, why_not))
    return found


def to_write(found: Iterable[Wanted]) -> Values:
    """The values of those that are to be written."""
    return {one.field: [one.value] for one in found if not one.why_not}


def _value(
    field: Field, tags: Tagged, features: Features, rows: Sequence[Row], spelling: Spelling
) -> tuple[str, str]:
    """(the text, why there is none)"""
    match field:
        case "bpm":
            if features.bpm is None:
                return "", "none was measured"
            if features.bpm_sure is False:
                tempi = " or ".join(f"{one.bpm:g}" for one in features.bpm_candidates[:2])
                return "", f"undecided: {tempi or features.bpm}"
            return tags.bpm_text(features.bpm), ""
        case "key":
            return (_SPELT[spelling](features.key), "") if features.key else ("", "none was measured")
        case "genre":
            styles = [tag.label for tag in features.tags or () if tag.kind == "style"]
            return (styles[0].capitalize(), "") if styles else ("", "")
    accepted = [row for row in rows if row.status is Status.ACCEPTED and row.text.strip()]
    return (" ".join(accepted[0].text.split()), "") if accepted else ("", "no caption is accepted")
