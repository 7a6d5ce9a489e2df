"""``j2a-train synth``."""

from __future__ import annotations

import time
from pathlib import Path

import typer

from j2a.console import errors_shown, narrate
from training.datasets.table import SPLITS, Split
from training.synth.corpus import make


def run(
    out: Path, soundfonts: list[Path], drawn: list[Path], clips: int, split: str, seconds: float, workers: int,
    seed: int,
) -> None:  # fmt: skip
    """Make the corpus, with a line a part on standard error."""
    chosen: Split | None = next((name for name in SPLITS if name == split), None)  # type: ignore[misc]
    if chosen is None:
        raise typer.BadParameter(f"{split} is none of {', '.join(SPLITS)}", param_hint="--split")
    with errors_shown():
        started, first = time.monotonic(), None
        fonts = [path.expanduser() for path in soundfonts]
        few = [path.expanduser() for path in drawn]
        for done in make(out, fonts, clips, chosen, seed, seconds, workers, few):
            if first is None:
                first = done
            rate = (done - first) / max(1e-9, time.monotonic() - started)
            narrate(f"{done} of {clips} clips" + (f", {rate:.1f} a second" if done > first else ""))
        narrate(f"The table is {out / 'clips.jsonl'}.")
