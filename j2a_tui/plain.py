"""The main job without a screen: the first window of every file, described in a line of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from j2a import networks
from j2a.audio import probe
from j2a.clip import Clip
from j2a.console import tell_if_nothing_is_kept
from j2a.engine import client
from j2a.engine.messages import Describe, Done, Event, Failed, FeatureReady, Load, Progress, Request
from j2a.errors import ExitCode, J2AError
from j2a.features.record import Features
from j2a.library import scan, told_unread
from j2a_tui.claims import checked, table
from j2a_tui.display import VERDICT_MARKS, clean, feature_text, window_text
from j2a_tui.windows import Window

Ask = Callable[[Request], Iterator[Event]]


def describe_folder(
    folder: Path, version: str, backbone: str, correct_figures: bool = False, figures: bool = True
) -> ExitCode:
    """``file TAB window TAB caption`` on stdout as each is done; what happens meanwhile on stderr.

    Raises ``J2AError`` when nothing can be described at all: an unreadable folder, a missing model.
    """
    unread: dict[str, str] = {}
    tracks = scan(folder, unread=unread)
    if unread:
        _narrate(told_unread(unread))
    if not tracks:
        _narrate(f"No audio files in {clean(str(folder))}.")
        return ExitCode.SOME_FILES_FAILED if unread else ExitCode.OK
    failed = 0
    if missing := networks.missing():
        _narrate(missing)
    tell_if_nothing_is_kept()
    with client.session() as ask:
        _finish(ask(Load(version, backbone)), Features())
        for number, track in enumerate(tracks, 1):
            _narrate(f"{number}/{len(tracks)} {track.name}")
            try:
                window = Window().within(probe(track.path).duration_s)
                clip = Clip(track.path, window.start_s, window.end_s)
                request = Describe(clip, version, backbone, correct_figures=correct_figures, figures=figures)
                measured = Features()
                done = _finish(ask(request), measured)
            except J2AError as error:
                failed += 1
                _narrate(f"  {clean(str(error))}")
                continue
            caption = clean(" ".join(str(done.result["text"]).split()))
            sys.stdout.write(f"{track.name}\t{window_text(window.start_s, window.end_s)}\t{caption}\n")
            sys.stdout.flush()
            _tell_claims(caption, measured)
    _narrate(f"{len(tracks) - failed} of {len(tracks)} files described.")
    return ExitCode.SOME_FILES_FAILED if failed or unread else ExitCode.OK


def _tell_claims(caption: str, measured: Features) -> None:
    """``  ✓ A minor, ✗ 3/4 (4/4), ? piano``: those first that are wrong."""
    told = []
    for one in table(checked(caption, measured)):
        against = f" ({one.measured})" if one.verdict == "contradicted" and one.measured else ""
        told.append(f"{VERDICT_MARKS[one.verdict]} {one.text}{against}")
    if told:
        _narrate(clean("  " + ", ".join(told)))


def _finish(events: Iterator[Event], measured: Features) -> Done:
    """Follow a request to its end; what was measured goes into ``measured``. Raises ``J2AError`` when it fails."""
    for event in events:
        match event:
            case FeatureReady():
                measured.set(event.name, event.value)
            case Progress(stage="writing"):
                names = ("bpm", "meter", "key", "chords", "sound", "tags", "genre")
                told = [feature_text(name, measured) for name in names]
                _narrate("  " + (", ".join(filter(None, told)) or "nothing could be measured"))
            case Failed():
                raise event.as_error()
            case Done():
                return event
    raise AssertionError("a request ends with Done or Failed")


def _narrate(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
