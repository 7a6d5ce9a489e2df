"""Why a clip did not come: one word for each of the many ways in which YouTube and networks say no."""

from __future__ import annotations

import re
from enum import StrEnum


class Reason(StrEnum):
    """What became of a clip that is not here."""

    PRIVATE = "private"
    REMOVED = "removed"
    AGE = "age"  # needs a signed-in adult
    REGION = "region"  # not shown in this country
    BLOCKED = "blocked"  # YouTube takes us for a robot
    REFUSED = "refused"  # HTTP 401 or 403
    THROTTLED = "throttled"  # HTTP 429: too many requests
    NO_RUNTIME = "no runtime"  # yt-dlp could not run YouTube's JavaScript
    CUT_SHORT = "cut short"  # less came than there should be
    NETWORK = "network"  # time-outs, resets, HTTP 5xx
    UNREADABLE = "unreadable"  # no audio that can be decoded
    NOT_LOCAL = "not local"  # --local was given, and the folder does not have it
    OTHER = "other"


GONE = frozenset({Reason.PRIVATE, Reason.REMOVED, Reason.AGE, Reason.REGION})
"""Asking again will not help."""

PASSING = frozenset({Reason.THROTTLED, Reason.REFUSED, Reason.NETWORK, Reason.CUT_SHORT})
"""Worth another try in a while."""

UNWELCOME = frozenset({Reason.BLOCKED, Reason.THROTTLED, Reason.REFUSED})
"""They want us to stop, or to wait at least."""

NOT_OF_THE_CLIP = UNWELCOME | {Reason.NETWORK, Reason.NO_RUNTIME, Reason.OTHER}
"""Several of these in a row: the next clips would not come either."""

# The first that is found counts. "Sign in" stands in three messages, "unavailable" in most.
_WORDINGS = (
    (Reason.BLOCKED, r"confirm you.{1,8}re not a bot|captcha challenge|unusual traffic"),
    (Reason.THROTTLED, r"HTTP Error 429|rate-limited|try again later"),
    (Reason.NO_RUNTIME, r"JavaScript runtime|challenge solving failed|Only images are available"),
    (Reason.AGE, r"confirm your age|age-restricted|age.verification|inappropriate for some users"),
    (Reason.PRIVATE, r"private video|video is private|members-only|join this channel to get access|members on level"),
    (Reason.REGION, r"(available|blocked it) (in|from) your (country|location)|geo.?restrict"),
    (Reason.CUT_SHORT, r"bytes read, [\d,]+ more expected|Downloaded \d+ bytes, expected|IncompleteRead"),
    (Reason.REFUSED, r"HTTP Error 40[13]"),
    (
        Reason.NETWORK,
        r"HTTP Error 5\d\d|timed? ?out|connection (reset|refused|aborted|broken)|to resolve|unreachable"
        r"|remote end closed|unable to connect|EOF occurred|handshake",
    ),
    (
        Reason.REMOVED,
        r"(been|was) (voluntarily )?removed|no longer available|been terminated|does not exist|on copyright grounds"
        r"|(video|recording) (is )?(unavailable|not available)|content isn.t available|HTTP Error (404|410)",
    ),
)  # fmt: skip
_COMPILED = tuple((reason, re.compile(wording, re.IGNORECASE)) for reason, wording in _WORDINGS)


class NotHere(Exception):  # noqa: N818 - it is an outcome
    """A clip could not be had."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


def reason_of(message: str) -> Reason:
    """The reason behind a message of yt-dlp."""
    return next((reason for reason, wording in _COMPILED if wording.search(message)), Reason.OTHER)
