"""Which windows are scored: some of each known file, spread over it by a seed, and those that are made of several."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from j2a.errors import J2AError
from training.datasets.mixing import Sound, over, unclipped
from training.datasets.table import Row
from training.evaluation.real import sounds
from training.evaluation.real.manifest import Facts, Manifest, Mixes, Sums, completed, facts_of, matching, names_in

MADE = "made"  # folder of sounds that are no file of the music's


@dataclass(frozen=True, slots=True)
class Window:
    """One window. ``row.facts`` is what is known of it, ``row.source`` its group, ``row.audio`` is in ``folder``."""

    row: Row
    folder: Path
    file: str  # what it was taken from, of which the bootstrap draws
    part: str = ""  # of its group: the level of a voice


class Windows:
    """Takes windows from a folder of music. Sounds that have to be made are written below ``out``."""

    def __init__(self, manifest: Manifest, music: Path, out: Path, seed: int, tempi: dict[str, float]) -> None:
        self._manifest = manifest
        self._music = music
        self._out = out
        self._seed = seed
        self._tempi = tempi
        self._names = names_in(music)
        self._starts: dict[str, list[float]] = {}

    def take(self) -> list[Window]:
        """All of them, in the manifest's order. Raises ``AudioError`` for a file that cannot be read."""
        try:
            (self._out / MADE).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise J2AError(f"{self._out} cannot be made: {error.strerror or error}.", "Give another --out.") from error
        found = [*self._of_files()]
        for sums in self._manifest.sums:
            found += self._of_sums(sums)
        for mixes in self._manifest.mixes:
            found += self._of_mixes(mixes)
        return [*found, *self._of_nothing()]

    def _of_files(self) -> Iterator[Window]:
        for entry in self._manifest.files:
            if not entry.group:
                continue
            for name in matching(self._names, entry.glob):
                for start_s in self._spread(name, entry.windows):
                    yield self._window(name, start_s, entry.group, self._facts(name))

    def _of_sums(self, sums: Sums) -> Iterator[Window]:
        """Windows in which the first stem sounds."""
        for name in matching(self._names, sums.first):
            other = name.replace(*sums.other)
            if other not in self._names:
                continue
            known = self._facts(other) | completed(sums.facts)
            for start_s in self._spread(name, sums.windows, "sum"):
                stems = [self._piece(one, start_s) for one in (name, other)]
                yield self._write(f"{_title(name)} + rest @{start_s:g}", sums.group, known, name,
                                  unclipped(stems[0] + stems[1]))  # fmt: skip

    def _of_mixes(self, mixes: Mixes) -> Iterator[Window]:
        voices = matching(self._names, mixes.voice)
        beds = sorted({name for glob in mixes.beds for name in matching(self._names, glob) if self._audible(name)})
        rng = self._rng(mixes.voice)
        rng.shuffle(beds)
        turn = itertools.cycle(beds)
        for voice in voices:
            sung, title = self._piece(voice, 0.0), _title(voice)
            yield self._write(f"{title} alone", mixes.group, mixes.facts, voice, sung, "alone")
            levels = [level for level in mixes.levels_db for _ in range(mixes.mixes) if beds]
            for number, (level_db, bed) in enumerate(zip(levels, turn, strict=False), 1):
                start_s = float(rng.choice(self._audible(bed)))
                mixed = over(sung, self._piece(bed, start_s), level_db, sounds.RATE)
                known, part = self._facts(bed) | mixes.facts, f"{level_db:+g} dB" if level_db else "0 dB"
                name = f"{title} {number}, {part} over {_title(bed)} @{start_s:g}"
                yield self._write(name, mixes.group, known, bed, mixed, part)

    def _of_nothing(self) -> Iterator[Window]:
        known: Facts = {"nothing": True, "instruments": [], "drums": False, "vocals": False}
        for made in self._manifest.made:
            for number in range(made.windows):
                name = f"{made.sound} {number + 1}"
                sound = sounds.made(made.sound, self._manifest.window_s, self._rng(name))
                yield self._write(name, "nothing", known, made.sound, sound)

    def _window(self, name: str, start_s: float, group: str, known: Facts) -> Window:
        end_s = start_s + self._manifest.window_s
        row = Row(f"{name} @{start_s:g}", name, "test", start_s=start_s, end_s=end_s, source=group, facts=known)
        return Window(row, self._music, name)

    def _write(self, title: str, group: str, known: Facts, file: str, sound: Sound, part: str = "") -> Window:
        name = f"{MADE}/{title}.wav"
        try:
            soundfile.write(self._out / name, sound, sounds.RATE, subtype="PCM_16")
        except (OSError, soundfile.LibsndfileError) as error:
            raise J2AError(f"{self._out / name} cannot be written: {error}.", "Make room, and run it again.") from error
        return Window(Row(title, name, "test", source=group, facts=known), self._out, file, part)

    def _facts(self, name: str) -> Facts:
        return facts_of(name, self._manifest, self._tempi)

    def _piece(self, name: str, start_s: float) -> Sound:
        return sounds.piece(self._music / name, start_s, self._manifest.window_s)

    def _spread(self, name: str, count: int, purpose: str = "") -> list[float]:
        return sounds.spread(self._audible(name), count, self._manifest.window_s, self._rng(purpose + name))

    def _audible(self, name: str) -> list[float]:
        if name not in self._starts:
            self._starts[name] = sounds.audible_starts(self._music / name, self._manifest.window_s)
        return self._starts[name]

    def _rng(self, purpose: str) -> np.random.Generator:
        """The same for the same name, whatever else is in the folder."""
        return np.random.default_rng([self._seed, *purpose.encode()])


def _title(name: str) -> str:
    """A path as a part of a file's name."""
    return name.rpartition(".")[0].replace("/", " ")
