"""``j2a-train``: makes the models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Train the J2A models.")


@app.callback()
def _commands() -> None:
    """Train the J2A models."""


@app.command("mini")
def mini(
    out: Annotated[Path, typer.Argument(help="Folder for the model, the tokenizer and the log.")],
    captions: Annotated[
        Path | None, typer.Option(help="musiccaps-public.csv; its training half adds language.")
    ] = None,
    minutes: Annotated[float, typer.Option(help="Wall time to train for.")] = 60.0,
    batch_size: Annotated[int, typer.Option(help="Pairs a step.")] = 32,
    threads: Annotated[int, typer.Option(help="CPU threads.")] = 2,
    seed: Annotated[int, typer.Option(help="Seed of the weights and of the data.")] = 0,
) -> None:
    """Train the built-in mini J2A-LLM from nothing: feature prompts to captions."""
    from training.mini import MiniConfig, train

    train(captions, out, MiniConfig(minutes=minutes, batch_size=batch_size, threads=threads, seed=seed))


def main() -> None:
    """Entry point of ``j2a-train``."""
    app()
