"""The command ``j2a-train synth``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from j2a.console import errors_shown, narrate
from training.ground.settings import load_settings, settings_text, with_options
from training.synth.settings import SynthSettings


@with_options(SynthSettings)
def synth(
    out: Annotated[Path, typer.Argument(help="Folder for the clips and their table.")],
    config: Path | None,
    given: dict[str, object],
    soundfont: Annotated[
        list[Path] | None, typer.Option(help="A General MIDI soundfont (.sf2); give several for variety.")
    ] = None,
    drawn: Annotated[
        list[Path] | None, typer.Option(help="More soundfonts, of which every clip gets two beside those above.")
    ] = None,
) -> None:
    """Compose and render clips with known truth and captions. Run it again to continue."""
    from training.synth.corpus import make

    with errors_shown():
        settings = load_settings(SynthSettings, config, given)
        narrate(settings_text(settings))
        started, first = time.monotonic(), None
        fonts, few = ([path.expanduser() for path in paths or []] for paths in (soundfont, drawn))
        parts = make(
            out.expanduser(), fonts, settings.clips, settings.split, settings.seed, settings.seconds, settings.workers,
            few, settings.composer,
        )  # fmt: skip
        for done in parts:
            if first is None:
                first = done
            rate = (done - first) / max(1e-9, time.monotonic() - started)
            narrate(f"{done} of {settings.clips} clips" + (f", {rate:.1f} a second" if done > first else ""))
        narrate(f"The table is {out / 'clips.jsonl'}.")
