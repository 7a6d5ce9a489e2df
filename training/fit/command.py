"""The commands ``j2a-train fit`` and ``j2a-train merge``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from j2a.console import errors_shown, narrate, print_json
from j2a.errors import ExitCode
from training.fit.settings import FitSettings
from training.ground.settings import load_settings, with_options


@with_options(FitSettings)
def fit(
    table: Annotated[Path, typer.Argument(help="Folder with clips.jsonl, the table of clips.")],
    out: Annotated[Path, typer.Option(help="Folder of the run.")],
    config: Path | None,
    given: dict[str, object],
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run that is in --out.")] = False,
) -> None:
    """Train the projector of J2A-2.0 or 2.1, with encoder and language model frozen, or a LoRA adapter for J2A-1.0.

    Several processes: torchrun --nproc-per-node 2 -m training fit ..., or the same with accelerate launch.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that spin are ten times slower beside other work
    from training.fit.loop import fit as run

    with errors_shown():
        settings = load_settings(FitSettings, config, given)
        result = run(table.expanduser(), out.expanduser(), settings, resume=resume)
        if result.interrupted:
            narrate(f"Stopped and saved after step {result.state.step}. Go on with the same command and --resume.")
            raise typer.Exit(int(ExitCode.INTERRUPTED))
        if result.first:
            state = result.state
            print_json({"step": state.step, "best_step": state.best_step, "best_loss": state.best_loss})
            narrate(f"Over: {state.finished}. The best one is in {out / 'best'}.")


def merge(
    run: Annotated[Path, typer.Argument(help="Folder of a run of fit --version 1.0, or an adapter's.")],
    out: Annotated[Path, typer.Argument(help="The folder to make: a language model for J2A-1.0.")],
) -> None:
    """Make a plain language model of a LoRA adapter and its base."""
    from training.fit.merge import merge as run_merge

    with errors_shown():
        run_merge(run.expanduser(), out.expanduser())
        narrate(f"J2A-1.0 can use it: j2a describe --version 1.0 --backbone {out}")
