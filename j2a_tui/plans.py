"""Windows of a track that shall be captioned: how they are laid over it, and where they are kept until they are.

They are no captions, so they are not in the store: one small file for each track beside it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from j2a import paths, small_files
from j2a_tui.windows import SHORTEST_S, Window

MOST = 10_000  # windows of a track; an hour and a half has so many of half a second


def of_bars(downbeats_s: Sequence[float], bars: int, duration_s: float) -> list[Window]:
    """From downbeat to downbeat, so many bars each; the last one to the end of the file where that is not too short."""
    starts = downbeats_s[::bars]
    ends = [*starts[1:], duration_s][: len(starts)]
    return [Window(round(start, 3), round(end, 3)) for start, end in zip(starts, ends, strict=True)
            if end - start >= SHORTEST_S]


def kept_in(path: Path) -> Path:
    """The file that a track's windows are kept in."""
    name = hashlib.blake2b(os.fsencode(paths.real_file(path)), digest_size=16).hexdigest()
    return paths.data_dir() / "windows" / f"{name}.json"


def read(path: Path) -> list[Window]:
    """The windows that were planned for a track, in time; none where they cannot be read."""
    with contextlib.suppress(ValueError, TypeError, KeyError):
        found = small_files.read(kept_in(path))["windows"]
        return _in_time(Window(start / 1000, end / 1000) for start, end in found[:MOST] if 0 <= start < end)
    return []


def write(path: Path, windows: Iterable[Window]) -> list[Window]:
    """Keep them in the place of those that were planned before; what is kept, in time. Raises ``StoreError``."""
    planned = _in_time(windows)[:MOST]
    milliseconds = [[round(window.start_s * 1000), round(window.end_s * 1000)] for window in planned]
    about = {"file": str(path).encode(errors="replace").decode(), "windows": milliseconds}
    small_files.write(kept_in(path), about, "The windows are not kept")
    return planned


def _in_time(windows: Iterable[Window]) -> list[Window]:
    return sorted(set(windows), key=lambda window: (window.start_s, window.end_s))
