"""J2A turns music into words.

``Clip`` is a section of a file; ``j2a.features.extract`` measures it; ``load`` gives a captioner that describes it.
``caption_folder``, ``open_session`` and ``export`` do what the commands do: a folder into a CSV, the app's captions,
files as others read them (:mod:`j2a.api`; docs/example.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from j2a.clip import Clip

if TYPE_CHECKING:
    from j2a.api import caption_folder, export, open_session
    from j2a.models.captioner import Captioner

__all__ = ["Clip", "caption_folder", "export", "load", "open_session"]
__version__ = "0.1.0"
_API = ("caption_folder", "export", "open_session")


def load(version: str = "", backbone: str = "mini") -> Captioner:
    """A captioner in this process: ``for piece in j2a.load().stream(clip): ...``."""
    from j2a.models import registry

    return registry.load(version, backbone)


def __getattr__(name: str) -> Any:
    """What is large is loaded when somebody asks for it."""
    if name not in _API:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from j2a import api

    return getattr(api, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_API})
