"""The settings of ``j2a-train download``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from training.ground.settings import setting

YOUTUBE = "https://www.youtube.com/watch?v={id}"


@dataclass(frozen=True)
class DownloadSettings:
    """What is downloaded, and how politely."""

    datasets: str = setting("musiccaps,yt8m", "Public data sets, separated by commas.")
    musiccaps: str | None = setting(
        None, "File or address of musiccaps-public.csv; else fetched where it is published."
    )
    yt8m_train: str | None = setting(
        None, "File or address of the train.csv of YouTube8M-MusicTextClips; else fetched."
    )
    yt8m_test: str | None = setting(None, "The same for its test.csv.")
    local: Path | None = setting(None, "Take audio named <id>.<anything> from this folder, and fetch nothing.")
    limit: int | None = setting(None, "Only the first so many clips of each data set.")
    workers: int = setting(4, "Downloads at a time.")
    pause_s: float = setting(1.0, "Least time between the starts of two downloads, in seconds.")
    rate_kb: int | None = setting(None, "Most kilobytes a second for each download.")
    retries: int = setting(2, "How often a clip is tried again when that may help.")
    backoff_s: float = setting(10.0, "Wait before the first new try, in seconds; doubled each time.")
    stop_after: int = setting(5, "Stop when so many clips in a row were refused, throttled or out of reach.")
    timeout_s: float = setting(30.0, "Longest silence of a server, in seconds.")
    retry_gone: bool = setting(False, "Ask again for videos that were private, removed or restricted.")
    cookies: Path | None = setting(None, "Cookie file of a browser, for videos that need an account.")
    url: str = setting(YOUTUBE, "Address of a recording, with {id}.")

    def __post_init__(self) -> None:
        if (
            min(self.workers, self.stop_after, self.timeout_s) <= 0
            or min(self.pause_s, self.retries, self.backoff_s) < 0
        ):
            raise ValueError("workers, stop_after and timeout_s start at 1; pause_s, retries and backoff_s at 0")
        if any(count is not None and count < 1 for count in (self.limit, self.rate_kb)):
            raise ValueError("limit and rate_kb start at 1")
        if "{id}" not in self.url or urlsplit(self.url).scheme not in ("http", "https"):
            raise ValueError("url is not an http address with {id} in it")

    @property
    def from_youtube(self) -> bool:
        """Whether the audio comes from YouTube."""
        return (urlsplit(self.url).hostname or "").removeprefix("www.") in ("youtube.com", "youtu.be")
