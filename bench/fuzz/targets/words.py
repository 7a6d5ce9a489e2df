"""Free text: claims found in captions, text made fit for the screen, names put in order, and the app's search."""

from __future__ import annotations

import time
from pathlib import Path

from bench.fuzz.target import Target
from j2a.features.record import Chord, Features
from j2a.grounding import claims
from j2a.library import Track, natural_key
from j2a.printable import one_paragraph, printable, printable_lines, several_lines
from j2a.tags import Tags
from j2a_tui.catalogue import Catalogue
from j2a_tui.widgets.track_list import TrackList

_MEASURED = Features(bpm=120.0, meter="4/4", key="A minor", chords=[Chord(0, 2, "A:min"), Chord(2, 4, "C:maj")])
_SLOWEST_S = 2.0
_NAMES = ("a.wav", "Straße/Über.mp3", "10.ogg", "2.ogg")


def attempt(data: bytes, folder: Path) -> None:
    """Claims are places of the text, cleaning twice is cleaning once, a search finds some of the files, all at once."""
    started = time.process_time()
    text = data.decode("utf-8", "surrogateescape")
    for clean in (printable, printable_lines, one_paragraph, several_lines):
        assert clean(clean(text)) == clean(text), clean.__name__
        clean(text).encode()
    caption = several_lines(text)
    for features in (_MEASURED, Features()):
        for claim in claims(caption, features):
            assert caption[claim.start : claim.end] == claim.text
            assert claim.verdict == "unmeasured" or features is _MEASURED
    assert natural_key(text)[1] == text
    _search(text)
    assert time.process_time() - started < _SLOWEST_S, "the screen would stand still"


class _Files(TrackList):
    """The list without a screen to scroll on."""

    def watch_cursor(self, before: int, after: int) -> None:
        """As it does, and nothing is drawn."""
        self._last = self.track or self._last


def _search(words: str) -> None:
    files = _Files({}, Catalogue())
    tracks = [Track(Path("/") / name, name, 1, 1.0) for name in _NAMES]
    files.set_tracks(tracks)
    files.add_tags({tracks[0].path: Tags("A Title", "An Artist", "", 1.0)})
    files.search(words)
    assert set(files.tracks) <= set(tracks)
    files.search("")
    assert list(files.tracks) == tracks


def seeds(folder: Path) -> list[bytes]:
    """Captions, names and words."""
    return [text.encode("utf-8", "surrogateescape") for text in (
        "A slow piece in A minor at about 120 BPM, in 4/4. The chords Am, F, C and G repeat. Not in 3/4.",
        "A waltz, three beats to the bar, in B flat major; it stays on Ebm. It isn't in common time.",
        "120 beats per minute", "Über 10.ogg", "a\udcff\r\nb\x1b[2J\u202ec", "title artist",
    )]  # fmt: skip


TARGET = Target(attempt, seeds, (
    b"4/4 ", b"120 BPM ", b"not ", b"in the ", b"Am, F and ", b" chord", b"slow ", b"tempo", b"A ", b"...", b"\n\n\n",
    b"\xed\xa0\x80", b"\xe2\x80\xae",
), longest=20_000)  # fmt: skip
