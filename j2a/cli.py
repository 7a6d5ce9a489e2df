"""``j2a``: the headless command. Results on stdout, narration on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar

import typer

from j2a import networks, settings
from j2a.clip import Clip
from j2a.console import Commands, errors_shown, narrate, print_json, say, tell_if_nothing_is_kept
from j2a.ending import ended_in_words, native_noise_unheard
from j2a.engine import client
from j2a.engine.messages import Describe, Done, Event, Extract, Failed, FeatureReady, Inspect, Piece, Progress, Request
from j2a.errors import ExitCode, ModelMissingError, UsageError
from j2a.extras import has_torch, install
from j2a.features.record import Features
from j2a.features.table import table_of
from j2a.folder.corrections import said_of
from j2a.options import AsJson, Asked, FeaturesEngine, Measurer, asks_for_captions, engine_of
from j2a.paths import real_file
from j2a.printable import one_paragraph, printable
from j2a.records import asdict


class _Commands(Commands):
    """Those that are a room of their own are imported when they are asked for."""

    first: ClassVar[Mapping[str, str]] = {"caption": "j2a.folder.command:caption"}
    last: ClassVar[Mapping[str, str]] = {
        "export": "j2a.exporting.command:export",
        "import": "j2a.importing.command:import_captions",
        "tag": "j2a.tagging.command:tag",
    }


app = typer.Typer(
    cls=_Commands, no_args_is_help=True, pretty_exceptions_show_locals=False,
    help="Turn music into words, without a screen.",
)  # fmt: skip

File = Annotated[Path, typer.Argument(help="An audio file.")]
Start = Annotated[float, typer.Option(min=0.0, help="Where the clip starts, in seconds.")]
End = Annotated[float | None, typer.Option(help="Where the clip ends, in seconds; default: the end of the file.")]


@app.command()
@asks_for_captions
def describe(
    file: File,
    start: Start = 0.0,
    end: End = None,
    *,
    how: Asked,
    as_json: AsJson = False,
) -> None:
    """Describe one clip. The caption streams to stdout; with --correct-figures it comes when it is whole."""
    with errors_shown():
        clip = _clip(file, start, end)
        streamed = False

        def show(event: Event) -> None:
            nonlocal streamed
            if isinstance(event, Piece) and not as_json and not how.correct_figures:
                say(one_paragraph(event.text if streamed else event.text.lstrip()), end="")
                sys.stdout.flush()
                streamed = True

        done = _ask(
            Describe(
                clip, how.version, how.backbone, how.prompt, how.sampling, how.seed, how.features_engine,
                how.correct_figures, how.figures, said_of(clip.path).to_json(),
            ), show,
        )  # fmt: skip
        if as_json:
            print_json(_description(clip, done))
            return
        if how.correct_figures:  # what streamed in is not what it is now
            if done.result["written"]:
                narrate(printable(f"As it was written: {done.result['written']}"))
            say(one_paragraph(done.result["text"]), end="")
        say("")


@app.command()
def features(
    file: File,
    start: Start = 0.0,
    end: End = None,
    features_engine: FeaturesEngine = Measurer.FAST,
    as_json: AsJson = False,
) -> None:
    """Measure one clip: BPM, beats, downbeats, meter, key, chords, tags, genre. What was corrected in the app is so."""
    with errors_shown():
        clip = _clip(file, start, end)
        measured = Features.from_json(_ask(Extract(clip, engine_of(features_engine))).result)
        measured = said_of(clip.path).applied(measured, clip)
        if as_json:
            print_json(measured.to_json())
        else:
            say(table_of(measured), end="")


models_app = typer.Typer(invoke_without_command=True)
app.add_typer(models_app, name="models")


@models_app.callback()
def models(context: typer.Context, as_json: AsJson = False) -> None:
    """Versions and backbones: what is here, and how to get the rest; `fetch` downloads."""
    if context.invoked_subcommand is not None:
        return
    with errors_shown():
        rows = _ask(Inspect("models")).result["rows"]
        if missing := networks.missing():
            narrate(missing)
        if as_json:
            print_json(rows)
            return
        for row in rows:
            mark = "here" if row["present"] else "missing"
            say(f"{row['version']:<5} {row['backbone']:<16} {mark:<8} {row['detail']} ({row['licence']})")
            if row["get"]:
                say(f"{'':<31} get it: {row['get']}")


@models_app.command("fetch")
def fetch_model(
    name: Annotated[str, typer.Argument(help="7b, genre, the hub id of a language model (org/name), or networks.")],
) -> None:
    """Download a model from the Hugging Face hub; an interrupted download goes on where it stopped.

    `networks` are those that measure, where J2A was installed without them; they come from the package index.
    """
    with errors_shown():
        if name == "networks":
            say(printable(str(_fetched_networks())))
            return
        from j2a.models.files.fetch import fetch

        def when_found() -> None:
            if not has_torch():
                narrate(f"What is downloaded is read by torch, which is not installed yet: {install('torch')}")

        say(printable(str(fetch(name, when_found))))


def _fetched_networks() -> Path:
    try:
        return networks.fetch()
    except (networks.NotBroughtError, OSError) as error:
        raise ModelMissingError(str(error), "See whether pip can install here; then run this again.") from error


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """What this machine can run, what is missing, and the command that mends it."""
    with errors_shown():
        rows = _ask(Inspect("doctor")).result["rows"]
        if as_json:
            print_json(rows)
        else:
            for row in rows:
                say(f"{row['state']:<8} {row['name']:<16} {row['detail']}")
                if row["mend"]:
                    say(f"{'':<25} mend it: {row['mend']}")
        if any(row["state"] == "broken" for row in rows):
            raise typer.Exit(ExitCode.FAILED)


@app.command("paths")
def show_paths(as_json: AsJson = False) -> None:
    """Where J2A keeps captions, models, caches and logs."""
    with errors_shown():
        rows = _ask(Inspect("paths")).result["rows"]
        if as_json:
            print_json({row["name"]: row["path"] for row in rows})
        else:
            for row in rows:
                say(f"{row['name']:<16} {printable(row['path'])}")


@app.command("settings")
def show_settings() -> None:
    """A settings file with every setting explained and none given: redirect it to where `j2a paths` says."""
    with errors_shown():
        say(settings.template(), end="")


def _clip(file: Path, start: float, end: float | None) -> Clip:
    try:
        return Clip(real_file(file.expanduser()), start, end)
    except ValueError as error:
        raise UsageError(f"{error}.", "--start and --end are seconds from the start of the file.") from error


def _ask(request: Request, show: Callable[[Event], None] = lambda event: None) -> Done:
    """One request on an engine of its own. Raises ``J2AError`` when it fails."""
    if not isinstance(request, Inspect):
        tell_if_nothing_is_kept()
    unknown: dict[str, list[str]] = {}  # names by their reason
    for event in client.run(request):
        if isinstance(event, FeatureReady) and event.reason and not isinstance(request, Extract):  # its result tells
            unknown.setdefault(event.reason, []).append(event.name)
        while unknown and not isinstance(event, FeatureReady):
            reason, names = unknown.popitem()
            narrate(printable(f"{', '.join(names)}: unknown. {reason}"))
        if isinstance(event, Progress):
            narrate(f"{event.stage} ...")
        elif isinstance(event, Failed):
            raise event.as_error()
        elif isinstance(event, Done):
            return event
        show(event)
    raise AssertionError("a request ends with Done or Failed")


def _description(clip: Clip, done: Done) -> dict[str, Any]:
    from j2a.grounding import claims

    caption = done.result
    measured = said_of(clip.path).applied(Features.from_json(caption["features"]), clip)
    return {
        "file": str(clip.path),
        "start_s": clip.start_s,
        "end_s": clip.end_s,
        "version": caption["version"],
        "backbone": caption["backbone"],
        "weights": caption["weights"],
        "caption": caption["text"],
        "written": caption["written"],
        "features": measured.to_json(),
        "claims": [asdict(claim) for claim in claims(caption["text"], measured)],
        "prompt_id": caption["prompt_id"],
        "seed": caption["seed"],
        "timings": done.stats,
    }


def main() -> None:
    """Entry point of ``j2a``."""
    with ended_in_words():
        native_noise_unheard()
        app()
