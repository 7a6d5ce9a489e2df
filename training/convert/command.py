"""The command ``j2a-train convert-mwmae``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from j2a.console import errors_shown, narrate


def convert_mwmae(
    checkpoint: Annotated[Path, typer.Argument(help="The published file checkpoint_<step>.")],
    out: Annotated[Path, typer.Argument(help="The folder to make: model.safetensors, config.json, README.md.")],
    heads: Annotated[
        int | None, typer.Option(min=1, help="Attention heads, which no checkpoint tells; the base model has 12.")
    ] = None,
) -> None:
    """Convert the published MW-MAE checkpoint (JAX) into the encoder of J2A-2.x."""
    from training.convert.mwmae import HEADS, convert

    with errors_shown():
        config = convert(checkpoint.expanduser(), out.expanduser(), heads)
        if heads is None and config.width not in HEADS:
            narrate(f"No published model has width {config.width}: took {config.heads} heads. If wrong, give --heads.")
        narrate(f"An encoder of width {config.width}, depth {config.depth} and {config.heads} heads is in {out}.")
