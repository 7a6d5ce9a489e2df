"""``j2a-train encoder``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from j2a.console import errors_shown, narrate
from training.encoder.settings import EncoderSettings
from training.settings import load_settings, with_options


@with_options(EncoderSettings)
def encoder(
    table: Annotated[Path, typer.Argument(help="Folder of the corpus to learn from (its train split).")],
    held_back: Annotated[Path, typer.Argument(help="Folder of another corpus, whose valid split is watched.")],
    out: Annotated[Path, typer.Argument(help="Folder of the run: encoder/, heads.safetensors, log.jsonl.")],
    config: Path | None,
    given: dict[str, object],
) -> None:
    """Train the small audio encoder of the built-in J2A-2.x. Run it again to continue."""
    with errors_shown():
        settings = load_settings(EncoderSettings, config, given)
        from training.encoder.train import train

        train(table.expanduser(), held_back.expanduser(), out.expanduser(), settings)
        narrate(f"The encoder is {out / 'encoder'}.")
