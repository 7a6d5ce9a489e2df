"""What the user says against the measurement, and the captions that follow it.

Tempo, meter and key hold for the whole file, so for every window of it; a downbeat and a chord for their place in time.
Generated drafts of the file follow at once. What was accepted or written by hand follows when the user says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from statistics import median

from j2a.caption import Caption
from j2a.clip import Clip
from j2a.features.corrections import BPM_RANGE, Corrections
from j2a.features.record import Chord
from j2a.music import relative_key
from j2a.store import Row
from j2a_tui.jobs import Job
from j2a_tui.variants import Variants

METERS = ("4/4", "3/4", "2/4", "6/8", "5/4", "7/4")
TAPS = 4  # that make a tempo
TAPS_LOOKED_AT = 9
PAUSE_S = 2.5  # after which tapping begins anew
_KINDS = {"bpm": "tempo", "meter": "meter", "key": "key", "chords": "chord"}  # of claims


class Taps:
    """A tempo that is tapped."""

    def __init__(self) -> None:
        self._times: list[float] = []

    def tap(self, now_s: float) -> float | None:
        """One more; the tempo in beats per minute when there are enough of them."""
        if self._times and now_s - self._times[-1] > PAUSE_S:
            self._times.clear()
        self._times = [*self._times, now_s][-TAPS_LOOKED_AT:]
        if len(self._times) < TAPS:
            return None
        between = [later - earlier for earlier, later in zip(self._times, self._times[1:], strict=False)]
        return round(60.0 / max(median(between), 60.0 / BPM_RANGE[1]), 1)

    @property
    def missing(self) -> int:
        """How many more it takes."""
        return max(0, TAPS - len(self._times))


class Correcting(Variants):
    """Each of these is saved at once and taken back by one undo, together with what followed it."""

    def correct(self, new: Corrections, *, joined: bool = False) -> bool:
        """Say this of the file on the desk; False where it cannot be saved.

        ``joined``: it is one action with the one before.
        """
        clip = self.clip
        if clip is None:
            return False
        if new == self.corrections:  # it is said already
            return True
        self._forget_stopped()
        before = self.corrections
        if joined:
            self.ledger.join_action()
        if not self.ledger.correct(clip.path, before, new):
            return False
        self.corrections = self.ledger.corrections(clip.path)
        names = [name for name in _KINDS if getattr(self.corrections, name) != getattr(before, name)]
        self.lay_over()
        self.ahead.forget(clip.path)
        if not self.writing:  # else it follows when it is whole
            self._follow_drafts(names)
        self.ledger.end_action()
        return True

    def count_otherwise(self, factor: float) -> bool:
        """The tempo times a factor; False where there is none, or it would be none."""
        bpm = self.features.bpm
        return bpm is not None and self.set_bpm(bpm * factor)

    def set_bpm(self, bpm: float, *, joined: bool = False) -> bool:
        """This is the tempo; False where it cannot be one."""
        if not BPM_RANGE[0] <= bpm <= BPM_RANGE[1]:
            return False
        return self.correct(replace(self.corrections, bpm=round(bpm, 2)), joined=joined)

    def next_meter(self) -> bool:
        """Another meter than the one that stands there."""
        here = self.features.meter
        place = METERS.index(here) + 1 if here in METERS else 0
        return self.correct(replace(self.corrections, meter=METERS[place % len(METERS)]))

    def take_relative_key(self) -> bool:
        """A minor for C major, and the other way round; False where there is no key."""
        key = self.features.key
        return key is not None and self.set_key(relative_key(key))

    def set_key(self, key: str) -> bool:
        """This is the key."""
        return self.correct(replace(self.corrections, key=key))

    def shift_downbeats(self, by_s: float) -> bool:
        """All bars a little earlier or later; False where there are none."""
        return self._put_downbeat(self.features.downbeats, by_s)

    def shift_bars(self, beats: int) -> bool:
        """The bars begin some beats earlier or later; False where there are no beats."""
        times = self.features.beats
        first = next(iter(self.features.downbeats), None)
        if first is None or first not in times:
            return self._put_downbeat(times, 0.0)
        place = times.index(first) + beats
        return self._put_downbeat(times[place % len(times):], 0.0)

    def set_downbeat(self, time_s: float) -> bool:
        """A bar begins at this place of the file; False where that is not in the window."""
        clip = self.clip
        if clip is None or not clip.start_s <= time_s < (clip.end_s or float("inf")):
            return False
        return self.correct(self.corrections.with_downbeat(round(time_s, 3), clip))

    def _put_downbeat(self, times: list[float], by_s: float) -> bool:
        """The first of these times that stays in the window, moved."""
        clip = self.clip
        return clip is not None and next(
            (self.set_downbeat(clip.start_s + time_s + by_s) for time_s in times if time_s + by_s >= 0), False
        )

    def chord_at(self, time_s: float) -> Chord | None:
        """What sounds at a place of the file, in its seconds; where no chord was found, the whole window."""
        clip = self.clip
        if clip is None or clip.end_s is None or not clip.start_s <= time_s <= clip.end_s:
            return None
        for chord in self.features.chords:
            if chord.start_s <= time_s - clip.start_s < chord.end_s:
                return Chord(clip.start_s + chord.start_s, clip.start_s + chord.end_s, chord.label)
        return None if self.features.chords else Chord(clip.start_s, clip.end_s, "N")

    def set_chord(self, time_s: float, label: str) -> bool:
        """This chord sounds there, as long as the one that was found; False outside of the window."""
        chord = self.chord_at(time_s)
        return chord is not None and self.correct(self.corrections.with_chord(replace(chord, label=label)))

    def take_back(self, name: str) -> bool:
        """The measurement stands again: "bpm", "meter", "key", "downbeats", "chords"; False where it does."""
        if self.clip is None:
            return False
        without = self.corrections.without(name, self.clip)
        return without != self.corrections and self.correct(without)

    # What follows

    @property
    def kept_behind(self) -> list[tuple[Clip, str]]:
        """Accepted and hand-written texts of the file that say otherwise, and how they would read."""
        said = [name for name in _KINDS if getattr(self.corrections, name) not in (None, ())]
        return [(row.clip, text) for row, text in self._behind(said) if row.kept] if said else []

    def follow_kept(self) -> None:
        """Those follow, too, in one action."""
        for clip, text in self.kept_behind:
            self._follow(clip, text)
        self.ledger.end_action()

    def _follow_drafts(self, names: list[str]) -> None:
        for row, text in self._behind(names):
            if not row.kept:
                self._follow(row.clip, text)

    def _behind(self, names: list[str]) -> Iterator[tuple[Row, str]]:
        """The windows of the file whose words contradict what stands there now, of the features with these names."""
        from j2a.correction import corrected  # reads claims, whose patterns take a moment

        assert self.clip is not None
        for row in self.ledger.rows_of(self.clip.path):
            text = corrected(row.text, row.features, [_KINDS[name] for name in names])
            if text != row.text:
                yield row, text

    def _follow(self, clip: Clip, text: str) -> None:
        if self._save(clip, lambda store: store.follow(clip, text)) and clip == self.clip:
            self.text = text

    def _take_caption(self, job: Job, caption: Caption) -> None:
        """A model that listens may say otherwise: a draft follows what was said."""
        super()._take_caption(job, caption)
        if self.corrections and self.clip == job.clip:
            self._follow_drafts([name for name in _KINDS if name in self.features.corrected])
