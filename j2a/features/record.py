"""The record of what was measured in a clip. Loads without torch, librosa or madmom.

Times are seconds from the clip's start, tempo is beats per minute. What could not be measured is
``None`` (or an empty list), and ``unknown`` says why.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import field
from typing import Any, Literal, get_args

from j2a.records import asdict, dataclass

Engine = Literal["fast", "madmom"]  # what runs madmom's networks: our own code, or madmom itself
LookKind = Literal["mel", "chroma"]  # how a clip can be drawn
TagKind = Literal["voice", "style", "instrument", "percussion"]
_METER, _KEY = re.compile(r"[1-9]\d?/[1-9]\d?"), re.compile(r"[A-G][#b♯♭]* (major|minor)")
_CHORD = re.compile(r"N|[A-G][#b♯♭]*(:[a-z0-9]+)?")
_TAG_KINDS = get_args(TagKind)
_PLAIN = ("bpm", "beats", "downbeats", "meter", "key", "unknown")  # fields that are JSON types themselves
_MOST = 1e9  # of any number here: more seconds, beats a minute or parts of one than there are
NOT_MUSIC = "it may not be music"  # in the reason for tags of steady noise or a bare tone
DAMAGED = "The samples hold NaN or infinite values: the file is damaged."  # the reason for everything of such a clip
SILENT = "The section is silent"  # how the reason begins
BY_TAGS = "musicnn"  # source of a genre that is the likeliest style of the tags, however unlikely
FEATURE_NAMES = ("bpm", "beats", "downbeats", "meter", "key", "chords", "sound", "tags", "genre")
DETAILS = ("bpm_candidates", "bpm_sure", "key_probability", "tuning_cents", "absent",
           "file_bpm", "file_key")  # behind their feature


@dataclass(frozen=True, slots=True)
class Chord:
    """One chord segment. ``label`` is Harte notation as madmom writes it: "A:min", "C:maj", "N" (none)."""

    start_s: float
    end_s: float
    label: str


@dataclass(frozen=True, slots=True)
class Tempo:
    """A tempo at which one may count, and its part (0 to 1) of all of them."""

    bpm: float
    weight: float


@dataclass(frozen=True, slots=True)
class Genre:
    """The most likely genre, its probability, and what heard it: "gtzan" or "musicnn"; "" in records of before."""

    label: str
    score: float
    source: str = ""


@dataclass(frozen=True, slots=True)
class Tag:
    """Something heard for sure: "voice", "rock", "electric guitar", "drums".

    ``score`` is what it was claimed by: a mean probability, or for a voice the sum of those of all words for voices.
    """

    label: str
    kind: TagKind
    score: float


@dataclass(frozen=True, slots=True)
class Sound:
    """What any listener says of it, as numbers."""

    loudness_dbfs: float  # RMS of all channels
    crest_db: float  # peak over RMS
    dynamics_db: float  # between soft and loud moments of 0.4 s: their 10th and 90th percentile
    centroid_hz: float  # mean spectral centroid, up to 11 kHz
    onsets_per_s: float

    @property
    def words(self) -> list[str]:
        """What stands out: brightness, density of onsets, loudness, dynamics; each only where it is marked.

        The bounds are near the fifth that has least and the fifth that has most of it in 88 windows of real music.
        """
        scales = (
            (self.centroid_hz, ("dark", 950.0), ("bright", 2600.0)),
            (self.onsets_per_s, ("sparse", 2.5), ("dense", 6.0)),
            (self.loudness_dbfs, ("soft", -20.0), ("loud", -13.0)),
            (self.dynamics_db, ("even", 2.0), ("swelling", 10.0)),
        )
        found = [
            low if value <= lowest else high if value >= highest else ""
            for value, (low, lowest), (high, highest) in scales
        ]
        return [word for word in found if word]


@dataclass(slots=True)
class Features:
    """Everything measured in one clip."""

    bpm: float | None = None
    bpm_candidates: list[Tempo] = field(default_factory=list)  # halves, doubles ... of it, the likeliest first
    bpm_sure: bool | None = None  # whether the likeliest is ``bpm``; else half or double may be meant
    beats: list[float] = field(default_factory=list)
    downbeats: list[float] = field(default_factory=list)
    meter: str | None = None  # "3/4" or "4/4": beats per bar over a quarter-note pulse
    key: str | None = None  # "A minor", "Bb major"
    key_probability: float | None = None
    chords: list[Chord] = field(default_factory=list)
    tags: list[Tag] | None = None  # only what is sure enough to be said; None where nobody listened
    absent: list[str] = field(default_factory=list)  # labels of tags that are surely not there: "voice", "drums"
    sound: Sound | None = None
    tuning_cents: float | None = None  # from A = 440 Hz, -50 to 50
    genre: Genre | None = None
    unknown: dict[str, str] = field(default_factory=dict)  # feature name -> why it was not measured
    file_bpm: float | None = None  # what the file's own tags say
    file_key: str | None = None  # "A minor"
    corrected: list[str] = field(default_factory=list)  # names of those that a person has put in place of measured ones

    def to_json(self) -> dict[str, Any]:
        """A dict of JSON types, in a fixed order; the file's tags and ``corrected`` only where there are any."""
        data = asdict(self)
        for name in ("file_bpm", "file_key", "corrected"):
            if not data[name]:
                del data[name]
        return data

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Features:
        """The inverse of :meth:`to_json`; keys it does not know are ignored.

        Raises ``ValueError``, ``TypeError``, ``KeyError`` or ``AttributeError`` for what nobody measures: prompts,
        checks and the screen reckon with these values.
        """
        features = cls()
        for name in (*_PLAIN, *DETAILS, "corrected"):
            if name in data:
                setattr(features, name, data[name])
        features.sound = Sound(**data["sound"]) if data.get("sound") else None
        features.bpm_candidates = [Tempo(**tempo) for tempo in data.get("bpm_candidates", [])]
        features.chords = [Chord(**chord) for chord in data.get("chords", [])]
        features.tags = None if data.get("tags") is None else [Tag(**tag) for tag in data["tags"]]
        features.genre = Genre(**data["genre"]) if data.get("genre") else None
        if wrong := [name for name, right in _checks(features) if not right]:
            raise ValueError(f"{wrong[0]} is not as it is measured")
        return features

    def set(self, name: str, value: Any) -> None:
        """Fill in one feature as it arrives from the engine, in the JSON form of ``FeatureReady``.

        Names that it does not know are ignored. Raises what :meth:`from_json` raises, and stays as it was then.
        """
        if name in (*DETAILS, "unknown") or name in FEATURE_NAMES:
            setattr(self, name, getattr(Features.from_json({name: value}), name))


