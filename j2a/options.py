"""Options that several commands take."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from j2a.backbone import DEFAULT_VERSION
from j2a.features.record import Engine


class Measurer(StrEnum):
    """What ``--features-engine`` takes."""

    FAST = "fast"
    MADMOM = "madmom"


Version = Annotated[str, typer.Option(help="J2A version; see `j2a models`.", show_default=DEFAULT_VERSION)]
Backbone = Annotated[str, typer.Option(help="mini, 7b, a model folder, or a hub id that was downloaded.")]
LlmUrl = Annotated[
    str | None,
    typer.Option(
        help="Address of an OpenAI-compatible server that writes in place of a backbone, such as "
        "http://localhost:11434/v1; its key, if it wants one, in the environment: J2A_LLM_KEY."
    ),
]
LlmModel = Annotated[str, typer.Option(help="Which of the server's models; default: its first.")]
Instruction = Annotated[str, typer.Option(help="describe, short, detailed, tags, or an instruction of your own.")]
Seed = Annotated[int, typer.Option(help="Seed for --temperature above 0.")]
Temperature = Annotated[float, typer.Option(min=0.0, help="0 always takes the most likely word.")]
FeaturesEngine = Annotated[
    Measurer,
    typer.Option(help="What runs madmom's networks: our own code, or madmom itself (the same answers, much slower)."),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")]


def engine_of(measurer: Measurer) -> Engine:
    """The extractor's name for it."""
    return "madmom" if measurer is Measurer.MADMOM else "fast"
