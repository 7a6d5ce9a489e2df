"""Loudness as block characters. Pure: numbers in, cells out.

A cell is (character, front, back): what the character is drawn in and what is behind it, each of them "rms" (the body
of the sound), "peak" (its outline), or "" (nothing: the background).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

Cell = tuple[str, str, str]

EIGHTHS = " ▁▂▃▄▅▆▇█"


def fold(values: Sequence[float], columns: int) -> list[float]:
    """As many columns as there is room for: the loudest of what falls into each, so that nothing is overlooked."""
    count = len(values)
    if not count or columns <= 0:
        return [0.0] * max(columns, 0)
    edges = [index * count // columns for index in range(columns + 1)]
    return [max(values[first:max(last, first + 1)]) for first, last in pairwise(edges)]


def upright(rms: Sequence[float], peak: Sequence[float], height: int) -> list[list[Cell]]:
    """Bars that stand on the last of ``height`` rows; values in [0, 1], one a column. Silence is a thin line."""
    rows = []
    for row in range(height):
        floor = (height - 1 - row) * 8
        rows.append([
            _standing(_part(body, height, floor), _part(outline, height, floor, at_least=1))
            for body, outline in zip(rms, peak, strict=True)
        ])
    return rows


def mirrored(rms: Sequence[float], peak: Sequence[float], height: int) -> list[list[Cell]]:
    """Bars to both sides of the middle of an even number of rows."""
    half = height // 2
    upper = upright(rms, peak, half)
    lower = []
    for row in range(half):
        lower.append([
            _hanging(_part(body, half, row * 8), _part(outline, half, row * 8, at_least=1))
            for body, outline in zip(rms, peak, strict=True)
        ])
    return [*upper, *lower]


def _part(value: float, height: int, floor: int, at_least: int = 0) -> int:
    """How many eighths of the cell that begins ``floor`` eighths from the line are filled."""
    filled = max(at_least, round(value * height * 8))
    return min(8, max(0, filled - floor))


def _standing(body: int, outline: int) -> Cell:
    """A cell filled from below."""
    if body >= 8:
        return "█", "rms", ""
    if outline >= 8:
        return EIGHTHS[body], "rms", "peak"
    # Three colours do not fit into a cell: the larger share decides.
    return EIGHTHS[outline], "rms" if body * 2 > outline else "peak", ""


def _hanging(body: int, outline: int) -> Cell:
    """A cell filled from above: blocks only grow from below, so the rest is drawn over what is behind."""
    if body >= 8:
        return "█", "rms", ""
    if outline >= 8:
        return EIGHTHS[8 - body], "peak", "rms" if body else ""
    if not outline:
        return " ", "", ""
    return EIGHTHS[8 - outline], "", "rms" if body * 2 > outline else "peak"
