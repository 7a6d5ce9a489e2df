"""Options that several commands take: what they are called, what ``--help`` says of them, and what they mean."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any, Literal

import typer

from j2a import templates
from j2a.backbone import DEFAULT_VERSION, backbone_of, version_of
from j2a.caption import MOST_TEMPERATURE, Sampling
from j2a.console import errors_shown
from j2a.errors import UsageError
from j2a.features.record import Engine
from j2a.records import dataclass


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
Listen = Annotated[
    bool,
    typer.Option("--listen", help="Send the clip itself to the server: for models that take sound (docs/servers.md)."),
]
CorrectFigures = Annotated[
    bool,
    typer.Option(
        "--correct-figures",
        help="Put what was measured in place of a wrong tempo, key, meter or chord; both texts are kept.",
    ),
]
Figures = Annotated[
    bool,
    typer.Option("--figures/--no-figures", help="Whether captions name BPM, meter, key and chords (1.0 and 3.0)."),
]
Instruction = Annotated[str, typer.Option(
    help=f"describe, short, detailed, tags, or an instruction of your own, which may have in it: "
         f"{' '.join(f'{{{name}}}' for name in templates.NAMES)}."
)]
Seed = Annotated[int, typer.Option(help="Seed for --temperature above 0.")]
Temperature = Annotated[float, typer.Option(min=0.0, max=MOST_TEMPERATURE, help="0 always takes the most likely word.")]
FeaturesEngine = Annotated[
    Measurer,
    typer.Option(help="What runs madmom's networks: our own code, or madmom itself (the same answers, much slower)."),
]
DialectOption = Annotated[
    str, typer.Option("--dialect", help="dataset (lossless), or spreadsheet (guards formulas, dates and numbers).")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")]


def engine_of(measurer: Measurer) -> Engine:
    """The extractor's name for it."""
    return "madmom" if measurer is Measurer.MADMOM else "fast"


def dialect_of(name: str) -> Literal["dataset", "spreadsheet"]:
    """What ``--dialect`` names. Raises ``UsageError``."""
    match name:
        case "dataset":
            return "dataset"
        case "spreadsheet":
            return "spreadsheet"
    raise UsageError(f"there is no dialect {name!r}.", "Dialects: dataset, spreadsheet.")


@dataclass(frozen=True, slots=True)
class Asked:
    """How captions are asked for."""

    version: str
    backbone: str
    prompt: str
    sampling: Sampling
    seed: int
    features_engine: Engine
    correct_figures: bool = False
    figures: bool = True


def asked(
    version: Version = "",
    backbone: Backbone = "mini",
    llm_url: LlmUrl = None,
    llm_model: LlmModel = "",
    listen: Listen = False,
    prompt: Instruction = "",
    seed: Seed = 0,
    temperature: Temperature = 0.0,
    features_engine: FeaturesEngine = Measurer.FAST,
    correct_figures: CorrectFigures = False,
    figures: Figures = True,
) -> Asked:
    """What the options of a command that writes captions mean together. Raises ``UsageError``."""
    written_by = backbone_of(backbone, llm_url, llm_model)
    templates.check(prompt)
    return Asked(
        version_of(version, written_by, listen), written_by, prompt, Sampling(temperature), seed,
        engine_of(features_engine), correct_figures, figures,
    )  # fmt: skip


def asks_for_captions(command: Callable[..., None]) -> Callable[..., None]:
    """Give a typer command the options of :func:`asked`, in the place of its argument ``how: Asked``."""
    options = inspect.signature(asked, eval_str=True).parameters

    @functools.wraps(command)
    def run(**typed: Any) -> None:
        with errors_shown():
            how = asked(**{name: typed.pop(name) for name in options})
        command(how=how, **typed)

    parameters: list[inspect.Parameter] = []
    for parameter in inspect.signature(command, eval_str=True).parameters.values():
        parameters += options.values() if parameter.name == "how" else [parameter]
    signature = inspect.Signature([one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in parameters])
    run.__signature__ = signature  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    return run
