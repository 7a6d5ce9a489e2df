"""The command ``j2a-train encode``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from j2a.console import errors_shown, narrate, print_json
from j2a.errors import ExitCode
from training.encode.settings import EncodeSettings
from training.ground.settings import load_settings, settings_text, with_options

_SHOWN_FAILURES = 5


@with_options(EncodeSettings)
def encode(
    table: Annotated[Path, typer.Argument(help="Folder with clips.jsonl, the table of clips.")],
    out: Annotated[Path, typer.Argument(help="Folder for the encoder's outputs and the measured features.")],
    config: Path | None,
    given: dict[str, object],
) -> None:
    """Keep what the frozen encoder hears in each clip, and with --features what can be measured in it."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that spin are ten times slower beside other work
    from training.encode.run import encode as run

    with errors_shown():
        settings = load_settings(EncodeSettings, config, given)
        narrate(settings_text(settings))
        failed: dict[str, str] = {}
        for report in run(table.expanduser(), out.expanduser(), settings):
            print_json({"kept": report.kept, "made": report.made, "failed": len(report.failed)})
            failed |= report.failed
        for row_id, reason in list(failed.items())[:_SHOWN_FAILURES]:
            narrate(f"{row_id}: {reason}")
        if failed:
            narrate(f"{len(failed)} clips were left out; index.json tells why.")
            raise typer.Exit(int(ExitCode.SOME_FILES_FAILED))
