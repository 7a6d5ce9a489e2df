"""Searches that were given a name, with the order that belongs to them. Kept in one small file with the settings."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from j2a import paths, small_files
from j2a.records import dataclass
from j2a_tui.remembered import BY_NAME


@dataclass(frozen=True, slots=True)
class View:
    """What is searched for, and how it is sorted."""

    search: str
    sort: str = BY_NAME


def views_path() -> Path:
    """The file that they are kept in."""
    return paths.config_dir() / "views.json"


def read() -> dict[str, View]:
    """Every view by its name, as they were named first to last; what cannot be read is not there."""
    found = small_files.read(views_path())
    views = {}
    for name, about in found.items() if isinstance(found, dict) else ():
        search, sort = (about.get("search"), about.get("sort")) if isinstance(about, dict) else (None, None)
        if isinstance(search, str) and isinstance(sort, str):
            views[name] = View(search, sort)
    return views


def keep(name: str, view: View | None) -> None:
    """Give it this name, instead of another that had it; ``None`` takes the name away. Raises ``StoreError``."""
    views = {other: about for other, about in read().items() if other != name}
    if view is not None:
        views[name] = view
    small_files.write(views_path(), {name: asdict(view) for name, view in views.items()}, "The search is not kept")
