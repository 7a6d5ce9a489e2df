"""``j2a-train evaluate``: a split is captioned, or a file of captions is taken, and the score card is written."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path
from typing import Any

from j2a.console import narrate
from j2a.errors import J2AError, ModelMissingError, UsageError
from j2a.exporting import write_atomically
from j2a.extras import install
from j2a.features.record import Features
from training.datasets.table import TABLE as CLIPS
from training.datasets.table import Row, line_of, read_table
from training.evaluation.captions import CAPTIONS, measure, read_captions, write_captions
from training.evaluation.scorecard import FLOORS, Evaluated, as_bytes, as_table, scorecard
from training.evaluation.settings import EvaluateSettings
from training.ground.run_folder import RUN, RunFolder
from training.ground.settings import settings_text

CARD, TABLE = "scorecard.json", "scorecard.md"
_READING = ("1.0", "3.0")  # versions whose prompts hold what was measured


def evaluate(table: Path, out: Path, settings: EvaluateSettings, beside: list[Path]) -> str:
    """Write ``out/scorecard.json`` and ``scorecard.md``; the latter is returned.

    ``beside``: files of captions, or folders of tables, that are scored too, named by their stems. Run again, it goes
    on where it was interrupted, and writes the same bytes. Raises ``J2AError`` for what cannot be read or is missing.
    """
    _check_packages()
    every = read_table(table)
    rows = [row for row in every if row.split == settings.split][: settings.clips or None]
    if not rows:
        raise J2AError(f"{table} has no {settings.split} split.", "Choose another --split, or prepare one.")
    others = {path.stem: read_captions(path, rows) for path in beside}
    if len(others) < len(beside):
        raise UsageError("two of the files beside have the same name.", "Rename one: names are the table's columns.")
    name = _system(settings)
    if taken := {name, *FLOORS} & others.keys():
        raise UsageError(
            f"a file beside is called {taken.pop()}, as is another column of the score card.", "Rename the file."
        )
    if name in FLOORS:
        raise UsageError(f"the captions are called {name}, as is a floor of the score card.", "Rename the file.")
    run = RunFolder(out)  # nobody else works in it as long as this is kept
    about, captions, features = _captions(table, rows, run, settings, beside)
    pool = [text for row in every if row.split == "train" for text in row.captions[:1]]
    pool_source = "the train split" if pool else "the evaluated split's own captions"
    if not pool:
        pool = [text for row in rows for text in row.captions[:1]] or captions
    texts = {other: [found[row.id] for row in rows] for other, found in others.items()}
    card = scorecard(name, captions, texts, Evaluated(rows, pool, features, settings))
    card |= {**about, "floors from": pool_source}
    write_atomically(run.path / CARD, as_bytes(card))
    write_atomically(run.path / TABLE, as_table(card).encode())
    return as_table(card)


def _captions(
    table: Path, rows: list[Row], run: RunFolder, settings: EvaluateSettings, beside: list[Path]
) -> tuple[dict[str, Any], list[str], list[Features] | None]:
    """What the run is, the captions, and what was measured, if anything was."""
    about: dict[str, Any] = {"split": settings.split, "table": _digest(rows), "seed": settings.seed}
    about["system"] = _system(settings)
    about |= {f"beside {path.stem}": _file_digest(path) for path in beside}
    if settings.captions is not None:
        path = settings.captions.expanduser()
        found = read_captions(path, rows)
        about["captions"] = _file_digest(path)
        _begin(run, about, settings)
        features = measure(rows, table) if settings.features else None
        return about, [found[row.id] for row in rows], features

    from j2a.models import registry

    captioner = registry.load(settings.version, settings.backbone)
    about["weights"] = captioner.weights
    about |= {name: getattr(settings, name) for name in ("prompt", "temperature", "batch_size")}
    _begin(run, about, settings)
    measures = settings.features or settings.version in _READING
    features = measure(rows, table) if measures else None
    given = features or [Features()] * len(rows)
    found = write_captions(captioner, rows, given, table, run.path, settings)
    return about, [found[row.id] for row in rows], features


def _system(settings: EvaluateSettings) -> str:
    """What is evaluated, as its column is called."""
    if settings.captions is not None:
        return settings.captions.stem
    return f"J2A-{settings.version} {Path(settings.backbone).name}"


def _check_packages() -> None:
    missing = [name for name in ("sacrebleu", "rouge_score", "mir_eval") if importlib.util.find_spec(name) is None]
    if missing:
        raise ModelMissingError(
            f"evaluating needs {', '.join(missing)}.", f"Install them: {install('evaluate')}"
        )


def _begin(run: RunFolder, about: dict[str, Any], settings: EvaluateSettings) -> None:
    """A new folder, or one of the same evaluation. Raises ``UsageError`` for another one."""
    out = run.path
    if not (out / RUN).exists() and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out} is there already, and no evaluation is in it.", "Give a new folder.")
    run.begin(about, settings_text(settings), resume=(out / RUN).exists())
    if (out / CAPTIONS).exists():
        narrate(f"Going on with {out}.")


def _digest(rows: list[Row]) -> str:
    return hashlib.sha256("".join(map(line_of, rows)).encode()).hexdigest()[:12]


def _file_digest(path: Path) -> str:
    return hashlib.sha256((path / CLIPS if path.is_dir() else path).read_bytes()).hexdigest()[:12]
