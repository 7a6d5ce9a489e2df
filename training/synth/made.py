"""What a composer hands over."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Made(NamedTuple):
    """A clip: float32 (T,) or (T, 2) at its composer's rate, ``Row.facts``, and whether one instrument plays alone."""

    sound: NDArray[np.float32]
    facts: dict[str, Any]
    solo: bool
