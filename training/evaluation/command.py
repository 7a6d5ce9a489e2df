"""``j2a-train evaluate``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from j2a.console import errors_shown, narrate
from training.evaluation.settings import EvaluateSettings
from training.ground.settings import load_settings, settings_text, with_options


@with_options(EvaluateSettings)
def evaluate(
    table: Annotated[Path, typer.Argument(help="Folder with clips.jsonl, the table of clips.")],
    out: Annotated[Path, typer.Argument(help="Folder for scorecard.json, scorecard.md and the captions.")],
    config: Path | None,
    given: dict[str, object],
    beside: Annotated[
        list[Path] | None,
        typer.Option(help="Captions to score too: a CSV, a JSONL, a table's folder; may be given several times."),
    ] = None,
) -> None:
    """Score captions: language, facts, and both beside what captions that heard nothing get. Run again to continue."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that spin are ten times slower beside other work
    with errors_shown():
        settings = load_settings(EvaluateSettings, config, given)
        narrate(settings_text(settings))
        from training.evaluation.run import evaluate as run

        print(run(table.expanduser(), out.expanduser(), settings, [path.expanduser() for path in beside or []]), end="")
        narrate(f"The score card is {out / 'scorecard.json'}.")
