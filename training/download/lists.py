"""The published lists of clips: from a file, from an address, or from where they are published."""

from __future__ import annotations

import contextlib
import http.client
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from j2a.errors import J2AError
from j2a.exporting import write_atomically
from training.datasets.entry import Entry, without_twins
from training.datasets.published import Published
from training.download.settings import DownloadSettings


def bring_lists(data_set: Published, folder: Path, settings: DownloadSettings) -> list[Entry]:
    """All clips of a data set, its lists copied into ``folder``; those that are there already stay, unless given.

    Raises ``J2AError``: a list cannot be had, or is not what it should be; then the folder is as it was.
    """
    given = {
        "musiccaps-public.csv": settings.musiccaps,
        "train.csv": settings.yt8m_train,
        "test.csv": settings.yt8m_test,
    }
    for name, published in data_set.files.items():
        source, target = given[name], folder / name
        if source is None and target.exists():
            continue
        content = _content(source or published, settings.timeout_s)
        new = folder / ".new" / name
        try:
            _make(new.parent)
            write_atomically(new, content)
            _check(data_set, new, source or published)
            new.replace(target)
        finally:
            with contextlib.suppress(OSError):  # what went wrong before is told
                new.unlink(missing_ok=True)
                new.parent.rmdir()
                folder.rmdir()  # where it is empty
    return data_set.read(folder)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise J2AError(
            f"{folder.parent} cannot be made: {error.strerror or error}.",
            "Make room there, or choose another folder.",
            title="Cannot download",
        ) from error


def _check(data_set: Published, new: Path, source: str) -> None:
    """Read a list. Raises ``J2AError`` that names the place it came from."""
    try:
        without_twins(data_set.read_file(new), one_each=True)
    except J2AError as error:
        raise J2AError(error.message.replace(str(new), source), error.hint, title=error.title) from error


def _content(source: str, timeout_s: float) -> bytes:
    try:
        if urlsplit(source).scheme not in ("http", "https"):
            return Path(source).expanduser().read_bytes()
        with urllib.request.urlopen(source, timeout=timeout_s) as answer:
            return bytes(answer.read())
    except (OSError, urllib.error.URLError, http.client.HTTPException, ValueError) as error:
        raise J2AError(
            f"the list {source} cannot be read: {error}.",
            "Download it yourself and give the file: --musiccaps, --yt8m-train, --yt8m-test.",
            title="No list of clips",
        ) from error
