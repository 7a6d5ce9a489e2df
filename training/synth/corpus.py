"""The corpus of the built-in model: clips with known truth and captions, by the ten thousand.

Every clip follows from the seed and its number alone, so that a corpus can be made in any order, by any number of
processes, and continued after an interruption. It is written in parts of ``PART_CLIPS`` clips.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import soundfile

from j2a.errors import J2AError
from j2a.exporting import write_atomically
from training.captions.heard import ASKED, write_heard
from training.datasets.table import TABLE, Row, Split, line_of
from training.synth.compose import compose
from training.synth.made import Made
from training.synth.other import clip as other
from training.synth.player import find_soundfont
from training.synth.production import RENDER_RATE, SAMPLE_RATE, record
from training.synth.render import Renderer
from training.synth.settings import Composer
from training.synth.variety import facts, varied_plan

PART_CLIPS = 250
DRAWN = 2  # soundfonts of a clip, of those that take turns
SETTINGS = "synth.json"

_SPLIT_SEEDS = {"train": 0, "valid": 1, "test": 2}


@dataclass(frozen=True, slots=True)
class Corpus:
    """What decides a corpus, down to the sample."""

    clips: int
    split: Split
    seed: int
    duration_s: float
    soundfonts: tuple[str, ...]  # names and hashes of the files
    drawn: tuple[str, ...]  # likewise, of those of which each clip gets two
    version: int = 7  # of the generator
    composer: str | None = None  # and its version; None: the first one, whose corpora do not name it


def make(
    out: Path, soundfonts: list[Path], clips: int, split: Split, seed: int = 0, duration_s: float = 10.0,
    workers: int = 2, drawn: Sequence[Path] = (), composer: Composer = "first",
) -> Iterator[int]:  # fmt: skip
    """Write ``out/audio/...flac`` (16 bit) and ``out/clips.jsonl``; yields how many clips are done.

    The first composer's clips are mono at 16 kHz, the other one's stereo at 32 kHz.

    A clip's parts come from ``soundfonts`` and from two of those ``drawn``: many alike would crowd out the others.
    Parts that an earlier run finished are kept. Raises ``ModelMissingError`` for a missing soundfont, ``J2AError`` when
    ``out`` holds another corpus or the disk is full.
    """
    fonts = [find_soundfont(path) for path in soundfonts] or [find_soundfont()]
    few = [find_soundfont(path) for path in drawn]
    corpus = Corpus(clips, split, seed, duration_s, _named(fonts), _named(few),
                    composer=None if composer == "first" else f"other {other.VERSION}")  # fmt: skip
    _claim(out, corpus)
    parts = range(-(-clips // PART_CLIPS))
    missing = [part for part in parts if not _part_file(out, part).exists()]
    done = clips - sum(len(_numbers(corpus, part)) for part in missing)
    yield done
    with ProcessPoolExecutor(workers, initializer=_start, initargs=(fonts, few)) as pool:
        try:
            for part, _ in zip(missing, pool.map(_make_part, [out] * len(missing), [corpus] * len(missing), missing),
                               strict=True):  # fmt: skip
                done += len(_numbers(corpus, part))
                yield done
        except OSError as error:
            pool.shutdown(cancel_futures=True)
            raise J2AError(
                f"{out} cannot be written: {error.strerror or error}.",
                "Make room and run the command again: the clips that are there are kept.",
                title="Corpus not finished",
            ) from error
    write_atomically(out / TABLE, b"".join(_part_file(out, part).read_bytes() for part in parts))


# Of a worker process: a soundfont takes half a second to load.
_fonts: list[Renderer] = []
_drawn: list[Renderer] = []


def _start(soundfonts: list[Path], drawn: list[Path]) -> None:
    _fonts[:] = [Renderer(font, RENDER_RATE) for font in soundfonts]
    _drawn[:] = [Renderer(font, RENDER_RATE) for font in drawn]


def _make_part(out: Path, corpus: Corpus, part: int) -> None:
    lines = [line_of(_make_clip(out, corpus, number)) for number in _numbers(corpus, part)]
    write_atomically(_part_file(out, part), "".join(lines).encode())


def _make_clip(out: Path, corpus: Corpus, number: int) -> Row:
    # Splits of one seed share no clip.
    seed = (corpus.seed * 3 + _SPLIT_SEEDS[corpus.split]) * 10_000_000 + number
    some = random.Random(f"soundfonts {seed}").sample(_drawn, min(DRAWN, len(_drawn)))
    fonts = [*_fonts, *some]
    made = other.make_clip(seed, fonts, corpus.duration_s) if corpus.composer else _first(corpus, seed, fonts)
    name = f"{corpus.split}-{corpus.seed}-{number:06d}"
    audio = f"audio/{number // 1000:03d}/{name}.flac"
    path = out / audio
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, made.sound, RENDER_RATE if corpus.composer else SAMPLE_RATE, "PCM_16")
    rng = random.Random(f"caption {seed}")
    captions = tuple(write_heard({**made.facts, "solo": made.solo}, asked, rng) for asked in ASKED)
    return Row(name, audio, corpus.split, captions, source="synth", facts={**made.facts, "asked": list(ASKED)})


def _first(corpus: Corpus, seed: int, fonts: list[Renderer]) -> Made:
    """A clip of the first composer."""
    piece = compose(varied_plan(seed, corpus.duration_s), seed)
    sound, heard = record(piece, fonts, seed, toned=corpus.split == "train")
    known = facts(piece, heard)
    return Made(sound, known, len(piece.plan.instruments) == 1 and not known["drums"])


def _numbers(corpus: Corpus, part: int) -> range:
    return range(part * PART_CLIPS, min(corpus.clips, (part + 1) * PART_CLIPS))


def _part_file(out: Path, part: int) -> Path:
    return out / "parts" / f"{part:05d}.jsonl"


def _named(fonts: list[Path]) -> tuple[str, ...]:
    return tuple(f"{font.name} {_digest(font)}" for font in fonts)


def _digest(font: Path) -> str:
    with font.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]


def _claim(out: Path, corpus: Corpus) -> None:
    """Write the settings into a new folder; raise ``J2AError`` where another corpus was begun."""
    settings = {name: value for name, value in asdict(corpus).items() if value is not None}
    wanted = json.dumps(settings, indent=1) + "\n"
    path = out / SETTINGS
    if not path.exists():
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise J2AError(f"{out} is not an empty folder, and holds no corpus.", "Choose a new folder.",
                           title="No place for the corpus")  # fmt: skip
        write_atomically(path, wanted.encode())
    elif path.read_text(encoding="utf-8") != wanted:
        raise J2AError(f"{out} holds a corpus made with other settings, see {SETTINGS} in it.",
                       "Choose a new folder, or the same settings to continue it.",
                       title="Another corpus")  # fmt: skip
