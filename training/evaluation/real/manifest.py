"""The manifest of facts, ``facts.toml``: which files are known, by what proof, and what of them is in a folder."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from training.captions.facts import tempo_class

OWN = Path(__file__).with_name("facts.toml")
Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Files:
    """Facts of the files that match a glob; with a group, windows of them are scored."""

    glob: str
    fact: str
    proof: str
    facts: Facts
    get: str = ""  # where the files come from, in words; "" where another entry says it
    group: str = ""
    windows: int = 0


@dataclass(frozen=True, slots=True)
class Sums:
    """Two stems of one song, found by replacing a part of the first one's name."""

    first: str
    other: tuple[str, str]
    group: str
    windows: int
    fact: str
    proof: str
    facts: Facts


@dataclass(frozen=True, slots=True)
class Mixes:
    """A voice over beds: ``mixes`` of them at each level, and alone once."""

    voice: str
    get: str
    beds: list[str]
    group: str
    levels_db: list[float]
    mixes: int
    fact: str
    proof: str
    facts: Facts


@dataclass(frozen=True, slots=True)
class Made:
    """A sound that needs no file."""

    sound: str
    windows: int
    fact: str
    proof: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """All that is known."""

    window_s: float
    files: list[Files]
    sums: list[Sums] = field(default_factory=list)
    mixes: list[Mixes] = field(default_factory=list)
    made: list[Made] = field(default_factory=list)


def read_manifest(path: Path = OWN) -> Manifest:
    """The manifest that comes with the code, or another."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    sums = [Sums(**{**entry, "other": tuple(entry["other"])}) for entry in data.get("sums", [])]
    return Manifest(
        data["window_s"],
        [Files(**entry) for entry in data.get("files", [])],
        sums,
        [Mixes(**entry) for entry in data.get("mixes", [])],
        [Made(**entry) for entry in data.get("made", [])],
    )


def names_in(music: Path) -> list[str]:
    """POSIX paths of all files below a folder, sorted."""
    return sorted(path.relative_to(music).as_posix() for path in music.rglob("*") if path.is_file())


def matching(names: Sequence[str], glob: str) -> list[str]:
    """Those of the names that match."""
    return [name for name in names if fnmatchcase(name, glob)]


def facts_of(name: str, manifest: Manifest, tempi: dict[str, float]) -> Facts:
    """What all entries together say of a file. ``tempi``: of songs, by title, where their own MIDI files were read."""
    known: Facts = {}
    for entry in manifest.files:
        if fnmatchcase(name, entry.glob):
            known |= entry.facts
    title = Path(name).name.rpartition(" - ")[0]
    if title in tempi:
        known["bpm"] = tempi[title]
    return completed(known)


def completed(known: Facts) -> Facts:
    """With the tempo class, where the tempo is known."""
    return known | ({"tempo": tempo_class(known["bpm"])} if "bpm" in known else {})


def is_known(names: Sequence[str], manifest: Manifest) -> bool:
    """Whether any of the files is scored."""
    return any(matching(names, entry.glob) for entry in manifest.files if entry.group)


def missing(names: Sequence[str], manifest: Manifest) -> str:
    """One paragraph about what the folder lacks; "" where it lacks nothing."""
    wanted = [(entry.glob, entry.get) for entry in manifest.files if entry.get]
    wanted += [(entry.voice, entry.get) for entry in manifest.mixes]
    lacking = [f"{glob} (from {get})" for glob, get in wanted if not matching(names, glob)]
    if not lacking:
        return ""
    return f"Not in the folder, so not scored: {'; '.join(lacking)}. docs/real-card.md tells how to get them."


def as_table(manifest: Manifest) -> str:
    """Every fact with its proof, in Markdown."""
    lines = ["| files | fact | proof |", "|---|---|---|"]
    lines += [f"| `{one.glob}` | {one.fact} | {one.proof} |" for one in manifest.files]
    lines += [f"| `{one.first}` and `{one.other[1]}` | {one.fact} | {one.proof} |" for one in manifest.sums]
    lines += [f"| `{one.voice}` over the others | {one.fact} | {one.proof} |" for one in manifest.mixes]
    lines += [f"| {one.sound} | {one.fact} | {one.proof} |" for one in manifest.made]
    return "\n".join(lines) + "\n"
