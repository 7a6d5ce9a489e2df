"""Downloading: what YouTube's messages mean, what is asked for, and what is missing."""

from __future__ import annotations

import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest

from j2a.errors import J2AError, ModelMissingError, UsageError
from training.datasets.published import PUBLISHED
from training.download import fetch
from training.download.lists import bring_lists
from training.download.outcome import Reason, reason_of
from training.download.pace import Pace
from training.download.settings import DownloadSettings
from training.ground.settings import load_settings

MESSAGES = [  # as yt-dlp hands them on
    ("[youtube] x: Private video. Sign in if you've been granted access to this video", Reason.PRIVATE),
    ("[youtube] x: Join this channel to get access to members-only content like this video", Reason.PRIVATE),
    ("[youtube] x: Video unavailable", Reason.REMOVED),
    ("[youtube] x: Video unavailable. This video has been removed by the uploader", Reason.REMOVED),
    (
        "[youtube] x: Video unavailable. This video is no longer available because the YouTube account associated with "
        "this video has been terminated.",
        Reason.REMOVED,
    ),
    (
        "[youtube] x: Video unavailable. This video contains content from SME, who has blocked it on copyright grounds",
        Reason.REMOVED,
    ),
    ("[youtube] x: This video has been removed for violating YouTube's policy on hate speech.", Reason.REMOVED),
    (
        "[youtube] x: Sign in to confirm your age. This video may be inappropriate for some users. Use "
        "--cookies-from-browser or --cookies for the authentication.",
        Reason.AGE,
    ),
    ("[youtube] x: The uploader has not made this video available in your country", Reason.REGION),
    (
        "[youtube] x: Video unavailable. This video contains content from UMG, who has blocked it in your country on "
        "copyright grounds",
        Reason.REGION,
    ),
    ("[youtube] x: This video is not available from your location due to geo restriction", Reason.REGION),
    (
        "[youtube] x: Sign in to confirm you’re not a bot. Use --cookies-from-browser or --cookies for the "
        "authentication.",
        Reason.BLOCKED,
    ),
    ("[youtube] x: Sign in to confirm you're not a bot. This helps protect our community.", Reason.BLOCKED),
    ("[youtube] x: Video unavailable. YouTube is requiring a captcha challenge before playback", Reason.BLOCKED),
    (
        "[youtube] x: Video unavailable. This content isn't available, try again later. The current session has been "
        "rate-limited by YouTube for up to an hour.",
        Reason.THROTTLED,
    ),
    ("Unable to download webpage: HTTP Error 429: Too Many Requests", Reason.THROTTLED),
    ("unable to download video data: HTTP Error 403: Forbidden", Reason.REFUSED),
    ("[youtube] x: n challenge solving failed: Some formats may be missing.", Reason.NO_RUNTIME),
    ("Unable to download webpage: The read operation timed out", Reason.NETWORK),
    ("Unable to download webpage: HTTP Error 503: Service Unavailable", Reason.NETWORK),
    ("[generic] Unable to download webpage: 4 bytes read, 9 more expected", Reason.CUT_SHORT),
    ("[youtube] x: Requested format is not available. Use --list-formats for a list", Reason.OTHER),
    ("[youtube] x: This live event will begin in 2 days.", Reason.OTHER),
]


@pytest.mark.parametrize(("message", "reason"), MESSAGES)
def test_messages_of_yt_dlp_are_understood(message: str, reason: Reason) -> None:
    assert reason_of(message) is reason


def test_a_runtime_is_asked_for_before_anything_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No Deno or Node.js, or one that is too old: said at once, and how to mend it."""
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path))  # yt-dlp looks beside Python, too
    old = tmp_path / "node"
    old.write_text("#!/bin/sh\necho v18.0.0\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ModelMissingError, match=r"JavaScript runtime.*pip install deno"):
        fetch.require_tools(DownloadSettings())
    old.write_text("#!/bin/sh\necho v22.1.0\n")
    assert fetch.runtimes() == {"node": {"path": str(old)}}
    fetch.require_tools(DownloadSettings(url="http://127.0.0.1/{id}"))


def test_cookies_that_are_not_there_are_refused(tmp_path: Path) -> None:
    settings = DownloadSettings(url="http://127.0.0.1:9/{id}", cookies=tmp_path / "cookies.txt")
    with pytest.raises(UsageError, match=r"no cookie file .*cookies\.txt"):
        fetch.require_tools(settings)


def test_one_start_at_a_time_and_all_wait_when_one_is_throttled() -> None:
    stop = threading.Event()
    pace, starts, began = Pace(0.05, stop), [], time.monotonic()

    def work() -> None:
        pace.wait()
        starts.append(time.monotonic() - began)

    pace.hold(0.1)
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    starts.sort()
    assert starts[0] >= 0.1
    assert all(later - earlier >= 0.04 for earlier, later in pairwise(starts))
    pace.hold(60)
    stop.set()
    pace.wait()  # at once


@pytest.mark.parametrize(
    "given",
    [{"workers": 0}, {"url": "file:///etc/{id}"}, {"url": "http://127.0.0.1/"}, {"limit": 0}, {"pause_s": -1.0}],
)
def test_settings_that_make_no_sense(given: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        load_settings(DownloadSettings, None, given)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("a,0,10,[],,False\n", "row 2: the caption is empty"),
        ("a,0,10,[],x,False\na,0,10,[],y,False\n", "row 3: the clip 'a' is already in {list}, row 2"),
    ],
)
def test_a_bad_list_is_named_as_it_was_given_and_is_not_kept(tmp_path: Path, rows: str, said: str) -> None:
    given = tmp_path / "mine.csv"
    given.write_text("ytid,start_s,end_s,aspect_list,caption,is_audioset_eval\n" + rows, encoding="utf-8")
    with pytest.raises(J2AError) as refused:
        bring_lists(PUBLISHED["musiccaps"], tmp_path / "out", DownloadSettings(musiccaps=str(given)))
    assert refused.value.message == f"{given}, {said.format(list=given)}."
    assert not (tmp_path / "out").exists()


def test_a_file_in_place_of_the_folder_is_told(tmp_path: Path) -> None:
    given = tmp_path / "mine.csv"
    given.write_text("ytid,start_s,end_s,aspect_list,caption,is_audioset_eval\na,0,10,[],x,False\n", encoding="utf-8")
    with pytest.raises(J2AError, match="cannot be made: Not a directory"):
        bring_lists(PUBLISHED["musiccaps"], given / "musiccaps", DownloadSettings(musiccaps=str(given)))


def test_a_bad_list_does_not_replace_a_good_one(tmp_path: Path) -> None:
    header = "ytid,start_s,end_s,aspect_list,caption,is_audioset_eval\n"
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(header + "abc,0,10,\"['x']\",A song.,True\n")
    bad.write_text(header + "abc,0,10,\"['x']\",,True\n")
    folder = tmp_path / "musiccaps"
    bring_lists(PUBLISHED["musiccaps"], folder, DownloadSettings(musiccaps=str(good)))
    with pytest.raises(J2AError, match=r"bad\.csv, row 2: the caption is empty"):
        bring_lists(PUBLISHED["musiccaps"], folder, DownloadSettings(musiccaps=str(bad)))
    (entry,) = bring_lists(PUBLISHED["musiccaps"], folder, DownloadSettings())
    assert (entry.recording, entry.split, entry.captions) == ("abc", "test", ("A song.",))
    with pytest.raises(J2AError, match="cannot be read"):
        bring_lists(PUBLISHED["yt8m"], tmp_path / "yt8m", DownloadSettings(yt8m_train="http://127.0.0.1:9/train.csv"))
