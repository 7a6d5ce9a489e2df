"""What each of several people has made of the same windows, as the journal tells it, and how far they agree. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations

from j2a.clip import Clip
from j2a.features.record import Features
from j2a.records import dataclass
from j2a.store.records import Key, Row, Status, row_of

DECIDED = frozenset((Status.ACCEPTED, Status.REJECTED, Status.SKIPPED, Status.FLAGGED))


@dataclass(frozen=True, slots=True)
class Opinion:
    """How a window stood when somebody left it."""

    clip: Clip
    annotator: str
    text: str
    status: Status
    at: str  # ISO 8601, UTC

    @property
    def claims(self) -> frozenset[tuple[str, str]]:
        """Kind and words of what the text claims."""
        from j2a.grounding import claims

        return frozenset((claim.kind, claim.text.casefold()) for claim in claims(self.text, Features()))


def opinion_of(key: Key, annotator: str, state: str | None) -> Opinion | None:
    """What a journaled change left; ``None`` where nothing of the annotator's was left: it was taken back.

    Raises ``DamagedRowError``.
    """
    if state is None:
        return None
    row: Row = row_of(key, state)
    if row.annotator != annotator or not (row.text.strip() or row.status in DECIDED):
        return None
    return Opinion(row.clip, annotator, row.text, row.status, row.updated_at)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of two people, over the windows of which both have decided."""

    one: str
    other: str
    windows: int
    same: int  # windows with the same decision
    claims: int  # in the text of either
    shared: int  # in the texts of both


def agreements(opinions: Iterable[Opinion]) -> list[Agreement]:
    """Every two people that have decided about the same windows, those with the most windows first."""
    of_window: dict[Clip, dict[str, Opinion]] = defaultdict(dict)
    for opinion in opinions:
        if opinion.status in DECIDED:
            of_window[opinion.clip][opinion.annotator] = opinion
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for by_name in of_window.values():
        for one, other in combinations(sorted(by_name), 2):
            a, b = by_name[one], by_name[other]
            both = (1, int(a.status is b.status), len(a.claims | b.claims), len(a.claims & b.claims))
            counts[one, other] = [total + more for total, more in zip(counts[one, other], both, strict=True)]
    found = [Agreement(*pair, *numbers) for pair, numbers in counts.items()]
    return sorted(found, key=lambda one: (-one.windows, one.one, one.other))
