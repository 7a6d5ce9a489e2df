"""``j2a-train``: makes the models. Each step is a folder; here its commands are gathered."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperCommand

from j2a.console import Commands, errors_shown
from j2a.extras import require_torch
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


class _Learning(TyperCommand):
    """A command that nothing but torch can do."""

    def invoke(self, ctx: Any) -> Any:
        """As typer does, where torch is installed."""
        with errors_shown():
            require_torch(f"j2a-train {ctx.info_name}")
        return super().invoke(ctx)


_WITHOUT_TORCH = (download, prepare, split, synth)
# In the order of ``--help``.
for _command in (
    download, prepare, split, encode, fit, merge, mini, convert_mwmae, synth, encoder, heads, sure, believe, evaluate,
):  # fmt: skip
    _kind = TyperCommand if _command in _WITHOUT_TORCH else _Learning
    app.command(_command.__name__.replace("_", "-"), cls=_kind)(_command)


def main() -> None:
    """Entry point of ``j2a-train``."""
    app()
