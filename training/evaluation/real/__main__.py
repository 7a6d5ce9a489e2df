"""``python -m training.evaluation.real MUSIC``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from j2a.console import errors_shown, narrate


def main(
    music: Annotated[Path, typer.Argument(help="Folder of real music; docs/real-card.md tells how to fill it.")],
    out: Annotated[Path | None, typer.Option(help="Folder for the card, the windows and the captions.")] = None,
    version: Annotated[str, typer.Option(help="J2A version that writes the captions.")] = "2.1",
    backbone: Annotated[str, typer.Option(help="mini, 7b, or a folder.")] = "mini",
    captions: Annotated[
        Path | None, typer.Option(help="Captions made elsewhere: CSV or JSONL with the ids of OUT/clips.jsonl.")
    ] = None,
    midi: Annotated[Path | None, typer.Option(help="Folder of songs whose notes.mid say their tempo.")] = None,
    seed: Annotated[int, typer.Option(help="Of the windows, the mixes, the floors and the resamples.")] = 0,
    resamples: Annotated[int, typer.Option(min=1, help="Bootstrap resamples.")] = 1000,
) -> None:
    """Score captions on real music by facts that files prove. Run again to go on."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that spin are ten times slower beside other work
    with errors_shown():
        from training.evaluation.real.run import CARD, Asked, score
        from training.evaluation.settings import EvaluateSettings

        settings = EvaluateSettings(
            version=version, backbone=backbone, captions=captions and captions.expanduser(), seed=seed,
            resamples=resamples,
        )  # fmt: skip
        folder = (out or Path(f"real-{version}")).expanduser()
        print(score(Asked(music.expanduser(), folder, settings, midi and midi.expanduser())), end="")
        narrate(f"The card is {folder / CARD}.")


if __name__ == "__main__":
    typer.run(main)
