"""What YouTube's messages mean."""

from __future__ import annotations

import pytest

from training.download.outcome import Reason, reason_of

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
