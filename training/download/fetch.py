"""One recording, or the section of it that is wanted, by yt-dlp."""

from __future__ import annotations

import errno
import importlib.util
import os
import shutil
import threading
from pathlib import Path
from typing import Any

from j2a import paths
from j2a.errors import ModelMissingError, UsageError
from j2a.extras import install
from training.download.outcome import NotHere, Reason, reason_of
from training.download.settings import DownloadSettings

_LONGEST_MESSAGE = 500


def require_tools(settings: DownloadSettings) -> None:
    """Raise ``J2AError``, which says how to mend it, where something is missing that every clip needs."""
    if importlib.util.find_spec("yt_dlp") is None:
        raise _missing("yt-dlp is not installed", f"Run: {install('download')}")
    if settings.cookies and not settings.cookies.expanduser().is_file():  # yt-dlp would go on without
        raise UsageError(f"there is no cookie file {settings.cookies}.", "Export one from a browser, or leave it out.")
    if not settings.from_youtube:
        return
    if not runtimes():
        raise _missing(
            "yt-dlp finds no JavaScript runtime that it supports, and YouTube's player needs one",
            "Run: pip install deno (or install Node.js 22 or later), then run it again.",
        )
    for module, package in (("yt_dlp_ejs", "yt-dlp[default]"), ("av", "av")):
        if importlib.util.find_spec(module) is None:
            raise _missing(f"YouTube's audio needs the package {package}", f'Run: pip install "{package}"')


def runtimes() -> dict[str, dict[str, str]]:
    """The JavaScript runtimes that are here and new enough, as yt-dlp's option ``js_runtimes`` wants them."""
    import yt_dlp  # noqa: F401 - fills the list
    from yt_dlp.globals import supported_js_runtimes

    found = {}
    for name, kind in supported_js_runtimes.value.items():
        info = kind().info
        if info is not None and info.supported:
            found[name] = {"path": info.path}
    return found


class Fetcher:
    """Downloads recordings; for several threads at once.

    ``stop`` ends downloads that are under way. With an ``ffmpeg`` on the path, only the section is asked for.
    """

    def __init__(self, settings: DownloadSettings, stop: threading.Event) -> None:
        self._settings, self._stop = settings, stop
        self._runtimes = runtimes() if settings.from_youtube else {}
        self.by_section = settings.from_youtube and shutil.which("ffmpeg") is not None

    def fetch(self, recording: str, section_s: tuple[float, float | None], folder: Path) -> Path:
        """Download into the empty ``folder``; gives the file. Raises ``NotHere``."""
        import yt_dlp

        said = _Said()
        options = self._options(section_s, folder) | {"logger": said}
        try:
            with yt_dlp.YoutubeDL(options) as downloader:
                downloader.download([self._settings.url.replace("{id}", recording)])
        except yt_dlp.utils.DownloadCancelled as error:
            raise NotHere(Reason.OTHER, "stopped") from error
        except yt_dlp.utils.YoutubeDLError as error:
            for code in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS):
                if os.strerror(code) in str(error):  # of the disk here, so no clip can come
                    raise OSError(code, os.strerror(code)) from error
            raise said.as_outcome(str(error)) from error
        files = [path for path in folder.iterdir() if path.suffix not in (".part", ".ytdl")]
        if len(files) != 1:
            raise said.as_outcome("nothing was downloaded")
        return files[0]

    def _options(self, section_s: tuple[float, float | None], folder: Path) -> dict[str, Any]:
        settings = self._settings
        options: dict[str, Any] = {
            "format": "bestaudio/best",
            "outtmpl": {"default": str(folder).replace("%", "%%") + "/audio.%(ext)s"},
            "quiet": True,
            "noprogress": True,
            "noplaylist": True,
            "cachedir": str(paths.cache_dir() / "yt-dlp"),
            "allowed_extractors": ["youtube$" if settings.from_youtube else "generic"],
            "socket_timeout": settings.timeout_s,
            "retries": 1,  # we try again ourselves, and wait in between
            "fragment_retries": 3,
            "extractor_retries": 1,
            "js_runtimes": self._runtimes,
            "progress_hooks": [self._stop_if_asked],
        }
        if settings.rate_kb:
            options["ratelimit"] = settings.rate_kb * 1000
        if settings.cookies:
            options["cookiefile"] = str(settings.cookies.expanduser())
        if self.by_section:
            from yt_dlp.utils import download_range_func

            start_s, end_s = section_s
            options["download_ranges"] = download_range_func(
                None, [(start_s, float("inf") if end_s is None else end_s)]
            )
        return options

    def _stop_if_asked(self, progress: dict[str, Any]) -> None:
        if self._stop.is_set():
            from yt_dlp.utils import DownloadCancelled

            raise DownloadCancelled("stopped")


class _Said:
    """What yt-dlp says meanwhile; its warnings tell why the error came that it ends with."""

    def __init__(self) -> None:
        self._warnings: list[str] = []

    def debug(self, text: str) -> None:
        pass

    def warning(self, text: str) -> None:
        self._warnings.append(text)

    def error(self, text: str) -> None:
        pass  # it is raised as well

    def as_outcome(self, error: str) -> NotHere:
        """The error, or where it tells nothing the warning that does."""
        message = error.removeprefix("ERROR: ").partition("; please report this issue on ")[0]
        reason = reason_of(message)
        if reason is Reason.OTHER:
            for warning in self._warnings:
                if reason_of(warning) is not Reason.OTHER:
                    reason, message = reason_of(warning), f"{message} ({warning})"
                    break
        return NotHere(reason, message[:_LONGEST_MESSAGE])


def _missing(what: str, hint: str) -> ModelMissingError:
    return ModelMissingError(f"{what}.", hint, title="Cannot download")
