"""``j2a-train sure``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from j2a.console import errors_shown, narrate


def sure(
    run: Annotated[Path, typer.Argument(help="Folder of an encoder's training.")],
    table: Annotated[Path, typer.Argument(help="Folder of the corpus to caption anew.")],
    out: Annotated[Path, typer.Argument(help="Folder of the new table; the audio is linked, not copied.")],
    held_back: Annotated[
        Path | None, typer.Option(help="Corpus of another soundfont (valid split): sets the thresholds first.")
    ] = None,
    precision: Annotated[
        float, typer.Option(min=0.5, max=1.0, help="Share of all statements together that must be true.")
    ] = 0.85,
    guess: Annotated[
        bool, typer.Option("--guess", help="Also what is sure and false: all that the encoder hears.")
    ] = False,
    heads: Annotated[
        Path | None, typer.Option(help="Folder of j2a-train heads: they speak in place of the heads of the run.")
    ] = None,
    encoded: Annotated[
        Path | None, typer.Option(help="What j2a-train encode made of the table, so that it is not encoded once more.")
    ] = None,
    measured: Annotated[
        bool, typer.Option("--measured", help="Also what encode --features measured, as J2A-3.0 says it.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of the wordings.")] = 0,
) -> None:
    """Write captions that say only what the encoder is sure of."""
    with errors_shown():
        from training.encoder.sure import NEVER, set_thresholds, write_sure

        spoken = heads.expanduser() if heads else None
        if held_back is not None:
            found = set_thresholds(run.expanduser(), held_back.expanduser(), precision, spoken)
            never = [name for name, threshold in found.items() if threshold == NEVER]
            narrate(f"Never said: {', '.join(never) or 'nothing'}.")
        kept = encoded.expanduser() if encoded else None
        write_sure(
            run.expanduser(), table.expanduser(), out.expanduser(), only_true=not guess, heads=spoken, encoded=kept,
            measured=measured, seed=seed,
        )  # fmt: skip
        narrate(f"The table is {out / 'clips.jsonl'}.")