def _checks(features: Features) -> list[tuple[str, bool]]:
    """The name of each feature, and whether its value can be one."""
    chords, genre, tags = features.chords, features.genre, features.tags or []
    return [
        ("bpm", features.bpm is None or (_is_number(features.bpm) and features.bpm > 0)),
        ("bpm_candidates", all(_is_number(one.bpm) and _is_number(one.weight) for one in features.bpm_candidates)),
        ("bpm_sure", features.bpm_sure in (None, True, False)),
        ("beats", _are_times(features.beats)),
        ("downbeats", _are_times(features.downbeats)),
        ("meter", features.meter is None or _is_like(_METER, features.meter)),
        ("key", features.key is None or _is_like(_KEY, features.key)),
        ("key_probability", features.key_probability is None or _is_number(features.key_probability)),
        ("chords", all(_are_times([one.start_s, one.end_s]) and _is_like(_CHORD, one.label) for one in chords)),
        ("tuning_cents", features.tuning_cents is None or _is_number(features.tuning_cents)),
        ("sound", features.sound is None or all(map(_is_number, asdict(features.sound).values()))),
        ("tags", all(isinstance(tag.label, str) and tag.kind in _TAG_KINDS and _is_number(tag.score) for tag in tags)),
        ("absent", isinstance(features.absent, list) and _are_texts(*features.absent)),
        ("genre", genre is None or (_are_texts(genre.label, genre.source) and _is_number(genre.score))),
        ("file_bpm", features.file_bpm is None or (_is_number(features.file_bpm) and features.file_bpm > 0)),
        ("file_key", features.file_key is None or _is_like(_KEY, features.file_key)),
        ("corrected", isinstance(features.corrected, list) and _are_texts(*features.corrected)),
        ("unknown", all(_are_texts(*item) for item in features.unknown.items())),
    ]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) < _MOST


def _are_times(value: Any) -> bool:
    """Whether it is a list of rising times."""
    return isinstance(value, list) and all(map(_is_number, value)) and all(a < b for a, b in itertools.pairwise(value))


def _are_texts(*values: Any) -> bool:
    return all(isinstance(value, str) for value in values)


def _is_like(form: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and form.fullmatch(value) is not None
