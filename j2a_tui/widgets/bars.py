"""Loudness as characters. Pure: numbers in, cells out.

A cell is (character, kind); a kind is "rms" (the body of the sound), "peak" (its outline), or "" (nothing).
"""

from __future__ import annotations

from collections.abc import Sequence

Cell = tuple[str, str]

EIGHTHS = " ▁▂▃▄▅▆▇█"
_BRAILLE = 0x2800
# Dots of a braille cell by column, from top to bottom.
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))


def fold(values: Sequence[float], columns: int) -> list[float]:
    """As many columns as there is room for: the loudest of what falls into each, so that nothing is overlooked."""
    count = len(values)
    if not count or columns <= 0:
        return [0.0] * max(columns, 0)
    return [
        max(values[index * count // columns:max((index + 1) * count // columns, index * count // columns + 1)])
        for index in range(columns)
    ]


def upright(rms: Sequence[float], peak: Sequence[float], height: int) -> list[list[Cell]]:
    """Bars of eighth blocks that stand on the last of ``height`` rows; values in [0, 1], one a cell."""
    rows: list[list[Cell]] = []
    for row in range(height):
        floor = (height - 1 - row) * 8
        cells: list[Cell] = []
        for body, outline in zip(rms, peak, strict=True):
            inside = min(8, max(0, round(body * height * 8) - floor))
            # Even silence has a line to stand on.
            outside = min(8, max(1 if row == height - 1 else 0, round(outline * height * 8) - floor))
            cells.append((EIGHTHS[max(inside, outside)], "rms" if inside and inside * 2 >= outside else "peak"))
        rows.append(cells)
    return rows


def mirrored(rms: Sequence[float], peak: Sequence[float], height: int) -> list[list[Cell]]:
    """Braille around the middle of ``height`` rows; values in [0, 1], **two** a cell."""
    dots = height * 4
    bodies = [_extent(value, dots) for value in rms]
    outlines = [_extent(value, dots) for value in peak]
    rows: list[list[Cell]] = []
    for row in range(height):
        cells: list[Cell] = []
        for left in range(0, len(outlines) - 1, 2):
            bits, inside, lit = 0, 0, 0
            for side in (0, 1):
                for level in range(4):
                    # Distance from the middle line, which lies between two dots.
                    distance = abs(2 * (row * 4 + level) + 1 - dots) // 2
                    if distance < outlines[left + side]:
                        bits |= _DOTS[side][level]
                        lit += 1
                        inside += distance < bodies[left + side]
            cells.append((chr(_BRAILLE + bits), "rms" if inside * 2 >= lit else "peak") if lit else (" ", ""))
        rows.append(cells)
    return rows


def _extent(value: float, dots: int) -> int:
    """Dots on each side of the middle; at least one, so that silence is a line."""
    return max(1, round(value * dots / 2))
