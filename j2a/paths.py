"""Where J2A keeps its files. Functions only: nothing is created at import.

``J2A_HOME`` puts everything under one folder; otherwise each platform's own places are used.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def _base(kind: str) -> Path:
    home = os.environ.get("J2A_HOME")
    if home:
        return Path(home).expanduser() / kind
    places = platformdirs.PlatformDirs("j2a", appauthor=False)
    return Path(
        {
            "data": places.user_data_dir,
            "cache": places.user_cache_dir,
            "log": places.user_log_dir,
            "config": places.user_config_dir,
        }[kind]
    )


def data_dir() -> Path:
    """User data that must never be lost: the captioning sessions."""
    return _base("data")


def cache_dir() -> Path:
    """Files that can be deleted at any time."""
    return _base("cache")


def log_dir() -> Path:
    """Logs of the app and of the engine process."""
    return _base("log")


def config_dir() -> Path:
    """User settings."""
    return _base("config")


def models_dir() -> Path:
    """Model folders that the user put there, or that were fetched."""
    return data_dir() / "models"


def store_path() -> Path:
    """The SQLite file that holds every caption."""
    return data_dir() / "captions.sqlite"


def engine_log_path() -> Path:
    """What the engine process wrote to its standard error."""
    return log_dir() / "engine.log"


def app_log_path() -> Path:
    """What native libraries wrote to the app's standard error."""
    return log_dir() / "app.log"


def builtin_model_dir() -> Path:
    """The built-in mini J2A-LLM that ships with the package."""
    return Path(__file__).parent / "weights" / "mini"
