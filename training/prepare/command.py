"""The commands ``j2a-train prepare`` and ``j2a-train split``."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from j2a.console import errors_shown, narrate
from training.datasets.table import SPLITS, Row
from training.ground.settings import load_settings, settings_text, with_options
from training.prepare.settings import PrepareSettings


@with_options(PrepareSettings)
def prepare(
    out: Annotated[Path, typer.Argument(help="Folder for clips.jsonl, the audio and the card.")],
    config: Path | None,
    given: dict[str, object],
    session: Annotated[
        list[Path] | None,
        typer.Option(help="Music folder whose captions were accepted in the app; several may be given."),
    ] = None,
    captions: Annotated[
        list[Path] | None, typer.Option(help="CSV or JSONL file, AudioFolder or table of clips; several may be given.")
    ] = None,
) -> None:
    """Make one table of clips from what download got, from captions made in the app, and from lists of captions."""
    from training.prepare.run import prepare as run

    with errors_shown():
        settings = load_settings(PrepareSettings, config, given)
        narrate(settings_text(settings))
        own = [path.expanduser() for path in captions or []]
        made = run(out.expanduser(), settings, [path.expanduser() for path in session or []], own)
        _print_counts(made.rows)
        if made.dropped:
            narrate(f"{len(made.dropped)} clips were taken out because test or validation have them too.")
        if made.left_out:
            why = next(iter(made.left_out.items()))
            narrate(f"{len(made.left_out)} clips have no audio (such as {why[0]}: {why[1]}); card.json lists them.")


def split(
    table: Annotated[Path, typer.Argument(help="Folder with clips.jsonl.")],
    seed: Annotated[int | None, typer.Option(help="Draw 80/10/10 anew with this seed; else only check.")] = None,
) -> None:
    """Check that no recording is in two splits of a table; with --seed split it anew first."""
    from training.prepare.run import split_again

    with errors_shown():
        _print_counts(split_again(table.expanduser(), seed))


def _print_counts(rows: list[Row]) -> None:
    counted: Counter[tuple[str, str]] = Counter((row.source, row.split) for row in rows)
    print("\t".join(("source", *SPLITS)))
    for source in sorted({row.source for row in rows}):
        print("\t".join((source, *(str(counted[source, name]) for name in SPLITS))))
