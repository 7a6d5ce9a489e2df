"""``j2a-train heads``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from j2a.console import errors_shown, narrate
from training.encoder.settings import TimeHeadsSettings
from training.ground.settings import load_settings, settings_text, with_options


@with_options(TimeHeadsSettings)
def heads(
    table: Annotated[Path, typer.Argument(help="Folder of a corpus with known truth that the encoder never heard.")],
    encoded: Annotated[Path, typer.Argument(help="What j2a-train encode made of it.")],
    out: Annotated[Path, typer.Argument(help="Folder for heads.safetensors and about.json.")],
    config: Path | None,
    given: dict[str, object],
) -> None:
    """Train heads that see time, for j2a-train sure, on the outputs of an encoder that stays as it is."""
    with errors_shown():
        settings = load_settings(TimeHeadsSettings, config, given)
        narrate(settings_text(settings))
        from training.encoder.heads import HEADS
        from training.encoder.time_heads import train

        train(table.expanduser(), encoded.expanduser(), out.expanduser(), settings)
        narrate(f"The heads are {out / HEADS}.")
