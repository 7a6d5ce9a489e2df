"""What can be measured in a clip: tempo, beats, downbeats, meter, key, chords, sound, tags, genre.

Importing this package is cheap; the extractors load on the first call of :func:`extract`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from j2a.clip import Clip
from j2a.features.record import NOT_MUSIC, Engine, Features, Sound
from j2a.records import asdict

if TYPE_CHECKING:
    from j2a.features.networks import Networks
    from j2a.features.tags import Tagged

__all__ = ["EXTRACTOR_VERSION", "Engine", "extract"]

EXTRACTOR_VERSION = 6  # goes up whenever an answer may change: what was measured before is then measured anew

OnFeature = Callable[[str, Any, str | None], None]
RHYTHM = ("bpm", "beats", "downbeats", "meter")
TONAL = ("key", "chords")
HEARD = ("sound", "tags", "genre")
_NO_MUSIC = f"The section has neither beat nor key nor chords: {NOT_MUSIC}."
_DETAILS = {  # reported behind a feature
    "bpm": ("bpm_candidates", "bpm_sure"), "key": ("key_probability",), "sound": ("tuning_cents",), "tags": ("absent",),
}  # fmt: skip


def extract(
    clip: Clip,
    *,
    engine: Engine = "fast",
    on_feature: OnFeature | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Features:
    """Measure a clip: rhythm, then key, chords, sound, tags and genre.

    ``on_feature(name, value, reason)`` is called as soon as each feature is known, with its value in the form it has
    in ``Features.to_json()``, and the reason when it could not be measured; "bpm" is followed by "bpm_candidates"
    and "bpm_sure", "key" by "key_probability", "sound" by "tuning_cents", "tags" by "absent".
    ``cancelled`` is asked all along whether to stop; what is known by then is returned.

    What cannot be measured is ``None`` (or an empty list), with the reason in ``Features.unknown``. Raises
    ``AudioError`` when the clip cannot be decoded.

    ``engine`` "fast" runs madmom's networks by our own code, "madmom" by madmom itself: the same answers, about
    twenty times slower (``bench/features.py``), and for sections of ten minutes at most instead of two hours.
    Meanwhile the matrix products of the whole process take one thread (``j2a.compiled.blas``).
    """
    from j2a.compiled.blas import one_thread

    report = on_feature or (lambda name, value, reason: None)
    with one_thread():
        return _Extraction(engine, report, cancelled or (lambda: False)).run(clip)


class _Extraction:
    """One run of the extractors, reporting as it goes."""

    def __init__(self, engine: Engine, on_feature: OnFeature, cancelled: Callable[[], bool]) -> None:
        self._engine = engine
        self._on_feature = on_feature
        self._cancelled = cancelled
        self._features = Features()
        self._doubtful_key: tuple[str, float | None] | None = None
        self._unmeasurable: str | None = None  # what is wrong with the sound
        self._missing: str | None = None  # why there are no networks of madmom: what they would say is not known

    def run(self, clip: Clip) -> Features:
        from concurrent.futures import ThreadPoolExecutor

        from j2a.audio import decode
        from j2a.features import guards
        from j2a.features.sound import measure_sound
        from j2a.features.tags import measure_tags

        reason = guards.too_long(decode.duration_s(clip), self._engine)
        if reason:
            self._unknown((*RHYTHM, *TONAL, *HEARD), reason)
            return self._features
        with ThreadPoolExecutor(1) as beside:  # its time is spent in NumPy, without Python's lock
            sound = beside.submit(measure_sound, clip)
            tagged = beside.submit(measure_tags, clip)
            self._by_madmom(clip, lambda: sound.result()[1])
            if not self._cancelled():
                self._sound(*sound.result())
                self._heard(clip, tagged.result())
        return self._features

    def _by_madmom(self, clip: Clip, tuning_cents: Callable[[], float | None]) -> None:
        """Rhythm, key and chords; these at the pitch that the networks know, where the music is tuned to another."""
        from j2a.audio import decode
        from j2a.features import guards, tuning
        from j2a.features.madmom_door import SAMPLE_RATE
        from j2a.features.networks import CancelledError, networks
        from j2a.networks import NotBroughtError

        try:
            heard = networks(guards.checked(decode.stream(clip, SAMPLE_RATE)), self._engine, self._cancelled)
            self._rhythm(heard)
            detuned = tuning.factor(tuning_cents() if self._engine == "fast" else None)
            if detuned != 1 and not self._cancelled():
                heard = networks(tuning.retuned(clip, detuned), self._engine, self._cancelled)
            for stage in (self._key, lambda heard: self._chords(heard, detuned)):
                if self._cancelled():
                    return
                stage(heard)
        except guards.Unmeasurable as error:
            self._unmeasurable = str(error)
            self._unknown((*RHYTHM, *TONAL), str(error))
        except NotBroughtError as error:
            self._missing = str(error)
            self._unknown((*RHYTHM, *TONAL), str(error))
        except CancelledError:
            return

    def _rhythm(self, heard: Networks) -> None:
        from j2a.features import rhythm

        beats = rhythm.track_beats(heard)
        if beats.reason:
            self._unknown(RHYTHM, beats.reason)
            return
        if self._cancelled():
            return
        candidates = rhythm.tempo_candidates(heard)
        bpm, reason = rhythm.reconciled_bpm(beats.times, candidates)
        tempi, sure = rhythm.levels(bpm, candidates) if bpm else ([], None)
        self._known("bpm", bpm, reason)
        self._known("bpm_candidates", [asdict(tempo) for tempo in tempi])
        self._known("bpm_sure", sure)
        self._known("beats", [round(float(time_s), 3) for time_s in beats.times])
        if beats.other_bar:
            reason = f"The accents come back after {beats.other_bar} beats; only bars of 3 or 4 beats can be told."
            self._unknown(("downbeats", "meter"), reason)
            return
        downbeats = [round(float(time_s), 3) for time_s in beats.downbeats]
        self._known("downbeats", downbeats, None if downbeats else "No first beat of a bar was found.")
        self._known("meter", beats.meter, None if beats.meter else "The section holds less than one whole bar.")

    def _key(self, heard: Networks) -> None:
        from j2a.features import key

        label, probability, reason = key.measure_key(heard)
        if label is not None and not self._features.beats:
            # Speech can have a "key". Without a beat it is believed only together with chords.
            self._doubtful_key = (label, probability)
        else:
            self._report_key(label, probability, reason)

    def _chords(self, heard: Networks, slower: float) -> None:
        """``slower``: by which factor what the networks were given lasts longer than the clip."""
        from j2a.features import chords

        found, reason = chords.measure_chords(heard, slower), None
        if all(chord.label == "N" for chord in found):
            found, reason = [], "No chord was found: nothing in the section sounds like a major or minor triad."
        if self._doubtful_key and found:
            self._report_key(*self._doubtful_key, None)
        elif self._doubtful_key:
            self._report_key(None, None, "No key stands out: the section has neither beat nor chords.")
        self._known("chords", [asdict(chord) for chord in found], reason)

    def _report_key(self, label: str | None, probability: float | None, reason: str | None) -> None:
        self._known("key", label, reason)
        self._known("key_probability", probability)

    def _sound(self, sound: Sound | None, tuning_cents: float | None) -> None:
        why = None if sound else self._unmeasurable or "The section is silent or too short."
        self._known("sound", asdict(sound) if sound else None, why)
        self._known("tuning_cents", tuning_cents)

    def _heard(self, clip: Clip, tagged: Tagged) -> None:
        """Tags, and the genre by its own model, or else the likeliest style of the tags."""
        from j2a.features import genre

        measured = self._features
        is_music = bool(measured.beats or measured.key or measured.chords or self._missing)
        tags = tagged.tags
        if tags is not None and not is_music:  # speech may have a voice, and nothing else
            tags = [tag for tag in tags if tag.kind == "voice"]
        why = tagged.reason or (None if tags else "Nothing that is listened for was heard for sure.")
        self._known("tags", None if tags is None else [asdict(tag) for tag in tags], why)
        self._known("absent", tagged.absent if is_music else [])
        found, _ = genre.measure_genre_of(clip) if is_music else (None, None)
        found = found or (tagged.genre if is_music else None)
        reason = self._unmeasurable or self._missing or (tagged.reason if is_music else _NO_MUSIC)
        self._known("genre", asdict(found) if found else None, None if found else reason)

    def _known(self, name: str, value: Any, reason: str | None = None) -> None:
        self._features.set(name, value)
        if reason is not None:
            self._features.unknown[name] = reason
        self._on_feature(name, value, reason)

    def _unknown(self, names: Iterable[str], reason: str) -> None:
        """Report every name as not measured, each in its empty form."""
        empty = Features().to_json()
        for name in names:
            self._known(name, empty[name], reason)
            for detail in _DETAILS.get(name, ()):
                self._known(detail, empty[detail])
