"""Features that were measured before, kept in the cache on disk. Loads neither madmom nor torch."""

from __future__ import annotations

import json

from j2a.cache import Cache, key_of
from j2a.clip import Clip
from j2a.features import EXTRACTOR_VERSION
from j2a.features.record import BY_TAGS, Engine, Features
from j2a.networks import PACKAGES, folder


def key(clip: Clip, engine: Engine) -> str | None:
    """What measured features depend on: the file's content, the section, the extractors, the engine, the networks.

    ``None`` when the file or the genre model cannot be read: then nothing is kept.
    """
    try:
        models = [_madmom_version(), _genre_model(), folder("musicnn") is not None]
    except OSError:
        return None
    return key_of("features", clip, extractor=EXTRACTOR_VERSION, engine=engine, models=models)


def find(cache: Cache, key: str | None) -> Features | None:
    """What was measured under a key."""
    content = cache.get(key) if key else None
    if content is None:
        return None
    try:
        return Features.from_json(json.loads(content))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None  # whole, but of another shape: measured again, and written over


def keep(cache: Cache, key: str | None, features: Features) -> None:
    """Keep what was measured to the end; ``key`` is that from before, which must still be the same.

    Where there is music and yet no answer of a network that is there, it failed: that may be over the next time.
    """
    music = features.beats or features.key or features.chords
    by_model = features.genre is not None and features.genre.source != BY_TAGS
    failed = (features.tags is None and folder("musicnn") is not None) or (not by_model and _genre_model() is not None)
    if key and not (music and failed):
        cache.put(key, json.dumps(features.to_json()).encode())


def _genre_model() -> list[str | int] | None:
    """What tells one genre model from another, and from none."""
    from j2a.features import genre

    folder = genre.find_weights()
    if folder is None:
        return None
    found = [(folder / name).stat() for name in genre.WEIGHT_FILES if (folder / name).is_file()]
    return [str(folder), *(number for about in found for number in (about.st_size, about.st_mtime_ns))]


def _madmom_version() -> str | None:
    return PACKAGES["madmom"].version if folder("madmom") else None
