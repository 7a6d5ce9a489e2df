"""``j2a-train mini``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from j2a.console import errors_shown, narrate
from j2a.errors import ExitCode
from training.ground.settings import load_settings, settings_text, with_options
from training.mini.settings import MiniSettings


@with_options(MiniSettings)
def mini(
    out: Annotated[Path, typer.Argument(help="Folder of the run: model/, projector/, last/, log.jsonl.")],
    config: Path | None,
    given: dict[str, object],
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run that is in OUT.")] = False,
) -> None:
    """Train the built-in mini J2A-LLM: measured features and heard facts to captions."""
    with errors_shown():
        settings = load_settings(MiniSettings, config, given)
        narrate(settings_text(settings))
        from training.mini.train import MODEL, train

        if not train(out.expanduser(), settings, resume=resume):
            narrate("Stopped, and saved. Say --resume to go on.")
            raise typer.Exit(int(ExitCode.INTERRUPTED))
        narrate(f"The model is {out / MODEL}.")
