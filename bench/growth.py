"""Whether what was read again and again during long work grows, or becomes slower. The rules: ``bench/soak.py``."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

WARM_UP = 0.1  # share that does not count
GROWTH = 0.10  # of memory
SLOWER = 1.2
SLACK_S = {"key": 0.005, "words": 0.050}
Series = list[tuple[int, float]]  # after which clip, what


@dataclass
class Verdict:
    """One rule."""

    what: str
    first: float
    last: float
    grown: str
    allowed: str
    holds: bool

    @property
    def verdict(self) -> str:
        """For the table."""
        return "holds" if self.holds else "**BROKEN**"


def judged(seen: Mapping[str, Series], clips: int, growth: float, slower: float) -> list[Verdict]:
    """Every rule, for every series. Names tell which: "... MiB", "... files", "... threads", "key", "words"."""
    found = []
    for name, series in seen.items():
        if name.endswith("MiB"):
            first, last = fitted(after_warm_up(series, clips))
            share = (last - first) / first
            is_judged = "resident" in name
            allowed = f"{growth:.0%}" if is_judged else "only told"
            found.append(Verdict(name, first, last, f"{share:+.1%}", allowed, share < growth or not is_judged))
        elif name.endswith(("files", "threads")) or name == "processes":
            first, last = fitted(after_warm_up(series, clips))
            second, fourth = quarters(series, clips)
            holds = last - first < 0.5 and fourth <= second
            found.append(Verdict(name, first, last, f"{last - first:+.2f}", "0", holds))
    before, after = quarters(seen["yardstick"], clips)
    pace = max(1.0, after / before)
    for name, slack in SLACK_S.items():
        second, fourth = quarters(seen[name], clips)
        limit = slower * pace * second + slack
        allowed = f"{1000 * limit:.0f} ms (yardstick x{pace:.2f})"
        holds = fourth <= limit
        found.append(Verdict(f"{name}, ms", 1000 * second, 1000 * fourth, f"x{fourth / second:.2f}", allowed, holds))
    return found


def after_warm_up(series: Series, clips: int) -> Series:
    """Without the first tenth."""
    return [(clip, value) for clip, value in series if clip >= WARM_UP * clips]


def fitted(series: Series) -> tuple[float, float]:
    """Where the line through a series begins and ends."""
    places, values = np.array(series).T
    slope, start = np.polyfit(places, values, 1)
    return float(start + slope * places[0]), float(start + slope * places[-1])


def quarters(series: Series, clips: int) -> tuple[float, float]:
    """The medians of the second and of the last quarter."""

    def median(first: float, last: float) -> float:
        return statistics.median(value for clip, value in series if first * clips <= clip < last * clips)

    return median(0.25, 0.5), median(0.75, 1.0)
