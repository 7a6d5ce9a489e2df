"""Words from real music: voice, style, instruments and drums, by the two auto-tagging networks of the wheel musicnn.

Nothing here imports torch, numba, or the wheel; without the wheel the answer is ``None`` and says how to get it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from j2a.audio import decode
from j2a.audio.silence import audible
from j2a.clip import Clip
from j2a.errors import AudioError
from j2a.features.record import SILENT, Genre, Tag
from j2a.features.tags import wheel
from j2a.features.tags.front_end import MAX_PATCHES, SAMPLE_RATE
from j2a.features.tags.heard import PATCH_S, Heard, NothingHeardError, hear
from j2a.features.tags.rules import absent, claims, genre
from j2a.networks import missing
from j2a.records import dataclass

__all__ = ["Heard", "Tagged", "listen", "measure_tags", "tagged"]


@dataclass(frozen=True, slots=True)
class Tagged:
    """What the networks make of a section."""

    tags: list[Tag] | None  # None: not measured
    absent: list[str]  # labels
    genre: Genre | None
    reason: str | None  # why there are none


def measure_tags(clip: Clip) -> Tagged:
    """What is claimed of a clip. Of a long one ten parts of three seconds are decoded and heard."""
    if wheel.find_folder() is None:
        return Tagged(None, [], None, missing())
    try:
        sound = _sound(clip)
        heard, reason = listen(sound) if len(sound) else (None, f"{SILENT}.")
    except AudioError as error:
        return Tagged(None, [], None, error.message)
    return Tagged(None, [], None, reason) if heard is None else tagged(heard)


def tagged(heard: Heard) -> Tagged:
    """What may be said of what the networks answer."""
    if heard.no_music:
        return Tagged([], [], None, heard.no_music)
    return Tagged(claims(heard), absent(heard), None if heard.is_short else genre(heard), None)


def listen(samples: NDArray[np.float32]) -> tuple[Heard | None, str | None]:
    """(all that the networks answer, ``None``), or (``None``, the reason).

    ``samples``: float32 (n,), mono, 16 kHz, at least a second. Of a whole song half a minute is heard, spread evenly.
    """
    try:
        return hear(samples, wheel.load()), None
    except (wheel.WheelError, NothingHeardError) as error:
        return None, str(error)


def _sound(clip: Clip) -> NDArray[np.float32]:
    """Mono samples at 16 kHz, (n,), without long silences; of a long clip the parts that are heard. ``AudioError``."""
    parts = decode.spread(clip, MAX_PATCHES, PATCH_S)
    blocks = [block for part in parts for block in decode.stream(part, SAMPLE_RATE)]
    return np.concatenate([np.zeros(0, np.float32), *audible(blocks, SAMPLE_RATE)])
