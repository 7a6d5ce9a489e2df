"""J2A turns music into words.

``Clip`` is a section of a file; ``j2a.features.extract`` measures it; ``load`` gives a captioner that describes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from j2a.clip import Clip

if TYPE_CHECKING:
    from j2a.models.captioner import Captioner

__all__ = ["Clip", "load"]
__version__ = "0.1.0"


def load(version: str = "", backbone: str = "mini") -> Captioner:
    """A captioner in this process: ``for piece in j2a.load().stream(clip): ...``."""
    from j2a.models import registry

    return registry.load(version, backbone)
