"""Keys, triads and voicings: pitch classes are 0 (C) to 11 (B), pitches are MIDI numbers (60 is middle C)."""

from __future__ import annotations

from dataclasses import dataclass

from training.captions.facts import ALL_KEYS, MAJOR_KEYS, MINOR_KEYS

# Chord roots in Harte notation, as madmom writes them.
ROOT_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")

_SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11), "lydian": (0, 2, 4, 6, 7, 9, 11), "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "minor": (0, 2, 3, 5, 7, 8, 10), "dorian": (0, 2, 3, 5, 7, 9, 10), "phrygian": (0, 1, 3, 5, 7, 8, 10),
}  # fmt: skip
_TONICS = {mode: MAJOR_KEYS if scale[2] == 4 else MINOR_KEYS for mode, scale in _SCALES.items()}
MODAL_KEYS = tuple(
    f"{tonic} {mode}" for mode in ("lydian", "mixolydian", "dorian", "phrygian") for tonic in _TONICS[mode]
)
_NUMERALS = {"I": 0, "II": 1, "III": 2, "IV": 3, "V": 4, "VI": 5, "VII": 6}


@dataclass(frozen=True, slots=True)
class Key:
    """A tonic and a mode."""

    tonic: int  # pitch class
    mode: str  # "major", "minor" (natural), "dorian", "phrygian", "lydian" or "mixolydian"

    @classmethod
    def parse(cls, name: str) -> Key:
        """"A minor" -> Key(9, "minor"). Raises ``ValueError`` for a name in neither ``ALL_KEYS`` nor ``MODAL_KEYS``."""
        if name not in (*ALL_KEYS, *MODAL_KEYS):
            raise ValueError(f"{name!r} is not one of the 24 keys, nor a modal one")
        tonic, mode = name.split()
        return cls(_TONICS[mode].index(tonic), mode)

    @property
    def name(self) -> str:
        """"A minor"."""
        return f"{_TONICS[self.mode][self.tonic]} {self.mode}"

    @property
    def scale(self) -> tuple[int, ...]:
        """The seven pitch classes from the tonic up."""
        return tuple((self.tonic + step) % 12 for step in _SCALES[self.mode])

    def pitch(self, degree: int, octave: int) -> int:
        """The MIDI pitch of a scale degree: 1 is the tonic of ``octave`` (4 holds middle C), 8 the one above."""
        steps, index = divmod(degree - 1, 7)
        return 12 * (octave + 1 + steps) + self.tonic + _SCALES[self.mode][index]

    def triad(self, numeral: str) -> Triad:
        """The triad of a Roman numeral on the mode's scale: "IV" is major, "iv" minor whatever the mode."""
        root = self.scale[_NUMERALS[numeral.upper()]]
        return Triad(root, "maj" if numeral.isupper() else "min")


@dataclass(frozen=True, slots=True)
class Triad:
    """A major or minor triad."""

    root: int  # pitch class
    quality: str  # "maj" or "min"

    @property
    def label(self) -> str:
        """Harte notation with sharps: "A#:min"."""
        return f"{ROOT_NAMES[self.root]}:{self.quality}"

    @property
    def pitch_classes(self) -> tuple[int, int, int]:
        """Root, third, fifth."""
        return self.root, (self.root + (4 if self.quality == "maj" else 3)) % 12, (self.root + 7) % 12

    def voicing(self, near: int) -> tuple[int, int, int]:
        """The close position (any inversion) whose middle note is nearest to the MIDI pitch ``near``, ascending."""
        root, third, fifth = self.pitch_classes
        options = []
        for inversion in ((root, third, fifth), (third, fifth, root), (fifth, root, third)):
            for octave in range(2, 8):
                low = 12 * octave + inversion[0]
                middle = low + (inversion[1] - inversion[0]) % 12
                options.append((low, middle, middle + (inversion[2] - inversion[1]) % 12))
        return min(options, key=lambda notes: (abs(notes[1] - near), notes))


def nearest(pitch_class: int, near: int) -> int:
    """The MIDI pitch of a pitch class closest to ``near`` (the lower of two equally close)."""
    up = (pitch_class - near) % 12
    return near + up if up < 6 else near + up - 12
