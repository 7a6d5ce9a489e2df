"""The demo clips: written here note by note, rendered with FluidR3, shipped in ``j2a_tui/demo``.

``python -m training.synth.demo`` makes them again, and ``--check`` measures them and compares with the truth.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from j2a.clip import Clip
from j2a.features import extract
from training.synth.compose import Plan, compose
from training.synth.player import SAMPLE_RATE
from training.synth.render import Renderer, write_ogg
from training.synth.styles import style_named
from training.synth.truthset import accuracy

DEMO_DIR = Path(__file__).parents[2] / "j2a_tui" / "demo"

Melody = tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Demo:
    """One clip: a title, what to render, and how roomy it sounds."""

    title: str
    plan: Plan
    reverb_s: float


def _plan(style: str, bar: int, bpm: float, meter: int, key: str, progression: str, bars: int, ring_s: float,
          instruments: dict[str, str], melody: Melody, octave: int = 5, chords_per_bar: int = 1) -> Plan:
    """A plan of ``bars`` bars and a held last chord that rings for ``ring_s`` seconds."""
    lead_in_s = 0.15
    duration_s = round(lead_in_s + bars * meter * 60 / bpm + ring_s, 2)
    return Plan(style, bpm, meter, key, progression, duration_s, instruments, style_named(style).bars[meter][bar],
                chords_per_bar, lead_in_s, melody, octave, bars + 1, style_named(style).comp_near)


# Melodies: (scale degree, beats); 8 is the tonic an octave up, 0 a rest. One line is one or two bars.
DEMOS = (
    Demo("Harbour Waltz", _plan(
        "waltz", 1, 138, 3, "D minor", "i i iv V i VI iv V i iv V V", 12, 3.0,
        {"bass": "acoustic bass", "chords": "accordion", "lead": "violin"}, (
            (1, 2), (3, 1), (5, 2), (3, 1),
            (4, 1), (6, 1), (8, 1), (5, 3),
            (5, 2), (3, 1), (6, 2), (8, 1),
            (8, 1), (6, 1), (4, 1), (2, 2), (5, 1),
            (8, 2), (5, 1), (6, 2), (4, 1),
            (5, 1), (4, 1), (2, 1), (2, 3),
            (1, 4))), 1.6),
    Demo("Paper Lanterns", _plan(
        "miniature", 0, 96, 4, "E major", "I V vi IV I V", 6, 3.0,
        {"bass": "pizzicato strings", "chords": "harp", "lead": "celesta"}, (
            (5, 1), (3, 1), (5, 1), (8, 1),
            (7, 1), (5, 1), (2, 2),
            (3, 1), (1, 1), (3, 1), (6, 1),
            (6, 1), (5, .5), (4, .5), (4, 2),
            (3, 1), (5, 1), (8, 1), (10, 1),
            (9, 1), (7, 1), (5, 2),
            (8, 4))), 2.0),
    Demo("Night Bus", _plan(
        "dance", 0, 124, 4, "A minor", "i VI iv V", 8, 2.5,
        {"bass": "synth bass", "chords": "synth strings", "lead": "saw lead", "pad": "warm pad", "drums": "drums"}, (
            (8, .75), (8, .75), (7, .5), (8, 1), (5, 1),
            (6, .75), (8, .75), (6, .5), (5, 2),
            (4, .75), (6, .75), (8, .5), (6, 1), (4, 1),
            (5, 1.5), (2, .5), (5, 2),
            (8, .75), (8, .75), (7, .5), (8, 1), (10, 1),
            (10, .75), (8, .75), (6, .5), (8, 2),
            (6, .75), (4, .75), (6, .5), (8, 1), (6, 1),
            (5, 1.5), (4, .5), (2, 2),
            (1, 4)), octave=4), 0.8),
    Demo("Gravel Road", _plan(
        "rock", 0, 152, 4, "G major", "I IV I V I IV V I", 8, 2.6,
        {"bass": "electric bass", "chords": "overdriven guitar", "lead": "organ", "drums": "drums"}, (
            (5, 1), (5, .5), (6, .5), (5, 1), (3, 1),
            (4, 2), (6, 2),
            (5, 1), (5, .5), (6, .5), (8, 1), (5, 1),
            (4, 2), (2, 2),
            (8, 1), (8, .5), (9, .5), (10, 1), (8, 1),
            (8, 2), (6, 2),
            (5, 1), (4, 1), (2, 1), (7, 1),
            (8, 3), (0, 1),
            (8, 4))), 0.9),
    Demo("Slow Tide", _plan(
        "ballad", 0, 72, 3, "Eb major", "I vi IV V I V", 6, 3.5,
        {"bass": "acoustic bass", "chords": "piano", "lead": "clarinet", "pad": "strings"}, (
            (3, 2), (5, 1),
            (8, 2), (6, 1),
            (6, 1), (5, 1), (4, 1),
            (5, 2), (2, 1),
            (3, 1), (5, 1), (8, 1),
            (7, 1), (9, 1), (5, 1),
            (8, 4))), 2.2),
    Demo("Corner Cafe", _plan(
        "bossa", 0, 116, 4, "C minor", "i iv V i VI iv V i", 7, 3.0,
        {"bass": "acoustic bass", "chords": "nylon guitar", "lead": "flute", "drums": "drums"}, (
            (5, 1.5), (3, 1.5), (1, 1),
            (4, 1.5), (6, 1.5), (8, 1),
            (9, 1.5), (5, 1.5), (4, 1),
            (3, 3), (0, 1),
            (8, 1.5), (6, 1.5), (3, 1),
            (4, 1.5), (6, 1.5), (4, 1),
            (5, 1.5), (2, 1.5), (5, 1),
            (8, 4))), 1.2),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=DEMO_DIR)
    parser.add_argument("--soundfont", type=Path)
    parser.add_argument("--check", action="store_true", help="measure the clips and compare with the truth")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    renderer = Renderer(options.soundfont)
    truths = {}
    for seed, demo in enumerate(DEMOS):
        piece = compose(demo.plan, seed)
        sound = renderer.render(piece, reverb_s=demo.reverb_s)
        name = f"{demo.title}.ogg"
        write_ogg(options.out / name, fade_out(sound, 0.8), title=demo.title, artist="J2A demo", album="J2A demo clips",
                  license="CC0 1.0")
        truths[name] = piece.truth()
    text = json.dumps({"clips": truths}, indent=1, ensure_ascii=False)
    (options.out / "truth.json").write_text(text + "\n", encoding="utf-8")
    if not options.check:
        return 0
    measured = [{"truth": truth, "features": extract(Clip(options.out / name)).to_json()}
                for name, truth in truths.items()]
    for name, clip in zip(truths, measured, strict=True):
        print(name, *(f"{key} {clip['truth'][key]}/{clip['features'][key]}" for key in ("bpm", "meter", "key")),
              accuracy([clip]), sep="\n  ", file=sys.stderr)
    scores = accuracy(measured)
    return 0 if min(scores["bpm"], scores["meter"], scores["key"]) == 1.0 else 1


def fade_out(sound: NDArray[np.float32], seconds: float) -> NDArray[np.float32]:
    """The sound (T, channels) with its last seconds brought down to silence along half a cosine."""
    length = min(len(sound), round(seconds * SAMPLE_RATE))
    faded = sound.copy()
    faded[len(sound) - length:] *= (0.5 + 0.5 * np.cos(np.linspace(0, np.pi, length)))[:, None]
    return faded


if __name__ == "__main__":
    raise SystemExit(main())
