"""``j2a-train``: makes the models. Each step is a folder; here its commands are gathered."""

from __future__ import annotations

import typer

from j2a.console import Commands
from training.convert.command import convert_mwmae
from training.download.command import download
from training.encode.command import encode
from training.encoder.command import believe, encoder, heads, sure
from training.evaluation.command import evaluate
from training.fit.command import fit, merge
from training.mini.command import mini
from training.prepare.command import prepare, split
from training.synth.command import synth

app = typer.Typer(cls=Commands, no_args_is_help=True, help="Train the J2A models.")


@app.callback()
def _commands() -> None:
    """Train the J2A models."""


# In the order of ``--help``.
for _command in (
    download, prepare, split, encode, fit, merge, mini, convert_mwmae, synth, encoder, heads, sure, believe, evaluate,
):  # fmt: skip
    app.command(_command.__name__.replace("_", "-"))(_command)


def main() -> None:
    """Entry point of ``j2a-train``."""
    app()
