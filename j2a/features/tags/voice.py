"""How likely somebody sings or speaks: a layer of ours on the 400 values before the last layers of both networks.

The networks' own tags hardly hear a voice that is softer than the band, and no speech (``weights/voice/README.md``).
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from j2a.features.tags.wheel import WheelError
from j2a.records import dataclass

Array = NDArray[np.float32]
HIDDEN = (2, 200)  # values before the last layer of each network
FILE = Path(__file__).parents[2] / "weights" / "voice" / "head.json"
_MEND = "Install J2A again."


@dataclass(frozen=True, slots=True)
class VoiceHead:
    """A logistic regression."""

    weights: Array  # HIDDEN
    bias: float

    def logit(self, hidden: Array) -> float:
        """ln(p / (1 - p)) of the probability p that there is a voice, of a clip's mean values (2, 200)."""
        return float(np.sum(self.weights * hidden, dtype=np.float64) + self.bias)


@functools.lru_cache(maxsize=1)
def load() -> VoiceHead:
    """The head that comes with J2A. Raises ``WheelError`` where its file is missing or damaged."""
    return read(FILE)


def read(path: Path) -> VoiceHead:
    """A head from a file. Raises ``WheelError``."""
    try:
        known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        weights, bias = np.array(known["weights"], np.float32).reshape(HIDDEN), float(known["bias"])
    except OSError as error:
        raise WheelError(f"{path} cannot be read: {error.strerror or error}. {_MEND}") from error
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise WheelError(f"{path} is damaged. {_MEND}") from error
    if not (np.isfinite(weights).all() and np.isfinite(bias)):
        raise WheelError(f"{path} is damaged. {_MEND}")
    return VoiceHead(weights, bias)
