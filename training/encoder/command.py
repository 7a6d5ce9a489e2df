"""The commands ``j2a-train encoder``, ``heads``, ``sure`` and ``believe``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from j2a.console import errors_shown, narrate
from j2a.errors import UsageError
from training.encoder.settings import BelieveSettings, EncoderSettings, TimeHeadsSettings
from training.ground.settings import load_settings, settings_text, with_options


@with_options(EncoderSettings)
def encoder(
    table: Annotated[Path, typer.Argument(help="Folder of the corpus to learn from (its train split).")],
    held_back: Annotated[Path, typer.Argument(help="Folder of another corpus, whose valid split is watched.")],
    out: Annotated[Path, typer.Argument(help="Folder of the run: encoder/, last/heads.safetensors, log.jsonl.")],
    config: Path | None,
    given: dict[str, object],
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run that is in OUT.")] = False,
) -> None:
    """Train the small audio encoder of the built-in J2A-2.x."""
    with errors_shown():
        settings = load_settings(EncoderSettings, config, given)
        narrate(settings_text(settings))
        from training.encoder.train import train

        train(table.expanduser(), held_back.expanduser(), out.expanduser(), settings, resume=resume)
        narrate(f"The encoder is {out / 'encoder'}.")


@with_options(TimeHeadsSettings)
def heads(
    table: Annotated[Path, typer.Argument(help="Folder of a corpus with known truth that the encoder never heard.")],
    encoded: Annotated[Path, typer.Argument(help="What j2a-train encode made of it.")],
    out: Annotated[Path, typer.Argument(help="Folder for heads.safetensors and about.json.")],
    config: Path | None,
    given: dict[str, object],
) -> None:
    """Train heads that see time, for j2a-train sure, on the outputs of an encoder that stays as it is."""
    with errors_shown():
        settings = load_settings(TimeHeadsSettings, config, given)
        narrate(settings_text(settings))
        from training.encoder.heads import HEADS
        from training.encoder.time_heads import train

        train(table.expanduser(), encoded.expanduser(), out.expanduser(), settings)
        narrate(f"The heads are {out / HEADS}.")


@with_options(BelieveSettings)
def believe(
    table: Annotated[Path, typer.Argument(help="Folder of a corpus with facts; its train split.")],
    encoded: Annotated[Path, typer.Argument(help="What j2a-train encode made of it.")],
    out: Annotated[Path, typer.Argument(help="New folder for the heads: heads in the folder of a projector of 3.0.")],
    config: Path | None,
    given: dict[str, object],
    held_back: Annotated[
        list[Path], typer.Option(help="A corpus of other music, all of it: sets the thresholds. Several are one.")
    ],
    held_encoded: Annotated[list[Path], typer.Option(help="What j2a-train encode made of each, in the same order.")],
    also: Annotated[list[Path] | None, typer.Option(help="A small corpus to learn from besides, all of it.")] = None,
    also_encoded: Annotated[
        list[Path] | None, typer.Option(help="What j2a-train encode made of each, in the same order.")
    ] = None,
) -> None:
    """Train heads on a frozen encoder for J2A-3.0, which says what they are sure of."""
    with errors_shown():
        if out.expanduser().exists():
            raise UsageError(f"{out} is there already.", "Choose a new folder.")
        more, more_encoded = also or [], also_encoded or []
        if len(held_back) != len(held_encoded) or len(more) != len(more_encoded):
            raise UsageError("a corpus has no encoded one beside it.", "Give one of each for every corpus.")
        settings = load_settings(BelieveSettings, config, given)
        narrate(settings_text(settings))
        from training.encoder.believed import clips_of, train

        extra, held = (
            [clips_of(one.expanduser(), its.expanduser()) for one, its in zip(tables, stores, strict=True)]
            for tables, stores in ((more, more_encoded), (held_back, held_encoded))
        )
        first = clips_of(table.expanduser(), encoded.expanduser(), "train")
        found = train(first, extra, held, out.expanduser(), settings)
        narrate(f"Said from: {', '.join(f'{name} {value:.2f}' for name, value in found.items() if value <= 1)}.")


def sure(
    run: Annotated[Path, typer.Argument(help="Folder of an encoder's training.")],
    table: Annotated[Path, typer.Argument(help="Folder of the corpus to caption anew.")],
    out: Annotated[Path, typer.Argument(help="Folder of the new table; the audio is linked, not copied.")],
    held_back: Annotated[
        Path | None, typer.Option(help="Corpus of another soundfont (valid split): sets the thresholds first.")
    ] = None,
    precision: Annotated[
        float, typer.Option(min=0.5, max=1.0, help="Share of all statements together that must be true.")
    ] = 0.85,
    guess: Annotated[
        bool, typer.Option("--guess", help="Also what is sure and false: all that the encoder hears.")
    ] = False,
    heads: Annotated[
        Path | None, typer.Option(help="Folder of j2a-train heads: they speak in place of the heads of the run.")
    ] = None,
    encoded: Annotated[
        Path | None, typer.Option(help="What j2a-train encode made of the table, so that it is not encoded once more.")
    ] = None,
    measured: Annotated[
        bool, typer.Option("--measured", help="Also what encode --features measured, as J2A-3.0 says it.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of the wordings.")] = 0,
) -> None:
    """Write captions that say only what the encoder is sure of."""
    with errors_shown():
        from training.encoder.sure import NEVER, set_thresholds, write_sure

        spoken = heads.expanduser() if heads else None
        if held_back is not None:
            found = set_thresholds(run.expanduser(), held_back.expanduser(), precision, spoken)
            never = [name for name, threshold in found.items() if threshold == NEVER]
            narrate(f"Never said: {', '.join(never) or 'nothing'}.")
        kept = encoded.expanduser() if encoded else None
        write_sure(
            run.expanduser(), table.expanduser(), out.expanduser(), only_true=not guess, heads=spoken, encoded=kept,
            measured=measured, seed=seed,
        )  # fmt: skip
        narrate(f"The table is {out / 'clips.jsonl'}.")
