"""How often the captions of one version were liked better than those of another. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable

from j2a.records import dataclass
from j2a.store.variants import Pick, Variant

_Z = 1.959964  # standard deviations of a 95 % interval

Maker = tuple[str, str]  # version and backbone


@dataclass(frozen=True, slots=True)
class Tally:
    """Of one version against another."""

    wins: int = 0
    losses: int = 0
    ties: int = 0
    neither: int = 0

    @property
    def judged(self) -> int:
        """Comparisons that say something; where neither was any good, nothing is said."""
        return self.wins + self.losses + self.ties

    @property
    def rate(self) -> float:
        """The part that was won, 0 to 1; a tie is half a win."""
        return (self.wins + self.ties / 2) / self.judged if self.judged else 0.5

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the rate, by Wilson's score."""
        count = self.judged
        if not count:
            return 0.0, 1.0
        middle = (self.rate + _Z**2 / (2 * count)) / (1 + _Z**2 / count)
        half = _Z / (1 + _Z**2 / count) * math.sqrt(self.rate * (1 - self.rate) / count + _Z**2 / (4 * count**2))
        return max(0.0, middle - half), min(1.0, middle + half)


def maker_of(variant: Variant) -> Maker | None:
    """Which version wrote it; ``None`` for a person."""
    return (variant.caption.version, variant.caption.backbone) if variant.caption else None


def tally(picks: Iterable[Pick], one: Maker, other: Maker) -> Tally:
    """How ``one`` fared against ``other``."""
    wins = losses = ties = neither = 0
    for pick in picks:
        if {maker_of(pick.left), maker_of(pick.right)} != {one, other}:
            continue
        if pick.better is not None:
            won = maker_of(pick.better[0]) == one
            wins, losses = wins + won, losses + (not won)
        elif pick.choice == "tie":
            ties += 1
        else:
            neither += 1
    return Tally(wins, losses, ties, neither)
