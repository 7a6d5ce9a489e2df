"""``j2a-train encoder``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from j2a.console import errors_shown, narrate
from training.encoder.settings import EncoderSettings
from training.ground.settings import load_settings, settings_text, with_options


@with_options(EncoderSettings)
def encoder(
    table: Annotated[Path, typer.Argument(help="Folder of the corpus to learn from (its train split).")],
    held_back: Annotated[Path, typer.Argument(help="Folder of another corpus, whose valid split is watched.")],
    out: Annotated[Path, typer.Argument(help="Folder of the run: encoder/, last/heads.safetensors, log.jsonl.")],
    config: Path | None,
    given: dict[str, object],
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run that is in OUT.")] = False,
) -> None:
    """Train the small audio encoder of the built-in J2A-2.x."""
    with errors_shown():
        settings = load_settings(EncoderSettings, config, given)
        narrate(settings_text(settings))
        from training.encoder.train import train

        train(table.expanduser(), held_back.expanduser(), out.expanduser(), settings, resume=resume)
        narrate(f"The encoder is {out / 'encoder'}.")
