"""``j2a-train``: makes the models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from j2a.console import errors_shown, narrate
from training import encode_command, encoder_command, evaluate_command, fit_command, prepare_command, sure_command

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Train the J2A models.")


@app.callback()
def _commands() -> None:
    """Train the J2A models."""


app.command("prepare")(prepare_command.prepare)
app.command("split")(prepare_command.split)
app.command("encode")(encode_command.encode)
app.command("fit")(fit_command.fit)
app.command("merge")(fit_command.merge)


@app.command("mini")
def mini(
    out: Annotated[Path, typer.Argument(help="Folder for the model, the tokenizer and the log.")],
    captions: Annotated[
        Path | None, typer.Option(help="musiccaps-public.csv; its training half adds language.")
    ] = None,
    start: Annotated[Path | None, typer.Option(help="A model of this kind to go on from.")] = None,
    minutes: Annotated[float, typer.Option(help="Wall time to train for.")] = 60.0,
    learning_rate: Annotated[float, typer.Option(help="Highest learning rate.")] = 2e-3,
    heard_share: Annotated[float, typer.Option(help="Share of pairs that say what is heard.")] = 0.4,
    batch_size: Annotated[int, typer.Option(help="Pairs a step.")] = 32,
    threads: Annotated[int, typer.Option(help="CPU threads.")] = 2,
    seed: Annotated[int, typer.Option(help="Seed of the weights and of the data.")] = 0,
) -> None:
    """Train the built-in mini J2A-LLM: measured features and heard facts to captions."""
    from training.mini import MiniConfig, train

    settings = MiniConfig(
        minutes=minutes, batch_size=batch_size, threads=threads, seed=seed, learning_rate=learning_rate,
        heard_share=heard_share,
    )  # fmt: skip
    with errors_shown():
        train(captions, out, settings, start)


@app.command("convert-mwmae")
def convert_mwmae(
    checkpoint: Annotated[Path, typer.Argument(help="The published file checkpoint_<step>.")],
    out: Annotated[Path, typer.Argument(help="The folder to make: model.safetensors, config.json, README.md.")],
    heads: Annotated[
        int | None, typer.Option(min=1, help="Attention heads, which no checkpoint tells; the base model has 12.")
    ] = None,
) -> None:
    """Convert the published MW-MAE checkpoint (JAX) into the encoder of J2A-2.x."""
    from training.convert_mwmae import HEADS, convert

    with errors_shown():
        config = convert(checkpoint.expanduser(), out.expanduser(), heads)
        if heads is None and config.width not in HEADS:
            narrate(f"No published model has width {config.width}: took {config.heads} heads. If wrong, give --heads.")
        narrate(f"An encoder of width {config.width}, depth {config.depth} and {config.heads} heads is in {out}.")


@app.command("synth")
def synth(
    out: Annotated[Path, typer.Argument(help="Folder for the clips and their table.")],
    soundfont: Annotated[
        list[Path] | None, typer.Option(help="A General MIDI soundfont (.sf2); give several for variety.")
    ] = None,
    clips: Annotated[int, typer.Option(min=1, help="How many clips.")] = 1000,
    split: Annotated[str, typer.Option(help="train, valid or test: splits of one seed share no clip.")] = "train",
    seconds: Annotated[float, typer.Option(min=2.0, help="Length of a clip.")] = 10.0,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
    seed: Annotated[int, typer.Option(help="Seed of everything that is random.")] = 0,
) -> None:
    """Compose and render clips with known truth and captions. Run it again to continue."""
    from training.synth_command import run

    run(out.expanduser(), soundfont or [], clips, split, seconds, workers, seed)


app.command("encoder")(encoder_command.encoder)
app.command("sure")(sure_command.sure)
app.command("evaluate")(evaluate_command.evaluate)


def main() -> None:
    """Entry point of ``j2a-train``."""
    app()
