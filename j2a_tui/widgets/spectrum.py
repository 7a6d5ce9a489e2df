"""What sounds at which pitch, as characters. Pure: numbers in, cells out."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from j2a.records import dataclass

LEVELS = 16
SHADES = " ░▒▓█"


@dataclass(frozen=True, slots=True)
class Picture:
    """``rows`` x ``columns`` levels from 0 to 255 in ``data``, row by row, the lowest pitch first."""

    rows: int
    columns: int
    data: bytes

    @classmethod
    def from_json(cls, result: dict[str, Any]) -> Picture | None:
        """The answer of the engine to a ``Look``; ``None`` for what is none."""
        try:
            picture = cls(int(result["rows"]), int(result["columns"]), base64.b64decode(result["levels"]))
        except (KeyError, TypeError, ValueError):
            return None
        return picture if 0 < picture.rows * picture.columns == len(picture.data) else None


def fold(picture: Picture, height: int, width: int) -> list[bytes]:
    """As many rows, the highest pitch on top, and columns as there is room for: the strongest in each."""
    edges = [index * picture.columns // width for index in range(width + 1)]
    rows = [picture.data[row * picture.columns : (row + 1) * picture.columns] for row in range(picture.rows)]
    folded = []
    for first, last in pairwise([index * picture.rows // height for index in range(height + 1)]):
        inside = rows[first : max(last, first + 1)]
        line = inside[0] if len(inside) == 1 else bytes(map(max, *inside))
        folded.append(bytes(max(line[left : max(right, left + 1)]) for left, right in pairwise(edges)))
    return folded[::-1]


def half_blocks(picture: Picture, height: int, width: int) -> list[list[tuple[int, int]]]:
    """Two levels below ``LEVELS`` a cell, of its upper and its lower half."""
    rows = [[level * LEVELS // 256 for level in row] for row in fold(picture, 2 * height, width)]
    return [list(zip(upper, lower, strict=True)) for upper, lower in zip(rows[::2], rows[1::2], strict=True)]


def shades(picture: Picture, height: int, width: int) -> list[str]:
    """One character a cell, without colours."""
    return ["".join(SHADES[level * len(SHADES) // 256] for level in row) for row in fold(picture, height, width)]


def ramp(colors: Sequence[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """``LEVELS`` colours that lead evenly from the first through the others to the last."""
    blended = []
    for level in range(LEVELS):
        place = level / (LEVELS - 1) * (len(colors) - 1)
        first = min(int(place), len(colors) - 2)
        part = place - first
        one, other = colors[first], colors[first + 1]
        red, green, blue = (round(a + (b - a) * part) for a, b in zip(one, other, strict=True))
        blended.append((red, green, blue))
    return blended
