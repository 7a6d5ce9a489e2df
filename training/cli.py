"""``j2a-train``: makes the models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from j2a.console import errors_shown, narrate
from training.download import command as download_command
from training.encode import command as encode_command
from training.encoder import command as encoder_command
from training.encoder import heads_command, sure_command
from training.evaluation import command as evaluate_command
from training.fit import command as fit_command
from training.mini import command as mini_command
from training.prepare import command as prepare_command

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Train the J2A models.")


@app.callback()
def _commands() -> None:
    """Train the J2A models."""


app.command("download")(download_command.download)
app.command("prepare")(prepare_command.prepare)
app.command("split")(prepare_command.split)
app.command("encode")(encode_command.encode)
app.command("fit")(fit_command.fit)
app.command("merge")(fit_command.merge)
app.command("mini")(mini_command.mini)


@app.command("convert-mwmae")
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


@app.command("synth")
def synth(
    out: Annotated[Path, typer.Argument(help="Folder for the clips and their table.")],
    soundfont: Annotated[
        list[Path] | None, typer.Option(help="A General MIDI soundfont (.sf2); give several for variety.")
    ] = None,
    drawn: Annotated[
        list[Path] | None, typer.Option(help="More soundfonts, of which every clip gets two beside those above.")
    ] = None,
    clips: Annotated[int, typer.Option(min=1, help="How many clips.")] = 1000,
    split: Annotated[str, typer.Option(help="train, valid or test: splits of one seed share no clip.")] = "train",
    seconds: Annotated[float, typer.Option(min=2.0, help="Length of a clip.")] = 10.0,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
    seed: Annotated[int, typer.Option(help="Seed of everything that is random.")] = 0,
) -> None:
    """Compose and render clips with known truth and captions. Run it again to continue."""
    from training.synth.command import run

    run(out.expanduser(), soundfont or [], drawn or [], clips, split, seconds, workers, seed)


app.command("encoder")(encoder_command.encoder)
app.command("heads")(heads_command.heads)
app.command("sure")(sure_command.sure)
app.command("evaluate")(evaluate_command.evaluate)


def main() -> None:
    """Entry point of ``j2a-train``."""
    app()
